"""Weights that balance covariates exactly: entropy balancing and covariate balancing scores."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import expit, logsumexp

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.assembly import assembled, check_aim
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.averaging.targets import (
    EVERYONE,
    ArmMeans,
    Everyone,
    Target,
    Treated,
    Untreated,
    arms_taken,
)
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.adjusting import Adjusting
from causalsim.estimation.estimators.least_squares import standardised
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed

Matrix = NDArray[np.float64]
_STEPS = 200


@final
@dataclass(frozen=True, slots=True)
class EntropyBalancing(Adjusting):
    """Weights nearest to equal ones that give every arm the covariate means of the target.

    In arm ``k`` the weights are ``w_i = exp(lambda' X_i)`` with ``sum w_i (X_i - m) = 0``, where
    ``m`` are the target's means of the covariates (and of their squares and products, with
    ``moments=2``); the arm's mean is the weighted one. It is consistent when either the log odds
    of treatment or the outcome's mean is linear in what is balanced, and needs nothing to be
    tuned. It fails, and says so, when the target's means lie outside what the arm's rows span.

    Args:
        moments: 1 balances means, 2 also squares of numeric covariates and products of pairs.
        target: Everyone, the treated or the untreated.
        contrast: How the arms are compared.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> data = nonlinear_confounding(1000, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = EntropyBalancing(moments=2).fit(task, seed=1)
        >>> round(effect.standard_error, 1)
        0.1

    References:
        J. Hainmueller (2012), Entropy balancing for causal effects, Political Analysis 20.
        Q. Zhao, D. Percival (2017), Entropy balancing is doubly robust, Journal of Causal
        Inference 5 (the influence function used here, theorem 1).
    """

    moments: int = 1
    target: Target = EVERYONE
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check the settings."""
        check_aim(self.target, self.contrast)
        if self.moments not in (1, 2):
            raise EstimationError.bad_setting("moments", self.moments, "1 or 2")
        if not isinstance(self.target, Everyone | Treated | Untreated):
            raise EstimationError.bad_setting(
                "target", self.target, "Everyone(), Treated() or Untreated() for balancing"
            )

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "entropy balancing"

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Balance and compare; nothing is random here.

        Args:
            task: The data in their roles.
            seed: Written into the recipe.

        Raises:
            EstimationError: An arm cannot be given the target's means.
        """
        balanced = _moments(task, self.moments)
        taken = arms_taken(task)
        share = task.share
        member = share * _members(task, taken, self.target)
        middle = np.average(balanced, axis=0, weights=member)
        centered = balanced - middle
        values, influence = np.empty(taken.shape[1]), np.empty(taken.shape)
        for code in range(taken.shape[1]):
            base = share * taken[:, code]
            weights = _tilted(centered, base, task, code)
            values[code], influence[:, code] = _calibrated(task.outcome, centered, weights, member)
        return assembled(
            task,
            [ArmMeans(values, influence)],
            self.target,
            self.contrast,
            self,
            seed,
            learners=f"{balanced.shape[1]} moments balanced",
        )


@final
@dataclass(frozen=True, slots=True)
class CBPS(Adjusting):
    """The logistic propensity whose inverse weights balance the arms (just identified).

    ``e(x) = 1 / (1 + exp(-beta' x))`` with ``beta`` solving
    ``mean((A / e - (1 - A) / (1 - e)) (1, X)) = 0`` instead of the likelihood's equations; the
    arms' means are normalised inverse-probability weighted ones, with the influence of ``beta``
    in the interval. Two arms, everyone's effect; for the effect on the treated the same equations
    give `EntropyBalancing`.

    Args:
        moments: 1 balances means, 2 also squares and products.
        contrast: How the arms are compared.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> data = nonlinear_confounding(1000, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> round(CBPS().fit(task, seed=1).standard_error, 1)
        0.2

    References:
        K. Imai, M. Ratkovic (2014), Covariate balancing propensity score, JRSS B 76, equation 11.
    """

    moments: int = 1
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check the settings."""
        check_aim(EVERYONE, self.contrast)
        if self.moments not in (1, 2):
            raise EstimationError.bad_setting("moments", self.moments, "1 or 2")

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "CBPS"

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Balance and weight; nothing is random here.

        Args:
            task: The data in their roles.
            seed: Written into the recipe.

        Raises:
            EstimationError: More than two arms, or no propensity balances them.
        """
        if len(task.levels) != 2:
            raise EstimationError.two_arms_only(self.name, task.treatment, task.levels)
        rows = np.column_stack([np.ones(task.height), _moments(task, self.moments)])
        share = task.share
        high = task.indicator(1)
        beta = _balancing_score(rows, high, share, task)
        chance = expit(rows @ beta)
        odds = np.exp(rows @ beta)
        gap = share * (high / chance - (1.0 - high) / (1.0 - chance))
        slope = -(rows * (share * (high / odds + (1.0 - high) * odds))[:, None]).T @ rows
        moved = -np.linalg.pinv(slope / task.height) @ (rows * gap[:, None]).T
        values, influence = np.empty(2), np.empty((task.height, 2))
        for code, weights in enumerate((share * (1 - high) / (1 - chance), share * high / chance)):
            total = weights.mean()
            values[code] = float(np.average(task.outcome, weights=weights))
            gaps = task.outcome - values[code]
            turned = share * np.where(high, -1.0 / odds, odds) * task.indicator(code)
            gradient = (rows * (turned * gaps)[:, None]).mean(axis=0)
            influence[:, code] = (weights * gaps + gradient @ moved) / total
        return assembled(
            task,
            [ArmMeans(values, influence)],
            EVERYONE,
            self.contrast,
            self,
            seed,
            learners=f"logistic, {rows.shape[1] - 1} moments balanced",
        )


def _moments(task: Task, moments: int) -> Matrix:
    """What is balanced: covariates, and with two moments squares and products; standardised."""
    # Standardised before they are multiplied, too: squares of numbers far from zero are all alike.
    matrix = standardised(task.design.matrix)
    parts = [matrix]
    if moments == 2:
        first, second = np.triu_indices(matrix.shape[1])
        parts.append(standardised(matrix[:, first] * matrix[:, second]))
    found = np.concatenate(parts, axis=1)
    # A moment that others determine adds no condition, and leaves the multipliers undetermined.
    if not found.shape[1]:
        return found
    values, vectors = np.linalg.eigh(found.T @ found / len(found))
    kept = values > 1e-9 * values.max()
    return np.asarray(found @ (vectors[:, kept] / np.sqrt(values[kept])), dtype=np.float64)


def _members(task: Task, taken: Matrix, target: Target) -> Matrix:
    """1 for the rows of the target: everyone, or those of one arm."""
    none = np.zeros_like(taken)
    tilt = target.tilt(none, task) + (target.slope(none, task) * taken).sum(axis=1)
    return np.asarray(tilt, dtype=np.float64)


def _tilted(centered: Matrix, base: Matrix, task: Task, code: int) -> Matrix:
    """``base exp(lambda' x)`` with weighted mean zero of ``x``, by Newton's method on the dual."""
    rows = base > 0.0
    x: Matrix = centered[rows]
    start: Matrix = base[rows]
    free = np.zeros(x.shape[1])

    def loss(at: Matrix) -> float:
        return float(logsumexp(x @ at, b=start))

    for _ in range(_STEPS):
        score = x @ free
        weights = start * np.exp(score - score.max())
        weights /= weights.sum()
        gradient = weights @ x
        if np.abs(gradient).max(initial=0.0) < 1e-8:
            found = np.zeros(len(base))
            found[rows] = weights
            return found
        spread = (x * weights[:, None]).T @ x - np.outer(gradient, gradient)
        step = np.linalg.solve(spread + 1e-12 * np.eye(len(free)), gradient)
        length, now = 1.0, loss(free)
        # What is lost to rounding near the end must not stop the last steps.
        slack = 1e-13 * (1.0 + abs(now))
        while loss(free - length * step) > now - 1e-4 * length * float(gradient @ step) + slack:
            length /= 2.0
            if length < 1e-8:
                raise EstimationError.no_balance(task.treatment, task.levels[code])
        free = free - length * step
    raise EstimationError.no_balance(task.treatment, task.levels[code])


def _calibrated(
    outcome: Matrix, centered: Matrix, weights: Matrix, member: Matrix
) -> tuple[float, Matrix]:
    """A weighted mean and its influence values, the weights being calibrated to ``member``.

    ``psi = n w (Y - theta - b' x) + h / E[h] b' x`` with ``b`` the weighted regression of ``Y`` on
    the balanced columns.
    """
    value = float(weights @ outcome)
    gaps = outcome - value
    spread = (centered * weights[:, None]).T @ centered
    slope = np.linalg.pinv(spread) @ ((centered * weights[:, None]).T @ gaps)
    explained = centered @ slope
    influence = len(outcome) * weights * (gaps - explained) + member / member.mean() * explained
    return value, np.asarray(influence, dtype=np.float64)


def _balancing_score(rows: Matrix, high: Matrix, share: Matrix, task: Task) -> Matrix:
    """The coefficients whose inverse-probability weights balance the two arms."""

    def unbalanced(beta: Matrix) -> Matrix:
        odds = np.exp(np.clip(rows @ beta, -50.0, 50.0))
        gap = share * (high * (1.0 + 1.0 / odds) - (1.0 - high) * (1.0 + odds))
        return np.asarray(gap @ rows / len(rows), dtype=np.float64)

    def slope(beta: Matrix) -> Matrix:
        odds = np.exp(np.clip(rows @ beta, -50.0, 50.0))
        change = -share * (high / odds + (1.0 - high) * odds)
        return np.asarray((rows * change[:, None]).T @ rows / len(rows), dtype=np.float64)

    start = np.zeros(rows.shape[1])
    start[0] = np.log(high.mean() / (1.0 - high.mean()))
    found = root(unbalanced, start, jac=slope, method="hybr", tol=1e-12)
    if not found.success or np.abs(unbalanced(found.x)).max() > 1e-8:
        raise EstimationError.no_balance(task.treatment, task.levels[1])
    return np.asarray(found.x, dtype=np.float64)
