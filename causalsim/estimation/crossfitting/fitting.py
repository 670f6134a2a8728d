"""What one fold asks for: learners fitted to the other folds, and their predictions for it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any, TypeVar

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.categories import (
    Block,
    Encoding,
    blocks_of,
    encoded_in_parts,
)
from causalsim.estimation.crossfitting.features import too_many_pairs
from causalsim.estimation.crossfitting.learners import (
    OUTCOME_MEMBERS,
    PLAIN,
    TREATMENT_MEMBERS,
    Learner,
    Matrix,
    Pooled,
    Prediction,
    Ridge,
    RidgeThenBoosting,
    ScikitLearner,
    average,
    shares,
)
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed

Turn = tuple[NDArray[np.int_], NDArray[np.int_], int]
_Member = TypeVar("_Member", bound=Learner | Pooled)
_Made = TypeVar("_Made")
_Known = dict[tuple[Ridge, int], Prediction]
_THREADS_PAY = 2_000_000
_ALL_ARMS = -1
_LARGE = 50_000


def turns(folds: NDArray[np.int_]) -> list[Turn]:
    """The rows to learn from and the rows to predict, for each fold."""
    count = int(folds.max()) + 1
    everyone = np.arange(len(folds))
    if count == 1:
        return [(everyone, everyone, 0)]
    return [
        (np.flatnonzero(folds != number), np.flatnonzero(folds == number), number)
        for number in range(count)
    ]


def in_turn(
    job: Callable[[Turn], _Made],
    folds: NDArray[np.int_],
    size: int,
    n_jobs: int | None,
    watched: str | None = None,
) -> Iterator[tuple[Turn, _Made]]:
    """Do a job for every fold, several at a time where that was asked for.

    Inner threads are held at one on small data, where they cost more than they bring, in every
    process alike, so that the numbers do not depend on where they were made.

    Args:
        job: What is done with the rows to learn from and to predict.
        folds: The fold of each row.
        size: How many numbers the covariates hold.
        n_jobs: How many folds at a time, as joblib counts; None leaves it to
            ``joblib.parallel_config``, which means one where nothing was configured.
        watched: What a progress bar says while it goes on; None for no bar.
    """
    found = turns(folds)
    work = [delayed(_alone)(job, turn, size) for turn in found]
    if watched is None:
        yield from zip(found, Parallel(n_jobs=n_jobs)(work), strict=True)
        return
    from rich.progress import track

    made = Parallel(n_jobs=n_jobs, return_as="generator")(work)
    yield from zip(found, track(made, watched, total=len(found), transient=True), strict=True)


def _alone(job: Callable[[Turn], _Made], turn: Turn, size: int) -> _Made:
    """One job, with as many threads as pay."""
    with threadpool_limits(limits=1 if size < _THREADS_PAY else None):
        return job(turn)


def guessed_shares(task: Task, members: tuple[Learner, ...], seed: Seed, turn: Turn) -> Matrix:
    """What each member predicts of the treatment in one fold; rows by members by arms."""
    train, test, number = turn
    blocks = _blocks(task, members, TREATMENT_MEMBERS)
    guesses = np.empty((len(test), len(members), len(task.levels)))
    for place, member in enumerate(members):
        found = learnt(
            member,
            "propensity",
            task.design.matrix[train],
            task.arm[train].astype(np.float64),
            None if task.weights is None else task.weights[train],
            seed.child(str(place)).child(f"fold {number}"),
            blocks,
        )
        guesses[:, place] = found(task.design.matrix[test])
    return guesses


def guessed_means(
    task: Task, members: tuple[Learner | Pooled, ...], seed: Seed, turn: Turn
) -> Matrix:
    """What each member predicts in one fold; rows by arms by members."""
    train, test, number = turn
    rows = task.design.matrix[test]
    result = np.empty((len(test), len(task.levels), len(members)))
    blocks = _blocks(task, members, OUTCOME_MEMBERS)
    known: _Known = {}
    for place, member in enumerate(members):
        made = _by_arm(task, member, train, place, number, seed, known, blocks)
        for code, found in enumerate(made):
            result[:, code, place] = found(rows)
            if isinstance(member, Ridge) and (member, code) in known:
                known[member, code] = _answered(found, rows, result[:, code, place])
    return result


def _by_arm(
    task: Task,
    member: Learner | Pooled,
    train: NDArray[np.int_],
    place: int,
    number: int,
    seed: Seed,
    known: _Known,
    blocks: tuple[Block, ...],
) -> list[Prediction]:
    """For each arm a function from covariates to the mean outcome."""
    arms = len(task.levels)
    matrix, target = task.design.matrix, task.outcome
    if isinstance(member, Pooled):
        chance = seed.child("outcome of all arms").child(str(place)).child(f"fold {number}")
        weights = None if task.weights is None else task.weights[train]
        wide = member.widened(matrix[train], task.arm[train], arms)
        plan = _shortened(member.learner, _ALL_ARMS, known)
        made = learnt(plan, "outcome", wide, target[train], weights, chance, blocks)
        if not blocks:  # an encoding would have to be kept with it
            _kept(member.learner, _ALL_ARMS, made, known)
        return [member.in_arm(made, code, arms) for code in range(arms)]
    found = []
    for code in range(arms):
        rows = train[task.arm[train] == code]
        weights = None if task.weights is None else task.weights[rows]
        chance = seed.child(f"outcome {code}").child(str(place)).child(f"fold {number}")
        plan = _shortened(member, code, known)
        found.append(learnt(plan, "outcome", matrix[rows], target[rows], weights, chance, blocks))
        if not blocks:
            _kept(member, code, found[-1], known)
    return found


def _shortened(learner: Learner, arm: int, known: _Known) -> Learner:
    """The learner without a first stage that another member of the stack has fitted already."""
    if isinstance(learner, RidgeThenBoosting) and (learner.ridge, arm) in known:
        return learner.after(known[learner.ridge, arm])
    return learner


def _kept(learner: Learner, arm: int, made: Prediction, known: _Known) -> None:
    """Remember a ridge regression, which no chance enters, for those that start from it."""
    if isinstance(learner, Ridge):
        known[learner, arm] = made


def _answered(made: Prediction, rows: Matrix, answer: Matrix) -> Prediction:
    """The same prediction, whose answer for these very rows is there already."""
    return lambda asked: answer if asked is rows else made(asked)


def learnt(
    learner: Learner,
    role: str,
    matrix: Matrix,
    target: Matrix,
    weights: Matrix | None,
    seed: Seed,
    blocks: tuple[Block, ...] = (),
) -> Prediction:
    """A fitted learner, with its own errors told as ours.

    Args:
        learner: What is fitted.
        role: ``outcome``, ``effect`` or ``propensity``.
        matrix: The covariates of the rows learnt from.
        target: What is learnt.
        weights: A weight a row, or None.
        seed: Decides its chance.
        blocks: Indicators that become numbers first.
    """
    if matrix.shape[1] == 0:
        return (shares if role == "propensity" else average)(target, weights)
    given, encoding = matrix, None
    if blocks:
        aims = target[:, None]
        if role == "propensity":
            aims = (aims == np.unique(target)[1:]).astype(np.float64)
        encoding = Encoding.fit(matrix, blocks, aims, weights)
        given = encoded_in_parts(matrix, blocks, aims, weights, seed.child("encoding").numpy())
    with _told(learner, role):
        found = learner.fit(given, target, weights, seed.number % 2**32)

    def predict(rows: Matrix) -> Matrix:
        with _told(learner, role):
            guess = found(rows if encoding is None else encoding.of(rows))
        if not np.isfinite(guess).all():
            raise EstimationError.no_number(role, str(learner))
        return guess

    return predict


def _blocks(
    task: Task, members: Sequence[Learner | Pooled], ours: Sequence[Learner | Pooled]
) -> tuple[Block, ...]:
    """The indicators that our own learners see as numbers; a user's learner sees them all."""
    return blocks_of(task.design.sources) if all(one in ours for one in members) else ()


