"""CPDAG, MPDAG, MAG and PAG as values: written, read back, compared, and refused."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.errors import CausalsimError
from causalsim.graph.equivalence import (
    CPDAG,
    MAG,
    MPDAG,
    PAG,
    MarkedEdge,
    cpdag_of,
    dag_member,
    is_member,
    mag_member,
    mag_of,
    markov_equivalent,
    orient,
    pag_of,
    possible_ancestors,
    visible_edges,
)
from causalsim.graph.notation.arrows import parse_arrows

TEXTS = [
    (CPDAG, "a -> c; b -> c; c -> d"),
    (CPDAG, "a -- b; b -- c"),
    (MPDAG, "a -> b; b -> c"),
    (MAG, "a -> b; b <-> c; d -> c"),
    (MAG, "a -- b; b -- c; b -> d"),
    (PAG, "a o-> c; b o-> c; c -> d"),
    (PAG, "a o-o b"),
    (PAG, "b -o c; b -- g; b -- h; g -o c; g -- d; h -- d"),
]


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_texts_read_back(kind: type[CPDAG | MPDAG | MAG | PAG], text: str) -> None:
    graph = kind(text)
    assert str(graph) == "\n".join(text.split("; "))
    assert kind(str(graph)) == graph
    assert repr(graph) == f"{kind.__name__}({text!r})"
    assert kind(graph) == graph
    assert kind(graph.edges) == graph
    assert hash(kind(reversed(graph.edges), nodes=reversed(graph.nodes))) == hash(graph)
    assert kind(reversed(graph.edges)) == graph
    stored = graph.to_dict()
    assert stored["kind"] == kind.__name__
    assert kind(stored["edges"], nodes=stored["nodes"]) == graph  # type: ignore[arg-type,call-arg]
    assert len(graph) == len(list(graph)) == len(graph.nodes)
    assert graph.nodes[0] in graph
    assert "nobody" not in graph


def test_kinds_and_marks_tell_graphs_apart() -> None:
    assert CPDAG("a -- b") != MPDAG("a -- b")
    assert MPDAG("a -- b") != MPDAG("a -> b")
    assert PAG("a o-o b") != PAG("a o-o b; c")
    assert MAG("a -> b") != Graph("a -> b")
    assert len({CPDAG("a -- b"), CPDAG("b -- a")}) == 1


def test_neighbourhoods() -> None:
    graph = MAG("a -> b; b <-> c; d -> c; a -- e")
    assert graph.parents("b") == ("a",)
    assert graph.children("a") == ("b",)
    assert graph.siblings("c") == ("b",)
    assert graph.neighbours("a") == ("e",)
    assert graph.adjacent("a") == ("b", "e")
    assert graph.adjacent("b") == ("a", "c")


def test_names_with_spaces_and_isolated_nodes() -> None:
    graph = PAG('alone; "blood pressure" o-o "heart -- rate"')
    assert graph.nodes == ("alone", "blood pressure", "heart -- rate")
    assert PAG(str(graph)) == graph


def test_edges_are_written_with_the_arrow_last() -> None:
    assert str(MarkedEdge("a", "b", ">", "-")) == "b -> a"
    assert str(MarkedEdge("a", "b", "o", ">")) == "a o-> b"
    assert [str(edge) for edge in PAG("c <-o a; c <-o b; d <- c").edges] == [
        "a o-> c",
        "b o-> c",
        "c -> d",
    ]
    assert [tuple(edge) for edge in CPDAG([("a", "b", "-", "-")]).edges] == [("a", "b", "-", "-")]


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_every_class_is_drawn(kind: type[CPDAG | MPDAG | MAG | PAG], text: str) -> None:
    picture = kind(text)._repr_svg_()
    assert picture.startswith("<svg")
    assert all(f">{node}<" in picture for node in kind(text).nodes)


REFUSED: list[tuple[Callable[[], object], str]] = [
    # A CPDAG without members, and arrows or plain edges that no CPDAG has.
    (lambda: CPDAG("a -- b; b -- c; c -- d; d -- a"), "a ring without a chord"),
    (lambda: CPDAG("a -> b -> c -> a"), "The arrows form a cycle: "),
    (lambda: CPDAG("a -> b"), "the arrow a -> b can be turned"),
    (lambda: CPDAG("a -> c; b -> c; c -- d"), "c -- d is c -> d in every member"),
    (lambda: CPDAG("a -> b -- c; a -- c"), "This is no CPDAG"),
    (lambda: CPDAG("a -> b; b <-> c"), "A CPDAG has the edges ->, --; found b <-> c"),
    (lambda: CPDAG("a o-> b"), "found a o-> b"),
    # An MPDAG that Meek's rules contradict.
    (lambda: MPDAG("a -> b -- c"), r"b -- c is b -> c in every member \(Meek's rule 1: or else"),
    (lambda: MPDAG("a -> b -> c; a -- c"), "Meek's rule 2"),
    (lambda: MPDAG("a -> b; c -> d; b -- c; e -> c; b -- e"), "is no MPDAG|No graph is a member"),
    (lambda: MPDAG("a -> b -- c <- d"), "No graph is a member of this MPDAG"),
    (lambda: MPDAG.completed("a -> b -- c <- d"), "cannot be directed without a cycle"),
    (lambda: MPDAG("a o-o b"), "An MPDAG has the edges"),
    # A MAG that is not ancestral or not maximal.
    (lambda: MAG("a -> b -> a"), "two edges"),
    (lambda: MAG("a -> b -> c -> a"), "cycle"),
    (lambda: MAG("a -> b -> c; a <-> c"), "not ancestral: a <-> c, and arrows lead from a to c"),
    (lambda: MAG("a -- b; c -> b"), "not ancestral: b -- a, and an arrow points to b"),
    (lambda: MAG("a -- b <-> c"), "an arrow points to b"),
    (
        lambda: MAG("a <-> b <-> c <-> d; b -> d; c -> a"),
        "not maximal: a and d have no edge, and no set separates them",
    ),
    (lambda: MAG("a o-> b"), "A MAG has the edges ->, <->, --; found a o-> b"),
    # A PAG that is the PAG of no MAG.
    (lambda: PAG("a o-> b"), "make a o-> b into a o-o b"),
    (lambda: PAG("a -> b -> c"), "This is the PAG of no MAG"),
    (lambda: PAG("a o-o b; b o-o c; c o-o d; d o-o a"), "This is the PAG of no MAG"),
    (lambda: PAG("a -> b -> c -> a"), "is no MAG. The arrows form a cycle"),
    # Edges and sources.
    (lambda: PAG("a o-o b; b o-o a"), "The nodes b and a are joined by two edges"),
    (lambda: CPDAG("a -- a"), "has an edge to itself"),
    (lambda: CPDAG("u -- a; u [latent]"), r"bears the attribute \[latent\]"),
    (lambda: CPDAG(Graph("a -> b")), "made from text or from edges; found Graph"),
    (lambda: CPDAG(3), "found int"),  # type: ignore[arg-type]
    (lambda: CPDAG([3]), "found 3"),
    (lambda: CPDAG([("a", "b", "-", "x")]), "An edge of a class is"),
    (lambda: CPDAG([("a", "b", "-", ["x"])]), "An edge of a class is"),
    (lambda: CPDAG([("a", 3)]), "must be a string"),
    (lambda: CPDAG([(["a"], "b")]), "must be a string"),
    (lambda: CPDAG("", nodes=[""]), "must be a string"),
    (lambda: CPDAG("a --"), "Line 1, column"),
    # Questions.
    (lambda: CPDAG("a -- b").parents("c"), "no node 'c'"),
    (lambda: possible_ancestors(CPDAG("a -- b"), ["a", ["b"]]), "no node"),  # type: ignore[list-item]
    (lambda: possible_ancestors(Graph("a -> b"), "a"), "found Graph"),  # type: ignore[arg-type]
    (lambda: visible_edges(CPDAG("a -- b")), "a MAG or a PAG"),  # type: ignore[arg-type]
    (lambda: cpdag_of(Graph("a -> b; a <-> b")), "this one has a <-> b"),
    (lambda: cpdag_of(Graph("u -> b; u [latent]")), "this one has u"),
    (lambda: cpdag_of("a -> b"), "is for a Graph; found str"),  # type: ignore[arg-type]
    (lambda: dag_member(PAG("a o-o b")), "a CPDAG or an MPDAG; found PAG"),  # type: ignore[arg-type]
    (lambda: mag_member(MAG("a -> b")), "a PAG; found MAG"),  # type: ignore[arg-type]
    (lambda: mag_of(CPDAG("a -- b")), "is for a Graph; found CPDAG"),  # type: ignore[arg-type]
    (lambda: mag_of(Graph("a -> b"), selected="c"), "no node 'c'"),
    (lambda: mag_of(Graph("a -> b; b [latent]"), selected="b"), "both in selected and in latent"),
    (lambda: pag_of(MAG("a -> b"), selected="b"), "when selected= is given"),
    (lambda: orient(PAG("a o-o b"), "a -> b"), "a CPDAG or an MPDAG"),  # type: ignore[arg-type]
    (lambda: orient(CPDAG("a -- b"), "a -> c"), "no node 'c'"),
    (lambda: orient(CPDAG("a -- b; b -- c"), "a -> c"), "no edge between a and c"),
    (lambda: orient(CPDAG("a -- b"), "a -> b; b -> a"), "cycle"),
    (lambda: orient(CPDAG("a -- b"), "a <-> b"), "An edge is"),
    (lambda: orient(CPDAG("a -- b"), [("a", "a")]), "edge to itself"),
    (lambda: orient(CPDAG("a -- b"), 3), "found 3"),  # type: ignore[arg-type]
    (lambda: orient(CPDAG("a -- b"), [3]), "found 3"),  # type: ignore[list-item]
    (lambda: orient(CPDAG("a -> c; b -> c"), "c -> a"), "a -> c stands in every one"),
    (
        lambda: orient(CPDAG("a -- b; b -- c"), "a -> b; c -> b"),
        "b -> c follows from the other knowledge by Meek's rule 1",
    ),
    (
        lambda: orient(CPDAG("a -- b"), "a -> b", forbidden="a -> b"),
        "a -> b is required by the other knowledge",
    ),
    (lambda: orient(CPDAG("a -- b"), tiers=("a", ("b", "a"))), "'a' stands in two tiers"),
    (lambda: is_member(CPDAG("a -- b"), CPDAG("a -- b")), "a Graph without hidden causes"),  # type: ignore[arg-type]
    (lambda: is_member(Graph("a <-> b"), CPDAG("a -- b")), "a Graph without hidden causes"),
    (lambda: is_member("a", PAG("a")), "a Graph or a MAG"),  # type: ignore[arg-type]
    (lambda: markov_equivalent(Graph("a"), Graph("b")), "a, b stands in one only"),
    (lambda: markov_equivalent(Graph("a"), "a"), "a Graph or an equivalence class"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(CausalsimError, match=message) as caught:
        call()
    assert caught.value.hint


def test_membership() -> None:
    assert is_member(Graph("a -> b -> c"), MPDAG("a -> b -> c"))
    assert not is_member(Graph("a <- b -> c"), MPDAG("a -> b -> c"))
    assert not is_member(Graph("a -> b"), CPDAG("a -- b; b -- c"))
    assert is_member(Graph("a <-> b"), PAG("a o-o b"))
    assert is_member(MAG("a -> b"), PAG("a o-o b"))
    assert markov_equivalent(CPDAG("a -- b"), MAG("a <-> b"))
    assert markov_equivalent(Graph("a <- u -> b; u [latent]"), PAG("a o-o b"))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([CPDAG, MPDAG, MAG, PAG]),
    st.text(alphabet='abcd ->o<{};\n"[]#=,', max_size=40),
)
def test_garbage_is_a_class_or_a_clear_error(
    kind: type[CPDAG | MPDAG | MAG | PAG], text: str
) -> None:
    try:
        graph = kind(text)
    except CausalsimError:
        return
    assert kind(str(graph), nodes=graph.nodes) == graph
    assert set(graph.nodes) == set(parse_arrows(text).nodes)


@pytest.mark.parametrize("kind", [CPDAG, MPDAG, MAG, PAG])
@pytest.mark.parametrize("text", ["-" * 100_000, "a " * 50_000, "a -- b; " * 12_500])
def test_long_garbage_does_not_hang(kind: type[CPDAG | MPDAG | MAG | PAG], text: str) -> None:
    with pytest.raises(CausalsimError):
        kind(text)


def test_nothing_depends_on_the_hash_seed() -> None:
    program = """
from causalsim import Graph
from causalsim.graph.equivalence.adjustment import explain_adjustment, minimal_adjustment_set
from causalsim.graph.equivalence import *
from causalsim.graph.equivalence import cpdag_of, mag_of, members, pag_of, sample_members
graph = Graph("a -> b -> c <- d; a -> e -> c; e -> f; u -> a; u -> f; d -> g; g -> h -> i -> g2")
cpdag = cpdag_of(graph)
print(cpdag.to_dict(), [str(m) for m in members(cpdag, limit=9)])
print([str(m) for m in sample_members(cpdag, 5, seed=1)], minimal_adjustment_set(cpdag, "b", "c"))
hidden = Graph(graph.directed, latent=("u",), bidirected=[("b", "f"), ("h", "d")])
print(mag_of(hidden), pag_of(hidden), explain_adjustment(pag_of(hidden), "a", "c"))
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
