"""Adjustment in classes of graphs: published figures, explanations and misuse."""

from collections.abc import Callable

import pytest

from causalsim import Graph
from causalsim.errors import CausalsimError
from causalsim.graph.equivalence import CPDAG, MAG, MPDAG, PAG, visible_edges
from causalsim.graph.equivalence import adjustment as class_adjustment
from causalsim.graph.equivalence.adjustment import (
    explain_adjustment,
    is_adjustment_set,
    minimal_adjustment_set,
    minimal_adjustment_sets,
    optimal_adjustment_set,
)
from causalsim.graph.equivalence.separation import separated_in_class

# Perković, Textor, Kalisch and Maathuis (JMLR 2018), figures of examples 2, 3, 4 and 8, and
# Perković, Kalisch and Maathuis (UAI 2017), example 4.7, in the numbering of their figures.
EXAMPLE_2 = CPDAG(
    "v1 -- v2; v2 -- v4; v2 -- v5; v4 -- v5; v1 -> x; v2 -> x; v4 -> x; x -> y; v4 -> y; v5 -> y"
)
EXAMPLE_3A = PAG("v1 o-o x; x o-o v2; x o-o y; v2 o-o y")
EXAMPLE_3B = MAG("x -> v1; x -> v2; x -> y; v2 -> y")
EXAMPLE_3C = MAG("v1 -> x; x -> v2; x -> y; v2 -> y")
# Listed elsewhere with v4 o-> y; all 24 equivalent MAGs show that the edge has two circles.
EXAMPLE_4A = PAG("v1 o-> x; v2 o-> x; v3 o-> x; x -> y; x -> v4; v4 o-o y; v3 -> y; v3 -> v4")
EXAMPLE_4B = PAG("v1 o-> x; v2 o-> x; x <-> v3; x -> v4; v4 -> y; v3 -> y; v3 <-> v4")
EXAMPLE_8A = CPDAG("x1 -- v1; v1 -> v2; v2 -> x2; y -> v2")
EXAMPLE_8B = PAG("v1 o-> x1; v2 o-> x1; x1 -> v3; x1 -> y; v3 -> v4; y <-> v4; v4 -> x2")
EXAMPLE_47A = MPDAG("v1 -- x; x -- v2; x -- y; v2 -- y")
EXAMPLE_47B = MPDAG("v1 -> x; x -> v2; x -> y; v2 -- y")
EXAMPLE_47C = MPDAG("x -> v1; x -- v2; v2 -- y; y -> x")

VERDICTS = [
    *[
        (EXAMPLE_2, "x", "y", z, True)
        for z in ("v2 v4", "v4 v5", "v1 v2 v4", "v1 v4 v5", "v2 v4 v5", "v1 v2 v4 v5")
    ],
    (EXAMPLE_2, "x", "y", "v2", False),
    (EXAMPLE_2, "x", "y", "", False),
    (EXAMPLE_3A, "x", "y", "", False),
    (EXAMPLE_3B, "x", "y", "", False),
    (EXAMPLE_3C, "x", "y", "", True),
    *[(EXAMPLE_4A, "x", "y", z, True) for z in ("v3", "v1 v3", "v2 v3", "v1 v2 v3")],
    *[(EXAMPLE_4B, "x", "y", z, False) for z in ("", "v3", "v3 v4")],
    (EXAMPLE_8A, "x1 x2", "y", "v1 v2", True),
    (EXAMPLE_8A, "x1 x2", "y", "v1", False),
    *[
        (EXAMPLE_8B, "x1 x2", "y", z, True)
        for z in ("v3 v4", "v1 v3 v4", "v2 v3 v4", "v1 v2 v3 v4")
    ],
    (EXAMPLE_8B, "x1 x2", "y", "", False),
    (EXAMPLE_47A, "x", "y", "", False),
    (EXAMPLE_47B, "x", "y", "", True),
    (EXAMPLE_47C, "x", "y", "", False),
]


@pytest.mark.parametrize(("graph", "x", "y", "z", "valid"), VERDICTS)
def test_perkovic_examples(
    graph: CPDAG | MPDAG | MAG | PAG, x: str, y: str, z: str, valid: bool
) -> None:
    assert is_adjustment_set(graph, x.split(), y.split(), z.split()) == valid
    assert bool(explain_adjustment(graph, x.split(), y.split(), z.split())) == valid


@pytest.mark.parametrize(
    ("graph", "x", "found"),
    [
        (EXAMPLE_2, "x", ("v2", "v4")),
        (EXAMPLE_3A, "x", None),
        (EXAMPLE_3B, "x", None),
        (EXAMPLE_3C, "x", ()),
        (EXAMPLE_4A, "x", ("v3",)),
        (EXAMPLE_4B, "x", None),
        (EXAMPLE_8A, "x1 x2", ("v1", "v2")),
        (EXAMPLE_8B, "x1 x2", ("v3", "v4")),
        (EXAMPLE_47A, "x", None),
        (EXAMPLE_47B, "x", ()),
        (EXAMPLE_47C, "x", None),
    ],
)
def test_minimal_sets_of_perkovic_examples(
    graph: CPDAG | MPDAG | MAG | PAG, x: str, found: tuple[str, ...] | None
) -> None:
    assert minimal_adjustment_set(graph, x.split(), "y") == found
    assert (next(minimal_adjustment_sets(graph, x.split(), "y"), None) is None) == (found is None)


