"""Many random pairs of DAGs, whose identification distances are held against the definition.

python tests/benchmarks/cases_distance.py --cases 100000 --seed 1
"""

import argparse

import numpy as np

from causalsim import Graph
from causalsim.graph.distance import ancestor_aid, oset_aid, parent_aid, shd
from causalsim.graph.effects.adjustment import is_adjustment_set
from causalsim.graph.effects.optimal import optimal_adjustment_set
from tests.oracles.graphs import random_graph


def claims(guess: Graph, t: str, y: str) -> tuple[tuple[str, ...] | None, ...]:
    """What each strategy adjusts for; None where it says that t does nothing to y."""
    affected = y in guess.descendants(t)
    parents = None if y in guess.parents(t) else guess.parents(t)
    above = tuple(node for node in guess.ancestors(t) if node != t) if affected else None
    return parents, above, optimal_adjustment_set(guess, t, y) if affected else None


def mistakes(true: Graph, guess: Graph) -> list[int]:
    """The three distances, pair by pair."""
    found = [0, 0, 0]
    for t in true.nodes:
        for y in true.nodes:
            if t == y:
                continue
            for which, held in enumerate(claims(guess, t, y)):
                if held is None:
                    found[which] += y in true.descendants(t)
                else:
                    found[which] += y in held or not is_adjustment_set(true, t, y, held)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    wrong = compared = 0
    for _ in range(options.cases):
        size = int(rng.integers(2, 7))
        true, guess = (random_graph(rng, size, float(rng.uniform(1, 4))) for _ in range(2))
        found = [measure(true, guess).mistakes for measure in (parent_aid, ancestor_aid, oset_aid)]
        expected = mistakes(true, guess)
        compared += sum(expected)
        wrong += found != expected
        wrong += shd(true, guess) != shd(guess, true)
    print(f"{options.cases} pairs of graphs, {compared} mistakes counted, {wrong} errors")


if __name__ == "__main__":
    main()
