"""Regressions that decide from the data how much each covariate may bend and be multiplied.

The columns that a covariate becomes form groups: itself, its curve, each of its products. The
coefficients of a group are taken as draws with a variance of their own, which is the one that
makes the outcomes most probable. A covariate that does not matter is shrunk to nothing, and one
that does is hardly shrunk at all, where a single penalty for all would do both by halves.

References:
    D. MacKay (1992), Bayesian interpolation, Neural Computation 4 (the update of a variance).
    S. Wood, M. Fasiolo (2017), A generalized Fellner-Schall method for smoothing parameter
    optimization with application to Tweedie location, scale and shape models, Biometrics 73.
    N. Breslow, D. Clayton (1993), Approximate inference in generalized linear mixed models, JASA
    88 (penalised quasi-likelihood).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.special import expit

from causalsim.estimation.crossfitting.features import Features

Matrix = NDArray[np.float64]
_ROWS_AT_ONCE = 8_192
_NUMBERS_AT_ONCE = 4_000_000
_ROUNDS = 20
_CLOSE = 5e-3
_LEAST, _MOST = 1e-3, 1e6


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
        made = [self.features.along(matrix[part], self.slopes) for part in parts(len(matrix))]
        return self.middle + np.concatenate(made)


def ridge(features: Features, matrix: Matrix, target: Matrix, weights: Matrix | None) -> Line:
    """Ridge regression with a penalty for each group of columns.

    With the Gram matrix ``G``, the penalties ``l_j`` and ``V = (G + diag(l))^-1`` a group of
    ``d_j`` columns has ``g_j = d_j - l_j tr_j V`` effective ones, and its penalty becomes
    ``s^2 g_j / |b_j|^2``, with ``s^2`` the residual variance, until the coefficients rest. The
    rows are only summed over, a few at a time, and never held as a wide matrix.

    Args:
        features: Fitted to these rows, so that the columns have mean zero.
        matrix: The covariates.
        target: What is regressed on them.
        weights: A weight a row, or None.
    """
    share = np.ones(len(target)) if weights is None else weights / weights.mean()
    root = np.sqrt(share)
    middle = float(np.average(target, weights=share))
    gram, cross = np.zeros((features.width, features.width)), np.zeros(features.width)
    sums = np.zeros(features.width)
    for part in parts(len(target)):
        columns = features.of(matrix[part])
        if weights is not None:
            columns *= root[part, None]
        gram += columns.T @ columns  # of one array with itself: half the products
        cross += (root[part] * (target[part] - middle)) @ columns
        sums += root[part] @ columns
    gram -= np.outer(sums, sums) / len(target)
    total = float(share @ (target - middle) ** 2)
    slopes = np.zeros(features.width)
    if total <= 1e-24 * float(share @ target**2):  # constant but for rounding, in any unit
        return Line(features, middle, slopes)
    groups = _Groups.of(features)
    penalties = np.ones(groups.count)
    for _ in range(_ROUNDS):
        before = slopes
        slopes, spread = _solved(gram, penalties[groups.of_column], cross)
        effective = groups.effective(penalties, spread)
        left = total - 2.0 * float(slopes @ cross) + float(slopes @ gram @ slopes)
        free = max(len(target) - 1.0 - float(effective.sum()), 1.0)
        noise = max(left, 1e-12 * total) / free
        penalties = groups.updated(penalties, effective, slopes, noise)
        if np.linalg.norm(slopes - before) <= _CLOSE * np.linalg.norm(slopes):
            break
    return Line(features, middle - float(sums @ slopes) / len(target), slopes)


def logistic_ridge(
    features: Features, matrix: Matrix, happened: Matrix, weights: Matrix | None, seed: int
) -> Line:
    """Logistic regression with a penalty for each group of columns, on the logit scale.

    Every step of Newton's method is a ridge regression of the working response, after which the
    penalties are updated as there. Where the columns would not fit into memory, it converges on
    as many random rows as do, and takes one more step on four times as many and one on all,
    penalties included.

    Args:
        features: Fitted to these rows.
        matrix: The covariates.
        happened: 1 or 0.
        weights: A weight a row, or None.
        seed: Decides which rows are taken when there are too many.
    """
    share = np.ones(len(happened)) if weights is None else weights / weights.mean()
    most = max(_NUMBERS_AT_ONCE // max(features.width, 1), 2_000)
    order = np.random.default_rng(seed).permutation(len(happened)) if len(happened) > most else None
    rows = slice(None) if order is None else order[:most]
    groups = _Groups.of(features)
    penalties = np.full(groups.count, 4.0)
    columns, known, counted = features.of(matrix[rows]), happened[rows], share[rows]
    mean = float(np.clip(np.average(known, weights=counted), 1e-6, 1.0 - 1e-6))
    found = np.zeros(features.width + 1)
    found[0] = np.log(mean / (1.0 - mean))
    for _ in range(_ROUNDS):
        before = found
        sums = _newton(columns, known, counted, found)
        found, penalties = groups.step(sums, penalties)
        if np.linalg.norm(found - before) <= _CLOSE * np.linalg.norm(found):
            break
    for wider in () if order is None else (order[: 4 * most], order):
        sums = _newton_in_parts(features, matrix, happened, share, wider, found)
        for _ in range(_ROUNDS):
            found, penalties = groups.step(sums, penalties)
    return Line(features, float(found[0]), found[1:])


def parts(height: int) -> Iterator[slice]:
    """The rows, a few at a time."""
    for start in range(0, max(height, 1), _ROWS_AT_ONCE):
        yield slice(start, start + _ROWS_AT_ONCE)


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Which columns share a penalty.

    Attributes:
        of_column: The group of each column.
        count: How many groups there are.
        sizes: How many columns of each group vary.
        varies: Whether each column does.
    """

    of_column: NDArray[np.int_]
    count: int
    sizes: Matrix
    varies: Matrix

    @classmethod
    def of(cls, features: Features) -> "_Groups":
        """The groups of these features."""
        groups, varies = features.groups, np.isfinite(features.scale).astype(np.float64)
        count = int(groups.max()) + 1 if len(groups) else 0
        sizes = np.bincount(groups, weights=varies, minlength=count).astype(np.float64)
        return cls(groups, count, sizes, varies)

    def effective(self, penalties: Matrix, spread: Matrix) -> Matrix:
        """How many columns each group is worth, shrunk as it is."""
        used = np.bincount(self.of_column, weights=spread * self.varies, minlength=self.count)
        return np.clip(self.sizes - penalties * used, 1e-3, None)

    def step(self, sums: tuple[Matrix, Matrix], penalties: Matrix) -> tuple[Matrix, Matrix]:
        """Coefficients, an intercept before them, and the penalties that they suggest."""
        found, spread = _solved(sums[0], np.append(0.0, penalties[self.of_column]), sums[1])
        effective = self.effective(penalties, spread[1:])
        return found, self.updated(penalties, effective, found[1:], 1.0)

    def updated(self, penalties: Matrix, effective: Matrix, slopes: Matrix, noise: float) -> Matrix:
        """The penalties under which the outcomes are more probable."""
        lengths = np.bincount(self.of_column, weights=slopes**2, minlength=self.count)
        wanted = effective / np.maximum(lengths / noise, 1e-300)
        return np.asarray(np.clip(wanted, _LEAST, _MOST), dtype=np.float64)


