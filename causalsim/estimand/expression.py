"""Formulae as values: probabilities, sums, products and ratios that know what is free and bound.

Every slot of a distribution is a free variable, a variable bound by a sum, or a fixed value, and
the three are different types: confusing them is how a correct algorithm prints a wrong formula.
Sums rename what they bound when they are formed, so that two formulae which differ only in the
names of bound variables are equal, and substitution can capture nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast, final

from causalsim.errors import ExpressionError
from causalsim.estimand.query import Level


@dataclass(frozen=True, slots=True, order=True)
class Free:
    """A variable that the formula is a function of."""

    variable: str


@dataclass(frozen=True, slots=True, order=True)
class Bound:
    """A variable that a sum runs over; ``depth`` tells nested sums over one variable apart."""

    variable: str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Value:
    """A variable held at a level."""

    variable: str
    level: Level


Slot = Free | Bound | Value


class _Printed:
    """What every part of a formula shows of itself."""

    __slots__ = ()

    def __str__(self) -> str:
        """The formula on one line."""
        from causalsim.estimand.wording import to_text

        return to_text(cast("Expression", self))

    def _repr_html_(self) -> str:
        """The formula as notebooks show it."""
        from causalsim.estimand.mathml import to_html

        return to_html(cast("Expression", self))


@final
@dataclass(frozen=True, slots=True)
class P(_Printed):
    """The distribution P(heads | given, do(do)) of the population ``domain`` (ours when empty)."""

    heads: tuple[Slot, ...]
    given: tuple[Slot, ...] = ()
    do: tuple[Slot, ...] = ()
    domain: str = ""

    def __post_init__(self) -> None:
        """Each slot stands once."""
        slots = (*self.heads, *self.given, *self.do)
        if len(set(slots)) < len(slots):
            raise ExpressionError.repeated(
                dict.fromkeys(slot.variable for slot in slots if slots.count(slot) > 1)
            )


@final
@dataclass(frozen=True, slots=True)
class Sum(_Printed):
    """The sum of ``body`` over every level of the variables in ``over``; made by `total`."""

    over: tuple[Bound, ...]
    body: "Expression"


@final
@dataclass(frozen=True, slots=True)
class Product(_Printed):
    """The product of the factors; made by `product`."""

    factors: tuple["Expression", ...] = field(default=())


@final
@dataclass(frozen=True, slots=True)
class Ratio(_Printed):
    """``numerator / denominator``."""

    numerator: "Expression"
    denominator: "Expression"


@final
@dataclass(frozen=True, slots=True)
class Add(_Printed):
    """The sum of a few terms; made by `add` and `difference`."""

    terms: tuple["Expression", ...]


@final
@dataclass(frozen=True, slots=True)
class Const(_Printed):
    """A number."""

    value: float


@final
@dataclass(frozen=True, slots=True)
class Number(_Printed):
    """The level of a variable, read as a number: the y of E[Y] = Σ_y y P(y)."""

    slot: Slot


Expression = P | Sum | Product | Ratio | Add | Const | Number
Rename = Callable[[Slot], Slot]

ONE = Product()
ZERO = Const(0.0)


def probability(
    heads: str | Iterable[str], given: str | Iterable[str] = (), do: str | Iterable[str] = ()
) -> P:
    """The distribution P(heads | given, do(do)) of free variables.

    >>> print(probability("y", given=["x", "z"]))
    P(y | x, z)
    """
    return P(_free(heads), _free(given), _free(do))


def product(factors: Iterable[Expression]) -> Expression:
    """The product of factors, flattened, without ones; a single factor stands for itself."""
    flat: list[Expression] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Product) else (factor,))
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def total(over: str | Iterable[str], body: Expression) -> Expression:
    """The sum of ``body`` over its free variables named in ``over``.

    A name that is not free in the body is an error of the caller's: the sum would multiply by the
    number of its levels, which is never meant.

    >>> print(total("z", product([probability("y", "z"), probability("z")])))
    Σ_z P(y | z) P(z)
    """
    names = (over,) if isinstance(over, str) else tuple(dict.fromkeys(over))
    if not names:
        return body
    free = free_variables(body)
    missing = [name for name in names if name not in free]
    if missing:
        raise ExpressionError.missing_axis(missing[0], free)
    deepest = depths(body)
    bound = {name: Bound(name, deepest.get(name, 0) + 1) for name in names}
    renamed = rename(
        body, lambda slot: bound.get(slot.variable, slot) if isinstance(slot, Free) else slot
    )
    ordered = tuple(bound[name] for name in names)
    if isinstance(renamed, Sum) and not set(names) & {slot.variable for slot in renamed.over}:
        return Sum((*ordered, *renamed.over), renamed.body)
    return Sum(ordered, renamed)


def add(terms: Iterable[Expression]) -> Expression:
    """The sum of terms, flattened, without zeros; a single term stands for itself.

    >>> print(add([probability("y"), probability("z")]))
    P(y) + P(z)
    """
    flat: list[Expression] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else () if term == ZERO else (term,))
    return flat[0] if len(flat) == 1 else Add(tuple(flat)) if flat else ZERO


def scaled(weight: float, expression: Expression) -> Expression:
    """The expression times a number.

    >>> print(scaled(2, probability("y")))
    2 P(y)
    """
    if weight == 0 or expression == ZERO:
        return ZERO
    return expression if weight == 1 else product([Const(float(weight)), expression])


def difference(first: Expression, second: Expression) -> Expression:
    """The first less the second.

    >>> print(difference(probability("y", "x"), probability("y")))
    P(y | x) - P(y)
    """
    return add([first, scaled(-1, second)])


def mean(variable: str, distribution: Expression) -> Expression:
    """The expectation Σ_y y f(y) of a variable under a distribution of it; its levels are numbers.

    >>> print(mean("y", probability("y", "x")))
    E[y | x]
    """
    return total(variable, product([Number(Free(variable)), distribution]))


def fix(expression: Expression, values: dict[str, Level]) -> Expression:
    """The expression with free variables held at values.

    >>> print(fix(probability("y", "x"), {"x": 1}))
    P(y | x=1)
    """
    return rename(
        expression,
        lambda slot: (
            Value(slot.variable, values[slot.variable])
            if isinstance(slot, Free) and slot.variable in values
            else slot
        ),
    )


def rename(expression: Expression, change: Rename) -> Expression:
    """The expression with every slot changed; a shared part stays shared."""
    done: dict[int, Expression] = {}
    for part in inside_first(expression):
        done[id(part)] = _renamed(part, [done[id(below)] for below in inside(part)], change)
    return done[id(expression)]


def _renamed(part: Expression, below: list[Expression], change: Rename) -> Expression:
    """One part with its own slots changed and other parts below it."""
    match part:
        case P(heads, given, do, domain):
            return P(_all(change, heads), _all(change, given), _all(change, do), domain)
        case Sum(over, _):
            return Sum(over, below[0])
        case Product():
            return Product(tuple(below))
        case Ratio():
            return Ratio(below[0], below[1])
        case Add():
            return Add(tuple(below))
        case Const():
            return part
        case Number(slot):
            return Number(change(slot))


def inside_first(expression: Expression) -> list[Expression]:
    """Every different part, each after those inside it."""
    order: list[Expression] = []
    done: set[int] = set()
    stack = [(expression, False)]
    while stack:
        part, ready = stack.pop()
        if ready:
            order.append(part)
        elif id(part) not in done:
            done.add(id(part))
            stack.append((part, True))
            stack.extend((below, False) for below in reversed(inside(part)))
    return order


def parts(expression: Expression) -> list[Expression]:
    """Every different part of an expression, itself first."""
    found: dict[int, Expression] = {}
    stack = [expression]
    while stack:
        part = stack.pop()
        if id(part) not in found:
            found[id(part)] = part
            stack.extend(reversed(inside(part)))
    return list(found.values())


def free_variables(expression: Expression) -> tuple[str, ...]:
    """The variables that the expression is a function of, in order of appearance."""
    return tuple(
        dict.fromkeys(
            slot.variable
            for part in parts(expression)
            for slot in slots(part)
            if isinstance(slot, Free)
        )
    )


def slots(part: Expression) -> tuple[Slot, ...]:
    """The slots that stand in a part itself, not in the parts below it."""
    if isinstance(part, P):
        return (*part.heads, *part.given, *part.do)
    return (part.slot,) if isinstance(part, Number) else ()


def inside(part: Expression) -> Sequence[Expression]:
    """The parts right under an expression."""
    if isinstance(part, Sum):
        return (part.body,)
    if isinstance(part, Product):
        return part.factors
    if isinstance(part, Ratio):
        return (part.numerator, part.denominator)
    return part.terms if isinstance(part, Add) else ()


def depths(expression: Expression) -> dict[str, int]:
    """How deep each variable is bound already."""
    found: dict[str, int] = {}
    for part in parts(expression):
        if isinstance(part, Sum):
            for slot in part.over:
                found[slot.variable] = max(found.get(slot.variable, 0), slot.depth)
    return found


def _free(names: str | Iterable[str]) -> tuple[Slot, ...]:
    """Names as free slots."""
    if not isinstance(names, Iterable):
        raise ExpressionError.no_names(names)
    return tuple(Free(name) for name in ((names,) if isinstance(names, str) else names))


def _all(change: Rename, slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """Slots, each changed."""
    return tuple(change(slot) for slot in slots)
