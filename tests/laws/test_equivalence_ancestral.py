"""Laws of MAGs and PAGs against brute force over all Markov-equivalent MAGs."""

from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.errors import CausalsimError
from causalsim.graph.equivalence import (
    MAG,
    PAG,
    is_member,
    mag_member,
    mag_of,
    markov_equivalent,
    pag_of,
    possible_ancestors,
    possible_descendants,
    visible_edges,
)
from causalsim.graph.equivalence.separation import separated_in_class
from tests.oracles.equivalence import (
    Marks,
    admgs_behind,
    ancestors,
    equivalent_mags,
    is_mag,
    marks_of,
    model,
    projected,
    shared,
    subsets,
    texts,
)
from tests.oracles.graphs import admgs, dags

LAW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
EVERY_KIND = ("->", "<-", "<->", "--")


@st.composite
def selected(draw: st.DrawFn, most: int = 6) -> tuple[Graph, tuple[str, ...]]:
    """A graph and some of its nodes that selected the sample."""
    graph = draw(admgs(1, most, latent=True))
    size = min(2, len(graph.observed))
    found = draw(st.lists(st.sampled_from(graph.observed), unique=True, max_size=size))
    return graph, tuple(found)


@st.composite
def any_marks(draw: st.DrawFn, signs: list[tuple[str, str]]) -> tuple[tuple[str, ...], Marks]:
    """Up to four nodes joined by edges with arbitrary marks, most of which form no class."""
    nodes = ("a", "b", "c", "d")[: draw(st.integers(2, 4))]
    marks: Marks = {}
    for number, one in enumerate(nodes):
        for other in nodes[number + 1 :]:
            sign = draw(st.sampled_from([None, *signs]))
            if sign:
                marks[other, one], marks[one, other] = sign
    return nodes, marks


@LAW
@given(selected())
def test_mag_joins_what_no_set_separates(question: tuple[Graph, tuple[str, ...]]) -> None:
    graph, chosen = question
    mag = mag_of(graph, selected=chosen)
    assert marks_of(mag) == projected(graph, chosen)
    assert mag.nodes == tuple(node for node in graph.observed if node not in chosen)
    assert MAG(str(mag), nodes=mag.nodes) == mag


@LAW
@given(any_marks([("-", ">"), (">", "-"), (">", ">"), ("-", "-")]))
def test_a_mag_is_taken_exactly_when_it_is_ancestral_and_maximal(
    case: tuple[tuple[str, ...], Marks],
) -> None:
    nodes, marks = case
    if is_mag(nodes, marks):
        assert marks_of(MAG(texts(marks), nodes=nodes)) == marks
    else:
        with pytest.raises(CausalsimError, match="Hint:"):
            MAG(texts(marks), nodes=nodes)


@LAW
@given(admgs(1, 5))
def test_pag_marks_are_those_that_all_equivalent_mags_share(graph: Graph) -> None:
    mag = mag_of(graph)
    assume(len(mag.edges) <= 8)
    members = equivalent_mags(mag.nodes, marks_of(mag))
    pag = pag_of(mag)
    assert marks_of(pag) == shared(members, "o")
    assert PAG(str(pag), nodes=pag.nodes) == pag
    assert marks_of(mag_member(pag)) in members
    for member in members[:5]:
        assert is_member(MAG(texts(member), nodes=mag.nodes), pag)


@LAW
@given(selected(5))
def test_pag_marks_under_selection(question: tuple[Graph, tuple[str, ...]]) -> None:
    graph, chosen = question
    mag = mag_of(graph, selected=chosen)
    assume(len(mag.edges) <= 6)
    members = equivalent_mags(mag.nodes, marks_of(mag), EVERY_KIND)
    pag = pag_of(mag)
    assert marks_of(pag) == shared(members, "o")
    assert PAG(str(pag), nodes=pag.nodes) == pag
    assert marks_of(mag_member(pag)) in members


@LAW
@given(any_marks([("-", ">"), (">", "-"), ("o", ">"), (">", "o"), (">", ">"), ("o", "o")]))
def test_a_pag_is_taken_exactly_when_some_mag_has_it(
    case: tuple[tuple[str, ...], Marks],
) -> None:
    nodes, marks = case
    found = None
    members = [
        other
        for other in _filled(marks)
        if is_mag(nodes, other) and shared(equivalent_mags(nodes, other), "o") == marks
    ]
    if members:
        assert marks_of(PAG(texts(marks), nodes=nodes)) == marks
    else:
        with pytest.raises(CausalsimError, match="Hint:"):
            found = PAG(texts(marks), nodes=nodes)
    assert found is None


def _filled(marks: Marks) -> list[Marks]:
    """Every way to make the circles arrows or tails, without undirected edges."""
    found: list[Marks] = [{}]
    for key, mark in marks.items():
        choices = (">", "-") if mark == "o" else (mark,)
        found = [{**other, key: choice} for other in found for choice in choices]
    return [m for m in found if not any(m[a, b] == m[b, a] == "-" for a, b in m)]


@LAW
@given(admgs(2, 4), admgs(2, 4))
def test_markov_equivalence_is_equality_of_models(one: Graph, other: Graph) -> None:
    assume(set(one.nodes) == set(other.nodes))
    nodes = one.nodes
    same = model(nodes, projected(one)) == model(nodes, projected(other))
    assert markov_equivalent(one, other) == same
    assert markov_equivalent(mag_of(one), pag_of(other)) == same


@LAW
@given(selected(5))
def test_separation_in_a_class_is_separation_in_every_member(
    question: tuple[Graph, tuple[str, ...]],
) -> None:
    graph, chosen = question
    mag = mag_of(graph, selected=chosen)
    truth = model(mag.nodes, marks_of(mag))
    for kind in (mag, pag_of(mag)):
        found = {
            (a, b, given)
            for a, b in combinations(mag.nodes, 2)
            for given in subsets(node for node in mag.nodes if node not in (a, b))
            if separated_in_class(kind, a, b, given)
        }
        assert found == truth


@LAW
@given(dags(1, 6))
def test_the_mag_of_a_dag_is_the_dag(graph: Graph) -> None:
    assert marks_of(mag_of(graph)) == marks_of(graph)
    assert markov_equivalent(graph, mag_of(graph))


@LAW
@given(admgs(1, 5))
def test_possible_ancestors_in_a_pag_are_ancestors_in_some_member(graph: Graph) -> None:
    pag = pag_of(graph)
    assume(len(pag.edges) <= 7)
    members = equivalent_mags(pag.nodes, marks_of(mag_member(pag)))
    above = [ancestors(pag.nodes, marks) for marks in members]
    for node in pag.nodes:
        ups = {other for found in above for other in found[node]}
        downs = {other for other in pag.nodes if any(node in f[other] for f in above)}
        assert set(possible_ancestors(pag, node)) == ups
        assert set(possible_descendants(pag, node)) == downs


@LAW
@given(admgs(1, 4))
def test_visible_edges_are_those_without_a_hidden_cause_in_any_graph(graph: Graph) -> None:
    mag = mag_of(graph)
    assume(len(mag.edges) <= 5)
    behind = admgs_behind(mag.nodes, marks_of(mag))
    shown = {
        (a, b)
        for a, b, at_a, at_b in mag.edges
        if (at_a, at_b) == ("-", ">")
        and not any({a, b} == set(pair) for found in behind for pair in found.bidirected)
    }
    assert set(visible_edges(mag)) == shown
