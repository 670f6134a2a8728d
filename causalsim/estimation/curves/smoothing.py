"""A mean along a line from noisy heights: local polynomials, and how far they should look.

References:
    J. Fan, I. Gijbels (1996), Local polynomial modelling and its applications.
"""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_MULTIPLES = np.geomspace(1.0, 8.0, 13)
_PLACES = 101
_TAIL = 0.025


def local_weights(
    places: Matrix, share: Matrix, at: float, bandwidth: float, degree: int
) -> tuple[Matrix, Matrix] | None:
    """What each row counts in a local polynomial fit at one place.

    Args:
        places: Where each row lies.
        share: A weight a row.
        at: The place.
        bandwidth: How far it looks (the reach of an Epanechnikov kernel).
        degree: Of the polynomial.

    Returns:
        ``l`` with ``sum(l heights)`` the fit at the place, and the matrix, rows by powers, with
        which the fit at every row in reach is found; None where too few rows are in reach.

    >>> line = np.linspace(0.0, 1.0, 50)
    >>> weights, _ = local_weights(line, np.ones(50), 0.3, 0.2, 1)
    >>> round(float(weights @ (2 * line + 1)), 9)
    1.6
    """
    apart = (places - at) / bandwidth
    kernel = share * np.maximum(1.0 - apart**2, 0.0)
    powers = np.vander(apart, degree + 1, increasing=True)
    gram = (powers * kernel[:, None]).T @ powers
    if np.count_nonzero(kernel) <= degree + 1 or np.linalg.cond(gram) > 1e12:
        return None
    first = np.linalg.solve(gram, np.eye(degree + 1)[0])
    solver = np.linalg.solve(gram, (powers * kernel[:, None]).T)
    return kernel * (powers @ first), np.asarray(solver, dtype=np.float64)


def in_reach(places: Matrix, share: Matrix, at: float, bandwidth: float) -> float:
    """How many rows of equal weight would count as much as those in reach."""
    kernel = share * np.maximum(1.0 - ((places - at) / bandwidth) ** 2, 0.0)
    return float(kernel.sum() ** 2 / (kernel**2).sum()) if kernel.any() else 0.0


def best_bandwidth(places: Matrix, share: Matrix, heights: Matrix) -> float:
    """The bandwidth of a local line that predicts rows left out best.

    Among 1 to 8 times ``spread n^(-1/5)``, judged by the squared error of every row between the
    outer 2.5 % when it is left out; fits are made on a grid of places and interpolated.

    Args:
        places: Where each row lies.
        share: A weight a row, with mean one.
        heights: What is smoothed.
    """
    low, high = np.quantile(places, [_TAIL, 1.0 - _TAIL])
    quarter, three = np.quantile(places, [0.25, 0.75])
    spread = min(float(places.std()), float(three - quarter) / 1.349) or float(places.std())
    grid = np.linspace(low, high, _PLACES)
    judged = (places >= low) & (places <= high)
    unit = spread * len(places) ** -0.2
    errors = [
        _left_out_error(places, share, heights, grid, judged, multiple * unit)
        for multiple in _MULTIPLES
    ]
    return float(_MULTIPLES[int(np.argmin(errors))] * unit)


def _left_out_error(
    places: Matrix,
    share: Matrix,
    heights: Matrix,
    grid: Matrix,
    judged: NDArray[np.bool_],
    bandwidth: float,
) -> float:
    """The mean squared error of rows that are left out of a local line."""
    fit, own = np.empty(len(grid)), np.empty(len(grid))
    for number, at in enumerate(grid):
        apart = (places - at) / bandwidth
        kernel = share * np.maximum(1.0 - apart**2, 0.0)
        zero, one, two = kernel.sum(), kernel @ apart, kernel @ apart**2
        below = zero * two - one * one
        if below <= 1e-10 * zero * max(two, 1e-300):
            return np.inf
        fit[number] = float((kernel * (two - one * apart)) @ heights) / below
        own[number] = two / below
    at_rows = np.interp(places[judged], grid, fit)
    leverage = np.minimum(np.interp(places[judged], grid, own) * share[judged], 0.95)
    error = (heights[judged] - at_rows) / (1.0 - leverage)
    return float(np.average(error**2, weights=share[judged]))
