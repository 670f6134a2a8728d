"""If a treatment never works against its outcome: probabilities of causation as formulae.

References:
    Tian and Pearl, "Probabilities of causation: bounds and identification" (2000), identification
    under monotonicity; Pearl, "Causality" (2009), section 9.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from causalsim.estimand.events import Event, Probability, Question
from causalsim.estimand.query import Level, Setting
from causalsim.graph.graph import Graph
from causalsim.identification.assuming.assumptions import Assumption, Premises
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.counterfactual.answer import CounterfactualFormula
from causalsim.identification.counterfactual.causation import Causation, identify_causation
from causalsim.identification.fusing.available import Available

NECESSITY, SUFFICIENCY, BOTH = "PN", "PS", "PNS"


@dataclass(frozen=True, slots=True)
class Attributed:
    """A question about causation, with what each letter of the textbooks stands for.

    Attributes:
        kind: PN, PS or PNS.
        low: The treatment's level without it.
        high: Its level with it; above ``low`` in the order stated.
        otherwise: The outcome's level when it does not happen.
        event: Its level when it does.
    """

    kind: str
    outcome: str
    treatment: str
    low: Level
    high: Level
    otherwise: Level
    event: Level


def by_monotone_treatment(
    graph: Graph, question: Question, available: Available | None, premises: Premises
) -> CounterfactualFormula | None:
    """PN, PS or PNS when the treatment never works against the outcome, or None.

    >>> from causalsim.estimand.contrasts import probability_of_necessity
    >>> question = probability_of_necessity("y", "x")
    >>> premises = Premises((Monotone("x", "y"),))
    >>> print(by_monotone_treatment(Graph("x -> y"), question, None, premises).formula)
    [P(y=1, x=1) - P(x=1) P(y=1 | x=0)] / [P(y=1, x=1)]
    """
    for stated in premises.monotone:
        asked = attributed(question, stated.effect, stated.cause, premises)
        if asked is None:
            continue
        outcomes, levels = (asked.otherwise, asked.event), (asked.low, asked.high)
        if not (premises.only(asked.outcome, outcomes) and premises.only(asked.treatment, levels)):
            continue
        upwards = stated.increasing == premises.ascending(asked.outcome, outcomes)
        found = identify_causation(
            graph,
            asked.outcome,
            asked.treatment,
            Monotone(asked.treatment, asked.outcome, upwards),
            available,
            levels=levels,
            outcomes=outcomes,
        )
        answer = _part(found, asked.kind)
        if isinstance(answer, CounterfactualFormula):
            used: tuple[Assumption, ...] = (stated, *premises.about(asked.treatment, asked.outcome))
            return replace(_said(answer, question, asked, used, upwards), assumptions=used)
    return None


def attributed(
    question: Question, outcome: str, treatment: str, premises: Premises
) -> Attributed | None:
    """A question read as PN, PS or PNS of a treatment, whatever its levels are called.

    Raises:
        AssumptionError: levels of the treatment whose order nobody declared.
    """
    if not isinstance(question, Probability):
        return None
    if len(question.events) == 2 and not question.given:
        return _both(question.events, outcome, treatment, premises)
    worlds = [_response(event, outcome, treatment) for event in question.events]
    known = _facts(question.given)
    if len(worlds) != 1 or worlds[0] is None or set(known) != {outcome, treatment}:
        return None
    level, would_be = worlds[0]
    was, fact = known[treatment], known[outcome]
    if level == was or would_be == fact:
        return None
    if premises.ascending(treatment, (level, was)):
        return Attributed(NECESSITY, outcome, treatment, level, was, would_be, fact)
    return Attributed(SUFFICIENCY, outcome, treatment, was, level, fact, would_be)


def _both(
    events: tuple[Event, ...], outcome: str, treatment: str, premises: Premises
) -> Attributed | None:
    """P(Y(X=high)=event, Y(X=low)=otherwise)."""
    found = [_response(event, outcome, treatment) for event in events]
    one, other = found
    if one is None or other is None or one[0] == other[0] or one[1] == other[1]:
        return None
    low, high = (one, other) if premises.ascending(treatment, (one[0], other[0])) else (other, one)
    return Attributed(BOTH, outcome, treatment, low[0], high[0], low[1], high[1])


def _response(event: Event, outcome: str, treatment: str) -> tuple[Level, Level] | None:
    """Y(X=x)=y as (x, y)."""
    action = event.of.do[0] if len(event.of.do) == 1 else None
    if event.variable != outcome or event.value is None or not isinstance(action, Setting):
        return None
    if action.variable != treatment or action.value is None:
        return None
    return action.value, event.value


def _facts(given: tuple[Event, ...]) -> Mapping[str, Level]:
    """What is known of the actual world; empty when something else is known too."""
    found = {e.variable: e.value for e in given if e.value is not None and not e.of.do}
    return found if len(found) == len(given) else {}


def _part(found: Causation, kind: str) -> object:
    """The answer that was asked for."""
    return {
        NECESSITY: found.necessity,
        SUFFICIENCY: found.sufficiency,
        BOTH: found.both,
    }[kind]


def _said(
    answer: CounterfactualFormula,
    question: Question,
    asked: Attributed,
    used: tuple[Assumption, ...],
    upwards: bool,
) -> CounterfactualFormula:
    """The answer to the question as it was put, with what it rests on."""
    # The assumption is worded as it was stated, whichever level of the outcome was asked about.
    worded = str(Monotone(asked.treatment, asked.outcome, upwards))
    assumed = " and that ".join(map(str, used))
    first = answer.steps[0].replace(worded, assumed).replace(str(answer.query), str(question))
    two = (
        f"{asked.treatment} is either {asked.low} or {asked.high}, and {asked.outcome} either "
        f"{asked.otherwise} or {asked.event}."
    )
    steps = (first, two, *answer.steps[1:])
    return replace(answer, query=question, steps=steps, why=" ".join(steps))
