"""TMLE: it solves its score equation, stays in range, and agrees with AIPW."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, TMLE, Ratio, Treated
from causalsim.estimation.crossfitting.learners import Ridge
from causalsim.estimation.estimators.targeted import targeted_means
from causalsim.estimation.reading.task import Task

DATA = nonlinear_confounding(600, seed=4)
TASK = Task.of(DATA.frame, Query("y", do="a"), DATA.adjustment)
QUICK = {"folds": 2, "repeats": 1, "outcome": LinearRegression()}


def test_the_influence_values_have_mean_zero() -> None:
    # That is the score equation, solved by moving the regressions.
    nuisances = TMLE(**QUICK).crossfit.fit(TASK, 1)
    means = targeted_means(TASK, nuisances.propensity, nuisances.outcome)
    assert np.abs(means.influence.mean(axis=0)).max() < 1e-8


def test_it_agrees_with_aipw_within_their_noise() -> None:
    nuisances = AIPW(folds=3, repeats=1).crossfit.fit(TASK, 1)
    one = AIPW(folds=3, repeats=1).effect(TASK, nuisances, 1)
    two = TMLE(folds=3, repeats=1).effect(TASK, nuisances, 1)
    assert abs(one.value - two.value) < 0.5 * one.standard_error
    assert two.standard_error == pytest.approx(one.standard_error, rel=0.1)


def test_it_removes_bias_by_either_regression() -> None:
    rng = np.random.default_rng(3)
    x = rng.exponential(size=3000)
    a = (rng.random(3000) < 1 / (1 + np.exp(1 - x))).astype(int)
    frame = pd.DataFrame({"x": x, "a": a, "y": x**2 + a + rng.normal(size=3000)})
    task = Task.of(frame, Query("y", do="a"), ("x",))
    blind = TMLE(folds=2, repeats=1, outcome=DummyRegressor(), propensity=0.5)
    weighted = replace(blind, propensity=LogisticRegression(C=1e6))
    regressed = replace(blind, outcome=Ridge(products=False))
    for right in (weighted, regressed):
        found = right.fit(task, seed=1)
        assert abs(found.value - 1.0) < 4 * found.standard_error
    neither = blind.fit(task, seed=1)
    assert abs(neither.value - 1.0) > 4 * neither.standard_error


def test_a_probability_stays_between_zero_and_one() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=400)
    a = (rng.random(400) < 1 / (1 + np.exp(-3 * x))).astype(int)
    frame = pd.DataFrame({"x": x, "a": a, "y": (rng.random(400) < 0.97).astype(int)})
    for level in (0, 1):
        task = Task.of(frame, Query("y", do={"a": level}), ("x",))
        found = TMLE(**QUICK, clip=0.0).fit(task, seed=1)
        assert 0.0 <= found.value <= 1.0


def test_ratios_and_an_arm_with_one_outcome() -> None:
    frame = DATA.frame.assign(y=lambda d: (d.y > 1).astype(int))
    task = Task.of(frame, Query("y", do="a"), DATA.adjustment)
    assert TMLE(**QUICK, contrast=Ratio()).fit(task, seed=1).value > 1.0
    sure = frame.assign(y=lambda d: d.y.where(d.a == 0, 1))
    found = TMLE(**QUICK).fit(Task.of(sure, Query("y", do="a"), DATA.adjustment), seed=1)
    assert np.isfinite(found.value)
    assert 0.0 < found.value < 1.0


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(EstimationError, match="by=AIPW"):
        TMLE(target=Treated())
    frame = DATA.frame.assign(y=2.0)
    with pytest.raises(EstimationError, match="'y' is 2 in every row"):
        TMLE(**QUICK).fit(Task.of(frame, Query("y", do="a"), DATA.adjustment), seed=1)
