"""What any estimate of a contrast must do when the data are relabelled or rescaled."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.estimand.query import Query
from causalsim.estimation import (
    AIPW,
    IPW,
    Effect,
    Everyone,
    Overlap,
    Regression,
    Task,
    Treated,
    Untreated,
)

LEARNERS: dict[str, Any] = {"outcome": LinearRegression(), "propensity": LogisticRegression()}
ESTIMATORS = [
    AIPW(folds=2, repeats=1, **LEARNERS),
    AIPW(folds=1, target=Overlap(), **LEARNERS),
    IPW(propensity=LogisticRegression(), clip=0.0),
    Regression(),
]


def frame_of(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(80)
    a = (rng.random(80) < 1 / (1 + np.exp(-x))).astype(int)
    a[:4], a[4:8] = 0, 1  # both arms can be divided into two folds
    return pd.DataFrame({"x": x, "a": a, "y": rng.normal(a + x)})


def effect(frame: pd.DataFrame, estimator: Any) -> Effect:
    return estimator.fit(Task.of(frame, Query("y", do="a"), ("x",)), seed=1)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    factor=st.floats(0.1, 100) | st.floats(-100, -0.1),
    shift=st.floats(-50, 50),
    which=st.sampled_from(range(len(ESTIMATORS))),
)
def test_a_change_of_unit_changes_the_effect_by_it(
    seed: int, factor: float, shift: float, which: int
) -> None:
    frame, estimator = frame_of(seed), ESTIMATORS[which]
    plain = effect(frame, estimator)
    moved = effect(frame.assign(y=factor * frame["y"] + shift), estimator)
    near = {"rel": 1e-6, "abs": 1e-6 * abs(factor)}
    assert moved.value == pytest.approx(factor * plain.value, **near)
    assert moved.standard_error == pytest.approx(abs(factor) * plain.standard_error, **near)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), which=st.sampled_from(range(1, len(ESTIMATORS))))
def test_turning_the_treatment_round_turns_the_effect_round(seed: int, which: int) -> None:
    frame, estimator = frame_of(seed), ESTIMATORS[which]
    plain, turned = effect(frame, estimator), effect(frame.assign(a=1 - frame["a"]), estimator)
    assert turned.value == pytest.approx(-plain.value, rel=1e-4, abs=1e-5)
    assert turned.standard_error == pytest.approx(plain.standard_error, rel=1e-4)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), by=st.sampled_from([Regression(), ESTIMATORS[0]]))
def test_everyone_s_effect_is_the_mean_of_the_treated_s_and_the_untreated_s(
    seed: int, by: Any
) -> None:
    frame = frame_of(seed)
    share = frame["a"].mean()
    whole, treated, untreated = (
        effect(frame, replace(by, target=target))
        for target in (Everyone(clip=0.0), Treated(), Untreated())
    )
    mixed = share * treated.value + (1 - share) * untreated.value
    assert whole.value == pytest.approx(mixed, rel=1e-9, abs=1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_without_folds(seed: int, order: Any) -> None:
    frame = frame_of(seed)
    rows = list(range(len(frame)))
    order.shuffle(rows)
    for estimator in ESTIMATORS[1:]:
        plain, mixed = effect(frame, estimator), effect(frame.iloc[rows], estimator)
        assert mixed.value == pytest.approx(plain.value, rel=1e-4, abs=1e-6)
