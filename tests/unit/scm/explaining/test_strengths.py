"""Strengths of arrows and influences of noises, against closed forms and each other."""

import math

import pandas as pd
import pytest
import torch
from pyro.distributions import Normal

from causalsim import SCM, Graph
from causalsim.errors.base import CausalsimError
from causalsim.scm import frequencies, linear, logistic
from causalsim.scm.explaining import arrow_strengths, intrinsic_influences
from causalsim.scm.parallel.asking import Model


def mediated() -> SCM:
    return SCM(
        Graph("x -> z -> y <- x"),
        {
            "x": linear({}, scale=2.0),
            "z": linear({"x": 1.0}),
            "y": linear({"x": -0.5, "z": 3.0}, scale=0.7),
        },
    )


def normal(scale: float) -> Normal:
    return Normal(torch.tensor(0.0).double(), torch.tensor(scale).double())


HALF = normal(0.5)


def product() -> SCM:
    """y = x z + u with x and z standard and independent."""
    return SCM.from_equations(
        {"x": normal(1.0), "z": normal(1.0), "y": lambda x, z, u=HALF: x * z + u}
    )


def test_closed_forms_of_a_linear_gaussian_model() -> None:
    arrows = arrow_strengths(mediated(), "y")
    assert dict(arrows.parts) == pytest.approx({"x -> y": 0.25 * 4, "z -> y": 9 * 5.0})
    assert arrows.total is None
    noises = intrinsic_influences(mediated(), "y")
    assert dict(noises.parts) == pytest.approx({"x": 2.5**2 * 4, "z": 9.0, "y": 0.49})
    assert noises.total == pytest.approx(25.0 + 9.0 + 0.49)
    assert arrows.exact
    assert noises.exact


def test_draws_agree_with_the_closed_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    arrows, noises = arrow_strengths(mediated(), "y"), intrinsic_influences(mediated(), "y")
    monkeypatch.setattr("causalsim.scm.explaining.strengths.lines", lambda _: None)
    monkeypatch.setattr("causalsim.scm.explaining.influences.lines", lambda _: None)
    for exact, drawn in (
        (arrows, arrow_strengths(mediated(), "y", seed=1)),
        (noises, intrinsic_influences(mediated(), "y", seed=1)),
    ):
        assert not drawn.exact
        for part, value in exact.parts.items():
            assert abs(drawn[part] - value) < 4 * drawn.errors[part]
            assert drawn.errors[part] < 0.05 * (noises.total or 0.0)


def test_a_product_of_two_causes_is_shared_between_them() -> None:
    noises = intrinsic_influences(product(), "y", draws=50_000, seed=2)
    for part, value in {"x": 0.5, "z": 0.5, "y": 0.25}.items():
        assert abs(noises[part] - value) < 4 * noises.errors[part]
        assert 0.0 < noises.errors[part] < 0.05
    assert sum(noises.parts.values()) == pytest.approx(noises.total)
    # Cutting either arrow leaves Var(x' z | z) = z², one on average.
    arrows = arrow_strengths(product(), "y", seed=2)
    for strength, error in zip(arrows.parts.values(), arrows.errors.values(), strict=True):
        assert abs(strength - 1.0) < 4 * error


def test_a_binary_target_and_a_root() -> None:
    model = SCM(Graph("t -> y"), {"t": frequencies({0: 0.5, 1: 0.5}), "y": logistic({"t": 2.0})})
    high = 1 / (1 + math.exp(-2))
    # Var(Y | t) with t anew less Var(Y | t) is the variance of the chance.
    arrows = arrow_strengths(model, "y", seed=3)
    assert abs(arrows["t -> y"] - (high - 0.5) ** 2 / 4) < 4 * arrows.errors["t -> y"]
    noises = intrinsic_influences(model, "y", seed=3)
    middle = (high + 0.5) / 2
    assert noises.total == pytest.approx(middle * (1 - middle), abs=0.01)
    assert arrow_strengths(model, "t").parts == {}
    assert "nothing contributes" in str(arrow_strengths(model, "t"))


def test_a_target_that_was_set_does_not_vary() -> None:
    found = intrinsic_influences(mediated().do(y=1.0), "y")
    assert found.total == 0.0
    assert found.parts == {}
    half = intrinsic_influences(mediated().do(z=1.0), "y", seed=1)
    assert half["x"] == pytest.approx(1.0, abs=5 * half.errors["x"])


@pytest.mark.parametrize("ask", [arrow_strengths, intrinsic_influences])
def test_bad_questions_are_told(ask: type) -> None:
    named = SCM(Graph("x"), {"x": frequencies({"no": 0.5, "yes": 0.5})})
    cases: list[tuple[Model, str, int, str]] = [
        (mediated(), "w", 1_000, "no variable 'w'"),
        (named, "x", 1_000, "are names"),
        (mediated(), "y", 0, "draws"),
        (mediated(), "y", 99, "at least 100"),
        (pd.DataFrame(), "y", 1_000, "found DataFrame"),  # type: ignore[list-item]
    ]
    for model, target, draws, words in cases:
        with pytest.raises(CausalsimError, match=words):
            ask(model, target, draws=draws)


def test_models_have_them_as_verbs() -> None:
    model = mediated()
    frame = model.sample(100, seed=1)
    assert model.arrow_strengths("y").to_dict() == arrow_strengths(model, "y").to_dict()
    assert model.intrinsic_influences("y").total == intrinsic_influences(model, "y").total
    assert model.explain_outlier(frame.iloc[[3]], "y").exact
    assert model.explain_change(model, "y").total == 0.0
    assert set(model.evaluate(frame).verdicts) == {"x", "z", "y"}
