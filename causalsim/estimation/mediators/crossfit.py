"""The four nuisances of an effect through mediators, from one cross-fit, without a density.

With arms ``a``, mediators ``M`` and covariates ``C``: ``e_a(c) = P(A=a | c)``,
``pi_a(m, c) = P(A=a | m, c)``, ``mu_a(m, c) = E[Y | a, m, c]`` and
``eta_ab(c) = E[mu_a(M, c) | A=b, c]``. The densities of the mediators enter only as ratios, which
are ratios of these propensities: ``f(m | b, c) / f(m | a, c) = pi_b e_a / (pi_a e_b)``.

References:
    M. Díaz, N. Hejazi (2020), Causal mediation analysis for stochastic interventions, JRSS B 82
    (densities through propensities).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.assembly import check_shared
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.learners import (
    Boosting,
    Matrix,
    Mean,
    Prediction,
    Ridge,
    RidgeThenBoosting,
    shares,
)
from causalsim.estimation.crossfitting.nuisances import Clipping, clipped, clipping_notes
from causalsim.estimation.mediators.task import MediatorTask
from causalsim.seeds import Seed, seeded

_SMALL_ARM = 500
_REPEATS = 5
_SMOOTH = (Ridge(products=False), Ridge(), RidgeThenBoosting(boosting=Boosting(trees=40)))


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """The nuisances on one random division into folds.

    Attributes:
        alone: ``e_a(c_i)``, rows by arms.
        given: ``pi_a(m_i, c_i)``, rows by arms.
        outcome: ``mu_a(m_i, c_i)``, rows by arms.
        through: ``eta_ab(c_i)``, rows by ``a`` by ``b``.
    """

    alone: Matrix
    given: Matrix
    outcome: Matrix
    through: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MediatorNuisances:
    """One or several divisions, and what must be said about them.

    Attributes:
        divisions: Each is complete in itself.
        learners: What predicted, in words.
        notes: How many propensities were clipped.
    """

    divisions: tuple[Division, ...]
    learners: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MediatorCrossFit:
    """The recipe of the cross-fit.

    Args:
        folds: How many parts; each is predicted from the others. 1 fits and predicts on the same
            rows, which is honest only for small parametric learners.
        repeats: How many random divisions; None means 1, or 5 when an arm has under 500 rows.
        outcome: A learner or scikit-learn regressor of the outcome given mediators and
            covariates, in each arm; None is the default stack.
        means: A learner or regressor of ``mu`` given covariates; None is splines and boosting.
        propensity: A classifier of the treatment given covariates, or its known probability.
        reverse: A classifier of the treatment given mediators and covariates.
        clip: The smallest propensity that is divided by.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    means: Any = None
    propensity: Any = None
    reverse: Any = None
    clip: float = 0.01

    def __post_init__(self) -> None:
        """Check every setting once."""
        self._alone(1)
        self._given(1)
        self._means()
        if isinstance(self.reverse, int | float):
            raise EstimationError.bad_setting(
                "reverse", self.reverse, "a classifier of the treatment given the mediators"
            )
        if not 0.0 <= self.clip < 0.5:
            raise EstimationError.bad_setting("clip", self.clip, "a number from 0 to below 0.5")

    def fit(self, task: MediatorTask, seed: int | Seed) -> MediatorNuisances:
        """Predict every nuisance for every row by models that never saw it.

        Args:
            task: The data in their roles.
            seed: Decides the folds and every learner's chance.

        Raises:
            EstimationError: An arm too small for the folds, or a learner that fails.
        """
        arms = np.bincount(task.given.arm, minlength=len(task.given.levels))
        few = arms.min() < _SMALL_ARM and self.folds > 1
        repeats = self.repeats or (_REPEATS if few else 1)
        start = seeded(seed, "mediators")
        made = [self._division(task, start.child(f"{number}")) for number in range(repeats)]
        notes = [f"{words}: {note}" for words, found in _reported(made) for note in found]
        return MediatorNuisances(
            tuple(division for division, _ in made), self._in_words(repeats), tuple(notes)
        )

    def _division(
        self, task: MediatorTask, seed: Seed
    ) -> tuple[Division, tuple[Clipping, Clipping]]:
        """Every nuisance on one division; equal seeds make equal folds in all of the fits."""
        (given,) = self._given(1).fit(task.given, seed).splits
        shared = self._alone(1).fit(task.alone, seed)
        check_shared(task.alone, shared)
        (alone,) = shared.splits
        through = np.empty((task.given.height, len(task.given.levels), len(task.given.levels)))
        for code in range(len(task.given.levels)):
            # mu_a of each row is out of fold; it is regressed on covariates within every arm.
            pseudo = replace(task.alone, outcome=given.outcome[:, code])
            (found,) = self._means().fit(pseudo, seed).splits
            through[:, code, :] = found.outcome
        first, of_alone = clipped(alone.propensity, self.clip)
        second, of_given = clipped(given.propensity, self.clip)
        return Division(first, second, given.outcome, through), (of_alone, of_given)

    def _given(self, repeats: int) -> CrossFit:
        """Outcome and treatment given mediators and covariates."""
        return CrossFit(self.folds, repeats, self.outcome, self.reverse)

    def _alone(self, repeats: int) -> CrossFit:
        """The treatment given covariates."""
        return CrossFit(self.folds, repeats, Mean(), self.propensity)

    def _means(self) -> CrossFit:
        """What the outcome regressions are on average given covariates."""
        means = _SMOOTH if self.means is None else self.means
        # The treatment is fitted already: a coin costs nothing and is not looked at.
        return CrossFit(self.folds, 1, means, Shares())

    def _in_words(self, repeats: int) -> str:
        """What was done, for the recipe."""
        outcome = "ridge/boosting stack" if self.outcome is None else str(self.outcome)
        reverse = "logistic/boosting" if self.reverse is None else str(self.reverse)
        how = "without cross-fitting" if self.folds == 1 else f"{self.folds} folds"
        again = f" x {repeats}" if repeats > 1 else ""
        return (
            f"outcome by {outcome}, mediator densities as ratios of propensities by {reverse}, "
            f"{how}{again}"
        )


@dataclass(frozen=True, slots=True)
class Shares:
    """Every class as often as it is."""

    def fit(self, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: int) -> Prediction:
        """Learn the shares."""
        return shares(target, weights)


def _reported(
    made: list[tuple[Division, tuple[Clipping, Clipping]]],
) -> list[tuple[str, tuple[str, ...]]]:
    """What must be said about clipping, of either kind of propensity."""
    return [
        ("given the covariates", clipping_notes([reports[0] for _, reports in made])),
        ("given the mediators", clipping_notes([reports[1] for _, reports in made])),
    ]


DEFAULT = MediatorCrossFit()
