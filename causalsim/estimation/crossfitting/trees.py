"""Boosted regression trees on few rows, without what a tree costs before it sees a row.

scikit-learn's boosting spends half a millisecond on every tree, whatever the rows, and so does
nearly all of its time on a few hundred rows where most of our fits are. LightGBM, which comes
with econml, grows the same trees in a fifth of that: the same bins, handed over as numbers from
highest to lowest, make both prefer the same one among cuts that are equally good. Where it does
not load, scikit-learn grows them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_BINS = 255
_FROM_ALL_ROWS = 200_000
_THREADS_PAY = 2_000_000
_QUIET = {"verbosity": -1, "num_threads": 1}
_AS_GIVEN = {
    "max_bin": _BINS + 5,
    "min_data_in_bin": 1,
    "bin_construct_sample_cnt": _FROM_ALL_ROWS,
    "enable_bundle": False,
    "feature_pre_filter": False,
    "use_missing": False,
}


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Where each column is cut into at most 255 bins, as scikit-learn's boosting cuts it.

    Attributes:
        cuts: For each column the values between bins: between all different values where they
            are few, else at quantiles.
    """

    cuts: tuple[Matrix, ...]

    @classmethod
    def fit(cls, matrix: Matrix, weights: Matrix | None = None) -> "Bins":
        """The bins of these rows, each with about the same weight in it."""
        some, share = matrix, weights
        if weights is not None and not (weights > 0.0).all():
            some, share = matrix[weights > 0.0], weights[weights > 0.0]
        return cls(tuple(_cuts(some[:, place], share) for place in range(matrix.shape[1])))

    def of(self, matrix: Matrix) -> NDArray[np.float32]:
        """The bins of rows as numbers, the highest values first."""
        made = np.empty(matrix.shape, dtype=np.float32)
        for place, cuts in enumerate(self.cuts):
            made[:, place] = 1 + len(cuts) - np.searchsorted(cuts, matrix[:, place])
        return made


def suffices(matrix: Matrix, weights: Matrix | None) -> bool:
    """Whether these rows are few, complete and of equal weight, so that the trees are the same."""
    few = len(matrix) <= _FROM_ALL_ROWS and matrix.size < _THREADS_PAY
    return few and weights is None and bool(np.isfinite(matrix).all()) and _at_hand()


@cache
def _at_hand() -> bool:
    """Whether LightGBM loads; on some systems the OpenMP library that it needs is not there."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def weighs(matrix: Matrix, weights: Matrix | None) -> bool:
    """Whether bins by weight are to be found, which takes scikit-learn longer than all trees."""
    few = len(matrix) <= _FROM_ALL_ROWS
    return few and weights is not None and bool(np.isfinite(matrix).all())


def boosted(
    matrix: Matrix, target: Matrix, rate: float, trees: int, leaves: int, least: int
) -> Callable[[Matrix], Matrix]:
    """The mean by boosted trees, those of scikit-learn's ``HistGradientBoostingRegressor``.

    Args:
        matrix: The covariates, complete.
        target: What is learnt.
        rate: Shrinkage of every tree.
        trees: How many trees.
        leaves: The most leaves of a tree.
        least: The fewest rows of a leaf.
    """
    import lightgbm

    mean, spread = float(target.mean()), float(target.std())
    bins = Bins.fit(matrix)
    cut = any(len(cuts) for cuts in bins.cuts)
    if len(target) < 2 * least or not cut or not spread > np.finfo(np.float64).tiny:
        return lambda rows: np.full(len(rows), mean)
    # Targets are held in single precision: of mean zero and in units of their spread.
    data = lightgbm.Dataset(bins.of(matrix), (target - mean) / spread, params=_QUIET | _AS_GIVEN)
    settings = {
        "objective": "regression",
        "boost_from_average": False,
        "learning_rate": rate,
        "num_leaves": leaves,
        "min_data_in_leaf": least,
        "force_row_wise": True,
        "deterministic": True,
        **_QUIET,
    }
    model = lightgbm.Booster(settings, data)
    for _ in range(trees):
        if model.update():  # nothing is left to cut
            break

    def predict(rows: Matrix) -> Matrix:
        found = model.predict(bins.of(rows), num_threads=1)
        return mean + spread * np.asarray(found, dtype=np.float64)

    return predict


def _cuts(column: Matrix, weights: Matrix | None) -> Matrix:
    """The values between bins: between all different values, or quantiles that are in the middle.

    Up to a quantile lies a share of the rows, or of their weight; where the share is met exactly
    it is the middle between two values.
    """
    order = None if weights is None else np.argsort(column)
    values = np.sort(column) if order is None else column[order]
    found = values[np.append(True, values[1:] != values[:-1])]
    if len(found) <= _BINS:
        return np.asarray((found[1:] + found[:-1]) / 2, dtype=np.float64)
    # Rounded as scikit-learn rounds, so that a share is met exactly where it is there.
    shares = np.linspace(0, 100, _BINS + 1)[1:-1] / 100
    if weights is None:
        wanted = len(values) * shares - 1.0
        place = np.ceil(wanted).astype(np.int_)
        met = place == wanted
    else:
        below = np.cumsum(weights[order])
        wanted = shares * below[-1]
        place = np.minimum(np.searchsorted(below, wanted), len(values) - 1)
        met = below[place] == wanted
    return np.unique((values[place] + values[np.minimum(place + met, len(values) - 1)]) / 2)
