"""Laws of equivalence classes of DAGs against brute force over all members."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.errors import CausalsimError
from causalsim.graph import separated
from causalsim.graph.equivalence import (
    CPDAG,
    MPDAG,
    count_members,
    cpdag_of,
    dag_member,
    is_member,
    markov_equivalent,
    members,
    orient,
    possible_ancestors,
    possible_descendants,
    sample_members,
)
from causalsim.graph.equivalence.separation import separated_in_class
from tests.oracles.equivalence import (
    KINDS,
    Marks,
    acyclic,
    ancestors,
    connected,
    equivalent_dags,
    essential,
    marks_of,
    same_skeleton,
    shared,
    texts,
    unshielded_colliders,
)
from tests.oracles.graphs import dags

Pair = tuple[str, str]
Question = tuple[Graph, list[Pair]]

LAW = settings(max_examples=60, deadline=None)


@st.composite
def knowledge(draw: st.DrawFn) -> Question:
    """A DAG with a few of its arrows, as what is known beforehand."""
    graph = draw(dags(2, 6))
    known = (
        draw(st.lists(st.sampled_from(graph.directed), unique=True, max_size=3))
        if (graph.directed)
        else []
    )
    return graph, known


def consistent(graph: Graph, known: Iterable[Pair]) -> list[Marks]:
    """The members of the class that have the known arrows."""
    return [
        marks
        for marks in equivalent_dags(graph.nodes, marks_of(graph))
        if all(marks[a, b] == ">" for a, b in known)
    ]


@LAW
@given(dags(1, 6))
def test_cpdag_is_what_all_members_share(graph: Graph) -> None:
    all_members = equivalent_dags(graph.nodes, marks_of(graph))
    cpdag = cpdag_of(graph)
    assert marks_of(cpdag) == essential(all_members)
    assert cpdag.nodes == graph.nodes
    assert CPDAG(str(cpdag), nodes=cpdag.nodes) == cpdag


@LAW
@given(dags(1, 6))
def test_members_are_listed_once_each(graph: Graph) -> None:
    cpdag = cpdag_of(graph)
    listed = list(members(cpdag))
    wanted = equivalent_dags(graph.nodes, marks_of(graph))
    assert len(listed) == len(wanted) == count_members(cpdag)
    assert {frozenset(marks_of(member).items()) for member in listed} == {
        frozenset(marks.items()) for marks in wanted
    }
    assert list(members(cpdag, limit=2)) == listed[:2]
    assert dag_member(cpdag) in listed
    assert all(cpdag_of(member) == cpdag for member in listed)


@LAW
@given(knowledge())
def test_mpdag_is_what_all_consistent_members_share(question: Question) -> None:
    graph, known = question
    mpdag = orient(cpdag_of(graph), known)
    wanted = consistent(graph, known)
    assert marks_of(mpdag) == essential(wanted)
    listed = list(members(mpdag))
    assert len(listed) == len(set(listed)) == len(wanted) == count_members(mpdag)
    assert dag_member(mpdag) in listed
    assert MPDAG(str(mpdag), nodes=mpdag.nodes) == mpdag


@LAW
@given(dags(2, 6), st.data())
def test_completion_closes_any_partial_knowledge(graph: Graph, data: st.DataObject) -> None:
    cpdag = cpdag_of(graph)
    known = (
        data.draw(st.lists(st.sampled_from(graph.directed), unique=True))
        if (graph.directed)
        else []
    )
    rough = {**marks_of(cpdag)}
    for a, b in known:
        rough[a, b], rough[b, a] = ">", "-"
    assert MPDAG.completed(texts(rough), nodes=graph.nodes) == orient(cpdag, known)


@LAW
@given(dags(2, 5), st.data())
def test_knowledge_is_refused_exactly_when_no_member_has_it(
    graph: Graph, data: st.DataObject
) -> None:
    assume(graph.directed)
    cpdag = cpdag_of(graph)
    pairs = st.sampled_from([*graph.directed, *((b, a) for a, b in graph.directed)])
    known = data.draw(st.lists(pairs, max_size=3, unique=True))
    wanted = consistent(graph, known)
    if wanted:
        assert marks_of(orient(cpdag, known)) == essential(wanted)
    else:
        with pytest.raises(CausalsimError, match="No member of the class"):
            orient(cpdag, known)


@LAW
@given(dags(2, 6), st.permutations(range(6)))
def test_tiers_forbid_arrows_back(graph: Graph, ranks: list[int]) -> None:
    # The tiers agree with the graph: cut its causal order into three.
    order = graph.order()
    cut = sorted(ranks[:2])
    tiers = [order[: cut[0]], order[cut[0] : cut[1]], order[cut[1] :]]
    tier = {node: number for number, nodes in enumerate(tiers) for node in nodes}
    wanted = [
        marks
        for marks in equivalent_dags(graph.nodes, marks_of(graph))
        if not any(mark == ">" and tier[a] > tier[b] for (a, b), mark in marks.items())
    ]
    assert marks_of(orient(cpdag_of(graph), tiers=tiers)) == essential(wanted)


@LAW
@given(dags(1, 6), dags(1, 6))
def test_markov_equivalence_is_equality_of_classes(one: Graph, other: Graph) -> None:
    same = (
        set(one.nodes) == set(other.nodes)
        and marks_of(one).keys() == marks_of(other).keys()
        and unshielded_colliders(sorted(one.nodes), marks_of(one))
        == unshielded_colliders(sorted(one.nodes), marks_of(other))
    )
    if set(one.nodes) == set(other.nodes):
        assert markov_equivalent(one, other) == same
        assert is_member(one, cpdag_of(other)) == same


@LAW
@given(dags(2, 5), st.data())
def test_every_member_implies_the_same_separations(graph: Graph, data: st.DataObject) -> None:
    x, y, *rest = data.draw(st.permutations(graph.nodes))
    held = data.draw(st.lists(st.sampled_from(rest), unique=True)) if rest else []
    truth = not connected(graph.nodes, marks_of(graph), x, y, held)
    cpdag = cpdag_of(graph)
    for member in members(cpdag, limit=5):
        assert separated(member, x, y, held) == truth
    known = data.draw(st.lists(st.sampled_from(graph.directed))) if graph.directed else []
    for kind in (cpdag, orient(cpdag, known)):
        assert separated_in_class(kind, x, y, held) == truth


@LAW
@given(knowledge())
def test_possible_descendants_are_descendants_in_some_member(question: Question) -> None:
    graph, known = question
    mpdag = orient(cpdag_of(graph), known)
    for kind in (mpdag, cpdag_of(graph)):
        wanted = consistent(graph, known if kind is mpdag else [])
        above = [ancestors(graph.nodes, marks) for marks in wanted]
        for node in graph.nodes:
            ups = {other for found in above for other in found[node]}
            downs = {other for other in graph.nodes if any(node in f[other] for f in above)}
            assert set(possible_ancestors(kind, node)) == ups
            assert set(possible_descendants(kind, node)) == downs


@LAW
@given(dags(1, 4), st.data())
def test_a_partially_directed_graph_is_taken_exactly_when_it_is_a_class(
    graph: Graph, data: st.DataObject
) -> None:
    # Any graph of arrows and plain edges over the same adjacencies, as a CPDAG and as an MPDAG.
    kinds = data.draw(
        st.lists(
            st.sampled_from(["->", "<-", "--"]),
            min_size=len(graph.directed),
            max_size=len(graph.directed),
        )
    )
    marks = {}
    for (a, b), kind in zip(graph.directed, kinds, strict=True):
        marks[b, a], marks[a, b] = KINDS[kind]
    extensions = [
        found
        for found in same_skeleton(marks, ["->", "<-"])
        if acyclic(graph.nodes, found)
        and all(found[key] == ">" for key, mark in marks.items() if mark == ">")
        and unshielded_colliders(graph.nodes, found) == unshielded_colliders(graph.nodes, marks)
    ]
    is_mpdag = bool(extensions) and essential(extensions) == marks
    is_cpdag = is_mpdag and essential(equivalent_dags(graph.nodes, extensions[0])) == marks
    for kind, wanted in ((CPDAG, is_cpdag), (MPDAG, is_mpdag)):
        if wanted:
            assert marks_of(kind(texts(marks), nodes=graph.nodes)) == marks
        else:
            with pytest.raises(CausalsimError, match="Hint:"):
                kind(texts(marks), nodes=graph.nodes)


@pytest.mark.parametrize(
    "source",
    [
        "a -- b; b -- c; c -- a; c -- d; b -- d",
        "a -- b; b -- c; c -- d; c -- e",
        "a -- b; b -- c; c -- a; c -- d; d -- e; d -- f; e -- f",
        "a -- b; b -- c; c -- a; a -- d; b -- d; c -- d; d -- e",
    ],
)
def test_draws_are_uniform(source: str) -> None:
    cpdag = CPDAG(source)
    size = 200 * count_members(cpdag)
    drawn: dict[Graph, int] = {}
    for graph in sample_members(cpdag, size, seed=7):
        drawn[graph] = drawn.get(graph, 0) + 1
    assert set(drawn) == set(members(cpdag))
    expected = size / len(drawn)
    statistic = sum((count - expected) ** 2 / expected for count in drawn.values())
    freedom = len(drawn) - 1
    # The 0.9999 quantile of the chi-square by the Wilson-Hilferty approximation.
    limit = freedom * (1 - 2 / (9 * freedom) + 3.72 * np.sqrt(2 / (9 * freedom))) ** 3
    assert statistic < limit


def test_draws_from_an_mpdag_are_uniform() -> None:
    mpdag = orient(CPDAG("a -- b; b -- c; c -- a; c -- d; b -- d; d -- a"), "a -> b")
    size = 200 * count_members(mpdag)
    drawn: dict[Graph, int] = {}
    for graph in sample_members(mpdag, size, seed=3):
        drawn[graph] = drawn.get(graph, 0) + 1
    assert set(drawn) == set(members(mpdag))
    assert sum((count - 200) ** 2 / 200 for count in drawn.values()) < 40  # 11 degrees of freedom


@LAW
@given(dags(1, 6))
def test_draws_are_members(graph: Graph) -> None:
    cpdag = cpdag_of(graph)
    listed = set(members(cpdag))
    assert all(drawn in listed for drawn in sample_members(cpdag, 3, seed=1))


def test_shared_marks_differ_where_members_do() -> None:
    # The oracle itself: a chain of three has three members, which share no mark at an edge.
    found = equivalent_dags("abc", marks_of(Graph("a -> b -> c")))
    assert len(found) == 3
    assert set(shared(found, "o").values()) == {"o"}
