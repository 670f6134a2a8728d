"""The verb: an answer and a frame become an effect."""

from dataclasses import replace
from typing import Any

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimand.events import Combination, Expectation, Question
from causalsim.estimand.query import Query, Setting
from causalsim.estimation.choosing import LADDER, default_for
from causalsim.estimation.effect import Effect, answered
from causalsim.estimation.estimator import Estimator, Weighing
from causalsim.estimation.people import Sample
from causalsim.estimation.reading.roles import PLAIN, Level, Roles
from causalsim.estimation.reading.task import Task
from causalsim.estimation.recipe import Recipe
from causalsim.identification.answer import Answer, NoEffect
from causalsim.identification.contrasting import Contrasted
from causalsim.identification.fusing.combining import Combined
from causalsim.seeds import Seed


def estimate(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    by: Estimator | None = None,
    seed: int | Seed = 0,
    units: str | None = None,
    weights: str | None = None,
    clusters: str | None = None,
    arms: tuple[Level, Level] | None = None,
    propensity: str | None = None,
) -> Effect:
    """Put a number on an identified effect.

    Args:
        answer: What ``identify`` answered. An answer that says there is no effect gives exactly
            zero, since the graph leaves nothing for the data to say; its ``why`` tells so.
        frame: A pandas or polars DataFrame with one row a person; it is never changed.
        by: The estimator with its settings; None is the soundest one for this kind of answer
            (`causalsim.estimation.choosing`): cross-fitted AIPW under an adjustment set.
        seed: Decides every random choice; equal seeds give equal numbers.
        units: The outcome's unit, printed with the number; None looks for
            ``frame.attrs["units"][outcome]``.
        weights: The column of sampling weights; the effect is then that of the population which
            they stand for, with a robust standard error.
        clusters: The column that tells which rows belong together; folds keep clusters whole and
            the standard error is cluster-robust, too small under about thirty clusters.
        arms: The level compared with and the level that the effect is of, such as
            ``("placebo", "drug")``; needed when the treatment has more than two.
        propensity: The column with the known probability of the higher of two levels (of 1, where
            they are 0 and 1), as the design of an experiment fixed it for each row; it is then
            not learnt. A number for all rows is ``by=AIPW(propensity=0.5)``.

    Returns:
        The effect, with interval, influence values and recipe.

    Raises:
        EstimationError: The estimator cannot use this answer or a known propensity, or the
            treatment does not vary.
        DataError: A column is missing, misspelt, incomplete, infinite or not numeric.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation.estimators.doubly_robust import AIPW
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> data = nonlinear_confounding(400, seed=1)
        >>> answer = identify(Graph(data.graph), Query("y", do="a"))
        >>> effect = estimate(answer, data.frame, by=AIPW(repeats=1), seed=1)
        >>> data.ate in effect.interval(0.99)
        True
    """
    _check_answer(answer)
    way = _chosen(answer) if by is None else by
    _check_estimator(way)
    roles = Roles(units, weights, clusters, arms, propensity)
    if isinstance(answer, NoEffect):
        return _nothing(answer, frame, way, seed, roles)
    task = checked_task(answer, frame, way, roles)
    return answered(way.fit(task, seed), answer, Sample.of(frame, task))


def checked_task(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    by: Estimator,
    roles: Roles = PLAIN,
) -> Any:  # noqa: ANN401
    """The task of an answer, if this estimator can use it.

    Raises:
        EstimationError: It cannot; the message says what it needs and what can be done.
    """
    _check_answer(answer)
    _check_estimator(by)
    _check_use(by, roles)
    if not by.accepts(answer) and (plain := _difference_of_arms(answer)) is not None:
        behind, named = plain
        if by.accepts(behind) and roles.arms in (None, named):
            return by.read(behind, frame, replace(roles, arms=named))
    if not by.accepts(answer):
        if not answer.identified and not any(one.accepts(answer) for one in LADDER):
            raise EstimationError.nothing_to_estimate(str(answer), answer.help)
        raise EstimationError.unusable_answer(by.name, by.needs, str(answer), _way_out(answer))
    return by.read(answer, frame, roles)


