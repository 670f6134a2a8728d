"""Effects of this sample against effects of the population that it stands for."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.errors.targets import TargetError
from causalsim.estimand.query import Query
from causalsim.estimation import (
    AIPW,
    IPW,
    TMLE,
    Effect,
    Everyone,
    Overlap,
    Task,
    Treated,
    Untreated,
)
from causalsim.estimation.estimators import Matching, Regression
from causalsim.estimation.targets import InSample, Target

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
    assert here.standard_error < 0.7 * whole.standard_error
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
