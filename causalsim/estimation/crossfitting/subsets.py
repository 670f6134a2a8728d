"""Regressions learnt from some of the rows and predicted for all, as each fold sees them.

In a sequence of treatments a regression's target is itself made of predictions. A row stays
unseen only if all the models behind its prediction, and behind the targets of these models, were
learnt without its fold. So every fold keeps predictions of its own for all rows: those of models
learnt from the other folds.

References:
    I. Díaz, N. Williams, K. Hoffman, E. Schenck (2023), Nonparametric causal effects based on
    longitudinal modified treatment policies, JASA 118, section 5.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.crossfitting.fitting import (
    learnt,
    outcome_members,
    treatment_members,
    turns,
)
from causalsim.estimation.crossfitting.learners import Learner, Matrix, Pooled
from causalsim.estimation.crossfitting.stacking import mean_weights, mixed, share_weights
from causalsim.seeds import Seed

Mask = NDArray[np.bool_]
Whole = NDArray[np.int_]


def own_fold(seen: NDArray[np.float64], folds: Whole) -> Matrix:
    """For each row what its own fold sees, so that the row itself had no part in it.

    Args:
        seen: Folds by rows.
        folds: The fold of each row.
    """
    return np.asarray(seen[folds, np.arange(len(folds))], dtype=np.float64)


def means_by_fold(
    matrix: Matrix,
    target: Matrix,
    among: Mask,
    weights: Matrix | None,
    folds: Whole,
    outcome: Any,  # noqa: ANN401
    seed: Seed,
    at: Matrix | None = None,
) -> Matrix:
    """A mean learnt from some rows, predicted for all of them, folds by rows.

    Args:
        matrix: The covariates that it is learnt from.
        target: What is regressed on them, folds by rows; only the rows of ``among`` are read.
        among: The rows that it is learnt from.
        weights: A weight a row, or None.
        folds: The fold of each row.
        outcome: A learner or scikit-learn regressor, or several; None is the default stack.
        seed: Decides every learner's chance.
        at: The covariates to predict at, with the rows of ``matrix``; None is these themselves.

    Returns:
        Entry ``(v, i)`` is what models learnt without fold ``v`` predict for row ``i``, within
        the range of the targets they were learnt from.

    Raises:
        EstimationError: A learner that fails.
    """
    members = [one for one in outcome_members(outcome) if not isinstance(one, Pooled)]
    at = matrix if at is None else at
    seen = np.empty((len(target), len(folds), len(members)))
    own = np.empty((len(folds), len(members)))
    for train, test, number in turns(folds):
        rows = train[among[train]]
        share = None if weights is None else weights[rows]
        judged = test[among[test]]
        for place, member in enumerate(members):
            chance = seed.child(str(place)).child(f"fold {number}")
            aim = target[number, rows]
            found = learnt(member, "outcome", matrix[rows], aim, share, chance)
            seen[number, :, place] = np.clip(found(at), aim.min(), aim.max())
            if len(members) > 1 and len(judged):
                own[judged, place] = found(matrix[judged])
    share = None if weights is None else weights[among]
    mix = mean_weights(own[among], own_fold(target, folds)[among], share)
    return np.asarray(seen @ mix, dtype=np.float64)


def chances_by_fold(
    matrix: Matrix,
    taken: Mask,
    among: Mask,
    weights: Matrix | None,
    folds: Whole,
    propensity: Any,  # noqa: ANN401
    seed: Seed,
) -> Matrix:
    """The probability of an event, learnt from some rows, for all of them, folds by rows.

    Args:
        matrix: The covariates.
        taken: Whether the event happened; only the rows of ``among`` are read.
        among: The rows that it is learnt from.
        weights: A weight a row, or None.
        folds: The fold of each row.
        propensity: A learner or scikit-learn classifier, or several; None is the default stack; a
            number is the known probability.
        seed: Decides every learner's chance.

    Returns:
        Entry ``(v, i)`` is what models learnt without fold ``v`` predict for row ``i``; one where
        the event always happened.

    Raises:
        EstimationError: A learner that fails.
    """
    shape = (int(folds.max()) + 1, len(folds))
    if isinstance(propensity, int | float):
        return np.full(shape, float(propensity))
    if taken[among].all():
        return np.ones(shape)
    members: tuple[Learner, ...] = treatment_members(propensity)
    seen = np.empty((*shape, len(members), 2))
    own = np.empty((len(folds), len(members), 2))
    for train, test, number in turns(folds):
        rows = train[among[train]]
        share = None if weights is None else weights[rows]
        for place, member in enumerate(members):
            chance = seed.child(str(place)).child(f"fold {number}")
            aim = taken[rows].astype(np.float64)
            if aim.min() == aim.max():
                seen[number, :, place] = [1.0 - aim[0], aim[0]]
            else:
                made = learnt(member, "propensity", matrix[rows], aim, share, chance)
                seen[number, :, place] = made(matrix)
        own[test] = seen[number, test]
    judged = np.ones(int(among.sum())) if weights is None else weights[among]
    mix = share_weights(own[among], taken[among].astype(np.int_), judged)
    found = np.stack([mixed(one, mix)[:, 1] for one in seen])
    return np.asarray(found, dtype=np.float64)
