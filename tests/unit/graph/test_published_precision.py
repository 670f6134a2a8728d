"""Most precise, smallest and cheapest adjustment sets of published figures, by name.

2022a: Smucler, Sapienza and Rotnitzky, "Efficient adjustment sets in causal graphical models with
hidden variables" (Biometrika). 2022b: Smucler and Rotnitzky, "A note on efficient minimum cost
adjustment sets in causal graphical models" (Journal of Causal Inference). The figures and their
sets are those that the authors' own package, optimaladj, is tested with. The treatment may depend
on variables L there, which each of their sets holds: ``must``. Nodes that they do not measure are
latent.
"""

from dataclasses import dataclass

import pytest

from causalsim import Graph
from causalsim.graph.effects.adjustment import is_adjustment_set, minimal_adjustment_sets
from causalsim.graph.effects.optimal import (
    explain_optimality,
    minimum_adjustment_set,
    optimal_adjustment_set,
    optimal_minimal_adjustment_set,
)

EPIDEMIOLOGY = """
    coach -> {motivation fitness}; fitness -> {pregame fatigue}
    motivation -> {warmup previous}; pregame -> warmup -> intragame -> injury
    contact -> {previous intragame}; genetics -> {fitness fatigue disorder}
    disorder -> {fatigue weakness}; fatigue -> {intragame injury}; weakness -> injury
    {pregame intragame genetics weakness} [latent]
"""
COSTS = {"X": 1, "B": 2, "K": 4, "Q": 1, "R": 1, "T": 1}


@dataclass(frozen=True)
class Figure:
    """A figure: its graph, the question, and the sets that its paper gives."""

    text: str
    x: str
    y: str
    held: str
    minimal: str | None
    minimum: str | None


FIGURES = {
    "2022a, figure 1": Figure(
        EPIDEMIOLOGY, "warmup", "injury", "motivation previous",
        "motivation previous disorder fatigue", "motivation previous fitness",
    ),
    "2022a, figure 3": Figure(
        "T -> {A F}; F -> A -> M -> Y; U -> {F Y}; U [latent]", "A", "Y", "T", "T F", "T F"
    ),
    "2022a, figure 4": Figure(
        "A -> Y; T -> {W1 Y}; W1 -> A; W2 -> {W1 Y}; W3 -> {W1 Y}; W4 -> Y", "A", "Y", "T",
        "T W2 W3", "T W1",
    ),
    "2022a, figure 5": Figure(
        "A -> Y; Z1 -> {A Z2}; U -> {Z2 Y}; U [latent]", "A", "Y", "", "", ""
    ),
    "2022a, figure 6": Figure(
        "T -> A -> Y; U -> {Y F}; U [latent]", "A", "Y", "T", "T", "T"
    ),
    "2022b, figures 2 and 3": Figure(
        "{X K} -> A -> M -> Y; B -> {K R}; Q -> {K T}; {R T} -> Y; U -> {Y F}; U [latent]",
        "A", "Y", "X", "X T R", "X K",
    ),
    "no observable adjustment set": Figure(
        "A -> Y; U -> {A Y}; U [latent]", "A", "Y", "", None, None
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_smallest_sets_of_smucler_and_others(name: str) -> None:
    figure = FIGURES[name]
    question = Graph(figure.text), figure.x, figure.y, figure.held.split()
    minimal = optimal_minimal_adjustment_set(*question)
    minimum = minimum_adjustment_set(*question)
    for found, published in ((minimal, figure.minimal), (minimum, figure.minimum)):
        assert (found is None) == (published is None)
        assert set(found or ()) == set((published or "").split())


def test_cheapest_set_of_smucler_and_rotnitzky() -> None:
    graph = Graph(FIGURES["2022b, figures 2 and 3"].text)
    # {X, K} costs 5; {X, B, Q}, {X, B, T} and {X, R, Q} cost 3 or 4; {X, R, T} is the nearest to Y.
    assert set(minimum_adjustment_set(graph, "A", "Y", "X", costs=COSTS) or ()) == {"X", "T", "R"}
    assert set(minimum_adjustment_set(graph, "A", "Y", "X") or ()) == {"X", "K"}


def test_optimal_sets_of_smucler_and_others() -> None:
    graphs = {name: Graph(figure.text) for name, figure in FIGURES.items()}
    # Figure 3: the one way round M is by F, which opens the way by T.
    three = graphs["2022a, figure 3"]
    assert optimal_adjustment_set(three, "A", "Y") == ("T", "F")
    # Figure 4: the parents of Y.
    four = graphs["2022a, figure 4"]
    assert optimal_adjustment_set(four, "A", "Y") == ("T", "W2", "W3", "W4")
    # Figure 5: no set is the best in every model.
    five = explain_optimality(graphs["2022a, figure 5"], "A", "Y")
    assert (five.adjustment, five.everywhere, five.rivals) == ((), False, ("Z1",))
    # Figure 6: their condition is sufficient and says nothing; F helps in every model.
    assert optimal_adjustment_set(graphs["2022a, figure 6"], "A", "Y") == ("F",)
    # Figure 1 without the variables that the treatment depends on.
    one = graphs["2022a, figure 1"]
    assert set(optimal_adjustment_set(one, "warmup", "injury") or ()) == {
        "contact", "disorder", "fatigue",
    }  # fmt: skip


def test_peters_janzing_and_schoelkopf_figure_6_5() -> None:
    # Elements of Causal Inference (2017), example 6.38: K blocks the one back-door path; so does A.
    graph = Graph("C -> X -> {F D}; A -> {X K}; K -> Y; D -> {Y G}; Y -> H")
    assert set(minimal_adjustment_sets(graph, "X", "Y")) == {("A",), ("K",)}
    assert is_adjustment_set(graph, "X", "Y", ["F", "C", "K"])
    assert not is_adjustment_set(graph, "X", "Y", ["K", "G"])
    assert not is_adjustment_set(graph, "X", "Y", ["K", "H"])
    assert optimal_adjustment_set(graph, "X", "Y") == ("K",)


def test_too_many_ways_are_left_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph("x -> d -> w; x -> y; y <-> w")
    assert "was not decided" not in explain_optimality(graph, "x", "y").why
    monkeypatch.setattr("causalsim.graph.effects.hidden_optimum._MOST_WAYS", 0)
    found = explain_optimality(graph, "x", "y")
    assert "was not decided" in found.why
    assert not found.everywhere
    assert optimal_adjustment_set(graph, "x", "y") is None
