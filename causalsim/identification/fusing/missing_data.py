"""Some values are missing: distributions and effects from the cases in which they are recorded.

A missingness graph holds, beside the variables, an indicator for each that has missing values; its
level 1 marks that the value is recorded. Indicators cause no variable, only other indicators.
What can be estimated are the distributions of recorded values, P(a | b, r=1) with the indicators
of a and b all at 1.

References:
    Mohan, Pearl and Tian, "Graphical models for inference with missing data" (2013), theorems 1 and
    2 (ordered factorisation and division by the mechanism); Mohan and Pearl, "Graphical models for
    processing missing data" (2021), sections 3 and 4.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from causalsim.errors import QueryError
from causalsim.errors.identification import IncompleteDataError
from causalsim.estimand.expression import (
    Bound,
    Expression,
    Free,
    P,
    Product,
    Ratio,
    Slot,
    Sum,
    Value,
    fix,
    free_variables,
    product,
    rename,
    total,
)
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.identification.asking import exchanged
from causalsim.identification.c_factors import Hedge, identify_effect
from causalsim.identification.fusing.one_source import projected
from causalsim.identification.fusing.recovery import (
    Recovered,
    Unrecovered,
    recovered,
    unrecovered,
)

#: How many factorisations are looked at before the search gives up.
_FUSE = 4000


def recover_from_missing(
    graph: Graph, query: Query, indicators: Mapping[str, str]
) -> Recovered | Unrecovered:
    """Answer a question from data with holes in them.

    The effect is identified as if nothing were missing; then each distribution in its formula is
    recovered: by an ordered factorisation P(v) = Π P(v_i | x_i, r=1) in which each variable is
    independent of the indicators given x_i, or by dividing the complete cases by the probability
    of being complete. Both are sound; a refusal does not prove that nothing works, except where a
    hedge forbids the effect even without missing values.

    Args:
        graph: The missingness graph.
        query: A question about the variables.
        indicators: For each variable with missing values the node whose level 1 marks that it is
            recorded.

    Raises:
        QueryError: a variable of the query that the graph lacks, or that is latent.
        IncompleteDataError: an indicator that the graph lacks, or that causes a variable.

    >>> graph = Graph("x -> y; x -> ry")
    >>> print(recover_from_missing(graph, Query("y"), {"y": "ry"}).formula)
    Σ_x P(y | x, ry=1) P(x)
    >>> print(recover_from_missing(Graph("y -> ry"), Query("y"), {"y": "ry"}))
    no formula found: the part of y
    """
    _check(graph, query, indicators)
    variables = [n for n in graph.observed if n not in indicators.values()]
    acts, given, _ = exchanged(graph, query)
    data = projected(graph, variables)
    outcome = (*query.outcome, *given)
    if acts:
        found = identify_effect(data, outcome, acts)
        if isinstance(found, Hedge):
            why = (
                "Even without missing values the effect is not identified: "
                f"{', '.join(found.outer)} form a hedge."
            )
            return unrecovered(query, graph, found.inner, not query.given, why)
        formula: Expression = Ratio(found, total(query.outcome, found)) if given else found
    else:
        formula = P(_free(query.outcome), _free(query.conditions))
    search = _Missing(graph, tuple(variables), dict(indicators))
    changed = search.replaced(formula)
    if isinstance(changed, tuple):
        return unrecovered(query, graph, changed, False, _why_not(graph, changed, indicators))
    settings = (*query.events, *query.do, *query.given)
    values = {s.variable: s.value for s in settings if s.value is not None}
    said = " and ".join(dict.fromkeys(search.said)) or "nothing that is needed is missing"
    why = f"What the answer needs is recovered: {said} (Mohan, Pearl and Tian 2013)."
    return recovered(query, graph, fix(changed, values), why)


@dataclass(frozen=True, slots=True)
class _Missing:
    """The search for the terms of one formula.

    Attributes:
        said: The ways that were used, in words.
        spent: How many factorisations were looked at.
    """

    graph: Graph
    variables: tuple[str, ...]
    indicators: dict[str, str]
    said: list[str] = field(default_factory=list)
    spent: list[int] = field(default_factory=lambda: [0])
    joints: dict[frozenset[str], Expression | None] = field(default_factory=dict)

    def replaced(self, part: Expression) -> Expression | tuple[str, ...]:
        """The formula with each term recovered, or the variables of the term that is not."""
        match part:
            case P(heads, given):
                term = self.term(tuple(s.variable for s in heads), tuple(s.variable for s in given))
                if term is None:
                    return tuple(slot.variable for slot in (*heads, *given))
                return _renamed(term, {slot.variable: slot for slot in (*heads, *given)})
            case Sum(over, body):
                names = [slot.variable for slot in over]
                clash = set(names) & set(free_variables(body))
                # Freed before and bound again after, so that new sums are told apart.
                inside = self.replaced(body if clash else _freed(body, over))
                if isinstance(inside, tuple):
                    return inside
                return Sum(over, inside) if clash else total(names, inside)
            case Product(factors):
                found = []
                for factor in factors:
                    changed = self.replaced(factor)
                    if isinstance(changed, tuple):
                        return changed
                    found.append(changed)
                return product(found)
            case Ratio(numerator, denominator):
                top, bottom = self.replaced(numerator), self.replaced(denominator)
                if isinstance(top, tuple):
                    return top
                return bottom if isinstance(bottom, tuple) else Ratio(top, bottom)
            case _:
                return part

    def term(self, heads: tuple[str, ...], given: tuple[str, ...]) -> Expression | None:
        """P(heads | given) of free variables in terms of recorded values."""
        if self.unaffected(heads, given):
            return self.recorded(heads, given)
        chain = self.chained(heads, given)
        if chain is not None:
            self.said.append("by an ordered factorisation")
            return chain
        for more in self.enlarged((*heads, *given)):
            joint = self.joint(frozenset(more)) or self.divided(more)
            if joint is not None:
                kept = (*heads, *given)
                found = total([name for name in more if name not in kept], joint)
                return Ratio(found, total(heads, found)) if given else found
        return None

    def enlarged(self, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """The variables of a term with others beside them, few first."""
        rest = [name for name in self.variables if name not in names]
        for count in range(len(rest) + 1):
            for extra in combinations(rest, count):
                if self.exhausted():
                    return
                chosen = {*names, *extra}
                yield tuple(name for name in self.variables if name in chosen)

    def exhausted(self) -> bool:
        """Whether the search has looked at as much as it may; each call counts."""
        self.spent[0] += 1
        return self.spent[0] > _FUSE

    def marks(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The indicators of variables."""
        return tuple(self.indicators[name] for name in names if name in self.indicators)

    def unaffected(self, heads: tuple[str, ...], given: tuple[str, ...]) -> bool:
        """Whether recording tells nothing of the heads beyond what is given."""
        marks = self.marks((*heads, *given))
        return not marks or separated(self.graph, heads, marks, given)

    def recorded(self, heads: tuple[str, ...], given: tuple[str, ...]) -> P:
        """P(heads | given) among the units in which all of it is recorded."""
        marks = tuple(Value(mark, 1) for mark in self.marks((*heads, *given)))
        if marks:
            self.said.append(
                f"{', '.join(heads)} does not depend on what is recorded"
                + (f" given {', '.join(given)}" if given else "")
            )
        return P(_free(heads), (*_free(given), *marks))

    def chained(self, heads: tuple[str, ...], given: tuple[str, ...]) -> Expression | None:
        """P(heads | given) as a product of single conditionals, each of which is recorded."""
        if len(heads) < 2 or self.exhausted():
            return None
        for head in heads:
            rest = tuple(name for name in heads if name != head)
            single = self.single(head, (*rest, *given))
            if single is None:
                continue
            other = (
                self.recorded(rest, given)
                if self.unaffected(rest, given)
                else self.chained(rest, given)
            )
            if other is not None:
                return product([single, other])
        return None

    def joint(self, names: frozenset[str]) -> Expression | None:
        """P(names) by an ordered factorisation (theorem 1), each set looked at once."""
        if names not in self.joints:
            ordered = tuple(name for name in self.variables if name in names)
            self.joints[names] = None
            if self.unaffected(ordered, ()):
                self.joints[names] = self.recorded(ordered, ())
            else:
                self.joints[names] = self._split(ordered)
        return self.joints[names]

    def _split(self, names: tuple[str, ...]) -> Expression | None:
        """One variable given others, times the joint of those."""
        if self.exhausted():
            return None
        for name in names:
            rest = tuple(other for other in names if other != name)
            single = self.single(name, rest) if rest else None
            if single is not None:
                other = self.joint(frozenset(rest))
                if other is not None:
                    self.said.append("by an ordered factorisation")
                    return product([single, other])
        return None

    def single(self, head: str, others: tuple[str, ...]) -> P | None:
        """P(head | others), by as few of them as matter, where recording does not matter."""
        given = others
        for name in others:
            fewer = tuple(other for other in given if other != name)
            if separated(self.graph, head, name, fewer):
                given = fewer
        for choice in (given, others):
            if self.unaffected((head,), choice):
                return self.recorded((head,), choice)
        return None

    def divided(self, names: tuple[str, ...]) -> Expression | None:
        """The complete cases over the probability of being complete (theorem 2)."""
        marks = self.marks(names)
        factors = self.mechanism(marks, names)
        if factors is None:
            return None
        self.said.append("by dividing the complete cases by the probability of being complete")
        complete = P((*_free(names), *(Value(mark, 1) for mark in marks)))
        return Ratio(complete, product(factors))

    def mechanism(self, marks: tuple[str, ...], names: tuple[str, ...]) -> list[Expression] | None:
        """P(all recorded | names), one indicator after the other, in some order that works."""
        if not marks:
            return []
        if self.exhausted():
            return None
        for mark in marks:
            before = tuple(other for other in marks if other != mark)
            factor = self.one_mechanism(mark, before, names)
            if factor is not None:
                rest = self.mechanism(before, names)
                if rest is not None:
                    return [factor, *rest]
        return None

    def one_mechanism(
        self, mark: str, before: tuple[str, ...], names: tuple[str, ...]
    ) -> Expression | None:
        """P(mark=1 | before=1, names), by recorded values."""
        owner = next(name for name, found in self.indicators.items() if found == mark)
        given = tuple(name for name in names if name != owner)
        if not separated(self.graph, mark, owner, (*given, *before)):
            return None
        for name in given:
            fewer = tuple(other for other in given if other != name)
            # Dropped values must be irrelevant together: each drop keeps the equality so far.
            if separated(self.graph, mark, name, (*fewer, *before)):
                given = fewer
        needed = tuple(m for m in self.marks(given) if m not in before)
        if mark in needed or (
            needed and not separated(self.graph, mark, needed, (*given, *before))
        ):
            return None
        held = tuple(Value(m, 1) for m in (*before, *needed))
        return P((Value(mark, 1),), (*_free(given), *held))


