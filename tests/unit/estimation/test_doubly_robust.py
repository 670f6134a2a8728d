"""AIPW against arithmetic done by hand, against a known truth, and against bad input."""

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, CrossFit, Task, Treated

QUICK = AIPW(repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())


def discrete(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.choice(["a", "b", "c"], rows)
    chance = np.select([x == "a", x == "b"], [0.3, 0.5], 0.7)
    quit_ = (rng.random(rows) < chance).astype(int)
    return pd.DataFrame({"x": x, "quit": quit_, "gain": rng.normal(quit_ * 2 + (x == "c") * 3)})


def task_of(frame: Any, *covariates: str) -> Task:
    return Task.of(frame, Query("gain", do="quit"), covariates or ("x",))


def test_on_saturated_data_aipw_is_standardisation_exactly() -> None:
    frame = discrete()
    saturated = AIPW(
        folds=1, outcome=LinearRegression(), propensity=DecisionTreeClassifier(), clip=0.0
    )
    effect = saturated.fit(task_of(frame), seed=1)
    share = frame["x"].value_counts(normalize=True)
    mean = frame.groupby(["x", "quit"])["gain"].mean()
    by_hand = sum(share[x] * (mean[x, 1] - mean[x, 0]) for x in share.index)
    assert effect.value == pytest.approx(by_hand, abs=1e-10)

    chance = frame.groupby("x")["quit"].transform("mean")
    fitted = {a: frame["x"].map(lambda x, a=a: mean[x, a]) for a in (0, 1)}
    residual = frame["gain"] - np.where(frame["quit"] == 1, fitted[1], fitted[0])
    weight = np.where(frame["quit"] == 1, 1 / chance, -1 / (1 - chance))
    phi = fitted[1] - fitted[0] + weight * residual
    assert effect.standard_error == pytest.approx(
        math.sqrt(((phi - phi.mean()) ** 2).sum()) / len(frame), rel=1e-10
    )


def test_cross_fitting_is_the_same_arithmetic_fold_by_fold() -> None:
    frame = discrete()
    estimator = AIPW(
        folds=3,
        repeats=1,
        outcome=DecisionTreeRegressor(),
        propensity=DecisionTreeClassifier(),
        clip=0.0,
    )
    task = task_of(frame)
    nuisances = estimator.crossfit.fit(task, seed=4)
    effect = estimator.effect(task, nuisances, seed=4)
    folds = nuisances.splits[0].folds
    means, missed, odds = np.zeros(2), np.zeros(2), np.zeros(2)
    for fold in range(3):
        train, test = frame[folds != fold], frame[folds == fold]
        mean = train.groupby(["x", "quit"])["gain"].mean()
        chance = train.groupby("x")["quit"].mean()
        for x, quit_, gain in test.itertuples(index=False):
            e = chance[x] if quit_ else 1 - chance[x]
            means[quit_] += gain  # its own arm's outcome is known, the other one is guessed
            means[1 - quit_] += mean[x, 1 - quit_]
            missed[quit_] += (1 - e) / e * (gain - mean[x, quit_])
            odds[quit_] += (1 - e) / e
    means += missed / odds * np.bincount(frame["quit"])[::-1]
    total = means[1] - means[0]
    assert effect.value == pytest.approx(total / len(frame), abs=1e-10)
    for arm in (0, 1):  # every arm is spread evenly over the folds
        sizes = np.bincount(folds[task.arm == arm])
        assert sizes.max() - sizes.min() <= 1


def test_the_default_finds_an_effect_that_a_linear_model_misses() -> None:
    data = nonlinear_confounding(2000, seed=11)
    task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
    effect = AIPW(repeats=1).fit(task, seed=1)
    assert abs(effect.value - data.ate) < 3 * effect.standard_error
    line = AIPW(folds=1, outcome=LinearRegression(), propensity=LogisticRegression(C=1e6)).fit(
        task, seed=1
    )
    assert abs(line.value - data.ate) > 3 * line.standard_error


@pytest.mark.parametrize(
    "broken",
    [
        AIPW(folds=2, outcome=DummyRegressor(), propensity=LogisticRegression(C=1e6)),
        AIPW(folds=2, outcome=LinearRegression(), propensity=DummyClassifier(strategy="prior")),
    ],
    ids=["outcome model wrong", "propensity model wrong"],
)
def test_one_of_the_two_models_may_be_wrong_but_not_both(broken: AIPW) -> None:
    data = nonlinear_confounding(4000, seed=2)
    x = data.frame
    right = x.assign(x1=np.sin(2 * x["x1"]), x2=x["x2"] ** 2, x4=x["x1"] * x["x5"])
    effect = broken.fit(Task.of(right, Query("y", do="a"), data.adjustment), seed=1)
    assert abs(effect.value - data.ate) < 3.5 * effect.standard_error
    both = AIPW(folds=2, outcome=DummyRegressor(), propensity=DummyClassifier(strategy="prior"))
    wrong = both.fit(Task.of(right, Query("y", do="a"), data.adjustment), seed=1)
    assert abs(wrong.value - data.ate) > 5 * wrong.standard_error


def test_a_known_propensity_is_used_as_it_is() -> None:
    frame = discrete()
    nuisances = CrossFit(folds=2, repeats=1, propensity=0.4).fit(task_of(frame), seed=1)
    assert np.array_equal(np.unique(nuisances.propensity.round(12)), [0.4, 0.6])
    assert "known (0.4)" in nuisances.learners


def test_influence_values_have_mean_zero_and_make_the_interval() -> None:
    effect = QUICK.fit(task_of(discrete()), seed=1)
    assert effect.influence.mean() == pytest.approx(0.0, abs=1e-12)
    assert effect.spread == pytest.approx(0.0, abs=1e-15)
    inside = effect.interval()
    assert inside.high - effect.value == pytest.approx(1.959964 * effect.standard_error, rel=1e-6)
    assert effect.interval(0.5).length < inside.length


def test_equal_seeds_give_equal_numbers_and_the_frame_library_does_not_matter() -> None:
    frame = discrete()
    shared = pl.DataFrame(frame.to_dict("list"))
    first, again = (AIPW(repeats=1).fit(task_of(made), seed=3) for made in (frame, frame))
    other = AIPW(repeats=1).fit(task_of(frame), seed=4)
    polars = AIPW(repeats=1).fit(task_of(shared), seed=3)
    assert first.value == again.value == polars.value
    assert np.array_equal(first.influence, polars.influence)
    assert first.value != other.value


def test_nothing_touches_global_random_state() -> None:
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    AIPW(folds=2, repeats=1).fit(task_of(discrete()), seed=1)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_small_arms_are_divided_five_times_and_large_ones_once() -> None:
    small = CrossFit(outcome=LinearRegression(), propensity=LogisticRegression())
    assert len(small.fit(task_of(discrete()), seed=1).splits) == 5
    data = nonlinear_confounding(1600, seed=1)
    task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
    assert len(small.fit(task, seed=1).splits) == 1


def test_an_effect_over_several_divisions_is_their_median_with_its_variance() -> None:
    task = task_of(discrete())
    estimator = AIPW(repeats=3, outcome=LinearRegression(), propensity=LogisticRegression())
    nuisances = estimator.crossfit.fit(task, seed=1)
    single = [
        estimator.effect(task, type(nuisances)((split,), ""), 1) for split in nuisances.splits
    ]
    effect = estimator.effect(task, nuisances, 1)
    values = [one.value for one in single]
    assert effect.value == np.median(values)
    expected = np.median(
        [one.standard_error**2 + (one.value - effect.value) ** 2 for one in single]
    )
    assert effect.standard_error**2 == pytest.approx(expected, rel=1e-9)


def test_clipping_is_counted_and_printed_never_silent() -> None:
    frame = discrete(400)
    frame["z"] = np.where(np.arange(400) < 100, 1.0, 0.0)
    frame.loc[frame["z"] == 1, "quit"] = (np.arange(100) == 0).astype(int)
    task = task_of(frame, "z")
    settings = {"folds": 1, "outcome": DummyRegressor(), "propensity": DecisionTreeClassifier()}
    effect = AIPW(**settings, clip=0.05).fit(task, seed=1)
    assert "100 of 400 propensities were clipped at 0.05 (smallest 0.01)" in str(effect)
    assert "100 of 400" in effect.why
    assert "100 of 400" in effect._repr_html_()
    unclipped = AIPW(**settings, clip=0.001).fit(task, seed=1)
    assert "clipped" not in str(unclipped)
    assert "a single row carries 25% of the weight of its arm" in str(unclipped)
    assert unclipped.value != effect.value
    assert AIPW(**settings, clip=0.05, target=Treated()).clip == 0.05
    assert "clipped" not in str(AIPW(**settings, target=Treated()).fit(task, seed=1))


def test_a_treatment_at_a_value_gives_the_mean_of_that_arm() -> None:
    frame = discrete()
    high, low = (
        QUICK.fit(Task.of(frame, Query("gain", do={"quit": level}), ("x",)), seed=1)
        for level in (1, 0)
    )
    both = QUICK.fit(task_of(frame), seed=1)
    assert high.value - low.value == pytest.approx(both.value, abs=1e-12)
    assert high.estimand == "mean"


def test_without_covariates_it_is_the_difference_in_means() -> None:
    frame = discrete()
    effect = AIPW(folds=1).fit(Task.of(frame, Query("gain", do="quit"), ()), seed=1)
    means = frame.groupby("quit")["gain"].mean()
    assert effect.value == pytest.approx(means[1] - means[0], abs=1e-10)


def test_constant_columns_do_no_harm_and_constant_outcomes_are_refused() -> None:
    frame = discrete().assign(one=1.0)
    effect = AIPW(folds=2, repeats=1).fit(task_of(frame, "x", "one"), seed=1)
    assert math.isfinite(effect.value)
    with pytest.raises(EstimationError, match="'gain' is 7 in every row"):
        task_of(frame.assign(gain=7.0))


def test_any_scikit_learn_estimator_or_pipeline_serves() -> None:
    frame = discrete()
    estimator = AIPW(
        folds=2,
        repeats=1,
        outcome=make_pipeline(StandardScaler(), DecisionTreeRegressor(max_depth=2)),
        propensity=make_pipeline(StandardScaler(), LogisticRegression()),
    )
    first, again = (estimator.fit(task_of(frame), seed=1).value for _ in range(2))
    assert first == again
    binary = frame.assign(gain=(frame["gain"] > 1).astype(float))
    by_class = AIPW(folds=2, repeats=1, outcome=LogisticRegression()).fit(task_of(binary), seed=1)
    assert -1 < by_class.value < 1
    stacked = AIPW(
        folds=2,
        repeats=1,
        outcome=[LinearRegression(), DecisionTreeRegressor()],
        propensity=[LogisticRegression(), DecisionTreeClassifier(max_depth=2)],
    )
    weights = stacked.crossfit.fit(task_of(frame), seed=1).splits[0].weights
    for mix in weights:
        assert sum(mix) == pytest.approx(1.0)
        assert min(mix) >= 0.0


class Stubborn(LinearRegression):  # type: ignore[misc]
    def fit(self, *_: Any, **__: Any) -> "Stubborn":
        raise ValueError("I will not")


class Nowhere(DummyRegressor):  # type: ignore[misc]
    def predict(self, rows: Any, return_std: bool = False) -> Any:
        return np.full(len(rows), np.nan)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"folds": 0}, "folds must be a whole number from 1; found 0"),
        ({"folds": 2.5}, "folds must be a whole number"),
        ({"repeats": 0}, "repeats must be a whole number"),
        ({"clip": 0.6}, "clip must be a number from 0 to below 0.5, or None; found 0.6"),
        ({"clip": -0.1}, "clip must be"),
        ({"propensity": 1.0}, "propensity must be a probability"),
        ({"propensity": LinearSVC()}, "learner of the propensity must have the methods fit and"),
        ({"outcome": StandardScaler()}, "learner of the outcome must have the methods fit and"),
        ({"outcome": LinearRegression}, "learner of the outcome must have"),
        ({"outcome": "forest"}, "learner of the outcome must have"),
        ({"outcome": []}, "learner of the outcome must have"),
    ],
)
def test_bad_settings_are_refused_when_they_are_typed(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(EstimationError, match=message) as caught:
        AIPW(**settings)
    assert "Hint:" in str(caught.value)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (AIPW(folds=100), r"need at least 200[\s\S]*fewer folds"),
        (AIPW(folds=2, outcome=Stubborn()), r"outcome, .*Stubborn.* stopped: I will not"),
        (AIPW(folds=2, outcome=Nowhere()), r"predicted missing or infinite"),
        (
            AIPW(folds=1, clip=0.0, propensity=DecisionTreeClassifier()),
            r"exactly 0 or 1 in \d+ of 120 rows[\s\S]*clip=",
        ),
    ],
    ids=["too many folds", "a learner that raises", "a learner without numbers", "no overlap"],
)
def test_bad_fits_get_an_error_of_ours(estimator: AIPW, message: str) -> None:
    frame = discrete().assign(z=np.arange(120.0))
    with pytest.raises(EstimationError, match=message) as caught:
        estimator.fit(task_of(frame, "z"), seed=1)
    assert "Hint:" in str(caught.value)
