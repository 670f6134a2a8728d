"""Questions to a model: which engine answers, how it is told, and every misuse."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from causalsim import Graph, Query
from causalsim.errors.base import CausalsimError
from causalsim.estimand import contrasts, path_specific_effect
from causalsim.estimand.events import Counterfactual, Event, Expectation, Probability
from causalsim.scm import SCM, Policy, Shift, frequencies, linear, logistic
from causalsim.scm.asking import (
    counterfactual_fairness,
    dose_response,
    individual_effects,
    world_means,
)


def mediated() -> SCM:
    return SCM(
        Graph("x -> m -> y <- x"),
        {"x": linear({}), "m": linear({"x": 0.5}), "y": linear({"x": 0.7, "m": 0.4})},
    )


def clinic() -> SCM:
    """A continuous severity behind a binary treatment and outcome."""
    return SCM(
        Graph("severity -> drug -> death <- severity"),
        {
            "severity": linear({}),
            "drug": logistic({"severity": 1.0}),
            "death": logistic({"severity": 1.0, "drug": -1.0}),
        },
    )


def quadrature(function: Callable[[np.ndarray], np.ndarray]) -> float:
    """The mean of a function of a standard Normal variable."""
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    return float((weights * function(points)).sum() / weights.sum())


def logit(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_means_of_linear_models_are_exact_under_any_evidence() -> None:
    model = mediated()
    answer = model.answer("E[y(x=1, m(x=0)) - y(x=0)]")
    assert answer.exact
    assert answer.value == pytest.approx(0.7)
    assert answer.error == 0.0
    # Var(y) = (0.7 + 0.2)^2 + 0.4^2 + 1, Cov(x, y) = 0.9: so E[x | y] = 0.9 y / 1.97.
    found = model.answer("E[x | y=2]")
    assert found.value == pytest.approx(1.8 / 1.97)
    # y(x=0) = 0.4 u_m + u_y is y - 0.9 x.
    assert model.answer("E[y(x=0) | y=2]").value == pytest.approx(2 - 0.9 * 1.8 / 1.97)
    assert "Gaussian conditioning" in found.why
    # Noise of another size and mean: E[a | b] = 1 + 4 (b - 3) / (4 + 9) where b = a + 2 + U.
    parts = {"a": linear({}, intercept=1.0, scale=2.0)}
    parts["b"] = linear({"a": 1.0}, intercept=2.0, scale=3.0)
    other = SCM(Graph("a -> b"), parts)
    assert other.answer("E[a | b=7]").value == pytest.approx(1 + 4 * 4 / 13)
    with pytest.raises(CausalsimError, match="probability zero"):
        model.answer("E[y | x=1, m=1, y=2, m(x=1)=3]")


def test_a_continuous_condition_and_discrete_events_are_drawn_with_their_error() -> None:
    model = clinic()
    answer = model.answer("P(death(drug=1)=1)", draws=40_000, seed=1)
    truth = quadrature(lambda z: logit(z - 1))
    assert not answer.exact
    assert abs(answer.value - truth) < 4 * answer.error
    assert 0.0 < answer.error < 0.003
    assert "draws of all noises" in answer.why
    # Of those who took it and died: would they have died without it? For certain: it only helps.
    sure = model.answer("P(death(drug=0)=1 | drug=1, death=1)", draws=2000, seed=1)
    assert sure.value == 1.0
    assert not sure.exact
    assert 0 < sure.error < 0.01
    half = model.answer("P(death(drug=1)=0 | drug=0, death=1)", draws=20_000, seed=1)
    top = quadrature(lambda z: (1 - logit(z)) * (logit(z) - logit(z - 1)))
    bottom = quadrature(lambda z: (1 - logit(z)) * logit(z))
    assert abs(half.value - top / bottom) < 4 * half.error


def test_shared_draws_make_contrasts_precise() -> None:
    model = clinic()
    one = model.answer("P(death(drug=1)=1)", draws=20_000, seed=1)
    contrast = model.answer("P(death(drug=1)=1) - P(death(drug=0)=1)", draws=20_000, seed=1)
    truth = quadrature(lambda z: logit(z - 1) - logit(z))
    assert abs(contrast.value - truth) < 4 * contrast.error
    assert contrast.error < 1.1 * one.error


def test_a_free_continuous_outcome_is_its_mean() -> None:
    answer = mediated().answer(Query("y", do={"x": 2.0}))
    assert answer.value == pytest.approx(1.8)


def test_a_table_has_an_axis_for_everything_left_free() -> None:
    model = SCM(
        Graph("z -> y <- x"),
        {
            "z": frequencies({0: 0.4, 1: 0.6}),
            "x": frequencies({0: 0.3, 1: 0.7}),
            "y": logistic({"x": 1.0, "z": -2.0}),
        },
    )
    answer = model.answer(Query("y", do="x", given="z"))
    assert answer.axes == ("y", "x", "z")
    assert answer.table.levels == ((0, 1), (0, 1), (0, 1))
    expected = [[float(logit(np.array(x - 2.0 * z))) for z in (0, 1)] for x in (0, 1)]
    assert np.allclose(answer.values[1], expected)
    assert np.allclose(answer.values.sum(axis=0), 1.0)
    with pytest.raises(CausalsimError, match="a table over y, x, z"):
        float(answer)
    assert str(answer) == "P(y | do(x), z) = a table of 2 x 2 x 2 over y, x, z (exact)"


def test_an_answer_tells_itself_and_fits_in_json() -> None:
    model = SCM(Graph("x -> y"), {"x": frequencies({0: 0.5, 1: 0.5}), "y": logistic({"x": 1.0})})
    answer = model.answer(contrasts.probability_of_necessity("y", "x"))
    told = json.loads(json.dumps(answer.to_dict()))
    assert told["exact"] is True
    assert told["couplings"]["y"].startswith("threshold")
    assert "the probability that y would be 0 if x were 0" in answer.why
    assert "Assumed for y, beyond what data can tell: threshold" in answer.why
    assert "exact contraction" in answer._repr_html_()
    low, high = answer.interval()
    assert low == high == answer.value


def test_path_specific_effects_of_two_mediators() -> None:
    model = SCM(
        Graph("x -> a -> b -> y; x -> b; a -> y; x -> y"),
        {
            "x": linear({}),
            "a": linear({"x": 2.0}),
            "b": linear({"a": 3.0, "x": 5.0}),
            "y": linear({"a": 7.0, "b": 11.0, "x": 13.0}),
        },
    )
    printed = {"x -> y": 13, "x -> a -> y": 14, "x -> b -> y": 55, "x -> a -> b -> y": 66}
    for path, effect in printed.items():
        question = path_specific_effect(model.graph, "y", "x", along=path)
        assert model.answer(question).value == pytest.approx(effect), path


def test_values_of_policies_and_shifts() -> None:
    model = mediated()
    found = world_means(
        model,
        {"as is": {}, "shift": {"x": Shift(1.0)}, "cap": {"x": Policy(lambda x: x.clamp(max=0.0))}},
        "y",
        units=20_000,
        seed=1,
    )
    assert found.contrast("shift", "as is") == pytest.approx((0.9, 0.0), abs=1e-9)
    value, error = found.contrast("cap", "as is")
    assert abs(value + 0.9 / (2 * np.pi) ** 0.5) < 4 * error
    assert 0 < error < found.errors[0]
    assert "mean of y in as is" in str(found)
    assert "<table>" in found._repr_html_()


def test_a_dose_response_curve_of_new_units_and_of_a_frame() -> None:
    model = mediated()
    curve = dose_response(model, "x", np.linspace(0, 2, 5), "y", units=1000, seed=1)
    assert curve.places.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert np.allclose(np.diff(curve.means), 0.45)
    rows = model.sample(50, seed=2)
    same = model.dose_response("x", [0.0, 1.0], "y", rows)
    own = rows["y"] - 0.9 * rows["x"]
    assert same["x=0.0"] == pytest.approx(own.mean())
    assert same.units == 50


def test_individual_effects_are_those_of_the_very_unit() -> None:
    model = mediated()
    rows = model.sample(4, seed=1)
    assert individual_effects(model, rows, "y", "x").mean() == pytest.approx([0.9] * 4)


def test_fairness_of_predictors_and_of_decisions() -> None:
    model = SCM(
        Graph("group -> income <- skill; income -> loan; skill -> loan"),
        {
            "group": frequencies({0: 0.5, 1: 0.5}),
            "skill": linear({}),
            "income": linear({"group": 1.0, "skill": 2.0}),
            "loan": logistic({"income": 1.0, "skill": 0.5}),
        },
    )
    people = model.sample(20, seed=1)
    unfair = counterfactual_fairness(model, people, lambda rows: rows["income"], "group")
    assert unfair.gaps == pytest.approx(np.ones(20))
    assert not unfair.fair()
    assert "not counterfactually fair to group" in str(unfair)
    fair = counterfactual_fairness(
        model, people, lambda rows: rows["income"] - rows["group"], "group"
    )
    assert fair.fair(1e-9)
    assert fair.to_dict()["greatest"] == pytest.approx(0.0, abs=1e-9)
    decided = counterfactual_fairness(model, people, "loan", "group", draws=200, seed=1)
    assert (decided.decisions[1] >= decided.decisions[0]).all()
    assert 0.0 < decided.gaps.max() < 1.0


MISUSES: dict[str, tuple[Callable[[], Any], str]] = {
    "a number": (lambda: mediated().answer(3), "which is no question"),
    "text that is no question": (lambda: mediated().answer("y if x"), "expected P(…) or E[…]"),
    "an unknown variable": (lambda: mediated().answer("E[z(x=1)]"), "no variable 'z'"),
    "an unknown target": (lambda: mediated().answer("E[y(z=1)]"), "no variable 'z'"),
    "an unknown condition": (lambda: mediated().answer("E[y | z=1]"), "no variable 'z'"),
    "one value of a continuous variable": (
        lambda: mediated().answer("P(y=1 | do(x=1))"),
        "is continuous, so the probability",
    ),
    "a table over a continuous cause": (
        lambda: mediated().answer(Query("y", do="x")),
        "no table over its values",
    ),
    "a table over continuous variables": (
        lambda: mediated().answer(Probability([Event("y"), Event("m")])),
        "no table over its values",
    ),
    "a level that is none": (lambda: clinic().answer("P(death(drug=2)=1)"), "cannot be 2"),
    "an event that is none": (lambda: clinic().answer("P(death(drug=1)=3)"), "cannot be 3"),
    "evidence that contradicts itself": (
        lambda: clinic().answer("P(death=1 | drug=1, drug(severity=0)=1, drug(drug=0)=1)"),
        "probability zero",
    ),
    "evidence against what is done": (
        lambda: clinic().answer("P(death(drug=1)=1 | drug(drug=1)=0)"),
        "probability zero",
    ),
    "impossible evidence that nothing asked rests on": (
        lambda: SCM(
            Graph("x -> y <- z"),
            {"x": frequencies({0: 0.0, 1: 1.0}), "z": linear({}), "y": logistic({"x": 1, "z": 1})},
        ).answer("P(y(x=1)=1 | x=0)"),
        "probability zero",
    ),
    "impossible evidence over levels": (
        lambda: SCM(
            Graph("x -> y"), {"x": frequencies({0: 1.0, 1: 0.0}), "y": logistic({"x": 1})}
        ).answer("P(y=1 | x=1)"),
        "probability zero",
    ),
    "the mean of names": (
        lambda: SCM(Graph(nodes=["c"]), {"c": frequencies({"a": 0.5, "b": 0.5})}).answer("E[c]"),
        "has no mean",
    ),
    "division by zero": (
        lambda: SCM(Graph(nodes=["x"]), {"x": frequencies({0: 1.0, 1: 0.0})}).answer(
            "P(x=0) / P(x=1)"
        ),
        "nothing can be divided by it",
    ),
    "parts over different variables": (
        lambda: flipped().answer(contrast_of("P(y | do(x=1))", "P(x)")),
        "over (y), another over (x)",
    ),
    "no draws": (lambda: clinic().answer("P(death=1)", draws=0), "positive whole number"),
    "an engine's name": (lambda: clinic().answer("P(death=1)", by="particles"), "by="),
    "a nested world with a stranger": (
        lambda: mediated().answer(
            Expectation(Counterfactual("y", {"m": Counterfactual("m", {"q": 1})}))
        ),
        "no variable 'q'",
    ),
    "doses that are names": (lambda: mediated().dose_response("x", ["low"], "y"), "doses of 'x'"),
    "no doses": (lambda: mediated().dose_response("x", [], "y"), "doses of 'x'"),
    "doses twice": (lambda: mediated().dose_response("x", [1.0, 1.0], "y"), "doses of 'x'"),
    "doses of an unknown variable": (
        lambda: mediated().dose_response("z", [1.0], "y"),
        "no variable 'z'",
    ),
    "an unknown outcome": (lambda: mediated().dose_response("x", [1.0], "z"), "no variable 'z'"),
    "fairness to a continuous attribute": (
        lambda: counterfactual_fairness(mediated(), mediated().sample(2), "y", "x"),
        "is continuous",
    ),
    "a predictor of something else": (
        lambda: counterfactual_fairness(
            flipped(), pd.DataFrame({"x": [0], "y": [1]}), lambda rows: np.zeros((3, 3)), "x"
        ),
        "one number a row",
    ),
}


def flipped() -> SCM:
    return SCM(Graph("x -> y"), {"x": frequencies({0: 0.5, 1: 0.5}), "y": logistic({"x": 1.0})})


def contrast_of(one: str, other: str) -> Any:
    from causalsim.estimand import parse_query
    from causalsim.estimand.events import combination

    return combination([(1, parse_query(one)), (-1, parse_query(other))])


@pytest.mark.parametrize("misuse", MISUSES)
def test_misuse_is_a_clear_error_with_a_hint(misuse: str) -> None:
    action, words = MISUSES[misuse]
    with pytest.raises(CausalsimError) as caught:
        action()
    assert words in str(caught.value)
    assert caught.value.hint


def test_nothing_touches_the_global_random_state() -> None:
    before = torch.random.get_rng_state()
    clinic().answer("P(death=1)", draws=100)
    clinic().worlds({"a": {"drug": 1}}, units=10)
    assert torch.equal(before, torch.random.get_rng_state())
