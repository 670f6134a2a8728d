"""One cross-fit: every nuisance is predicted for each row by models that never saw that row.

A model that did see it would hide its own overfitting from the effect's interval.

References:
    V. Chernozhukov, D. Chetverikov, M. Demirer, E. Duflo, C. Hansen, W. Newey, J. Robins (2018),
    Double/debiased machine learning, The Econometrics Journal 21, definition 3.2.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.features import too_many_pairs
from causalsim.estimation.crossfitting.folds import grouped, stratified
from causalsim.estimation.crossfitting.learners import (
    OUTCOME_MEMBERS,
    PLAIN,
    TREATMENT_MEMBERS,
    Learner,
    Matrix,
    Pooled,
    Prediction,
    ScikitLearner,
    average,
    shares,
)
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split
from causalsim.estimation.crossfitting.stacking import mean_weights, mixed_shares
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed, seeded

_Member = TypeVar("_Member", bound=Learner | Pooled)
_SMALL_ARM = 500
_REPEATS = 5
_THREADS_PAY = 2_000_000


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
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    propensity: Any = None

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
        _outcome_members(self.outcome)
        _treatment_members(self.propensity)

    def fit(self, task: Task, seed: int | Seed) -> Nuisances:
        """Predict every nuisance for every row.

        Args:
            task: The data in their roles.
            seed: Decides the folds and every learner's chance.

        Raises:
            EstimationError: An arm too small for the folds, or a learner that fails.
        """
        counts = np.bincount(task.arm, minlength=len(task.levels))
        for code, count in enumerate(counts):
            if count < 2 * self.folds:
                raise EstimationError.few_rows(
                    task.treatment, task.levels[code], int(count), self.folds
                )
        if task.clusters is not None and task.clusters.max() + 1 < 2 * self.folds:
            raise EstimationError.few_clusters(int(task.clusters.max()) + 1, self.folds)
        repeats = self.repeats or (_REPEATS if counts.min() < _SMALL_ARM and self.folds > 1 else 1)
        start = seeded(seed, "nuisances")
        small = task.design.matrix.size < _THREADS_PAY
        with threadpool_limits(limits=1 if small else None):
            splits = tuple(
                self._split(task, start.child(f"split {number}")) for number in range(repeats)
            )
        return Nuisances(splits, self._in_words(repeats))

    def _split(self, task: Task, seed: Seed) -> Split:
        """One random division, and every out-of-fold prediction on it."""
        rng = seed.child("folds").numpy()
        if task.clusters is not None and self.folds > 1:
            folds = grouped(task.arm, task.clusters, self.folds, rng)
        else:
            folds = stratified(task.arm, self.folds, rng)
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
        small = task.design.matrix.size < _THREADS_PAY
        splits = []
        with threadpool_limits(limits=1 if small else None):
            for number, split in enumerate(nuisances.splits):
                found = self._outcome(task, split.folds, start.child(f"split {number}"))
                splits.append(Split(split.folds, split.propensity, *found))
        return Nuisances(tuple(splits), nuisances.learners)

    def _outcome(
        self, task: Task, folds: NDArray[np.int_], seed: Seed
    ) -> tuple[Matrix, tuple[tuple[float, ...], ...]]:
        """The mean outcome in every arm for every row, out of fold, and the stack's weights."""
        members = _outcome_members(self.outcome)
        if self.outcome is None:
            members = _distinct(members, task)
        guesses = _outcome_guesses(task, members, folds, seed)
        outcome = np.empty((task.height, len(task.levels)))
        weights = []
        for code in range(len(task.levels)):
            rows = task.arm == code
            share = None if task.weights is None else task.weights[rows]
            mix = mean_weights(guesses[rows, code], task.outcome[rows], share)
            outcome[:, code] = guesses[:, code] @ mix
            weights.append(tuple(float(one) for one in mix))
        bounded = np.clip(outcome, task.outcome.min(), task.outcome.max())
        return bounded, tuple(weights)

    def _propensity(self, task: Task, folds: NDArray[np.int_], seed: Seed) -> Matrix:
        """The probability of every arm for every row, out of fold."""
        if isinstance(self.propensity, int | float):
            if len(task.levels) != 2:
                raise EstimationError.bad_setting(
                    "propensity", self.propensity, f"a classifier of {len(task.levels)} arms"
                )
            return np.tile([1.0 - self.propensity, float(self.propensity)], (task.height, 1))
        members = _treatment_members(self.propensity)
        if self.propensity is None:
            members = _distinct(members, task)
        guesses = np.empty((task.height, len(members), len(task.levels)))
        for train, test, number in _turns(folds):
            for place, member in enumerate(members):
                chance = seed.child(str(place)).child(f"fold {number}")
                found = _learnt(
                    member,
                    "propensity",
                    task.design.matrix[train],
                    task.arm[train].astype(np.float64),
                    None if task.weights is None else task.weights[train],
                    chance,
                )
                guesses[test, place] = found(task.design.matrix[test])
        weights = np.ones(task.height) if task.weights is None else task.weights
        return mixed_shares(guesses, task.arm, weights)

    def _in_words(self, repeats: int) -> str:
        """What was done, for the recipe."""
        outcome = "ridge/boosting stack" if self.outcome is None else str(self.outcome)
        if isinstance(self.propensity, int | float):
            propensity = f"known ({self.propensity:g})"
        else:
            propensity = "logistic/boosting" if self.propensity is None else str(self.propensity)
        how = "without cross-fitting" if self.folds == 1 else f"{self.folds} folds"
        again = f" x {repeats}" if repeats > 1 else ""
        return f"outcome by {outcome}, propensity by {propensity}, {how}{again}"


