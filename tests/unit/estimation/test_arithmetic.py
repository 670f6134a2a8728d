"""Effects add, subtract and divide with the covariance that their influence values tell."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks.refuting import refute
from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, Ratio, Task, Treated, Untreated

QUICK = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())
DATA = nonlinear_confounding(500, seed=1)


def effect(query: Query, estimator: Any = QUICK, frame: Any = DATA.frame) -> Any:
    return estimator.fit(Task.of(frame, query, DATA.adjustment), seed=1)


HIGH, LOW = (effect(Query("y", do={"a": level})) for level in (1, 0))


def test_the_difference_of_two_means_is_the_effect() -> None:
    made, whole = HIGH - LOW, effect(Query("y", do="a"))
    assert made.value == pytest.approx(whole.value)
    assert made.standard_error == pytest.approx(whole.standard_error)
    assert made.estimand == "mean minus the mean"


def test_the_ratio_of_two_means_is_the_ratio() -> None:
    frame = DATA.frame.assign(y=DATA.frame["y"] + 20)
    high, low = (effect(Query("y", do={"a": level}), frame=frame) for level in (1, 0))
    ratio = AIPW(
        folds=2,
        repeats=1,
        outcome=LinearRegression(),
        propensity=LogisticRegression(),
        contrast=Ratio(),
    )
    whole = effect(Query("y", do="a"), ratio, frame)
    made = high / low
    assert made.value == pytest.approx(whole.value)
    assert made.standard_error == pytest.approx(whole.standard_error)
    assert made.interval() == whole.interval()
    assert made.null == 1.0


def test_sums_negatives_and_multiples() -> None:
    twice = HIGH + HIGH
    assert twice.value == pytest.approx(2 * HIGH.value)
    assert twice.standard_error == pytest.approx(2 * HIGH.standard_error)
    assert (2 * HIGH).standard_error == pytest.approx(twice.standard_error)
    assert (-HIGH).value == -HIGH.value
    nothing = HIGH - HIGH
    assert (nothing.value, nothing.standard_error) == (0.0, 0.0)


def test_the_covariance_of_dependent_effects_is_counted() -> None:
    treated = effect(Query("y", do="a"), AIPW(repeats=1, target=Treated()))
    untreated = effect(Query("y", do="a"), AIPW(repeats=1, target=Untreated()))
    change = treated - untreated
    n = treated.n
    covariance = float(np.sum(treated.influence * untreated.influence)) / n**2
    by_hand = treated.standard_error**2 + untreated.standard_error**2 - 2 * covariance
    assert change.standard_error == pytest.approx(math.sqrt(by_hand))
    assert abs(covariance) > 0.1 * treated.standard_error * untreated.standard_error


def test_a_computed_effect_says_what_it_is_and_cannot_be_refitted() -> None:
    change = effect(Query("y", do="a")) - effect(Query("y", do="a"), IPW())
    assert change.estimator == "AIPW minus IPW"
    assert "computed from effects on the same rows" in change.why
    assert change.to_dict()["recipe"]["estimator"] is None
    with pytest.raises(EstimationError, match="computed from other effects"):
        refute(change, DATA.frame)


def test_effects_of_different_rows_do_not_mix() -> None:
    other = nonlinear_confounding(500, seed=2)
    shorter = DATA.frame.iloc[:400]
    for frame in (other.frame, shorter):
        with pytest.raises(EstimationError, match="come from different rows"):
            HIGH - effect(Query("y", do={"a": 1}), frame=frame)
    with pytest.raises(EstimationError, match="effect is expected; found int"):
        HIGH - 1
    with pytest.raises(EstimationError, match="ratio needs means that are positive"):
        HIGH / -HIGH
