"""If the variables have few levels: the interval in which the answer must lie.

With levels declared, all that hidden causes do is draw one response function for each variable, and
the narrowest interval is the solution of a linear program (Balke and Pearl). For the classical
graphs it is known as a formula; for any other it is computed from a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, final

from causalsim.errors.assumption import AssumptionError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.events import Combination, Expectation, Question
from causalsim.estimand.query import Level, Query
from causalsim.estimand.questions import settings_of, variables_of
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer
from causalsim.identification.assuming.assumptions import Premises, refuse_other_levels
from causalsim.identification.assuming.causation import attributed
from causalsim.identification.assuming.tables import arranged
from causalsim.identification.bounding.bounded import Bounds
from causalsim.identification.bounding.bounds import LIMIT, bound_conjunctions, bound_terms
from causalsim.identification.bounding.classical import (
    Causes,
    causation_bounds,
    effect_bounds,
    free_bounds,
)
from causalsim.identification.bounding.conjunctions import Spelt, spelt_out
from causalsim.identification.bounding.counterfactual_program import responding_districts
from causalsim.identification.bounding.effect_program import (
    Term,
    hidden_districts,
    projected_ancestors,
    verdict,
)
from causalsim.identification.bounding.frequencies import Columns
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.bounding.symbolic_bounds import SymbolicBounds
from causalsim.identification.fusing.available import Available
from causalsim.identification.fusing.one_source import projected


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded(Answer):
    """What was asked is not identified, but lies in an interval that the data determine.

    Attributes:
        formula: Both ends as formulae, for the classical graphs; None where only a linear program
            tells.
    """

    formula: SymbolicBounds | None = None
    kind: ClassVar[str] = "bounded"
    identified: ClassVar[bool] = False

    def __str__(self) -> str:
        """One line."""
        return f"not identified, but bounded: {self.query} lies {_ends(self.formula)}"

    def evaluate(
        self,
        data: Table | Columns,
        *,
        at: Mapping[str, Level] | None = None,
        known: Mapping[Query, float] | None = None,
        limit: int = LIMIT,
    ) -> Bounds:
        """The interval in numbers.

        Args:
            data: The joint table of the observed variables, or one array of levels a variable.
            at: Values for what the question leaves free.
            known: Results of experiments: P(y | do(x)) for queries with values.
            limit: Linear programs with more unknowns are not tried; see `bound`.

        Raises:
            AssumptionError: a variable left without a value, a level that was not declared.
            BoundsError: data that contradict the graph, or what is assumed.
        """
        question = _filled(self.query, at or {})
        bare = _free(question)
        if bare:
            raise AssumptionError.no_value(bare)
        premises = Premises(self.assumptions)
        levels = premises.levels
        refuse_other_levels(question, levels)
        above = self.graph.ancestors(variables_of(question))
        needed = set(above) & set(self.graph.observed)
        table = arranged(sorted(needed), data, levels)
        spelt = spelt_out(self.graph, question, levels)
        assert spelt is not None  # else there would be no such answer
        monotone = usable(self.graph, premises.monotone)
        terms = spelt.terms(self.graph)
        if terms is None:
            given = dict(spelt.given)
            found = bound_conjunctions(
                self.graph, spelt.parts, table, given, monotone, known, limit
            )
        else:
            found = bound_terms(self.graph, terms, table, monotone, known, limit)
        low, high = _range(question, levels)
        return replace(
            found,
            lower=max(found.lower, low),
            upper=min(found.upper, high),
            assumptions=tuple(str(each) for each in self.assumptions),
        )


def by_bounds(
    graph: Graph, question: Question, available: Available | None, premises: Premises
) -> Bounded | None:
    """The interval in which the answer lies, when levels are declared, or None.

    >>> from causalsim.identification.assuming.assumptions import Levels
    >>> bow, stated = Graph("x -> y; x <-> y"), Premises((Levels.binary("x", "y"),))
    >>> print(by_bounds(bow, Query({"y": 1}, do={"x": 1}), None, stated).formula)
    P(y=1, x=1) to P(y=1, x=1) + 1 - P(x=1)
    """
    levels = premises.levels
    if not set(variables_of(question)) <= set(levels) or not _observed(available):
        return None
    refuse_other_levels(question, levels)
    spelt = spelt_out(graph, _filled(question, dict.fromkeys(_free(question), 0)), levels)
    if spelt is None:
        return None
    monotone = usable(graph, premises.monotone)
    formula = None if monotone else _formula(graph, question, spelt, available, premises)
    return Bounded(
        query=question,
        graph=graph,
        formula=formula,
        assumptions=(*premises.discrete, *monotone),
        why=_why(graph, spelt, formula, premises, monotone),
    )


def usable(graph: Graph, stated: tuple[Monotone, ...]) -> tuple[Monotone, ...]:
    """The monotone responses that are those of an arrow, no other path leading to the effect."""
    small = projected(graph, graph.observed)
    found = []
    for each in stated:
        rest = [pair for pair in small.directed if pair != (each.cause, each.effect)]
        around = Graph(rest, nodes=small.nodes).descendants(each.cause)
        if each.cause in small.parents(each.effect) and each.effect not in around:
            found.append(each)
    return tuple(found)


def _formula(
    graph: Graph,
    question: Question,
    spelt: Spelt,
    available: Available | None,
    premises: Premises,
) -> SymbolicBounds | None:
    """Both ends as formulae, in the classical cases."""
    terms = spelt.terms(graph)
    if terms is not None:
        if isinstance(question, Query) and _free(question):
            return free_bounds(graph, question)
        return effect_bounds(graph, terms, premises.levels)
    for y, x in {(e, c) for part in spelt.parts for e, c in _pairs(part.events)}:
        asked = attributed(question, y, x, premises)
        if asked is None:
            continue
        two = premises.only(y, (asked.otherwise, asked.event))
        if two and premises.only(x, (asked.low, asked.high)):
            causes = Causes(x, y, asked.low, asked.high, asked.otherwise, asked.event)
            return causation_bounds(graph, causes, asked.kind, _tried(available, x, y))
    return None


def _pairs(events: tuple[Query, ...]) -> list[tuple[str, str]]:
    """Outcomes with what is set in their world."""
    return [(y, x) for query in events for y in query.outcome for x in query.treatments]


def _tried(available: Available | None, x: str, y: str) -> bool:
    """Whether an experiment in our population shows P(y | do(x))."""
    ours = available.populations[0].experiments if available else ()
    return any(e.do == (x,) and (e.measured is None or y in e.measured) for e in ours)


def _observed(available: Available | None) -> bool:
    """Whether everything is observed in our population."""
    return available is None or available.populations[0].observational is None


def _range(question: Question, levels: Mapping[str, tuple[Level, ...]]) -> tuple[float, float]:
    """Between which numbers an answer lies whatever the data."""
    match question:
        case Expectation(of, _):
            numbers = [float(level) for level in levels[of.variable]]
            return min(numbers), max(numbers)
        case Combination(terms):
            ends = [(w, *_range(part, levels)) for w, part in terms]
            return (
                sum(min(w * low, w * high) for w, low, high in ends),
                sum(max(w * low, w * high) for w, low, high in ends),
            )
        case _:
            return 0.0, 1.0


def _free(question: Question) -> list[str]:
    """What a question about one world leaves without a value."""
    return [n for n, v in settings_of(question) if v is None] if isinstance(question, Query) else []


def _filled(question: Question, at: Mapping[str, Level]) -> Question:
    """A question about one world with values put in."""
    if not isinstance(question, Query) or not at:
        return question
    roles = (question.events, question.do, question.given)
    events, do, given = (
        {s.variable: at.get(s.variable) if s.value is None else s.value for s in role}
        for role in roles
    )
    return Query(events, do, given)


def _ends(formula: SymbolicBounds | None) -> str:
    """Where the answer lies, in a few words."""
    if formula is None:
        return "in the interval that evaluate(table) computes"
    low, high = len(formula.lower), len(formula.upper)
    if max(low, high) > 2:
        return f"between the largest of {low} and the smallest of {high} expressions"
    return f"between {formula.lower_end} and {formula.upper_end}"


def _why(
    graph: Graph,
    spelt: Spelt,
    formula: SymbolicBounds | None,
    premises: Premises,
    monotone: tuple[Monotone, ...],
) -> str:
    """What is assumed, and where the interval comes from."""
    said = "; ".join(str(each) for each in (*premises.discrete, *monotone))
    unused = [str(each) for each in premises.monotone if each not in monotone]
    rest = (
        f" That {' and '.join(unused)} is not used: it is not about a single arrow."
        if unused
        else ""
    )
    if formula is not None:
        sharp = " No narrower interval is valid." if formula.sharp else ""
        return f"Assumed: {said}. {formula.why}{sharp}{rest}"
    terms = spelt.terms(graph)
    queries = [query for part in spelt.parts for query in part.events]
    names = [n for q in queries for n in (*q.outcome, *q.conditions)]
    if terms is None:
        names += [*(n for q in queries for n in q.treatments), *(n for n, _ in spelt.given)]
    small = projected(graph, graph.observed)
    small = projected_ancestors(small, small.ancestors(names))
    alone = [Term(1.0, query) for query in queries]
    hidden = responding_districts(small, alone) if terms is None else hidden_districts(small, terms)
    found = verdict(small, hidden)[1] if hidden else "The answer is identified: it is a point."
    return f"Assumed: {said}. {found}{rest}"
