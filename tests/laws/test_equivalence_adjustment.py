"""Adjustment in a class is right exactly when it is right in every member."""

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.graph.effects import adjustment, optimal
from causalsim.graph.equivalence import (
    CPDAG,
    MAG,
    MPDAG,
    PAG,
    cpdag_of,
    mag_of,
    members,
    orient,
    pag_of,
)
from causalsim.graph.equivalence import adjustment as class_adjustment
from tests.oracles.equivalence import (
    admgs_behind,
    equivalent_mags,
    marks_of,
    subsets,
    valid_in_admg,
)
from tests.oracles.graphs import admgs, dags

LAW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Roles = tuple[Graph, tuple[str, ...], tuple[str, ...]]


@st.composite
def posed(draw: st.DrawFn, graphs: st.SearchStrategy[Graph]) -> Roles:
    """A graph with up to two treatments and two outcomes."""
    graph = draw(graphs)
    order = draw(st.permutations(graph.nodes))
    many = draw(st.integers(1, min(2, len(order) - 1)))
    last = draw(st.integers(many + 1, min(many + 2, len(order))))
    return graph, tuple(order[:many]), tuple(order[many:last])


def valid_sets(
    graphs: Sequence[Graph], x: tuple[str, ...], y: tuple[str, ...]
) -> set[tuple[str, ...]]:
    """The sets that adjust rightly in every graph, by listing paths."""
    rest = [node for node in graphs[0].nodes if node not in (*x, *y)]
    found = set(subsets(rest))
    for graph in graphs:
        found = {z for z in found if valid_in_admg(graph, x, y, z)}
    return found


def check(
    graph: CPDAG | MPDAG | MAG | PAG,
    x: tuple[str, ...],
    y: tuple[str, ...],
    wanted: set[tuple[str, ...]],
) -> None:
    """Every verdict of the module agrees with the list of valid sets."""
    rest = [node for node in graph.nodes if node not in (*x, *y)]
    for z in subsets(rest):
        assert class_adjustment.is_adjustment_set(graph, x, y, z) == (z in wanted)
        verdict = class_adjustment.explain_adjustment(graph, x, y, z)
        assert verdict.valid == (z in wanted)
        assert verdict.valid == (not (verdict.edge or verdict.forbidden or verdict.path))
    found = class_adjustment.minimal_adjustment_set(graph, x, y)
    check_minimal(found, wanted, ())
    listed = list(class_adjustment.minimal_adjustment_sets(graph, x, y))
    smallest = {z for z in wanted if not any(set(other) < set(z) for other in wanted)}
    assert len(listed) == len(set(listed))
    assert set(listed) == smallest
    if rest:
        must, may = rest[:1], [*rest[:1], *rest[2:]]
        within = {z for z in wanted if set(must) <= set(z) <= set(may)}
        found = class_adjustment.minimal_adjustment_set(graph, x, y, must=must, may=may)
        check_minimal(found, within, tuple(must))


def check_minimal(
    found: tuple[str, ...] | None, wanted: set[tuple[str, ...]], must: tuple[str, ...]
) -> None:
    """A set is found when there is one, and none of its valid subsets is smaller."""
    if found is None:
        assert not wanted
    else:
        assert found in wanted
        free = [node for node in found if node not in must]
        for size in range(len(free)):
            for kept in combinations(free, size):
                assert tuple(n for n in found if n in kept or n in must) not in wanted


@LAW
@given(posed(dags(2, 6)))
def test_cpdag_adjustment_is_right_in_every_member(question: Roles) -> None:
    graph, x, y = question
    cpdag = cpdag_of(graph)
    check(cpdag, x, y, valid_sets(list(members(cpdag)), x, y))


@LAW
@given(posed(dags(2, 6)), st.data())
def test_mpdag_adjustment_is_right_in_every_member(question: Roles, data: st.DataObject) -> None:
    graph, x, y = question
    assume(graph.directed)
    known = data.draw(st.lists(st.sampled_from(graph.directed), unique=True, max_size=4))
    mpdag = orient(cpdag_of(graph), known)
    check(mpdag, x, y, valid_sets(list(members(mpdag)), x, y))


