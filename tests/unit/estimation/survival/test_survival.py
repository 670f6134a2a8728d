"""Survival compared: Kaplan-Meier where nothing is to be adjusted for, the truth where it is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from causalsim.checks import refute
from causalsim.checks.refuting import DummyOutcome
from causalsim.datasets.survival import informative_censoring
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.survival import SurvivalError
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation import Ratio, estimate
from causalsim.estimation.survival import (
    AIPCW,
    IPCW,
    Cox,
    KaplanMeier,
    RestrictedMean,
    SurvivalAt,
    survival_curves,
)
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

TRIAL = identify(Graph("a -> time"), Query("time", do="a"))
DATA = informative_censoring(3000, seed=4)
ADJUSTED = identify(Graph(DATA.graph), Query("time", do="a"))
LOGISTIC = LogisticRegression(C=np.inf)
FAST: dict[str, Any] = {"event": "died", "folds": 2, "repeats": 1, "propensity": LOGISTIC}
BOTH = pytest.mark.parametrize("kind", [AIPCW, IPCW], ids=["AIPCW", "IPCW"])


def trial(rows: int, seed: int, decimals: int) -> pd.DataFrame:
    """A randomised trial, its times rounded so that some are tied."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 2, rows)
    event = rng.exponential(4.0 + 2.0 * a)
    censored = np.minimum(rng.exponential(8.0, rows), 9.0)
    time = np.round(np.minimum(event, censored), decimals)
    return pd.DataFrame({"a": a, "time": time, "died": (event <= censored).astype(int)})


@BOTH
@pytest.mark.parametrize("decimals", [8, 1], ids=["no ties", "ties"])
def test_a_trial_without_covariates_gives_kaplan_meier(kind: Any, decimals: int) -> None:
    frame = trial(800, 1, decimals)
    curves = [
        SurvfuncRight(rows["time"], rows["died"]) for _, rows in frame.groupby("a", sort=True)
    ]

    def at(curve: Any, time: float) -> tuple[float, float]:
        place = np.searchsorted(curve.surv_times, time, side="right") - 1
        return curve.surv_prob[place], curve.surv_prob_se[place]

    for time in (1.0, 3.05, 7.0):
        effect = estimate(TRIAL, frame, by=kind("died", SurvivalAt(time), folds=1), seed=1)
        (low, low_error), (high, high_error) = (at(curve, time) for curve in curves)
        assert effect.value == pytest.approx(high - low, abs=1e-12)
        if kind is AIPCW:
            greenwood = np.hypot(low_error, high_error)
            assert effect.standard_error == pytest.approx(greenwood, rel=0.01)
    until = 5.0
    means = []
    for curve in curves:
        steps = curve.surv_times <= until
        ends = np.append(curve.surv_times[steps], until)
        means.append(ends[0] + np.sum(curve.surv_prob[steps] * np.diff(ends)))
    effect = estimate(TRIAL, frame, by=kind("died", RestrictedMean(until), folds=1), seed=1)
    assert effect.value == pytest.approx(means[1] - means[0], rel=1e-10)


@BOTH
@pytest.mark.parametrize("of", [SurvivalAt(3.0), RestrictedMean(5.0)], ids=str)
def test_informative_censoring_is_undone(kind: Any, of: Any) -> None:
    truth = (
        DATA.survival_effect(3.0)
        if isinstance(of, SurvivalAt)
        else DATA.restricted_mean_effect(5.0)
    )
    effect = estimate(ADJUSTED, DATA.frame, by=kind(of=of, **FAST), seed=1)
    assert abs(effect.value - truth) < 3 * effect.standard_error
    naive = estimate(TRIAL, DATA.frame, by=kind(of=of, event="died", folds=1), seed=1)
    assert abs(naive.value - truth) > 5 * naive.standard_error
    one = identify(Graph(DATA.graph), Query("time", do={"a": 1}))
    mean = estimate(one, DATA.frame, by=kind(of=of, **FAST), seed=1)
    alone = DATA.survival(1, 3.0) if isinstance(of, SurvivalAt) else DATA.restricted_mean(1, 5.0)
    assert abs(mean.value - alone) < 3 * mean.standard_error


