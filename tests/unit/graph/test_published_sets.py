"""Adjustment sets, front doors and instruments of published figures, by name."""

import numpy as np
import pytest

from causalsim import Graph
from causalsim.graph.effects.adjustment import (
    explain_adjustment,
    is_adjustment_set,
    minimal_adjustment_set,
    minimal_adjustment_sets,
)
from causalsim.graph.effects.frontdoor import (
    front_door_sets,
    maximal_front_door_set,
    minimal_front_door_set,
)
from causalsim.graph.effects.instruments import instruments, is_instrument
from causalsim.graph.effects.optimal import (
    explain_optimality,
    minimum_adjustment_set,
    optimal_adjustment_set,
    optimal_minimal_adjustment_set,
)
from tests.oracles.equivalence import subsets
from tests.oracles.linear_models import LinearModel

PEARL_BACK_DOOR = """
    x1 -> {x3 x4}; x2 -> {x4 x5}; x3 -> xi; x4 -> {xi xj}; x5 -> xj; xi -> x6 -> xj
"""
PRIMER_3_8 = "B -> {A Z}; C -> {Z D}; A -> X; Z -> {X Y}; D -> Y; X -> W -> Y"
M_BIAS = "u1 -> {x m}; u2 -> {m y}; x -> y"
BUTTERFLY = "u1 -> {x m}; u2 -> {m y}; m -> {x y}; x -> y"
SHRIER_PLATT = """
    coach -> {motivation fitness}
    genetics -> {fitness fatigue disorder}
    fitness -> {pregame fatigue}
    disorder -> {fatigue weakness}
    motivation -> {warmup previous}
    contact -> {previous intragame}
    pregame -> warmup -> intragame -> injury
    fatigue -> {intragame injury}
    weakness -> injury
"""
NAPKIN = "w1 -> w2 -> x -> y; w1 <-> x; w1 <-> y"

#: name, graph, x, y, every minimal adjustment set
MINIMAL = [
    (
        "Pearl, Causality, figure 3.4",
        PEARL_BACK_DOOR,
        "xi",
        "xj",
        ["x1 x4", "x2 x4", "x3 x4", "x4 x5"],
    ),
    ("Primer, study question 3.3.1", PRIMER_3_8, "X", "Y", ["B Z", "A Z", "Z C", "Z D"]),
    ("M-bias, Greenland, Pearl and Robins 1999", M_BIAS, "x", "y", [""]),
    ("butterfly bias, Ding and Miratrix 2015", BUTTERFLY, "x", "y", ["u1 m", "u2 m"]),
    ("Simpson's paradox with a confounder", "z -> x -> y <- z", "x", "y", ["z"]),
    ("Simpson's paradox with a mediator", "x -> z -> y <- x", "x", "y", [""]),
    ("bow", "x -> y; x <-> y", "x", "y", []),
    ("front door", "x -> m -> y; x <-> y", "x", "y", []),
    ("napkin", NAPKIN, "x", "y", []),
    ("two mediators of a joint treatment", "a -> b -> y; a <- c -> b", "a b", "y", [""]),
    ("treatment-confounder feedback", "a1 -> l -> a2 -> y; a1 -> y; l <- u -> y", "a1 a2", "y", []),
]


def sets(texts: list[str]) -> set[frozenset[str]]:
    return {frozenset(text.split()) for text in texts}


@pytest.mark.parametrize("name, text, x, y, expected", MINIMAL, ids=[row[0] for row in MINIMAL])
def test_every_minimal_adjustment_set(
    name: str, text: str, x: str, y: str, expected: list[str]
) -> None:
    graph = Graph(text)
    latent = [node for node in graph.nodes if node == "u"]
    graph = Graph(text, latent=latent)
    found = [frozenset(z) for z in minimal_adjustment_sets(graph, x.split(), y.split())]
    assert len(found) == len(set(found))
    assert set(found) == sets(expected)
    one = minimal_adjustment_set(graph, x.split(), y.split())
    assert (one is None) == (not expected)
    assert one is None or frozenset(one) in sets(expected)


