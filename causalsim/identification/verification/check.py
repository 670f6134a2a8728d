"""Is the formula right: what it gives on the data of random models, beside the models' own answer.

A question about one world is put to models given by tables; one about several worlds, or one that
assumes something of every unit, to models whose units can be listed.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from math import prod

import numpy as np

from causalsim.errors import ExpressionError, QueryError
from causalsim.errors.verification import VerificationError
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.events import Question
from causalsim.estimand.expression import Expression, Sum, Value, parts, slots
from causalsim.estimand.query import Level, Query
from causalsim.graph.graph import Graph
from causalsim.graph.surgery import ancestral
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.fusing.available import Available, Source
from causalsim.identification.verification.data_sets import Model, tables, used
from causalsim.identification.verification.discrete_model import DiscreteModel, Levels
from causalsim.identification.verification.naming import mentions
from causalsim.identification.verification.response_model import ResponseModel

#: How far a right formula may be off, by rounding alone.
TOLERANCE = 1e-9
#: How many combinations of levels are worth summing over; sums are taken one variable at a time.
_CELLS = 2**24
#: How many kinds of units are worth following, at all levels of what is free and of what is set.
_UNITS = 2**21
#: How many models are drawn at most for each in which the question has an answer.
_TRIES = 5


def verified(
    graph: Graph,
    question: Question,
    formula: Expression,
    available: Available | None = None,
    *,
    levels: Levels | None = None,
    monotone: Sequence[Monotone] = (),
    models: int = 2,
) -> str:
    """Check a formula on random models of the part of the graph that matters.

    Each model is of all populations: what does not differ between them is the same. The formula is
    evaluated on the exact tables of the data at hand alone; the truth is the model's own.

    Args:
        graph: The causal graph.
        question: The question, about any number of worlds.
        formula: What is claimed to answer it.
        available: The data at hand; observations of everything, when left out.
        levels: Every level of a variable, for those where that is known; others have the levels
            that the question names, and two at least.
        monotone: What is assumed never to push another the other way, in any unit.
        models: How many random models.

    Returns:
        A sentence that says that the formula was verified, or why it was not tried.

    Raises:
        VerificationError: the formula is wrong in a random model, or needs data that are not there.

    >>> from causalsim.estimand.parsing import parse_query
    >>> from causalsim.identification.strategy import identify
    >>> napkin, query = Graph("w -> z -> x -> y; w <-> x; w <-> y"), Query("y", do="x")
    >>> verified(napkin, query, identify(napkin, query).formula)
    'Verified: on 2 random models the formula equals the truth to 1e-09.'
    >>> graph, treated = Graph("z -> x -> y; z -> y"), parse_query("P(y(x=0)=1 | x=1)")
    >>> verified(graph, treated, identify(graph, treated).formula)
    'Verified: on 2 random models the formula equals the truth to 1e-09.'
    """
    sources = used(graph, available or Available(), question, formula)
    part = _relevant(graph, question, formula)
    known = _levels(part, question, formula, levels or {})
    large = _too_large(part, question, known, sources, monotone)
    if large:
        return f"Not verified: too large to verify by enumeration ({large})."
    checked = 0
    for seed, (model, truth) in enumerate(_draws(part, question, known, monotone, models)):
        if np.isnan(truth.values).any():
            continue
        error = _difference(evaluate(formula, tables(model, sources, seed)), truth)
        if not error < TOLERANCE:
            raise VerificationError.wrong(str(question), str(formula), error, str(graph))
        checked += 1
        if checked == models:
            equal = f"the formula equals the truth to {TOLERANCE}"
            return f"Verified: on {models} random models {equal}."
    return "Not verified: what the question takes as known has probability 0 in random models."


def largest_error(graph: Graph, query: Query, formula: Expression, seed: int) -> float:
    """The largest difference between a formula and the truth in one random model.

    The formula is evaluated on the observational joint alone; the truth is the model's own
    truncated factorisation. Variables of the formula that the query does not name are tried at
    every level.

    Args:
        graph: The causal graph.
        query: A query without values, so that every level is compared.
        formula: What is claimed to answer it.
        seed: Of the random model.

    Raises:
        QueryError: the query names a variable that the graph lacks.

    >>> from causalsim.estimand.expression import probability
    >>> graph = Graph("z -> x -> y; z -> y")
    >>> largest_error(graph, Query("y", do="x"), probability("y", "x"), seed=0) > 0.01
    True
    """
    for name in (*query.outcome, *query.treatments, *query.conditions):
        if name not in graph:
            raise QueryError.unknown_variable(name, graph.nodes)
    model = DiscreteModel.draw(graph, seed)
    return _difference(evaluate(formula, model.joint()), model.answer(query))


def _too_large(
    graph: Graph,
    question: Question,
    levels: Levels,
    sources: Sequence[Source],
    monotone: Sequence[Monotone],
) -> str:
    """What would have to be listed, if it is too much."""
    if isinstance(question, Query) and not monotone:
        cells = DiscreteModel.count(graph, levels)
        told = f"{cells:,} combinations of levels, at most {_CELLS:,}"
        return told if cells > _CELLS else ""
    free = dict.fromkeys(found.variable for found in mentions(question) if found.free)
    asked = prod(len(levels[name]) for name in free)
    done = sum(prod(len(levels[name]) for name in source.do) for source in sources)
    units = ResponseModel.count(graph, levels) * max(asked, done)
    return f"{units:,} kinds of units to follow, at most {_UNITS:,}" if units > _UNITS else ""


def _draws(
    graph: Graph, question: Question, levels: Levels, monotone: Sequence[Monotone], models: int
) -> Iterator[tuple[Model, Table]]:
    """Random models and what each of them answers."""
    for seed in islice(count(), _TRIES * models):
        if isinstance(question, Query) and not monotone:
            model = DiscreteModel.draw(graph, seed, levels)
            yield model, model.answer(question)
        else:
            units = ResponseModel.draw(graph, seed, levels, monotone)
            yield units, units.answer(question)


def _relevant(graph: Graph, question: Question, formula: Expression) -> Graph:
    """The variables of the question and of the formula, with their ancestors."""
    named = [found.variable for found in mentions(question)]
    for part in parts(formula):
        over = part.over if isinstance(part, Sum) else ()
        named += [slot.variable for slot in (*slots(part), *over)]
    return ancestral(graph, dict.fromkeys(named))


def _levels(graph: Graph, question: Question, formula: Expression, declared: Levels) -> Levels:
    """The levels of every node: those declared, else those named and two at least."""
    named: dict[str, dict[Level, None]] = {}
    for found in mentions(question):
        if found.level is not None:
            named.setdefault(found.variable, {})[found.level] = None
    for slot in (slot for part in parts(formula) for slot in slots(part)):
        if isinstance(slot, Value):
            named.setdefault(slot.variable, {})[slot.level] = None
    for name, levels in named.items():
        for level in levels:
            if level not in declared.get(name, levels):
                raise ExpressionError.unknown_level(name, level, declared[name])
    return {n: declared[n] if n in declared else _filled(named.get(n, {})) for n in graph.nodes}


def _filled(levels: Mapping[Level, None]) -> tuple[Level, ...]:
    """Two levels at least, in order where they are numbers."""
    spare = (number for number in count() if number not in levels)
    found = [*levels, *islice(spare, max(0, 2 - len(levels)))]
    texts = any(isinstance(level, str) for level in found)
    return tuple(found if texts else sorted(found, key=lambda level: float(level)))


def _difference(claimed: Table, truth: Table) -> float:
    """The largest difference between two functions, at any level of what only one mentions."""
    order = [name for name in truth.axes if name in claimed.axes]
    extra = [name for name in claimed.axes if name not in truth.axes]
    values = claimed.at([*order, *extra])
    index = tuple(slice(None) if name in claimed.axes else np.newaxis for name in truth.axes) + (
        slice(None),
    ) * len(extra)
    expected = truth.values.reshape(truth.values.shape + (1,) * len(extra))
    return float(np.abs(values[index] - expected).max())
