"""Sums over a few rows at a time are those of all rows."""

import numpy as np
import pytest

from causalsim.checks.refuting.least_squares import Columns, freed, guessed


@pytest.mark.parametrize("weighted", [False, True])
def test_what_is_left_and_guessed_is_that_of_plain_least_squares(weighted: bool) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(5.0, 3.0, (4500, 3))
    x[:, 2] = x[:, 2] > 5.0  # its square repeats it
    y = x[:, 0] ** 2 - x[:, 1] + rng.normal(size=4500)
    share = rng.uniform(0.5, 2.0, 4500) if weighted else None
    folds = rng.integers(0, 3, 4500)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    plain = np.column_stack([np.ones(4500), z, z**2])
    root = np.sqrt(np.ones(4500) if share is None else share)
    columns = Columns.of(x)
    assert columns.width == plain.shape[1]
    assert np.allclose(columns.of_rows(slice(None)), plain)

    def slopes(rows: np.ndarray) -> np.ndarray:
        scaled = plain[rows] * root[rows, None]
        return np.linalg.lstsq(scaled, y[rows] * root[rows], rcond=None)[0]

    wanted = np.empty(4500)
    for fold in range(3):
        wanted[folds == fold] = plain[folds == fold] @ slopes(folds != fold)
    assert guessed(columns, y, share, folds) == pytest.approx(wanted, abs=1e-6)
    left = freed(columns, np.column_stack([y, 2.0 * y]), share)
    assert left[:, 0] == pytest.approx(y - plain @ slopes(folds >= 0), abs=1e-6)
    assert left[:, 1] == pytest.approx(2.0 * left[:, 0], abs=1e-9)


def test_few_rows_have_no_squares_and_constants_do_no_harm() -> None:
    x = np.column_stack([np.arange(20.0), np.ones(20), np.arange(20.0) % 3])
    columns = Columns.of(x, np.arange(20.0)[:, None] ** 2)
    assert columns.width == 1 + 3 + 1
    left = freed(columns, x[:, :1] + 3.0, None)
    assert left == pytest.approx(np.zeros((20, 1)), abs=1e-6)
