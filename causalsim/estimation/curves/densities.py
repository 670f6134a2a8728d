"""How likely each dose was for somebody with given covariates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.crossfitting.crossfit import out_of_fold
from causalsim.estimation.reading.doses import DoseTask, check_left
from causalsim.seeds import Seed

Matrix = NDArray[np.float64]
_POINTS = 1024
_LEAST_SCALE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class DoseDensity:
    """``p(d | x) = f((d - m(x)) / s(x)) / s(x)``: a location, a scale, and one shape for all.

    Attributes:
        location: ``m(x)`` of each row, out of fold.
        scale: ``s(x)`` of each row, out of fold.
        points: Where the density ``f`` of the standardised residuals is known.
        shape: Its height there.
        explained: The share of the dose's variance that ``m`` explains, out of fold.
    """

    location: Matrix
    scale: Matrix
    points: Matrix
    shape: Matrix
    explained: float

    @classmethod
    def learnt(
        cls,
        task: DoseTask,
        folds: NDArray[np.int_],
        learner: Any,  # noqa: ANN401
        seed: Seed,
    ) -> "DoseDensity":
        """Learn the dose's mean, the size of its residual, and the residual's shape.

        Args:
            task: The data in their roles.
            folds: The fold of each row.
            learner: A scikit-learn regressor of the dose, or several; None is the default stack.
            seed: Decides the learners' chance.

        Raises:
            EstimationError: A dose that the covariates determine.
        """
        matrix, weights = task.design.matrix, task.weights
        mean = seed.child("dose")
        location = out_of_fold(matrix, task.dose, weights, folds, learner, mean)
        left = task.dose - location
        explained = task.explained(location)
        check_left(task.query.treatments[0], explained)
        size = np.abs(left)
        spread = seed.child("scale")
        guessed = out_of_fold(matrix, size, weights, folds, learner, spread)
        scale = np.maximum(guessed, _LEAST_SCALE * size.mean())
        return cls(location, scale, *_shape(left / scale, weights), explained)

    def of(self, doses: Matrix) -> Matrix:
        """The density of each row's own dose, or of another one a row."""
        apart = (doses - self.location) / self.scale
        found = np.interp(apart, self.points, self.shape, left=0.0, right=0.0)
        return np.asarray(found / self.scale, dtype=np.float64)


def _shape(residuals: Matrix, weights: Matrix | None) -> tuple[Matrix, Matrix]:
    """The density of standardised residuals by a Gaussian kernel, on a grid."""
    share = np.ones(len(residuals)) if weights is None else weights
    share = share / share.sum()
    mean = float(share @ residuals)
    deviation = float(np.sqrt(share @ (residuals - mean) ** 2))
    low, high = np.quantile(residuals, [0.25, 0.75])
    spread = min(deviation, float(high - low) / 1.349) or deviation
    width = 0.9 * spread * float(np.sum(share**2)) ** 0.2
    points = np.linspace(residuals.min() - 4 * width, residuals.max() + 4 * width, _POINTS)
    step = points[1] - points[0]
    counts = np.bincount(
        np.round((residuals - points[0]) / step).astype(np.int_), weights=share, minlength=_POINTS
    )
    reach = np.arange(-_POINTS + 1, _POINTS) * step
    kernel = np.exp(-0.5 * (reach / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return points, np.convolve(counts, kernel, mode="valid")