def test_the_augmented_form_is_more_precise() -> None:
    by = AIPCW(of=RestrictedMean(5.0), **FAST)
    plain = IPCW(of=RestrictedMean(5.0), **FAST)
    augmented = estimate(ADJUSTED, DATA.frame, by=by, seed=1).standard_error
    assert augmented < 0.95 * estimate(ADJUSTED, DATA.frame, by=plain, seed=1).standard_error


def test_either_side_may_be_wrong() -> None:
    frame = informative_censoring(4000, seed=7).frame
    truth = DATA.restricted_mean_effect(5.0)
    right = AIPCW(of=RestrictedMean(5.0), **FAST)
    blind: dict[str, Any] = {
        "propensity": DummyClassifier(strategy="prior"),
        "censoring": KaplanMeier(),
    }
    for by in (replace(right, hazard=KaplanMeier()), replace(right, **blind)):
        effect = estimate(ADJUSTED, frame, by=by, seed=1)
        assert abs(effect.value - truth) < 3 * effect.standard_error
    neither = estimate(ADJUSTED, frame, by=replace(right, hazard=KaplanMeier(), **blind), seed=1)
    assert abs(neither.value - truth) > 6 * neither.standard_error


@BOTH
def test_a_weight_of_three_is_three_equal_rows(kind: Any) -> None:
    frame = DATA.frame.iloc[:300].assign(w=np.tile([1, 3, 2], 100), row=np.arange(300))
    by = kind("died", SurvivalAt(3.0), folds=1, propensity=LOGISTIC, censoring=Cox(False))
    by = replace(by, hazard=Cox(splines=False, penalties=(0.0,)))
    by = replace(by, censoring=Cox(splines=False, penalties=(0.0,)))
    weighted = estimate(ADJUSTED, frame, by=by, seed=1, weights="w")
    copied = frame.loc[frame.index.repeat(frame["w"])]
    repeated = estimate(ADJUSTED, copied, by=by, seed=1, clusters="row")
    assert weighted.value == pytest.approx(repeated.value, rel=1e-5)
    grown = np.sqrt(300 / 299)
    assert repeated.standard_error == pytest.approx(grown * weighted.standard_error, rel=1e-4)


@pytest.mark.parametrize("decimals", [8, 1], ids=["no ties", "ties"])
def test_proportional_hazards_are_those_of_statsmodels(decimals: int) -> None:
    frame = DATA.frame.iloc[:500].assign(time=lambda rows: rows["time"].round(decimals))
    fitted = PHReg(frame["time"], frame[["x", "a"]], status=frame["died"], ties="breslow").fit()
    matrix = frame[["x", "a"]].to_numpy(dtype=float)
    time, died = frame["time"].to_numpy(), frame["died"].to_numpy() == 1
    grid = np.unique(time[died])
    model = Cox(splines=False, penalties=(0.0,))
    found = model.fit(matrix, time, died, np.ones(500), grid)
    steps = -np.log1p(-found(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])))
    assert np.log(steps[1] / steps[0]) == pytest.approx(fitted.params[0], abs=1e-5)
    assert np.log(steps[2] / steps[0]) == pytest.approx(fitted.params[1], abs=1e-5)


def test_a_ratio_and_what_it_says() -> None:
    by = AIPCW(of=SurvivalAt(3.0), contrast=Ratio(), **FAST)
    effect = estimate(ADJUSTED, DATA.frame, by=by, seed=1)
    assert effect.multiplicative
    truth = DATA.survival(1, 3.0) / DATA.survival(0, 3.0)
    assert truth in effect.interval(0.999)
    assert "censoring by proportional hazards" in effect.why
    contrast = identify(Graph(DATA.graph), parse_query("E[time(a=1) - time(a=0)]"))
    plain = replace(by, contrast=AIPCW("died").contrast)
    assert estimate(contrast, DATA.frame, by=plain, seed=1).value == pytest.approx(
        estimate(ADJUSTED, DATA.frame, by=plain, seed=1).value
    )


