"""Entropy balancing and balancing scores: balance is exact, intervals are honest."""

import numpy as np
import pandas as pd
import pytest

from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import Overlap, Treated, Untreated
from causalsim.estimation.estimators.balancing import CBPS, EntropyBalancing
from causalsim.estimation.reading.task import Task

QUERY = Query("y", do="a")


def study(seed: int, rows: int = 500) -> pd.DataFrame:
    """Effect 1 + x; log odds and outcome linear in x and z."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, rows))
    a = (rng.random(rows) < 1 / (1 + np.exp(-0.6 * x + 0.4 * z))).astype(int)
    y = x + z + a * (1 + x) + rng.normal(size=rows)
    return pd.DataFrame({"x": x, "z": z, "a": a, "y": y})


def task(frame: pd.DataFrame, outcome: str = "y") -> Task:
    return Task.of(frame, Query(outcome, do="a"), ("x", "z"))


@pytest.mark.parametrize("target", [EntropyBalancing().target, Treated(), Untreated()])
def test_a_balanced_covariate_has_no_effect(target: object) -> None:
    # As an outcome, a covariate has the same weighted mean in both arms: exactly no effect.
    frame = study(1)
    found = EntropyBalancing(target=target).fit(task(frame, "x"), seed=1)  # type: ignore[arg-type]
    assert found.value == pytest.approx(0.0, abs=1e-6)


def test_the_score_balances_the_arms() -> None:
    assert CBPS().fit(task(study(1), "z"), seed=1).value == pytest.approx(0.0, abs=1e-7)


def test_two_moments_balance_squares_and_products() -> None:
    frame = study(2).assign(xz=lambda d: d.x * d.z, xx=lambda d: d.x**2)
    for name in ("xz", "xx"):
        one = EntropyBalancing().fit(task(frame, name), seed=1)
        two = EntropyBalancing(moments=2).fit(task(frame, name), seed=1)
        assert two.value == pytest.approx(0.0, abs=1e-6)
        assert abs(one.value) > 1e-3


def test_a_linear_outcome_without_noise_is_found_exactly() -> None:
    frame = study(3).assign(y=lambda d: 2 * d.x - d.z + 3 * d.a)
    for estimator in (EntropyBalancing(), CBPS()):
        found = estimator.fit(task(frame), seed=1)
        assert found.value == pytest.approx(3.0, abs=1e-6)


@pytest.mark.parametrize(
    ("estimator", "truth"),
    [(EntropyBalancing(), 1.0), (EntropyBalancing(target=Treated()), None), (CBPS(), 1.0)],
    ids=["everyone", "treated", "score"],
)
def test_standard_errors_are_those_of_repeated_studies(
    estimator: EntropyBalancing, truth: float | None
) -> None:
    found = [estimator.fit(task(study(seed)), seed=1) for seed in range(120)]
    values = np.array([one.value for one in found])
    # The spread of 120 studies is known to 6.5 %; four times that.
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.26)
    if truth is not None:
        assert abs(values.mean() - truth) < 4 * values.std() / len(values) ** 0.5


def test_means_that_cannot_be_reached_are_an_error() -> None:
    frame = study(4).assign(x=lambda d: d.x + 10 * d.a)
    for estimator in (EntropyBalancing(), CBPS()):
        with pytest.raises(EstimationError, match=r"No weights[\s\S]*Overlap"):
            estimator.fit(task(frame), seed=1)


def test_covariates_that_repeat_others_do_no_harm() -> None:
    frame = study(5).assign(again=lambda d: 2 * d.x + 1, constant=1.0)
    twice = Task.of(frame, QUERY, ("x", "z", "again", "constant"))
    for estimator in (EntropyBalancing(), CBPS()):
        once = estimator.fit(task(frame), seed=1)
        assert estimator.fit(twice, seed=1).value == pytest.approx(once.value, abs=1e-7)


def test_no_covariates_give_the_difference_in_means() -> None:
    frame = study(6)
    gap = frame.y[frame.a == 1].mean() - frame.y[frame.a == 0].mean()
    for estimator in (EntropyBalancing(), CBPS()):
        found = estimator.fit(Task.of(frame, QUERY, ()), seed=1)
        assert found.value == pytest.approx(gap, rel=1e-9)


def test_settings_are_checked() -> None:
    with pytest.raises(EstimationError, match="moments"):
        EntropyBalancing(moments=3)
    with pytest.raises(EstimationError, match="target"):
        EntropyBalancing(target=Overlap())
    with pytest.raises(EstimationError, match="moments"):
        CBPS(moments=0)
