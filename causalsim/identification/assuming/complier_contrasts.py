"""Which arms an answer compares among the compliers of which instrument."""

from dataclasses import dataclass

from causalsim.estimand.events import Combination, Event, Expectation, Probability, Question
from causalsim.estimand.query import Level, Setting
from causalsim.identification.answer import Answer
from causalsim.identification.bounding.response_functions import Monotone


@dataclass(frozen=True, slots=True)
class ComplierContrast:
    """Two arms compared among the compliers: weight (E[Y(X=to)] - E[Y(X=baseline)]).

    The compliers have X = to where Z = high and X = baseline where Z = low.

    Attributes:
        outcome: Y; at a value where the probability of that value is compared.
        treatment: X.
        baseline: What compliers have at one level of the instrument.
        to: What they have at the other.
        instrument: Z.
        low: Its level at which they have ``baseline``.
        high: Its level at which they have ``to``.
        weight: The factor before the difference; 1 but in odd questions.
    """

    outcome: Setting
    treatment: str
    baseline: Level
    to: Level
    instrument: str
    low: Level
    high: Level
    weight: float


def complier_contrast(answer: Answer) -> ComplierContrast | None:
    """The arms that an answer compares among all compliers; None for any other answer.

    >>> from causalsim.estimand.query import Query
    >>> from causalsim.graph.graph import Graph
    >>> from causalsim.identification.strategy import identify
    >>> graph = Graph("z -> x -> y; x <-> y")
    >>> found = complier_contrast(identify(graph, Query("y", do="x"), assuming=Monotone("z", "x")))
    >>> found.instrument, found.low, found.high, found.to
    ('z', 0, 1, 1)
    """
    question = answer.query
    if not isinstance(question, Combination) or len(question.terms) != 2:
        return None
    (weight, one), (other_weight, other) = question.terms
    atoms = Expectation | Probability
    if weight + other_weight or not isinstance(one, atoms) or not isinstance(other, atoms):
        return None
    for stated in (each for each in answer.assumptions if isinstance(each, Monotone)):
        sides = _sides(one.given, stated)
        arms = _arm(one, stated.effect), _arm(other, stated.effect)
        if sides is None or set(one.given) != set(other.given) or None in arms:
            continue
        (high, to), (low, baseline) = sides
        (outcome, first), (same, second) = (arm for arm in arms if arm is not None)
        if outcome == same and {first, second} == {to, baseline}:
            sign = weight if first == to else -weight
            names = stated.effect, baseline, to, stated.cause, low, high
            return ComplierContrast(outcome, *names, float(sign))
    return None


def _sides(
    given: tuple[Event, ...], stated: Monotone
) -> tuple[tuple[Level, Level], tuple[Level, Level]] | None:
    """For each of two worlds the instrument's level and the treatment that compliers have."""
    found: list[tuple[Level, Level]] = []
    for event in given:
        action = event.of.do[0] if len(event.of.do) == 1 else None
        if not isinstance(action, Setting) or action.value is None or event.value is None:
            return None
        if (action.variable, event.variable) != (stated.cause, stated.effect):
            return None
        found.append((action.value, event.value))
    return (found[0], found[1]) if len(found) == 2 else None


def _arm(atom: Question, treatment: str) -> tuple[Setting, Level] | None:
    """The one outcome of an atom, and the level that it sets the treatment to."""
    if isinstance(atom, Expectation):
        event = Event(atom.of)
    elif isinstance(atom, Probability) and len(atom.events) == 1:
        event = atom.events[0]
    else:
        return None
    action = event.of.do[0] if len(event.of.do) == 1 else None
    if not isinstance(action, Setting) or action.variable != treatment or action.value is None:
        return None
    return Setting(event.variable, event.value), action.value
