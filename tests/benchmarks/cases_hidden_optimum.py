"""Is the most precise adjustment set the best in every model, and is there none where none is said?

    PYTHONPATH=. python tests/benchmarks/cases_hidden_optimum.py --cases 5000 --seed 1

draws graphs with hidden causes. Where a set is said to be the best, no valid set has a smaller
variance in random linear models; where none is said to be, each valid set is beaten in one.
"""

import argparse
import time

import numpy as np

from causalsim import Graph
from causalsim.graph.effects.optimal import explain_optimality
from tests.oracles import graph_criteria as oracle
from tests.oracles.graphs import random_graph
from tests.oracles.linear_models import LinearModel

#: How many models speak for a set, and in how many each set must be beaten once.
FEW, MANY = 5, 600


def question(rng: np.random.Generator) -> tuple[Graph, str, str]:
    """A graph with hidden causes, one treatment and one outcome that it affects."""
    while True:
        graph = random_graph(
            rng,
            int(rng.integers(3, 7)),
            degree=rng.uniform(0.8, 2.5),
            shared=rng.uniform(0.5, 2.0),
            latent=0.2 * (rng.random() < 0.3),
        )
        seen = set(graph.observed)
        pairs = [(x, y) for x in graph.observed for y in graph.descendants(x) if y in seen - {x}]
        if pairs:
            return graph, *pairs[int(rng.integers(len(pairs)))]


def right(graph: Graph, x: str, y: str, rng: np.random.Generator) -> str | None:
    """The verdict when models bear it out, "wrong" when not; None where no set is valid."""
    valid = list(oracle.Adjustment(graph, (x,), (y,)).every())
    verdict = explain_optimality(graph, x, y)
    if not valid:
        return None if verdict.adjustment is None else "wrong"
    best = set(valid)
    for _ in range(FEW if verdict.everywhere else MANY):
        model = LinearModel(graph, rng, spread=float(rng.choice([0, 0.7, 1.5])))
        variances = {z: model.variances([x], [y], sorted(z))[0, 0] for z in valid}
        least = min(variances.values())
        best = {z for z in best if variances[z] <= least * (1 + 1e-7)}
        if not best:
            break
    if verdict.everywhere:
        return "one set is the best" if frozenset(verdict.adjustment or ()) in best else "wrong"
    return "no set is the best" if not best else "wrong"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    counts: dict[str, int] = {}
    began = time.process_time()
    while sum(counts.values()) < options.cases:
        asked = question(rng)
        found = right(*asked, rng)
        if found == "wrong":
            print(*asked)
        if found is not None:
            counts[found] = counts.get(found, 0) + 1
    wrong = counts.pop("wrong", 0)
    print(f"{options.cases} cases, {counts}, {wrong} errors, {time.process_time() - began:.0f} s")


if __name__ == "__main__":
    main()
