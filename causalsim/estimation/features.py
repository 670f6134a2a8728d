"""Columns that let a linear model bend: natural cubic splines, standardised."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KNOT_RANKS = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
}
_FEWEST_VALUES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A fitted map from covariates to standardised spline columns.

    A column with at least eight different values becomes itself and the natural cubic spline
    terms of Harrell, which are linear beyond the outer knots, so that a prediction for an
    unusual row stays reasonable; one with three to seven values (a coded category, a count)
    becomes itself and an indicator of each value but the outer two, so that it may have any
    shape; one with two values stands for itself. Columns that are constant in the rows they
    were fitted to become zero.

    Attributes:
        knots: For each covariate the knots of its spline; none when it has no spline.
        steps: For each covariate the values that have an indicator.
        center: Mean of each column that is made.
        scale: Standard deviation of each column that is made; 1 where it is constant.

    References:
        F. Harrell (2015), Regression Modeling Strategies, 2nd edition, section 2.4.5.
    """

    knots: tuple[tuple[float, ...], ...]
    steps: tuple[tuple[float, ...], ...]
    center: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, matrix: NDArray[np.float64], weights: NDArray[np.float64] | None) -> "Features":
        """Place the knots at quantiles of these rows and take their means and deviations."""
        knots = tuple(_knots(matrix[:, column]) for column in range(matrix.shape[1]))
        steps = tuple(_steps(matrix[:, column]) for column in range(matrix.shape[1]))
        raw = _expanded(matrix, knots, steps)
        center = np.average(raw, axis=0, weights=weights)
        spread = np.sqrt(np.average((raw - center) ** 2, axis=0, weights=weights))
        constant = spread <= 1e-10 * (1.0 + np.abs(center))
        return cls(knots, steps, center, np.where(constant, np.inf, spread))

    def of(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The columns of these rows, one row of the result for each."""
        return (_expanded(matrix, self.knots, self.steps) - self.center) / self.scale


def _knots(column: NDArray[np.float64]) -> tuple[float, ...]:
    """Three to five different quantiles, or nothing for a column with few values."""
    if len(np.unique(column)) < _FEWEST_VALUES:
        return ()
    for ranks in (_KNOT_RANKS[5], _KNOT_RANKS[4], _KNOT_RANKS[3]):
        found = np.unique(np.quantile(column, ranks))
        if len(found) == len(ranks):
            return tuple(float(knot) for knot in found)
    return ()


def _steps(column: NDArray[np.float64]) -> tuple[float, ...]:
    """The inner values of a column with few of them."""
    found = np.unique(column)
    if len(found) >= _FEWEST_VALUES:
        return ()
    return tuple(float(value) for value in found[1:-1])


def _expanded(
    matrix: NDArray[np.float64],
    knots: tuple[tuple[float, ...], ...],
    steps: tuple[tuple[float, ...], ...],
) -> NDArray[np.float64]:
    """Every covariate followed by its spline terms or indicators."""
    parts: list[NDArray[Any]] = [np.empty((len(matrix), 0))]
    for column, places in enumerate(knots):
        parts.append(matrix[:, column : column + 1])
        if places:
            parts.append(_natural_cubic(matrix[:, column], np.array(places)))
        if steps[column]:
            parts.append(matrix[:, column : column + 1] == np.array(steps[column]))
    return np.concatenate(parts, axis=1)


def _natural_cubic(x: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Harrell's k - 2 restricted cubic terms for k knots (his equation 2.25)."""
    last, before = knots[-1], knots[-2]
    width = (last - knots[0]) ** 2

    def cubed(knot: float) -> NDArray[np.float64]:
        return np.maximum(x - knot, 0.0) ** 3

    terms = [
        (
            cubed(knot)
            - cubed(before) * (last - knot) / (last - before)
            + cubed(last) * (before - knot) / (last - before)
        )
        / width
        for knot in knots[:-2]
    ]
    return np.stack(terms, axis=1)
