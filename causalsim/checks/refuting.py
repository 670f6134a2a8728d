"""The verb: try to break an effect."""

from collections.abc import Sequence
from typing import Any

from causalsim.checks.refutation import Refutations
from causalsim.checks.refuters import PlaceboTreatment, RandomCommonCause, Refuter
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.task import Task
from causalsim.identification.answer import NoEffect
from causalsim.seeds import Seed


def refute(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    by: Sequence[Refuter] = (PlaceboTreatment(), RandomCommonCause()),
    seed: int | Seed = 0,
) -> Refutations:
    """Try to break an effect in several ways.

    Args:
        effect: What ``estimate`` gave; its recipe is fitted again to altered data.
        frame: The frame that it was estimated from; it is never changed.
        by: The ways to try, in order.
        seed: Decides every random choice; equal seeds give equal verdicts.

    Returns:
        One refutation for each way, each with its verdict.

    Raises:
        EstimationError: Not an effect, another frame, or an effect that no data stand behind.
        DataError: The frame no longer holds the columns.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> data = nonlinear_confounding(300, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> found = refute(effect, data.frame, by=(RandomCommonCause(repetitions=2),), seed=1)
        >>> [(one.name, one.passed) for one in found]
        [('random common cause', True)]
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    ways = (by,) if isinstance(by, Refuter) and not isinstance(by, type) else tuple(by)
    for way in ways:
        if isinstance(way, type) or not isinstance(way, Refuter):
            raise EstimationError.not_a_check(way)
    task = task_behind(effect, frame)
    return Refutations(tuple(way.attempt(effect, task, seed) for way in ways))


def task_behind(effect: Effect, frame: Any) -> Task:  # noqa: ANN401
    """The task that an effect was estimated from, read again from its frame.

    Raises:
        EstimationError: The frame holds other outcomes or treatments, or the effect is one that
            the graph alone decided.
    """
    recipe = effect.recipe
    if isinstance(recipe.answer, NoEffect):
        raise EstimationError.nothing_to_check("the graph alone says that there is no effect")
    if recipe.estimator is None:
        raise EstimationError.nothing_to_check("this effect was computed from other effects")
    task = recipe.read(frame)
    if not isinstance(task, Task):
        raise EstimationError.nothing_to_check(
            f"{effect.estimator} reads a formula, in which no treatment can be shuffled"
        )
    if task.digest != recipe.digest:
        raise EstimationError.other_frame()
    return task
