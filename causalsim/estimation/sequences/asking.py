"""From a question about several treatments to the regimes whose means it compares."""

from typing import Any

from causalsim.errors.estimation import EstimationError
from causalsim.errors.sequences import SequenceError
from causalsim.estimand.events import Combination, Expectation, Probability, Question
from causalsim.estimand.query import Level, Query, Setting
from causalsim.estimation.sequences.regimes import Regime, RegimeContrast
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Adjustment, Formula, FrontDoor
from causalsim.identification.contrasting import Contrasted, plain_query
from causalsim.identification.sequential import Stage, treatment_stages

Held = tuple[tuple[str, Level], ...]


def plain_question(answer: Any) -> Query | None:  # noqa: ANN401
    """The one plain question behind an answer from observations; None where there is none."""
    if isinstance(answer, Contrasted):
        if len(answer.parts) != 1 or regimes_of(answer.query, answer.graph) is None:
            return None
        return plain_question(answer.parts[0])
    if not isinstance(answer, Adjustment | Formula | FrontDoor):
        return None
    query = answer.query
    return None if query.conditions or len(query.outcome) != 1 or not query.do else query


def stages_of(answer: Any, *regimes: Regime | None) -> tuple[Stage, ...] | None:  # noqa: ANN401
    """The treatments of an answer in time order, as the rules of the regimes need them."""
    query = plain_question(answer)
    if query is None:
        return None
    reads: dict[str, tuple[str, ...]] = {}
    for regime in regimes:
        for name, found in (regime.reads if regime is not None else {}).items():
            reads[name] = tuple(dict.fromkeys((*reads.get(name, ()), *found)))
    return treatment_stages(answer.graph, query.outcome[0], query.treatments, reads)


def regimes_of(question: Question, graph: Graph) -> tuple[Setting, dict[Held, float]] | None:
    """The outcome, and the weight of the mean under each regime; None for other questions."""
    match question:
        case Query():
            if question.conditions or len(question.outcome) != 1:
                return None
            held = _held(question)
            return None if held is None else (question.events[0], {held: 1.0})
        case Expectation() | Probability():
            query = plain_query(graph, question)
            return None if query is None else regimes_of(query, graph)
        case Combination(terms):
            outcome: Setting | None = None
            sums: dict[Held, float] = {}
            for weight, part in terms:
                found = regimes_of(part, graph)
                if found is None or (outcome is not None and found[0] != outcome):
                    return None
                outcome = found[0]
                for regime, times in found[1].items():
                    sums[regime] = sums.get(regime, 0.0) + weight * times
            return None if outcome is None else (outcome, sums)
        case _:
            return None


def _held(query: Query) -> Held | None:
    """The treatments at their values, in the order of their names; None where one is free."""
    found = tuple((one.variable, one.value) for one in query.do if one.value is not None)
    return tuple(sorted(found)) if len(found) == len(query.do) else None


def comparison(
    question: Question,
    graph: Graph,
    lowest: dict[str, Level],
    highest: dict[str, Level],
) -> tuple[Setting, RegimeContrast]:
    """The outcome and the regimes of a question.

    Args:
        question: About one outcome and several treatments.
        graph: The graph it is about.
        lowest: For each treatment the level compared with, where the question leaves it free.
        highest: For each treatment the level that the effect is of.

    Raises:
        EstimationError: A question of another kind.
        SequenceError: Some treatments are held and others are free.
    """
    found = regimes_of(question, graph)
    if found is not None:
        outcome, sums = found
        regimes = tuple(Regime(dict(held)) for held in sums)
        return outcome, RegimeContrast(regimes, tuple(sums.values()))
    if not isinstance(question, Query):
        raise EstimationError.several("kind of world", [str(question)])
    free = [one.variable for one in question.do if one.value is None]
    if len(free) < len(question.do):
        held = [one.variable for one in question.do if one.value is not None]
        raise SequenceError.half_free(free, held)
    return question.events[0], RegimeContrast((Regime(highest), Regime(lowest)), (1.0, -1.0))
