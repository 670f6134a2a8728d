"""Numbers with the draws behind them, so that what shares its draws is compared draw by draw."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A number or a table, and how each draw of each simulation moves it.

    Args:
        values: The estimate.
        influence: For each simulation by its name how far each draw is from the estimate, with the
            draws in a new last dimension; empty where the estimate is exact.
        sizes: For each simulation how many independent draws its draws are worth.
    """

    values: Array
    influence: Mapping[str, Array] = field(default_factory=dict)
    sizes: Mapping[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> Array:
        """The standard errors."""
        total = np.zeros(self.values.shape)
        for name, moved in self.influence.items():
            total = total + np.square(moved).mean(axis=-1) / max(self.sizes[name] - 1.0, 1.0)
        found = np.asarray(np.sqrt(total))
        # What no draw moves, beyond rounding, is known.
        return np.asarray(np.where(found <= 1e-13 * (1.0 + np.abs(self.values)), 0.0, found))

    def plus(self, other: "Estimate", one: float = 1.0, two: float = 1.0) -> "Estimate":
        """``one * self + two * other``."""
        names = dict.fromkeys((*self.influence, *other.influence))
        moved = {
            name: one * _of(self, name, other) + two * _of(other, name, self) for name in names
        }
        values = np.asarray(one * self.values + two * other.values)
        return Estimate(values, moved, {**self.sizes, **other.sizes})

    def over(self, other: "Estimate") -> "Estimate":
        """``self / other``, with the error of both (the delta method)."""
        ratio = np.asarray(self.values / other.values)
        moved = self.plus(other)
        names = dict.fromkeys((*self.influence, *other.influence))
        influence = {
            name: (
                (_of(self, name, other) - ratio[..., np.newaxis] * _of(other, name, self))
                / other.values[..., np.newaxis]
            )
            for name in names
        }
        return Estimate(ratio, influence, moved.sizes)


def exactly(values: Array) -> Estimate:
    """A number or a table without any doubt."""
    return Estimate(np.asarray(values, dtype=np.float64))


def stacked(parts: Mapping[tuple[int, ...], Estimate], shape: tuple[int, ...]) -> Estimate:
    """Parts as one table, whose last axes are those that the parts were made for."""
    if not shape:
        return parts[()]
    first = next(iter(parts.values()))
    values = np.zeros((*first.values.shape, *shape))
    influence: dict[str, Array] = {}
    sizes: dict[str, float] = {}
    for at, part in parts.items():
        index: tuple[slice | int, ...] = (*(slice(None),) * first.values.ndim, *at)
        values[index] = part.values
        sizes.update(part.sizes)
        for name, moved in part.influence.items():
            draws = moved.shape[-1]
            whole = influence.setdefault(name, np.zeros((*values.shape, draws)))
            whole[index] = moved
    return Estimate(values, influence, sizes)


def _of(estimate: Estimate, name: str, other: Estimate) -> Array:
    """How a simulation moves an estimate; not at all if the estimate does not rest on it."""
    found = estimate.influence.get(name)
    return np.zeros_like(other.influence[name]) if found is None else found