@pytest.mark.parametrize(
    ("graph", "x", "z", "why"),
    [
        (
            EXAMPLE_3A,
            "x",
            (),
            "No set is valid: the path x o-o v2 o-o y is causal in some members of the class and "
            "not in others.",
        ),
        (
            EXAMPLE_3B,
            "x",
            (),
            "No set is valid: x -> v2 on the path x -> v2 -> y may hide a common cause: it is not "
            "visible.",
        ),
        (EXAMPLE_4A, "x", ("v4",), "v4 lies on the path x -> v4 o-o y, which may be causal."),
        (
            CPDAG("a -> x; b -> x; x -> y; y -> d; d -> e"),
            "x",
            ("e",),
            "e may be a descendant of y (y -> d -> e), which lies on the path x -> y, which may be "
            "causal.",
        ),
        (
            CPDAG("a -> x; b -> x; x -> y; a -- u; u -> y; b -> y"),
            "x",
            ("b",),
            "In one member of the class, x <- a -> u -> y is open",
        ),
        (
            EXAMPLE_47B,
            "x",
            (),
            "In every member, every proper path that is not causal is blocked by the empty set, "
            "and no causal one is.",
        ),
    ],
)
def test_explanations(
    graph: CPDAG | MPDAG | MAG | PAG, x: str, z: tuple[str, ...], why: str
) -> None:
    verdict = explain_adjustment(graph, x, "y", z)
    assert str(verdict).startswith(why)
    assert verdict.valid == why.startswith("In every")


def test_what_spoils_is_told_in_its_own_field() -> None:
    edge = explain_adjustment(EXAMPLE_3A, "x", "y").edge
    assert edge is not None
    assert str(edge) == "x o-o v2"
    assert explain_adjustment(EXAMPLE_4A, "x", "y", "v4").forbidden == ("v4",)
    assert explain_adjustment(EXAMPLE_4A, "x", "y").path is not None


def test_equal_classes_in_another_order_do_not_share_answers() -> None:
    text = "w -> x; u -> x; u -> y; x -> y; v -> y"
    first = CPDAG(text)
    second = CPDAG(text, nodes=["y", "v", "u", "x", "w"])
    assert first == second
    for graph in (first, second):
        assert is_adjustment_set(graph, "x", "y", "u")
        assert not is_adjustment_set(graph, "x", "y", "v")
        assert minimal_adjustment_set(graph, "x", "y") == ("u",)
    assert optimal_adjustment_set(first, "x", "y") == ("u", "v")
    assert optimal_adjustment_set(second, "x", "y") == ("v", "u")


# Henckel, Perković and Maathuis (2022), definition 3.12, on the CPDAG of example 2: the parents of
# the causal node y without x.
def test_optimal_set_of_a_cpdag() -> None:
    assert optimal_adjustment_set(EXAMPLE_2, "x", "y") == ("v4", "v5")
    assert optimal_adjustment_set(EXAMPLE_47A, "x", "y") is None
    assert optimal_adjustment_set(EXAMPLE_47B, "x", "y") == ()


# Zhang (JMLR 2008), definition 8: an edge into the tail, or a path of colliders that are parents.
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a -> b", ()),
        ("c -> a -> b", (("a", "b"),)),
        ("c <-> a -> b", (("a", "b"),)),
        ("c -> a -> b; c -> b", ()),
        ("d -> c; c <-> a; a -> b; c -> b", (("c", "b"), ("a", "b"))),
    ],
)
def test_visible_edges(text: str, shown: tuple[tuple[str, str], ...]) -> None:
    assert set(visible_edges(MAG(text))) == set(shown)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: is_adjustment_set(EXAMPLE_2, "x", "z"), "no node 'z'"),
        (lambda: is_adjustment_set(EXAMPLE_2, "x", "x"), "stands both in x and in y"),
        (lambda: is_adjustment_set(EXAMPLE_2, "x", "y", "x"), "stands both in x and in z"),
        (lambda: is_adjustment_set(EXAMPLE_2, (), "y"), "No node was given as x"),
        (lambda: explain_adjustment(EXAMPLE_2, "x", ["y"], ["y"]), "stands both in y and in z"),
        (lambda: minimal_adjustment_set(EXAMPLE_2, "x", "y", must="q"), "no node 'q'"),
        (lambda: minimal_adjustment_set(EXAMPLE_2, "x", "y", must="x"), "stands both in x and"),
        (lambda: minimal_adjustment_set(EXAMPLE_3A, "x", "y", may="q"), "no node 'q'"),
        (lambda: minimal_adjustment_set(EXAMPLE_2, "x", "y", must="v1", may="v2"), "v1"),
        (lambda: optimal_adjustment_set(EXAMPLE_4A, "x", "y"), "A PAG allows hidden causes"),
        (lambda: is_adjustment_set(MAG("x -- a; x -> y"), "x", "y"), "not defined under selection"),
        (lambda: is_adjustment_set(Graph("x -> y"), "x", "y"), "is for a CPDAG, MPDAG, MAG or PAG"),
        (lambda: class_adjustment.forbidden("x -> y", "x", "y"), "found str"),
        (lambda: separated_in_class(EXAMPLE_2, "x", "x"), "stands both in x and in y"),
        (lambda: separated_in_class(EXAMPLE_2, "x", "y", "q"), "no node 'q'"),
        (lambda: separated_in_class(Graph("x -> y"), "x", "y"), "found Graph"),
    ],
)
def test_misuse(call: Callable[[], object], message: str) -> None:
    with pytest.raises(CausalsimError, match=message) as caught:
        call()
    assert caught.value.hint
