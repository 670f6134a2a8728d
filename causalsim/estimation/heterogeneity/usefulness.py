"""Are the differences between people real, and does acting on them pay?"""

from dataclasses import dataclass, replace

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.effect import Effect
from causalsim.estimation.heterogeneity.conditional import ConditionalEffects
from causalsim.estimation.intervals import Interval, p_value, wald


@dataclass(frozen=True, slots=True)
class Calibration:
    """The best linear prediction of the true effects by the predicted ones.

    Attributes:
        slope: How much the effect rises with each unit of its prediction: 1 if the predictions
            are right, 0 if the differences between them mean nothing.
        standard_error: Its standard error.
    """

    slope: float
    standard_error: float

    def interval(self, level: float = 0.95) -> Interval:
        """A confidence interval of the slope."""
        return wald(self.slope, self.standard_error, level)

    @property
    def p_value(self) -> float:
        """The two-sided p-value of a slope of zero: no differences were found."""
        return p_value(self.slope, self.standard_error)

    def __str__(self) -> str:
        """One sentence."""
        inside = self.interval()
        if inside.low > 0.0:
            verdict = "people differ, and the predictions know how"
        else:
            verdict = "the predicted differences may be chance"
        return f"slope {self.slope:.2f} ({inside.low:.2f} to {inside.high:.2f}): {verdict}"


def calibration(effects: ConditionalEffects) -> Calibration:
    """Regress the doubly robust scores on the held-out predictions.

    ``score = theta + beta (tau(X) - mean tau(X)) + e``, with heteroskedastic standard errors; the
    predictions never saw their own row.

    Args:
        effects: What `conditional_effects` learnt.

    Raises:
        EstimationError: The predictions are all alike, so that nothing can be calibrated.

    References:
        V. Chernozhukov, M. Demirer, E. Duflo, I. Fernandez-Val (2018), Generic machine learning
        inference on heterogeneous treatment effects, theorem 3.1.
    """
    gaps = effects.held_out - effects.held_out.mean()
    total = float(gaps @ gaps)
    if total <= 1e-18 * len(gaps):
        raise EstimationError.no_differences()
    slope = float(gaps @ effects.scores) / total
    left = effects.scores - effects.scores.mean() - slope * gaps
    return Calibration(slope, float(np.sqrt(np.sum((gaps * left) ** 2))) / total)


def targeting(effects: ConditionalEffects) -> Effect:
    """The area under the targeting curve (AUTOC): what treating the most responsive first gains.

    With people in order of their held-out prediction, ``TOC(q)`` is the average effect in the
    first share ``q`` less everyone's, and AUTOC its mean over ``q``: zero if the order says
    nothing. Each score is weighted by ``-log(rank / n) - 1``.

    Args:
        effects: What `conditional_effects` learnt.

    Returns:
        An effect with its interval, in the outcome's unit.

    References:
        S. Yadlowsky, S. Fleming, N. Shah, E. Brunskill, S. Wager (2025), Evaluating treatment
        prioritization rules via rank-weighted average treatment effects, JASA 120.
    """
    n = len(effects.scores)
    order = np.argsort(-effects.held_out, kind="stable")
    weight = np.empty(n)
    weight[order] = _rank_weights(n)
    value = float(np.mean(weight * effects.scores))
    return replace(
        effects.effect,
        value=value,
        influence=_autoc_influence(effects.scores, order, weight, value),
        estimand="area under the targeting curve",
        recipe=replace(effects.effect.recipe, estimator=None),
        spread=0.0,
        nuisances=None,
        notes=(),
    )


def _rank_weights(n: int) -> Matrix:
    """``H_n - H_(r-1) - 1`` over ranks ``r``: the mean over prefixes of being in them, less one."""
    ranks = np.arange(1, n + 1)
    inverse = 1.0 / ranks
    return np.asarray(np.cumsum(inverse[::-1])[::-1] - 1.0, dtype=np.float64)


def _autoc_influence(scores: Matrix, order: np.ndarray, weight: Matrix, value: float) -> Matrix:
    """Influence values, the ranks being random too: a row moves the weights of those behind it.

    A row at rank share ``u`` adds ``w(u) score - theta`` and, by pushing others back,
    ``-integral_u^1 (score(v) - score mean at v) / v``, estimated from the scores behind it.
    """
    n = len(scores)
    behind = np.empty(n)
    shares = np.arange(1, n + 1) / n
    local = scores[order] / shares
    # the mean over v of 1{v > u} s(v) / v, less its average over all rows
    tail = np.cumsum(local[::-1])[::-1] / n
    behind[order] = tail - tail.mean()
    found = weight * scores - value - behind
    return np.asarray(found - found.mean(), dtype=np.float64)
