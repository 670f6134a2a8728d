"""In which order tables are multiplied and summed, and what that costs, before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import opt_einsum

Axes = tuple[int, ...]
Path = tuple[tuple[int, ...], ...]
#: Greedy search compares pairs of tables, which takes long for thousands of them.
_MOST_FOR_GREEDY = 600
#: Fewer operations take less time than looking for a better order.
_CHEAP = 100_000


@dataclass(frozen=True, slots=True)
class Order:
    """An order of products.

    Args:
        path: Which tables are multiplied at each step, as opt_einsum counts them.
        operations: Multiplications and additions, in all.
        largest: How many numbers the largest table on the way has.
    """

    path: Path
    operations: float
    largest: float


@lru_cache(maxsize=512)
def order_of(inputs: tuple[Axes, ...], output: Axes, sizes: tuple[tuple[int, int], ...]) -> Order:
    """The cheaper of two orders: greedy products, or one axis at a time by smallest table.

    Args:
        inputs: The axes of each table.
        output: The axes that stay.
        sizes: The length of each axis.

    References:
        Smith and Gray, "opt_einsum" (2018); Kjærulff, "Triangulation of graphs" (1990), on
        eliminating what spans the smallest table first.
    """
    lengths = dict(sizes)
    first = _told(inputs, output, lengths, _axis_by_axis(inputs, output, lengths))
    if len(inputs) > _MOST_FOR_GREEDY or first.operations <= _CHEAP:
        return first
    found = [first, _told(inputs, output, lengths, None)]
    return min(found, key=lambda order: (order.operations, order.largest))


def terms(inputs: Sequence[Axes], output: Axes) -> str:
    """The axes as opt_einsum writes them."""
    left = ",".join("".join(map(opt_einsum.get_symbol, axes)) for axes in inputs)
    return f"{left}->{''.join(map(opt_einsum.get_symbol, output))}"


def _told(
    inputs: tuple[Axes, ...], output: Axes, sizes: dict[int, int], path: Path | None
) -> Order:
    """The cost of a path, or of the one that greedy search finds."""
    found, info = opt_einsum.contract_path(
        terms(inputs, output),
        *(tuple(sizes[axis] for axis in axes) for axes in inputs),
        shapes=True,
        optimize="greedy" if path is None else list(path),
    )
    steps = tuple(tuple(step) for step in found)
    return Order(steps, float(info.opt_cost), float(info.largest_intermediate))


def _axis_by_axis(inputs: tuple[Axes, ...], output: Axes, sizes: dict[int, int]) -> Path:
    """Axes eliminated one at a time, the one that spans the smallest table first."""
    tables: dict[int, frozenset[int]] = dict(enumerate(map(frozenset, inputs)))
    holders: dict[int, set[int]] = {}
    for number, axes in tables.items():
        for axis in sorted(axes):
            holders.setdefault(axis, set()).add(number)
    waiting = [axis for axis in holders if axis not in output]
    spans = {axis: _span(tables, holders[axis], sizes) for axis in waiting}
    current = list(tables)
    path: list[tuple[int, ...]] = []
    while spans:
        chosen = min(spans, key=lambda axis: (spans[axis], axis))
        del spans[chosen]
        members = sorted(holders.pop(chosen), key=lambda number: (len(tables[number]), number))
        made = len(inputs) + len(path)
        axes = frozenset().union(*(tables[number] for number in members))
        path += _pairwise(current, members, made)
        made = current[-1]
        tables[made] = axes - {chosen}
        for axis in tables[made]:
            holders[axis] = (holders[axis] - set(members)) | {made}
        for axis in tables[made]:
            if axis in spans:
                spans[axis] = _span(tables, holders[axis], sizes)
    path += _pairwise(current, list(current), len(inputs) + len(path))
    return tuple(path)


def _span(tables: dict[int, frozenset[int]], holders: set[int], sizes: dict[int, int]) -> int:
    """How many numbers the product of these tables has."""
    return prod(sizes[axis] for axis in frozenset().union(*(tables[n] for n in holders)))


def _pairwise(current: list[int], members: list[int], fresh: int) -> list[tuple[int, ...]]:
    """The product of some tables, two at a time, as positions in the list of those that are left.

    The list is changed: the product, with a number from ``fresh`` on, stands at its end.
    """
    steps: list[tuple[int, ...]] = []
    made = members[0]
    # A table alone is still a step: an axis that only it has is summed.
    for other in members[1:] or members[:1]:
        gone = {current.index(number) for number in (made, other)}
        steps.append(tuple(sorted(gone)))
        for place in sorted(gone, reverse=True):
            del current[place]
        made = fresh
        fresh += 1
        current.append(made)
    return steps
