"""A shorter formula of the same value.

Sums over heads go to one, ratios are cancelled, conditionals are chained into joints, and, when a
graph is given, conditions that it makes irrelevant are dropped or supplied where that lets a sum be
taken. The search is bounded, and its result is never longer than what was given.

References:
    Tikka and Karvanen, "Simplifying probabilistic expressions in causal inference" (2017) and
    "Enhancing identification of causal effects by pruning" (2018).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from causalsim.estimand.canonical import renumbered, size
from causalsim.estimand.expression import (
    ZERO,
    Add,
    Bound,
    Const,
    Expression,
    Number,
    P,
    Product,
    Ratio,
    Slot,
    Sum,
    add,
    inside,
    inside_first,
    product,
    slots,
)
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated

Independent = Callable[[tuple[Slot, ...], tuple[Slot, ...], tuple[Slot, ...]], bool]
#: More factors than these are joined in the order given only.
_MANY = 4


def simplify(expression: Expression, graph: Graph | None = None, steps: int = 20_000) -> Expression:
    """A formula of the same value that is no longer, and mostly shorter.

    The value is the same wherever the given formula is defined, for every distribution that is
    positive, or, with a graph, for every distribution that the graph generates.

    Args:
        expression: Any formula.
        graph: Whose independences may be used; without it only the rules of probability are.
        steps: How many rewritings are tried at most; what is left then stays as it is.

    >>> from causalsim.estimand.expression import probability, total
    >>> y, x = probability("y", ["x", "z"]), probability("z", "x")
    >>> print(simplify(total("z", product([y, x]))))
    P(y | x)
    >>> graph = Graph("z -> x -> y")
    >>> print(simplify(total("z", product([y, probability("z")])), graph))
    P(y | x)
    """
    independent = _nothing if graph is None else _in_graph(graph)
    found = renumbered(_Simplifier(independent, [steps], {}).simplified(expression))
    return found if size(found) <= size(expression) else expression


@dataclass(frozen=True, slots=True)
class _Simplifier:
    """The rules, with what is simplified already and how many steps are left."""

    independent: Independent
    spare: list[int]
    known: dict[int, tuple[Expression, Expression]] = field(default_factory=dict)

    def simplified(self, whole: Expression) -> Expression:
        """The whole, its parts from the inside out."""
        for part in inside_first(whole):
            if id(part) not in self.known:
                # The part is kept beside its result, so that its id stays its own.
                self.known[id(part)] = (part, self.rewritten(part))
        return self.visit(whole)

    def visit(self, part: Expression) -> Expression:
        """What a part has become."""
        return self.known[id(part)][1]

    def rewritten(self, part: Expression) -> Expression:
        if self.spare[0] <= 0:
            return part
        self.spare[0] -= 1
        match part:
            case P():
                return self.shorter(part)
            case Sum(over, body):
                return self.summed(over, body)
            case Product():
                return self.multiplied([self.visit(factor) for factor in part.factors])
            case Ratio(numerator, denominator):
                return self.divided(self.visit(numerator), self.visit(denominator))
            case Add(terms):
                return add(self.visit(term) for term in terms)
            case Const() | Number():
                return part

    def shorter(self, term: P) -> P:
        """A distribution without the conditions that the graph makes irrelevant."""
        given = term.given
        for slot in term.given:
            rest = tuple(other for other in given if other != slot)
            if not term.do and not term.domain and self.independent(term.heads, (slot,), rest):
                given = rest
        return P(term.heads, given, term.do, term.domain)

    def multiplied(self, factors: Sequence[Expression]) -> Expression:
        """Factors, with P(a | b, c) P(b | c) chained to P(a, b | c)."""
        flat = list(_factors(product(factors)))
        if ZERO in flat:
            return ZERO
        flat = [factor for factor in flat if factor != Const(1.0)]
        place = 0
        while place < len(flat):
            for other in range(len(flat)):
                joint = self.chained(flat[place], flat[other]) if other != place else None
                if joint is not None:
                    flat[place] = joint
                    del flat[other]
                    place = -1
                    break
            place += 1
        return product(flat)

    def chained(self, first: Expression, second: Expression) -> P | None:
        """P(a | b, c) P(b | c) as P(a, b | c), or None where they do not fit."""
        self.spare[0] -= 1
        if not (isinstance(first, P) and isinstance(second, P) and _alike(first, second)):
            return None
        if set(first.given) != {*second.heads, *second.given} or self.spare[0] <= 0:
            return None
        return P((*first.heads, *second.heads), second.given, first.do, first.domain)

    def summed(self, over: tuple[Bound, ...], body: Expression) -> Expression:
        """A sum with what can be summed taken, and what does not depend on it moved out."""
        inner, merged = self.visit(body), over
        if isinstance(inner, Sum) and not {s.variable for s in inner.over} & {
            s.variable for s in over
        }:
            merged, inner = (*over, *inner.over), inner.body
        # Unchained factors are tried too: a chain can hide the head that is summed over.
        apart = [self.visit(factor) for factor in _factors(body)]
        factors, left = self.eliminated(list(_factors(inner)), list(merged))
        if len(left) == len(merged):
            others, waiting = self.eliminated(apart, list(over))
            if len(waiting) < len(over):
                factors, left = others, waiting
        if not left:
            return self.multiplied(factors)
        mentioned = {slot for factor in factors for slot in _bound(factor)}
        if not mentioned.issuperset(left):
            # A sum over what nothing mentions would count levels: the rule went too far.
            return Sum(over, body)
        outside = [f for f in factors if not _bound(f) & set(left)]
        within = [f for f in factors if _bound(f) & set(left)]
        return product([*outside, Sum(tuple(left), self.multiplied(within))])

    def eliminated(
        self, factors: list[Expression], waiting: list[Bound]
    ) -> tuple[list[Expression], list[Bound]]:
        """Sum over each variable that is, or can be made, the head of one distribution."""
        known = [(factor, _bound(factor)) for factor in factors]
        again = True
        while again and self.spare[0] > 0:
            again = False
            for slot in list(waiting):
                self.spare[0] -= 1
                touching = [factor for factor, bound in known if slot in bound]
                joint = self.joined(touching, slot)
                if joint is None:
                    continue
                known = [(factor, bound) for factor, bound in known if slot not in bound]
                heads = tuple(head for head in joint.heads if head != slot)
                if heads:
                    kept = self.shorter(P(heads, joint.given, joint.do, joint.domain))
                    known.append((kept, _bound(kept)))
                waiting.remove(slot)
                again = True
        return [factor for factor, _ in known], waiting

    def joined(self, factors: Sequence[Expression], slot: Bound) -> P | None:
        """Factors as one distribution in which ``slot`` is a head, or None."""
        terms = [factor for factor in factors if isinstance(factor, P)]
        heads = [slot for term in terms for slot in term.heads]
        if not terms or len(terms) < len(factors) or slot not in heads:
            return None
        every = {s.variable for term in terms for s in slots(term)}
        if len(every) < len({s for term in terms for s in slots(term)}):
            return None
        if len(set(heads)) < len(heads) or not all(_alike(terms[0], term) for term in terms):
            return None
        given = tuple(dict.fromkeys(s for t in terms for s in t.given if s not in heads))
        orders = permutations(terms) if len(terms) <= _MANY else [tuple(terms)]
        for order in orders:
            self.spare[0] -= 1
            if self.spare[0] <= 0:
                return None
            if self.is_chain(order, given):
                return P(tuple(heads), given, terms[0].do, terms[0].domain)
        return None

    def is_chain(self, order: Sequence[P], given: tuple[Slot, ...]) -> bool:
        """Whether each factor equals itself given ``given`` and all heads before it."""
        before = given
        for term in order:
            more = tuple(slot for slot in before if slot not in term.given)
            if not set(term.given) <= set(before):
                return False
            if more and (term.do or not self.independent(term.heads, more, term.given)):
                return False
            before = (*before, *term.heads)
        return True

    def divided(self, numerator: Expression, denominator: Expression) -> Expression:
        """A ratio, cancelled."""
        if numerator == ZERO:
            return ZERO
        above, below = _fraction(numerator), _fraction(denominator)
        top, bottom = [*above[0], *below[1]], [*above[1], *below[0]]
        for factor in list(bottom):
            if factor in top:
                top.remove(factor)
                bottom.remove(factor)
        for factor in list(bottom):
            for place, other in enumerate(top):
                found = self.conditioned(other, factor)
                if found is not None:
                    top[place] = found
                    bottom.remove(factor)
                    break
        above_line = self.multiplied(top)
        return Ratio(above_line, self.multiplied(bottom)) if bottom else above_line

    def conditioned(self, joint: Expression, margin: Expression) -> P | None:
        """P(a, b | c) / P(b | c) as P(a | b, c), or None where they do not fit."""
        if not (isinstance(joint, P) and isinstance(margin, P) and _alike(joint, margin)):
            return None
        heads = tuple(slot for slot in joint.heads if slot not in margin.heads)
        if not heads or not set(margin.heads) < set(joint.heads):
            return None
        if set(joint.given) != set(margin.given):
            return None
        return self.shorter(P(heads, (*margin.heads, *joint.given), joint.do, joint.domain))


def _factors(expression: Expression) -> tuple[Expression, ...]:
    """The factors of a product; anything else is its own only factor."""
    return expression.factors if isinstance(expression, Product) else (expression,)


def _fraction(expression: Expression) -> tuple[list[Expression], list[Expression]]:
    """The factors above and below the line."""
    above: list[Expression] = []
    below: list[Expression] = []
    for factor in _factors(expression):
        if isinstance(factor, Ratio):
            above.extend(_factors(factor.numerator))
            below.extend(_factors(factor.denominator))
        else:
            above.append(factor)
    return above, below


def _bound(expression: Expression) -> set[Slot]:
    """The bound variables of outer sums that an expression mentions."""
    found: dict[int, set[Slot]] = {}
    for part in inside_first(expression):
        mentioned: set[Slot] = {slot for slot in slots(part) if isinstance(slot, Bound)}
        mentioned.update(*(found[id(below)] for below in inside(part)))
        found[id(part)] = mentioned.difference(part.over if isinstance(part, Sum) else ())
    return found[id(expression)]


def _alike(first: P, second: P) -> bool:
    """Whether two terms are of one regime."""
    return set(first.do) == set(second.do) and first.domain == second.domain


def _nothing(one: tuple[Slot, ...], other: tuple[Slot, ...], given: tuple[Slot, ...]) -> bool:
    """No independence is known without a graph."""
    return False


def _in_graph(graph: Graph) -> Independent:
    """Independence read off a graph; slots stand for their variables."""

    def independent(
        one: tuple[Slot, ...], other: tuple[Slot, ...], given: tuple[Slot, ...]
    ) -> bool:
        names = [tuple(slot.variable for slot in found) for found in (one, other, given)]
        every = [name for found in names for name in found]
        if len(set(every)) < len(every) or any(name not in graph for name in every):
            return False
        return separated(graph, *names)

    return independent
