"""Bounds that a confounder attains exactly, and the questions that have no answer."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causalsim.checks import e_value, linear_robustness, robustness
from causalsim.checks.sensitivity import Robustness, benchmarks
from causalsim.checks.sensitivity.omitting import _share
from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, OddsRatio, Ratio, Regression, Task


def confounded(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x, z = rng.standard_normal((2, rows))
    a = (x + z + rng.standard_normal(rows) > 0).astype(int)
    return pd.DataFrame({"x": x, "z": z, "a": a, "y": a + x + 2 * z + rng.standard_normal(rows)})


def test_the_bias_and_the_error_after_a_confounder_are_exact() -> None:
    frame = confounded()
    task = Task.of(frame, Query("y", do="a"), ("x",))
    effect = Regression(interactions=()).fit(task, seed=1)
    found, _ = linear_robustness(effect, frame)
    short = sm.OLS(frame["y"], sm.add_constant(frame[["a", "x"]])).fit()
    long = sm.OLS(frame["y"], sm.add_constant(frame[["a", "x", "z"]])).fit()
    assert found.value == pytest.approx(short.params["a"], rel=1e-10)
    assert found.error == pytest.approx(short.bse["a"], rel=1e-10)
    assert found.dof == short.df_resid
    a, x, z, y = (frame[name].to_numpy(dtype=float)[:, None] for name in "axzy")
    of_treatment = _share(a[:, 0], x, np.hstack([x, z]))
    of_outcome = _share(y[:, 0], np.hstack([x, a]), np.hstack([x, a, z]))
    value, error = found.adjusted(of_treatment, of_outcome)
    assert value == pytest.approx(long.params["a"], rel=1e-9)
    assert error == pytest.approx(long.bse["a"], rel=1e-9)


@pytest.mark.parametrize("dof", [50.0, math.inf])
def test_a_confounder_of_the_robustness_value_does_just_that(dof: float) -> None:
    made = Robustness(-2.0, 0.4, 5.0 if math.isinf(dof) else 0.4 * math.sqrt(dof), dof)
    share = made.robustness_value()
    assert made.bias(share, share) == pytest.approx(2.0)
    assert made.adjusted(share, share)[0] == pytest.approx(0.0, abs=1e-12)
    half = made.robustness_value(0.5)
    assert made.bias(half, half) == pytest.approx(1.0)
    assert 0.0 < made.robustness_limit() < share
    limit = made.robustness_limit()
    if math.isinf(dof):
        assert 2.0 - made.bias(limit, limit) == pytest.approx(1.959964 * 0.4, rel=1e-6)
    assert Robustness(0.1, 1.0, 5.0).robustness_limit() == 0.0


def test_benchmarks_by_a_covariate_read_its_own_shares() -> None:
    frame = confounded().assign(w=np.random.default_rng(1).standard_normal(400))
    task = Task.of(frame, Query("y", do="a"), ("x", "w"))
    effect = AIPW(folds=2, repeats=1).fit(task, seed=1)
    found, rows = linear_robustness(effect, frame, benchmarks=("x", "w"), times=(1.0,))
    strong, weak = rows
    assert abs(found.value - weak.value) < 0.05 * abs(found.value)
    assert strong.value < weak.value
    assert strong.covariate == "x"
    assert "a confounder 1 x x would leave" in str(strong)


def test_the_scale_of_a_saturated_effect_by_hand() -> None:
    rng = np.random.default_rng(2)
    a = np.repeat([0, 1], [60, 40])
    frame = pd.DataFrame({"a": a, "y": rng.normal(a)})
    task = Task.of(frame, Query("y", do="a"), ())
    effect = AIPW(folds=1).fit(task, seed=1)
    found = robustness(effect, frame)
    residual = frame["y"] - frame.groupby("a")["y"].transform("mean")
    nu = np.where(a == 1, 1 / 0.4, -1 / 0.6)
    assert found.scale == pytest.approx(math.sqrt((residual**2).mean() * (nu**2).mean()))
    # Without covariates the regression has the same scale up to degrees of freedom.
    line, _ = linear_robustness(effect, frame)
    assert found.scale == pytest.approx(line.scale, rel=1e-6)
    assert "would explain the estimate away" in str(found)
    assert set(found.to_dict()) >= {"robustness_value", "robustness_limit"}


def test_the_bound_holds_for_a_confounder_that_was_left_out() -> None:
    data = nonlinear_confounding(4000, seed=5)
    fewer = tuple(name for name in data.adjustment if name != "x1")
    query = Query("y", do="a")
    long, short = (
        AIPW(folds=2, repeats=1).fit(Task.of(data.frame, query, names), seed=1)
        for names in (data.adjustment, fewer)
    )
    found, whole = robustness(short, data.frame), robustness(long, data.frame)
    outcome = 1 - np.var(residual_of(long, data.frame)) / np.var(residual_of(short, data.frame))
    treatment = 1 - (found.scale**2 / np.var(residual_of(short, data.frame))) / (
        whole.scale**2 / np.var(residual_of(long, data.frame))
    )
    bound = found.bias(treatment, outcome)
    assert abs(short.value - long.value) <= bound + 2 * long.standard_error
    assert abs(short.value - data.ate) > 5 * short.standard_error


def residual_of(effect: Any, frame: pd.DataFrame) -> Any:
    fitted = effect.nuisances.outcome[np.arange(len(frame)), frame["a"]]
    return frame["y"] - fitted


def test_e_values_of_differences_ratios_and_odds_ratios() -> None:
    frame = confounded(1000)
    task = Task.of(frame, Query("y", do="a"), ("x", "z"))
    effect = Regression().fit(task, seed=1)
    made = e_value(effect, frame)
    ratio = math.exp(0.91 * effect.value / frame["y"].std())
    assert made.ratio == pytest.approx(ratio)
    assert made.value == pytest.approx(ratio + math.sqrt(ratio * (ratio - 1)))
    assert 1.0 < made.limit < made.value
    assert "risk ratios of" in str(made)
    binary = frame.assign(y=(frame["y"] > 1).astype(int))
    task = Task.of(binary, Query("y", do="a"), ("x", "z"))
    ratio_effect = AIPW(folds=2, repeats=1, contrast=Ratio()).fit(task, seed=1)
    assert e_value(ratio_effect).ratio == pytest.approx(ratio_effect.value)
    odds_effect = AIPW(folds=2, repeats=1, contrast=OddsRatio()).fit(task, seed=1)
    assert e_value(odds_effect).ratio == pytest.approx(math.sqrt(odds_effect.value))


def test_an_interval_that_holds_no_effect_needs_no_confounder() -> None:
    frame = confounded(60).assign(a=np.tile([0, 1], 30))
    effect = Regression().fit(Task.of(frame, Query("y", do="a"), ("x",)), seed=1)
    assert 0.0 in effect.interval()
    assert e_value(effect, frame).limit == 1.0


FRAME = confounded(200)
TASK = Task.of(FRAME, Query("y", do="a"), ("x",))
LINE = Regression().fit(TASK, seed=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: e_value(3.4), "effect is expected"),
        (lambda: e_value(LINE), "frame must be the frame"),
        (lambda: robustness(LINE, FRAME), r"looks at propensities, and the estimator \(regression"),
        (lambda: robustness(3.4, FRAME), "effect is expected"),
        (lambda: linear_robustness(3.4, FRAME), "effect is expected"),
        (lambda: linear_robustness(LINE, FRAME.iloc[::-1]), "does not hold the outcomes"),
        (lambda: linear_robustness(LINE, FRAME, ("x",), (1e6,)), "1e.06 times as strong as 'x'"),
        (lambda: Robustness(1.0, 1.0, 1.0).bias(1.0, 0.5), "share must be"),
        (lambda: Robustness(1.0, 1.0, 1.0).bias(0.5, 1.5), "share must be"),
    ],
)
def test_questions_without_an_answer(call: Any, message: str) -> None:
    with pytest.raises(EstimationError, match=message) as caught:
        call()
    assert "Hint:" in str(caught.value)


def test_a_benchmark_that_is_no_covariate() -> None:
    with pytest.raises(DataError, match="no column 'age'"):
        linear_robustness(LINE, FRAME, ("age",))


def test_the_interval_of_the_bounds_counts_that_the_bias_was_estimated() -> None:
    data = nonlinear_confounding(1500, seed=3)
    effect = AIPW(folds=2, repeats=1).fit(
        Task.of(data.frame, Query("y", do="a"), data.adjustment), seed=1
    )
    found = robustness(effect, data.frame)
    nothing = found.bounds(0.0, 0.0)
    assert (nothing.low, nothing.high) == (effect.value, effect.value)
    assert nothing.interval().low == pytest.approx(effect.interval().low)
    made = found.bounds(0.05, 0.1)
    assert made.high - made.low == pytest.approx(2 * found.bias(0.05, 0.1))
    assert made.high_error > effect.standard_error
    # The jackknife of (estimate + bias) in its two means agrees with the influence values.
    assert found.moves is not None
    assert found.scale_moves is not None
    assert found.scale_moves.mean() == pytest.approx(0.0, abs=1e-9)
    limit = found.robustness_limit()
    at = found.bounds(limit, limit)
    assert at.low - 1.959964 * at.low_error == pytest.approx(0.0, abs=1e-6)
    assert 0 < limit < found.robustness_value()


def test_the_error_of_the_bias_is_that_over_samples() -> None:
    rng = np.random.default_rng(1)
    scales, errors = [], []
    for _ in range(150):
        a = rng.integers(0, 2, 200)
        frame = pd.DataFrame({"a": a, "y": a + rng.standard_t(8, 200)})
        found = robustness(
            AIPW(folds=1, repeats=1).fit(Task.of(frame, Query("y", do="a"), ()), seed=1), frame
        )
        scales.append(found.scale)
        errors.append(np.sqrt(np.sum(found.scale_moves**2)) / 200)
    assert np.mean(errors) == pytest.approx(np.std(scales), rel=0.2)


def test_a_linear_range_is_that_of_both_directions() -> None:
    found = Robustness(2.0, 0.4, 0.4 * math.sqrt(50), 50.0)
    made = found.bounds(0.1, 0.2)
    value, error = found.adjusted(0.1, 0.2)
    assert made.low == pytest.approx(value)
    assert made.low_error == made.high_error == pytest.approx(error)
    negative = Robustness(-2.0, 0.4, 0.4 * math.sqrt(50), 50.0).bounds(0.1, 0.2)
    assert (negative.low, negative.high) == pytest.approx((-made.high, -made.low))


def test_a_strong_confounder_turns_the_sign() -> None:
    for value in (2.0, -2.0):
        made = Robustness(value, 0.1, 10.0)
        assert made.adjusted(0.2, 0.5)[0] == pytest.approx(-np.sign(value) * (10 * 0.125**0.5 - 2))
        grid = made.contour(most=0.5).values
        assert grid.min() < 0 < grid.max()


def test_the_contour_is_zero_where_the_robustness_value_says() -> None:
    found, rows = linear_robustness(LINE, FRAME, ("x",), times=(1.0,))
    made = found.contour(rows)
    shares = np.array(made.shares)
    assert made.values[0] == pytest.approx(np.full(41, found.value))
    assert made.values[10, 20] == pytest.approx(found.adjusted(shares[20], shares[10])[0])
    share = found.robustness_value()
    fine = found.contour(most=share, size=3)
    assert fine.values[2, 2] == pytest.approx(0.0, abs=1e-12)
    assert made.to_frame().shape == (41, 41)
    assert "1 x x would leave" in str(made)
    axes = made.plot()
    assert "confounder's share" in axes.get_xlabel()
    assert any("1 x x" in text.get_text() for text in axes.texts)
    for bad in (0.0, 1.0, -0.5):
        with pytest.raises(EstimationError, match="most must be"):
            found.contour(most=bad)
    with pytest.raises(EstimationError, match="size must be"):
        found.contour(size=1)


def test_benchmarks_by_leaving_a_covariate_out() -> None:
    data = nonlinear_confounding(1500, seed=3)
    effect = AIPW(folds=2, repeats=1).fit(
        Task.of(data.frame, Query("y", do="a"), data.adjustment), seed=1
    )
    strong, weak = benchmarks(effect, data.frame, ("x1", "x4"), seed=1)
    assert strong.outcome_share > 0.3
    assert strong.treatment_share > 0.05
    assert weak.outcome_share < 0.05
    assert strong.value < weak.value <= effect.value
    with pytest.raises(DataError, match="no column 'x9'"):
        benchmarks(effect, data.frame, ("x9",))
