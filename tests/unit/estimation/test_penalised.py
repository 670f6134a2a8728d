"""Regressions that find each covariate's penalty from the data."""

import numpy as np
import pytest
from scipy.special import expit

from causalsim.estimation.crossfitting import penalised
from causalsim.estimation.crossfitting.features import Features
from causalsim.estimation.crossfitting.learners import LogisticRidge, Ridge
from causalsim.estimation.crossfitting.penalised import logistic_ridge, ridge


def drawn(rows: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 6))
    return x, np.sin(2 * x[:, 0]) + 2 * x[:, 1], rng.normal(size=rows)


def test_what_matters_is_kept_and_what_does_not_is_shrunk_to_nothing() -> None:
    x, mean, noise = drawn(2000)
    features = Features.fit(x, None, products=True)
    line = ridge(features, x, mean + noise, None)
    sizes = np.sqrt(np.bincount(features.groups, weights=line.slopes**2))
    straight = {column: sizes[2 * column] for column in range(6)}
    assert straight[1] == pytest.approx(2.0, abs=0.1)
    assert max(straight[column] for column in (2, 3, 4, 5)) < 0.1
    assert sizes[1] > 5 * max(sizes[place] for place in (3, 5, 7, 9, 11))
    # Least squares on all 63 columns is off by about sqrt(63 / 2000) = 0.18.
    assert np.sqrt(np.mean((line(x) - mean) ** 2)) < 0.12


def test_it_solves_its_own_penalised_equations() -> None:
    x, mean, noise = drawn(500)
    features = Features.fit(x, None, products=False)
    line = ridge(features, x, mean + noise, None)
    columns, y = features.of(x), mean + noise
    pull = columns.T @ (y - line(x))
    ratio = pull / line.slopes  # the penalty of each column
    for group in np.unique(features.groups):
        inside = ratio[features.groups == group]
        assert inside == pytest.approx(inside[0], rel=1e-4)
        assert inside[0] > 0.0


def test_weights_count_as_rows() -> None:
    x, mean, noise = drawn(300)
    times = np.random.default_rng(2).integers(1, 4, 300)
    rows = np.repeat(np.arange(300), times)
    features = Features.fit(x, times.astype(float), products=False)
    few = ridge(features, x, mean + noise, times.astype(float))
    again = ridge(features, x, mean + noise, 7.0 * times)
    assert again(x) == pytest.approx(few(x), abs=1e-9)
    # The sums are those of the repeated rows; only the noise is judged from fewer of them.
    many = ridge(features, x[rows], (mean + noise)[rows], None)
    apart = np.std(few(x) - many(x))
    assert apart < 0.8 * np.std(ridge(features, x, mean + noise, None)(x) - many(x))


@pytest.mark.parametrize("products", [False, True])
def test_two_steps_on_all_rows_are_as_good_as_converging_there(
    products: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, mean, _ = drawn(40_000)
    happened = (np.random.default_rng(3).random(40_000) < expit(mean)).astype(float)
    features = Features.fit(x, None, products)
    whole = logistic_ridge(features, x, happened, None, seed=1)
    monkeypatch.setattr(penalised, "_NUMBERS_AT_ONCE", 8_000 * features.width)
    stepped = logistic_ridge(features, x, happened, None, seed=1)
    some = np.arange(8_000)
    fewer = logistic_ridge(Features.fit(x[some], None, products), x[some], happened[some], None, 1)
    off, off_stepped, off_fewer = (
        float(np.sqrt(np.mean((line(x) - mean) ** 2))) for line in (whole, stepped, fewer)
    )
    assert off_stepped < 1.1 * off
    assert off_fewer > 1.4 * off


def test_turning_the_classes_round_turns_the_probabilities_round() -> None:
    x, mean, noise = drawn(400)
    happened = (mean + noise > 0.5).astype(float)
    there = LogisticRidge().fit(x, happened, None, 1)(x)
    back = LogisticRidge().fit(x, 1.0 - happened, None, 1)(x)
    assert there == pytest.approx(back[:, ::-1], abs=1e-9)


def test_three_classes_are_found() -> None:
    x, _, _ = drawn(6000)
    score = np.column_stack([np.zeros(6000), x[:, 0], -x[:, 1]])
    truth = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    draws = np.random.default_rng(5).random(6000)
    arm = (draws[:, None] > np.cumsum(truth, axis=1)).sum(axis=1).astype(float)
    found = LogisticRidge(products=False).fit(x, arm, None, 1)(x)
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert np.sqrt(np.mean((found - truth) ** 2)) < 0.02


def test_flat_outcomes_repeated_columns_and_separation_give_numbers() -> None:
    x, mean, noise = drawn(200)
    assert Ridge().fit(x, np.full(200, 3.0), None, 1)(x) == pytest.approx(3.0)
    twice = np.column_stack([x, x, np.ones(200)])
    assert np.isfinite(Ridge().fit(twice, mean + noise, None, 1)(twice)).all()
    apart = LogisticRidge().fit(twice, (x[:, 0] > 0).astype(float), None, 1)(twice)
    assert np.isfinite(apart).all()
    assert apart[x[:, 0] > 0.5, 1].min() > 0.8


@pytest.mark.parametrize("products", [False, True])
def test_predicting_without_making_columns_is_the_same(products: bool) -> None:
    rng = np.random.default_rng(1)
    made = rng.normal(size=(400, 3))
    x = np.column_stack([made, rng.integers(0, 5, 400), made[:, 0] > 0, np.ones(400)])
    features = Features.fit(x, None, products)
    slopes = rng.normal(size=features.width)
    new = np.vstack([x, 3 * x])
    assert features.along(new, slopes) == pytest.approx(features.of(new) @ slopes, abs=1e-9)
