"""One cross-fit: every nuisance is predicted for each row by models that never saw that row.

A model that did see it would hide its own overfitting from the effect's interval.

References:
    V. Chernozhukov, D. Chetverikov, M. Demirer, E. Duflo, C. Hansen, W. Newey, J. Robins (2018),
    Double/debiased machine learning, The Econometrics Journal 21, definition 3.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimation.crossfitting.fitting import (
    guessed_means,
    guessed_shares,
    in_turn,
    learnt,
    outcome_members,
    suited,
    treatment_members,
    turns,
)
from causalsim.estimation.crossfitting.folds import check_clusters, dealt, one_fold_arms
from causalsim.estimation.crossfitting.learners import (
    OUTCOME_OF_MANY,
    TREATMENT_MEMBERS,
    TREATMENT_OF_MANY,
    Logistic,
    Matrix,
    Pooled,
)
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split
from causalsim.estimation.crossfitting.stacking import mean_weights, mixed_shares
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed, seeded

_SMALL_ARM = 500
_REPEATS = 5
#: The propensity by maximum likelihood, near enough: what weights alone lean on.
PARAMETRIC = Logistic(products=False, strength=100.0)


@dataclass(frozen=True, slots=True)
class CrossFit:
    """The recipe of a cross-fit: folds, repetitions and learners.

    Args:
        folds: How many parts; each is predicted from the others. 1 fits and predicts on the same
            rows, which is honest only for small parametric learners.
        repeats: How many random divisions; None means 1, or 5 when the smallest arm has fewer
            than 500 rows, where a single division would let chance into the estimate.
        outcome: A learner or scikit-learn estimator of the outcome in one arm (of all arms
            together if wrapped in `Pooled`), or several; None is a stack of spline ridge and
            boosting, within arms and over all of them, weighted by out-of-fold error.
        propensity: A learner or scikit-learn classifier of the treatment, or several; None is
            the average on the logit scale of logistic regressions and slow boosting, weighted
            by out-of-fold log-loss. A number is the known probability of the higher of two
            levels, as in an experiment.
        n_jobs: How many folds are fitted at a time, as joblib counts (-1 is all cores); None
            leaves it to ``joblib.parallel_config``, and means one without it. The numbers are the
            same for any.
        progress: Whether a bar shows how many folds are done.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    propensity: Any = None
    n_jobs: int | None = None
    progress: bool = False

    def __post_init__(self) -> None:
        """Check every setting once."""
        if not isinstance(self.folds, int) or self.folds < 1:
            raise EstimationError.bad_setting("folds", self.folds, "a whole number from 1")
        if self.repeats is not None and (not isinstance(self.repeats, int) or self.repeats < 1):
            raise EstimationError.bad_setting("repeats", self.repeats, "a whole number from 1")
        if isinstance(self.propensity, int | float) and not 0.0 < self.propensity < 1.0:
            raise EstimationError.bad_setting(
                "propensity", self.propensity, "a probability between 0 and 1, or a classifier"
            )
        if self.n_jobs is not None and (not isinstance(self.n_jobs, int) or self.n_jobs == 0):
            raise EstimationError.bad_setting(
                "n_jobs", self.n_jobs, "a whole number but 0, or None"
            )
        outcome_members(self.outcome)
        treatment_members(self.propensity)

    def fit(self, task: Task, seed: int | Seed, by: str = "") -> Nuisances:
        """Predict every nuisance for every row.

        Args:
            task: The data in their roles.
            seed: Decides the folds and every learner's chance.
            by: The class of the estimator that asks, for the hints of errors.

        Raises:
            EstimationError: An arm too small for the folds, or a learner that fails.
        """
        counts = np.bincount(task.arm, minlength=len(task.levels))
        for code, count in enumerate(counts):
            if count < 2 * self.folds:
                raise EstimationError.few_rows(
                    task.treatment, task.levels[code], int(count), self.folds, by
                )
        check_clusters(task.clusters, self.folds, by)
        repeats = self.repeats or (_REPEATS if counts.min() < _SMALL_ARM and self.folds > 1 else 1)
        start = seeded(seed, "nuisances")
        splits = tuple(
            self._split(task, start.child(f"split {number}")) for number in range(repeats)
        )
        return Nuisances(splits, self._in_words(task, repeats))

    def _split(self, task: Task, seed: Seed) -> Split:
        """One random division, and every out-of-fold prediction on it."""
        rng = seed.child("folds").numpy()
        folds = dealt(task.arm, task.clusters, self.folds, rng)
        if self.folds > 1 and len(alone := one_fold_arms(task.arm, folds)):
            raise EstimationError.arm_in_one_fold(task.treatment, task.levels[int(alone[0])])
        propensity = self._propensity(task, folds, seed.child("propensity"))
        outcome, weights = self._outcome(task, folds, seed)
        return Split(folds, propensity, outcome, weights)

    def again(self, task: Task, nuisances: Nuisances, seed: int | Seed) -> Nuisances:
        """The regressions of another outcome, on divisions and propensities that are there.

        Args:
            task: The data of a cross-fit with another outcome in it.
            nuisances: That cross-fit.
            seed: Decides the learners' chance.
        """
        start = seeded(seed, "another outcome")
        splits = []
        for number, split in enumerate(nuisances.splits):
            found = self._outcome(task, split.folds, start.child(f"split {number}"))
            splits.append(Split(split.folds, split.propensity, *found))
        return Nuisances(tuple(splits), nuisances.learners)

    def _outcome(
        self, task: Task, folds: NDArray[np.int_], seed: Seed
    ) -> tuple[Matrix, tuple[tuple[float, ...], ...]]:
        """The mean outcome in every arm for every row, out of fold, and the stack's weights."""
        members = outcome_members(self.outcome)
        if self.outcome is None:
            members = suited(members, task, OUTCOME_OF_MANY)
        arms = len(task.levels)
        guesses = np.empty((task.height, arms, len(members)))
        job = partial(guessed_means, task, members, seed)
        told = "outcome" if self.progress else None
        size = task.design.matrix.size
        for (_, test, _), made in in_turn(job, folds, size, self.n_jobs, told):
            guesses[test] = made
        outcome = np.empty((task.height, arms))
        weights = []
        for code in range(arms):
            rows = task.arm == code
            share = None if task.weights is None else task.weights[rows]
            mix = mean_weights(guesses[rows, code], task.outcome[rows], share)
            outcome[:, code] = guesses[:, code] @ mix
            weights.append(tuple(float(one) for one in mix))
        bounded = np.clip(outcome, task.outcome.min(), task.outcome.max())
        return bounded, tuple(weights)

    def _propensity(self, task: Task, folds: NDArray[np.int_], seed: Seed) -> Matrix:
        """The probability of every arm for every row, out of fold."""
        if task.known is not None:
            self._check_unset(task)
            return np.column_stack([1.0 - task.known, task.known])
        if isinstance(self.propensity, int | float):
            if len(task.levels) != 2:
                raise EstimationError.bad_setting(
                    "propensity", self.propensity, f"a classifier of {len(task.levels)} arms"
                )
            return np.tile([1.0 - self.propensity, float(self.propensity)], (task.height, 1))
        members = treatment_members(self.propensity)
        if self.propensity is None:
            members = suited(members, task, TREATMENT_OF_MANY)
        guesses = np.empty((task.height, len(members), len(task.levels)))
        job = partial(guessed_shares, task, members, seed)
        told = "propensity" if self.progress else None
        size = task.design.matrix.size
        for (_, test, _), made in in_turn(job, folds, size, self.n_jobs, told):
            guesses[test] = made
        weights = task.share
        return mixed_shares(guesses, task.arm, weights)

    def _check_unset(self, task: Task) -> None:
        """Refuse another propensity beside the known one; what estimators default to is none."""
        if self.propensity not in (None, TREATMENT_MEMBERS, PARAMETRIC):
            raise ReadingError.two_propensities(str(task.roles.propensity), self.propensity)

    def _in_words(self, task: Task, repeats: int) -> str:
        """What was done, for the recipe."""
        outcome = "ridge/boosting stack" if self.outcome is None else str(self.outcome)
        how = "without cross-fitting" if self.folds == 1 else f"{self.folds} folds"
        again = f" x {repeats}" if repeats > 1 else ""
        if task.known is not None:
            known = f"propensity known from {task.roles.propensity!r}"
            return f"outcome by {outcome}, {known}, {how}{again}"
        if isinstance(self.propensity, int | float):
            propensity = f"known ({self.propensity:g})"
        else:
            propensity = "logistic/boosting" if self.propensity is None else str(self.propensity)
        return f"outcome by {outcome}, propensity by {propensity}, {how}{again}"


