"""An answer and a frame as the plug-in reads them: counts where levels are few, else numbers."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.plugin import PluginError
from causalsim.estimand.events import Expectation, Question
from causalsim.estimand.expression import (
    Expression,
    Value,
    fix,
    free_variables,
    mean,
    probability,
    product,
    total,
)
from causalsim.estimand.query import Query
from causalsim.estimand.questions import acted_on, variables_of
from causalsim.estimation.formulas.columns import Column, Columns, columns
from causalsim.estimation.formulas.evaluating import fractions
from causalsim.estimation.formulas.flattening import Fraction
from causalsim.estimation.reading.cells import Cells, cells, variables
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.reading.task import read_clusters, read_weights, row_mark, unit_of


@dataclass(frozen=True, slots=True, eq=False)
class PluginTask:
    """A question, the formulae whose difference answers it, and the rows as counts.

    Attributes:
        question: The question.
        terms: Formulae without free variables, each with its sign.
        cells: The rows.
        clusters: The cluster of each row, or None.
        pair: The levels compared, low and high; None where the question names them.
        units: The outcome's unit.
        roles: How the frame was read.
        digest: A mark of the rows.
    """

    question: Question
    terms: tuple[tuple[float, Expression], ...]
    cells: Cells
    clusters: NDArray[np.int_] | None
    pair: tuple[Level, Level] | None
    units: str
    roles: Roles
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class FormulaTask:
    """A question, its formula in parts that can be drawn from, and the rows as numbers.

    Attributes:
        question: The question.
        parts: Signed fractions that add up to the answer.
        columns: The rows.
        clusters: The cluster of each row, or None.
        strata: What is dealt evenly to the folds.
        pair: The levels compared, low and high; None where the question names them.
        units: The outcome's unit.
        roles: How the frame was read.
        digest: A mark of the rows.
    """

    question: Question
    parts: tuple[tuple[float, Fraction], ...]
    columns: Columns
    clusters: NDArray[np.int_] | None
    strata: NDArray[np.int_]
    pair: tuple[Level, Level] | None
    units: str
    roles: Roles
    digest: str


def averaged_variable(question: Question) -> str | None:
    """The variable whose mean answers the question; None where it asks for a probability."""
    if isinstance(question, Query):
        free = [event.variable for event in question.events if event.value is None]
        if len(free) > 1:
            raise EstimationError.several("outcome", question.outcome)
        return free[0] if free else None
    if isinstance(question, Expectation):
        return question.of.variable
    return None


def counted_task(
    question: Question,
    formula: Expression,
    mean_of: str | None,
    frame: Any,  # noqa: ANN401
    roles: Roles,
) -> PluginTask:
    """The rows as counts."""
    weights = _weights(frame, roles)
    counted = cells(frame, formula, mean_of, weights)
    scalar = mean(mean_of, formula) if mean_of in free_variables(formula) else formula
    asked = set(variables_of(question))
    for spare in (name for name in free_variables(scalar) if name not in asked):
        # The formula is the same number at every level of such a variable: take them all.
        scalar = total(spare, product([probability(spare), scalar]))
    free = _treatment(scalar, question)
    pair = None
    if free is not None:
        levels = counted.levels[counted.axes.index(free)]
        pair = _pair(free, levels, len(weights), roles)
    return PluginTask(
        question=question,
        terms=_terms(scalar, free, pair),
        cells=counted,
        clusters=None if roles.clusters is None else read_clusters(frame, roles.clusters),
        pair=pair,
        units=_units(frame, question, roles),
        roles=roles,
        digest=_digest(frame, question, counted.digest),
    )


def formula_task(
    question: Question,
    formula: Expression,
    mean_of: str | None,
    frame: Any,  # noqa: ANN401
    roles: Roles,
) -> FormulaTask:
    """The rows as numbers."""
    scalar = mean(mean_of, formula) if mean_of in free_variables(formula) else formula
    if mean_of is not None:
        frames.require(frame, [mean_of])
        frames.numeric(frame, mean_of)  # a mean of names is refused here
    read = columns(frame, variables(scalar), _weights(frame, roles))
    asked = set(variables_of(question))
    spare = {name for name in free_variables(scalar) if name not in asked}
    free = _treatment(scalar, question, spare)
    pair = None if free is None else _column_pair(read.by_name[free], read.height, roles)
    parts = fractions(_terms(scalar, free, pair))
    for level in (slot for slot in _values(parts)):
        read.by_name[level.variable].coded(level.level)
    coded = [read.by_name[name] for name in acted_on(question) if name in read.by_name]
    arms = next((one.values for one in coded if one.levels is not None), np.zeros(read.height))
    return FormulaTask(
        question=question,
        parts=parts,
        columns=read,
        clusters=None if roles.clusters is None else read_clusters(frame, roles.clusters),
        strata=np.unique(arms, return_inverse=True)[1].reshape(-1).astype(np.int_),
        pair=pair,
        units=_units(frame, question, roles),
        roles=roles,
        digest=_digest(frame, question, read.digest),
    )


def _weights(frame: Any, roles: Roles) -> NDArray[np.float64]:  # noqa: ANN401
    """The sampling weights; ones without."""
    height = frames.height(frame)
    return np.ones(height) if roles.weights is None else read_weights(frame, roles.weights)


def _units(frame: Any, question: Question, roles: Roles) -> str:  # noqa: ANN401
    """The outcome's unit, where one is told."""
    outcome = question.outcome[0] if isinstance(question, Query) else ""
    return unit_of(frame, outcome) if roles.units is None else roles.units


