"""Boosted trees are the same whichever library grows them."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from causalsim.estimation.crossfitting import trees
from causalsim.estimation.crossfitting.learners import BoostedClassifier, Boosting
from causalsim.estimation.crossfitting.trees import boosted, suffices


def theirs(
    matrix: np.ndarray, target: np.ndarray, by: Boosting, rows: np.ndarray, weights: object = None
) -> np.ndarray:
    """What scikit-learn's boosting predicts with the same settings."""
    model = HistGradientBoostingRegressor(
        learning_rate=by.rate,
        max_iter=by.trees,
        max_leaf_nodes=by.leaves,
        min_samples_leaf=by.least,
        early_stopping=False,
    )
    return model.fit(matrix, target, sample_weight=weights).predict(rows)


def table(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normal, whole, two-valued, constant and many-valued columns; an outcome; new rows."""
    rng = np.random.default_rng(seed)
    both = np.column_stack(
        [
            rng.standard_normal(2 * rows),
            rng.integers(-3, 4, 2 * rows),
            rng.integers(0, 2, 2 * rows),
            np.full(2 * rows, 7.0),
            rng.exponential(size=2 * rows).round(1),
            1e4 * rng.standard_normal(2 * rows),
        ]
    )
    mean = np.sin(2 * both[:, 0]) + both[:, 1] * both[:, 2] + np.sqrt(both[:, 4])
    return both[:rows], (mean + rng.standard_normal(2 * rows))[:rows], both[rows:]


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(100, 1500),
    leaves=st.integers(2, 16),
    least=st.integers(10, 30),
    unit=st.sampled_from([1e-6, 1.0, 1e6]),
    shift=st.sampled_from([0.0, 5e4]),
)
@settings(max_examples=25, deadline=None)
def test_the_trees_are_those_of_scikit_learn(
    seed: int, rows: int, leaves: int, least: int, unit: float, shift: float
) -> None:
    matrix, target, new = table(seed, rows)
    by = Boosting(trees=30, leaves=leaves, least=least)
    made = boosted(matrix, unit * target + shift, by.rate, by.trees, by.leaves, by.least)(new)
    # Gradients are held in single precision: among columns that cut equally well chance decides.
    off = np.abs(made - theirs(matrix, unit * target + shift, by, new))
    assert np.median(off) <= 1e-5 * unit * target.std() + 1e-9 * shift
    assert np.mean(off > 1e-5 * unit * target.std() + 1e-9 * shift) <= 0.02


def test_equal_weights_are_none() -> None:
    matrix, target, new = table(1, 800)
    by = Boosting(trees=30)
    alone = by.fit(matrix, target, None, 1)(new)
    np.testing.assert_array_equal(by.fit(matrix, target, np.full(800, 2.0), 1)(new), alone)


@pytest.mark.parametrize("column", [0, 4])
def test_incomplete_and_weighted_rows_are_left_to_scikit_learn(column: int) -> None:
    matrix, target, new = table(1, 400)
    weights = np.random.default_rng(1).random(400) + 0.5
    by = Boosting(trees=20)
    assert not suffices(matrix, weights)
    found = by.fit(matrix, target, weights, 1)(new)
    np.testing.assert_array_equal(found, theirs(matrix, target, by, new, weights))
    matrix[::5, column] = np.nan
    assert not suffices(matrix, None)
    found = by.fit(matrix, target, None, 1)(new)
    np.testing.assert_array_equal(found, theirs(matrix, target, by, new))


def test_without_lightgbm_scikit_learn_grows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, target, new = table(1, 400)
    by = Boosting(trees=20)
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    trees._at_hand.cache_clear()
    try:
        assert not suffices(matrix, None)
        found = by.fit(matrix, target, None, 1)(new)
    finally:
        trees._at_hand.cache_clear()
    np.testing.assert_array_equal(found, theirs(matrix, target, by, new))


@given(seed=st.integers(0, 10_000), rows=st.integers(100, 2000), whole=st.booleans())
@settings(max_examples=8, deadline=None)
def test_bins_by_weight_are_those_of_scikit_learn(seed: int, rows: int, whole: bool) -> None:
    matrix, target, new = table(seed, rows)
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 4, rows).astype(float) if whole else rng.random(rows) + 0.1
    by = Boosting(trees=15)
    found = by.fit(matrix, target, weights, 1)(new)
    np.testing.assert_array_equal(found, theirs(matrix, target, by, new, weights))
    classes = (target > target.mean()).astype(float)
    chances = BoostedClassifier(trees=15).fit(matrix, classes, weights, 1)(new)
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=15,
        max_leaf_nodes=5,
        min_samples_leaf=30,
        early_stopping=False,
    )
    model.fit(matrix, classes, sample_weight=weights)
    np.testing.assert_array_equal(chances, model.predict_proba(new))


def test_what_nothing_can_be_learnt_from_is_its_mean() -> None:
    matrix, target, new = table(1, 100)
    by = Boosting()
    assert by.fit(matrix[:, 3:4], target, None, 1)(new[:, 3:4]) == pytest.approx(target.mean())
    assert by.fit(matrix, np.full(100, 0.1), None, 1)(new) == pytest.approx(0.1)
    assert by.fit(matrix[:20], target[:20], None, 1)(new) == pytest.approx(target[:20].mean())
