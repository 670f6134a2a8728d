"""The number behind a formula: any expression on an exact joint table, by named axes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.errors import ExpressionError
from causalsim.estimand.expression import (
    Bound,
    Expression,
    P,
    Product,
    Ratio,
    Slot,
    Sum,
    Value,
)
from causalsim.estimand.query import Level

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A function of discrete variables, one axis each; a joint distribution when it sums to 1.

    Attributes:
        axes: The variable of each axis.
        values: One number a combination of levels.
        levels: The levels of each axis, in the order of its positions.
    """

    axes: tuple[str, ...]
    values: Array
    levels: tuple[tuple[Level, ...], ...]

    @classmethod
    def of(
        cls,
        axes: Iterable[str],
        values: Array,
        levels: Mapping[str, tuple[Level, ...]] | None = None,
    ) -> "Table":
        """A table whose levels are 0, 1, … unless they are given."""
        names = tuple(axes)
        given = levels or {}
        found = tuple(
            given.get(name, tuple(range(size)))
            for name, size in zip(names, values.shape, strict=True)
        )
        return cls(names, np.asarray(values, dtype=np.float64), found)

    def at(self, order: Iterable[str]) -> Array:
        """The values with the axes in another order."""
        return self.values.transpose([self.axes.index(name) for name in order])


def evaluate(expression: Expression, joint: Table) -> Table:
    """The expression's value for every combination of its free variables, on an exact joint.

    Every distribution of the expression is read off ``joint``; each part is computed once, however
    often it is shared. A conditional probability given an event of probability zero is undefined
    and comes out as NaN, unless it is multiplied by a probability that is exactly zero.

    Args:
        expression: The formula; observational terms only.
        joint: The joint distribution of at least the formula's variables.

    Returns:
        A table whose axes are the free variables of the formula.

    Raises:
        ExpressionError: a variable or level that the table lacks, an interventional term, a table
            that does not sum to one.

    >>> from causalsim.estimand.expression import probability, product, total
    >>> joint = Table.of(["z", "y"], np.array([[0.1, 0.3], [0.2, 0.4]]))
    >>> backdoor = total("z", product([probability("y", "z"), probability("z")]))
    >>> evaluate(backdoor, joint).values.round(2)
    array([0.3, 0.7])
    """
    if not np.isclose(joint.values.sum(), 1.0) or (joint.values < 0).any():
        raise ExpressionError.not_a_distribution(f"it sums to {joint.values.sum():.6g}")
    return _Evaluation(joint, {}).result(expression)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The parts of one expression that are known already; axes are slots."""

    joint: Table
    known: dict[int, tuple[tuple[Slot, ...], Array]]

    def result(self, expression: Expression) -> Table:
        """The whole expression as a table over its free variables."""
        slots, values = self.value(expression)
        names = tuple(slot.variable for slot in slots)
        levels = {name: self.levels(name) for name in names}
        return Table.of(names, values, levels)

    def value(self, expression: Expression) -> tuple[tuple[Slot, ...], Array]:
        """A part's axes and values, computed once."""
        if id(expression) not in self.known:
            self.known[id(expression)] = self.compute(expression)
        return self.known[id(expression)]

    def compute(self, expression: Expression) -> tuple[tuple[Slot, ...], Array]:
        match expression:
            case P():
                return self.distribution(expression)
            case Sum(over, body):
                return self.summed(over, body)
            case Product(factors):
                return self.multiplied(factors)
            case Ratio(numerator, denominator):
                one, other = self.value(numerator), self.value(denominator)
                axes = tuple(dict.fromkeys((*one[0], *other[0])))
                return axes, _divide(_spread(one, axes), _spread(other, axes))

    def distribution(self, term: P) -> tuple[tuple[Slot, ...], Array]:
        """P(heads | given), read off the joint."""
        if term.do or term.domain:
            raise ExpressionError.experimental(str(term))
        slots = (*term.heads, *term.given)
        names = [slot.variable for slot in slots]
        if len(set(names)) < len(names):
            raise ExpressionError.repeated(sorted({n for n in names if names.count(n) > 1}))
        for name in names:
            if name not in self.joint.axes:
                raise ExpressionError.missing_axis(name, self.joint.axes)
        rest = tuple(i for i, name in enumerate(self.joint.axes) if name not in names)
        kept = [name for name in self.joint.axes if name in names]
        both = self.joint.values.sum(axis=rest).transpose([kept.index(name) for name in names])
        count = len(term.heads)
        if term.given:
            both = _divide(both, both.sum(axis=tuple(range(count)), keepdims=True))
        index = tuple(
            self.position(slot) if isinstance(slot, Value) else slice(None) for slot in slots
        )
        return tuple(slot for slot in slots if not isinstance(slot, Value)), both[index]

    def multiplied(self, factors: tuple[Expression, ...]) -> tuple[tuple[Slot, ...], Array]:
        """A product; where one factor is exactly zero an undefined one does not matter."""
        found = [self.value(factor) for factor in factors]
        axes = tuple(dict.fromkeys(slot for slots, _ in found for slot in slots))
        result = np.ones((1,) * len(axes))
        zero = np.zeros((1,) * len(axes), dtype=bool)
        for part in found:
            values = _spread(part, axes)
            zero = zero | (values == 0)
            result = result * values
        return axes, np.where(zero, 0.0, result)

    def summed(self, over: tuple[Bound, ...], body: Expression) -> tuple[tuple[Slot, ...], Array]:
        """A sum over bound variables, each of which is an axis of the body."""
        slots, values = self.value(body)
        places = tuple(slots.index(slot) for slot in over)
        return tuple(slot for slot in slots if slot not in over), values.sum(axis=places)

    def levels(self, name: str) -> tuple[Level, ...]:
        """The levels of a variable."""
        return self.joint.levels[self.joint.axes.index(name)]

    def position(self, slot: Value) -> int:
        """Where a level stands on its axis."""
        levels = self.levels(slot.variable)
        if slot.level not in levels:
            raise ExpressionError.unknown_level(slot.variable, slot.level, levels)
        return levels.index(slot.level)


def _spread(part: tuple[tuple[Slot, ...], Array], axes: tuple[Slot, ...]) -> Array:
    """Values laid out for broadcasting along ``axes``."""
    slots, values = part
    order = [slots.index(slot) for slot in axes if slot in slots]
    shape = [values.shape[slots.index(slot)] if slot in slots else 1 for slot in axes]
    return values.transpose(order).reshape(shape)


def _divide(numerator: Array, denominator: Array) -> Array:
    """A quotient that is NaN, without a warning, where it is undefined."""
    top, bottom = np.broadcast_arrays(numerator, denominator)
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