def _distinct(members: tuple[_Member, ...], task: Task) -> tuple[_Member, ...]:
    """The members without those that say what others say where there are no products."""
    if too_many_pairs(*task.design.matrix.shape):
        return tuple(member for member in members if member not in PLAIN)
    return members


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
    members = [one for one in _outcome_members(outcome) if not isinstance(one, Pooled)]
    wanted = (matrix, *(one for one in at if one is not matrix))
    guesses = np.empty((len(wanted), len(target), len(members)))
    for train, test, number in _turns(folds):
        share = None if weights is None else weights[train]
        for place, member in enumerate(members):
            chance = seed.child(str(place)).child(f"fold {number}")
            learnt = _learnt(member, "outcome", matrix[train], target[train], share, chance)
            for which, rows in enumerate(wanted):
                guesses[which, test, place] = learnt(rows[test])
    mixed = guesses @ mean_weights(guesses[0], target, weights)
    made = iter(np.clip(mixed, target.min(), target.max()))
    own = next(made)
    return tuple(own if one is matrix else next(made) for one in at)


def _turns(folds: NDArray[np.int_]) -> list[tuple[NDArray[np.int_], NDArray[np.int_], int]]:
    """The rows to learn from and the rows to predict, for each fold."""
    count = int(folds.max()) + 1
    everyone = np.arange(len(folds))
    if count == 1:
        return [(everyone, everyone, 0)]
    return [
        (np.flatnonzero(folds != number), np.flatnonzero(folds == number), number)
        for number in range(count)
    ]


def _outcome_guesses(
    task: Task, members: tuple[Learner | Pooled, ...], folds: NDArray[np.int_], seed: Seed
) -> NDArray[np.float64]:
    """What each member predicts for every row in every arm; rows by arms by members."""
    arms = len(task.levels)
    result = np.empty((task.height, arms, len(members)))
    for train, test, number in _turns(folds):
        for place, member in enumerate(members):
            for code, learnt in enumerate(_by_arm(task, member, train, place, number, seed)):
                result[test, code, place] = learnt(task.design.matrix[test])
    return result


def _by_arm(
    task: Task,
    member: Learner | Pooled,
    train: NDArray[np.int_],
    place: int,
    number: int,
    seed: Seed,
) -> list[Prediction]:
    """For each arm a function from covariates to the mean outcome."""
    arms = len(task.levels)
    matrix, target = task.design.matrix, task.outcome
    if isinstance(member, Pooled):
        chance = seed.child("outcome of all arms").child(str(place)).child(f"fold {number}")
        weights = None if task.weights is None else task.weights[train]
        wide = member.widened(matrix[train], task.arm[train], arms)
        learnt = _learnt(member.learner, "outcome", wide, target[train], weights, chance)
        return [member.in_arm(learnt, code, arms) for code in range(arms)]
    found = []
    for code in range(arms):
        rows = train[task.arm[train] == code]
        weights = None if task.weights is None else task.weights[rows]
        chance = seed.child(f"outcome {code}").child(str(place)).child(f"fold {number}")
        found.append(_learnt(member, "outcome", matrix[rows], target[rows], weights, chance))
    return found


def _learnt(
    learner: Learner, role: str, matrix: Matrix, target: Matrix, weights: Matrix | None, seed: Seed
) -> Prediction:
    """A fitted learner, with its own errors told as ours."""
    if matrix.shape[1] == 0:
        return (average if role == "outcome" else shares)(target, weights)
    with _told(learner, role):
        found = learner.fit(matrix, target, weights, seed.number % 2**32)

    def predict(rows: Matrix) -> Matrix:
        with _told(learner, role):
            guess = found(rows)
        if not np.isfinite(guess).all():
            raise EstimationError.no_number(role, str(learner))
        return guess

    return predict


@contextmanager
def _told(learner: Learner, role: str) -> Iterator[None]:
    """What goes wrong inside somebody else's estimator is told with its name."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        if isinstance(learner, ScikitLearner):
            raise EstimationError.failed_learner(role, str(learner), error) from error
        raise


def _outcome_members(given: Any) -> tuple[Learner | Pooled, ...]:  # noqa: ANN401
    """The members of the outcome's stack."""
    if given is None:
        return OUTCOME_MEMBERS
    if isinstance(given, tuple | list) and given:
        return tuple(_outcome_members(one)[0] for one in given)
    if isinstance(given, Pooled):
        return (Pooled(_learner(given.learner, "outcome", "predict")),)
    return (_learner(given, "outcome", "predict"),)


def _treatment_members(given: Any) -> tuple[Learner, ...]:  # noqa: ANN401
    """The members of the treatment's stack."""
    if given is None or isinstance(given, int | float):
        return TREATMENT_MEMBERS
    if isinstance(given, tuple | list) and given:
        return tuple(_treatment_members(one)[0] for one in given)
    return (_learner(given, "propensity", "predict_proba"),)


def _learner(given: Any, role: str, method: str) -> Learner:  # noqa: ANN401
    """Anything that can fill a role, as a learner."""
    if hasattr(given, "get_params") and not isinstance(given, type):
        if not (hasattr(given, "fit") and hasattr(given, method)):
            raise EstimationError.bad_learner(role, given, f"the methods fit and {method}")
        return ScikitLearner(given, classes=method == "predict_proba")
    if isinstance(given, type) or not isinstance(given, Learner):
        raise EstimationError.bad_learner(role, given, f"the methods fit and {method}")
    return given
