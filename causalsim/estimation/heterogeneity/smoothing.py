"""A regression that is smooth in all covariates at once, by a Gaussian kernel."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, eigh, solve_triangular

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.learners import Matrix, Prediction

_PENALTIES = tuple(float(one) for one in 10.0 ** np.arange(-4.0, 2.5, 0.5))
_JITTER = 1e-8
_MOST = 5_000
_CHUNK = 10_000


@final
@dataclass(frozen=True, slots=True)
class Kernel:
    """Kernel ridge regression; follows products and exponentials that splines and trees miss.

    ``f(x) = c + sum_j b_j exp(-|x - z_j|^2 / (4 w p))`` over landmarks ``z_j``, with ``p``
    standardised covariates: the posterior mean of a Gaussian process seen through its landmarks
    (Nystroem). Width ``w`` and penalty have the least leave-one-out error, on 5,000 random rows
    where there are more. It smooths every
    covariate alike, so that many covariates without any bearing on the target, or jumps in it,
    make it poor; far from all rows it returns to the mean.

    Args:
        landmarks: How many rows carry the function, chosen at random; time grows with their
            square, and with rows.
        widths: The widths to choose from, as shares of the mean squared distance between rows; the
            widest are as good as linear.

    References:
        C. Williams, M. Seeger (2001), Using the Nystroem method to speed up kernel machines,
        NeurIPS 13. C. Rasmussen, C. Williams (2006), Gaussian processes for machine learning,
        section 5.4.2 (leave-one-out).
    """

    landmarks: int = 250
    widths: tuple[float, ...] = (0.25, 1.0, 4.0, 16.0)

    def __post_init__(self) -> None:
        """At least a few landmarks and one positive width."""
        if not isinstance(self.landmarks, int) or self.landmarks < 2:
            raise EstimationError.bad_setting("landmarks", self.landmarks, "a whole number from 2")
        if not self.widths or min(self.widths) <= 0.0:
            raise EstimationError.bad_setting("widths", self.widths, "positive numbers")

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn a mean that is smooth in the covariates together."""
        share = np.ones(len(target)) if weights is None else weights / weights.mean()
        center = np.average(matrix, axis=0, weights=share)
        spread = np.sqrt(np.average((matrix - center) ** 2, axis=0, weights=share))
        kept = spread > 1e-10 * (1.0 + np.abs(center))
        mean = float(np.average(target, weights=share))
        if not kept.any() or len(target) < 3:
            return lambda rows: np.full(len(rows), mean)

        def scaled(rows: Matrix) -> Matrix:
            return (rows[:, kept] - center[kept]) / spread[kept]

        inside = scaled(matrix)
        rng = np.random.default_rng(seed)
        count = min(self.landmarks, len(inside))
        marks = np.unique(inside[rng.permutation(len(inside))[:count]], axis=0)
        some = rng.permutation(len(inside))[:_MOST]
        far, known = _squares(inside[some], marks), ((target - mean)[some], share[some])
        fits = [_Smooth.fit(far, *known, marks, width * inside.shape[1]) for width in self.widths]
        best = min(fits, key=lambda one: one.loss)
        if len(some) < len(inside):
            best = best.learnt_from(inside, target - mean, share)
        return lambda rows: mean + best.of(scaled(rows))


