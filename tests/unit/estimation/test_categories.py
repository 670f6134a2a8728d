"""Categories with many levels: encoded by the folds that are learnt from, and by no other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Task
from causalsim.estimation.crossfitting.categories import Encoding, blocks_of, encoded_in_parts
from causalsim.estimation.crossfitting.crossfit import CrossFit


def towns(rows: int, seed: int, levels: int = 60, matters: float = 1.0) -> pd.DataFrame:
    """Towns that decide about treatment and outcome; the effect is 1."""
    rng = np.random.default_rng(seed)
    town = rng.integers(0, levels, rows)
    level = matters * rng.normal(size=levels)[town]
    x = rng.normal(size=rows)
    a = (rng.random(rows) < 1 / (1 + np.exp(-level - 0.5 * x))).astype(int)
    y = 2 * level + x + a + rng.normal(size=rows)
    return pd.DataFrame({"town": [f"t{i:03}" for i in town], "x": x, "a": a, "y": y})


def task_of(frame: pd.DataFrame) -> Task:
    return Task.of(frame, Query("y", do="a"), ("town", "x"))


def test_means_by_level_are_shrunk_by_their_own_noise() -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(30), [2] * 15 + [200] * 15)
    level = rng.normal(size=30)
    target = level[codes] + rng.normal(size=len(codes))
    matrix = (codes[:, None] == np.arange(1, 30)).astype(float)
    (numbers,) = Encoding.fit(matrix, (tuple(range(29)),), target[:, None], None).numbers
    plain = np.array([target[codes == one].mean() for one in range(30)])
    middle = target.mean()
    kept = (numbers[:, 0] - middle) / (plain - middle)
    # Two rows with as much noise as difference between levels keep 2 / 3, two hundred nearly all.
    assert np.median(kept[:15]) == pytest.approx(2 / 3, abs=0.15)
    assert kept[15:].min() > 0.98


def test_a_row_never_enters_its_own_number() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 40, 400)
    matrix = (codes[:, None] == np.arange(1, 40)).astype(float)
    blocks = (tuple(range(39)),)
    noise = rng.normal(size=(400, 1))
    made = encoded_in_parts(matrix, blocks, noise, None, np.random.default_rng(2))
    moved = noise.copy()
    moved[7] += 100.0
    again = encoded_in_parts(matrix, blocks, moved, None, np.random.default_rng(2))
    assert again[7] == made[7]
    assert (again != made).any()
    # What is noise looks like noise: own numbers are uncorrelated with own targets.
    assert abs(np.corrcoef(made[:, 0], noise[:, 0])[0, 1]) < 0.15
    leaking = Encoding.fit(matrix, blocks, noise, None).of(matrix)
    assert np.corrcoef(leaking[:, 0], noise[:, 0])[0, 1] > 0.2


def test_what_is_predicted_never_depends_on_the_fold_s_own_outcomes() -> None:
    task = task_of(towns(400, 1, levels=30))
    recipe = CrossFit(folds=2, repeats=1)
    split = recipe.fit(task, 1).splits[0]
    assert len(blocks_of(task.design.sources)) == 1
    row = int(np.flatnonzero(split.folds == 0)[0])
    changed = task.outcome.copy()
    changed[row] += 1.0
    other = recipe.fit(replace(task, outcome=changed), 1).splits[0]
    # The stack's weights see all outcomes; the propensity none of them.
    assert np.array_equal(other.propensity, split.propensity)


def test_confounding_by_sixty_towns_is_removed() -> None:
    frame = towns(3000, 2)
    effect = AIPW(folds=3, repeats=1).fit(task_of(frame), seed=1)
    assert abs(effect.value - 1.0) < 3 * effect.standard_error
    means = frame.groupby("a")["y"].mean()
    assert means[1] - means[0] > 1.5


def test_a_user_s_learner_sees_the_indicators() -> None:
    class Looking(LinearRegression):  # type: ignore[misc]
        def fit(self, rows: np.ndarray, *rest: object, **named: object) -> "Looking":
            assert rows.shape[1] == 30
            return super().fit(rows, *rest, **named)  # type: ignore[no-any-return]

    task = task_of(towns(400, 1, levels=30))
    AIPW(folds=2, repeats=1, outcome=Looking(), propensity=LogisticRegression()).fit(task, 1)