def _digest(frame: Any, question: Question, rest: str) -> str:  # noqa: ANN401
    """A mark of the rows, the outcomes' apart as other estimators have it."""
    if not isinstance(question, Query) or len(question.outcome) != 1:
        return rest
    (name,) = question.outcome
    if question.events[0].value is None and not frames.categorical(frame, name):
        return f"{row_mark([frames.numeric(frame, name)])}-{rest}"
    return rest


def _values(parts: tuple[tuple[float, Fraction], ...]) -> list[Value]:
    """Every value that a formula holds a variable at."""
    return [
        slot
        for _, fraction in parts
        for flat in (*fraction.above, *fraction.below)
        for factor in flat.factors
        for slot in (*factor.heads, *factor.given)
        if isinstance(slot, Value)
    ]


def _treatment(formula: Expression, question: Question, spare: Collection[str] = ()) -> str | None:
    """The treatment whose levels are compared, where the question leaves it free."""
    free = [name for name in free_variables(formula) if name not in spare]
    if not free:
        return None
    if not isinstance(question, Query) or len(free) > 1 or free[0] not in question.treatments:
        told = [name for name in free if len(free) > 1 or not isinstance(question, Query)]
        raise PluginError.several_numbers(told or free)
    return free[0]


def _pair(name: str, levels: tuple[Level, ...], height: int, roles: Roles) -> tuple[Level, Level]:
    """The levels compared, low and high."""
    if roles.arms is None and len(levels) > 2:
        raise EstimationError.which_arms(name, levels)
    if len(levels) < 2:
        raise EstimationError.one_level(name, levels[0], height)
    low, high = roles.arms or (levels[0], levels[-1])
    for level in (low, high):
        if level not in levels:
            raise EstimationError.unknown_level(name, level, levels)
    return low, high


def _column_pair(column: Column, height: int, roles: Roles) -> tuple[Level, Level]:
    """The levels compared, of a column that may be continuous."""
    if column.levels is not None:
        return _pair(column.name, column.levels, height, roles)
    if roles.arms is None:
        low, high = float(column.values.min()), float(column.values.max())
        raise PluginError.which_doses(column.name, low, high)
    return roles.arms


def _terms(
    formula: Expression, free: str | None, pair: tuple[Level, Level] | None
) -> tuple[tuple[float, Expression], ...]:
    """The formula at the levels compared, each with its sign."""
    if free is None or pair is None:
        return ((1.0, formula),)
    low, high = pair
    return ((1.0, fix(formula, {free: high})), (-1.0, fix(formula, {free: low})))