def _freed(expression: Expression, over: tuple[Bound, ...]) -> Expression:
    """A sum's body as a function of what the sum runs over."""
    return rename(expression, lambda slot: Free(slot.variable) if slot in over else slot)


def _renamed(expression: Expression, slots: dict[str, Slot]) -> Expression:
    """A term of free variables put where others stand: the slots of the place it goes to."""
    return rename(
        expression,
        lambda slot: slots.get(slot.variable, slot) if isinstance(slot, Free) else slot,
    )


def _free(names: tuple[str, ...]) -> tuple[Slot, ...]:
    """Names as free slots."""
    return tuple(Free(name) for name in names)


def _why_not(graph: Graph, part: tuple[str, ...], indicators: Mapping[str, str]) -> str:
    """The obstacle, in words."""
    selves = [n for n in part if n in indicators and indicators[n] in graph.children(n)]
    why = f"The distribution of {', '.join(part)} is needed; no factorisation of it was found."
    if selves:
        why += f" Whether {', '.join(selves)} is recorded depends on its own value."
    return why


def _check(graph: Graph, query: Query, indicators: Mapping[str, str]) -> None:
    """The query is about variables, and indicators cause indicators only."""
    if not isinstance(graph, Graph):
        raise QueryError.not_a_graph(graph)
    if not isinstance(query, Query):
        raise QueryError.not_a_query(query)
    if not isinstance(indicators, Mapping):
        raise IncompleteDataError.bad_indicators(indicators)
    marks = _checked_indicators(graph, indicators)
    for name in (*query.outcome, *query.treatments, *query.conditions, *indicators):
        if name in marks:
            raise IncompleteDataError.indicator_in_query([name])
        if name not in graph:
            raise QueryError.unknown_variable(name, graph.nodes)
        if name in graph.latent:
            raise QueryError.latent_variable(name, "variable")


def _checked_indicators(graph: Graph, indicators: Mapping[str, str]) -> list[str]:
    """The indicators, each of which causes nothing but other indicators."""
    marks = list(indicators.values())
    for mark in marks:
        if mark not in graph:
            raise IncompleteDataError.unknown_indicator(mark, graph.nodes)
        if mark in graph.latent:
            raise IncompleteDataError.latent_indicator(mark)
        if marks.count(mark) > 1:
            raise IncompleteDataError.shared_indicator(mark)
        effects = [child for child in graph.children(mark) if child not in marks]
        if effects:
            raise IncompleteDataError.indicator_with_effects(mark, effects)
    return marks
