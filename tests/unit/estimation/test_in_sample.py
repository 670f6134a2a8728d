"""Effects of this sample against effects of the population that it stands for."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from causalsim.errors.targets import TargetError
from causalsim.estimand.query import Query
from causalsim.estimation import (
    AIPW,
    IPW,
    TMLE,
    Effect,
    Everyone,
    Nuisances,
    Overlap,
    Ratio,
    Task,
    Treated,
    Untreated,
)
from causalsim.estimation.averaging.targets import InSample, Target
from causalsim.estimation.crossfitting.nuisances import Split
from causalsim.estimation.estimators import Matching, Regression
from causalsim.estimation.reading.roles import PLAIN, Roles

LINEAR = {
    "folds": 2,
    "repeats": 1,
    "outcome": LinearRegression(),
    "propensity": LogisticRegression(),
}


def sampled(seed: int, rows: int = 400) -> tuple[Task, np.ndarray]:
    """Effects that differ between people by far more than the noise, and each one's effect."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    a = (rng.random(rows) < 1 / (1 + np.exp(-0.7 * x))).astype(int)
    effect = 1.0 + 3.0 * x
    frame = pd.DataFrame({"x": x, "a": a, "y": x + a * effect + rng.normal(size=rows)})
    return Task.of(frame, Query("y", do="a"), ("x",)), effect


def members(target: Target, task: Task) -> np.ndarray:
    if isinstance(target, Treated):
        return task.arm == 1
    return task.arm == 0 if isinstance(target, Untreated) else np.ones(task.height, dtype=bool)


@pytest.mark.parametrize("target", [Everyone(), Treated(), Untreated()])
def test_only_the_differences_between_people_leave_the_influence_values(target: Target) -> None:
    task, _ = sampled(1)
    whole = AIPW(target=target, **LINEAR).fit(task, seed=1)
    here = AIPW(target=InSample(target), **LINEAR).fit(task, seed=1)
    assert here.value == whole.value
    assert whole.nuisances is not None
    inside = members(target, task) / members(target, task).mean()
    between = inside * (whole.nuisances.outcome @ [-1.0, 1.0] - whole.value)
    noise = whole.influence - between
    assert here.influence == pytest.approx(noise - noise.mean(), abs=1e-10)
    assert whole.spread == 0.0
    assert here.standard_error < 0.75 * whole.standard_error
    assert "in this sample" in here.estimand


@pytest.mark.parametrize("target", [Everyone(), Treated(), Untreated()])
def test_its_interval_is_for_the_people_who_are_here(target: Target) -> None:
    off: list[float] = []
    said: list[Effect] = []
    for seed in range(100):
        task, effect = sampled(seed)
        said.append(AIPW(target=InSample(target), **LINEAR).fit(task, seed=seed))
        off.append(said[-1].value - effect[members(target, task)].mean())
    errors = [one.standard_error for one in said]
    # The relative standard error of a standard deviation of 100 draws is 7 %.
    assert np.std(off) == pytest.approx(np.mean(errors), rel=0.2)
    # 95 % of 100: a share of 89 to 99 % but once in 100.
    assert 0.89 <= np.mean(np.abs(off) < 1.96 * np.array(errors)) <= 0.99


def handed(target: Target, roles: Roles = PLAIN, **settings: Any) -> Effect:
    """An effect of nothing at all, with nuisances that have not learnt what everything hangs on."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=300)
    a = (rng.random(300) < 1 / (1 + np.exp(-x))).astype(int)
    frame = pd.DataFrame({"x": x, "a": a, "y": 20.0 + 2.0 * x, "w": rng.uniform(1, 2, 300)})
    task = Task.of(frame, Query("y", do="a"), ("x",), roles)
    split = Split(np.zeros(300, dtype=int), np.full((300, 2), 0.5), np.zeros((300, 2)), ())
    by = AIPW(target=target, **settings)
    return by.effect(task, Nuisances((split,), "known"), 1)


@pytest.mark.parametrize("roles", [PLAIN, Roles(weights="w")])
@pytest.mark.parametrize("target", [Everyone(), Treated(), Untreated()])
def test_a_line_that_the_regression_missed_is_all_of_the_error(
    target: Target, roles: Roles
) -> None:
    here = handed(InSample(target), roles)
    assert abs(here.value) > 0.5  # the truth is zero, without any noise
    assert np.sqrt(here.spread) == pytest.approx(abs(here.value), rel=1e-9)
    assert handed(target, roles).spread == 0.0


def test_a_ratio_may_be_off_as_its_means_are() -> None:
    ratio = handed(InSample(Treated()), contrast=Ratio())
    # Only the mean of the controls has a line to miss, and twenty as its true height.
    low = handed(InSample(Treated()))
    wide = np.sqrt(low.spread) * ratio.value**2 / (low.value / (1.0 - 1.0 / ratio.value))
    assert np.sqrt(ratio.spread) == pytest.approx(wide, rel=1e-9)


def test_nothing_is_left_over_where_the_regression_learnt_every_cell() -> None:
    rng = np.random.default_rng(2)
    x = rng.choice(["a", "b", "c"], 300)
    a = (rng.random(300) < np.select([x == "a", x == "b"], [0.2, 0.5], 0.8)).astype(int)
    frame = pd.DataFrame({"x": x, "a": a, "y": a + (x == "c") + rng.normal(size=300)})
    by = AIPW(
        folds=1,
        outcome=LinearRegression(),
        propensity=DecisionTreeClassifier(),
        target=InSample(Treated()),
    )
    effect = by.fit(Task.of(frame, Query("y", do="a"), ("x",)), seed=1)
    assert effect.spread == pytest.approx(0.0, abs=1e-20)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: InSample(Overlap()), r"takes Everyone\(\), Treated\(\) or Untreated\(\)"),
        (lambda: InSample("treated"), "found 'treated'"),
        (lambda: IPW(target=InSample(Treated())), "IPW has no outcome regression"),
        (lambda: TMLE(target=InSample(Everyone())), "target must be"),
        (lambda: Regression(target=InSample(Treated())), "target must be"),
        (lambda: Matching(target=InSample(Treated())), "target must be"),
    ],
)
def test_who_cannot_aim_at_it_says_so(wrong: object, message: str) -> None:
    with pytest.raises(Exception, match=message) as caught:
        wrong()  # type: ignore[operator]
    assert "Hint:" in str(caught.value)
    assert isinstance(caught.value, TargetError) or "target" in str(caught.value)
