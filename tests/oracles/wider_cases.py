"""Questions about sets in graphs of a dozen nodes, where lists are long.

Every subset is judged by the linear-time verdicts, which `set_cases` checks against every path.
"""

import numpy as np
import pytest

from causalsim import Graph
from causalsim.graph.effects import adjustment, frontdoor, optimal
from causalsim.graph.separation import separators
from causalsim.graph.separation.criterion import separated
from tests.oracles import graph_criteria as oracle
from tests.oracles.graphs import random_graph

Names = tuple[str, ...]


def layered(rng: np.random.Generator, confounded: bool) -> tuple[Graph, Names, Names]:
    """Sparse graphs with many ways from x to y, neither of them joined to the other by an edge."""
    while True:
        graph = random_graph(rng, int(rng.integers(8, 13)), 2.6, 0.5 * (rng.random() < 0.4))
        graph = Graph(
            [*graph.directed, *_extra(rng, graph)], nodes=graph.nodes, bidirected=graph.bidirected
        )
        x, y = graph.order()[0 if confounded else 1], graph.order()[-1]
        if {(x, y), (y, x)} & {*graph.directed, *graph.bidirected}:
            continue
        if confounded and y not in graph.descendants(x):
            continue
        shared = [*graph.bidirected, (x, y)] if confounded else graph.bidirected
        return Graph(graph.directed, nodes=graph.nodes, bidirected=shared), (x,), (y,)


def _extra(rng: np.random.Generator, graph: Graph) -> list[tuple[str, str]]:
    """Arrows from the first nodes of the order and into the last, so that ways are many."""
    order = graph.order()
    wanted = [(order[1], order[k]) for k in range(2, 6) if rng.random() < 0.6]
    wanted += [(order[-k], order[-1]) for k in range(2, 6) if rng.random() < 0.6]
    return [pair for pair in dict.fromkeys(wanted) if pair not in graph.directed]


def check_wide_separators(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """Lists and cheapest separators against every subset."""
    candidates = [name for name in graph.nodes if name not in (*x, *y)]
    valid = [frozenset(z) for z in oracle.subsets(candidates) if separated(graph, x, y, z)]
    minimal = oracle.minimal(valid)
    found = [frozenset(z) for z in separators.minimal_separators(graph, x, y)]
    assert len(found) == len(set(found))
    assert set(found) == minimal
    for _ in range(3):
        costs = {name: float(rng.choice([1, 1, 2, 3, 0.7])) for name in candidates}
        cheap = separators.minimum_separator(graph, x, y, costs=costs)
        assert (cheap is None) == (not minimal)
        if cheap is not None:
            assert frozenset(cheap) in minimal
            least = min(sum(costs[name] for name in z) for z in minimal)
            assert sum(costs[name] for name in cheap) == pytest.approx(least)
    near = separators.minimal_separator(graph, x, y)
    assert near is None or frozenset(near) in minimal


def check_wide_adjustment(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """Lists and cheapest adjustment sets against every subset."""
    x = (str(rng.choice([name for name in graph.nodes if name not in y])),)
    banned = {*x, *y, *adjustment.forbidden(graph, x, y)}
    candidates = [name for name in graph.nodes if name not in banned]
    valid = [
        frozenset(z)
        for z in oracle.subsets(candidates)
        if adjustment.is_adjustment_set(graph, x, y, z)
    ]
    minimal = oracle.minimal(valid)
    found = [frozenset(z) for z in adjustment.minimal_adjustment_sets(graph, x, y)]
    assert len(found) == len(set(found))
    assert set(found) == minimal
    one = adjustment.minimal_adjustment_set(graph, x, y)
    near = optimal.optimal_minimal_adjustment_set(graph, x, y)
    small = optimal.minimum_adjustment_set(graph, x, y)
    if not minimal:
        assert (one, near, small) == (None, None, None)
        return
    assert None not in (one, near, small)
    assert {frozenset(one), frozenset(near), frozenset(small)} <= minimal
    assert len(small) == min(len(z) for z in minimal)


def check_wide_front_door(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """The largest, a minimal and all front-door sets against every subset."""
    candidates = [name for name in graph.nodes if name not in (*x, *y)]
    valid = [
        frozenset(z)
        for z in oracle.subsets(candidates)
        if frontdoor.is_front_door_set(graph, x, y, z)
    ]
    found = [frozenset(z) for z in frontdoor.front_door_sets(graph, x, y)]
    assert len(found) == len(set(found))
    assert set(found) == set(valid)
    largest = frontdoor.maximal_front_door_set(graph, x, y)
    smallest = frontdoor.minimal_front_door_set(graph, x, y)
    assert (largest is None) == (smallest is None) == (not valid)
    if largest is not None and smallest is not None:
        assert frozenset(largest) == frozenset().union(*valid)
        assert frozenset(smallest) in oracle.minimal(valid)
