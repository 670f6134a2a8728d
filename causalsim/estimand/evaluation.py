"""The number behind a formula: any expression on an exact joint table, by named axes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.errors import ExpressionError
from causalsim.estimand.contraction import Part, add_up, contract, divide, spread
from causalsim.estimand.expression import (
    Add,
    Const,
    Expression,
    Number,
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


def evaluate(
    expression: Expression, joint: Table, experiments: Mapping[Iterable[str], Table] | None = None
) -> Table:
    """The expression's value for every combination of its free variables, on an exact joint.

    Every distribution of the expression is read off ``joint``; each part is computed once, however
    often it is shared, and a sum is taken by eliminating its variables one by one, so that the
    product below it is never laid out. A conditional probability given an event of probability
    zero is undefined and comes out as NaN, unless it is multiplied by a probability that is
    exactly zero.

    Args:
        expression: The formula.
        joint: The joint distribution of at least the formula's variables.
        experiments: For P(… | do(x)) the table of the experiment, under the names that it sets:
            its axes are what was measured and what was set, and it sums to one for every level of
            what was set.

    Returns:
        A table whose axes are the free variables of the formula.

    Raises:
        ExpressionError: a variable or level that the table lacks, an interventional term without
            its experiment, a table that does not sum to one, the mean of levels that are no
            numbers.

    >>> from causalsim.estimand.expression import probability, product, total
    >>> joint = Table.of(["z", "y"], np.array([[0.1, 0.3], [0.2, 0.4]]))
    >>> backdoor = total("z", product([probability("y", "z"), probability("z")]))
    >>> evaluate(backdoor, joint).values.round(2)
    array([0.3, 0.7])
    """
    if not np.isclose(joint.values.sum(), 1.0) or (joint.values < 0).any():
        raise ExpressionError.not_a_distribution(f"it sums to {joint.values.sum():.6g}")
    done = {
        frozenset((key,) if isinstance(key, str) else key): table
        for key, table in (experiments or {}).items()
    }
    return _Evaluation(joint, done, {}, {}).result(expression)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The parts of one expression that are known already; axes are slots."""

    joint: Table
    experiments: dict[frozenset[str], Table]
    known: dict[int, Part]
    read: dict[P, Part]

    def result(self, expression: Expression) -> Table:
        """The whole expression as a table over its free variables."""
        slots, values = self.value(expression)
        names = tuple(slot.variable for slot in slots)
        levels = {name: self.levels(name) for name in names}
        return Table.of(names, values, levels)

    def value(self, expression: Expression) -> Part:
        """A part's axes and values, computed once."""
        if id(expression) not in self.known:
            self.known[id(expression)] = self.compute(expression)
        return self.known[id(expression)]

    def compute(self, expression: Expression) -> Part:
        match expression:
            case P():
                if expression not in self.read:
                    self.read[expression] = self.distribution(expression)
                return self.read[expression]
            case Sum(over, body):
                factors = body.factors if isinstance(body, Product) else (body,)
                return contract([self.value(factor) for factor in factors], over)
            case Product(factors):
                return contract([self.value(factor) for factor in factors], ())
            case Ratio(numerator, denominator):
                one, other = self.value(numerator), self.value(denominator)
                axes = tuple(dict.fromkeys((*one[0], *other[0])))
                return axes, divide(spread(one, axes), spread(other, axes))
            case Add(terms):
                return add_up([self.value(term) for term in terms])
            case Const(value):
                return (), np.array(value)
            case Number(slot):
                return self.number(slot)

    def distribution(self, term: P) -> Part:
        """P(heads | given, do(do)), read off the joint or off the table of the experiment."""
        table = self.source(term)
        slots = (*term.heads, *term.given, *term.do)
        names = [slot.variable for slot in slots]
        if len(set(names)) < len(names):
            raise ExpressionError.repeated(sorted({n for n in names if names.count(n) > 1}))
        for name in names:
            if name not in table.axes:
                raise ExpressionError.missing_axis(name, table.axes)
        rest = tuple(i for i, name in enumerate(table.axes) if name not in names)
        kept = [name for name in table.axes if name in names]
        both = table.values.sum(axis=rest).transpose([kept.index(name) for name in names])
        if term.given:
            both = divide(both, both.sum(axis=tuple(range(len(term.heads))), keepdims=True))
        index = tuple(
            self.position(slot) if isinstance(slot, Value) else slice(None) for slot in slots
        )
        return tuple(slot for slot in slots if not isinstance(slot, Value)), both[index]

    def source(self, term: P) -> Table:
        """The table that a term is read off."""
        if not term.do and not term.domain:
            return self.joint
        found = self.experiments.get(frozenset(slot.variable for slot in term.do))
        if term.domain or found is None:
            raise ExpressionError.experimental(str(term))
        return found

    def number(self, slot: Slot) -> Part:
        """The levels of a variable as numbers."""
        levels = (slot.level,) if isinstance(slot, Value) else self.levels(slot.variable)
        for level in levels:
            if not isinstance(level, int | float):
                raise ExpressionError.not_a_number(slot.variable, level)
        values = np.array([float(level) for level in levels])
        return ((), values[0]) if isinstance(slot, Value) else ((slot,), values)

    def levels(self, name: str) -> tuple[Level, ...]:
        """The levels of a variable."""
        for table in (self.joint, *self.experiments.values()):
            if name in table.axes:
                return table.levels[table.axes.index(name)]
        raise ExpressionError.missing_axis(name, self.joint.axes)

    def position(self, slot: Value) -> int:
        """Where a level stands on its axis."""
        levels = self.levels(slot.variable)
        if slot.level not in levels:
            raise ExpressionError.unknown_level(slot.variable, slot.level, levels)
        return levels.index(slot.level)
