"""One form for formulae that differ only in the order of their parts or in bound names."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import TypeVar

from causalsim.errors import ExpressionError
from causalsim.estimand.expression import (
    Add,
    Bound,
    Const,
    Expression,
    Free,
    Number,
    P,
    Product,
    Ratio,
    Slot,
    Sum,
    add,
    depths,
    inside,
    inside_first,
    product,
    rename,
    slots,
)

Key = tuple[object, ...]
T = TypeVar("T")


def canonical(expression: Expression) -> Expression:
    """The formula with factors, terms and slots in one fixed order and bound names renumbered.

    >>> from causalsim.estimand.expression import probability, product
    >>> print(canonical(product([probability("y", ["x", "b"]), probability("b")])))
    P(b) P(y | b, x)
    """
    return _sorted(renumbered(expression))


def equivalent(first: Expression, second: Expression) -> bool:
    """Whether two formulae are the same up to order and the names of bound variables.

    This is equality of form: two formulae of equal value may still differ in form.

    >>> from causalsim.estimand.expression import probability, product
    >>> y, b = probability("y", "b"), probability("b")
    >>> equivalent(product([y, b]), product([b, y]))
    True
    """
    return canonical(first) == canonical(second)


def size(expression: Expression) -> int:
    """How many slots, sums, fractions and constants are read when the formula is read aloud."""

    def own(part: Expression, below: list[int]) -> int:
        here = len(part.over) if isinstance(part, Sum) else len(slots(part))
        return here + sum(below) + isinstance(part, Ratio | Const | P)

    return _folded(expression, own)


def renumbered(expression: Expression) -> Expression:
    """Bound names as `total` gives them: one more than the deepest of that variable inside."""
    seen: dict[int, Expression] = {}
    marks = 0

    def visit(part: Expression) -> Expression:
        nonlocal marks
        if id(part) in seen:
            return seen[id(part)]
        changed: Expression
        match part:
            case Sum(over, body):
                # While the inside is renumbered, what this sum binds stands apart from it.
                marks += 1
                apart: dict[Slot, Slot] = {
                    slot: Free(f"{slot.variable}\0{slot.depth}\0{marks}") for slot in over
                }
                inner = visit(rename(body, _by(apart)))
                deep = depths(inner)
                new: dict[Slot, Slot] = {}
                for slot, mark in apart.items():
                    deep[slot.variable] = deep.get(slot.variable, 0) + 1
                    new[mark] = Bound(slot.variable, deep[slot.variable])
                bound = tuple(slot for slot in new.values() if isinstance(slot, Bound))
                changed = Sum(bound, rename(inner, _by(new)))
            case Product(factors):
                changed = Product(tuple(visit(factor) for factor in factors))
            case Add(terms):
                changed = Add(tuple(visit(term) for term in terms))
            case Ratio(numerator, denominator):
                changed = Ratio(visit(numerator), visit(denominator))
            case P() | Const() | Number():
                changed = part
            case _:
                raise ExpressionError.not_an_expression(part)
        # The part itself is kept alive, so that its id stays its own.
        seen[id(part)] = changed
        alive.append(part)
        return changed

    alive: list[Expression] = []
    return visit(expression)


def _by(new: Mapping[Slot, Slot]) -> Callable[[Slot], Slot]:
    """A renaming as a function."""
    return lambda slot: new.get(slot, slot)


def _sorted(expression: Expression) -> Expression:
    """Factors, terms and slots in order, from the inside out."""
    key = _keys()

    def build(part: Expression, below: list[Expression]) -> Expression:
        match part:
            case P(heads, given, do, domain):
                return P(_in_order(heads), _in_order(given), _in_order(do), domain)
            case Sum(over, _):
                return Sum(tuple(sorted(over)), below[0])
            case Product():
                return product(sorted(below, key=key))
            case Add():
                return add(sorted(below, key=key))
            case Ratio():
                return Ratio(*below)
            case Const() | Number():
                return part

    return _folded(expression, build)


def _folded(expression: Expression, make: Callable[[Expression, list[T]], T]) -> T:
    """A value made from the inside out; a shared part's value is made once."""
    found: dict[int, T] = {}
    for part in inside_first(expression):
        found[id(part)] = make(part, [found[id(below)] for below in inside(part)])
    return found[id(expression)]


def _keys() -> Callable[[Expression], Key]:
    """A total order of expressions that reads naturally: distributions first, by their slots."""
    digests: dict[int, str] = {}
    alive: list[Expression] = []

    def digest(part: Expression) -> str:
        if id(part) not in digests:
            alive.append(part)
            # P(a, b), P(a | b) and P(a | do(b)) hold the same slots in different roles.
            roles = (part.heads, part.given, part.do) if isinstance(part, P) else slots(part)
            own = repr([type(part).__name__, roles, getattr(part, "over", ())])
            extra = str(getattr(part, "value", "")) + getattr(part, "domain", "")
            below = "".join(digest(other) for other in inside(part))
            digests[id(part)] = blake2b(f"{own}{extra}{below}".encode(), digest_size=16).hexdigest()
        return digests[id(part)]

    ranks = (Const, Number, P, Ratio, Add, Sum, Product)

    def key(part: Expression) -> Key:
        rank = next(place for place, kind in enumerate(ranks) if isinstance(part, kind))
        named = tuple(_slot_key(slot) for slot in slots(part))
        return rank, named, digest(part)

    return key


def _in_order(found: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """Slots by name, then by kind."""
    return tuple(sorted(found, key=_slot_key))


def _slot_key(slot: Slot) -> Key:
    """What slots are sorted by."""
    return slot.variable, type(slot).__name__, repr(slot)