@dataclass(frozen=True, slots=True, eq=False)
class _Smooth:
    """The fit at one width.

    Attributes:
        marks: The landmarks.
        width: The width times the number of covariates.
        shift: What is added.
        slopes: The coefficient of each landmark.
        penalty: The penalty.
        loss: The leave-one-out error.
    """

    marks: Matrix
    width: float
    shift: float
    slopes: Matrix
    penalty: float
    loss: float

    @classmethod
    def fit(
        cls, far: Matrix, target: Matrix, weights: Matrix, marks: Matrix, width: float
    ) -> "_Smooth":
        """Choose the penalty by the leave-one-out error, given squared distances to landmarks."""
        root = _root(marks, width)
        features = solve_triangular(root, _near(far, width).T, lower=True, check_finite=False).T
        middle = np.average(features, axis=0, weights=weights)
        features -= middle
        heavy = np.sqrt(weights)[:, None] * features
        values, vectors = eigh(heavy.T @ heavy)
        values = np.maximum(values, 0.0)
        turned = features @ vectors
        along = turned.T @ (weights * target)
        shrunk = 1.0 / (values[:, None] + np.array(_PENALTIES))
        left = target[:, None] - turned @ (shrunk * along[:, None])
        turned *= turned
        leverage = weights[:, None] * (turned @ shrunk + 1.0 / len(target))
        out = left / np.maximum(1.0 - leverage, 1e-9)
        losses = np.average(out**2, axis=0, weights=weights)
        place = int(np.argmin(losses))
        best = (float(losses[place]), _PENALTIES[place])
        found = vectors @ (along / (values + best[1]))
        slopes = solve_triangular(root, found, lower=True, trans="T")
        return cls(marks, width, -float(middle @ found), slopes, best[1], best[0])

    def learnt_from(self, rows: Matrix, target: Matrix, weights: Matrix) -> "_Smooth":
        """The same width and penalty with slopes from all rows, from sums over chunks of them."""
        root = _root(self.marks, self.width)
        count = len(self.marks)
        gram, along, total = np.zeros((count, count)), np.zeros(count), np.zeros(count)
        roots = np.sqrt(weights)
        for start in range(0, len(rows), _CHUNK):
            piece = slice(start, start + _CHUNK)
            near = _kernel(rows[piece], self.marks, self.width)
            near *= roots[piece, None]
            heavy = solve_triangular(root, near.T, lower=True, check_finite=False).T
            gram += heavy.T @ heavy
            along += (roots[piece] * target[piece]) @ heavy
            total += roots[piece] @ heavy
        middle = total / weights.sum()
        # The target has mean zero, so that centring the features takes nothing off its products.
        gram -= weights.sum() * np.outer(middle, middle)
        gram[np.diag_indices_from(gram)] += self.penalty
        found = cho_solve(cho_factor(gram, lower=True), along)
        slopes = solve_triangular(root, found, lower=True, trans="T")
        return replace(self, shift=-float(middle @ found), slopes=slopes)

    def of(self, rows: Matrix) -> Matrix:
        """The function at rows, some thousand at a time."""
        made = np.empty(len(rows))
        for start in range(0, len(rows), _CHUNK):
            near = _kernel(rows[start : start + _CHUNK], self.marks, self.width)
            made[start : start + _CHUNK] = self.shift + near @ self.slopes
        return made


def _root(marks: Matrix, width: float) -> Matrix:
    """The Cholesky root of the landmarks' kernel, which makes features of distances."""
    among = _kernel(marks, marks, width)
    among[np.diag_indices_from(among)] += _JITTER * len(marks)
    return np.asarray(cholesky(among, lower=True), dtype=np.float64)


def _kernel(rows: Matrix, marks: Matrix, width: float) -> Matrix:
    """``exp(-|x - z|^2 / (4 width))``; two rows are ``2 p`` apart in the mean."""
    return _near(_squares(rows, marks), width)


def _squares(rows: Matrix, marks: Matrix) -> Matrix:
    """The squared distance of every row to every landmark."""
    made = rows @ (-2.0 * marks.T)
    made += (rows**2).sum(axis=1)[:, None]
    made += (marks**2).sum(axis=1)
    return np.asarray(np.maximum(made, 0.0, out=made), dtype=np.float64)


def _near(squares: Matrix, width: float) -> Matrix:
    """The kernel at these squared distances."""
    made = squares * (-0.25 / width)
    return np.asarray(np.exp(made, out=made), dtype=np.float64)
