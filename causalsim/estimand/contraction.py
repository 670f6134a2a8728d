"""Sums of products over named axes, without ever laying out the product."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.estimand.expression import Slot

Array = NDArray[np.float64]
Part = tuple[tuple[Slot, ...], Array]


def contract(parts: Sequence[Part], over: Iterable[Slot]) -> Part:
    """The product of parts, summed over axes, one axis at a time (variable elimination).

    An undefined (NaN) number times an exact zero is zero: what happens with probability zero does
    not matter. So a sum is undefined only where some term of it is, which is found by counting the
    terms that are not zero, with and without the undefined ones.
    """
    gone = list(over)
    if not any(np.isnan(values).any() for _, values in parts):
        return _eliminate(parts, gone)
    axes, found = _eliminate([(slots, np.nan_to_num(v, nan=0.0)) for slots, v in parts], gone)
    # NaN differs from zero, so that an undefined number counts as present.
    _, present = _eliminate([(slots, (v != 0).astype(float)) for slots, v in parts], gone)
    defined = [(slots, ((v != 0) & ~np.isnan(v)).astype(float)) for slots, v in parts]
    _, whole = _eliminate(defined, gone)
    return axes, np.where(present > whole + 0.5, np.nan, found)


def add_up(parts: Sequence[Part]) -> Part:
    """The sum of parts, each spread along the axes it lacks."""
    axes = tuple(dict.fromkeys(slot for slots, _ in parts for slot in slots))
    result: Array = np.zeros((1,) * len(axes))
    for part in parts:
        result = result + spread(part, axes)
    return axes, result


def spread(part: Part, axes: tuple[Slot, ...]) -> Array:
    """Values laid out for broadcasting along ``axes``."""
    slots, values = part
    order = [slots.index(slot) for slot in axes if slot in slots]
    shape = [values.shape[slots.index(slot)] if slot in slots else 1 for slot in axes]
    return values.transpose(order).reshape(shape)


def divide(numerator: Array, denominator: Array) -> Array:
    """A quotient that is NaN, without a warning, where it is undefined."""
    top, bottom = np.broadcast_arrays(numerator, denominator)
    found: Array = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
    return found


def _eliminate(parts: Sequence[Part], over: Sequence[Slot]) -> Part:
    """Eliminate axes, the one whose factors span the smallest table first."""
    pending, waiting = list(parts), list(over)
    size = {
        slot: length
        for slots, values in parts
        for slot, length in zip(slots, values.shape, strict=True)
    }
    while waiting:
        spans = {
            slot: dict.fromkeys(s for slots, _ in pending if slot in slots for s in slots)
            for slot in waiting
        }
        cost = {slot: np.prod([float(size[s]) for s in span]) for slot, span in spans.items()}
        chosen = min(waiting, key=cost.__getitem__)
        touching = [part for part in pending if chosen in part[0]]
        pending = [part for part in pending if chosen not in part[0]]
        waiting.remove(chosen)
        pending.append(_multiplied(touching, tuple(s for s in spans[chosen] if s != chosen)))
    axes = tuple(dict.fromkeys(slot for slots, _ in parts for slot in slots if slot not in over))
    return _multiplied(pending, axes)


def _multiplied(parts: Sequence[Part], axes: tuple[Slot, ...]) -> Part:
    """The product of parts on the given axes; every other axis is summed over."""
    if not parts:
        return (), np.array(1.0)
    label: dict[Slot, int] = {}
    operands: list[Any] = []
    for slots, values in parts:
        operands += [values, [label.setdefault(slot, len(label)) for slot in slots]]
    out = [label[slot] for slot in axes]
    return axes, np.asarray(np.einsum(*operands, out, optimize=len(parts) > 2))
