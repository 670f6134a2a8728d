"""If an instrument pushes nobody the other way: the effect among those whom it moves.

With X of two levels, moved by Z, and every directed path from Z to Y running through X,

    Y(Z=h) - Y(Z=l) = (Y(X=1) - Y(X=0)) · (X(Z=h) - X(Z=l))     in every unit,

and monotonicity leaves 0 and 1 for the last factor. So the mean effect among the *compliers*, the
units with X(Z=h)=1 and X(Z=l)=0, is the quotient of two effects of Z. It is not the effect among
everyone, and which units are compliers is not known.

References:
    Imbens and Angrist, "Identification and estimation of local average treatment effects" (1994),
    theorem 1; Abadie, "Bootstrap tests for distributional treatment effects in instrumental
    variable models" (2002), for distributions; Frölich, "Nonparametric IV estimation of local
    average treatment effects with covariates" (2007), for instruments that need adjustment.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, final

from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
    combination,
)
from causalsim.estimand.expression import Expression
from causalsim.estimand.query import Level, Query, Setting
from causalsim.graph.graph import Graph
from causalsim.graph.surgery import without_arrows
from causalsim.identification.answer import Answer
from causalsim.identification.assuming.assumptions import Assumption, Premises
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.counterfactual.answer import CounterfactualFormula, answered
from causalsim.identification.fusing.available import Available


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class AmongCompliers(Answer):
    """What was asked is not identified; the same for the compliers alone is.

    Attributes:
        asked: The question that was put, about everyone; nothing here answers it.
        query: The question that is answered, about those whom the instrument moves.
        formula: The answer to ``query``.
    """

    asked: Question
    formula: Expression
    kind: ClassVar[str] = "among compliers"
    identified: ClassVar[bool] = False

    def __str__(self) -> str:
        """One line."""
        return (
            f"not identified: {self.asked}; only among those whom the instrument moves: "
            f"{self.query} = {self.formula}"
        )

    def _details(self) -> dict[str, object]:
        return {"asked": str(self.asked)}


def by_monotone_instrument(
    graph: Graph, question: Question, available: Available | None, premises: Premises
) -> CounterfactualFormula | None:
    """A question about compliers, or None when it is about others.

    >>> from causalsim.estimand.parsing import parse_query
    >>> question = parse_query("E[y(x=1) - y(x=0) | x(z=1)=1, x(z=0)=0]")
    >>> graph, premises = Graph("z -> x -> y; x <-> y"), Premises((Monotone("z", "x"),))
    >>> print(by_monotone_instrument(graph, question, None, premises).formula)
    [E[y | z=1] - E[y | z=0]] / [P(x=1 | z=1) - P(x=1 | z=0)]
    """
    from causalsim.identification.strategy import identify

    for stated in premises.monotone:
        group = _group_in(question, stated, premises)
        if group is None or not _only_through(graph, group, question):
            continue
        asked = _rewritten(question, group)
        if asked is None:
            continue
        answer = identify(graph, asked, available=available)
        if answer.identified and isinstance(answer.formula, Expression):
            used: tuple[Assumption, ...] = (
                stated,
                *premises.about(group.treatment, group.instrument),
            )
            said = _steps(question, asked, group, " and that ".join(map(str, used)))
            why = " ".join((*said, f"Both effects of {group.instrument} are identified."))
            found = answered(question, graph, answer.formula, (*said, answer.why))
            return replace(found, why=why, assumptions=used)
    return None


def among_compliers(
    graph: Graph, question: Question, available: Available | None, premises: Premises
) -> AmongCompliers | None:
    """The question put to the compliers alone, when that is identified."""
    for stated in premises.monotone:
        narrowed = _narrowed(question, stated, premises)
        if narrowed is None:
            continue
        found = by_monotone_instrument(graph, narrowed, available, premises)
        if found is not None:
            why = (
                f"{question} is not identified for everyone, and this is no answer to it. "
                f"{found.why} Who they are is not known, and others may respond otherwise."
            )
            return AmongCompliers(
                query=narrowed,
                asked=question,
                graph=graph,
                formula=found.formula,
                assumptions=found.assumptions,
                why=why,
            )
    return None


@dataclass(frozen=True, slots=True)
class _Group:
    """The units with X(Z=high)=to and X(Z=low)=baseline.

    Attributes:
        events: The two events that make the group.
    """

    instrument: str
    treatment: str
    low: Level
    high: Level
    baseline: Level
    to: Level

    @property
    def events(self) -> tuple[Event, Event]:
        """The two events that make the group."""
        return (
            Event(self.treatment, self.to, {self.instrument: self.high}),
            Event(self.treatment, self.baseline, {self.instrument: self.low}),
        )


def _group_in(question: Question, stated: Monotone, premises: Premises) -> _Group | None:
    """The compliers that every part of a question is conditioned on."""
    if isinstance(question, Combination):
        groups = {_group_in(part, stated, premises) for _, part in question.terms}
        return groups.pop() if len(groups) == 1 else None
    if not isinstance(question, Probability | Expectation):
        return None
    moved = {}
    for event in question.given:
        action = event.of.do[0] if len(event.of.do) == 1 else None
        if not isinstance(action, Setting) or event.value is None:
            continue
        if (event.variable, action.variable) == (stated.effect, stated.cause):
            moved[action.value] = event.value
    if len(moved) != 2 or len(set(moved.values())) != 2:
        return None
    (one, first), (other, second) = moved.items()
    assert one is not None
    assert other is not None
    if not premises.ascending(stated.cause, (one, other)):
        (one, first), (other, second) = (other, second), (one, first)
    group = _Group(stated.cause, stated.effect, one, other, first, second)
    upwards = premises.ascending(stated.effect, (first, second))
    # The other way round nobody is moved: the condition never holds.
    return group if upwards == stated.increasing and _two_levels(group, premises) else None


def _two_levels(group: _Group, premises: Premises) -> bool:
    """Whether the treatment may have just the two levels of the group."""
    return premises.only(group.treatment, (group.baseline, group.to))


def _only_through(graph: Graph, group: _Group, question: Question) -> bool:
    """Whether the instrument affects what is asked through the treatment alone."""
    cut = without_arrows(graph, into=group.treatment)
    below = set(cut.descendants(group.instrument))
    asked = {event.variable for part in _atoms(question) for event in _events(part)}
    return not below & asked


def _atoms(question: Question) -> list[Probability | Expectation]:
    """The probabilities and means of a weighted sum."""
    if isinstance(question, Combination):
        return [atom for _, part in question.terms for atom in _atoms(part)]
    return [question] if isinstance(question, Probability | Expectation) else []


def _events(atom: Probability | Expectation) -> tuple[Event, ...]:
    """What is asked about."""
    return atom.events if isinstance(atom, Probability) else (Event(atom.of),)


def _rewritten(question: Question, group: _Group) -> Question | None:
    """The question as one about effects of the instrument; None when it is no such one."""
    if isinstance(question, Combination):
        wald = _contrasted(question, group)
        if wald is not None:
            return wald
        parts = [(w, _rewritten(part, group)) for w, part in question.terms]
        found = [(w, part) for w, part in parts if part is not None]
        return combination(found) if len(found) == len(parts) else None
    return _one_arm(question, group) if isinstance(question, Probability) else None


def _contrasted(question: Combination, group: _Group) -> Question | None:
    """The difference of the two arms among compliers: the quotient of Imbens and Angrist."""
    if len(question.terms) != 2:
        return None
    (weight, one), (other_weight, other) = question.terms
    arms = _arm(one, group), _arm(other, group)
    if weight + other_weight or set(arms) != {group.to, group.baseline}:
        return None
    high, low = (_moved(one, group, z) for z in (group.high, group.low))
    if high is None or low is None or _moved(other, group, group.high) != high:
        return None
    sign = weight if arms[0] == group.to else -weight
    effect = combination([(sign, high), (-sign, low)])
    return Quotient(effect, _share(one, group))


def _one_arm(question: Probability, group: _Group) -> Question | None:
    """P(Y(X=x)=y) among compliers, from the units that have X=x."""
    level = _arm(question, group)
    if level is None:
        return None
    sides = []
    for z in (group.high, group.low):
        moved = _moved(question, group, z)
        if not isinstance(moved, Probability):
            return None
        there = Event(group.treatment, level, {group.instrument: z})
        sides.append(Probability([*moved.events, there], moved.given))
    sign = 1 if level == group.to else -1
    effect = combination([(sign, sides[0]), (-sign, sides[1])])
    return Quotient(effect, _share(question, group))


def _arm(atom: Question, group: _Group) -> Level | None:
    """The one level that an atom sets the treatment to, and nothing else."""
    if not isinstance(atom, Probability | Expectation):
        return None
    worlds = {event.of.do for event in _events(atom)}
    (world, *more) = worlds
    if more or len(world) != 1 or not isinstance(world[0], Setting):
        return None
    return world[0].value if world[0].variable == group.treatment else None


def _moved(atom: Question, group: _Group, z: Level) -> Probability | Expectation | None:
    """The atom in the world where the instrument is set, among the units otherwise alike."""
    if not isinstance(atom, Probability | Expectation):
        return None
    rest = _rest(atom, group)
    if any(event.of.do for event in rest):
        return None
    world = {group.instrument: z}
    if isinstance(atom, Expectation):
        return Expectation(Counterfactual(atom.of.variable, world), rest)
    return Probability([Event(e.variable, e.value, world) for e in atom.events], rest)


def _rest(atom: Probability | Expectation, group: _Group) -> tuple[Event, ...]:
    """What is known beside being a complier."""
    return tuple(event for event in atom.given if event not in group.events)


def _share(atom: Question, group: _Group) -> Question:
    """The share of compliers, P(X(Z=high)=to) - P(X(Z=low)=to)."""
    rest = _rest(atom, group) if isinstance(atom, Probability | Expectation) else ()
    high, low = (
        Probability([Event(group.treatment, group.to, {group.instrument: z})], rest)
        for z in (group.high, group.low)
    )
    return combination([(1, high), (-1, low)])


def _narrowed(question: Question, stated: Monotone, premises: Premises) -> Question | None:
    """The question about everyone, put to the compliers of an instrument."""
    treatment = stated.effect
    if isinstance(question, Query):
        spelt = _spelt(question, treatment)
        return None if spelt is None else _narrowed(spelt, stated, premises)
    atoms = _atoms(question)
    if not atoms or any(event.of.do for atom in atoms for event in atom.given):
        return None
    found = dict.fromkeys(
        action.value
        for atom in atoms
        for event in _events(atom)
        for action in event.of.do
        if isinstance(action, Setting) and action.variable == treatment and action.value is not None
    )
    declared = premises.levels.get(treatment, (0, 1))
    levels = tuple(found) if len(found) == 2 else declared
    if len(levels) != 2 or not set(found) <= set(levels) or not found:
        return None
    low, high = levels if premises.ascending(treatment, levels) else levels[::-1]
    baseline, to = (low, high) if stated.increasing else (high, low)
    arms = premises.levels.get(stated.cause, (0, 1))
    group = _Group(stated.cause, treatment, arms[0], arms[-1], baseline, to)
    return _among(question, group.events)


def _spelt(query: Query, treatment: str) -> Question | None:
    """A question about one world as one about means: free variables stand for a contrast."""
    if query.treatments != (treatment,) or len(query.outcome) != 1 or query.given:
        return None
    outcome, level = query.events[0], query.do[0].value
    if outcome.value is not None and level is not None:
        return Probability([Event(outcome.variable, outcome.value, {treatment: level})])
    one, other = (Counterfactual(outcome.variable, {treatment: x}) for x in (1, 0))
    return combination([(1, Expectation(one)), (-1, Expectation(other))])


def _among(question: Question, events: Iterable[Event]) -> Question | None:
    """A question with more that is known of the units."""
    match question:
        case Combination(terms):
            parts = [(w, _among(part, events)) for w, part in terms]
            found = [(w, part) for w, part in parts if part is not None]
            return combination(found) if len(found) == len(parts) else None
        case Probability(asked, given):
            return Probability(asked, (*given, *events))
        case Expectation(of, given):
            return Expectation(of, (*given, *events))
        case _:
            return None


def _steps(
    question: Question, asked: Question, group: _Group, assumed: str
) -> tuple[str, str, str]:
    """The argument, in words."""
    z, x = group.instrument, group.treatment
    return (
        f"Assumed: {assumed}, and {x} is either {group.baseline} or {group.to}.",
        f"So {z} moves {x} in the compliers alone: the units in which {x} would be {group.to} if "
        f"{z} were {group.high}, and {group.baseline} if {z} were {group.low}; it reaches what is "
        f"asked through {x} only.",
        f"Among them {question} = {asked} (Imbens and Angrist 1994).",
    )
