"""Treatments with several arms, and covariates with missing cells."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, Regression, estimate, every_arm
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

GAINS = {"none": 0.0, "half": 1.0, "full": 3.0}
ANSWER = identify(Graph("x -> y <- dose; x -> dose"), Query("y", do="dose"))
QUICK = AIPW(folds=2, repeats=1)


def trial(rows: int = 900, seed: int = 3) -> pd.DataFrame:
    """Three arms whose shares depend on ``x``, which also raises ``y``."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    scores = np.exp(np.outer(x, [-0.7, 0.0, 0.7]))
    shares = scores / scores.sum(axis=1, keepdims=True)
    code = (rng.random((rows, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    dose = np.array(list(GAINS))[code]
    y = 2.0 * x + np.array(list(GAINS.values()))[code] + rng.normal(size=rows)
    return pd.DataFrame({"x": x, "dose": dose, "y": y})


ROWS = trial()


@pytest.mark.parametrize("by", [QUICK, IPW(), Regression()], ids=lambda by: by.name)
def test_two_of_three_arms_are_compared(by: AIPW) -> None:
    effect = estimate(ANSWER, ROWS, by=by, arms=("none", "full"), seed=1)
    assert abs(effect.value - 3.0) < 4 * effect.standard_error
    back = estimate(ANSWER, ROWS, by=by, arms=("full", "none"), seed=1)
    assert back.value == pytest.approx(-effect.value, rel=1e-9)


def test_every_arm_comes_from_one_crossfit() -> None:
    found = every_arm(ANSWER, ROWS, against="none", by=QUICK, seed=1)
    assert [effect.recipe.high for effect in found] == ["full", "half"]
    for effect in found:
        assert abs(effect.value - GAINS[str(effect.recipe.high)]) < 4 * effect.standard_error
    alone = estimate(ANSWER, ROWS, by=QUICK, arms=("none", "half"), seed=1)
    assert found[1].value == pytest.approx(alone.value, rel=1e-12)


def test_the_difference_of_two_arms_is_the_third_comparison() -> None:
    found = every_arm(ANSWER, ROWS, against="none", by=QUICK, seed=1)
    direct = estimate(ANSWER, ROWS, by=QUICK, arms=("half", "full"), seed=1)
    gap = found[0] - found[1]
    assert gap.value == pytest.approx(direct.value, rel=1e-9)
    assert gap.standard_error == pytest.approx(direct.standard_error, rel=1e-9)


def test_joint_intervals_are_wider_than_single_ones_and_narrower_than_bonferroni() -> None:
    found = every_arm(ANSWER, ROWS, against="none", by=QUICK, seed=1)
    joint = found.joint_intervals(seed=1)
    for effect, inside in zip(found, joint, strict=True):
        assert effect.interval(0.95).length < inside.length < effect.interval(0.975).length
    assert found.joint_intervals(seed=1) == joint


def test_joint_intervals_of_the_same_effect_twice_are_its_own() -> None:
    effect = estimate(ANSWER, ROWS, by=Regression(), arms=("none", "full"), seed=1)
    twice = type(every_arm(ANSWER, ROWS, "none", by=QUICK))((effect, effect))
    for inside in twice.joint_intervals(seed=1):
        assert inside.length == pytest.approx(effect.interval().length, rel=0.03)


def test_an_estimator_that_shares_nothing_is_refused() -> None:
    with pytest.raises(EstimationError, match=r"shares its nuisances[\s\S]*by=AIPW"):
        every_arm(ANSWER, ROWS, against="none", by=Regression())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        (None, r"3 levels[\s\S]*every_arm"),
        (("none", "double"), r"double"),
        (("none", "none"), r"two levels of the treatment"),
        ("none", r"two levels of the treatment"),
    ],
)
def test_arms_that_cannot_be_compared(arms: object, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        estimate(ANSWER, ROWS, by=QUICK, arms=arms)  # type: ignore[arg-type]


def holes(frame: pd.DataFrame) -> pd.DataFrame:
    """Three cells of the covariate in ten are lost, by a coin."""
    rng = np.random.default_rng(5)
    return frame.assign(x=frame.x.where(rng.random(len(frame)) > 0.3))


def test_missing_covariates_are_told_and_flagged() -> None:
    torn = holes(ROWS)
    before = torn.copy()
    task = Task.of(torn, Query("y", do="dose"), ("x",), Roles(arms=("none", "full")))
    assert task.design.columns == ("x", "x=(missing)")
    assert np.isfinite(task.design.matrix).all()
    absent = torn.x.isna().to_numpy()
    assert (task.design.matrix[:, 1] == absent).all()
    assert (task.design.matrix[absent, 0] == torn.x.median()).all()
    effect = Regression().fit(task, seed=1)
    assert f"missing in x ({absent.sum()} of 900)" in effect.notes[0]
    pd.testing.assert_frame_equal(torn, before)


def test_missing_cells_of_polars_and_of_strings() -> None:
    made = pl.DataFrame(
        {"g": ["a", None, "b", "a"], "n": [1, None, 3, 5], "a": [0, 1, 0, 1], "y": [1.0, 2, 3, 4]}
    )
    task = Task.of(made, Query("y", do="a"), ("g", "n"))
    assert task.design.columns == ("g=(missing)", "g=b", "n", "n=(missing)")
    assert task.design.matrix[1].tolist() == [1.0, 0.0, 3.0, 1.0]


def test_confounding_through_being_missing_is_removed() -> None:
    rng = np.random.default_rng(8)
    n = 4000
    x = rng.normal(size=n)
    absent = rng.random(n) < 0.4
    # Those of whom nothing is known are treated, and fare, by that fact.
    a = (rng.random(n) < np.where(absent, 0.8, 1 / (1 + np.exp(-x)))).astype(int)
    y = np.where(absent, 3.0, x) + a + rng.normal(size=n)
    frame = pd.DataFrame({"x": np.where(absent, np.nan, x), "a": a, "y": y})
    effect = Regression().fit(Task.of(frame, Query("y", do="a"), ("x",)), seed=1)
    assert abs(effect.value - 1.0) < 4 * effect.standard_error
    dropped = frame.fillna({"x": 0.0})
    naive = Regression().fit(Task.of(dropped, Query("y", do="a"), ("x",)), seed=1)
    assert abs(naive.value - 1.0) > 4 * naive.standard_error
