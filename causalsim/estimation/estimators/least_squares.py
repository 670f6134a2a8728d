"""Least squares on treatment, covariates and their products, whatever the units are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.reading import ReadingError
from causalsim.estimation.averaging.targets import arms_taken
from causalsim.estimation.reading.task import Task

Matrix = NDArray[np.float64]
_CONSTANT, _SINGULAR, _BEYOND, _SPENT = 1e-12, 1e-12, 1e-6, 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class LeastSquares:
    """A fitted regression.

    Attributes:
        middle: What is subtracted from each covariate.
        scale: What it is divided by.
        products: Which covariates are multiplied with the treatment.
        norms: What each column of the regression is divided by.
        basis: The directions of the columns, standardised, of which the rows say something.
        slopes: The coefficients of the columns, standardised.
        score: Their influence values, rows by columns.
        leverage: What each row decides of its own prediction, from 0 to 1.
    """

    middle: Matrix
    scale: Matrix
    products: NDArray[np.bool_]
    norms: Matrix
    basis: Matrix
    slopes: Matrix
    score: Matrix
    leverage: Matrix

    @classmethod
    def of(cls, task: Task, products: NDArray[np.bool_]) -> "LeastSquares":
        """Fit a task's outcome.

        Columns are centred and scaled before anything is solved, so that neither the unit nor the
        origin of a covariate can make a column look as if it repeated another.
        """
        weights, matrix = task.share, task.design.matrix
        middle = np.average(matrix, axis=0, weights=weights)
        spread = np.sqrt(np.average((matrix - middle) ** 2, axis=0, weights=weights))
        varies = spread > _CONSTANT * np.abs(matrix).max(axis=0, initial=0.0)
        scale = np.where(varies, spread, np.inf)
        plain = _columns(arms_taken(task), (matrix - middle) / scale, products)
        norms = np.sqrt(np.average(plain**2, axis=0, weights=weights))
        norms = np.where(norms > 0.0, norms, 1.0)
        rows = plain / norms
        weighed = rows * weights[:, None]
        values, vectors = np.linalg.eigh(weighed.T @ rows / task.height)
        kept = values > _SINGULAR * values.max()
        basis = vectors[:, kept]
        bread = (basis / values[kept]) @ basis.T
        # The mean is taken off first, lest a far origin of the outcome eat the digits.
        level = float(np.average(task.outcome, weights=weights))
        slopes = bread @ (weighed.T @ (task.outcome - level)) / task.height
        left = task.outcome - level - rows @ slopes
        slopes[0] += level
        turned = rows @ bread
        leverage = weights * (turned * rows).sum(axis=1) / task.height
        score = turned * (weights * left)[:, None]
        return cls(middle, scale, products, norms, basis, slopes, score, leverage)

    @property
    def repeated(self) -> int:
        """How many columns say nothing that others do not."""
        return int(self.basis.shape[0] - self.basis.shape[1])

    def columns(self, taken: Matrix, matrix: Matrix) -> Matrix:
        """The columns of the regression, for rows of covariates and the arms they are to be in."""
        made = _columns(taken, (matrix - self.middle) / self.scale, self.products)
        return np.asarray(made / self.norms, dtype=np.float64)

    def beyond(self, columns: Matrix) -> NDArray[np.bool_]:
        """Whether a prediction needs a coefficient of which the rows say nothing."""
        outside = columns - (columns @ self.basis) @ self.basis.T
        size = np.sqrt((columns**2).sum(axis=-1))
        return np.asarray(np.sqrt((outside**2).sum(axis=-1)) > _BEYOND * size)


def standardised(matrix: Matrix) -> Matrix:
    """The columns that vary, with mean zero and deviation one, so that units do not matter."""
    centered = matrix - matrix.mean(axis=0)
    spread = centered.std(axis=0)
    varies = spread > _CONSTANT * np.abs(matrix).max(axis=0, initial=0.0)
    return np.asarray(centered[:, varies] / spread[varies], dtype=np.float64)


def check_rows(fitted: LeastSquares, task: Task) -> None:
    """Arms with more rows than the regression has coefficients for them.

    Raises:
        ReadingError: An arm that is predicted without error by as many coefficients as rows.
    """
    for code in np.flatnonzero(np.array(task.contrast)):
        free = 1.0 - fitted.leverage[task.arm == code]
        if float(free.max()) < _SPENT:
            raise ReadingError.saturated(task.treatment, task.levels[code], len(free))


def crowded(fitted: LeastSquares, task: Task) -> tuple[str, ...]:
    """A warning where an arm has few rows for each coefficient."""
    for code in np.flatnonzero(np.array(task.contrast)):
        spent = fitted.leverage[task.arm == code]
        if float(spent.mean()) > 0.25:
            return (
                f"{spent.sum():.0f} coefficients for {len(spent)} rows with {task.treatment} = "
                f"{task.levels[code]}: the interval is too short",
            )
    return ()


def _columns(taken: Matrix, matrix: Matrix, products: NDArray[np.bool_]) -> Matrix:
    """An intercept, the arms but the first, the covariates, and the chosen products."""
    parts = [np.ones((len(matrix), 1)), taken[:, 1:], matrix]
    parts.extend(
        taken[:, code : code + 1] * matrix[:, products] for code in range(1, taken.shape[1])
    )
    return np.concatenate(parts, axis=1)
