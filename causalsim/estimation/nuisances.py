"""One cross-fit that every estimand, check and refuter reads.

The nuisances of an effect under adjustment are the propensity of every arm, ``e_k(x)``, and the
mean outcome in every arm, ``mu_k(x)``. They are predicted for each row by models that never saw
that row (cross-fitting), because a model that did would hide its own overfitting from the
effect's interval.

References:
    V. Chernozhukov, D. Chetverikov, M. Demirer, E. Duflo, C. Hansen, W. Newey, J. Robins (2018),
    Double/debiased machine learning, The Econometrics Journal 21, definition 3.2.
    A. Ahrens, C. Hansen, M. Schaffer, T. Wiemann (2025), Model averaging and double machine
    learning, Journal of Applied Econometrics 40 (short-stacking).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, nnls
from threadpoolctl import threadpool_limits

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.folds import grouped, stratified
from causalsim.estimation.learners import (
    OUTCOME_MEMBERS,
    TREATMENT_MEMBERS,
    Learner,
    Matrix,
    ScikitLearner,
    average,
    shares,
)
from causalsim.estimation.task import Task
from causalsim.seeds import Seed, seeded

_SMALL_ARM = 500
_REPEATS = 5
_THREADS_PAY = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The out-of-fold predictions of one random division into folds.

    Attributes:
        folds: The fold of each row; all zero when nothing was held out.
        propensity: ``e_k(x_i)``, one row a person, one column an arm; as predicted, not clipped.
        outcome: ``mu_k(x_i)``, in the outcome's unit.
        weights: For each arm the weight of every member of the outcome's stack.
    """

    folds: NDArray[np.int_]
    propensity: NDArray[np.float64]
    outcome: NDArray[np.float64]
    weights: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Clipping:
    """How many propensities were moved away from 0 and 1.

    Attributes:
        bound: The smallest propensity of an arm that was left as it is.
        touched: How many rows had a smaller one.
        rows: How many rows there are.
        least: The smallest propensity before clipping.
    """

    bound: float
    touched: int
    rows: int
    least: float

    def __str__(self) -> str:
        """One sentence."""
        if not self.touched:
            return f"no propensity was clipped (smallest {self.least:.3g}, bound {self.bound:g})"
        return (
            f"{self.touched} of {self.rows} propensities were clipped at {self.bound:g} "
            f"(smallest {self.least:.2g})"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Nuisances:
    """Propensities and outcome regressions of every arm, from one cross-fit.

    Attributes:
        splits: One or several random divisions; each is complete in itself.
        learners: What predicted the outcome and the treatment, in words.
    """

    splits: tuple[Split, ...]
    learners: str

    @property
    def propensity(self) -> NDArray[np.float64]:
        """``e_k(x_i)``: the mean over the splits on the logit scale, rows by arms."""
        logs = np.mean([np.log(np.maximum(one.propensity, 1e-300)) for one in self.splits], axis=0)
        shares = np.exp(logs)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)

    @property
    def outcome(self) -> NDArray[np.float64]:
        """``mu_k(x_i)``: the mean over the splits, rows by arms, in the outcome's unit."""
        return np.asarray(np.mean([one.outcome for one in self.splits], axis=0), dtype=np.float64)


def clipped(propensity: NDArray[np.float64], bound: float) -> tuple[Matrix, Clipping]:
    """Propensities no smaller than a bound, and how many had to be moved.

    Args:
        propensity: Rows by arms.
        bound: Between 0 (nothing is clipped) and 1 / arms.

    Returns:
        The new propensities (they need not add to one) and the report.

    >>> made, report = clipped(np.array([[0.999, 0.001], [0.5, 0.5]]), 0.01)
    >>> made[0].tolist(), report.touched
    ([0.999, 0.01], 1)
    """
    low = propensity < bound
    report = Clipping(bound, int(low.any(axis=1).sum()), len(propensity), float(propensity.min()))
    return np.where(low, bound, propensity), report


def clipping_notes(reports: Sequence[Clipping]) -> tuple[str, ...]:
    """What must be said about clipping: the division that was touched most, or nothing."""
    worst = max(reports, key=lambda report: report.touched)
    return (str(worst),) if worst.touched else ()


