"""Targeted maximum likelihood: outcome regressions moved until their mean is the estimate."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.targets import ArmMeans, Everyone, arms_taken
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.crossfitting.nuisances import Split
from causalsim.estimation.estimators.crossfitted import CrossFitted
from causalsim.estimation.reading.task import Task

_MARGIN = 1e-3


@final
@dataclass(frozen=True, slots=True)
class TMLE(CrossFitted):
    """Cross-validated targeted maximum likelihood of the average effect among everyone.

    The outcome is scaled to (0, 1) by its range, and in each arm the cross-fitted regression is
    moved on the logit scale by one number, ``logit mu*_k = logit mu_k + eps_k``, fitted in that
    arm with weights ``1 / e_k``. Then ``mean((1{A = k} / e_k) (Y - mu*_k)) = 0`` and the mean of
    ``mu*_k`` is the estimate. It agrees with AIPW to first order and, being a mean of predictions
    inside the outcome's range, cannot leave it; with small propensities that matters.

    Args:
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 5 when an arm has under 500 rows.
        outcome: A scikit-learn regressor, or several to stack; None is the default stack.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        clip: The smallest propensity that is divided by; None is 0.01.
        target: Everyone only; AIPW has the others.
        contrast: How the arms are compared.
        n_jobs: How many folds are fitted at a time; the numbers are the same for any.
        progress: Whether a bar shows how many folds are done.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> data = nonlinear_confounding(400, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = TMLE(repeats=1).fit(task, seed=1)
        >>> bool(abs(effect.value - data.ate) < 4 * effect.standard_error)
        True

    References:
        M. van der Laan, D. Rubin (2006), Targeted maximum likelihood learning, International
        Journal of Biostatistics 2.
        W. Zheng, M. van der Laan (2011), Cross-validated targeted minimum-loss-based estimation.
    """

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "TMLE"

    def check(self) -> None:
        """Everyone is the only target."""
        if not isinstance(self.target, Everyone):
            raise EstimationError.bad_setting("target", self.target, "Everyone(); else by=AIPW()")

    def arm_means(self, task: Task, split: Split, propensity: Matrix) -> ArmMeans:
        """Everyone's mean outcome in every arm."""
        return targeted_means(task, propensity, split.outcome)


def targeted_means(task: Task, propensity: Matrix, outcome: Matrix) -> ArmMeans:
    """Everyone's mean outcome in each arm, from regressions moved to solve the score equation.

    Args:
        task: The data in their roles.
        propensity: ``e_k``, rows by arms, as it is to be divided by.
        outcome: ``mu_k``, rows by arms.

    Returns:
        The means with their influence values.

    Raises:
        EstimationError: All outcomes are equal.
    """
    low, high = float(task.outcome.min()), float(task.outcome.max())
    if low == high:
        raise EstimationError.constant_outcome(task.outcome_name, low)
    taken = arms_taken(task)
    share = task.share
    values, influence = np.empty(taken.shape[1]), np.empty(taken.shape)
    for code in range(taken.shape[1]):
        scaled = (outcome[:, code] - low) / (high - low)
        start = logit(np.clip(scaled, _MARGIN, 1.0 - _MARGIN))
        weight = taken[:, code] / propensity[:, code]
        moved = low + (high - low) * _solved(
            start, (task.outcome - low) / (high - low), share * weight
        )
        values[code] = np.average(moved, weights=share)
        xi = moved + weight * (task.outcome - moved)
        influence[:, code] = share * (xi - values[code])
    return ArmMeans(values, influence)


def _solved(start: Matrix, target: Matrix, weights: Matrix) -> Matrix:
    """The regression on the logit scale, moved until the weighted residuals add to nothing."""

    def score(move: float) -> float:
        return float(weights @ (target - expit(start + move)))

    reach = 1.0
    while score(-reach) < 0.0 or score(reach) > 0.0:
        reach *= 2.0
        if reach > 1e3:  # every outcome of the arm is at the same end of the range
            break
    move = reach if score(reach) > 0.0 else -reach if score(-reach) < 0.0 else None
    found = brentq(score, -reach, reach, xtol=1e-12) if move is None else move
    return np.asarray(expit(start + found), dtype=np.float64)
