"""The last step that every estimator shares: arm means become an effect."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimation.averaging.contrasts import Contrast
from causalsim.estimation.averaging.targets import ArmMeans, Target, row_weights
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split, clipped, clipping_notes
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.reading.task import Task
from causalsim.estimation.recipe import Recipe
from causalsim.seeds import Seed

_CHANCE = 0.01
_HEAVY = 0.2


def assembled(
    task: Task,
    means: Sequence[ArmMeans],
    target: Target,
    contrast: Contrast,
    estimator: Any,  # noqa: ANN401
    seed: int | Seed,
    nuisances: Nuisances | None = None,
    learners: str = "",
    notes: tuple[str, ...] = (),
) -> Effect:
    """Contrast the arms in every division and combine the divisions.

    Args:
        task: The data in their roles.
        means: The arms' means, one entry for each random division into folds.
        target: For whom.
        contrast: How the arms are compared.
        estimator: Written into the recipe; its name is printed.
        seed: Written into the recipe.
        nuisances: What the means were made from, kept for the checks.
        learners: How they were learnt, in words, when there are no nuisances.
        notes: What a careful reader must know.

    Returns:
        The effect.
    """
    pairs = [contrast.of(one, task) for one in means]
    found = combined([value for value, _ in pairs], [psi for _, psi in pairs], task.clusters)
    doubts = [_doubted(one, contrast, task) for one in means]
    average = target.in_words(task)
    if task.low is None:
        average = average.replace("average effect", "mean", 1)
    return Effect(
        value=found.value,
        influence=found.influence,
        estimator=estimator.name,
        estimand=contrast.in_words(average),
        recipe=Recipe.of(task, estimator, seed, nuisances.learners if nuisances else learners),
        clusters=task.clusters,
        spread=found.spread + float(np.median(np.square(doubts))),
        multiplicative=contrast.multiplicative,
        notes=(*notes, *task.notes),
        nuisances=nuisances,
    )


def _doubted(means: ArmMeans, contrast: Contrast, task: Task) -> float:
    """How far the contrast may be off besides, which it turns as it turns influence values."""
    if means.doubt is None:
        return 0.0
    (moved,) = contrast.of(ArmMeans(means.values, means.doubt[None, :]), task)[1]
    return float(moved)


def from_splits(
    task: Task,
    nuisances: Nuisances,
    estimator: Any,  # noqa: ANN401
    seed: int | Seed,
    arm_means: Callable[[Split, Matrix], ArmMeans],
) -> Effect:
    """The effect of an estimator that reads shared nuisances: every division by itself.

    Args:
        task: The data in their roles.
        nuisances: A cross-fit of the same task.
        estimator: Its ``target``, ``contrast`` and ``clip`` are used, and it is written into the
            recipe.
        seed: Written into the recipe.
        arm_means: From a division and its clipped propensities to the arms' means.

    Returns:
        The effect, with a note where propensities were clipped.
    """
    check_shared(task, nuisances)
    bound = estimator.target.clip if estimator.clip is None else estimator.clip
    means, reports, heaviest = [], [], 0.0
    for split in nuisances.splits:
        propensity, report = clipped(split.propensity, bound)
        means.append(arm_means(split, propensity))
        reports.append(report)
        heaviest = max(heaviest, _heaviest(task, propensity, estimator.target))
    notes = (*clipping_notes(reports), *_heavy(heaviest))
    return assembled(
        task, means, estimator.target, estimator.contrast, estimator, seed, nuisances, notes=notes
    )


def _heaviest(task: Task, propensity: Matrix, target: Target) -> float:
    """The largest share that a single row has of its arm's weight."""
    compared = np.array(task.contrast) != 0.0
    weights = row_weights(task, propensity, target.tilt(propensity, task))[:, compared]
    if task.weights is not None:
        weights = weights * task.weights[:, None]
    totals = weights.sum(axis=0)
    return float((weights.max(axis=0)[totals > 0.0] / totals[totals > 0.0]).max(initial=0.0))


def _heavy(share: float) -> tuple[str, ...]:
    """A warning when one row decides."""
    if share < _HEAVY:
        return ()
    return (
        f"a single row carries {share:.0%} of the weight of its arm, since people like it hardly "
        "ever have that treatment: target=Overlap() does not lean on it",
    )


def check_shared(task: Task, nuisances: Nuisances) -> None:
    """Refuse arms that share hardly anybody, which cannot be compared.

    Raises:
        ReadingError: They share hardly anybody.
    """
    compared = np.flatnonzero(np.array(task.contrast) != 0.0)
    if len(compared) < 2 or not task.design.columns:
        return
    shares = nuisances.propensity[:, compared]
    inside = np.isin(task.arm, compared)
    chance = shares.min(axis=1) >= _CHANCE * shares.sum(axis=1)
    mixed = [int((chance & (task.arm == code)).sum()) for code in compared]
    sizes = [int((task.arm == code).sum()) for code in compared]
    if all(count < max(0.1 * size, 2) for count, size in zip(mixed, sizes, strict=True)):
        alone = apart(task)
        if not alone and not any(split.folds.any() for split in nuisances.splits):
            return  # a flexible classifier may have learnt its own rows by heart
        raise ReadingError.separated(task.treatment, sum(mixed), int(inside.sum()), alone)


def apart(task: Task) -> list[str]:
    """The covariates whose values the compared arms do not share."""
    compared = np.flatnonzero(np.array(task.contrast) != 0.0)
    return [
        name
        for name, column in zip(task.design.columns, task.design.matrix.T, strict=True)
        if len(compared) > 1 and _tells(column, task.arm, compared)
    ]


def _tells(column: Matrix, arm: Any, compared: Any) -> bool:  # noqa: ANN401
    """Whether the arms' values of a column do not overlap."""
    ranges = sorted(
        (float(column[arm == code].min()), float(column[arm == code].max())) for code in compared
    )
    return all(low[1] < high[0] for low, high in pairwise(ranges))


def check_clip(clip: float | None) -> None:
    """A bound that leaves both arms room, or None."""
    if clip is not None and not 0.0 <= clip < 0.5:
        raise EstimationError.bad_setting("clip", clip, "a number from 0 to below 0.5, or None")


def check_aim(target: object, contrast: object) -> None:
    """An object each that says for whom and how the arms are compared."""
    if isinstance(target, type) or not isinstance(target, Target):
        raise EstimationError.bad_setting(
            "target", target, "Everyone(), Treated(), Untreated() or Overlap()"
        )
    if isinstance(contrast, type) or not isinstance(contrast, Contrast):
        raise EstimationError.bad_setting(
            "contrast", contrast, "Difference(), Ratio() or OddsRatio()"
        )