@dataclass(frozen=True, slots=True)
class CrossFit:
    """The recipe of a cross-fit: folds, repetitions and learners.

    Args:
        folds: How many parts; each is predicted from the others. 1 fits and predicts on the same
            rows, which is honest only for small parametric learners.
        repeats: How many random divisions; None means 1, or 5 when the smallest arm has fewer
            than 500 rows, where a single division would let chance into the estimate.
        outcome: A learner or scikit-learn estimator of the outcome in one arm, or several; None is
            a stack of spline ridge (with and without products), boosting, and boosting of the
            ridge's residuals, weighted by out-of-fold error.
        propensity: A learner or scikit-learn classifier of the treatment, or several; None is
            the average on the logit scale of two logistic regressions and slow boosting, weighted
            by out-of-fold log-loss. A number is the known probability of the higher level, as in
            an experiment.
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
        members = _outcome_members(self.outcome)
        outcome = np.empty((task.height, len(task.levels)))
        weights = []
        for code in range(len(task.levels)):
            guesses = _arm_predictions(task, code, members, folds, seed.child(f"outcome {code}"))
            mix = _stack_weights(guesses, task, code)
            outcome[:, code] = guesses @ mix
            weights.append(tuple(float(one) for one in mix))
        bounded = np.clip(outcome, task.outcome.min(), task.outcome.max())
        return Split(folds, propensity, bounded, tuple(weights))

    def _propensity(self, task: Task, folds: NDArray[np.int_], seed: Seed) -> Matrix:
        """The probability of every arm for every row, out of fold."""
        if isinstance(self.propensity, int | float):
            return np.tile([1.0 - self.propensity, float(self.propensity)], (task.height, 1))
        members = _treatment_members(self.propensity)
        target = task.arm.astype(np.float64)
        guesses = np.empty((task.height, len(members), len(task.levels)))
        for train, test, number in _turns(folds):
            for place, member in enumerate(members):
                chance = seed.child(str(place))
                guesses[test, place] = _predicted(
                    member, "propensity", task, train, test, target, chance, number
                )
        return _logit_stack(guesses, task)

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


def _arm_predictions(
    task: Task, code: int, members: tuple[Learner, ...], folds: NDArray[np.int_], seed: Seed
) -> Matrix:
    """What each member predicts for every row's outcome in one arm; rows by members."""
    result = np.empty((task.height, len(members)))
    for train, test, number in _turns(folds):
        rows = train[task.arm[train] == code]
        for place, member in enumerate(members):
            result[test, place] = _predicted(
                member, "outcome", task, rows, test, task.outcome, seed.child(str(place)), number
            )
    return result


def _predicted(
    learner: Learner,
    role: str,
    task: Task,
    train: NDArray[np.int_],
    test: NDArray[np.int_],
    target: Matrix,
    seed: Seed,
    number: int,
) -> Matrix:
    """The predictions of one learner for one fold, with its own errors told as ours."""
    weights = None if task.weights is None else task.weights[train]
    chance = seed.child(f"fold {number}").number % 2**32
    matrix = task.design.matrix
    if matrix.shape[1] == 0:
        simple = average if role == "outcome" else shares
        return simple(target[train], weights)(matrix[test])
    try:
        guess = learner.fit(matrix[train], target[train], weights, chance)(matrix[test])
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        if isinstance(learner, ScikitLearner):
            raise EstimationError.failed_learner(role, str(learner), error) from error
        raise
    if not np.isfinite(guess).all():
        raise EstimationError.no_number(role, str(learner))
    return guess


def _stack_weights(guesses: Matrix, task: Task, code: int) -> Matrix:
    """Non-negative weights that add to one and minimise the out-of-fold squared error."""
    if guesses.shape[1] == 1:
        return np.ones(1)
    rows = task.arm == code
    root = np.ones(rows.sum()) if task.weights is None else np.sqrt(task.weights[rows])
    center = task.outcome[rows].mean()
    left = (guesses[rows] - center) * root[:, None]
    right = (task.outcome[rows] - center) * root
    # A heavy extra row holds the sum of the weights at one.
    heavy = 1e3 * (np.abs(left).max() + np.abs(right).max() + 1e-12) * np.sqrt(len(right))
    mix, _ = nnls(np.vstack([left, np.full(guesses.shape[1], heavy)]), np.append(right, heavy))
    return np.asarray(mix / mix.sum(), dtype=np.float64)


def _logit_stack(guesses: NDArray[np.float64], task: Task) -> Matrix:
    """The average of several classifiers on the logit scale that has the least log-loss.

    The weights are non-negative, add to one and minimise the out-of-fold log-loss, so that a bold
    classifier counts only as far as its boldness is borne out.
    """
    if guesses.shape[1] == 1:
        return guesses[:, 0]
    logs = np.log(np.clip(guesses, 1e-12, 1.0))
    rows = np.arange(task.height)
    weights = np.ones(task.height) if task.weights is None else task.weights

    def mixed(free: Matrix) -> Matrix:
        mix = np.exp(free - free.max())
        score = np.einsum("m,nmk->nk", mix / mix.sum(), logs)
        shares = np.exp(score - score.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)

    def loss(free: Matrix) -> float:
        return -float(np.average(np.log(mixed(free)[rows, task.arm]), weights=weights))

    # The weights are a softmax; beyond e^-8 a member is out, and the bound keeps the search short.
    bounds = [(-8.0, 8.0)] * guesses.shape[1]
    found = minimize(loss, np.zeros(guesses.shape[1]), method="L-BFGS-B", bounds=bounds)
    return mixed(found.x)


def _outcome_members(given: Any) -> tuple[Learner, ...]:  # noqa: ANN401
    """The members of the outcome's stack."""
    if given is None:
        return OUTCOME_MEMBERS
    if isinstance(given, tuple | list) and given:
        return tuple(_outcome_members(one)[0] for one in given)
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
