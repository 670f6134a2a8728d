"""Draws of one variable for many units, which subtract, add and compare like numbers."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.model import ModelError

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws of a number for each unit; contrasts between worlds are differences draw by draw.

    Args:
        values: Of shape (draws, units); one draw where nothing is uncertain.

    Examples:
        >>> gain = Draws(np.array([[3.0, 1.0], [5.0, 1.0]])) - Draws(np.array([[1.0, 1.0]]))
        >>> gain.mean().tolist(), gain.probability(lambda v: v > 1).tolist()
        ([3.0, 0.0], [1.0, 0.0])
    """

    values: Array

    def mean(self) -> Array:
        """The expected value for each unit."""
        return np.asarray(self.values.mean(axis=0))

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """For each unit the ends of the central interval that holds this share of the draws.

        Raises:
            ModelError: A level outside (0, 1).
        """
        if not 0.0 < level < 1.0:
            raise ModelError.bad_parameter("level", level, "between 0 and 1")
        tail = (1.0 - level) / 2.0
        low, high = np.quantile(self.values, [tail, 1.0 - tail], axis=0)
        return np.asarray(low), np.asarray(high)

    def probability(self, event: Callable[[Array], NDArray[np.bool_]]) -> Array:
        """For each unit the share of draws for which a function of the values is true."""
        return np.asarray(np.asarray(event(self.values), dtype=np.float64).mean(axis=0))

    def average(self) -> Array:
        """The mean over units, one number a draw."""
        return np.asarray(self.values.mean(axis=1))

    def __sub__(self, other: "Draws | float") -> "Draws":
        """Draw by draw, unit by unit."""
        return self._with(other, operator.sub)

    def __add__(self, other: "Draws | float") -> "Draws":
        """Draw by draw, unit by unit."""
        return self._with(other, operator.add)

    def __mul__(self, other: "Draws | float") -> "Draws":
        """Draw by draw, unit by unit."""
        return self._with(other, operator.mul)

    def __truediv__(self, other: "Draws | float") -> "Draws":
        """Draw by draw, unit by unit."""
        return self._with(other, operator.truediv)

    def __len__(self) -> int:
        """How many units there are."""
        return int(self.values.shape[1])

    def __str__(self) -> str:
        """In a few words."""
        draws, units = self.values.shape
        return f"{draws} draw{'' if draws == 1 else 's'} for {units} units"

    def _with(self, other: "Draws | float", by: Callable[[Array, Array | float], Array]) -> "Draws":
        """The same draws of both."""
        found = other.values if isinstance(other, Draws) else other
        if isinstance(found, np.ndarray) and found.shape[1] != self.values.shape[1]:
            raise ModelError.wrong_length("the other", found.shape, self.values.shape[1])
        return Draws(np.asarray(by(self.values, found)))