def test_shrier_and_platt() -> None:
    graph = Graph(SHRIER_PLATT)
    every = {frozenset(z) for z in minimal_adjustment_sets(graph, "warmup", "injury")}
    # Shrier and Platt (2008): fatigue and weakness suffice; so do the other pairs, and no triple
    # that contains a sufficient pair is minimal. Previous injury alone or added opens a path.
    assert frozenset({"fatigue", "weakness"}) in every
    assert frozenset({"motivation", "fitness"}) in every
    assert frozenset({"motivation", "pregame"}) in every
    assert frozenset({"coach", "fitness"}) in every
    assert all("previous" not in z and "contact" not in z for z in every)
    assert all(is_adjustment_set(graph, "warmup", "injury", z) for z in every)
    assert not is_adjustment_set(graph, "warmup", "injury")
    verdict = explain_adjustment(graph, "warmup", "injury", ["pregame", "previous"])
    assert not verdict
    assert "held" in verdict.why
    assert optimal_adjustment_set(graph, "warmup", "injury") == ("fatigue", "weakness", "contact")
    assert optimal_minimal_adjustment_set(graph, "warmup", "injury") == ("fatigue", "weakness")


def test_m_bias_names_the_collider_that_adjustment_opens() -> None:
    verdict = explain_adjustment(Graph(M_BIAS), "x", "y", "m")
    assert str(verdict.path) == "x <- u1 -> m <- u2 -> y"
    assert "m is a collider, opened by being held" in verdict.why
    assert explain_adjustment(Graph(M_BIAS), "x", "y", ["m", "u1"]).valid


def test_a_mediator_is_never_offered() -> None:
    graph = Graph("z -> {x m}; x -> m -> y")
    assert list(minimal_adjustment_sets(graph, "x", "y")) == [("z",)]
    verdict = explain_adjustment(graph, "x", "y", "m")
    assert verdict.forbidden == ("m",)
    assert verdict.why == "m lies on the causal path x -> m -> y."


def test_a_descendant_of_the_treatment_off_the_causal_paths_may_be_adjusted_for() -> None:
    # Shpitser, VanderWeele and Robins (2010): the back-door criterion refuses it.
    assert is_adjustment_set(Graph("x -> z; x -> y"), "x", "y", "z")


def test_latent_nodes_are_not_adjusted_for() -> None:
    graph = Graph("x <- u -> y <- x; u -> w", latent="u")
    assert minimal_adjustment_set(graph, "x", "y") is None
    assert explain_adjustment(graph, "x", "y", "u").latent == ("u",)


OPTIMAL = [
    ("Pearl, Causality, figure 3.4", PEARL_BACK_DOOR, "xi", "xj", "x4 x5"),
    ("Primer, figure 3.8", PRIMER_3_8, "X", "Y", "Z D"),
    ("Henckel and others 2022: parents of causal nodes", "a -> x -> m -> y; b -> m; c -> y; a -> c",
     "x", "y", "c b"),
    ("M-bias", M_BIAS, "x", "y", "u2"),
]  # fmt: skip


@pytest.mark.parametrize("name, text, x, y, expected", OPTIMAL, ids=[row[0] for row in OPTIMAL])
def test_optimal_adjustment_set(name: str, text: str, x: str, y: str, expected: str) -> None:
    graph = Graph(text)
    assert set(optimal_adjustment_set(graph, x, y) or ()) == set(expected.split())


