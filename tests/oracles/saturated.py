"""Learners that know nothing but the means of cells: with them an estimator is its formula."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Prediction = Callable[[Matrix], Matrix]


@dataclass(frozen=True, slots=True)
class CellMeans:
    """The mean of the target in every combination of the covariates."""

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn the means."""
        share = np.ones(len(target)) if weights is None else weights
        rows = [tuple(row) for row in matrix]
        sums: dict[tuple[float, ...], Matrix] = {}
        for row, value, weight in zip(rows, target, share, strict=True):
            sums[row] = sums.get(row, np.zeros(2)) + np.array([weight * value, weight])
        return lambda new: np.array([sums[tuple(row)][0] / sums[tuple(row)][1] for row in new])


@dataclass(frozen=True, slots=True)
class CellShares:
    """The share of each class in every combination of the covariates."""

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn the shares."""
        each = [
            CellMeans().fit(matrix, np.asarray(target == code, dtype=np.float64), weights, seed)
            for code in range(int(target.max()) + 1)
        ]
        return lambda new: np.column_stack([one(new) for one in each])
