"""The standard error of one person's effect, where another way to it is known."""

import numpy as np
import pytest

from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimation.heterogeneity.metalearners import Materials
from causalsim.estimation.heterogeneity.series import Series


def materials(x: np.ndarray, seed: int, weights: np.ndarray | None = None) -> Materials:
    """A trial with true nuisances, whose effect is the first covariate."""
    rng = np.random.default_rng(seed)
    rows = len(x)
    treated = rng.random(rows) < 0.5
    y = treated * x[:, 0] + rng.normal(size=rows)
    share = np.ones(rows) if weights is None else weights
    return Materials(x, y, treated, np.full(rows, 0.5), np.zeros(rows), x[:, 0], share)


def test_of_two_groups_it_is_that_of_their_means() -> None:
    x = np.repeat([[0.0], [1.0]], [300, 100], axis=0)
    made = materials(x, 1)
    errors = Series.fit(made).standard_error(np.array([[0.0], [1.0]]))
    for value, error in zip((0.0, 1.0), errors, strict=True):
        scores = made.scores[x[:, 0] == value]
        # HC3 takes the variance by n - 1 once more than the textbook does.
        assert error == pytest.approx(scores.std(ddof=1) / len(scores) ** 0.5, rel=0.01)


def test_it_is_the_spread_of_repeated_regressions() -> None:
    x = np.random.default_rng(1).normal(size=(400, 2))
    new = np.array([[0.0, 0.0], [1.0, -1.0], [2.5, 0.0]])
    fits, errors = [], []
    for seed in range(300):
        made = materials(x, seed)
        series = Series.fit(made)
        rows = series._rows(x)
        fits.append(series._rows(new) @ np.linalg.lstsq(rows, made.scores, rcond=None)[0])
        errors.append(series.standard_error(new))
    spread = np.std(fits, axis=0)
    # HC3 errs on the safe side, most where few rows are.
    assert (np.mean(errors, axis=0) > 0.93 * spread).all()
    assert (np.mean(errors, axis=0) < 1.35 * spread).all()


def test_twins_in_clusters_add_nothing() -> None:
    x = np.random.default_rng(2).normal(size=(500, 2))
    made = materials(x, 2)
    twice = np.tile(np.arange(500), 2)
    one = Series.fit(made).standard_error(x[:20])
    two = Series.fit(made.rows(twice), twice).standard_error(x[:20])
    # Twins halve each other's leverage, which HC3 takes off.
    np.testing.assert_allclose(two, one, rtol=0.12)
    alone = Series.fit(made.rows(twice)).standard_error(x[:20])
    assert (alone < 0.8 * one).all()


def test_weights_on_another_scale_change_nothing() -> None:
    x = np.random.default_rng(3).normal(size=(400, 1))
    weights = np.random.default_rng(4).uniform(0.5, 2.0, 400)
    one = Series.fit(materials(x, 3, weights)).standard_error(x[:20])
    two = Series.fit(materials(x, 3, 7 * weights)).standard_error(x[:20])
    np.testing.assert_allclose(one, two, rtol=1e-6)


def test_it_bends_as_far_as_rows_allow_and_not_at_all_without() -> None:
    rng = np.random.default_rng(5)
    widths = []
    for covariates in (2, 6, 15):
        x = rng.normal(size=(400, covariates))
        widths.append(len(Series.fit(materials(x, 5)).center) / covariates)
    assert widths == [6.0, 3.0, 1.0]
    x = rng.normal(size=(400, 50))
    series = Series.fit(materials(x, 5))
    with pytest.raises(HeterogeneityError, match="50 columns stand against 400 rows"):
        series.standard_error(x)


def test_far_from_everybody_it_grows() -> None:
    x = np.random.default_rng(6).normal(size=(400, 1))
    series = Series.fit(materials(x, 6))
    near, far, farther = series.standard_error(np.array([[0.0], [5.0], [50.0]]))
    assert near < far < farther


def test_columns_of_few_or_equal_values_are_taken_as_they_are() -> None:
    rng = np.random.default_rng(7)
    x = np.column_stack(
        [rng.normal(size=300), np.ones(300), rng.integers(0, 3, 300), rng.poisson(0.1, 300)]
    ).astype(float)
    assert np.isfinite(Series.fit(materials(x, 7)).standard_error(x)).all()