def test_hidden_variables_make_further_nodes_worth_adjusting_for() -> None:
    # Runge (2021), definition 3: w tells about y, and nothing about x given c.
    graph = Graph("x -> y; w <-> y; c -> x; c -> y")
    assert optimal_adjustment_set(graph, "x", "y") == ("w", "c")
    assert "w tells more about y and nothing about x" in explain_optimality(graph, "x", "y").why
    # ... and what w shares a hidden cause with, and what causes w, as soon as w is held.
    longer = Graph("x -> y; w <-> y; v <-> w; p -> v")
    assert optimal_adjustment_set(longer, "x", "y") == ("w", "v", "p")
    # A collider between the two keeps w from telling about x.
    collider = Graph("p <-> x -> y; p <-> w; w <-> y; c -> {x y}")
    assert optimal_adjustment_set(collider, "x", "y") == ("w", "c")
    observed = Graph("x -> y; c -> x; c -> y; h -> c", latent="h")
    assert optimal_adjustment_set(observed, "x", "y") == ("c",)


#: Graphs in which no set is the most precise in every model, and the nodes on which that turns:
#: w comes with a child d of the treatment, or with an instrument p, which cost precision.
NO_OPTIMUM = [
    ("x -> d -> w; x -> y; y <-> w", ["w"]),
    ("p -> x -> y; p <-> w; w <-> y", ["p"]),
    ("p -> x -> y; p <-> w; w <-> y; c -> {x y}", ["p"]),
    ("x -> y; x -> d -> e; w <-> y; w <-> e; c -> {x y}", ["e"]),
]


@pytest.mark.parametrize(("text", "rivals"), NO_OPTIMUM)
def test_hidden_variables_can_leave_no_optimal_set(text: str, rivals: list[str]) -> None:
    # Runge (2021), theorem 3; Smucler, Sapienza and Rotnitzky (2022), section 4.
    graph = Graph(text)
    verdict = explain_optimality(graph, "x", "y")
    assert optimal_adjustment_set(graph, "x", "y") is None
    assert (verdict.everywhere, list(verdict.rivals)) == (False, rivals)
    assert "depends on the model" in verdict.why
    # Indeed no valid set is the best in each of some random models.
    rng = np.random.default_rng(20260104)
    others = [node for node in graph.nodes if node not in ("x", "y")]
    valid = [z for z in subsets(others) if is_adjustment_set(graph, "x", "y", z)]
    best = set(valid)
    for _ in range(60):
        model = LinearModel(graph, rng, spread=1.0)
        variances = {z: model.variances("x", "y", z)[0, 0] for z in valid}
        least = min(variances.values())
        best = {z for z in best if variances[z] <= least * (1 + 1e-8)}
    assert not best


def test_costs_choose_among_minimum_sets_and_precision_breaks_ties() -> None:
    # After Smucler and Rotnitzky (2022): among equally cheap cuts the one nearest to y.
    graph = Graph("x <- a -> b -> c -> y <- x")
    assert minimum_adjustment_set(graph, "x", "y") == ("c",)
    assert minimum_adjustment_set(graph, "x", "y", costs={"c": 2}) == ("b",)
    assert minimum_adjustment_set(graph, "x", "y", costs={"c": 2, "b": 1.5}) == ("a",)
    assert minimum_adjustment_set(graph, "x", "y", costs={"a": 0.1, "b": 0.3, "c": 0.2}) == ("a",)


