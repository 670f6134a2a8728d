"""What is learnt about people must be judged on others: parts of the data, each held out once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.fitting import outcome_members, suited
from causalsim.estimation.crossfitting.folds import dealt
from causalsim.estimation.crossfitting.learners import (
    OUTCOME_OF_MANY,
    TREATMENT_MEMBERS,
    TREATMENT_OF_MANY,
)
from causalsim.estimation.crossfitting.nuisances import Nuisances
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.crossfitted import CrossFitted
from causalsim.estimation.reading.task import Task
from causalsim.identification.answer import Adjustment
from causalsim.seeds import Seed

_HARDLY_ANY = 0.02


def behind(effect: Effect, frame: Any) -> tuple[Task, Nuisances]:  # noqa: ANN401
    """The task of an effect, read again from its frame, and its nuisances.

    Raises:
        EstimationError: No effect, one without propensities and outcome regressions, one that is
            not identified by adjustment, or another frame.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    nuisances = effect.nuisances
    recipe = effect.recipe
    if nuisances is None or recipe.estimator is None or not nuisances.splits[0].outcome.size:
        raise HeterogeneityError.no_nuisances(effect.estimator, effect.estimand)
    adjusted = isinstance(recipe.answer, Adjustment) or isinstance(recipe.estimator, CrossFitted)
    if recipe.answer is not None and not adjusted:
        raise HeterogeneityError.no_nuisances(effect.estimator, effect.estimand)
    task = recipe.read(frame)
    if not isinstance(task, Task) or task.digest != recipe.digest:
        raise EstimationError.other_frame()
    return task, nuisances


def told_apart(task: Task, on: Sequence[str] | None) -> tuple[str, ...]:
    """The covariates that people are told apart by; None is the adjustment set.

    Raises:
        EstimationError: None at all, one word rather than a list, or the treatment or outcome.
    """
    if isinstance(on, str) or (on is not None and not isinstance(on, Sequence)):
        raise EstimationError.bad_setting("on", on, 'a list of covariates, such as ["age", "sex"]')
    names = tuple(dict.fromkeys(on)) if on is not None else task.covariates
    if not names:
        raise EstimationError.bad_setting("on", on, "at least one covariate")
    for name, role in ((task.treatment, "treatment"), (task.outcome_name, "outcome")):
        if name in names:
            raise HeterogeneityError.no_covariate(name, role)
    return names


def divided(task: Task, parts: int, seed: Seed) -> NDArray[np.int_]:
    """The part of each row: arms dealt out evenly, clusters kept whole.

    Raises:
        EstimationError: Fewer than two parts.
    """
    if not isinstance(parts, int) or parts < 2:
        raise EstimationError.bad_setting("parts", parts, "a whole number from 2")
    rng = seed.child("parts").numpy()
    return dealt(task.arm, task.clusters, parts, rng)


def judging(effect: Effect, task: Task, nuisances: Nuisances) -> CrossFit:
    """The recipe of nuisances that judge ways of learning and enter no estimate: a lighter one.

    Two folds, and the learners that the effect's own nuisances were made by, without those members
    of the outcome's stack that hardly counted.

    Args:
        effect: The effect that is refined.
        task: Its data.
        nuisances: Its nuisances.
    """
    crossfit = _two_folds(effect)
    members, treatment = outcome_members(crossfit.outcome), crossfit.propensity
    if crossfit.outcome is None:
        members = suited(members, task, OUTCOME_OF_MANY)
    if treatment is None and task.known is None:
        treatment = suited(TREATMENT_MEMBERS, task, TREATMENT_OF_MANY)
    shares = [arm for split in nuisances.splits for arm in split.weights]
    if not shares or any(len(arm) != len(members) for arm in shares):  # of another origin
        return replace(crossfit, propensity=treatment)
    counted = np.max(shares, axis=0)
    used = [one for one, share in zip(members, counted, strict=True) if share >= _HARDLY_ANY]
    return replace(crossfit, outcome=tuple(used), propensity=treatment)


def turns(
    effect: Effect,
    task: Task,
    held: NDArray[np.int_],
    seed: Seed,
    by: CrossFit | None = None,
) -> Iterator[tuple[NDArray[np.int_], NDArray[np.int_], Task, Nuisances, Seed]]:
    """For each part: the other rows, its own, the others' task, nuisances made from them alone.

    The nuisances of the effect itself will not do: they have seen the part that is held out, so
    that what is learnt from them finds there what is not.

    Args:
        effect: The effect that is refined.
        task: Its data.
        held: The part of each row.
        seed: Decides the learners' chance.
        by: The recipe of the nuisances; None is the effect's own with two folds.
    """
    crossfit = _two_folds(effect) if by is None else by
    for number in range(int(held.max()) + 1):
        train, test = np.flatnonzero(held != number), np.flatnonzero(held == number)
        rest = task.rows(train)
        place = seed.child(f"part {number}")
        yield train, test, rest, crossfit.fit(rest, place), place


def _two_folds(effect: Effect) -> CrossFit:
    """The recipe of an effect's nuisances, divided once into two."""
    crossfit: CrossFit = effect.recipe.estimator.crossfit
    return replace(crossfit, folds=min(2, crossfit.folds), repeats=1)
