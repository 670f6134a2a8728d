"""The number behind a formula in several data sets: one exact table each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.errors import ExpressionError
from causalsim.errors.identification import AvailabilityError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.expression import (
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
Axes = tuple[Slot, ...]


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
        if (self.table.values < 0).any() or not np.allclose(sums, 1.0):
            raise ExpressionError.not_a_distribution("a slice of it does not sum to 1")

    def __str__(self) -> str:
        """The distribution it holds."""
        heads = ", ".join(name for name in self.table.axes if name not in self.do)
        star = f"^{self.domain}" if self.domain else ""
        return f"P{star}({heads}{f' | do({chr(44).join(self.do)})' if self.do else ''})"


def evaluate_sources(expression: Expression, tables: Iterable[SourceTable]) -> Table:
    """The value of a formula in experimental and foreign terms, for its free variables' levels.

    A probability given an event of probability zero is NaN, unless a factor is exactly zero.

    Args:
        expression: The formula.
        tables: One for each data set that the formula names.

    Raises:
        AvailabilityError: a data set that is not given.
        ExpressionError: a variable or level that a table lacks; a table that does not sum to 1.

    >>> from causalsim.estimand.expression import probability
    >>> trial = SourceTable(("x",), "", Table.of(["x", "y"], np.array([[0.2, 0.8], [0.5, 0.5]])))
    >>> evaluate_sources(probability("y", do="x"), [trial]).at(["x", "y"])
    array([[0.2, 0.8],
           [0.5, 0.5]])
    """
    found = list(tables)
    slots, values = _Evaluation(found, {}).value(expression)
    names = tuple(slot.variable for slot in slots)
    levels: dict[str, tuple[Level, ...]] = {}
    for source in found:
        levels.update(zip(source.table.axes, source.table.levels, strict=True))
    return Table.of(names, values, levels)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The parts of one formula that are known already."""

    tables: Sequence[SourceTable]
    known: dict[int, tuple[Axes, Array]]

    def value(self, part: Expression) -> tuple[Axes, Array]:
        """A part's axes and values, computed once."""
        if id(part) not in self.known:
            match part:
                case P():
                    found = self.distribution(part)
                case Sum(over, body):
                    axes, values = self.value(body)
                    places = tuple(axes.index(slot) for slot in over)
                    found = tuple(a for a in axes if a not in over), values.sum(axis=places)
                case Product(factors):
                    found = self.product(factors)
                case Ratio(numerator, denominator):
                    found = _quotient(self.value(numerator), self.value(denominator))
                case _:
                    raise ExpressionError.experimental(str(part))
            self.known[id(part)] = found
        return self.known[id(part)]

    def distribution(self, term: P) -> tuple[Axes, Array]:
        """One probability, read off the table of its data set."""
        slots = (*term.heads, *term.given, *term.do)
        source = self.table_of(term)
        names = [slot.variable for slot in slots]
        for name in names:
            if name not in source.axes:
                raise ExpressionError.missing_axis(name, source.axes)
        rest = tuple(i for i, name in enumerate(source.axes) if name not in names)
        kept = [name for name in source.axes if name in names]
        values = source.values.sum(axis=rest).transpose([kept.index(name) for name in names])
        if term.given:
            heads = tuple(range(len(term.heads)))
            values = _divided(values, values.sum(axis=heads, keepdims=True))
        index = tuple(_position(slot, source) for slot in slots)
        return tuple(slot for slot in slots if not isinstance(slot, Value)), values[index]

    def table_of(self, term: P) -> Table:
        """The table of the data set that a term names."""
        wanted = {slot.variable for slot in term.do}
        names = {slot.variable for slot in (*term.heads, *term.given)}
        fitting = [t for t in self.tables if t.domain == term.domain and set(t.do) == wanted]
        for source in fitting:
            if names <= set(source.table.axes):
                return source.table
        if fitting:
            return fitting[0].table
        raise AvailabilityError.missing_table(str(term), map(str, self.tables))

    def product(self, factors: tuple[Expression, ...]) -> tuple[Axes, Array]:
        """A product in which an exact zero outweighs what is undefined."""
        found = [self.value(factor) for factor in factors]
        axes = tuple(dict.fromkeys(slot for slots, _ in found for slot in slots))
        spread = [_spread(part, axes) for part in found]
        values = np.ones((1,) * len(axes))
        zero = np.zeros((1,) * len(axes), dtype=bool)
        for part in spread:
            values, zero = values * part, zero | (part == 0)
        return axes, np.where(zero, 0.0, values)


def _quotient(top: tuple[Axes, Array], bottom: tuple[Axes, Array]) -> tuple[Axes, Array]:
    """A ratio, on the axes of both."""
    axes = tuple(dict.fromkeys((*top[0], *bottom[0])))
    return axes, _divided(_spread(top, axes), _spread(bottom, axes))


def _spread(part: tuple[Axes, Array], axes: Axes) -> Array:
    """Values laid out for broadcasting along ``axes``."""
    slots, values = part
    order = [slots.index(slot) for slot in axes if slot in slots]
    shape = [values.shape[slots.index(slot)] if slot in slots else 1 for slot in axes]
    return values.transpose(order).reshape(shape)


def _divided(top: Array, bottom: Array) -> Array:
    """A quotient that is NaN where it is undefined."""
    top, bottom = np.broadcast_arrays(top, bottom)
    whole: Array = np.full(top.shape, np.nan)
    return np.divide(top, bottom, out=whole, where=bottom != 0)


def _position(slot: Slot, table: Table) -> slice | int:
    """All levels of a slot, or the one it is held at."""
    if not isinstance(slot, Value):
        return slice(None)
    levels = table.levels[table.axes.index(slot.variable)]
    if slot.level not in levels:
        raise ExpressionError.unknown_level(slot.variable, slot.level, levels)
    return levels.index(slot.level)
