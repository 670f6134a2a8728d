"""Wright's rule, single doors, instruments and half-treks: published figures, and misuse."""

from typing import Any

import numpy as np
import pytest

from causalsim.errors.base import CausalsimError
from causalsim.errors.identification import LinearError
from causalsim.graph.graph import Graph
from causalsim.identification.linear.half_trek import Verdict, half_treks
from causalsim.identification.linear.linear_effects import (
    ByHalfTreks,
    InstrumentRatio,
    NoLinearEffect,
    Regression,
    UnidentifiedCoefficient,
    identify_coefficient,
    is_conditional_instrument,
    single_door,
    total_effect,
)
from causalsim.identification.linear.linear_model import Covariance, LinearModel
from causalsim.identification.linear.treks import Polynomial, covariance_polynomial, treks

YES, NO, OPEN = Verdict.IDENTIFIED, Verdict.INFINITE_TO_ONE, Verdict.INCONCLUSIVE

#: Foygel, Draisma and Drton (2012), the acyclic graphs of figures 3 to 5 and 9, and their verdicts.
FIGURES: dict[str, tuple[str, Verdict]] = {
    "figure 3a": ("1->2->3->4->5; 1<->3; 1<->4; 2<->4; 2<->5", YES),
    "figure 3b": ("1->2; 1->5; 2->3; 2->4; 3->5; 1<->3; 1<->4; 1<->5", YES),
    "figure 3c": ("1->2; 1->3; 1->4; 4->5; 1<->2; 1<->3; 1<->4; 1<->5", OPEN),
    "figure 4a": (
        "1->2; 1->3; 1->4; 1->5; 2->3; 2->4; 3->4; 3->5; 2<->3; 2<->5", NO,
    ),
    "figure 4b": ("1->2; 1->3; 1->4; 1->5; 2->3; 4->5; 1<->2; 1<->3; 1<->4; 1<->5", OPEN),
    "figure 5a": (
        "1->2; 1->3; 1->4; 1->5; 2->5; 3->5; 4->5; 1<->2; 1<->3; 1<->4", OPEN,
    ),
    "figure 5b": (
        "1->2; 1->4; 1->5; 2->3; 2->5; 3->4; 1<->2; 1<->3; 1<->5; 2<->4", OPEN,
    ),
    "figure 9a": ("1->2; 1->3; 2->3; 2->4; 2->5; 3->4; 4->5; 1<->4; 2<->3; 2<->5", OPEN),
    "bow": ("1->2; 1<->2", NO),
    "instrument": ("1->2->3; 2<->3", YES),
}  # fmt: skip


def graph_of(source: str) -> Graph:
    return Graph(source.replace("->", " -> ").replace("< ->", " <->"), nodes=[*"12345"])


@pytest.mark.parametrize("name", FIGURES)
def test_verdict_of_the_paper(name: str) -> None:
    source, verdict = FIGURES[name]
    assert half_treks(graph_of(source), decompose=False).verdict is verdict


def test_decomposition_decides_figure_9a() -> None:
    """Section 8: the graph of figure 9a is identified once its districts are looked at apart."""
    graph = graph_of(FIGURES["figure 9a"][0])
    found = half_treks(graph)
    assert found.verdict is YES
    model = LinearModel.draw(graph, 2)
    values = found.coefficients(model.covariance())
    assert values == pytest.approx(dict(model.of_arrows()), abs=1e-8)


@pytest.mark.parametrize("name", [name for name, (_, verdict) in FIGURES.items() if verdict is YES])
@pytest.mark.parametrize("decompose", [True, False])
def test_coefficients_are_recovered(name: str, decompose: bool) -> None:
    graph = graph_of(FIGURES[name][0])
    for seed in range(3):
        model = LinearModel.draw(graph, seed)
        values = half_treks(graph, decompose).coefficients(model.covariance())
        assert values == pytest.approx(dict(model.of_arrows()), abs=1e-6)


def test_instrument_equation() -> None:
    (step,) = [s for s in half_treks(Graph("z -> x -> y; x <-> y"), False).steps if s.node == "y"]
    assert str(step) == "σ(z,y) = λ(x,y) σ(z,x)"


def test_wright_on_four_standardised_variables() -> None:
    """The rule of 1921: sum over paths without colliders of the product of their coefficients."""
    graph = Graph("a -> b -> d; a -> c -> d; a <-> c")
    names = [str(trek) for trek in treks(graph, "b", "d", simple=True)]
    assert sorted(names) == sorted(["b -> d", "b <- a -> c -> d", "b <- a <-> c -> d"])


def test_polynomial_counts_and_prints() -> None:
    graph = Graph("a -> b; a -> c")
    assert str(covariance_polynomial(graph, "b", "b")) == "ω(b) + ω(a) λ(a,b)^2"
    assert str(covariance_polynomial(Graph("a; b", nodes=["a", "b"]), "a", "b")) == "0"
    shared = covariance_polynomial(Graph("a -> c; b -> c; a <-> b"), "c", "c")
    assert "2 ω(a,b) λ(a,c) λ(b,c)" in str(shared)


