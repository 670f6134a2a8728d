"""The effect on a quantile: how far the median, or any other quantile, moves."""

import math
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.curves import CurveError
from causalsim.estimation.averaging.assembly import check_aim, check_clip, check_shared
from causalsim.estimation.averaging.contrasts import DIFFERENCE
from causalsim.estimation.averaging.targets import (
    EVERYONE,
    ArmMeans,
    Target,
    arms_taken,
    row_weights,
)
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.learners import Mean
from causalsim.estimation.crossfitting.nuisances import (
    Nuisances,
    Split,
    clipped,
    clipping_notes,
)
from causalsim.estimation.curves.curve import Curve
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.estimators.adjusting import Adjusting
from causalsim.estimation.intervals import standard_error
from causalsim.estimation.reading.task import Task
from causalsim.estimation.recipe import Recipe
from causalsim.seeds import Seed, seeded

Matrix = NDArray[np.float64]
_HEAP, _HEAP_TOLD = 0.2, 0.05
_ROUNDS = 4


@final
@dataclass(frozen=True, slots=True)
class QuantileEffect(Adjusting):
    """The cross-fitted, doubly robust effect on quantiles of the outcome.

    ``q_k``, the quantile at level ``p`` had all of the target been in arm ``k``, solves

        mean(F_k(X) + 1{A = k} / e_k(X) (1{Y <= q} - F_k(X))) = p

    with ``F_k(x) = P(Y <= q' | A = k, X = x)`` learnt at a first estimate ``q'``, that of
    inverse-probability weighting, so that one regression an arm serves instead of one for every
    value; it is learnt again at the solution where that lies further off than half a standard
    error, so that either the regressions or the propensities are enough. The left side rises with
    ``q`` by itself; quantiles of several levels are put in order (rearranged). The influence value
    is that of the left side over minus the density at ``q_k``, which a weighted kernel estimates.
    It is the difference of two quantiles, not a quantile of differences: who is at the median may
    be somebody else in each arm. It fails where the outcome has heaps, which is refused, and is
    unsteady in the tails.

    Args:
        at: A level between 0 and 1, or several for `estimate_curve`.
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 5 when an arm has under 500 rows.
        outcome: A scikit-learn regressor (or classifier) of whether the outcome lies below the
            quantile, or several to stack; None is the default stack.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        clip: The smallest propensity that is divided by; None leaves it to the target.
        target: Over whom the quantiles are taken.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> data = nonlinear_confounding(600, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = QuantileEffect(0.5, repeats=1).fit(task, seed=1)
        >>> 1.2 in effect.interval()
        True

    References:
        S. Firpo (2007), Efficient semiparametric estimation of quantile treatment effects,
        Econometrica 75.
        N. Kallus, X. Mao, M. Uehara (2024), Localized debiased machine learning, JMLR 25.
        V. Chernozhukov, I. Fernández-Val, A. Galichon (2010), Quantile and probability curves
        without crossing, Econometrica 78.
    """

    at: float | tuple[float, ...] = 0.5
    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    propensity: Any = None
    clip: float | None = None
    target: Target = EVERYONE

    def __post_init__(self) -> None:
        """Check the settings."""
        check_clip(self.clip)
        check_aim(self.target, DIFFERENCE)
        CrossFit(self.folds, self.repeats, self.outcome, self.propensity)
        numbers = all(isinstance(level, int | float) for level in self.levels)
        rising = numbers and list(self.levels) == sorted(set(self.levels))
        if not rising or not self.levels or not 0.0 < self.levels[0] <= self.levels[-1] < 1.0:
            raise CurveError.bad_places("at", self.at, "levels between 0 and 1, rising")

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "quantile AIPW"

    @property
    def levels(self) -> tuple[float, ...]:
        """The levels, also where there is one."""
        return self.at if isinstance(self.at, tuple) else (self.at,)

    @property
    def own_propensity(self) -> Any:  # noqa: ANN401
        """The learner or the number that it was given, beside which no known one is taken."""
        return self.propensity

    def quick(self) -> "QuantileEffect":
        """Two folds, divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """The effect on one quantile.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            CurveError: Several levels, or an outcome with heaps at the quantile.
            EstimationError: Arms too small for the folds, or no overlap and no clipping.
        """
        if len(self.levels) > 1:
            raise CurveError.several_levels(self.levels)
        return self.curve(task, seed).effects[0]

    def curve(self, task: Task, seed: int | Seed) -> Curve:
        """The effect on every quantile that was named."""
        crossfit = CrossFit(self.folds, self.repeats, Mean(), self.propensity)
        nuisances = crossfit.fit(task, seed, "QuantileEffect")
        check_shared(task, nuisances)
        bound = self.target.clip if self.clip is None else self.clip
        made = [clipped(split.propensity, bound) for split in nuisances.splits]
        learner = replace(crossfit, outcome=self.outcome)
        rows = [_rows(task, propensity, self.target) for propensity, _ in made]
        start = seeded(seed, "quantiles")
        found = [
            _settled(task, learner, nuisances, rows, level, start.child(f"{level!r}"))
            for level in self.levels
        ]
        notes = (*clipping_notes([report for _, report in made]), *task.notes)
        learners = nuisances.learners.replace(
            str(crossfit.outcome),
            "ridge/boosting stack" if self.outcome is None else str(self.outcome),
        )
        recipe = Recipe.of(task, self, seed, learners)
        effects = tuple(
            self._effect(task, level, divisions, recipe, notes)
            for level, divisions in zip(self.levels, _in_order(found), strict=True)
        )
        return Curve(self.levels, effects, "quantile", task.low is not None, _METHOD)

    def _effect(
        self,
        task: Task,
        level: float,
        divisions: list[ArmMeans],
        recipe: Recipe,
        notes: tuple[str, ...],
    ) -> Effect:
        """The difference of the arms at one level."""
        pairs = [DIFFERENCE.of(means, task) for means in divisions]
        made = combined([value for value, _ in pairs], [psi for _, psi in pairs], task.clusters)
        named = "median" if level == 0.5 else f"{level:g} quantile"
        told = self.target.in_words(task).replace("average effect", f"effect on the {named}", 1)
        return Effect(
            value=made.value,
            influence=made.influence,
            estimator=self.name,
            estimand=told if task.low is not None else named,
            recipe=recipe,
            clusters=task.clusters,
            spread=made.spread,
            notes=(*notes, *_heaps(task, level, divisions[0].values)),
        )


_METHOD = (
    "At each level the quantile of either arm solves a doubly robust equation, and the height is "
    "their difference; quantiles of several levels are put in order."
)


def _settled(
    task: Task,
    learner: CrossFit,
    nuisances: Nuisances,
    rows: list[tuple[Matrix, Matrix]],
    level: float,
    seed: Seed,
) -> list[ArmMeans]:
    """The quantiles of every division, from regressions at thresholds near to them.

    The regression is learnt again where the solution lies further from its threshold than half a
    standard error: with wrong propensities the first threshold is wrong, and only a regression at
    the quantile itself makes up for that.
    """
    at = _first(task, rows[0][0], level)
    compared = np.array(task.contrast) != 0.0
    for _ in range(_ROUNDS):
        below = replace(task, outcome=(task.outcome <= at[task.arm]).astype(np.float64))
        learnt = learner.again(below, nuisances, seed)
        made = [
            _quantiles(task, split, weights, shares, level)
            for split, (weights, shares) in zip(learnt.splits, rows, strict=True)
        ]
        moved = np.median([one.values for one in made], axis=0)
        errors = [standard_error(column, task.clusters) for column in made[0].influence.T]
        if (np.abs(moved - at) <= 0.5 * np.array(errors))[compared].all():
            break
        at = np.where(compared, moved, at)
    return made


def _first(task: Task, weights: Matrix, level: float) -> Matrix:
    """The quantile of every arm by inverse-probability weights."""
    return np.array(
        [
            _crossing(task.outcome, column, level * column.sum())
            if column.any()
            else np.median(task.outcome)
            for column in weights.T
        ]
    )


def _rows(task: Task, propensity: Matrix, target: Target) -> tuple[Matrix, Matrix]:
    """``w h / e_k 1{A = k}``, rows by arms, and the target's weight of each row."""
    share = task.share
    tilt = target.tilt(propensity, task)
    change = (target.slope(propensity, task) * (arms_taken(task) - propensity)).sum(axis=1)
    return share[:, None] * row_weights(task, propensity, tilt), share * (tilt + change)


