"""Linear models by brute force: all small graphs, and the rank of the map to covariances."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from causalsim.graph.graph import Graph


def every_graph(size: int) -> Iterator[Graph]:
    """Every mixed graph whose causal order is that of its names."""
    names = [f"v{i}" for i in range(size)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    for kinds in product(range(4), repeat=len(pairs)):
        yield Graph(
            [pair for pair, kind in zip(pairs, kinds, strict=True) if kind & 1],
            nodes=names,
            bidirected=[pair for pair, kind in zip(pairs, kinds, strict=True) if kind & 2],
        )


def finite_to_one(graph: Graph, seed: int = 0) -> bool:
    """Whether the Jacobian of (coefficients, error covariances) -> covariances has full rank."""
    rng = np.random.default_rng(seed)
    count = len(graph)
    weights = np.zeros((count, count))
    arrows = [tuple(graph.indices(pair)) for pair in graph.directed]
    shared = [tuple(graph.indices(pair)) for pair in graph.bidirected]
    for i, j in arrows:
        weights[i, j] = rng.normal()
    errors = np.diag(rng.uniform(3, 5, size=count))
    for i, j in shared:
        errors[i, j] = errors[j, i] = rng.normal() / 2
    effects = np.linalg.inv(np.eye(count) - weights)
    whole = effects.T @ errors @ effects
    rows = []
    # dΣ for dΛ = e_i e_jᵀ is (effectsᵀ e_j e_iᵀ Σ) and its transpose.
    for i, j in arrows:
        part = np.outer(effects[j], whole[i])
        rows.append((part + part.T)[np.triu_indices(count)])
    for i, j in [*shared, *((k, k) for k in range(count))]:
        part = np.outer(effects[i], effects[j])
        rows.append((part + part.T)[np.triu_indices(count)])
    matrix = np.array(rows)
    return int(np.linalg.matrix_rank(matrix, tol=1e-8)) == len(rows)
