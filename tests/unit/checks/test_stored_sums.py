"""Draws that are read by one product are read as the estimator itself would read each of them."""

import subprocess
import sys
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks import refute
from causalsim.checks.refuting import SUITE
from causalsim.checks.refuting.case import Case
from causalsim.checks.refuting.stored import Stored
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Overlap, Task, Treated
from causalsim.estimation.averaging.targets import Everyone, Target, Untreated
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split
from causalsim.estimation.reading.roles import Roles

LIGHT = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())
TARGETS: tuple[Target, ...] = (Everyone(), Treated(), Untreated(), Overlap())


class Unknown(AIPW):  # type: ignore[misc]
    """An estimator that no check knows by heart."""


def table(rows: int, far: float = 0.0, binary: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(rows, 2))
    a = (1.2 * x[:, 0] + rng.logistic(size=rows) > 0).astype(int)
    y = a * (1 + x[:, 1]) + x.sum(axis=1) + rng.normal(size=rows)
    columns = {"x": x[:, 0], "z": x[:, 1], "a": a, "w": rng.uniform(0.5, 2.0, rows)}
    columns["c"] = np.arange(rows) // 4
    return pd.DataFrame({**columns, "y": (y > 0).astype(int) if binary else y + far})


def task_of(frame: pd.DataFrame, **roles: str) -> Task:
    return Task.of(frame, Query("y", do="a"), ("x", "z"), Roles(**roles))


def stored_of(estimator: AIPW, frame: pd.DataFrame, **roles: str) -> Stored:
    effect = estimator.fit(task_of(frame, **roles), seed=1)
    found = Stored.of(Case.of(effect, frame))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("target", "clip", "weights"), list(product(TARGETS, (None, 0.25), (None, "w"))), ids=str
)
def test_one_draw_is_read_as_the_estimator_reads_it(
    target: Target, clip: float | None, weights: str | None
) -> None:
    frame = table(403, far=50.0)
    stored = stored_of(replace(LIGHT, target=target, clip=clip), frame, weights=weights)
    rng = np.random.default_rng(1)
    arm, y = stored.handed_out(rng), rng.permutation(stored.task.outcome)
    split = Split(stored.folds, stored.propensity, stored.outcome, ())
    task = replace(stored.task, arm=arm.astype(np.int_), outcome=y)
    wanted = stored.estimator.effect(task, Nuisances((split,), ""), 0)
    found = stored.reader(stored.outcome)(arm, y)
    assert found == pytest.approx((wanted.value, wanted.standard_error), rel=1e-9)


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("weights", [None, "w"])
def test_many_draws_at_once_are_read_as_one_by_one(target: Target, weights: str | None) -> None:
    # More rows than are summed at once, and no whole number of bytes.
    stored = stored_of(replace(LIGHT, target=target), table(4099, far=1e4), weights=weights)
    rng = np.random.default_rng(2)
    arms = [stored.handed_out(rng) for _ in range(3)]
    coins = [rng.integers(0, 2, stored.task.height, dtype=np.int8) for _ in range(3)]
    y, read = stored.task.outcome, stored.reader(stored.outcome)
    together = stored.arm_readings(stored.outcome, y, arms)
    assert np.array(together) == pytest.approx(np.array([read(arm, y) for arm in arms]), rel=1e-9)

    def outcomes(arm: np.ndarray, coin: np.ndarray) -> np.ndarray:
        return y + arm * stored.outcome[:, 0] / 1e4 + 2.0 * coin

    worlds = stored.world_readings(stored.outcome, outcomes, zip(arms, coins, strict=True))
    singly = [read(arm, outcomes(arm, coin)) for arm, coin in zip(arms, coins, strict=True)]
    assert np.array(worlds) == pytest.approx(np.array(singly), rel=1e-9)
    drawn = rng.permutation(y)
    one = stored.outcome_reader(stored.outcome, arms[0])(drawn)
    assert one == pytest.approx(read(arms[0], drawn), rel=1e-9)


@pytest.mark.parametrize("clip", [None, 0.05, 0.3])
@pytest.mark.parametrize(("binary", "weights"), [(False, None), (False, "w"), (True, None)])
def test_the_suite_tells_the_same_of_an_estimator_that_it_does_not_know(
    clip: float | None, binary: bool, weights: str | None
) -> None:
    frame = table(301, binary=binary)
    told = []
    ways = [replace(way, repetitions=12) for way in SUITE]  # type: ignore[type-var]
    for kind in (AIPW, Unknown):
        settings = {"folds": 2, "repeats": 1, "outcome": LIGHT.outcome, "clip": clip}
        estimator = kind(propensity=LIGHT.propensity, **settings)
        effect = estimator.fit(task_of(frame, weights=weights), seed=1)
        told.append(refute(effect, frame, by=ways, seed=1))
    for known, unknown in zip(*told, strict=True):
        assert known.draws == pytest.approx(unknown.draws, rel=1e-9, abs=1e-9), known.name
        assert known.p_value == pytest.approx(unknown.p_value, abs=1e-9)


def test_clusters_are_still_added_up() -> None:
    frame = table(400)
    stored = stored_of(LIGHT, frame, clusters="c")
    arm = stored.handed_out(np.random.default_rng(1))
    ((_, error),) = stored.arm_readings(stored.outcome, stored.task.outcome, [arm])
    split = Split(stored.folds, stored.propensity, stored.outcome, ())
    task = replace(stored.task, arm=arm.astype(np.int_))
    wanted = stored.estimator.effect(task, Nuisances((split,), ""), 0)
    assert error == pytest.approx(wanted.standard_error, rel=1e-9)
    assert error != pytest.approx(replace(wanted, clusters=None).standard_error, rel=1e-3)


def test_checks_of_stored_scores_load_no_torch() -> None:
    code = "import sys; from causalsim.checks import refute, PlantedTruth; PlantedTruth()"
    asked = f"{code}; print([name for name in ('torch', 'pyro') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr
