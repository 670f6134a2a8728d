"""A question about a model as worlds, and as weights of what is so in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from causalsim.errors.coupling import CouplingError
from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
)
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query, Setting
from causalsim.graph.graph import Graph
from causalsim.scm.domain import Level
from causalsim.scm.intervention import From
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.networks.parallel import Place
from causalsim.scm.parallel.asking import acted

_ACTUAL = "actual"


class Model(Protocol):
    """What bounds need to know of a structural causal model."""

    @property
    def graph(self) -> Graph:
        """What causes what."""
        ...

    @property
    def mechanisms(self) -> Mapping[str, Mechanism]:
        """The mechanism of each node, in causal order."""
        ...

    @property
    def like(self) -> object:
        """A frame of the kind that samples take."""
        ...


@dataclass(frozen=True, slots=True)
class Term:
    """A weight times the probability of events, or times the mean of one variable.

    Args:
        weight: The weight.
        events: The level of each place.
        mean: The place whose levels are averaged, if it is a mean.
    """

    weight: float
    events: Mapping[Place, Level]
    mean: Place | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A sum of terms among the units with some evidence.

    Args:
        worlds: For each world its mechanisms.
        terms: What is summed.
        evidence: What is known of the units.
    """

    worlds: Mapping[str, Mapping[str, Mechanism]]
    terms: tuple[Term, ...]
    evidence: Mapping[Place, Level]

    @property
    def places(self) -> tuple[Place, ...]:
        """Everything that is asked about or known."""
        found = [place for term in self.terms for place in term.events]
        found += [term.mean for term in self.terms if term.mean is not None]
        return tuple(dict.fromkeys([*found, *self.evidence]))


def asked(model: Model, question: Question | str) -> Asked:
    """The worlds, terms and evidence of a question.

    Args:
        model: The model that is asked.
        question: A question, or its text.

    Raises:
        QueryError: A text that is no question.
        CouplingError: A variable without a value, a quotient, terms about different units.
        ModelError: Unknown variables, levels that they do not have.
    """
    found = parse_query(question) if isinstance(question, str) else question
    parts = _terms(found, 1.0)
    given = parts[0][2]
    if any(set(other) != set(given) for _, _, other in parts):
        raise CouplingError.different_units(str(found))
    worlds: dict[str, Mapping[str, Mechanism]] = {_ACTUAL: model.mechanisms}
    terms: list[Term] = []
    for weight, of, _ in parts:
        if isinstance(of, Counterfactual):
            terms.append(Term(weight, {}, _place(model, of, worlds)))
        elif (events := _events(model, of, worlds)) is not None:
            terms.append(Term(weight, events))
    evidence = _events(model, given, worlds)
    if evidence is None:
        raise CouplingError.contradiction(map(str, given))
    return Asked(worlds, tuple(terms), evidence)


Part = tuple[float, tuple[Event, ...] | Counterfactual, tuple[Event, ...]]


def _terms(question: object, weight: float) -> list[Part]:
    """A question as a weighted sum of probabilities and means."""
    match question:
        case Combination(terms):
            return [part for w, one in terms for part in _terms(one, weight * w)]
        case Probability(events, given):
            return [(weight, events, given)]
        case Expectation(of, given):
            return [(weight, of, given)]
        case Query():
            do = {s.variable: s.value for s in question.do if s.value is not None}
            if len(do) < len(question.do):
                raise CouplingError.without_value(
                    s.variable for s in question.do if s.value is None
                )
            events, given = (
                tuple(Event(s.variable, s.value, do=do) for s in settings)
                for settings in (question.events, question.given)
            )
            return [(weight, events, given)]
    if isinstance(question, Quotient):
        raise CouplingError.quotient(str(question))
    raise CouplingError.not_a_question(question)


def _events(
    model: Model, events: Iterable[Event], worlds: dict[str, Mapping[str, Mechanism]]
) -> dict[Place, Level] | None:
    """The level of each place; None where a place has two."""
    found: dict[Place, Level] = {}
    for event in events:
        if event.value is None:
            raise CouplingError.without_value([event.variable])
        place = _place(model, event.of, worlds)
        if found.setdefault(place, event.value) != event.value:
            return None
    return found


def _place(model: Model, of: Counterfactual, worlds: dict[str, Mapping[str, Mechanism]]) -> Place:
    """A variable in its world, which is made if it is new."""
    if not of.do:
        return Place(_ACTUAL, of.variable)
    name = ", ".join(map(str, of.do))
    if name not in worlds:
        actions: dict[str, object] = {}
        for action in of.do:
            if isinstance(action, Setting):
                actions[action.variable] = action.value
            else:
                actions[action.variable] = From(_place(model, action, worlds).world)
        worlds[name] = acted(model, actions)
    return Place(name, of.variable)
