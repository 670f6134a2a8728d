"""The number behind a formula: any expression on exact tables of the data, by named axes."""

from collections.abc import Iterable, Mapping, Sequence
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
        """A table whose levels are 0, 1, … unless they are given.

        Raises:
            ExpressionError: numbers that are none, or as many axes, names or levels as do not fit.
        """
        names, given, numbers = tuple(axes), levels or {}, np.asarray(values)
        if numbers.dtype.kind not in "biuf":
            raise ExpressionError.bad_table(f"its values are {numbers.dtype}, not numbers")
        if len(names) != numbers.ndim or len(set(names)) < len(names):
            named = ", ".join(map(str, names))
            raise ExpressionError.bad_table(f"it has {numbers.ndim} axes, named {named}")
        found = tuple(
            tuple(given.get(name, range(size)))
            for name, size in zip(names, numbers.shape, strict=True)
        )
        for name, known, size in zip(names, found, numbers.shape, strict=True):
            if len(set(known)) != size:
                shown = ", ".join(map(str, known))
                raise ExpressionError.bad_table(f"the axis of {name} is {size} long for {shown}")
        return cls(names, numbers.astype(np.float64, copy=False), found)

    def at(self, order: Iterable[str]) -> Array:
        """The values with the axes in another order."""
        return self.values.transpose([self.axes.index(name) for name in order])


@dataclass(frozen=True, slots=True, eq=False)
class SourceTable:
    """The table of one data set: P(measured | do(do)), one slice for each level of ``do``.

    Attributes:
        do: What was set; axes of the table.
        domain: The population, ``""`` for ours.
        table: Sums to one over the axes that are not in ``do``.
    """

    do: tuple[str, ...]
    domain: str
    table: Table

    def __post_init__(self) -> None:
        """Each slice is a distribution."""
        missing = [name for name in self.do if name not in self.table.axes]
        if missing:
            raise ExpressionError.missing_axis(missing[0], self.table.axes)
        heads = tuple(i for i, name in enumerate(self.table.axes) if name not in self.do)
        sums = self.table.values.sum(axis=heads)
        if not np.allclose(sums, 1.0) or (self.table.values < 0).any():
            first = sums.flat[int(np.abs(sums - 1.0).argmax())]
            raise ExpressionError.not_a_distribution(f"{self} sums to {first:.6g}")

    def __str__(self) -> str:
        """The distribution it holds."""
        heads = ", ".join(name for name in self.table.axes if name not in self.do)
        star = f"^{self.domain}" if self.domain else ""
        return f"P{star}({heads}{f' | do({chr(44).join(self.do)})' if self.do else ''})"


Data = Table | SourceTable | Iterable[Table | SourceTable]


def evaluate(expression: Expression, data: Data) -> Table:
    """The expression's value for every combination of its free variables, on exact tables.

    Every distribution of the expression is read off the first table that has it; each part is
    computed once, however often it is shared, and a sum is taken by eliminating its variables one
    by one, so that the product below it is never laid out. A conditional probability given an
    event of probability zero is undefined and comes out as NaN, unless it is multiplied by a
    probability that is exactly zero.

    Args:
        expression: The formula.
        data: The joint distribution of at least the formula's variables; or several tables: a
            `Table` is what was observed in our population, a `SourceTable` says what was set and
            in which population.

    Returns:
        A table whose axes are the free variables of the formula.

    Raises:
        ExpressionError: a variable, level or distribution that no table has, a table that does not
            sum to one, the mean of levels that are no numbers, something else than a formula and
            tables.

    >>> from causalsim.estimand.expression import probability, product, total
    >>> joint = Table.of(["z", "y"], np.array([[0.1, 0.3], [0.2, 0.4]]))
    >>> backdoor = total("z", product([probability("y", "z"), probability("z")]))
    >>> evaluate(backdoor, joint).values.round(2)
    array([0.3, 0.7])
    >>> trial = SourceTable(("x",), "", Table.of(["x", "y"], np.array([[0.2, 0.8], [0.5, 0.5]])))
    >>> evaluate(probability("y", do="x"), [joint, trial]).at(["x", "y"])
    array([[0.2, 0.8],
           [0.5, 0.5]])
    """
    if not isinstance(expression, Expression):
        raise ExpressionError.not_an_expression(expression)
    if not isinstance(data, Iterable) and not isinstance(data, Table | SourceTable):
        raise ExpressionError.not_a_table(data)
    given = (data,) if isinstance(data, Table | SourceTable) else tuple(data)
    for one in given:
        if not isinstance(one, Table | SourceTable):
            raise ExpressionError.not_a_table(one)
    found = [one if isinstance(one, SourceTable) else SourceTable((), "", one) for one in given]
    return _Evaluation(found, _levels(found), {}, {}).result(expression)


def _levels(sources: Iterable[SourceTable]) -> dict[str, tuple[Level, ...]]:
    """The levels of every variable, on which all tables must agree."""
    found: dict[str, tuple[Level, ...]] = {}
    for source in sources:
        for name, levels in zip(source.table.axes, source.table.levels, strict=True):
            if found.setdefault(name, levels) != levels:
                raise ExpressionError.other_levels(name, found[name], levels)
    return found


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The parts of one expression that are known already; axes are slots."""

    sources: Sequence[SourceTable]
    levels: Mapping[str, tuple[Level, ...]]
    known: dict[int, Part]
    read: dict[P, Part]

    def result(self, expression: Expression) -> Table:
        """The whole expression as a table over its free variables."""
        slots, values = self.value(expression)
        names = tuple(slot.variable for slot in slots)
        return Table.of(names, values, self.levels)

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
        """P(heads | given, do(do)), read off its table."""
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
        """The table that a term is read off: of its population and experiment, with its names."""
        wanted = {slot.variable for slot in term.do}
        fitting = [t for t in self.sources if t.domain == term.domain and set(t.do) == wanted]
        if not fitting:
            raise ExpressionError.missing_table(str(term), map(str, self.sources))
        names = {slot.variable for slot in (*term.heads, *term.given)}
        complete = (t for t in fitting if names.issubset(t.table.axes))
        return next(complete, fitting[0]).table

    def number(self, slot: Slot) -> Part:
        """The levels of a variable as numbers."""
        if isinstance(slot, Value):
            levels: tuple[Level, ...] = (slot.level,)
        elif slot.variable in self.levels:
            levels = self.levels[slot.variable]
        else:
            raise ExpressionError.missing_axis(slot.variable, self.levels)
        for level in levels:
            if not isinstance(level, int | float):
                raise ExpressionError.not_a_number(slot.variable, level)
        values = np.array([float(level) for level in levels])
        return ((), values[0]) if isinstance(slot, Value) else ((slot,), values)

    def position(self, slot: Value) -> int:
        """Where a level stands on its axis."""
        levels = self.levels[slot.variable]
        if slot.level not in levels:
            raise ExpressionError.unknown_level(slot.variable, slot.level, levels)
        return levels.index(slot.level)
