"""Are the differences between people real, and does acting on them pay?"""

from dataclasses import dataclass
from html import escape

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimation.comparison import Comparison
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.effect import Effect
from causalsim.estimation.heterogeneity.conditional import ConditionalEffects
from causalsim.estimation.heterogeneity.ranking import (
    Ranked,
    check_conditional,
    rank_weighted,
    ranked,
)
from causalsim.estimation.intervals import Interval, p_value, standard_error, wald

_FEWEST_ROWS = 20


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

    @property
    def why(self) -> str:
        """What was regressed on what, and how to read it."""
        return (
            "Doubly robust scores were regressed on effects predicted without the row itself. A "
            "slope of 1 means that people who are predicted to gain one unit more do so, 0 that "
            f"the predictions say nothing about who gains: {self}."
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        inside = self.interval()
        return {
            "slope": self.slope,
            "standard_error": self.standard_error,
            "interval": [inside.low, inside.high],
            "p_value": self.p_value,
        }

    def _repr_html_(self) -> str:
        """One line for notebooks."""
        return f"<p>{escape(str(self))}</p>"


def calibration(effects: ConditionalEffects) -> Calibration:
    """Regress the doubly robust scores on the held-out predictions.

    ``score = theta + beta (tau(X) - mean tau(X)) + e``, with means taken within each part of the
    data that was held out, sampling weights, and standard errors that allow for unequal noise and
    for clusters; the predictions never saw their own row.

    Args:
        effects: What `conditional_effects` learnt.

    Raises:
        EstimationError: The predictions are all alike, so that nothing can be calibrated.

    References:
        V. Chernozhukov, M. Demirer, E. Duflo, I. Fernandez-Val (2018), Generic machine learning
        inference on heterogeneous treatment effects, theorem 3.1.
    """
    check_conditional(effects)
    weights = effects.materials.weights
    gaps = _centered(effects.held_out, effects)
    total = float(np.sum(weights * gaps**2))
    if total <= 1e-18 * len(gaps) * float(np.max(np.abs(effects.held_out))) ** 2:
        raise EstimationError.no_differences()
    scores = _centered(effects.scores, effects)
    slope = float(np.sum(weights * gaps * scores)) / total
    influence = weights * gaps * (scores - slope * gaps) * len(gaps) / total
    return Calibration(slope, standard_error(influence, effects.effect.clusters))


def targeting(effects: ConditionalEffects) -> Effect:
    """The area under the targeting curve (AUTOC): what treating the most responsive first gains.

    With people in order of their held-out prediction, ``TOC(q)`` is the average effect in the
    first share ``q`` less everyone's, and AUTOC its mean over ``q``: zero if the order says
    nothing. The score at rank share ``v`` is weighted by ``-log(v) - 1``. It looks mostly at the
    very first; `qini` looks at everyone.

    Args:
        effects: What `conditional_effects` learnt.

    Returns:
        An effect with its interval, in the outcome's unit.

    References:
        S. Yadlowsky, S. Fleming, N. Shah, E. Brunskill, S. Wager (2025), Evaluating treatment
        prioritization rules via rank-weighted average treatment effects, JASA 120.
    """

    def primitive(v: Matrix) -> Matrix:
        return np.asarray(-v * np.log(np.maximum(v, 1e-300)), dtype=np.float64)

    def pull(part: Ranked) -> Matrix:
        return -part.behind(part.scores / part.upto)

    estimand = "area under the targeting curve"
    return rank_weighted(effects, ranked(effects), primitive, pull, estimand)


def qini(effects: ConditionalEffects) -> Effect:
    """The Qini coefficient: the area between the uplift curve and the straight line of chance.

    ``integral (G(q) - q G(1)) dq`` with ``G(q)`` the gain per person of treating the first share
    ``q`` (`uplift`): what is gained, on average over budgets, by treating in the order of the
    predictions rather than at random. The score at rank share ``v`` is weighted by ``1/2 - v``.
    Nothing is normalised: it is in the outcome's unit, per person of the whole population.

    Args:
        effects: What `conditional_effects` learnt.

    Returns:
        An effect with its interval; zero if the order says nothing.

    References:
        N. Radcliffe (2007), Using control groups to target on predicted lift, Direct Marketing
        Analytics Journal 1. S. Yadlowsky et al. (2025), JASA 120, section 2.2.
    """

    def primitive(v: Matrix) -> Matrix:
        return (v - v**2) / 2

    def pull(part: Ranked) -> Matrix:
        return -part.behind(part.scores)

    return rank_weighted(effects, ranked(effects), primitive, pull, "Qini coefficient")


def sorted_groups(effects: ConditionalEffects, groups: int = 5) -> Comparison:
    """The average effect of those predicted to gain least, more, and most (GATES).

    People are cut into groups of equal size by their held-out predictions, within each part of
    the data, and the doubly robust scores are averaged in each: if the predictions are right
    the averages rise from the first group to the last. The intervals allow for the borders
    between groups being estimated; they are for groups made by these very predictions.

    Args:
        effects: What `conditional_effects` learnt.
        groups: How many; people with equal predictions on a border count in both groups, in part.

    Returns:
        One effect a group, those predicted to gain least first; their differences are effects
        again, and `Comparison.joint_intervals` allows for their number.

    Raises:
        EstimationError: All predictions alike, under 20 rows a group, or a number of groups that
            is none.

    References:
        V. Chernozhukov, M. Demirer, E. Duflo, I. Fernandez-Val (2018), Generic machine learning
        inference on heterogeneous treatment effects, section 3.2.
    """
    if not isinstance(groups, int) or groups < 2:
        raise EstimationError.bad_setting("groups", groups, "a whole number from 2")
    parts = ranked(effects)
    if all(int(part.ties.max()) == 0 for part in parts):
        raise EstimationError.no_differences()
    if len(effects.held_out) < _FEWEST_ROWS * groups:
        raise HeterogeneityError.small_groups(groups, len(effects.held_out) // groups)
    made = []
    for number in range(groups):
        first, last = 1.0 - (number + 1) / groups, 1.0 - number / groups

        def inside(v: Matrix, first: float = first, last: float = last) -> Matrix:
            return groups * (np.minimum(v, last) - np.minimum(v, first))

        def pull(part: Ranked, first: float = first, last: float = last) -> Matrix:
            return groups * (part.at_threshold(first) - part.at_threshold(last))

        name = f"average effect in group {number + 1} of {groups} by predicted effect"
        made.append(rank_weighted(effects, parts, inside, pull, name))
    return Comparison(tuple(made))


def _centered(values: Matrix, effects: ConditionalEffects) -> Matrix:
    """Values less the weighted mean of their part of the data."""
    weights = effects.materials.weights
    sums = np.bincount(effects.parts, weights=weights * values)
    means = sums / np.bincount(effects.parts, weights=weights)
    return np.asarray(values - means[effects.parts], dtype=np.float64)
