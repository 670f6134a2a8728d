"""What the data say when nothing is assumed about who was treated and why."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.refuting.case import task_behind
from causalsim.checks.sensitivity.partial import Range
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Difference
from causalsim.estimation.averaging.targets import EVERYONE, Everyone, Target, Treated, Untreated
from causalsim.estimation.effect import Effect
from causalsim.estimation.intervals import standard_error
from causalsim.estimation.reading.task import Task

Matrix = NDArray[np.float64]


def worst_case(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    bounds: tuple[float, float] | None = None,
) -> Range:
    """The effects that are possible when nothing is known about confounding.

    Outcomes that nobody saw may be anything within their bounds: with
    ``E[Y(a)] = E[Y | A = a] P(A = a) + E[Y(a) | A != a] P(A != a)`` the last mean lies between
    ``low`` and ``high``, so that the average effect is known within ``high - low``. The range
    always holds zero for everyone's effect of two arms: without assumptions no data show a sign.

    Args:
        effect: An effect of arms, a difference, for everyone, the treated or the untreated.
        frame: The frame it came from.
        bounds: The lowest and the highest value that the outcome could have; None for an outcome
            of zeros and ones.

    Returns:
        The range, and by its ``interval`` that of Imbens and Manski.

    Raises:
        EstimationError: No bounds, outcomes beyond them, a ratio, or another target.

    Examples:
        >>> import pandas
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import Regression, Task
        >>> rows = pandas.DataFrame({"a": [0, 0, 1, 1] * 5, "y": [0, 1, 1, 1] * 5})
        >>> effect = Regression().fit(Task.of(rows, Query("y", do="a"), ()), seed=1)
        >>> found = worst_case(effect, rows)
        >>> found.low, found.high
        (-0.25, 0.75)

    References:
        C. Manski (1990), Nonparametric bounds on treatment effects, American Economic Review 80.
        G. Imbens, C. Manski (2004), Confidence intervals for partially identified parameters,
        Econometrica 72.
    """
    task = task_behind(effect, frame)
    target = checked_difference(effect)
    lowest, highest = _bounds(task, bounds)
    ends = []
    for first, second in ((lowest, highest), (highest, lowest)):
        scores, member = _scores(task, target, first, second)
        share = task.share
        member = member * share
        value = float(np.sum(scores * share) / np.sum(member))
        influence = (scores * share - value * member) / member.mean()
        ends.append((value, standard_error(influence, task.clusters)))
    return Range(
        ends[0][0], ends[1][0], ends[0][1], ends[1][1], "with nothing assumed about confounding"
    )


def checked_difference(effect: Effect) -> Target:
    """The target of a difference for everyone, the treated or the untreated.

    Raises:
        EstimationError: A ratio, or a target that is defined by propensities.
    """
    estimator = effect.recipe.estimator
    target: Target = getattr(estimator, "target", EVERYONE)
    contrast = getattr(estimator, "contrast", DIFFERENCE)
    if not isinstance(contrast, Difference) or not isinstance(
        target, Everyone | Treated | Untreated
    ):
        raise CheckError.not_for(
            "range of possible effects",
            f"the {effect.estimand}",
            "it is made for differences, for everyone, the treated or the untreated",
            "by=AIPW(), or by=AIPW(target=Treated()).",
        )
    return target


def _scores(task: Task, target: Target, unseen_high: float, unseen_low: float) -> tuple[Any, Any]:
    """Each member's difference with unseen outcomes filled in, and who is a member."""
    low, high = task.pair
    mine, other = task.indicator(high), task.indicator(low)
    treated = mine * task.outcome + (1.0 - mine) * unseen_high
    untreated = other * task.outcome + (1.0 - other) * unseen_low
    member = np.ones(task.height)
    if isinstance(target, Treated):
        member = mine
    elif isinstance(target, Untreated):
        member = other
    return member * (treated - untreated), member


def _bounds(task: Task, bounds: tuple[float, float] | None) -> tuple[float, float]:
    """The outcome's bounds, checked."""
    y = task.outcome
    if bounds is None:
        if not np.isin(y, (0.0, 1.0)).all():
            raise CheckError.unbounded(task.outcome_name)
        return 0.0, 1.0
    try:
        lowest, highest = (float(one) for one in bounds)
    except (TypeError, ValueError):
        raise EstimationError.bad_setting("bounds", bounds, "(lowest, highest)") from None
    if not (np.isfinite(lowest) and np.isfinite(highest) and lowest < highest):
        raise EstimationError.bad_setting("bounds", bounds, "(lowest, highest)")
    if y.min() < lowest or y.max() > highest:
        raise CheckError.outside_bounds(
            task.outcome_name, lowest, highest, (float(y.min()), float(y.max()))
        )
    return lowest, highest
