"""The walk beside networkx: one d-separation query on sparse random graphs of three sizes.

Run by hand: ``pytest -m benchmark tests/benchmarks/test_walk_speed.py``.
"""

import random
from typing import Any

import networkx as nx
import pytest

from causalsim import Graph
from causalsim.graph import separated

pytestmark = pytest.mark.benchmark
SIZES = (100, 1_000, 10_000)
QUERIES = 4


def problem(size: int) -> tuple[list[str], list[tuple[str, str]], list[tuple[str, str, list[str]]]]:
    """A graph of average degree 4 and queries that condition on a tenth of its nodes."""
    rng = random.Random(size)
    pairs: dict[tuple[int, int], None] = {}
    while len(pairs) < 2 * size:
        a, b = sorted(rng.sample(range(size), 2))
        pairs[a, b] = None
    names = [f"v{i}" for i in range(size)]
    queries = []
    for _ in range(QUERIES):
        x, y, *given = rng.sample(names, size // 10 + 2)
        queries.append((x, y, given))
    return names, [(names[a], names[b]) for a, b in pairs], queries


@pytest.mark.parametrize("size", SIZES)
def test_causalsim(benchmark: Any, size: int) -> None:
    names, edges, queries = problem(size)
    graph = Graph(edges, nodes=names)
    expected = nx.DiGraph(edges)
    expected.add_nodes_from(names)
    benchmark.group = f"d-separation, {size} nodes, {QUERIES} queries"
    found = benchmark(lambda: [separated(graph, x, y, z) for x, y, z in queries])
    assert found == [nx.is_d_separator(expected, {x}, {y}, set(z)) for x, y, z in queries]


@pytest.mark.parametrize("size", SIZES)
def test_networkx(benchmark: Any, size: int) -> None:
    names, edges, queries = problem(size)
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(names)
    benchmark.group = f"d-separation, {size} nodes, {QUERIES} queries"
    benchmark(lambda: [nx.is_d_separator(graph, {x}, {y}, set(z)) for x, y, z in queries])
