"""From influence values to standard errors, intervals and p-values.

An estimator with influence values ``psi_i`` (mean zero) behaves as ``theta + mean(psi_i)``, so
that its variance is that of a mean, whichever estimator it was; with clusters, that of a mean of
cluster totals.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from causalsim import frames
from causalsim.errors.estimation import EstimationError


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval.

    Args:
        low: The lower end, in the outcome's unit.
        high: The upper end.
        level: The share of repetitions of the study in which such an interval holds the truth.
    """

    low: float
    high: float
    level: float = 0.95

    def __contains__(self, value: float) -> bool:
        """Whether a value lies inside, the ends included."""
        return self.low <= value <= self.high

    @property
    def length(self) -> float:
        """The distance between the ends."""
        return self.high - self.low

    def __str__(self) -> str:
        """The interval as papers print it."""
        return f"{self.low:.4g} to {self.high:.4g}"


def standard_error(
    influence: NDArray[np.float64], clusters: NDArray[np.int_] | None = None
) -> float:
    """The standard error of an estimate from its influence values.

    ``sqrt(sum_i psi_i^2) / n``; with clusters ``sqrt(G/(G-1) sum_g (sum_{i in g} psi_i)^2) / n``.
    Too small when there are fewer than about thirty clusters.

    Args:
        influence: One value a row, with mean zero, in the unit of the estimate.
        clusters: The cluster of each row as 0, 1, …; None when rows are independent.

    Returns:
        The standard error, in the unit of the estimate.

    >>> standard_error(np.array([1.0, -1.0, 1.0, -1.0]))
    0.5
    """
    n = len(influence)
    if clusters is None:
        return float(np.sqrt(np.sum(influence**2)) / n)
    totals = np.bincount(clusters, weights=influence)
    count = len(totals)
    return float(np.sqrt(count / max(count - 1, 1) * np.sum(totals**2)) / n)


def variance(
    influence: NDArray[np.float64], clusters: NDArray[np.int_] | None
) -> NDArray[np.float64]:
    """The covariance matrix of the means of some columns, each with mean zero.

    >>> variance(np.array([[1.0], [-1.0], [1.0], [-1.0]]), None)
    array([[0.25]])
    """
    n = len(influence)
    if clusters is None:
        return np.asarray(influence.T @ influence / n**2, dtype=np.float64)
    count = int(clusters.max()) + 1
    totals = np.zeros((count, influence.shape[1]))
    np.add.at(totals, clusters, influence)
    return np.asarray(count / max(count - 1, 1) * totals.T @ totals / n**2, dtype=np.float64)


def wald(value: float, error: float, level: float = 0.95) -> Interval:
    """The normal interval ``value ± z error``.

    Args:
        value: The estimate.
        error: Its standard error.
        level: Coverage, between 0 and 1.

    Raises:
        EstimationError: A level outside (0, 1).

    >>> print(wald(0.0, 1.0))
    -1.96 to 1.96
    """
    reach = float(ndtri(0.5 + checked_level(level) / 2)) * error
    return Interval(value - reach, value + reach, level)


def checked_level(level: float) -> float:
    """A confidence level between 0 and 1."""
    if not isinstance(level, int | float) or not 0.0 < level < 1.0:
        raise EstimationError.bad_setting("level", level, "a number between 0 and 1, such as 0.95")
    return level


def pointwise(
    rows: Any,  # noqa: ANN401
    found: NDArray[np.float64],
    error: NDArray[np.float64],
    level: float,
) -> Any:  # noqa: ANN401
    """A frame like ``rows`` with columns ``effect``, ``low`` and ``high``: Wald intervals by row.

    Args:
        rows: A pandas or polars frame.
        found: The effect for each of its rows.
        error: Its standard error.
        level: Pointwise coverage.

    Raises:
        EstimationError: A level outside (0, 1).
    """
    reach = float(ndtri(0.5 + checked_level(level) / 2)) * error
    return frames.build(rows, {"effect": found, "low": found - reach, "high": found + reach})


def p_value(value: float, error: float, expected: float = 0.0) -> float:
    """The two-sided normal p-value of an estimate against an expected value.

    Returns:
        A number between 0 and 1; with a standard error of zero, 1 or 0.

    >>> round(p_value(1.96, 1.0), 3)
    0.05
    """
    if error <= 0.0 or not math.isfinite(error):
        return 1.0 if value == expected else 0.0
    return float(2.0 * ndtr(-abs(value - expected) / error))