@contextmanager
def _told(learner: Learner, role: str) -> Iterator[None]:
    """What goes wrong inside somebody else's estimator is told with its name."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        if isinstance(learner, ScikitLearner):
            raise EstimationError.failed_learner(role, str(learner), error) from error
        raise


def suited(
    members: tuple[_Member, ...], task: Task, large: tuple[_Member, ...]
) -> tuple[_Member, ...]:
    """The default members that pay on so many rows and covariates.

    Above 50,000 rows a few quick ones take over, since boosting then finds products by itself;
    where there are too many covariates for products, members that say what others say are left out.
    """
    height, width = task.design.matrix.shape
    if height > _LARGE:
        return large
    if too_many_pairs(height, width):
        return tuple(member for member in members if member not in PLAIN)
    return members


def outcome_members(given: Any) -> tuple[Learner | Pooled, ...]:  # noqa: ANN401
    """The members of the outcome's stack."""
    if given is None:
        return OUTCOME_MEMBERS
    if isinstance(given, tuple | list) and given:
        return tuple(outcome_members(one)[0] for one in given)
    if isinstance(given, Pooled):
        return (Pooled(as_learner(given.learner, "outcome", "predict")),)
    return (as_learner(given, "outcome", "predict"),)


def treatment_members(given: Any) -> tuple[Learner, ...]:  # noqa: ANN401
    """The members of the treatment's stack."""
    if given is None or isinstance(given, int | float):
        return TREATMENT_MEMBERS
    if isinstance(given, tuple | list) and given:
        return tuple(treatment_members(one)[0] for one in given)
    return (as_learner(given, "propensity", "predict_proba"),)