ANSWERS: dict[str, tuple[str, type, str]] = {
    "confounder measured": ("z -> x -> y; z -> y", Regression, "β(y, x · z)"),
    "nothing to hold": ("x -> y", Regression, "β(y, x)"),
    "a mediator is held too": ("x -> m -> y; x -> y", Regression, "β(y, x · m)"),
    "instrument": ("z -> x -> y; x <-> y", InstrumentRatio, "σ(z, y) / σ(z, x)"),
    "conditional instrument": (
        "w -> z -> x -> y; w -> y; x <-> y; w -> x", InstrumentRatio, "σ(z, y · w) / σ(z, x · w)",
    ),
    "bow": ("x -> y; x <-> y", UnidentifiedCoefficient, ""),
    "latent way round": ("x -> y; x -> u -> y; u [latent]", UnidentifiedCoefficient, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_coefficient(name: str) -> None:
    source, kind, formula = ANSWERS[name]
    graph = Graph(source)
    answer = identify_coefficient(graph, "x", "y")
    assert isinstance(answer, kind)
    if not isinstance(answer, UnidentifiedCoefficient):
        assert str(answer) == formula
        model = LinearModel.draw(graph, 4)
        assert answer.evaluate(model.covariance()) == pytest.approx(model.coefficient("x", "y"))
    else:
        assert answer.proven


def test_two_instruments_at_once_need_half_treks() -> None:
    """Brito and Pearl's generalized instruments: neither z1 nor z2 alone will do."""
    graph = Graph("z1 -> x1 -> y; z2 -> x2 -> y; z1 -> x2; z2 -> x1; x1 <-> y; x2 <-> y")
    answer = identify_coefficient(graph, "x1", "y")
    assert isinstance(answer, ByHalfTreks)
    model = LinearModel.draw(graph, 1)
    assert answer.evaluate(model.covariance()) == pytest.approx(model.coefficient("x1", "y"))


TOTALS: dict[str, tuple[str, type]] = {
    "back door": ("z -> x -> m -> y; z -> y", Regression),
    "front door": ("x -> m -> y; x <-> y", ByHalfTreks),
    "instrument": ("z -> x -> m -> y; x <-> y; x -> y", InstrumentRatio),
    "no path": ("y -> x; z -> y", NoLinearEffect),
}


@pytest.mark.parametrize("name", TOTALS)
def test_total_effect(name: str) -> None:
    source, kind = TOTALS[name]
    graph = Graph(source)
    answer = total_effect(graph, "x", "y")
    assert isinstance(answer, kind)
    assert not isinstance(answer, UnidentifiedCoefficient)
    model = LinearModel.draw(graph, 4)
    x, y = graph.indices(["x", "y"])
    assert answer.evaluate(model.covariance()) == pytest.approx(model.effects()[x, y], abs=1e-9)


def test_unidentified_total_effect_says_where() -> None:
    answer = total_effect(Graph("x -> m -> y; x <-> m; m <-> y; x <-> y"), "x", "y")
    assert isinstance(answer, UnidentifiedCoefficient)
    assert answer.proven
    assert "the district of m, y" in answer.why


def test_descendant_of_the_effect_is_no_instrument() -> None:
    assert not is_conditional_instrument(Graph("z -> x -> y; x <-> y; y -> w"), "x", "y", "w")
    assert not is_conditional_instrument(Graph("z -> x -> y; x <-> y; y -> w"), "x", "y", "z", "w")


def test_latent_nodes_are_projected_out() -> None:
    graph = Graph("u -> x -> y; u -> y; z -> x; u [latent]")
    model = LinearModel.draw(graph, 3)
    found = half_treks(graph).coefficients(model.covariance())
    assert found["x", "y"] == pytest.approx(model.coefficient("x", "y"))


BAD: dict[str, Any] = {
    "not square": lambda: Covariance(["x", "y"], [[1.0, 0.0]]),
    "not symmetric": lambda: Covariance(["x", "y"], [[1.0, 0.5], [0.0, 1.0]]),
    "not positive": lambda: Covariance(["x", "y"], [[1.0, 2.0], [2.0, 1.0]]),
    "not finite": lambda: Covariance(["x"], [[np.nan]]),
    "no numbers": lambda: Covariance(["x"], [["a"]]),
    "a name twice": lambda: Covariance(["x", "x"], np.eye(2)),
    "unknown": lambda: Covariance(["x"], [[1.0]]).of("x", "y"),
    "no arrow": lambda: single_door(Graph("x -> m -> y"), "x", "y"),
    "latent": lambda: identify_coefficient(Graph("x -> y; x [latent]"), "x", "y"),
    "no node": lambda: total_effect(Graph("x -> y"), "x", "w"),
    "no value": lambda: Polynomial(((("ω(x)",), 1),)).evaluate({}),
    "too many treks": lambda: covariance_polynomial(
        Graph("a -> b; a -> c -> b"), "b", "b", limit=2
    ),
    "unknown trek": lambda: list(treks(Graph("a -> b"), "a", "z")),
    "an instrument without strength": lambda: half_treks(
        Graph("z -> x -> y; x <-> y")
    ).coefficients(Covariance(["z", "x", "y"], np.eye(3))),
    "a covariance that lacks a node": lambda: half_treks(Graph("x -> y")).coefficients(
        Covariance(["x"], [[1.0]])
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_misuse_is_explained(name: str) -> None:
    with pytest.raises(CausalsimError) as caught:
        BAD[name]()
    assert "Hint:" in str(caught.value)


def test_instrument_of_no_strength_is_a_linear_error() -> None:
    with pytest.raises(LinearError, match="singular"):
        BAD["an instrument without strength"]()
