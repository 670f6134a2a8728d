"""The nuisances of a regime: its chance at every stage, and the mean outcome if it goes on.

With ``H_k`` the history before treatment ``k`` of ``K`` and ``d_k`` what the regime does, they are
``g_k = P(A_k = d_k | H_k)`` and, from the last stage to the first,

    Q_k(h) = E[phi_{k+1} | H_k = h, A_k = d_k],    phi_{K+1} = Y,
    phi_k = Q_k + 1{A_k = d_k} / g_k (phi_{k+1} - Q_k).

The targets ``phi`` have the mean of the outcome that the regime leads to from there on, if either
the regression or the propensity is right at each later stage; ``mean(phi_1)`` estimates the mean
outcome under the regime and ``phi_1`` less this mean is its efficient influence function.

References:
    A. Rotnitzky, J. Robins, L. Babino (2017), On the multiply robust estimation of the mean of
    the g-functional, arXiv 1705.08582.
    A. Luedtke, O. Sofrygin, M. van der Laan, M. Carone (2017), Sequential double robustness in
    right-censored longitudinal models, arXiv 1705.02459.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.errors.sequences import SequenceError
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.folds import check_clusters, dealt
from causalsim.estimation.crossfitting.nuisances import Clipping
from causalsim.estimation.crossfitting.subsets import chances_by_fold, means_by_fold, own_fold
from causalsim.estimation.sequences.reading import (
    Course,
    Mask,
    Matrix,
    Period,
    SequenceTask,
    Whole,
)
from causalsim.seeds import Seed, seeded

_FEW = 500
_REPEATS = 3
_THREADS_PAY = 2_000_000
_CHANCE = 0.01
_FEW_ROWS = 10


@dataclass(frozen=True, slots=True)
class Learning:
    """How the nuisances of a sequence are learnt.

    Attributes:
        folds: How many parts; 1 fits and predicts on the same rows.
        repeats: How many random divisions; None means 1, or 3 when fewer than 500 rows follow
            some regime.
        outcome: Learners of the outcome; None is the default stack.
        propensity: Learners of the treatments; None is the default stack.
        clip: The smallest probability of one stage that is divided by.
        pooled: Whether rows that left a regime are learnt from too.
    """

    folds: int
    repeats: int | None
    outcome: Any
    propensity: Any
    clip: float
    pooled: bool

    def check(self) -> None:
        """Refuse settings that mean nothing."""
        _ = CrossFit(self.folds, self.repeats, self.outcome, self.propensity)
        if not 0.0 <= self.clip < 0.5:
            raise EstimationError.bad_setting("clip", self.clip, "a number from 0 to below 0.5")

    def in_words(self, repeats: int) -> str:
        """What was done, for the recipe."""
        outcome = "ridge/boosting stack" if self.outcome is None else str(self.outcome)
        propensity = "logistic/boosting" if self.propensity is None else str(self.propensity)
        how = "without cross-fitting" if self.folds == 1 else f"{self.folds} folds"
        again = f" x {repeats}" if repeats > 1 else ""
        whom = "everyone" if self.pooled else "those who follow the regime"
        return f"outcome by {outcome}, treatments by {propensity}, from {whom}, {how}{again}"


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The nuisances of one regime in one division into folds, out of fold.

    Attributes:
        chance: ``g_k`` as it is divided by, stages by rows.
        outcome: ``Q_k``, stages by rows, in the outcome's unit.
        score: ``phi_1``, one a row.
        clipping: How many chances were clipped.
        barred: How many rows had hardly a chance to go on, so that others speak for them.
    """

    chance: Matrix
    outcome: Matrix
    score: Matrix
    clipping: Clipping
    barred: int


def divisions(task: SequenceTask, learning: Learning, seed: int | Seed) -> list[list[Chain]]:
    """The nuisances of every regime, for every random division into folds.

    Args:
        task: The data in their roles.
        learning: How they are learnt.
        seed: Decides folds and learners.

    Returns:
        For every division one chain a regime.

    Raises:
        SequenceError: Too few rows follow a regime.
    """
    _check_followers(task, learning)
    start = seeded(seed, "sequence")
    fewest = min(int(course.followed[-1].sum()) for course in task.courses)
    repeats = learning.repeats or (_REPEATS if fewest < _FEW and learning.folds > 1 else 1)
    small = task.periods[-1].before.size < _THREADS_PAY
    with threadpool_limits(limits=1 if small else None):
        return [
            _division(task, learning, start.child(f"split {number}")) for number in range(repeats)
        ]


