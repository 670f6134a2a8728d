"""What a question expands to: worlds, what is known in them, and what is asked of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from causalsim.errors.asking import AskingError
from causalsim.errors.model import ModelError
from causalsim.estimand.events import Counterfactual, Event, Expectation, Probability
from causalsim.estimand.query import Level, Query, Setting
from causalsim.scm.domain import Levels
from causalsim.scm.intervention import Set, natural
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.borrowed import Borrowed
from causalsim.scm.parallel.asking import ACTUAL, Mechanisms, Model, acted

#: A variable in a world.
Spot = tuple[str, str]
Simple = Query | Probability | Expectation


@dataclass(frozen=True, slots=True)
class Leaf:
    """One number or table: a probability or a mean, in which all that is known has a value.

    Args:
        events: What is asked, each at a level or free; empty for a mean.
        mean: The variable whose mean is asked; None for a probability.
        given: What is known.
    """

    events: tuple[tuple[Spot, Level | None], ...]
    mean: Spot | None
    given: tuple[tuple[Spot, Level], ...]


@dataclass(slots=True)
class Worlds:
    """The worlds that questions name, each made once.

    Args:
        model: The model that is asked.
        made: For each name the mechanisms, in causal order.
    """

    model: Model
    made: dict[str, Mechanisms] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The actual world is always there."""
        self.made[ACTUAL] = self.model.mechanisms

    def spot(self, of: Counterfactual) -> Spot:
        """The world of a counterfactual variable, made if it is new."""
        self.require(of.variable)
        name = ", ".join(map(str, of.do))
        if name not in self.made:
            self.made[name] = self._world(of)
        return name, of.variable

    def levels(self, variable: str) -> Levels | None:
        """The levels of a variable; None if it has none."""
        self.require(variable)
        domain = self.model.mechanisms[variable].domain
        return domain if isinstance(domain, Levels) else None

    def require(self, variable: str) -> None:
        """Refuse a variable that is not there."""
        if variable not in self.model.graph:
            raise ModelError.unknown_node(variable, self.model.graph.nodes)

    def _world(self, of: Counterfactual) -> Mechanisms:
        """The mechanisms under what is set."""
        for action in of.do:
            self.require(action.variable)
        held = {a.variable: Set(a.value) for a in of.do if isinstance(a, Setting)}
        taken: dict[str, Mechanism] = {}
        for action in of.do:
            if isinstance(action, Counterfactual):
                world, source = self.spot(action)
                base = natural(self.model.mechanisms[source])
                taken[source] = Borrowed(base, source, world)
        mechanisms = acted(self.model, held)
        return {node: taken.get(node, mechanism) for node, mechanism in mechanisms.items()}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the question with all free causes and conditions at one level each.

    Args:
        at: The position on each axis beyond the free events.
        leaf: What is asked there.
    """

    at: tuple[int, ...]
    leaf: Leaf


@dataclass(frozen=True, slots=True)
class Expansion:
    """A probability, a mean or a query as leaves.

    Args:
        axes: The free variables, events first.
        levels: The levels of each.
        parts: One a combination of levels of what is free beyond the events.
    """

    axes: tuple[str, ...]
    levels: tuple[tuple[Level, ...], ...]
    parts: tuple[Part, ...]


def expand(question: Simple, worlds: Worlds) -> Expansion:
    """The leaves of a question without arithmetic; its worlds are added to ``worlds``.

    A continuous variable that is asked about and left free stands for its mean.

    Raises:
        ModelError: Unknown variables or levels, tables over continuous variables.
    """
    events, mean, done, given = _roles(question)
    mean, events = _mean(events, mean, worlds)
    if mean is not None:
        worlds.require(mean.variable)
        found = worlds.levels(mean.variable)
        if found is not None and found.named:
            raise ModelError.names_have_no_mean(mean.variable, found.levels)
    for event in events:
        if event.value is not None and worlds.levels(event.variable) is None:
            _require_atom(event, worlds)
    heads = [event.variable for event in events if event.value is None]
    outer = [s.variable for s in done if s.value is None]
    outer += [event.variable for event in given if event.value is None]
    levels = {name: _axis(name, worlds) for name in (*heads, *outer)}
    parts = []
    for at in product(*(range(len(levels[name])) for name in outer)):
        put = {name: levels[name][place] for name, place in zip(outer, at, strict=True)}
        leaf = Leaf(
            tuple((worlds.spot(_under(e.of, done, put)), e.value) for e in events),
            None if mean is None else worlds.spot(_under(mean, done, put)),
            tuple((worlds.spot(_under(e.of, done, put)), _value(e, put)) for e in given),
        )
        _require_levels(leaf, worlds)
        parts.append(Part(at, leaf))
    axes = (*heads, *outer)
    return Expansion(axes, tuple(levels[name] for name in axes), tuple(parts))


def _roles(
    question: Simple,
) -> tuple[list[Event], Counterfactual | None, tuple[Setting, ...], list[Event]]:
    """Events, the mean's variable, what a plain query sets, and what is known."""
    match question:
        case Probability(events, given):
            return list(events), None, (), list(given)
        case Expectation(of, given):
            return [], of, (), list(given)
        case Query():
            heads = [Event(Counterfactual(s.variable), s.value) for s in question.events]
            known = [Event(Counterfactual(s.variable), s.value) for s in question.given]
            return heads, None, question.do, known
    raise AskingError.not_a_question(question)


def _mean(
    events: list[Event], mean: Counterfactual | None, worlds: Worlds
) -> tuple[Counterfactual | None, list[Event]]:
    """A single free continuous event stands for its mean."""
    if mean is None and len(events) == 1:
        event = events[0]
        if event.value is None and worlds.levels(event.variable) is None:
            return event.of, []
    return mean, events


def _under(of: Counterfactual, done: Iterable[Setting], put: Mapping[str, Level]) -> Counterfactual:
    """A variable of a plain query in the query's world."""
    settings = [Setting(s.variable, put.get(s.variable, s.value)) for s in done]
    return Counterfactual(of.variable, settings) if settings else of


def _value(event: Event, put: Mapping[str, Level]) -> Level:
    """What is known of a variable."""
    value = put.get(event.variable) if event.value is None else event.value
    assert value is not None
    return value


def _axis(name: str, worlds: Worlds) -> tuple[Level, ...]:
    """The levels of a free variable."""
    found = worlds.levels(name)
    if found is None:
        raise AskingError.continuous_axis(name)
    return found.levels


def _require_atom(event: Event, worlds: Worlds) -> None:
    """Refuse the probability of one value of a continuous variable."""
    from causalsim.scm.domain import Counts

    if not isinstance(worlds.model.mechanisms[event.variable].domain, Counts):
        raise AskingError.continuous_event(event.variable, event.value)


def _require_levels(leaf: Leaf, worlds: Worlds) -> None:
    """Refuse values that a variable cannot have."""
    for (_, variable), value in (*leaf.events, *leaf.given):
        if value is not None:
            worlds.model.mechanisms[variable].domain.encode(variable, value)
