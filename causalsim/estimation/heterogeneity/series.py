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
        raw = np.column_stack([one.of(matrix[:, k]) for k, one in enumerate(columns)])
        center = np.average(raw, axis=0, weights=weights)
        scale = np.sqrt(np.average((raw - center) ** 2, axis=0, weights=weights))
        scale = np.where(scale <= 1e-10 * (1.0 + np.abs(center)), np.inf, scale)
        made = cls(columns, center, scale, None, worth)
        if worth < _ROWS_A_LINE * (len(center) + 1):
            return made
        return cls(
            columns, center, scale, _sandwich(made._rows(matrix), materials, clusters), worth
        )

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
        raw = np.column_stack([one.of(matrix[:, k]) for k, one in enumerate(self.columns)])
        return np.column_stack([np.ones(len(matrix)), (raw - self.center) / self.scale])


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
    weighted = rows * materials.weights[:, None]
    bread = np.linalg.pinv(weighted.T @ rows, hermitian=True)
    left = materials.scores - rows @ (bread @ (weighted.T @ materials.scores))
    # HC3: a row's own leverage is taken off, since there are many columns.
    leverage = np.minimum(np.einsum("ij,jk,ik->i", weighted, bread, rows, optimize=True), 0.99)
    noise = weighted * (left / (1.0 - leverage))[:, None]
    if clusters is not None:
        count = int(clusters.max()) + 1
        summed = np.zeros((count, noise.shape[1]))
        np.add.at(summed, clusters, noise)
        noise = summed * np.sqrt(count / max(count - 1, 1))
    return np.asarray(bread @ (noise.T @ noise) @ bread, dtype=np.float64)
