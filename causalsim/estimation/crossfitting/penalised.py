"""Ridge regression from sums over the rows: one pass, little memory, every penalty at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.crossfitting.features import Features

Matrix = NDArray[np.float64]
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A linear function of standardised columns.

    Attributes:
        features: From covariates to these columns.
        middle: The prediction where every column is zero.
        slopes: What a standard deviation of each column adds.
    """

    features: Features
    middle: float
    slopes: Matrix

    def __call__(self, matrix: Matrix) -> Matrix:
        """The prediction for each row."""
        made = [self.features.of(matrix[part]) @ self.slopes for part in parts(len(matrix))]
        return self.middle + np.concatenate(made)


def ridge(
    features: Features,
    matrix: Matrix,
    target: Matrix,
    weights: Matrix | None,
    penalties: tuple[float, ...],
) -> Line:
    """Ridge regression on standardised columns, the penalty by its leave-one-out errors.

    With the columns' Gram matrix ``G = V diag(s) V'`` and a penalty ``a``, row ``i`` has the
    leverage ``h_i = w_i sum_j (V'z_i)_j^2 / (s_j + a) + w_i / n``, and its error when it is left
    out is ``(y_i - f(z_i)) / (1 - h_i)``: every penalty is judged from one decomposition. The rows
    are only summed over, a few at a time, and never held as a wide matrix.

    Args:
        features: Fitted to these rows, so that the columns have mean zero.
        matrix: The covariates.
        target: What is regressed on them.
        weights: A weight a row, or None.
        penalties: What is added to the diagonal of the Gram matrix; the best is taken.

    Returns:
        The fitted line.
    """
    share = np.ones(len(target)) if weights is None else weights / weights.mean()
    middle = float(np.average(target, weights=share))
    width = features.width
    gram, cross = np.zeros((width, width)), np.zeros(width)
    for part in parts(len(target)):
        columns = features.of(matrix[part])
        weighted = columns * share[part, None]
        gram += weighted.T @ columns
        cross += weighted.T @ (target[part] - middle)
    sizes, axes = np.linalg.eigh(gram)
    # Directions that the rows do not span carry nothing but rounding.
    spanned = sizes > 1e-10 * max(float(sizes[-1]), 1e-300)
    sizes, axes = sizes[spanned], axes[:, spanned]
    shrunk = 1.0 / (sizes[:, None] + np.array(penalties))
    coefficients = (axes.T @ cross)[:, None] * shrunk
    judged = np.zeros(len(penalties))
    for part in parts(len(target)):
        along = features.of(matrix[part]) @ axes
        left = target[part, None] - middle - along @ coefficients
        leverage = share[part, None] * (along**2 @ shrunk + 1.0 / len(target))
        judged += share[part] @ (left / np.maximum(1.0 - leverage, 1e-9)) ** 2
    return Line(features, middle, axes @ coefficients[:, int(np.argmin(judged))])


def parts(height: int) -> Iterator[slice]:
    """The rows, a few at a time."""
    for start in range(0, max(height, 1), _ROWS_AT_ONCE):
        yield slice(start, start + _ROWS_AT_ONCE)
