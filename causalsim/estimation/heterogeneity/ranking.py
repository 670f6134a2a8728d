"""People in the order of their predicted effects, and averages that weigh them by their rank.

Each part of the data is ranked by models that never saw it, so ranks are taken within parts. With
``v`` in (0, 1] the share of people who are predicted to gain at least as much, and ``s(v)`` the
doubly robust scores in that order, every measure of a ranking here is

    theta = integral omega(v) s(v) dv,

averaged over the parts; only ``omega`` differs. People with the same prediction share the mean of
``omega`` over their ranks, so that the order of the rows says nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.effect import Effect
from causalsim.estimation.heterogeneity.conditional import ConditionalEffects

Curve = Callable[[Matrix], Matrix]
_WINDOW = 0.05
_FEWEST_NEAR = 15


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """One part of the data, ranked.

    Attributes:
        rows: The places of its rows.
        ahead: For each the share of people with greater predictions.
        upto: The same with those of equal prediction.
        ties: The number of its group of equal predictions, 0 for the greatest.
        weights: A weight a row, with mean one.
        scores: The doubly robust scores.
        share: How much the part counts.
    """

    rows: NDArray[np.int_]
    ahead: Matrix
    upto: Matrix
    ties: NDArray[np.int_]
    weights: Matrix
    scores: Matrix
    share: float

    def mean(self, values: Matrix) -> float:
        """The weighted mean."""
        return float(np.mean(self.weights * values))

    def omega(self, primitive: Curve) -> Matrix:
        """The mean over each row's ranks of the function with this primitive."""
        gap = primitive(self.upto) - primitive(self.ahead)
        return np.asarray(gap / (self.upto - self.ahead), dtype=np.float64)

    def behind(self, values: Matrix) -> Matrix:
        """For each row the mean over all rows of the values of those behind it; half of its ties'.

        A row that joins pushes those behind it one place further back.
        """
        totals = np.bincount(self.ties, weights=self.weights * values) / len(values)
        after = np.cumsum(totals[::-1])[::-1] - 0.5 * totals
        return np.asarray(after[self.ties], dtype=np.float64)

    def at_threshold(self, q: float) -> Matrix:
        """What each row within the first share pushes out at its end: a score of those near it.

        Zero for those behind, and at the end of all, where nobody is pushed out.
        """
        if not 0.0 < q < 1.0:
            return np.zeros(len(self.rows))
        away = np.abs((self.ahead + self.upto) / 2 - q)
        reach = max(_WINDOW, float(np.sort(away)[min(_FEWEST_NEAR, len(away)) - 1]))
        near = away <= reach
        score = float(np.average(self.scores[near], weights=self.weights[near]))
        inside = np.clip((q - self.ahead) / (self.upto - self.ahead), 0.0, 1.0)
        return np.asarray(score * inside, dtype=np.float64)


def ranked(effects: ConditionalEffects) -> tuple[Ranked, ...]:
    """The parts of the data, each in the order of the predictions for it."""
    check_conditional(effects)
    weights = effects.materials.weights
    return tuple(
        _one(np.flatnonzero(effects.parts == part), effects, weights)
        for part in range(int(effects.parts.max()) + 1)
    )


def _one(rows: NDArray[np.int_], effects: ConditionalEffects, weights: Matrix) -> Ranked:
    """One part, ranked from the greatest prediction down."""
    share = float(weights[rows].sum() / weights.sum())
    own = weights[rows] / weights[rows].mean()
    # Predictions that differ by rounding alone are the same.
    seen = effects.held_out[rows]
    grain = 1e-9 * (np.abs(seen).max() + 1e-300)
    _, ties = np.unique(-np.round(seen / grain), return_inverse=True)
    ties = ties.reshape(-1)
    totals = np.bincount(ties, weights=own) / len(rows)
    upto = np.minimum(np.cumsum(totals), 1.0)
    ahead = np.concatenate([[0.0], upto[:-1]])
    return Ranked(rows, ahead[ties], upto[ties], ties, own, effects.scores[rows], share)


def rank_weighted(
    effects: ConditionalEffects,
    parts: tuple[Ranked, ...],
    primitive: Curve,
    pull: Callable[[Ranked], Matrix],
    estimand: str,
) -> Effect:
    """The mean of the scores, weighted by rank, with influence values that know ranks are random.

    Args:
        effects: What was ranked.
        parts: Its parts.
        primitive: The primitive of ``omega``, zero at zero.
        pull: What a row does to the estimate by pushing others back, up to its mean.
        estimand: What the result is called.
    """
    value = 0.0
    influence = np.empty(len(effects.held_out))
    for part in parts:
        weighed = part.omega(primitive) * part.scores
        found = part.mean(weighed)
        moved = pull(part)
        own = part.weights * (weighed - found + moved - part.mean(moved))
        value += part.share * found
        influence[part.rows] = part.share * len(influence) / len(part.rows) * own
    return as_effect(effects, value, influence, estimand)


def as_effect(
    effects: ConditionalEffects, value: float, influence: Matrix, estimand: str
) -> Effect:
    """A number about conditional effects, with its influence values, as an effect."""
    return replace(
        effects.effect,
        value=value,
        influence=influence,
        estimand=estimand,
        recipe=replace(effects.effect.recipe, estimator=None),
        spread=0.0,
        multiplicative=False,
        nuisances=None,
        notes=(),
    )


def check_conditional(found: object) -> None:
    """Conditional effects, and nothing else.

    Raises:
        HeterogeneityError: Something else.
    """
    if not isinstance(found, ConditionalEffects):
        raise HeterogeneityError.not_conditional(found)
