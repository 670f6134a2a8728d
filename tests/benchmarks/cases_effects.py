"""Random effects P(y | do(x), z), each formula against an exact model with hidden causes.

    python -m tests.benchmarks.cases_effects --cases 100000 --seed 0
    python -m tests.benchmarks.cases_effects --cases 100000 --seed 0 --unconditional

Graphs of two to seven nodes in any order, up to seven hidden causes; one or two outcomes, up to two
actions and up to two conditions.
"""

import argparse
import time
from collections import Counter

import numpy as np

from causalsim import Graph, Query, identify
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.expression import Expression
from tests.oracles.binary_models import BinaryModel
from tests.oracles.graphs import random_graph


def graph_of(rng: np.random.Generator) -> Graph:
    """A random graph with few enough hidden causes to sum over."""
    while True:
        size = int(rng.integers(2, 8))
        graph = random_graph(rng, size, float(rng.choice([2, 3])), float(rng.choice([0, 0.7, 1.4])))
        if len(graph.bidirected) <= 7:
            return graph


def query_of(rng: np.random.Generator, graph: Graph, conditional: bool) -> Query:
    """Outcomes, actions and, when wanted, at least one condition where there is room for it."""
    order = rng.permutation(graph.nodes).tolist()
    outcomes = 1 + int(len(order) > 3 and rng.random() < 0.3)
    actions = int(rng.integers(0 if conditional else 1, min(3, len(order) - outcomes + 1)))
    known = int(rng.integers(1, 3)) if conditional else 0
    left = order[outcomes + actions :]
    return Query(order[:outcomes], do=order[outcomes : outcomes + actions], given=left[:known])


def error(graph: Graph, query: Query, formula: Expression, rng: np.random.Generator) -> float:
    """By how much the formula misses the truth in a random model, at its worst levels."""
    model = BinaryModel(graph, rng)
    names = (*query.outcome, *query.treatments, *query.conditions)
    truth = model.marginal(model.joint(do=query.treatments), names)
    heads = tuple(graph.nodes.index(name) for name in query.outcome)
    truth = truth / truth.sum(axis=heads, keepdims=True)
    found = evaluate(formula, Table.of(graph.nodes, model.joint()))
    kept = [name for name in graph.nodes if name in found.axes]
    shape = [2 if name in kept else 1 for name in graph.nodes]
    return float(np.abs(found.at(kept).reshape(shape) - truth).max())


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--cases", type=int, default=1000)
    reader.add_argument("--seed", type=int, default=0)
    reader.add_argument("--unconditional", action="store_true")
    given = reader.parse_args()
    counts: Counter[str] = Counter()
    spent = 0.0
    for number in range(given.cases):
        rng = np.random.default_rng([given.seed, number])
        graph = graph_of(rng)
        query = query_of(rng, graph, not given.unconditional)
        start = time.process_time()
        answer = identify(graph, query)
        spent += time.process_time() - start
        counts[answer.kind] += 1
        if answer.formula is not None and not error(graph, query, answer.formula, rng) < 1e-9:
            counts["WRONG"] += 1
            print("WRONG", number, repr(graph), query, answer.formula)
    each = 1e6 * spent / given.cases
    print(f"{given.cases} cases, {dict(sorted(counts.items()))}; {each:.0f} us of CPU a case")


if __name__ == "__main__":
    main()