FRONT_DOORS = [
    ("Jeong, Tian and Bareinboim 2022, figure 1b; Wienöbst and others 2024",
     "X -> A -> {B C D}; {B C D} -> Y; X <-> Y; D <-> X", "X", "Y", "A B C", "A", 4),
    ("Pearl, Causality, figure 3.4; Wienöbst and others 2024", PEARL_BACK_DOOR, "xi", "xj",
     "x6", "x6", 1),
    ("Pearl 1995, smoking", "smoking -> tar -> cancer; smoking <-> cancer", "smoking", "cancer",
     "tar", "tar", 1),
    ("two in a row", "x -> a -> b -> y; x <-> y", "x", "y", "a b", "b", 3),
    ("parallel mediators", "x -> {a b}; {a b} -> y; x <-> y", "x", "y", "a b", "a b", 1),
    ("confounded mediator, repaired", "x -> m -> y; a -> {m y}; u -> {x y}", "x", "y", "m a",
     "m a", 1),
    ("direct effect left over", "x -> m -> y; x -> y; x <-> y", "x", "y", None, None, 0),
    ("confounded mediator", "x -> m -> y; x <-> m; x <-> y", "x", "y", None, None, 0),
    ("mediator and outcome share a hidden cause", "x -> m -> y; m <-> y", "x", "y", None, None, 0),
    ("a mediator struck out lets a late path pass",
     "x -> s -> y; v -> y; v <-> y; v <-> s; x <-> y", "x", "y", None, None, 0),
    ("no effect", "y -> x", "x", "y", "", "", 1),
]  # fmt: skip


@pytest.mark.parametrize(
    "name, text, x, y, largest, smallest, count", FRONT_DOORS, ids=[row[0] for row in FRONT_DOORS]
)
def test_front_door_sets(
    name: str, text: str, x: str, y: str, largest: str | None, smallest: str | None, count: int
) -> None:
    graph = Graph(text, latent=["u"] if "u ->" in text else [])
    found = maximal_front_door_set(graph, x, y)
    assert (None if found is None else set(found)) == (
        None if largest is None else set(largest.split())
    )
    least = minimal_front_door_set(graph, x, y)
    assert (None if least is None else set(least)) == (
        None if smallest is None else set(smallest.split())
    )
    assert len(list(front_door_sets(graph, x, y))) == count


def test_front_doors_of_jeong_and_others_with_a_node_that_must_be_in() -> None:
    # Figure 1b again, with I = {B} and R = {A, B, C, D}.
    graph = Graph("X -> A -> {B C D}; {B C D} -> Y; X <-> Y; D <-> X")
    found = front_door_sets(graph, "X", "Y", must="B", may=["A", "B", "C", "D"])
    assert {frozenset(z) for z in found} == sets(["A B", "A B C"])


INSTRUMENTS = [
    ("van der Zander, Textor and Liśkiewicz 2015, figure 1A", "z -> x -> y; u -> {x y}", ["z"]),
    ("van der Zander, Textor and Liśkiewicz 2015, figure 1B",
     "w -> z -> x -> y; w -> u -> {x y}", ["z | w"]),
    ("randomised encouragement, Balke and Pearl 1997", "z -> x -> y; x <-> y", ["z"]),
    ("proxy of an instrument", "z <- u -> x -> y; x <-> y", ["z"]),
    ("conditional instrument, Brito and Pearl 2002", "z -> x -> y; x <-> y; z <- w -> y",
     ["z | w"]),
    ("exclusion fails", "z -> x -> y; z -> y; x <-> y", []),
    ("instrument shares a cause with the outcome", "z -> x -> y; z <-> y; x <-> y", []),
    ("a child of the treatment is none", "x -> {c y}; x <-> y; w <-> c; w <-> y", []),
]  # fmt: skip


@pytest.mark.parametrize("name, text, expected", INSTRUMENTS, ids=[row[0] for row in INSTRUMENTS])
def test_instruments(name: str, text: str, expected: list[str]) -> None:
    graph = Graph(text, latent=["u"] if "u ->" in text else [])
    assert [str(found) for found in instruments(graph, "x", "y")] == expected


def test_a_measured_confounder_makes_an_instrument_conditional() -> None:
    # van der Zander, Textor and Liśkiewicz (2015), figure 1B with u measured: w is one as well.
    found = instruments(Graph("w -> z -> x -> y; w -> u -> {x y}"), "x", "y")
    assert [str(one) for one in found] == ["w | u", "z | u"]


def test_a_mediator_is_no_instrument() -> None:
    assert not is_instrument(Graph("x -> m -> y; x <-> y"), "x", "y", "m")
