"""The product of tables, summed down to some axes, at chosen levels of others, again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import opt_einsum
from numpy.typing import NDArray

from causalsim.errors.contraction import ContractionError
from causalsim.scm.networks.ordering import Order, order_of, terms
from causalsim.scm.networks.tables import MOST_NUMBERS, Factor

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
#: More operations than this take minutes.
MOST_OPERATIONS = 2e10
#: Answers at all levels of what is chosen are worked out at once up to this many numbers, if that
#: costs no more than some answers one by one.
_MOST_KEPT = 100_000
_WORTH = 4.0
#: The largest table that all tables without a choice are made into.
_MOST_MET = 100_000
#: So many operations cost less than the calls that fewer operations in more steps would need.
_FEW = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Touched:
    """A table from which levels are chosen.

    Args:
        number: Which of the tables it is.
        chosen: Its first axes, at which levels are chosen.
        left: Its other axes.
        values: The table.
    """

    number: int
    chosen: tuple[int, ...]
    left: tuple[int, ...]
    values: Array

    def at(self, levels: Mapping[int, int] | Mapping[int, Integers]) -> Array:
        """The table at these levels; for several patterns with an axis of patterns first."""
        return np.asarray(self.values[tuple(levels[axis] for axis in self.chosen)])


@dataclass(frozen=True, slots=True, eq=False)
class SumProduct:
    """A product ready to be summed at any levels of the chosen axes.

    Args:
        factors: The tables.
        chosen: The axes at which levels are chosen, each once.
        axes: The axes that stay.
        order: The order of the products, and its cost.
        touched: The tables that have chosen axes.
        expression: The products as opt_einsum runs them, what no choice touches done already.
        kept: All answers, the chosen axes first, where they are few.
    """

    factors: tuple[Factor, ...]
    chosen: tuple[int, ...]
    axes: tuple[int, ...]
    order: Order
    touched: tuple[Touched, ...]
    expression: Any
    kept: Array | None

    def one(self, levels: Mapping[int, int]) -> Array:
        """The sum at these levels of the chosen axes."""
        if self.kept is not None:
            return np.asarray(self.kept[tuple(levels[axis] for axis in self.chosen)])
        tables = (found.at(levels) for found in self.touched)
        return np.asarray(self.expression(*tables, backend="numpy"))

    def several(self, levels: Mapping[int, Integers], count: int) -> Array:
        """The sums at several patterns of levels, with an axis of patterns first."""
        if self.kept is not None:
            return np.asarray(self.kept[tuple(levels[axis] for axis in self.chosen)])
        batch = 1 + max(axis for factor in self.factors for axis in factor.axes)
        inputs = [factor.axes for factor in self.factors]
        operands = [factor.values for factor in self.factors]
        for touched in self.touched:
            inputs[touched.number] = (batch, *touched.left)
        text = terms(inputs, (batch, *self.axes))
        step = max(1, int(MOST_NUMBERS / 10 / max(self.order.largest, 1.0)))
        found: list[Array] = []
        for start in range(0, count, step):
            part = {axis: column[start : start + step] for axis, column in levels.items()}
            for touched in self.touched:
                operands[touched.number] = touched.at(part)
            found.append(opt_einsum.contract(text, *operands, optimize=list(self.order.path)))
        return np.concatenate(found)


def sum_product(
    factors: Sequence[Factor], chosen: Sequence[int], axes: tuple[int, ...], *, again: bool
) -> SumProduct:
    """A product made ready.

    Args:
        factors: The tables.
        chosen: The axes at which levels will be chosen.
        axes: The axes that stay.
        again: Whether it will be asked at many levels, so that all answers are worth keeping.

    Raises:
        ContractionError: The products would be too large, with their size.
    """
    once = tuple(dict.fromkeys(chosen))
    sizes = {a: n for f in factors for a, n in zip(f.axes, f.values.shape, strict=True)}
    lengths = tuple(sorted(sizes.items()))
    order = order_of(tuple(_left(factor, once) for factor in factors), axes, lengths)
    if order.largest > MOST_NUMBERS:
        raise ContractionError.too_large(
            "The largest table on the way to the answer", order.largest, MOST_NUMBERS
        )
    if order.operations > MOST_OPERATIONS:
        raise ContractionError.too_large(
            "The products on the way to the answer", order.operations, MOST_OPERATIONS
        )
    kept = None
    if again and prod(sizes[axis] for axis in (*once, *axes)) <= _MOST_KEPT:
        inputs = tuple(factor.axes for factor in factors)
        whole = order_of(inputs, (*once, *axes), lengths)
        worth = max(1e6, _WORTH * order.operations)
        if whole.largest <= MOST_NUMBERS / 10 and whole.operations <= worth:
            text = terms(inputs, (*once, *axes))
            tables = [factor.values for factor in factors]
            kept = np.asarray(opt_einsum.contract(text, *tables, optimize=list(whole.path)))
    if again and kept is None:
        fewer = _reduced(factors, once, axes, order, lengths)
        factors, order = fewer if fewer is not None else (factors, order)
    touched = _touched(factors, once)
    expression = None if kept is not None else _expression(factors, axes, order, touched)
    return SumProduct(tuple(factors), once, axes, order, touched, expression, kept)


def _reduced(
    factors: Sequence[Factor],
    chosen: tuple[int, ...],
    axes: tuple[int, ...],
    order: Order,
    lengths: tuple[tuple[int, int], ...],
) -> tuple[list[Factor], Order] | None:
    """The tables from which levels are chosen, and all others as one; None where that is large.

    What no choice touches is multiplied once, down to the axes at which it meets the rest.
    """
    touched = [factor for factor in factors if not set(chosen).isdisjoint(factor.axes)]
    fixed = [factor for factor in factors if set(chosen).isdisjoint(factor.axes)]
    if len(fixed) < 2:
        return None
    sizes = dict(lengths)
    met = dict.fromkeys((*(axis for factor in touched for axis in factor.axes), *axes))
    held = {axis for factor in fixed for axis in factor.axes}
    border = tuple(axis for axis in met if axis in held)
    inputs = tuple(factor.axes for factor in fixed)
    if prod(sizes[axis] for axis in border) > _MOST_MET:
        return None
    once = order_of(inputs, border, lengths)
    if once.largest > MOST_NUMBERS / 10 or once.operations > max(1e6, _WORTH * order.operations):
        return None
    tables = [factor.values for factor in fixed]
    made = opt_einsum.contract(terms(inputs, border), *tables, optimize=list(once.path))
    fewer = [*touched, Factor(border, np.asarray(made))]
    later = order_of(tuple(_left(factor, chosen) for factor in fewer), axes, lengths)
    if later.operations > max(order.operations, _FEW):
        return None
    return fewer, later


def _touched(factors: Sequence[Factor], chosen: Sequence[int]) -> tuple[Touched, ...]:
    """The tables from which levels are chosen, the chosen axes first."""
    found: list[Touched] = []
    for number, factor in enumerate(factors):
        first = tuple(axis for axis in factor.axes if axis in chosen)
        # opt_einsum wants at least one table that is not constant.
        if first or (not chosen and not number):
            left = _left(factor, chosen)
            order = [factor.axes.index(axis) for axis in (*first, *left)]
            found.append(Touched(number, first, left, factor.values.transpose(order)))
    return tuple(found)


def _left(factor: Factor, chosen: Sequence[int]) -> tuple[int, ...]:
    """The axes of a table at which no level is chosen."""
    return tuple(axis for axis in factor.axes if axis not in chosen)


def _expression(
    factors: Sequence[Factor], axes: tuple[int, ...], order: Order, touched: Sequence[Touched]
) -> Any:  # noqa: ANN401
    """The products as a function of the tables from which levels are chosen."""
    inputs = [factor.axes for factor in factors]
    operands: list[Any] = [factor.values for factor in factors]
    for found in touched:
        inputs[found.number] = found.left
        operands[found.number] = found.values.shape[len(found.chosen) :]
    moved = {found.number for found in touched}
    constants = [number for number in range(len(factors)) if number not in moved]
    return opt_einsum.contract_expression(
        terms(inputs, axes), *operands, constants=constants, optimize=list(order.path)
    )