def _crossing(outcome: Matrix, weights: Matrix, height: float) -> float:
    """The smallest outcome up to which the weights add to a height."""
    kept = weights > 0.0
    order = np.argsort(outcome[kept], kind="stable")
    climbed = np.cumsum(weights[kept][order])
    # A hair below, so that rounding does not step over a sum that is met exactly.
    place = np.searchsorted(climbed, height - 1e-9 * climbed[-1])
    return float(outcome[kept][order][min(int(place), len(order) - 1)])


def _quantiles(task: Task, split: Split, ratios: Matrix, shares: Matrix, level: float) -> ArmMeans:
    """The quantile of every arm that is compared, with influence values."""
    below = float(shares.mean())
    values = np.zeros(len(task.levels))
    influence = np.zeros((task.height, len(task.levels)))
    for arm in np.flatnonzero(np.array(task.contrast)):
        weights, guess = ratios[:, arm], split.outcome[:, arm]
        known = float(np.sum(shares * guess - weights * guess))
        value = _crossing(task.outcome, weights, level * shares.sum() - known)
        under = (task.outcome <= value).astype(np.float64)
        score = shares * (guess - level) + weights * (under - guess)
        density = _density(task.outcome, weights, value)
        if density <= 0.0:
            raise CurveError.sparse(task.outcome_name, level)
        values[arm] = value
        influence[:, arm] = -(score - score.mean()) / (below * density)
    return ArmMeans(values, influence)


