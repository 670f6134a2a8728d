"""Many random graphs through every surgery, each checked by definition.

python tests/benchmarks/cases_surgery.py --cases 100000 --seed 1
"""

import argparse
from itertools import combinations

import numpy as np

from causalsim import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.surgery import (
    canonical,
    latent_projection,
    transitive_closure,
    transitive_reduction,
)
from causalsim.graph.worlds import swig, twin
from tests.oracles.graph_criteria import subsets
from tests.oracles.graphs import random_graph
from tests.oracles.worlds import ExactModel


def projection_errors(graph: Graph) -> tuple[int, int]:
    """How many separations were compared, and how many differed."""
    projected, explicit = latent_projection(graph), canonical(graph)
    compared = wrong = 0
    for a, b in combinations(graph.observed, 2):
        for z in subsets([node for node in graph.observed if node not in (a, b)]):
            truth = separated(graph, a, b, z)
            compared += 1
            wrong += truth != separated(projected, a, b, z)
            wrong += truth != separated(explicit, a, b, z)
    for node in projected.nodes:
        kept = [other for other in graph.ancestors(node) if other in projected]
        wrong += set(projected.ancestors(node)) != set(kept)
    return compared, wrong


def order_errors(graph: Graph) -> int:
    """Ancestors that the closure or the reduction changed."""
    closure, reduction = transitive_closure(graph), transitive_reduction(graph)
    return sum(
        set(closure.parents(node)) | {node} != set(graph.ancestors(node))
        or reduction.ancestors(node) != graph.ancestors(node)
        for node in graph.nodes
    )


def world_errors(rng: np.random.Generator) -> tuple[int, int]:
    """Separations in twin graphs and SWIGs, and how many do not hold in a random exact model."""
    graph = random_graph(rng, int(rng.integers(2, 5)), 1.8, 0.6)
    if len(graph.bidirected) > 2:
        return 0, 0
    x = graph.nodes[int(rng.integers(len(graph)))]
    model = ExactModel(graph, int(rng.integers(1 << 30)))
    compared = wrong = 0
    fact, _ = model.world({})
    values, natural = model.world({x: 1})
    joined, split = twin(graph, {x: 1}), swig(graph, {x: 1})
    labels = [label for label in split.nodes if label not in split.adjusted]
    potential = {label: natural[node] for node, label in zip(graph.nodes, labels, strict=True)}
    several = {**{node: fact[node] for node in graph.nodes}}
    for node, label in zip(graph.nodes, labels, strict=True):
        if node != x:
            several[label] = values[node]
    for pictured, columns in ((split, potential), (joined, several)):
        for a, b in combinations(columns, 2):
            rest = [label for label in columns if label not in (a, b)]
            z = [label for label in rest if rng.random() < 0.4]
            if separated(pictured, a, b, [*z, *pictured.adjusted]):
                compared += 1
                given = [columns[c] for c in z]
                wrong += not model.independent([columns[a]], [columns[b]], given)
    return compared, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    compared = held = wrong = 0
    for _ in range(options.cases):
        graph = random_graph(rng, int(rng.integers(2, 7)), 2.2, 0.8, 0.3)
        more, errors = projection_errors(graph)
        compared += more
        wrong += errors + order_errors(graph)
        more, errors = world_errors(rng)
        held += more
        wrong += errors
    print(
        f"{options.cases} cases: {compared} separations kept, "
        f"{held} separations across worlds tested in exact models, {wrong} errors"
    )


if __name__ == "__main__":
    main()
