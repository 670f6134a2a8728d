"""Many random graphs, whose claims are held against exact and random linear models.

python tests/benchmarks/cases_independencies.py --cases 100000 --seed 1
"""

import argparse
from itertools import islice

import numpy as np

from causalsim import Graph
from causalsim.graph.claims.independencies import basis_independencies, pairwise_independencies
from causalsim.graph.claims.kernels import Factors
from causalsim.graph.claims.tetrads import vanishing_tetrads
from causalsim.graph.claims.verma import verma_constraints
from causalsim.graph.separation.criterion import separated
from tests.laws.test_tetrads import truth
from tests.laws.test_verma import markov_joint, spread
from tests.oracles.graphs import random_graph


def independence_errors(graph: Graph) -> tuple[int, int]:
    """How many claims of independence, and how many that the graph does not make."""
    claims = [*islice(basis_independencies(graph), 200), *pairwise_independencies(graph)]
    wrong = sum(not separated(graph, c.x, c.y, c.given) for c in claims)
    return len(claims), wrong


def verma_errors(graph: Graph, rng: np.random.Generator) -> tuple[int, int, int]:
    """How many Verma claims, how many with a division, and how many that a model breaks."""
    claims = list(islice(verma_constraints(graph), 20))
    if not claims or len(graph.bidirected) > 6:
        return 0, 0, 0
    joint, axes = markov_joint(graph, rng)
    wrong = sum(spread(c.formula, joint, axes, c.free_of) > 1e-9 for c in claims)
    return (
        len(claims),
        sum(isinstance(c.formula, Factors) and bool(c.formula.below) for c in claims),
        wrong,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    found = np.zeros(4, dtype=int)
    wrong = np.zeros(3, dtype=int)
    for case in range(options.cases):
        graph = random_graph(rng, int(rng.integers(4, 8)), 2.2, 1.4, 0.15)
        count, errors = independence_errors(graph)
        found[0] += count
        wrong[0] += errors
        projected = Graph(graph.directed, nodes=graph.nodes, bidirected=graph.bidirected)
        count, divided, errors = verma_errors(projected, rng)
        found[1:3] += count, divided
        wrong[1] += errors
        if case % 4 == 0:
            listed = {(frozenset(t.one), frozenset(t.other)) for t in vanishing_tetrads(graph)}
            found[3] += len(listed)
            wrong[2] += listed != truth(graph, int(rng.integers(1 << 30)))
    print(
        f"{options.cases} cases: {found[0]} independencies, {wrong[0]} wrong; "
        f"{found[1]} Verma claims ({found[2]} with a division), {wrong[1]} wrong; "
        f"{found[3]} tetrads, {wrong[2]} graphs wrong"
    )


if __name__ == "__main__":
    main()
