"""A question as a weighted sum of events, each in its own world: what a linear program bounds.

Means become sums over the outcome's levels. What stands for another world's value is set to each of
its levels in turn: Y(X=1, M(X=0))=y is the sum over m of Y(X=1, M=m)=y together with M(X=0)=m.

References:
    Correa, Lee and Bareinboim, "Nested counterfactual identification from arbitrary surrogate
    experiments" (2021), theorem 1 (counterfactual unnesting).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from causalsim.errors.identification import BoundsError
from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
)
from causalsim.estimand.query import Level, Query, Setting
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.counterfactual_program import Conjunction
from causalsim.identification.bounding.effect_program import Term

Levels = Mapping[str, tuple[Level, ...]]
World = tuple[tuple[str, Level], ...]
#: More conjunctions than this are not written down.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Spelt:
    """A question in a form that a linear program can state.

    Attributes:
        parts: Conjunctions of events with their weights.
        given: What is known of the units, in the actual world; the same for all parts.
    """

    parts: tuple[Conjunction, ...]
    given: tuple[tuple[str, Level], ...] = ()

    def terms(self, graph: Graph) -> list[Term] | None:
        """The parts as single effects, when each is about one world and changes no condition."""
        known = dict(self.given)
        found: list[Term] = []
        for part in self.parts:
            if len(part.events) != 1:
                return None
            (query,) = part.events
            touched = {*query.outcome, *query.treatments, *graph.descendants(query.treatments)}
            if touched & set(known):
                return None
            events, do = (_valued(settings) for settings in (query.events, query.do))
            found.append(Term(part.weight, Query(events, do, known)))
        return found


def spelt_out(graph: Graph, question: Question, levels: Levels) -> Spelt | None:
    """A question as conjunctions of events; None when no linear program states it.

    Args:
        graph: The causal graph.
        question: What is asked; every variable must have a value.
        levels: The levels of outcomes whose means are asked, and of what stands for another
            world's value.

    Raises:
        BoundsError: levels that are no numbers where a mean is asked; too many conjunctions.

    >>> from causalsim.estimand.parsing import parse_query
    >>> graph, question = Graph("X -> M -> Y <- X"), parse_query("P(Y(X=1, M(X=0))=1)")
    >>> for part in spelt_out(graph, question, {"M": (0, 1)}).parts:
    ...     print(part.weight, *part.events)
    1.0 P(Y=1 | do(M=0, X=1)) P(M=0 | do(X=0))
    1.0 P(Y=1 | do(M=1, X=1)) P(M=1 | do(X=0))
    """
    parts: list[Conjunction] = []
    given: set[frozenset[tuple[str, Level]]] = set()
    for weight, atom in _atoms(question, 1.0):
        plain = _plain(graph, atom) if isinstance(atom, Query) else atom
        if not isinstance(plain, Probability | Expectation):
            return None
        known = _facts(plain.given)
        outcomes = _outcomes(plain, levels)
        if known is None or outcomes is None:
            return None
        given.add(known)
        for factor, events in outcomes:
            for found in _unnested(events, levels):
                if found is None or len(parts) > MOST:
                    return None
                parts.extend(Conjunction(weight * factor, world) for world in _joined(found))
    # A program is linear when all parts are about the same units.
    if len(given) != 1 or not any(part.events for part in parts):
        return None
    return Spelt(tuple(parts), tuple(sorted(given.pop())))


def _atoms(question: Question, weight: float) -> Iterator[tuple[float, Question]]:
    """The questions of a weighted sum."""
    if isinstance(question, Combination):
        for factor, part in question.terms:
            yield from _atoms(part, weight * factor)
    else:
        yield weight, question


def _plain(graph: Graph, query: Query) -> Probability | None:
    """A question about one world, with its conditions in the actual one if they are the same."""
    if set(graph.descendants(query.treatments)) & set(query.conditions):
        return None
    if any(setting.value is None for setting in (*query.events, *query.do, *query.given)):
        return None
    world = _valued(query.do)
    events = [Event(s.variable, s.value, world) for s in query.events]
    return Probability(events, [Event(s.variable, s.value) for s in query.given])


def _facts(given: tuple[Event, ...]) -> frozenset[tuple[str, Level]] | None:
    """What is known of the actual world; None when something else is."""
    found = {(e.variable, e.value) for e in given if e.value is not None and not e.of.do}
    names = {name for name, _ in found}
    whole = len(found) == len(given) == len(names)
    return frozenset((n, v) for n, v in found if v is not None) if whole else None


def _outcomes(
    atom: Probability | Expectation, levels: Levels
) -> list[tuple[float, tuple[Event, ...]]] | None:
    """What may happen, with what it counts."""
    if isinstance(atom, Probability):
        return None if any(e.value is None for e in atom.events) else [(1.0, atom.events)]
    found: list[tuple[float, tuple[Event, ...]]] = []
    for level in levels.get(atom.of.variable, ()):
        if isinstance(level, str):
            raise BoundsError.not_ours(level, f"A number as level of {atom.of.variable!r}")
        if level:
            found.append((float(level), (Event(atom.of, level),)))
    return found or None


def _unnested(events: tuple[Event, ...], levels: Levels) -> Iterator[list[Event] | None]:
    """Events whose worlds set variables to levels only; None where levels are not declared."""
    pending: list[tuple[list[Event], list[Event]]] = [([], list(events))]
    while pending:
        done, left = pending.pop()
        if not left:
            yield done
            continue
        first, *rest = left
        natural = [action for action in first.of.do if isinstance(action, Counterfactual)]
        if not natural:
            pending.append(([*done, first], rest))
            continue
        held = [action for action in first.of.do if isinstance(action, Setting)]
        choices = [levels.get(action.variable, ()) for action in natural]
        if not all(choices) or prod(map(len, choices)) > MOST:
            yield None
            return
        for chosen in reversed(list(product(*choices))):
            settings = [
                Setting(action.variable, level)
                for action, level in zip(natural, chosen, strict=True)
            ]
            world = Counterfactual(first.variable, [*held, *settings])
            inner = [Event(action, level) for action, level in zip(natural, chosen, strict=True)]
            pending.append((done, [Event(world, first.value), *inner, *rest]))


def _joined(events: list[Event]) -> Iterator[tuple[Query, ...]]:
    """The events by world; nothing when they contradict each other."""
    worlds: dict[World, dict[str, Level]] = {}
    for event in events:
        do = {a.variable: a.value for a in event.of.do if isinstance(a, Setting)}
        world = tuple((name, value) for name, value in do.items() if value is not None)
        assert event.value is not None
        known = {**dict(world), **worlds.get(world, {})}
        if known.get(event.variable, event.value) != event.value:
            return
        if event.variable not in dict(world):
            worlds.setdefault(world, {})[event.variable] = event.value
    yield tuple(Query(found, dict(world)) for world, found in worlds.items())


def _valued(settings: tuple[Setting, ...]) -> dict[str, Level]:
    """Settings as names with values."""
    return {s.variable: s.value for s in settings if s.value is not None}
