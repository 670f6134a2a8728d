"""The effect on quantiles: weighted quantiles where nothing is learnt, and honest intervals."""

import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.curves import CurveError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import Treated, estimate
from causalsim.estimation.crossfitting.learners import Logistic, Mean, Ridge
from causalsim.estimation.curves import QuantileEffect, estimate_curve
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

CONFOUNDED = identify(Graph("x -> a; x -> y; a -> y"), Query("y", do="a"))
TRIAL = identify(Graph("a -> y"), Query("y", do="a"))


def known(at: float | tuple[float, ...]) -> QuantileEffect:
    """The estimator of an experiment: nothing is learnt."""
    return QuantileEffect(at, folds=1, repeats=1, outcome=Mean(), propensity=0.5)


def quick(at: float | tuple[float, ...]) -> QuantileEffect:
    """Small learners."""
    return QuantileEffect(at, folds=2, repeats=1, outcome=Ridge(), propensity=Logistic())


def trial(seed: int, rows: int = 1000) -> pd.DataFrame:
    """A balanced experiment whose treatment adds 1 and doubles the spread."""
    rng = np.random.default_rng(seed)
    a = rng.permutation(np.arange(rows) % 2)
    return pd.DataFrame({"a": a, "y": a + (1 + a) * rng.normal(size=rows)})


def confounded(seed: int, rows: int = 1000) -> pd.DataFrame:
    """The treated have higher x; the treatment adds 1 and half of the spread of the noise."""
    x, e, u = np.random.default_rng(seed).normal(size=(3, rows))
    a = (u < 0.8 * x).astype(int)
    return pd.DataFrame({"x": x, "a": a, "y": 2 * x + a + (1 + 0.5 * a) * e})


def truth(level: float) -> float:
    """The difference of the quantiles of N(1, 4 + 2.25) and N(0, 4 + 1)."""
    from scipy.stats import norm

    return float(1.0 + norm.ppf(level) * (math.sqrt(6.25) - math.sqrt(5.0)))


@pytest.mark.parametrize("level", [0.1, 0.5, 0.77])
def test_in_a_balanced_experiment_they_are_the_arms_own_quantiles(level: float) -> None:
    frame = trial(1)
    found = estimate(TRIAL, frame, by=known(level))
    arms = [frame.y[frame.a == a].to_numpy() for a in (0, 1)]
    low, high = (np.quantile(arm, level, method="inverted_cdf") for arm in arms)
    assert found.value == pytest.approx(high - low, rel=1e-12)


def test_with_weights_they_are_weighted_quantiles() -> None:
    frame = trial(2).assign(w=lambda d: np.where(d.y > 0, 3, 1))
    thrice = frame.loc[np.repeat(frame.index, frame.w)]
    frame["w"] /= 7.0
    found = estimate(
        TRIAL, frame, by=QuantileEffect(0.6, propensity=0.5, outcome=Mean(), folds=1), weights="w"
    )
    # An arm's share of all weights is what its indicator leaves of one half.
    assert set(thrice.columns) == set(frame.columns)
    low, high = (np.quantile(thrice.y[thrice.a == a], 0.6, method="inverted_cdf") for a in (0, 1))
    assert found.value == pytest.approx(high - low, abs=0.1)


def test_the_error_is_that_of_the_textbook() -> None:
    """``sqrt(p (1 - p)) / (f sqrt(n))`` an arm, with the normal density at the median."""
    found = estimate(TRIAL, trial(3, rows=8000), by=known(0.5))
    arms = [0.5 * math.sqrt(2 * math.pi) * scale / math.sqrt(4000) for scale in (1.0, 2.0)]
    assert found.standard_error == pytest.approx(math.hypot(*arms), rel=0.05)


def test_confounding_is_taken_off_at_every_level() -> None:
    frame = confounded(1, rows=4000)
    curve = estimate_curve(CONFOUNDED, frame, by=quick((0.1, 0.25, 0.5, 0.75, 0.9)), seed=1)
    for effect, level in zip(curve, curve.at, strict=True):
        assert abs(effect.value - truth(level)) < 3.5 * effect.standard_error
    naive = frame.groupby("a").y.quantile(0.5).diff().iloc[-1]
    assert naive - truth(0.5) > 10 * curve[0.5].standard_error
    assert curve[0.5].estimand == "effect on the median"


@pytest.mark.parametrize("right", ["outcome", "propensity"])
def test_one_right_half_is_enough(right: str) -> None:
    frame = confounded(2, rows=10_000)
    good = right == "outcome"
    by = QuantileEffect(
        0.5,
        folds=2,
        repeats=1,
        outcome=Ridge() if good else Mean(),
        propensity=0.5 if good else Logistic(),
    )
    found = estimate(CONFOUNDED, frame, by=by, seed=1)
    assert abs(found.value - 1.0) < 4 * found.standard_error
    wrong = estimate(CONFOUNDED, frame, by=known(0.5), seed=1)
    assert abs(wrong.value - 1.0) > 10 * found.standard_error


