"""Which answer do incomplete data give: questions of any form, taken apart into single worlds."""

from dataclasses import replace

from causalsim.errors import QueryError
from causalsim.errors.identification import AvailabilityError
from causalsim.estimand.events import (
    Combination,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
)
from causalsim.estimand.expression import Expression, Ratio, add, scaled
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.contrasting import averaged, plain_query
from causalsim.identification.fusing.available import Available
from causalsim.identification.fusing.missing_data import recover_from_missing
from causalsim.identification.fusing.recovery import (
    Recovered,
    Unrecovered,
    recovered,
    unrecovered,
)
from causalsim.identification.fusing.selection_bias import recover_from_selection


def recover(graph: Graph, question: Question, available: Available) -> Recovered | Unrecovered:
    """Answer a question from data in which units or values are missing, or say what forbids it.

    Contrasts and quotients are recovered part by part. Questions that join several worlds are
    refused.

    Args:
        graph: The causal graph, with nodes for being selected or for being recorded.
        question: What is asked about everyone.
        available: The data at hand, incomplete ones.

    Raises:
        QueryError: a variable of the question that the graph lacks, or that is latent.
        IncompleteDataError: an indicator that the graph lacks, or that has effects.

    >>> from causalsim.estimand.contrasts import average_effect
    >>> graph = Graph("x -> y; x -> ry")
    >>> print(recover(graph, average_effect("y", "x"), Available(missing={"y": "ry"})).formula)
    E[y | x=1, ry=1] - E[y | x=0, ry=1]
    """
    if not isinstance(available, Available):
        raise AvailabilityError.not_available(available)
    return replace(_recovered(graph, question, available), query=question, available=available)


def _recovered(graph: Graph, question: Question, available: Available) -> Recovered | Unrecovered:
    """A question of any form."""
    match question:
        case Query():
            return _one_world(graph, question, available)
        case Combination(terms):
            weights = [weight for weight, _ in terms]
            parts = [part for _, part in terms]
        case Quotient(numerator, denominator):
            weights, parts = [], [numerator, denominator]
        case Probability() | Expectation():
            return _of_events(graph, question, available)
        case _:
            raise QueryError.not_a_query(question)
    found: list[Recovered] = []
    for part in parts:
        answer = _recovered(graph, part, available)
        if isinstance(answer, Unrecovered):
            return replace(answer, why=f"Its part {part} is not recovered. {answer.why}")
        found.append(answer)
    if isinstance(question, Quotient):
        formula: Expression = Ratio(found[0].formula, found[1].formula)
    else:
        formula = add(scaled(w, a.formula) for w, a in zip(weights, found, strict=True))
    why = " ".join(dict.fromkeys(answer.why for answer in found))
    return recovered(question, graph, formula, why)


def _one_world(graph: Graph, query: Query, available: Available) -> Recovered | Unrecovered:
    """P(y | do(x), z)."""
    if available.selected is None:
        return recover_from_missing(graph, query, dict(available.missing))
    known = available.populations[0].observational
    told = tuple(n for n in graph.observed if n != available.selected) if known is None else known
    return recover_from_selection(graph, query, available.selected, told)


def _of_events(
    graph: Graph, question: Probability | Expectation, available: Available
) -> Recovered | Unrecovered:
    """P(events | given) or E[of | given], when all of it is about one world."""
    query = plain_query(graph, question)
    if query is None:
        why = f"{question} joins several worlds, which is not recovered from incomplete data."
        events = question.events if isinstance(question, Probability) else (Event(question.of),)
        part = tuple(dict.fromkeys(event.variable for event in events))
        return unrecovered(question, graph, part, False, why)
    answer = _one_world(graph, query, available)
    if isinstance(answer, Recovered) and isinstance(question, Expectation):
        return replace(answer, formula=averaged(question.of.variable, answer.formula))
    return answer