def out_of_fold(
    matrix: Matrix,
    target: Matrix,
    weights: Matrix | None,
    folds: NDArray[np.int_],
    outcome: Any,  # noqa: ANN401
    seed: Seed,
) -> Matrix:
    """A regression predicted for each row by models that never saw it, stacked by their errors.

    Args:
        matrix: The covariates.
        target: What is regressed on them.
        weights: A weight a row, or None.
        folds: The fold of each row.
        outcome: A learner or scikit-learn regressor, or several; None is the default stack.
        seed: Decides every learner's chance.

    Returns:
        One prediction a row, within the range of the target.

    Raises:
        EstimationError: A learner that fails.
    """
    (found,) = out_of_fold_at(matrix, target, weights, folds, outcome, seed, (matrix,))
    return found


def out_of_fold_at(
    matrix: Matrix,
    target: Matrix,
    weights: Matrix | None,
    folds: NDArray[np.int_],
    outcome: Any,  # noqa: ANN401
    seed: Seed,
    at: Sequence[Matrix],
) -> tuple[Matrix, ...]:
    """`out_of_fold`, predicted for the rows as they would be with other covariates.

    Args:
        matrix: The covariates that it is learnt from.
        target: What is regressed on them.
        weights: A weight a row, or None.
        folds: The fold of each row.
        outcome: A learner or scikit-learn regressor, or several; None is the default stack.
        seed: Decides every learner's chance.
        at: The covariates to predict at, each with the rows of ``matrix``.

    Returns:
        For each of ``at`` one prediction a row, by models that never saw the row.

    Raises:
        EstimationError: A learner that fails.
    """
    members = [one for one in outcome_members(outcome) if not isinstance(one, Pooled)]
    wanted = (matrix, *(one for one in at if one is not matrix))
    guesses = np.empty((len(wanted), len(target), len(members)))
    for train, test, number in turns(folds):
        share = None if weights is None else weights[train]
        for place, member in enumerate(members):
            chance = seed.child(str(place)).child(f"fold {number}")
            found = learnt(member, "outcome", matrix[train], target[train], share, chance)
            for which, rows in enumerate(wanted):
                guesses[which, test, place] = found(rows[test])
    mixed = guesses @ mean_weights(guesses[0], target, weights)
    made = iter(np.clip(mixed, target.min(), target.max()))
    own = next(made)
    return tuple(own if one is matrix else next(made) for one in at)