def as_learner(given: Any, role: str, method: str = "predict") -> Learner:  # noqa: ANN401
    """A learner as it is, and a scikit-learn estimator or pipeline wrapped as one.

    Args:
        given: The one or the other, as an instance.
        role: ``outcome``, ``effect`` or ``propensity``; an effect is learnt by a regressor alone.
        method: What it predicts by.

    Raises:
        EstimationError: A class, something that groups or sorts out rows, or any other object.

    Examples:
        >>> from sklearn.linear_model import LinearRegression
        >>> print(as_learner(LinearRegression(), "effect"))
        LinearRegression()
    """
    if isinstance(given, ScikitLearner):
        return as_learner(given.estimator, role, method)
    needed = f"the methods fit and {method}"
    if isinstance(given, type):
        raise EstimationError.bad_learner(role, given, f"{needed} of an instance, not of a class")
    if hasattr(given, "get_params"):
        if not (hasattr(given, "fit") and hasattr(given, method)):
            raise EstimationError.bad_learner(role, given, needed)
        if _is_one_of(given, ("clusterer", "outlier_detector")):
            raise EstimationError.bad_learner(role, given, f"{needed} of a regression")
        if role == "effect" and _is_one_of(given, ("classifier",)):
            raise EstimationError.bad_learner(role, given, f"{needed} of a regressor")
        return ScikitLearner(given, classes=method == "predict_proba")
    if not isinstance(given, Learner) or not _takes_four(given.fit):
        raise EstimationError.bad_learner(role, given, f"{needed} of a scikit-learn estimator")
    return given


def _is_one_of(given: Any, kinds: tuple[str, ...]) -> bool:  # noqa: ANN401
    """Whether an estimator says of itself that it is of such a kind."""
    from sklearn.utils import get_tags

    try:
        return get_tags(given).estimator_type in kinds
    except (AttributeError, TypeError):  # one that follows scikit-learn by its methods alone
        return False


def _takes_four(fit: Callable[..., Any]) -> bool:
    """Whether a method can be given a matrix, a target, weights and a seed."""
    try:
        signature(fit).bind(None, None, None, None)
    except TypeError:
        return False
    return True
