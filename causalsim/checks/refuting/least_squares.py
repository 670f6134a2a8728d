"""Least squares on the covariates and their squares, summed over the rows a few at a time.

Predictions learnt elsewhere do not belong among the columns: within one fold they may be exact
sums of covariates, and slopes learnt there mean nothing in another.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE = 4096
Matrix = NDArray[np.float64]
Folds = NDArray[np.int_]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A constant, the covariates and their squares, standardised, and what else is given.

    Attributes:
        matrix: The covariates, rows by columns.
        middle: Their means.
        scale: Their standard deviations.
        squared: Whether their squares are there.
        others: Further columns, as they are.
    """

    matrix: Matrix
    middle: Matrix
    scale: Matrix
    squared: bool
    others: Matrix

    @classmethod
    def of(cls, matrix: Matrix, others: Matrix | None = None) -> "Columns":
        """The columns of these covariates; squares where there are rows enough."""
        height, width = matrix.shape
        middle, squares = matrix.mean(axis=0), np.zeros(width)
        for rows in _pieces(height):
            squares += ((matrix[rows] - middle) ** 2).sum(axis=0)
        scale = np.maximum(np.sqrt(squares / height), 1e-300)
        more = np.empty((height, 0)) if others is None else others
        return cls(matrix, middle, scale, 10 * width < height, more)

    @property
    def width(self) -> int:
        """How many columns there are."""
        covariates = int(self.matrix.shape[1])
        return 1 + covariates * (2 if self.squared else 1) + int(self.others.shape[1])

    def of_rows(self, rows: slice) -> Matrix:
        """The columns of some rows."""
        plain = (self.matrix[rows] - self.middle) / self.scale
        parts = [np.ones((len(plain), 1)), plain]
        if self.squared:
            parts.append(plain**2)
        return np.concatenate([*parts, self.others[rows]], axis=1)


def guessed(columns: Columns, target: Matrix, share: Matrix | None, folds: Folds) -> Matrix:
    """A column predicted by least squares that never saw the fold it is predicted for.

    Args:
        columns: What it is regressed on.
        target: The column.
        share: A weight a row, or None.
        folds: The fold of each row; with one fold all rows are learnt from.
    """
    grams, sides = _sums(columns, target[:, None], share, folds)
    whole, side = grams.sum(axis=0), sides.sum(axis=0)
    if len(grams) > 1:
        grams, sides = whole - grams, side - sides
    slopes = np.concatenate(
        [_slopes(gram, right, whole) for gram, right in zip(grams, sides, strict=True)], axis=1
    )
    made = np.empty(len(target))
    for rows in _pieces(len(target)):
        own = folds[rows]
        made[rows] = (columns.of_rows(rows) @ slopes)[np.arange(len(own)), own]
    return made


def freed(columns: Columns, targets: Matrix, share: Matrix | None) -> Matrix:
    """What least squares on the same rows leaves of several targets, rows by targets."""
    grams, sides = _sums(columns, targets, share, np.zeros(len(targets), dtype=np.int_))
    slopes = _slopes(grams[0], sides[0], grams[0])
    made = np.empty_like(targets)
    for rows in _pieces(len(targets)):
        made[rows] = targets[rows] - columns.of_rows(rows) @ slopes
    return made


def _sums(
    columns: Columns, targets: Matrix, share: Matrix | None, folds: Folds
) -> tuple[Matrix, Matrix]:
    """Products of columns with each other and with the targets, fold by fold."""
    count, width = int(folds.max()) + 1, columns.width
    grams, sides = np.zeros((count, width, width)), np.zeros((count, width, targets.shape[1]))
    for rows in _pieces(len(targets)):
        made, aims, own = columns.of_rows(rows), targets[rows], folds[rows]
        weighted = made if share is None else made * share[rows, None]
        for fold in range(count):
            some = slice(None) if count == 1 else own == fold
            turned = weighted[some].T
            grams[fold] += turned @ made[some]
            sides[fold] += turned @ aims[some]
    return grams, sides


def _slopes(gram: Matrix, side: Matrix, whole: Matrix) -> Matrix:
    """The shortest solution, steadied where columns repeat each other."""
    tiny = 1e-9 * np.diag(np.diag(whole)) + 1e-12 * np.eye(len(whole))
    return np.asarray(np.linalg.lstsq(gram + tiny, side, rcond=None)[0], dtype=np.float64)


def _pieces(height: int) -> Iterator[slice]:
    """The rows, as many at a time as stay in the cache."""
    for start in range(0, height, _ROWS_AT_ONCE):
        yield slice(start, start + _ROWS_AT_ONCE)
