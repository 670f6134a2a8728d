"""Contrasts whose every part is about one world: answered as the plain questions behind them.

E[Y(X=1) - Y(X=0)] needs P(Y | do(X)) and nothing else, so that whatever answers this, an adjustment
or a front door, answers the contrast; it is found once and read at both levels.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, final

from causalsim.estimand.events import (
    Combination,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
)
from causalsim.estimand.expression import (
    Bound,
    Expression,
    Free,
    P,
    Product,
    Ratio,
    Sum,
    add,
    free_variables,
    mean,
    product,
    rename,
    scaled,
    total,
)
from causalsim.estimand.query import Level, Query, Setting
from causalsim.estimand.questions import atoms_of
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer, Unidentified
from causalsim.identification.asking import held

Solver = Callable[[Query], Answer]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Contrasted(Answer):
    """A contrast, a mean or a ratio, by the answers to the plain questions behind it.

    Attributes:
        parts: The answer to each plain question, with its treatment and outcome left free.
    """

    parts: tuple[Answer, ...]
    formula: Expression
    kind: ClassVar[str] = "contrast"

    def __str__(self) -> str:
        """One line."""
        return f"{self.query}: {'; '.join(map(str, self.parts))}"

    def _details(self) -> dict[str, object]:
        return {"parts": [part.to_dict() for part in self.parts]}


def by_plain_questions(
    graph: Graph, question: Question, solve: Solver
) -> Contrasted | Unidentified | None:
    """A contrast by its plain questions, or the hedge that forbids one of them.

    None when a part joins worlds, or when the data at hand are no observations of everything and
    do not answer it.

    >>> from causalsim.estimand.contrasts import average_effect
    >>> from causalsim.identification.ways import by_c_factors
    >>> graph = Graph("z -> x -> y; z -> y")
    >>> solve = lambda query: by_c_factors(graph, query)
    >>> print(by_plain_questions(graph, average_effect("y", "x"), solve).formula)
    Σ_z E[y | z, x=1] P(z) - Σ_z E[y | z, x=0] P(z)
    """
    found: dict[Query, Answer] = {}

    def formula_of(asked: Question) -> Expression | None:
        match asked:
            case Combination(terms):
                parts = [formula_of(part) for _, part in terms]
                known = [part for part in parts if part is not None]
                weights = [weight for weight, _ in terms]
                if len(known) < len(parts):
                    return None
                return add(scaled(w, part) for w, part in zip(weights, known, strict=True))
            case Quotient(numerator, denominator):
                above, below = formula_of(numerator), formula_of(denominator)
                return None if above is None or below is None else Ratio(above, below)
            case _:
                return atom(asked)

    def atom(asked: Query | Probability | Expectation) -> Expression | None:
        query = asked if isinstance(asked, Query) else plain_query(graph, asked)
        if query is None:
            return None
        free = Query(query.outcome, query.treatments, query.conditions)
        answer = found[free] if free in found else found.setdefault(free, solve(free))
        if not isinstance(answer.formula, Expression):
            return None
        formula = held(query, answer.formula)
        return averaged(query.outcome[0], formula) if isinstance(asked, Expectation) else formula

    formula = formula_of(question)
    parts = tuple(found.values())
    lost = next((part for part in parts if isinstance(part, Unidentified)), None)
    if lost is not None and is_plain(graph, question):
        why = f"{lost.query} would have to be known. {lost.why}"
        return replace(lost, query=question, why=why)
    if formula is None:
        return None
    why = " ".join(dict.fromkeys(part.why for part in parts))
    return Contrasted(query=question, graph=graph, parts=parts, formula=formula, why=why)


def is_plain(graph: Graph, question: Question) -> bool:
    """Whether every part is about one world."""
    return all(
        isinstance(atom, Query) or plain_query(graph, atom) is not None
        for atom in atoms_of(question)
    )


def plain_query(graph: Graph, question: Probability | Expectation) -> Query | None:
    """The same question about one world; None when there are several."""
    events = question.events if isinstance(question, Probability) else (Event(question.of),)
    (world, *more) = {event.of.do for event in events}
    if more or not all(isinstance(action, Setting) for action in world):
        return None
    do = {action.variable: action.value for action in world if isinstance(action, Setting)}
    below = set(graph.descendants([name for name in do if name in graph]))
    for event in question.given:
        # What the action leaves as it was is the same in its world.
        if event.of.do != world and (event.of.do or event.variable in below):
            return None
    outcome, given = _settings(events), _settings(question.given)
    if outcome is None or given is None:
        return None
    if {*outcome, *do} & set(given) or set(outcome) & set(do):
        return None
    return Query(outcome, do, given)


def averaged(variable: str, distribution: Expression) -> Expression:
    """The mean of a variable under a distribution of it, taken as far inside as it goes.

    >>> from causalsim.estimand.expression import probability
    >>> within = product([probability("y", ["x", "z"]), probability("z")])
    >>> print(averaged("y", total("z", within)))
    Σ_z E[y | x, z] P(z)
    """
    match distribution:
        case Sum(over, Product(factors)):
            names = [slot.variable for slot in over]
            about = [f for f in factors if variable in free_variables(f)]
            simple = len(about) == 1 and isinstance(about[0], P) and variable not in names
            if simple and not set(names) & set(free_variables(distribution)):
                inner = [mean(variable, f) if f is about[0] else f for f in factors]
                return total(names, product(_freed(part, over) for part in inner))
    return mean(variable, distribution)


def _freed(expression: Expression, over: tuple[Bound, ...]) -> Expression:
    """An expression as a function of what a sum around it runs over."""
    return rename(expression, lambda slot: Free(slot.variable) if slot in over else slot)


def _settings(events: Iterable[Event]) -> dict[str, Level | None] | None:
    """Events as names with values; None where one variable stands at two."""
    found: dict[str, Level | None] = {}
    for event in events:
        if found.setdefault(event.variable, event.value) != event.value:
            return None
    return found