def _density(outcome: Matrix, weights: Matrix, at: float) -> float:
    """The weighted density of an outcome, by a Gaussian kernel of Silverman's width."""
    kept = weights > 0.0
    values, share = outcome[kept], weights[kept] / weights[kept].sum()
    mean = float(share @ values)
    deviation = float(np.sqrt(share @ (values - mean) ** 2))
    quarter, three = (_crossing(values, share, part) for part in (0.25, 0.75))
    spread = min(deviation, (three - quarter) / 1.349) if three > quarter else deviation
    width = 0.9 * spread * float(1.0 / np.sum(share**2)) ** -0.2
    if width <= 0.0:
        return 0.0
    near = np.exp(-0.5 * ((values - at) / width) ** 2)
    return float(share @ near / (width * math.sqrt(2 * math.pi)))


def _in_order(found: list[list[ArmMeans]]) -> list[list[ArmMeans]]:
    """Quantiles of rising levels, put in order within every division and arm."""
    if len(found) == 1:
        return found
    values = np.sort([[means.values for means in level] for level in found], axis=0)
    return [
        [replace(means, values=values[row, column]) for column, means in enumerate(level)]
        for row, level in enumerate(found)
    ]


def _heaps(task: Task, level: float, values: Matrix) -> tuple[str, ...]:
    """A warning where many rows of an arm have the value of its quantile.

    Raises:
        CurveError: So many that no normal interval holds.
    """
    told = []
    for arm in np.flatnonzero(np.array(task.contrast)):
        value, mine = float(values[arm]) + 0.0, task.outcome[task.arm == arm]
        share = float(np.mean(mine == value))
        if share >= _HEAP:
            raise CurveError.heaped(task.outcome_name, value, share, level)
        if share >= _HEAP_TOLD:
            told.append(
                f"{share:.0%} of arm {task.levels[arm]} has {task.outcome_name} = {value:g}, its "
                f"{level:g} quantile: the interval is rough"
            )
    return tuple(told)
