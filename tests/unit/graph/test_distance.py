"""Published distances, and what is no distance."""

import pytest

from causalsim import Graph
from causalsim.errors.base import CausalsimError
from causalsim.graph.distance import ancestor_aid, oset_aid, parent_aid, shd
from causalsim.graph.equivalence import CPDAG, PAG

#: Peters and Bühlmann (2015), figure 1: a graph and two guesses that are each one edge away.
TRUE = Graph("x1 -> x2; {x1 x2} -> {y1 y2 y3}")
MORE = Graph("x1 -> x2; {x1 x2} -> {y1 y2 y3}; y1 -> y2")
TURNED = Graph("x2 -> x1; {x1 x2} -> {y1 y2 y3}")


def test_figure_1_of_peters_and_buehlmann() -> None:
    assert shd(TRUE, MORE) == shd(TRUE, TURNED) == 1
    assert parent_aid(TRUE, MORE).mistakes == 0
    assert parent_aid(TRUE, TURNED).mistakes == 8
    assert parent_aid(TRUE, TURNED).share == 0.4
    assert str(parent_aid(TRUE, TURNED)) == "8 of 20 effects wrong"


def test_a_causal_order_is_enough_for_ancestors() -> None:
    full = Graph("a -> {b c d}; b -> {c d}; c -> d")
    chain = Graph("a -> b -> c -> d")
    assert ancestor_aid(chain, full).mistakes == 0
    assert ancestor_aid(chain, Graph("d -> c -> b -> a")).mistakes == 12


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        (Graph("a -> b"), Graph("b -> a"), 1),
        (Graph("a -> b"), Graph("a; b"), 1),
        (Graph("a -> b"), Graph("a -> b; a <-> b"), 1),
        (Graph("a <-> b"), Graph("b <-> a"), 0),
        (Graph("a -> b <-> c"), Graph("a <-> b -> c"), 2),
        (CPDAG("a -- b -- c"), CPDAG("a -> b <- c"), 2),
        (CPDAG("a -- b"), Graph("a -> b"), 1),
        (CPDAG("a -> b <- c"), Graph("a -> b <- c"), 0),
        (PAG("a o-o b"), CPDAG("a -- b"), 1),
        (Graph(), Graph(), 0),
    ],
)
def test_shd(one: Graph, other: Graph, distance: int) -> None:
    assert shd(one, other) == shd(other, one) == distance


def test_graphs_that_cannot_be_compared() -> None:
    with pytest.raises(CausalsimError, match="only the first has b; only the second has c"):
        shd(Graph("a -> b"), Graph("a -> c"))
    with pytest.raises(CausalsimError, match=r"guessed graph has hidden causes \(a <-> b\)"):
        parent_aid(Graph("a -> b"), Graph("a <-> b"))
    with pytest.raises(CausalsimError, match=r"true graph has hidden causes \(a\)"):
        oset_aid(Graph("a -> b", latent="a"), Graph("a -> b"))


def test_nothing_to_get_wrong() -> None:
    assert ancestor_aid(Graph("a"), Graph("a")).share == 0.0
