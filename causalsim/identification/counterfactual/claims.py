"""What is asked of several worlds, in one form: claims, and claims that are known."""

from collections.abc import Iterable
from dataclasses import dataclass

from causalsim.errors import QueryError
from causalsim.estimand.events import Counterfactual, Event, Expectation, Probability
from causalsim.estimand.expression import Free, Slot, Value
from causalsim.estimand.query import Level, Query
from causalsim.graph.graph import Graph
from causalsim.identification.counterfactual.worlds import Action


@dataclass(frozen=True, slots=True)
class Claim:
    """A variable, what is done in its world, and its value there (None when it is left free)."""

    name: str
    actions: tuple[Action, ...]
    value: Level | None

    @property
    def slot(self) -> Slot:
        """Its value as a slot."""
        return Free(self.name) if self.value is None else Value(self.name, self.value)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, in one form: a conjunction, its conditions, and whether a mean is wanted."""

    events: tuple[Claim, ...]
    given: tuple[Claim, ...]
    mean: bool = False

    @classmethod
    def of(cls, question: Query | Probability | Expectation) -> "Asked":
        """The same form for every question."""
        match question:
            case Query():
                roles = (question.events, question.given)
                one, other = (
                    tuple(Claim(s.variable, question.do, s.value) for s in role) for role in roles
                )
                return cls(one, other)
            case Probability(events, given):
                return cls(_claims(events), _claims(given))
            case Expectation(of, given):
                return cls(_claims((Event(of),)), _claims(given), mean=True)


def _claims(events: Iterable[Event]) -> tuple[Claim, ...]:
    """Events as claims."""
    return tuple(Claim(event.variable, event.of.do, event.value) for event in events)


def check_claims(graph: Graph, claims: Iterable[Claim]) -> None:
    """Every variable of the question is an observed node."""
    pending: list[tuple[str, tuple[Action, ...]]] = [(c.name, c.actions) for c in claims]
    while pending:
        name, actions = pending.pop()
        if name not in graph:
            raise QueryError.unknown_variable(name, graph.nodes)
        if name in graph.latent:
            raise QueryError.latent_variable(name, "variable")
        for action in actions:
            inner = action.do if isinstance(action, Counterfactual) else ()
            pending.append((action.variable, inner))