@LAW
@given(posed(admgs(2, 4)))
def test_mag_adjustment_is_right_in_every_graph_behind_it(question: Roles) -> None:
    graph, x, y = question
    mag = mag_of(graph)
    assume(len(mag.edges) <= 5)
    check(mag, x, y, valid_sets(admgs_behind(mag.nodes, marks_of(mag)), x, y))


@LAW
@given(posed(admgs(2, 4)))
def test_pag_adjustment_is_right_in_every_graph_behind_every_member(question: Roles) -> None:
    graph, x, y = question
    mag = mag_of(graph)
    assume(len(mag.edges) <= 4)
    behind = [
        other
        for marks in equivalent_mags(mag.nodes, marks_of(mag))
        for other in admgs_behind(mag.nodes, marks)
    ]
    check(pag_of(mag), x, y, valid_sets(behind, x, y))


@LAW
@given(posed(dags(2, 6)), st.data())
def test_the_optimal_set_is_that_of_every_member(question: Roles, data: st.DataObject) -> None:
    graph, x, y = question
    known = data.draw(st.lists(st.sampled_from(graph.directed or [None]), max_size=3))
    known = [pair for pair in dict.fromkeys(known) if pair is not None]
    for kind in (cpdag_of(graph), orient(cpdag_of(graph), known)):
        best = class_adjustment.optimal_adjustment_set(kind, x, y)
        if best is None:
            if class_adjustment.minimal_adjustment_set(kind, x, y) is not None:
                assert not set(y) <= set(class_adjustment.possible_causal_nodes(kind, x, y))
            continue
        assert class_adjustment.is_adjustment_set(kind, x, y, best)
        if not set(y) <= set(class_adjustment.possible_causal_nodes(kind, x, y)):
            continue
        for member in members(kind, limit=20):
            wanted = optimal.optimal_adjustment_set(member, x, y)
            assert wanted is not None
            assert set(best) == set(wanted)


@LAW
@given(posed(dags(2, 6)), st.data())
def test_possibly_causal_nodes_are_causal_in_some_member(
    question: Roles, data: st.DataObject
) -> None:
    graph, x, y = question
    known = data.draw(st.lists(st.sampled_from(graph.directed))) if graph.directed else []
    for kind in (cpdag_of(graph), orient(cpdag_of(graph), known)):
        found = list(members(kind))
        causal = {node for g in found for node in adjustment.causal_nodes(g, x, y)}
        assert set(class_adjustment.possible_causal_nodes(kind, x, y)) == causal
        if class_adjustment.explain_adjustment(kind, x, y).edge is None:
            barred = {node for g in found for node in adjustment.forbidden(g, x, y)}
            assert set(class_adjustment.forbidden(kind, x, y)) == barred


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("v1 -> v0; v1 -> v2; v1 -- v3; v2 -- v3", "v2", "v0"),
        ("v0 -- v1; v1 -- v2; v1 -- v3; v1 -> v4; v2 -- v4", "v4", "v3"),
        ("v0 -- v2; v0 -> v4; v0 -- v5; v1 -- v3; v2 -- v4; v3 -- v5", "v4", "v3"),
    ],
)
def test_possibly_causal_paths_of_an_mpdag_need_not_join(text: str, x: str, y: str) -> None:
    # x -- a and a -- b -> y are possibly causal, but b -> x: a is on no causal path.
    mpdag = MPDAG(text)
    check(mpdag, (x,), (y,), valid_sets(list(members(mpdag)), (x,), (y,)))


def test_the_oracle_refuses_a_mediator() -> None:
    graph = Graph("x -> m -> y")
    assert valid_sets([graph], ("x",), ("y",)) == {()}


@pytest.mark.parametrize("z", [(), ("a",)])
def test_the_oracle_sees_through_a_fork(z: tuple[str, ...]) -> None:
    assert valid_in_admg(Graph("x <- a -> y; x -> y"), ("x",), ("y",), z) == bool(z)
