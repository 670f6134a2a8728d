"""Each target's estimate against arithmetic on a table with a few cells, and against the truth."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import (
    AIPW,
    Difference,
    Effect,
    Everyone,
    Nuisances,
    OddsRatio,
    Overlap,
    Ratio,
    Task,
    Treated,
    Untreated,
)
from causalsim.estimation.crossfitting.nuisances import Split

SATURATED: dict[str, Any] = {
    "folds": 1,
    "outcome": LinearRegression(),
    "propensity": DecisionTreeClassifier(),
    "clip": 0.0,
}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    x = rng.choice(["a", "b", "c"], 300)
    a = (rng.random(300) < np.select([x == "a", x == "b"], [0.2, 0.5], 0.8)).astype(int)
    chance = 0.2 + 0.3 * a + 0.2 * (x == "c") - 0.1 * a * (x == "a")
    return pd.DataFrame({"x": x, "a": a, "y": (rng.random(300) < chance).astype(float)})


FRAME = table()
TASK = Task.of(FRAME, Query("y", do="a"), ("x",))
CELLS = FRAME.groupby("x")
SHARE = CELLS.size() / len(FRAME)
CHANCE = CELLS["a"].mean()
MEAN = FRAME.groupby(["x", "a"])["y"].mean().unstack()
WEIGHT = {
    "everyone": SHARE,
    "treated": SHARE * CHANCE,
    "untreated": SHARE * (1 - CHANCE),
    "overlap": SHARE * CHANCE * (1 - CHANCE),
}
TARGET = {
    "everyone": Everyone(),
    "treated": Treated(),
    "untreated": Untreated(),
    "overlap": Overlap(),
}


@pytest.mark.parametrize("name", TARGET)
def test_on_a_saturated_table_each_target_is_a_weighted_mean_of_cells(name: str) -> None:
    effect = AIPW(**SATURATED, target=TARGET[name]).fit(TASK, seed=1)
    weight = WEIGHT[name] / WEIGHT[name].sum()
    assert effect.value == pytest.approx((weight * (MEAN[1] - MEAN[0])).sum(), abs=1e-10)
    assert effect.influence.mean() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", TARGET)
def test_influence_values_are_the_derivative_in_each_row_s_weight(name: str) -> None:
    # The saturated estimate is a smooth function of the counts of the cells, so that its
    # influence value of a row is the slope of the estimate in that row's weight.
    effect = AIPW(**SATURATED, target=TARGET[name]).fit(TASK, seed=1)
    for row in (0, 7, 100, 250):
        slope = (by_weights(name, row, 1e-5) - by_weights(name, row, -1e-5)) / 2e-5
        assert effect.influence[row] == pytest.approx(len(FRAME) * slope, rel=1e-4, abs=1e-6)


def by_weights(name: str, row: int, change: float) -> float:
    """The weighted mean of cell differences with one row weighing a little more."""
    weight = np.ones(len(FRAME))
    weight[row] += change
    total = below = 0.0
    for x in "abc":
        here = (FRAME["x"] == x).to_numpy()
        treated = here & (FRAME["a"] == 1).to_numpy()
        control = here & ~treated
        y = FRAME["y"].to_numpy()
        e = weight[treated].sum() / weight[here].sum()
        difference = np.average(y[treated], weights=weight[treated]) - np.average(
            y[control], weights=weight[control]
        )
        tilt = {"everyone": 1.0, "treated": e, "untreated": 1 - e, "overlap": e * (1 - e)}[name]
        total += weight[here].sum() * tilt * difference
        below += weight[here].sum() * tilt
    return total / below


def told(target: Any, propensity: np.ndarray, outcome: np.ndarray) -> Effect:
    """What the formula makes of propensities and regressions that are handed to it."""
    split = Split(np.zeros(len(FRAME), dtype=int), propensity, outcome, ())
    return AIPW(target=target, clip=0.0).effect(TASK, Nuisances((split,), "known"), 1)


@pytest.mark.parametrize("name", TARGET)
def test_what_is_added_to_the_regressions_is_taken_off_again(name: str) -> None:
    rng = np.random.default_rng(3)
    chance = rng.uniform(0.1, 0.9, len(FRAME))
    propensity = np.column_stack([1 - chance, chance])
    outcome = rng.normal(size=(len(FRAME), 2))
    plain = told(TARGET[name], propensity, outcome)
    moved = told(TARGET[name], propensity, outcome + np.array([3.0, -40.0]))
    assert moved.value == pytest.approx(plain.value, abs=1e-10)


def test_no_weight_is_so_large_that_it_takes_the_estimate_out_of_the_residuals() -> None:
    control = int(np.flatnonzero(TASK.arm == 0)[0])
    chance = np.full(len(FRAME), 0.5)
    chance[control] = 1 - 1e-9
    propensity = np.column_stack([1 - chance, chance])
    outcome = np.zeros((len(FRAME), 2))
    outcome[control, 0] = FRAME["y"][control] - 0.7
    effect = told(Treated(), propensity, outcome)
    # The controls' residuals are 0, 1 and the 0.7 of the one who has all the weight.
    treated = FRAME["y"][TASK.arm == 1].mean()
    assert effect.value == pytest.approx(treated - 0.7, abs=1e-3)
    # His residual says nothing of its own error, which is as large as itself.
    assert effect.standard_error == pytest.approx(0.7, rel=0.05)
    assert "a single row carries 100% of the weight" in str(effect)


def test_the_overlap_weights_of_two_arms_are_robinson_s() -> None:
    effect = AIPW(**SATURATED, target=Overlap()).fit(TASK, seed=1)
    left = FRAME["a"] - FRAME["x"].map(CHANCE)
    right = FRAME["y"] - FRAME["x"].map(CELLS["y"].mean())
    assert effect.value == pytest.approx((left * right).sum() / (left**2).sum(), abs=1e-10)


def test_ratios_are_those_of_the_standardised_means() -> None:
    high, low = (SHARE * MEAN[1]).sum(), (SHARE * MEAN[0]).sum()
    ratio = AIPW(**SATURATED, contrast=Ratio()).fit(TASK, seed=1)
    odds = AIPW(**SATURATED, contrast=OddsRatio()).fit(TASK, seed=1)
    assert ratio.value == pytest.approx(high / low, abs=1e-10)
    assert odds.value == pytest.approx(high / (1 - high) / (low / (1 - low)), abs=1e-10)
    assert ratio.estimand == "average ratio"
    assert odds.estimand == "average odds ratio"
    assert 0 < ratio.interval().low < ratio.value < ratio.interval().high
    difference = AIPW(**SATURATED, contrast=Difference()).fit(TASK, seed=1)
    # Near no effect the three tests are the same test to first order; here they agree roughly.
    assert ratio.z == pytest.approx(difference.z, rel=0.25)
    assert odds.z == pytest.approx(difference.z, rel=0.25)


def test_delta_method_by_finite_differences() -> None:
    means = [
        AIPW(**SATURATED).fit(Task.of(FRAME, Query("y", do={"a": level}), ("x",)), seed=1)
        for level in (0, 1)
    ]
    ratio = AIPW(**SATURATED, contrast=Ratio()).fit(TASK, seed=1)
    low, high = means
    step = 1e-6
    moved = (high.value + step * high.influence) / (low.value + step * low.influence)
    assert ratio.influence == pytest.approx((moved - ratio.value) / step, rel=1e-3)


@pytest.mark.parametrize("name", TARGET)
def test_every_target_finds_its_own_truth(name: str) -> None:
    data = nonlinear_confounding(3000, seed=21)
    e = data.propensity
    tilt = {"everyone": np.ones_like(e), "treated": e, "untreated": 1 - e, "overlap": e * (1 - e)}
    truth = np.average(data.effect, weights=tilt[name])
    task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
    effect = AIPW(folds=2, repeats=1, target=TARGET[name]).fit(task, seed=1)
    assert abs(effect.value - truth) < 3.5 * effect.standard_error
    assert effect.estimand.startswith("average effect")


def test_one_arm_s_mean_among_the_treated_is_their_own_mean() -> None:
    task = Task.of(FRAME, Query("y", do={"a": 1}), ("x",))
    effect = AIPW(**SATURATED, target=Treated()).fit(task, seed=1)
    assert effect.value == pytest.approx(FRAME["y"][FRAME["a"] == 1].mean(), abs=1e-12)
    assert effect.estimand == "mean on the treated"


@pytest.mark.parametrize(
    ("settings", "query", "message"),
    [
        ({"contrast": Ratio()}, Query("y", do={"a": 1}), "Two values of 'a' are compared"),
        (
            {"contrast": OddsRatio()},
            Query("big", do="a"),
            "odds ratio needs means that are between",
        ),
        ({"contrast": Ratio()}, Query("low", do="a"), "ratio needs means that are positive"),
    ],
)
def test_a_ratio_without_meaning_is_refused(
    settings: dict[str, Any], query: Query, message: str
) -> None:
    frame = FRAME.assign(big=FRAME["y"] * 10 + 3, low=FRAME["y"] - 2)
    with pytest.raises(EstimationError, match=message) as caught:
        AIPW(**SATURATED, **settings).fit(Task.of(frame, query, ("x",)), seed=1)
    assert "Hint:" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "ATT"}, r"target must be Everyone\(\), Treated"),
        ({"target": Treated}, r"target must be Everyone"),
        ({"contrast": "RR"}, r"contrast must be Difference\(\), Ratio"),
        ({"contrast": Ratio}, r"contrast must be Difference"),
    ],
)
def test_targets_and_contrasts_are_objects(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        AIPW(**settings)


def test_z_is_on_the_log_scale_for_ratios() -> None:
    ratio = AIPW(**SATURATED, contrast=Ratio()).fit(TASK, seed=1)
    assert ratio.z == pytest.approx(
        math.log(ratio.value) / (ratio.standard_error / ratio.value), rel=1e-12
    )
