"""Random counterfactual questions, each formula checked against an exact random model.

    python -m tests.benchmarks.cases_counterfactual --cases 100000 --seed 0
    python -m tests.benchmarks.cases_counterfactual --cases 100000 --seed 0 --kind ett
    python -m tests.benchmarks.cases_counterfactual --cases 2000 --seed 0 --refusals

The first asks anything of up to three worlds, the second one contrast of names (``ett``, ``nde``,
``path``) and checks formulae and zeros; the third also proves every refusal by two models that
agree on the data and not on the answer (graphs of up to four nodes).
"""

import argparse
import time
from collections import Counter

import numpy as np

from causalsim.estimand.contrasts import (
    effect_on_treated,
    natural_direct_effect,
    natural_indirect_effect,
)
from causalsim.estimand.events import Probability, Question
from causalsim.estimand.paths import path_specific_effect
from causalsim.graph.graph import Graph
from tests.oracles.counterfactual_questions import (
    random_question,
    refusal_is_proved,
    verdict_and_error,
)
from tests.oracles.graphs import random_graph


def graph_of(rng: np.random.Generator, largest: int, most_shared: int, smallest: int = 2) -> Graph:
    while True:
        size = int(rng.integers(smallest, largest + 1))
        graph = random_graph(rng, size, 2.5, float(rng.choice([0, 0.6, 1.2])))
        if len(graph.bidirected) <= most_shared:
            return graph


def treated(rng: np.random.Generator, graph: Graph) -> Question:
    """The effect of treatment on the treated."""
    x, y = two(rng, graph)
    return effect_on_treated(y, x)


def mediated(rng: np.random.Generator, graph: Graph) -> Question:
    """A natural direct or indirect effect, around or through one or two variables."""
    x, y = two(rng, graph)
    others = [n for n in rng.permutation(graph.nodes).tolist() if n not in (x, y)]
    effect = natural_direct_effect if rng.random() < 0.5 else natural_indirect_effect
    return effect(y, x, others[: int(rng.integers(1, 3))])


def along_paths(rng: np.random.Generator, graph: Graph) -> Question:
    """The effect along some of the directed paths; on the treated where there is no path."""
    x, y = two(rng, graph)
    paths, growing = [], [(x,)]
    while growing:
        path = growing.pop()
        for child in graph.children(path[-1]):
            (paths if child == y else growing).append((*path, child))
    if not paths:
        return effect_on_treated(y, x)
    chosen = [path for path in paths if rng.random() < 0.5]
    return path_specific_effect(graph, y, x, chosen or paths[:1])


def two(rng: np.random.Generator, graph: Graph) -> tuple[str, str]:
    """A treatment, and an outcome that it affects where there is one."""
    below = [(a, b) for a in graph.nodes for b in graph.descendants(a) if a != b]
    every = [(a, b) for a in graph.nodes for b in graph.nodes if a != b]
    pairs = below if below and rng.random() < 0.9 else every
    return pairs[int(rng.integers(len(pairs)))]


def anything(rng: np.random.Generator, graph: Graph) -> Question:
    """Events in up to three worlds, some nested, some known."""
    return random_question(rng, graph.nodes)


KINDS = {"any": anything, "ett": treated, "nde": mediated, "path": along_paths}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=list(KINDS), default="any")
    parser.add_argument("--refusals", action="store_true")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    started = time.process_time()
    for number in range(options.cases):
        seed = options.seed + number
        rng = np.random.default_rng(seed)
        smallest = 3 if options.kind == "nde" else 2
        largest, most_shared = (4, 2) if options.refusals else (5, 4)
        graph = graph_of(rng, largest, most_shared, smallest)
        experiments = () if rng.random() < 0.7 else tuple((name,) for name in graph.nodes)
        question = KINDS[options.kind](rng, graph)
        verdict, error = verdict_and_error(graph, question, seed, experiments)
        counts[verdict] += 1
        if not error < 1e-8:
            counts["wrong"] += 1
            print("WRONG", seed, repr(graph), question, experiments, verdict, error)
        if options.refusals and verdict == "refused" and isinstance(question, Probability):
            proved = refusal_is_proved(graph, question, seed, experiments)
            proved = proved or refusal_is_proved(graph, question, seed, experiments, levels=3)
            counts["refusal proved" if proved else "refusal not proved"] += 1
            if not proved:
                print("NOT PROVED", seed, repr(graph), question, experiments)
    spent = time.process_time() - started
    found = dict(sorted(counts.items()))
    print(f"{options.kind}: {options.cases} cases in {spent:.0f} CPU seconds: {found}")


if __name__ == "__main__":
    main()