def test_intervals_hold_as_often_as_they_say() -> None:
    held, values, errors = [], [], []
    for seed in range(60):
        curve = estimate_curve(CONFOUNDED, confounded(seed, 700), by=quick((0.25, 0.75)), seed=1)
        held += [
            truth(level) in effect.interval() for level, effect in zip(curve.at, curve, strict=True)
        ]
        values.append(curve[0.75].value)
        errors.append(curve[0.75].standard_error)
    # 120 intervals in pairs: 95 % less four standard errors of 60.
    assert np.mean(held) >= 0.86
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.35)


def test_the_treated() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(0, 2, 20_000)
    a = (rng.random(20_000) < np.where(x == 1, 0.8, 0.2)).astype(int)
    frame = pd.DataFrame({"x": x, "a": a, "y": 3.0 * x * a + rng.normal(size=20_000)})
    by = QuantileEffect(0.5, folds=2, repeats=1, target=Treated())
    found = estimate(CONFOUNDED, frame, by=by, seed=1)
    # Among the treated four in five have x = 1; their medians are -0 and that of the mixture.
    mixed = np.quantile(
        np.concatenate([rng.normal(size=200_000), 3 + rng.normal(size=800_000)]), 0.5
    )
    assert abs(found.value - mixed) < 4 * found.standard_error
    assert found.estimand == "effect on the median on the treated"


def test_clusters_of_copies_and_polars() -> None:
    frame = trial(6, rows=600).assign(i=np.arange(600))
    twice = pd.concat([frame, frame], ignore_index=True)
    once = estimate(TRIAL, frame, by=known(0.5))
    grouped = estimate(TRIAL, pl.from_pandas(twice), by=known(0.5), clusters="i")
    assert grouped.value == once.value
    # The width of the density's kernel shrinks with the rows; nothing else differs.
    assert grouped.standard_error == pytest.approx(once.standard_error, rel=0.1)


def test_shifts_and_scales() -> None:
    frame = confounded(7)
    once = estimate(CONFOUNDED, frame, by=quick(0.3), seed=1)
    turned = estimate(CONFOUNDED, frame.assign(y=5 * frame.y - 40), by=quick(0.3), seed=1)
    assert turned.value == pytest.approx(5 * once.value, rel=1e-9)
    assert turned.standard_error == pytest.approx(5 * once.standard_error, rel=1e-9)


def test_one_arm_and_two_of_three() -> None:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"a": np.arange(900) % 3, "y": rng.normal(size=900)})
    frame["y"] += frame.a
    one = identify(Graph("a -> y"), Query("y", do={"a": 1}))
    by = QuantileEffect(0.5, folds=2, repeats=1, outcome=Mean())
    found = estimate(one, frame, by=by, seed=1)
    assert found.estimand == "median"
    assert found.value == pytest.approx(frame.y[frame.a == 1].median(), abs=0.05)
    pair = estimate(TRIAL, frame, by=by, seed=1, arms=(0, 2))
    assert abs(pair.value - 2.0) < 4 * pair.standard_error


def test_what_it_refuses() -> None:
    frame = trial(9)
    with pytest.raises(CurveError, match="levels between 0 and 1"):
        QuantileEffect(1.0)
    with pytest.raises(CurveError, match="levels between 0 and 1"):
        QuantileEffect((0.5, 0.1))
    with pytest.raises(CurveError, match="several quantiles"):
        estimate(TRIAL, frame, by=known((0.1, 0.9)))
    with pytest.raises(CurveError, match="such heaps"):
        estimate(TRIAL, frame.assign(y=(frame.y > 0) * 1), by=known(0.5))
    rough = frame.assign(y=(frame.y * 4).round() / 4)
    assert "the interval is rough" in str(estimate(TRIAL, rough, by=known(0.5)))
    with pytest.raises(CurveError, match="estimator of a curve"):
        estimate_curve(TRIAL, frame, by=QuantileEffect)  # type: ignore[arg-type]
    hidden = identify(Graph("a -> y; a <-> y"), Query("y", do="a"))
    with pytest.raises(EstimationError, match="no formula to estimate"):
        estimate(hidden, frame, by=QuantileEffect())
    with pytest.raises(EstimationError, match="too many to be arms"):
        estimate(TRIAL, frame.assign(a=frame.y), by=QuantileEffect())


def test_a_curve_tells_of_itself() -> None:
    frame = nonlinear_confounding(500, seed=3).frame
    answer = identify(
        Graph("x1 -> a <- x2; x5 -> a; x1 -> y <- x2; x5 -> y; a -> y"), Query("y", do="a")
    )
    curve = estimate_curve(answer, frame, by=quick((0.25, 0.5, 0.75)), seed=1)
    told = curve.to_frame()
    assert (told.band_low < told.low).all()
    assert (told.band_high > told.high).all()
    assert curve.between(0.25, 0.75).value == pytest.approx(told.value[2] - told.value[0])
    with pytest.raises(CurveError, match="was not estimated at"):
        _ = curve[0.6]
    assert json.loads(json.dumps(curve.to_dict()))["at"] == [0.25, 0.5, 0.75]
    assert curve.plot().get_ylabel() == "effect on y"
    assert "3 places" in str(curve)
    assert "put in order" in curve.why
    assert "<table>" in curve._repr_html_()
    assert curve.effects[0].recipe.answer is answer
    assert len(curve) == 3
