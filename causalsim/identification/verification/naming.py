"""What a question names, what it leaves free, and the question with that held."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
)
from causalsim.estimand.query import Level, Query, Setting


@dataclass(frozen=True, slots=True)
class Mention:
    """A variable where a question names it.

    Attributes:
        variable: Its name.
        level: The level that it is held at there, if any.
        free: Whether the answer is a function of it.
    """

    variable: str
    level: Level | None = None
    free: bool = False

    @classmethod
    def of(cls, found: Setting | Event) -> "Mention":
        """A setting or an event; without a level it is free."""
        return cls(found.variable, found.value, found.value is None)


def mentions(question: Question) -> Iterator[Mention]:
    """Every variable of a question, as often as it is named.

    >>> from causalsim.estimand.parsing import parse_query
    >>> [found.variable for found in mentions(parse_query("P(Y(M(X=1)), Z=0)"))]
    ['Y', 'M', 'X', 'Z']
    """
    match question:
        case Query(events, do, given):
            yield from map(Mention.of, (*events, *do, *given))
        case Probability(events, given):
            yield from _of_events((*events, *given))
        case Expectation(of, given):
            yield Mention(of.variable)
            yield from _of_actions(of)
            yield from _of_events(given)
        case Combination(terms):
            for _, part in terms:
                yield from mentions(part)
        case Quotient(numerator, denominator):
            yield from mentions(numerator)
            yield from mentions(denominator)


def filled(question: Question, levels: Mapping[str, Level]) -> Question:
    """The question with what it leaves free held at levels.

    >>> from causalsim.estimand.parsing import parse_query
    >>> print(filled(parse_query("P(Y(X=1), Z=0)"), {"Y": 1}))
    P(Y(X=1)=1, Z=0)
    """
    match question:
        case Query(events, do, given):
            return Query(*(_settings(role, levels) for role in (events, do, given)))
        case Probability(events, given):
            return Probability(_events(events, levels), _events(given, levels))
        case Expectation(of, given):
            return Expectation(of, _events(given, levels))
        case Combination(terms):
            return Combination(tuple((w, filled(part, levels)) for w, part in terms))
        case Quotient(numerator, denominator):
            return Quotient(filled(numerator, levels), filled(denominator, levels))


def _of_events(events: Iterable[Event]) -> Iterator[Mention]:
    """What events name."""
    for event in events:
        yield Mention.of(event)
        yield from _of_actions(event.of)


def _of_actions(of: Counterfactual) -> Iterator[Mention]:
    """What is set in a world, and in the worlds inside it."""
    for action in of.do:
        if isinstance(action, Setting):
            yield Mention(action.variable, action.value)
        else:
            yield Mention(action.variable)
            yield from _of_actions(action)


def _settings(found: Iterable[Setting], levels: Mapping[str, Level]) -> dict[str, Level]:
    """Settings with every variable at a level."""
    return {one.variable: levels[one.variable] if one.value is None else one.value for one in found}


def _events(found: Iterable[Event], levels: Mapping[str, Level]) -> list[Event]:
    """Events with every variable at a level."""
    return [Event(one.of, levels[one.variable]) if one.value is None else one for one in found]