def test_curves_are_the_single_times_from_one_fit() -> None:
    by = AIPCW(of=SurvivalAt(6.0), **FAST)
    times = [1.0, 3.0, 6.0]
    found = survival_curves(ADJUSTED, DATA.frame, by, times, seed=1)
    for time in times:
        alone = estimate(ADJUSTED, DATA.frame, by=replace(by, of=SurvivalAt(time)), seed=1)
        if time == 6.0:  # the grid of events reaches to the last time, as for a single one
            assert found.difference[time].value == pytest.approx(alone.value, abs=1e-12)
        assert found.difference[time].value == pytest.approx(alone.value, abs=0.005)
        parts = found[1][time] - found[0][time]
        assert parts.value == pytest.approx(found.difference[time].value)
        assert parts.standard_error == pytest.approx(found.difference[time].standard_error)
        assert DATA.survival(0, time) in found[0][time].interval(0.999)
    assert list(found.to_frame()["curve"].unique()) == [0, 1, "difference"]
    assert found.plot().get_ylabel() == "share without the event"
    assert "<table>" in found._repr_html_()
    assert found.to_dict()["arms"] == [0, 1]
    assert "Survival curves by AIPCW, adjusted for x" in found.why
    assert len(survival_curves(ADJUSTED, DATA.frame, by, seed=1).difference.at) == 20
    with pytest.raises(SurvivalError, match="observed any more"):
        survival_curves(ADJUSTED, DATA.frame, by, [20.0])
    with pytest.raises(EstimationError, match="by must be"):
        survival_curves(ADJUSTED, DATA.frame, Cox())  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="nobody in the frame"):
        found[2]


def test_few_still_observed_is_said() -> None:
    rng = np.random.default_rng(3)
    frame = DATA.frame.copy()
    gone = rng.exponential(0.3, 3000) * np.exp(-2.0 * frame["x"])
    frame["died"] = (frame["died"] == 1) & (frame["time"] <= gone)
    frame["time"] = np.minimum(frame["time"], gone)
    effect = estimate(ADJUSTED, frame, by=AIPCW(of=SurvivalAt(2.0), **FAST), seed=1)
    assert "still being observed" in str(effect)


@pytest.mark.parametrize(
    ("change", "by", "words"),
    [
        ({"died": 2}, AIPCW("died"), "must hold 1 where the event"),
        ({"time": -1.0}, AIPCW("died"), "negative time"),
        ({}, AIPCW("dead"), "no column 'dead'"),
        ({}, AIPCW("died", SurvivalAt(11.0)), "nobody with 'a' = 0 is observed"),
        ({"died": 0}, AIPCW("died"), "No event is seen"),
        ({"time": np.nan}, AIPCW("died"), "missing"),
    ],
)
def test_what_cannot_be_estimated_is_told(change: dict[str, Any], by: Any, words: str) -> None:
    with pytest.raises((SurvivalError, EstimationError, DataError), match=words):
        estimate(ADJUSTED, DATA.frame.assign(**change), by=by, seed=1)


def test_settings_are_checked() -> None:
    for wrong, words in (
        ({"of": 3.0}, "of must be"),
        ({"event": 1}, "event must be"),
        ({"hazard": Cox}, "hazard must be"),
        ({"clip": 0.6}, "clip must be"),
    ):
        with pytest.raises(EstimationError, match=words):
            AIPCW(**{"event": "died", **wrong})
    with pytest.raises(EstimationError, match="time must be"):
        SurvivalAt(0.0)
    hidden = identify(Graph("a -> time; a <-> time"), Query("time", do="a"))
    with pytest.raises(EstimationError, match=r"AIPCW needs|no formula"):
        estimate(hidden, DATA.frame, by=AIPCW("died"))


def test_a_dummy_outcome_keeps_times_with_their_events() -> None:
    effect = estimate(ADJUSTED, DATA.frame, by=IPCW(of=SurvivalAt(2.0), **FAST), seed=1)
    (found,) = refute(effect, DATA.frame, by=DummyOutcome(repetitions=8, quick=False), seed=1)
    assert found.passed, found.sentence


@BOTH
@pytest.mark.parametrize("end", [3.0, 4.0, 7.0])
def test_what_comes_after_the_horizon_changes_nothing(kind: Any, end: float) -> None:
    # A study that ends earlier, at the horizon even, says the same about the time before it; where
    # it ends everybody who is left is censored at once, which no covariate explains.
    frame = DATA.frame.head(800)
    cut = frame.assign(
        time=frame["time"].clip(upper=end), died=frame["died"].where(frame["time"] <= end, 0)
    )
    by = kind(**FAST, of=SurvivalAt(3.0))
    whole, part = (estimate(ADJUSTED, rows, by=by, seed=1) for rows in (frame, cut))
    assert part.value == pytest.approx(whole.value, rel=1e-9)
    np.testing.assert_allclose(part.influence, whole.influence, rtol=1e-7, atol=1e-9)
