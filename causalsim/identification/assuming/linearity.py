"""If everything is linear: an effect is a coefficient, the same in every unit.

In a linear model Y(X=a) - Y(X=b) = τ (a - b) in each unit, whatever else is known of it. So the
average effect, the effect on the treated and the effect given covariates are one number, and
P(Y(X=a) ≤ y) = P(Y + τ (a - X) ≤ y).

References:
    Pearl, "Causality" (2009), chapter 5; Foygel, Draisma and Drton, "Half-trek criterion for
    generic identifiability of linear structural equation models" (2012).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, final

from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Expectation,
    Question,
)
from causalsim.estimand.query import Query, Setting
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer
from causalsim.identification.assuming.assumptions import Linear
from causalsim.identification.assuming.linear_formula import Coefficient, LinearFormula
from causalsim.identification.linear.linear_effects import (
    NoLinearEffect,
    UnidentifiedCoefficient,
    identify_coefficient,
    total_effect,
)
from causalsim.identification.linear.linear_model import Covariance


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LinearEffect(Answer):
    """The effect is identified if everything is linear, as a formula in the covariances.

    Attributes:
        formula: For a contrast, the contrast; for P(y | do(x)), by how much E[y] rises with each
            unit of x.
    """

    formula: LinearFormula
    kind: ClassVar[str] = "linear effect"

    def __str__(self) -> str:
        """One line."""
        per_unit = isinstance(self.query, Query)
        what = "effect of one unit" if per_unit else str(self.query)
        return f"identified if everything is linear: {what} = {self.formula}"

    def evaluate(self, covariance: Covariance) -> float:
        """The number at a covariance matrix.

        Raises:
            LinearError: a variable that the matrix lacks, or equations that are singular here.
        """
        return self.formula.evaluate(covariance)


def by_linearity(graph: Graph, question: Question, stated: Linear) -> LinearEffect | None:
    """The coefficient or total effect behind a question, or None.

    >>> answer = by_linearity(Graph("z -> x -> y; x <-> y"), Query("y", do="x"), Linear())
    >>> print(answer)
    identified if everything is linear: effect of one unit = σ(z, y) / σ(z, x)
    """
    asked = asked_of(graph, question)
    if asked is None:
        return None
    total: Coefficient | None = None
    direct: Coefficient | None = None
    if asked.through:
        total = _total(graph, asked.cause, asked.effect)
    if asked.beside:
        direct = _direct(graph, asked)
    if (asked.through and total is None) or (asked.beside and direct is None):
        return None
    pairs = ((asked.through, total), (asked.beside, direct))
    terms = tuple((w, part) for w, part in pairs if w and part is not None)
    return LinearEffect(
        query=question,
        graph=graph,
        formula=LinearFormula(terms),
        assumptions=(stated,),
        why=_why(question, asked, stated, [part for _, part in terms]),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as τ · through + δ · beside, with the total effect τ and the direct effect δ.

    Attributes:
        mediators: What the direct effect goes around.
    """

    cause: str
    effect: str
    through: float
    beside: float = 0.0
    mediators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _World:
    """A world of the outcome: the cause's level, the one that mediators respond to, and the rest.

    Attributes:
        inner: None when the mediators are held instead, at ``held``.
    """

    level: float
    inner: float | None
    mediators: tuple[str, ...]
    held: tuple[Setting, ...]


def asked_of(graph: Graph, question: Question) -> Asked | None:
    """What a question asks of a linear model; None when it is no contrast of means."""
    if isinstance(question, Query):
        return _query(graph, question)
    if not isinstance(question, Combination):
        return None
    terms = _contrast(question)
    if terms is None:
        return None
    outcome = terms[0][1].of.variable
    cause = _cause([expected.of for _, expected in terms])
    worlds = [(w, _world(expected.of, cause)) for w, expected in terms] if cause else []
    found = [(w, world) for w, world in worlds if world is not None]
    if not cause or cause == outcome or len(found) < len(terms):
        return None
    mediators = tuple(dict.fromkeys(name for _, world in found for name in world.mediators))
    if any(world.mediators not in ((), mediators) for _, world in found):
        return None
    held = {world.held for _, world in found}
    outer = sum(w * world.level for w, world in found)
    if all(world.inner is None for _, world in found):
        # Mediators are held at the same levels on both sides.
        same = len(held) == 1
        return Asked(cause, outcome, 0.0, outer, mediators) if same else None
    if len(held) > 1 or next(iter(held)):
        return None
    inner = sum(w * (world.inner or 0.0) for w, world in found)
    return Asked(cause, outcome, inner, outer - inner, mediators)


