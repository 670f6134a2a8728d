"""Columns that let a linear model bend: cubic splines, indicators and products, standardised."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

_KNOT_RANKS = (0.0, 0.02, 0.25, 0.5, 0.75, 0.98, 1.0)
_FEWEST_VALUES = 8
_SUFFICE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A fitted map from covariates to standardised columns.

    A column with at least eight different values becomes itself and cubic B-splines with knots
    at its quartiles and near its ends, which stay constant beyond the values they were fitted to,
    so that a prediction for an unusual row stays reasonable; one with three to seven values (a
    coded category, a count) becomes itself and an indicator of each value but the outer two, so
    that it may have any shape; one with two values stands for itself. Products of pairs of
    covariates may follow. Columns that are constant in the rows they were fitted to become zero.

    Attributes:
        knots: For each covariate the knots of its spline; none when it has no spline.
        steps: For each covariate the values that have an indicator.
        middle: The means that are taken off before covariates are multiplied.
        pairs: The places of the covariates that are multiplied, two columns.
        center: Mean of each column that is made.
        scale: Standard deviation of each column that is made; infinite where it is constant.

    References:
        P. Eilers, B. Marx (1996), Flexible smoothing with B-splines and penalties, Statistical
        Science 11.
    """

    knots: tuple[tuple[float, ...], ...]
    steps: tuple[tuple[float, ...], ...]
    middle: NDArray[np.float64]
    pairs: NDArray[np.int_]
    center: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        matrix: NDArray[np.float64],
        weights: NDArray[np.float64] | None,
        products: bool = False,
    ) -> "Features":
        """Place the knots at quantiles of these rows and take their means and deviations.

        Args:
            matrix: The covariates, one row a person.
            weights: A weight a row, or None.
            products: Whether pairs of covariates are multiplied; left out when there would be
                more pairs than a fifth of the rows.

        Returns:
            The fitted map.
        """
        height, width = matrix.shape
        some, share = _sampled(matrix, weights)
        values = [np.unique(some[:, column]) for column in range(width)]
        knots = tuple(_knots(some[:, place], one) for place, one in enumerate(values))
        steps = tuple(_steps(one) for one in values)
        middle = np.average(some, axis=0, weights=share)
        pairs = np.stack(np.triu_indices(width, k=1), axis=1)
        if not products or too_many_pairs(height, width):
            pairs = pairs[:0]
        raw = _expanded(some, knots, steps, middle, pairs)
        counted = np.full(len(some), 1.0 / len(some)) if share is None else share / share.sum()
        center = counted @ raw
        raw -= center
        raw *= raw
        spread = np.sqrt(counted @ raw)
        if len(some) < height:  # what is rare may be missing among some of the rows
            itself = np.cumsum([0, *(1 + _bends(k, t) for k, t in zip(knots, steps, strict=True))])
            center[itself[:-1]] = np.average(matrix, axis=0, weights=weights)
            spread[itself[:-1]] = matrix.std(axis=0)
        # Judged against the size of what was read, so that the unit makes no difference.
        size = np.hypot(center, spread)
        own = np.sqrt(np.average(some**2, axis=0, weights=share))
        size[len(size) - len(pairs) :] = own[pairs[:, 0]] * own[pairs[:, 1]]
        constant = spread <= 1e-12 * size
        return cls(knots, steps, middle, pairs, center, np.where(constant, np.inf, spread))

    @property
    def width(self) -> int:
        """How many columns are made."""
        return len(self.center)

    @property
    def groups(self) -> NDArray[np.int_]:
        """For each column the group it belongs to: a covariate, its bends, or one product."""
        sizes = []
        for knots, steps in zip(self.knots, self.steps, strict=True):
            bends = _bends(knots, steps)
            sizes.extend([1, bends] if bends else [1])
        sizes.extend([1] * len(self.pairs))
        return np.repeat(np.arange(len(sizes)), sizes)

    def of(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The columns of these rows, one row of the result for each."""
        made = _expanded(matrix, self.knots, self.steps, self.middle, self.pairs)
        made -= self.center
        made /= self.scale
        return made

    def along(
        self, matrix: NDArray[np.float64], slopes: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """``of(matrix) @ slopes``, without making the columns."""
        slopes = slopes / self.scale
        total = np.full(len(matrix), -float(self.center @ slopes))
        place = 0
        for column, (knots, steps) in enumerate(zip(self.knots, self.steps, strict=True)):
            x, bends = matrix[:, column], _bends(knots, steps)
            own = slopes[place + 1 : place + 1 + bends]
            total += slopes[place] * x
            if knots and own.any():
                curve = BSpline(_ends(np.array(knots)), np.append(0.0, own), 3)
                total += curve(np.clip(x, knots[0], knots[-1]))
            for value, slope in zip(steps, own if steps else (), strict=True):
                total += slope * (x == value)
            place += 1 + bends
        if len(self.pairs):
            centered = matrix - self.middle
            products = np.zeros((matrix.shape[1], matrix.shape[1]))
            products[self.pairs[:, 0], self.pairs[:, 1]] = slopes[place:]
            total += np.einsum("ij,ij->i", centered @ products, centered)
        return total


def _sampled(
    matrix: NDArray[np.float64], weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """The rows, or as many random ones as suffice for quantiles and scales."""
    if len(matrix) <= _SUFFICE:
        return matrix, weights
    chosen = np.sort(np.random.default_rng(0).choice(len(matrix), _SUFFICE, replace=False))
    return matrix[chosen], None if weights is None else weights[chosen]


def _bends(knots: tuple[float, ...], steps: tuple[float, ...]) -> int:
    """How many columns a covariate has beside itself."""
    return len(knots) + 1 if knots else len(steps)


def too_many_pairs(height: int, width: int) -> bool:
    """Whether so many rows are too few for products of so many covariates."""
    return width * (width - 1) / 2 > height / 5


def _knots(column: NDArray[np.float64], found: NDArray[np.float64]) -> tuple[float, ...]:
    """The different ones among the knots, or nothing for a column with few values."""
    if len(found) < _FEWEST_VALUES:
        return ()
    return tuple(float(knot) for knot in np.unique(np.quantile(column, _KNOT_RANKS)))


def _steps(found: NDArray[np.float64]) -> tuple[float, ...]:
    """The inner ones of a column's values where they are few."""
    if len(found) >= _FEWEST_VALUES:
        return ()
    return tuple(float(value) for value in found[1:-1])


def _expanded(
    matrix: NDArray[np.float64],
    knots: tuple[tuple[float, ...], ...],
    steps: tuple[tuple[float, ...], ...],
    middle: NDArray[np.float64],
    pairs: NDArray[np.int_],
) -> NDArray[np.float64]:
    """Every covariate followed by its spline terms or indicators; then the products."""
    bends = [_bends(some, values) for some, values in zip(knots, steps, strict=True)]
    width = len(knots) + sum(bends)
    # Column by column in memory, as it is filled.
    made = np.empty((len(matrix), width + len(pairs)), order="F")
    place = 0
    for column, more in enumerate(bends):
        x = matrix[:, column]
        made[:, place] = x
        if knots[column]:
            _cubic(x, np.array(knots[column]), made[:, place + 1 : place + 1 + more])
        for number, value in enumerate(steps[column], start=place + 1):
            made[:, number] = x == value
        place += 1 + more
    centered = np.asfortranarray(matrix - middle)
    for number, (one, other) in enumerate(pairs, start=width):
        np.multiply(centered[:, one], centered[:, other], out=made[:, number])
    return made


def _cubic(x: NDArray[np.float64], knots: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """The cubic B-splines on these knots but the first, constant outside of them.

    The four that are not zero between two knots follow from each other (C. de Boor 1972).
    """
    ends, pieces, height = _ends(knots), len(knots) - 1, len(x)
    inside = np.clip(x, knots[0], knots[-1])
    piece = np.zeros(height, dtype=np.intp)
    for knot in knots[1:-1]:
        piece += inside >= knot
    near = [ends[first : first + pieces][piece] for first in range(1, 7)]
    below = [inside - near[2 - back] for back in range(3)]
    above = [near[3 + ahead] - inside for ahead in range(3)]
    terms = [np.ones(height)]
    for degree in range(1, 4):
        carried = np.zeros(height)
        for number in range(degree):
            before = below[degree - 1 - number]
            part = terms[number] / (above[number] + before)
            terms[number] = carried + above[number] * part
            carried = before * part
        terms.append(carried)
    made = np.zeros((pieces + 3, height))
    flat, place = made.reshape(-1), piece * height + np.arange(height)
    for term in terms:
        flat[place] = term
        place += height
    out[:] = made[1:].T


def _ends(knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """The knots with the outer ones repeated, as cubic splines want them."""
    return np.concatenate([np.repeat(knots[0], 3), knots, np.repeat(knots[-1], 3)])