def _division(task: SequenceTask, learning: Learning, seed: Seed) -> list[Chain]:
    """One random division."""
    folds = _folds(task, learning.folds, seed.child("folds").numpy())
    return [
        _chain(task, course, learning, folds, seed.child(f"regime {number}"))
        for number, course in enumerate(task.courses)
    ]


def _chain(
    task: SequenceTask, course: Course, learning: Learning, folds: Whole, seed: Seed
) -> Chain:
    """Backwards from the outcome to the first treatment."""
    stages, height = len(task.periods), task.height
    chance, outcome = np.empty((stages, height)), np.empty((stages, height))
    target = np.tile(task.outcome, (int(folds.max()) + 1, 1))
    touched, least = np.zeros(height, dtype=bool), 1.0
    barred = np.zeros(height, dtype=bool)
    for k in reversed(range(stages)):
        period, wanted = task.periods[k], course.wanted[k]
        rows = _learnt_from(task, course, k, learning.pooled)
        seen = means_by_fold(
            period.history(period.taken),
            target,
            rows,
            task.weights,
            folds,
            learning.outcome,
            seed.child(f"outcome {k}"),
            period.history(wanted),
        )
        odds = chances_by_fold(
            period.before,
            period.taken == wanted,
            period.complete if learning.pooled else course.followed[k],
            task.weights,
            folds,
            learning.propensity,
            seed.child(f"propensity {k}"),
        )
        asked = course.followed[k + 1]
        raw = own_fold(odds, folds)
        touched |= asked & (raw < learning.clip)
        barred |= course.followed[k] & ~asked & (raw < _CHANCE)
        _check_choice(period, course.followed[k], asked, raw, learning)
        least = min(least, float(raw[asked].min()))
        if least <= 0.0 and learning.clip == 0.0:
            raise EstimationError.no_overlap(period.treatment, int((raw <= 0.0).sum()), height)
        odds = np.maximum(odds, max(learning.clip, 1e-12))
        did = (period.taken == wanted) & np.isfinite(target[0])
        target = np.where(did, seen + (target - seen) / odds, seen)
        chance[k], outcome[k] = own_fold(odds, folds), own_fold(seen, folds)
    report = Clipping(learning.clip, int(touched.sum()), height, least)
    return Chain(chance, outcome, own_fold(target, folds), report, int(barred.sum()))


def _check_choice(
    period: Period, here: Mask, went: Mask, chance: Matrix, learning: Learning
) -> None:
    """Refuse a history that decides who goes on, among those who followed the regime so far.

    Raises:
        ReadingError: Those who went on and those who left share hardly any history.
    """
    if learning.folds == 1:
        return  # a flexible classifier may have learnt its own rows by heart
    open_ = (chance >= _CHANCE) & (chance <= 1.0 - _CHANCE)
    groups = (here & went, here & ~went)
    sizes = [int(group.sum()) for group in groups]
    mixed = [int((group & open_).sum()) for group in groups]
    if min(sizes) >= _FEW_ROWS and all(
        count < 0.1 * size for count, size in zip(mixed, sizes, strict=True)
    ):
        raise ReadingError.separated(period.treatment, sum(mixed), sum(sizes), ())


def _learnt_from(task: SequenceTask, course: Course, k: int, pooled: bool) -> Mask:
    """The rows that a stage's outcome regression is learnt from."""
    if not pooled:
        stayed: Mask = course.followed[k + 1]
        return stayed
    if k + 1 == len(task.periods):
        known: Mask = np.isfinite(task.outcome) & task.periods[k].complete
        return known
    return task.periods[k + 1].complete


def _folds(task: SequenceTask, count: int, rng: np.random.Generator) -> Whole:
    """Folds balanced over who follows which regime how far."""
    far = np.stack([course.followed.sum(axis=0) for course in task.courses])
    kinds = np.unique(far, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int_)
    check_clusters(task.clusters, count)
    return dealt(kinds, task.clusters, count, rng)


def _check_followers(task: SequenceTask, learning: Learning) -> None:
    """Somebody in every fold follows every regime to its end."""
    needed = 2 if learning.folds == 1 else 2 * learning.folds
    for course in task.courses:
        for k, period in enumerate(task.periods):
            count = int(course.followed[k + 1].sum())
            if count < needed:
                raise SequenceError.nobody_follows(
                    str(course.regime), period.treatment, count, needed
                )