def _difference_of_arms(answer: Any) -> tuple[Answer, tuple[Level, Level]] | None:  # noqa: ANN401
    """The plain answer behind ``E[Y(high)] - E[Y(low)]``, and the two levels; None for the rest."""
    if not isinstance(answer, Contrasted) or not isinstance(answer.query, Combination):
        return None
    weights = [weight for weight, _ in answer.query.terms]
    means = [part for _, part in answer.query.terms if isinstance(part, Expectation)]
    if len(answer.parts) != 1 or sorted(weights) != [-1, 1] or len(means) != 2:
        return None
    (part,) = answer.parts
    acted = [mean.of.do for mean in means if len(mean.of.do) == 1 and not mean.given]
    levels = [do[0].value for do in acted if isinstance(do[0], Setting)]
    if len(levels) != 2:
        return None
    high, low = levels if weights[0] == 1 else reversed(levels)
    return None if high is None or low is None else (part, (low, high))


def _chosen(answer: Any) -> Estimator:  # noqa: ANN401
    """The default estimator of an answer."""
    plain = _difference_of_arms(answer)
    return default_for(answer) if plain is None else default_for(answer, plain[0])


def _check_answer(answer: Any) -> None:  # noqa: ANN401
    """An answer, not something else."""
    asked = getattr(answer, "query", None)
    if not isinstance(asked, Question) or not hasattr(answer, "identified"):
        raise EstimationError.not_an_answer(answer)


def _check_estimator(by: Any) -> None:  # noqa: ANN401
    """An estimator, not something else."""
    if isinstance(by, type) or not isinstance(by, Estimator):
        raise EstimationError.not_an_estimator(by)


def _check_use(by: Estimator, roles: Roles) -> None:
    """No known propensity that would change nothing, or that is not the only one."""
    if roles.propensity is None:
        return
    if not isinstance(by, Weighing):
        raise ReadingError.unused_propensity(by.name, roles.propensity)
    if by.own_propensity is not None:
        raise ReadingError.two_propensities(roles.propensity, by.own_propensity)


def _nothing(
    answer: NoEffect,
    frame: Any,  # noqa: ANN401
    by: Estimator,
    seed: int | Seed,
    roles: Roles,
) -> Effect:
    """The effect of an action on which the outcome does not depend in the graph."""
    query = answer.query
    if len(query.do) > 1 and all(setting.value is not None for setting in query.do):
        # Where all treatments are held at values the first stands for them: none does anything.
        asked = {event.variable: event.value for event in query.events}
        query = Query(asked, do={query.do[0].variable: query.do[0].value})
    task = replace(Task.of(frame, query, (), roles), query=answer.query)
    total = float(sum(task.contrast))
    share = task.share
    mean = float(np.average(task.outcome, weights=share))
    return Effect(
        value=total * mean,
        influence=total * share * (task.outcome - mean),
        clusters=task.clusters,
        estimator="the graph alone",
        estimand="average effect" if task.low is not None else "mean",
        recipe=replace(Recipe.of(task, by, seed, ""), answer=answer),
        notes=(
            "by the graph the treatment does not cause the outcome, so no estimate is needed: "
            "doubt the graph, not the number",
        ),
    )


def _way_out(answer: Any) -> str:  # noqa: ANN401
    """What to type next when this estimator does not take the answer."""
    if isinstance(answer, Combined):
        return (
            "by=Transport(target=people), from causalsim.estimation.transport, carries an average "
            "effect over to the population of another frame."
        )
    able = [f"by={type(one).__name__}()" for one in LADDER if one.accepts(answer)]
    if not able:
        return "leave by= out for the estimator of this answer, or by=Plugin() for any formula."
    return f"{' or '.join(able)} can use it; leave by= out for the first that can."