def _query(graph: Graph, query: Query) -> Asked | None:
    """P(y | do(x), w): the effect of one unit of x, when x does not change w."""
    bare = len(query.treatments) == len(query.outcome) == 1 and query.events[0].value is None
    if not bare or set(graph.descendants(query.treatments)) & set(query.conditions):
        return None
    return Asked(query.treatments[0], query.outcome[0], 1.0)


def _contrast(question: Combination) -> list[tuple[float, Expectation]] | None:
    """Means of one outcome among the same units, with weights that sum to zero."""
    terms = [(w, part) for w, part in question.terms if isinstance(part, Expectation)]
    if len(terms) < len(question.terms) or abs(sum(w for w, _ in terms)) > 1e-12:
        return None
    first = terms[0][1]
    known = set(first.given)
    alike = all(e.of.variable == first.of.variable and set(e.given) == known for _, e in terms)
    return terms if alike and not any(event.of.do for event in first.given) else None


def _cause(worlds: Iterable[Counterfactual]) -> str | None:
    """The one variable that is set to different levels."""
    found: dict[str, set[object]] = {}
    for world in worlds:
        for action in world.do:
            inner = [action] if isinstance(action, Setting) else action.do
            for each in inner:
                if isinstance(each, Setting):
                    found.setdefault(each.variable, set()).add(each.value)
    moved = [name for name, levels in found.items() if len(levels) > 1]
    return moved[0] if len(moved) == 1 else None


def _world(of: Counterfactual, cause: str) -> _World | None:
    """One world, or None when it is no such one."""
    level = inner = None
    mediators: list[str] = []
    held: list[Setting] = []
    for action in of.do:
        if isinstance(action, Setting):
            number = _number(action)
            if action.variable == cause:
                level = number
            else:
                held.append(action)
                mediators.append(action.variable)
            if number is None:
                return None
            continue
        found = action.do[0] if len(action.do) == 1 else None
        if not isinstance(found, Setting) or found.variable != cause:
            return None
        number = _number(found)
        if number is None or inner not in (None, number):
            return None
        inner = number
        mediators.append(action.variable)
    if level is None or (held and inner is not None):
        return None
    if not mediators:
        inner = level
    return _World(level, inner, tuple(mediators), tuple(held))


def _number(setting: Setting) -> float | None:
    """A level that is a number."""
    value = setting.value
    return None if value is None or isinstance(value, str) else float(value)


def _total(graph: Graph, cause: str, effect: str) -> Coefficient | None:
    """The total effect."""
    found = total_effect(graph, cause, effect)
    return None if isinstance(found, UnidentifiedCoefficient) else found


def _direct(graph: Graph, asked: Asked) -> Coefficient | None:
    """The effect around the mediators, when that is the arrow's or none at all."""
    cause, effect, held = asked.cause, asked.effect, set(asked.mediators)
    kept = [
        (a, b)
        for a, b in graph.directed
        if (a, b) != (cause, effect) and a not in held and b not in held
    ]
    if effect in Graph(kept, nodes=graph.nodes).descendants(cause):
        return None
    if cause not in graph.parents(effect):
        return NoLinearEffect(cause, effect, f"Every path from {cause} to {effect} is held.")
    found = identify_coefficient(graph, cause, effect)
    return None if isinstance(found, UnidentifiedCoefficient) else found


def _why(question: Question, asked: Asked, stated: Linear, parts: list[Coefficient]) -> str:
    """The assumption, and how the coefficients are found."""
    x, y = asked.cause, asked.effect
    found = " ".join(f"{part}: {part.why}" for part in parts)
    scale = (
        f" The formula is the rise of E[{y}] for each unit of {x}, the same in every unit."
        if isinstance(question, Query)
        else f" The effect of {x} on {y} is then the same in every unit."
    )
    return f"Assumed: {stated}.{scale} {found}"
