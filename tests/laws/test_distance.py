"""Distances against their definitions, and the axioms of a metric."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.graph.distance import AdjustmentDistance, ancestor_aid, oset_aid, parent_aid, shd
from causalsim.graph.surgery import transitive_closure
from tests.oracles.graph_criteria import Adjustment, causal_nodes, descendants
from tests.oracles.graphs import admgs, dags

FEW = settings(max_examples=60, deadline=None)


def parents(graph: Graph, t: str, y: str) -> Iterable[str] | None:
    return None if y in graph.parents(t) else graph.parents(t)


def ancestors(graph: Graph, t: str, y: str) -> Iterable[str] | None:
    return set(graph.ancestors(t)) - {t} if y in graph.descendants(t) else None


def oset(graph: Graph, t: str, y: str) -> Iterable[str] | None:
    if y not in graph.descendants(t):
        return None
    causal = causal_nodes(graph, [t], [y])
    around = {parent for node in causal for parent in graph.parents(node)}
    return around - descendants(graph, causal) - {t}


@pytest.mark.parametrize(
    ("measured", "claimed"),
    [(parent_aid, parents), (ancestor_aid, ancestors), (oset_aid, oset)],
    ids=["parent", "ancestor", "oset"],
)
@FEW
@given(st.integers(2, 5).flatmap(lambda n: st.tuples(dags(n, n), dags(n, n))))
def test_every_claim_is_held_against_the_adjustment_criterion(
    measured: Callable[[Graph, Graph], AdjustmentDistance],
    claimed: Callable[[Graph, str, str], Iterable[str] | None],
    graphs: tuple[Graph, Graph],
) -> None:
    true, guess = graphs
    wrong = []
    for t in true.nodes:
        for y in true.nodes:
            if t == y:
                continue
            held = claimed(guess, t, y)
            if held is None:
                mistaken = y in true.descendants(t)
            else:
                mistaken = not Adjustment(true, [t], [y]).valid(held)
            if mistaken:
                wrong.append((t, y))
    found = measured(true, guess)
    assert found.wrong == tuple(wrong)
    assert found.mistakes == len(wrong)


@pytest.mark.parametrize("measured", [parent_aid, ancestor_aid, oset_aid])
@FEW
@given(dags(1, 6))
def test_the_truth_is_at_distance_nothing(
    measured: Callable[[Graph, Graph], AdjustmentDistance], graph: Graph
) -> None:
    assert measured(graph, graph).mistakes == 0
    assert parent_aid(graph, transitive_closure(graph)).mistakes == 0


@FEW
@given(st.integers(1, 5).flatmap(lambda n: st.tuples(admgs(n, n), admgs(n, n), admgs(n, n))))
def test_shd_is_a_metric(graphs: tuple[Graph, Graph, Graph]) -> None:
    a, b, c = graphs
    assert shd(a, a) == 0
    assert shd(a, b) == shd(b, a)
    assert (shd(a, b) == 0) == (a == b)
    assert shd(a, c) <= shd(a, b) + shd(b, c)
