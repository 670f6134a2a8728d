"""The scores behind an effect, read again for other treatments and outcomes without any refit.

A treatment that is handed out anew has its own known propensities, and an outcome that is made up
its own known regression: scores that belonged to the true ones are never used for the new ones.
What is then tested is the estimator's formula, its weights and its interval on the people at hand;
leaks inside the learners show only when the recipe is run again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.refuting.case import Case
from causalsim.estimation.contrasts import Difference
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split
from causalsim.estimation.estimator import Sharing
from causalsim.estimation.estimators.doubly_robust import AIPW
from causalsim.estimation.estimators.weighting import IPW
from causalsim.estimation.intervals import standard_error
from causalsim.estimation.reading.task import Task
from causalsim.estimation.targets import Everyone

_HUGE = 1e6
Matrix = NDArray[np.float64]
Arms = NDArray[np.integer[Any]]
#: From arms and outcomes to the estimate and its standard error.
Reader = Callable[[Arms, Matrix], tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """One set of scores for all checks.

    Attributes:
        task: The data in their roles.
        estimator: What reads the scores.
        propensity: ``e_k(x)``, the mean over divisions, rows by arms.
        outcome: ``mu_k(x)``.
        folds: The folds of the first division.
        bounds: Where the propensities of the arms end when they are laid end to end.
    """

    task: Task
    estimator: Any
    propensity: Matrix
    outcome: Matrix
    folds: NDArray[np.int_]
    bounds: NDArray[np.float32]

    @classmethod
    def of(cls, case: Case) -> "Stored | None":
        """The scores behind an effect; None where there are none."""
        found = case.effect.nuisances
        if found is None or case.arms is None or not isinstance(case.estimator, Sharing):
            return None
        return cls.made(
            case.arms, case.estimator, found.propensity, found.outcome, found.splits[0].folds
        )

    @classmethod
    def made(
        cls,
        task: Task,
        estimator: Any,  # noqa: ANN401
        propensity: Matrix,
        outcome: Matrix,
        folds: NDArray[np.int_],
    ) -> "Stored":
        """Scores, arm by arm in memory, since every reading goes through the arms one by one."""
        bounds = np.cumsum(propensity, axis=1)[:, :-1].astype(np.float32)
        e, mu = np.asfortranarray(propensity), np.asfortranarray(outcome)
        return cls(task, estimator, e, mu, folds, bounds)

    @property
    def blind(self) -> Matrix:
        """``E[Y | x] = sum_k e_k mu_k``: the regression if the treatment did nothing."""
        return np.asarray((self.propensity * self.outcome).sum(axis=1), dtype=np.float64)

    def same(self, regression: Matrix | float) -> Matrix:
        """One regression for all arms."""
        one = np.broadcast_to(regression, self.task.height)
        return np.asfortranarray(np.stack([one] * self._arms).T)

    def handed_out(self, rng: np.random.Generator) -> Arms:
        """A treatment drawn anew from the propensities, so that every compared arm has rows."""
        compared = np.flatnonzero(self.task.contrast)
        while True:
            chance = rng.random(self.task.height, dtype=np.float32)
            if self._arms == 2:
                arm = (chance >= self.bounds[:, 0]).view(np.int8)
                many = np.count_nonzero(arm)
                counts = np.array([len(arm) - many, many])
            else:
                arm = (chance[:, None] >= self.bounds).sum(axis=1)
                counts = np.bincount(arm, minlength=self._arms)
            if (counts[compared] >= 2).all():
                return np.asarray(arm)

    def reader(self, outcome: Matrix, propensity: Matrix | None = None) -> Reader:
        """How the estimator reads arms and outcomes with these regressions and propensities.

        Args:
            outcome: ``mu_k(x)`` of the outcome that will be read.
            propensity: ``e_k(x)`` of the treatment that will be read; None is the stored one.
        """
        given = self.propensity if propensity is None else propensity
        # Subclasses may compute something else, so that only these two are known by heart.
        known = type(self.estimator) in (AIPW, IPW)
        if known and self._arms == 2 and isinstance(self.estimator.contrast, Difference):
            return _by_heart(self, given, outcome)
        nuisances = Nuisances((Split(self.folds, given, outcome, ()),), "stored scores")

        def read(arm: Arms, y: Matrix) -> tuple[float, float]:
            task = replace(self.task, arm=arm.astype(np.int_), outcome=y)
            effect = self.estimator.effect(task, nuisances, 0)
            return effect.value, effect.standard_error

        return read

    @property
    def _arms(self) -> int:
        """How many arms there are."""
        return len(self.task.levels)


def _by_heart(stored: Stored, propensity: Matrix, outcome: Matrix) -> Reader:
    """AIPW or IPW of two arms with everything computed beforehand that no draw changes."""
    task, estimator = stored.task, stored.estimator
    bound = estimator.target.clip if estimator.clip is None else estimator.clip
    e = np.maximum(propensity, max(bound, 1e-300))
    everyone = isinstance(estimator.target, Everyone)
    share = task.share
    tilt = np.ones(1) if everyone else estimator.target.tilt(e, task)
    weight = [share * tilt / e[:, k] for k in (0, 1)]
    signs = task.contrast
    if isinstance(estimator, IPW):
        return lambda arm, y: _hajek(arm, y, weight, signs, task.clusters)
    if everyone:
        below = [share, share]
    else:
        slope = estimator.target.slope(e, task)
        start = tilt - (slope * e).sum(axis=1)
        below = [share * (start + slope[:, k]) for k in (0, 1)]
    mu = [np.ascontiguousarray(outcome[:, k]) for k in (0, 1)]
    gain = signs[0] * mu[0] + signs[1] * mu[1]
    fixed = below[0] * gain
    signed = [signs[0] * weight[0], signs[1] * weight[1]]
    regression, weights = _picker(*mu), _picker(*signed)
    spreads = None if everyone else _picker(*below)
    settled = float(below[0].sum())

    def read(arm: Arms, y: Matrix) -> tuple[float, float]:
        high = arm.astype(np.float64)
        top = y - regression(high)
        top *= weights(high)
        if spreads is None:
            spread, total = share, settled
            top += fixed
        else:
            spread = spreads(high)
            total = float(spread.sum())
            top += spread * gain
        value = float(top.sum()) / total
        top -= value * spread
        return value, standard_error(top, task.clusters) * task.height / total

    return read


def _picker(first: Matrix, second: Matrix) -> Callable[[Matrix], Matrix]:
    """The first column where nought is given and the second where one is."""
    if max(float(np.abs(first).max()), float(np.abs(second).max())) > _HUGE:
        return lambda high: np.where(high > 0.0, second, first)
    step = second - first  # a third of the time of np.where, and exact enough for such sizes

    def pick(high: Matrix) -> Matrix:
        made = high * step
        made += first
        return made

    return pick


def _hajek(
    arm: Arms,
    y: Matrix,
    weight: list[Matrix],
    signs: tuple[float, ...],
    clusters: NDArray[np.int_] | None,
) -> tuple[float, float]:
    """The signed sum of two normalised weighted means, and its standard error."""
    high = arm.astype(bool, copy=False)
    value, influence = 0.0, np.zeros(len(y))
    for code, rows in ((0, ~high), (1, high)):
        w = weight[code] * rows
        total = float(w.sum())
        mean = float(w @ y) / total
        value += signs[code] * mean
        influence += (signs[code] * len(y) / total) * w * (y - mean)
    return value, standard_error(influence, clusters)