def _newton(
    columns: Matrix, happened: Matrix, share: Matrix, found: Matrix
) -> tuple[Matrix, Matrix]:
    """The sums of one Newton step; an intercept comes before the columns."""
    score = found[0] + columns @ found[1:]
    chance = expit(score)
    steep = np.maximum(chance * (1.0 - chance), 1e-6)
    response = share * (steep * score + happened - chance)
    heavy = share * steep
    width = columns.shape[1] + 1
    gram, cross = np.empty((width, width)), np.empty(width)
    weighted = columns * np.sqrt(heavy)[:, None]
    gram[1:, 1:] = weighted.T @ weighted
    gram[0, 1:] = gram[1:, 0] = heavy @ columns
    gram[0, 0] = float(heavy.sum())
    cross[0], cross[1:] = response.sum(), response @ columns
    return gram, cross


def _newton_in_parts(
    features: Features,
    matrix: Matrix,
    happened: Matrix,
    share: Matrix,
    rows: NDArray[np.int_],
    found: Matrix,
) -> tuple[Matrix, Matrix]:
    """The sums of one Newton step over many rows, a few at a time."""
    gram, cross = np.zeros((len(found), len(found))), np.zeros(len(found))
    for part in parts(len(rows)):
        some = rows[part]
        piece = _newton(features.of(matrix[some]), happened[some], share[some], found)
        gram, cross = gram + piece[0], cross + piece[1]
    return gram, cross


def _solved(gram: Matrix, penalties: Matrix, cross: Matrix) -> tuple[Matrix, Matrix]:
    """The penalised solution, and the diagonal of the inverse."""
    if not len(cross):
        return cross, cross
    full = gram + np.diag(penalties + 1e-9 * (1.0 + np.diag(gram)))
    root, wrong = lapack.dpotrf(full, lower=True)
    if wrong:
        raise ArithmeticError("the covariates repeat each other more closely than numbers can tell")
    inverse, _ = lapack.dpotri(root, lower=True)
    solution, _ = lapack.dpotrs(root, cross, lower=True)
    return np.asarray(solution, dtype=np.float64), np.asarray(np.diag(inverse), dtype=np.float64)
