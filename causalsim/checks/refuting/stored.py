"""The scores behind an effect, read again for other treatments and outcomes without any refit.

A treatment that is handed out anew has its own known propensities, and an outcome that is made up
its own known regression: scores that belonged to the true ones are never used for the new ones.
What is then tested is the estimator's formula, its weights and its interval on the people at hand;
leaks inside the learners show only when the recipe is run again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.refuting.case import Case
from causalsim.checks.refuting.sums import Arms, Reading, TwoArms, bound_of
from causalsim.estimation.averaging.contrasts import Difference
from causalsim.estimation.averaging.targets import Everyone
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split
from causalsim.estimation.estimator import Sharing
from causalsim.estimation.estimators.doubly_robust import AIPW
from causalsim.estimation.estimators.weighting import IPW
from causalsim.estimation.intervals import standard_error
from causalsim.estimation.reading.task import Task

Matrix = NDArray[np.float64]
#: From arms and outcomes to the estimate and its standard error.
Reader = Callable[[Arms, Matrix], Reading]


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
        if (arms := self.two_arms(outcome, given)) is not None:
            return arms.read
        if self._known(IPW):
            return _by_weights(self, given)
        nuisances = Nuisances((Split(self.folds, given, outcome, ()),), "stored scores")

        def read(arm: Arms, y: Matrix) -> tuple[float, float]:
            task = replace(self.task, arm=arm.astype(np.int_), outcome=y)
            effect = self.estimator.effect(task, nuisances, 0)
            return effect.value, effect.standard_error

        return read

    def arm_readings(self, outcome: Matrix, y: Matrix, draws: Iterable[Arms]) -> list[Reading]:
        """`reader` for one outcome and many treatments."""
        arms = self._summed(outcome)
        if arms is not None:
            return arms.arm_readings(y, np.stack([np.packbits(arm) for arm in draws]))
        read = self.reader(outcome)
        return [read(arm, y) for arm in draws]

    def outcome_reader(self, outcome: Matrix, arm: Arms) -> Callable[[Matrix], Reading]:
        """`reader` for one treatment."""
        arms = self._summed(outcome)
        if arms is not None:
            return arms.outcome_reader(arm, float(outcome.mean()))
        read = self.reader(outcome)
        return lambda y: read(arm, y)

    def world_readings(
        self,
        outcome: Matrix,
        outcomes: Callable[[Arms, Arms], Matrix],
        draws: Iterable[tuple[Arms, Arms]],
    ) -> list[Reading]:
        """`reader` for many treatments and coins, which outcomes follow from."""
        arms = self._summed(outcome)
        if arms is None:
            read = self.reader(outcome)
            return [read(arm, outcomes(arm, coin)) for arm, coin in draws]
        sides = [np.full(self.task.height, side, dtype=np.int8) for side in (0, 1)]
        packed = [(np.packbits(arm), np.packbits(coin)) for arm, coin in draws]
        return arms.world_readings(
            [[outcomes(code, coin) for coin in sides] for code in sides],
            np.stack([arm for arm, _ in packed]),
            np.stack([coin for _, coin in packed]),
        )

    def two_arms(self, outcome: Matrix, propensity: Matrix) -> TwoArms | None:
        """The scores as sums over rows; None where the estimator is not known by heart."""
        if not self._known(AIPW):
            return None
        return TwoArms.of(self.task, self.estimator, propensity, outcome)

    def _summed(self, outcome: Matrix) -> TwoArms | None:
        """The same where rows are independent, as the sum of squares over rows needs."""
        return None if self.task.clusters is not None else self.two_arms(outcome, self.propensity)

    def _known(self, kind: type) -> bool:
        """Whether it is this estimator of a difference between two arms, and no subclass of it."""
        plain = type(self.estimator) is kind and self._arms == 2
        return plain and isinstance(self.estimator.contrast, Difference)

    @property
    def _arms(self) -> int:
        """How many arms there are."""
        return len(self.task.levels)


def _by_weights(stored: Stored, propensity: Matrix) -> Reader:
    """IPW of two arms."""
    task, estimator = stored.task, stored.estimator
    e = np.maximum(propensity, bound_of(estimator))
    everyone = isinstance(estimator.target, Everyone)
    tilt = np.ones(1) if everyone else estimator.target.tilt(e, task)
    weight = [task.share * tilt / e[:, k] for k in (0, 1)]
    return lambda arm, y: _hajek(arm, y, weight, task.contrast, task.clusters)


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
