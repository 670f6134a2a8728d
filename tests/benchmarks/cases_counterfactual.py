"""Random counterfactual questions, each formula checked against an exact random model.

    python -m tests.benchmarks.cases_counterfactual --cases 100000 --seed 0
    python -m tests.benchmarks.cases_counterfactual --cases 2000 --seed 0 --refusals

The first checks formulae and zeros; the second also proves every refusal by two models that agree
on the data and not on the answer (graphs of up to four nodes).
"""

import argparse
import time
from collections import Counter

import numpy as np

from causalsim.estimand.events import Probability
from causalsim.graph.graph import Graph
from tests.oracles.counterfactual_questions import (
    random_question,
    refusal_is_proved,
    verdict_and_error,
)
from tests.oracles.graphs import random_graph


def graph_of(rng: np.random.Generator, largest: int, most_shared: int) -> Graph:
    while True:
        size = int(rng.integers(2, largest + 1))
        graph = random_graph(rng, size, 2.5, float(rng.choice([0, 0.6, 1.2])))
        if len(graph.bidirected) <= most_shared:
            return graph


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--refusals", action="store_true")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    started = time.process_time()
    for number in range(options.cases):
        seed = options.seed + number
        rng = np.random.default_rng(seed)
        graph = graph_of(rng, 4, 2) if options.refusals else graph_of(rng, 5, 4)
        experiments = () if rng.random() < 0.7 else tuple((name,) for name in graph.nodes)
        question = random_question(rng, graph.nodes)
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
    print(f"{options.cases} cases in {spent:.0f} CPU seconds: {dict(sorted(counts.items()))}")


if __name__ == "__main__":
    main()
