"""How sure the effect of one person is: the standard error of a regression of the scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.heterogeneity.metalearners import Materials

#: From rough to smooth: the degree of the splines, and the ranks at which their pieces meet.
_BENDS: tuple[tuple[int, tuple[float, ...]], ...] = (
    (3, (0.0, 0.25, 0.5, 0.75, 1.0)),
    (2, (0.0, 0.5, 1.0)),
)
_ROWS_A_COLUMN = 20
_ROWS_A_LINE = 10
_FEWEST_VALUES = 8
_ROWS_AT_ONCE = 8_192


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A least-squares regression of scores on splines, kept for its standard errors.

    Each covariate bends by cubic splines with pieces that meet at its quartiles; by quadratic ones
    that meet at its median where there would be under 20 rows a column; not at all where
    there still would be. With under ten rows a covariate there is no series.

    Attributes:
        columns: For each covariate what makes its columns.
        center: The mean of each column.
        scale: Its standard deviation; infinite where it is constant.
        spread: The sandwich covariance of the coefficients, intercept first; None without a series.
        rows: The number of rows that rows of unequal weight are worth.
    """

    columns: tuple["_Column", ...]
    center: Matrix
    scale: Matrix
    spread: Matrix | None
    rows: float

    @classmethod
    def fit(cls, materials: Materials, clusters: NDArray[np.int_] | None = None) -> "Series":
        """Regress the scores.

        Args:
            materials: The covariates, scores and weights.
            clusters: The cluster of each row, or None when rows are independent.
        """
        matrix, weights = materials.covariates, materials.weights
        worth = float(weights.sum() ** 2 / np.sum(weights**2))
        columns = _columns(matrix, worth)
        rows = _expanded(columns, matrix)
        share = weights / weights.sum()
        center = share @ rows[:, 1:]
        rows[:, 1:] -= center
        scale = np.sqrt(share @ rows[:, 1:] ** 2)
        scale = np.where(scale <= 1e-10 * (1.0 + np.abs(center)), np.inf, scale)
        if worth < _ROWS_A_LINE * (len(center) + 1):
            return cls(columns, center, scale, None, worth)
        rows[:, 1:] /= scale
        return cls(columns, center, scale, _sandwich(rows, materials, clusters), worth)

    def standard_error(self, matrix: Matrix) -> Matrix:
        """The standard error of the regression at rows of covariates.

        Raises:
            HeterogeneityError: Too many covariates for the rows it was learnt from.
        """
        if self.spread is None:
            raise HeterogeneityError.no_intervals(len(self.columns), round(self.rows))
        rows = self._rows(matrix)
        variance = np.einsum("ij,jk,ik->i", rows, self.spread, rows, optimize=True)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)), dtype=np.float64)

    def _rows(self, matrix: Matrix) -> Matrix:
        """The columns of the series, an intercept first."""
        made = _expanded(self.columns, matrix)
        made[:, 1:] -= self.center
        made[:, 1:] /= self.scale
        return made


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """What a covariate becomes: itself, or splines that go on straight beyond its range.

    Attributes:
        splines: scikit-learn's transformer; None for the covariate itself.
    """

    splines: Any

    def of(self, values: Matrix) -> Matrix:
        """Its columns."""
        if self.splines is None:
            return values[:, None]
        return np.asarray(self.splines.transform(values[:, None]), dtype=np.float64)


def _expanded(columns: tuple[_Column, ...], matrix: Matrix) -> Matrix:
    """A column of ones, and what each covariate becomes."""
    pieces = [one.of(matrix[:, place]) for place, one in enumerate(columns)]
    return np.concatenate([np.ones((len(matrix), 1)), *pieces], axis=1)


def _columns(matrix: Matrix, worth: float) -> tuple[_Column, ...]:
    """The roughest splines for which there are rows enough."""
    for degree, ranks in _BENDS:
        made = tuple(_bent(matrix[:, k], degree, ranks) for k in range(matrix.shape[1]))
        wide = sum(1 if one.splines is None else one.splines.n_features_out_ for one in made)
        if worth >= _ROWS_A_COLUMN * (wide + 1):
            return made
    return tuple(_Column(None) for _ in range(matrix.shape[1]))


def _bent(values: Matrix, degree: int, ranks: tuple[float, ...]) -> _Column:
    """Splines of a covariate with values enough to bend between."""
    from sklearn.preprocessing import SplineTransformer

    knots = np.unique(np.quantile(values, ranks))
    if len(np.unique(values)) < _FEWEST_VALUES or len(knots) < 3:
        return _Column(None)
    made = SplineTransformer(
        degree=degree, knots=knots[:, None], extrapolation="linear", include_bias=False
    )
    return _Column(made.fit(values[:, None]))


def _sandwich(rows: Matrix, materials: Materials, clusters: NDArray[np.int_] | None) -> Matrix:
    """The covariance of the coefficients, right under unequal noise and within clusters."""
    weights, scores = materials.weights, materials.scores
    width = rows.shape[1]
    pieces = [slice(start, start + _ROWS_AT_ONCE) for start in range(0, len(rows), _ROWS_AT_ONCE)]
    gram, cross = np.zeros((width, width)), np.zeros(width)
    for piece in pieces:
        weighted = rows[piece] * weights[piece, None]
        gram += weighted.T @ rows[piece]
        cross += scores[piece] @ weighted
    bread = np.linalg.pinv(gram, hermitian=True)
    slopes = bread @ cross
    count = 0 if clusters is None else int(clusters.max()) + 1
    meat, summed = np.zeros((width, width)), np.zeros((count, width))
    for piece in pieces:
        some, heavy = rows[piece], weights[piece]
        # HC3: a row's own leverage is taken off, since there are many columns.
        leverage = np.minimum(heavy * ((some @ bread) * some).sum(axis=1), 0.99)
        noise = some * (heavy * (scores[piece] - some @ slopes) / (1.0 - leverage))[:, None]
        if clusters is None:
            meat += noise.T @ noise
        else:
            np.add.at(summed, clusters[piece], noise)
    if clusters is not None:
        meat = summed.T @ summed * (count / max(count - 1, 1))
    return np.asarray(bread @ meat @ bread, dtype=np.float64)
