"""What is read off a survival curve: the share alive at a time, or the mean time alive up to it."""

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.reading.task import Task
from causalsim.estimation.survival.reading import Matrix


@runtime_checkable
class Summary(Protocol):
    """A linear functional of the survival curve."""

    @property
    def horizon(self) -> float:
        """The time up to which the curve matters."""

    @property
    def whole(self) -> float:
        """Its value if the event never happened."""

    @property
    def timed(self) -> bool:
        """Whether it is measured in the unit of time."""

    def in_words(self, task: Task) -> str:
        """What the average is called."""

    def weights(self, grid: Matrix) -> Matrix:
        """How much the curve counts from each time of the grid to the next."""

    def lost(self, time: Matrix) -> Matrix:
        """How much an event at each time takes away from the whole."""


@final
@dataclass(frozen=True, slots=True)
class SurvivalAt:
    """The probability that the event has not happened by a time, ``S(t)``.

    Args:
        time: The time.
    """

    time: float

    def __post_init__(self) -> None:
        """A time after the start."""
        _check(self.time)

    @property
    def horizon(self) -> float:
        """The time itself."""
        return self.time

    @property
    def whole(self) -> float:
        """Everybody."""
        return 1.0

    @property
    def timed(self) -> bool:
        """It is a probability."""
        return False

    def in_words(self, task: Task) -> str:
        """What the average is called."""
        return f"average effect on survival to {self.time:g}"

    def weights(self, grid: Matrix) -> Matrix:
        """One at the last time of the grid that is not later."""
        made = np.zeros(len(grid))
        made[int(np.searchsorted(grid, self.time, side="right")) - 1] = 1.0
        return made

    def lost(self, time: Matrix) -> Matrix:
        """One for every event in time."""
        return np.asarray(time <= self.time, dtype=np.float64)


@final
@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The mean time without the event up to a horizon, ``E[min(T, tau)]``.

    Args:
        until: The horizon ``tau``.
    """

    until: float

    def __post_init__(self) -> None:
        """A horizon after the start."""
        _check(self.until)

    @property
    def horizon(self) -> float:
        """The horizon."""
        return self.until

    @property
    def whole(self) -> float:
        """All of the time."""
        return self.until

    @property
    def timed(self) -> bool:
        """It is a time."""
        return True

    def in_words(self, task: Task) -> str:
        """What the average is called."""
        return f"average effect on mean time up to {self.until:g}"

    def weights(self, grid: Matrix) -> Matrix:
        """From each time to the next, and from the last to the horizon."""
        return np.diff(np.minimum(np.append(grid, self.until), self.until))

    def lost(self, time: Matrix) -> Matrix:
        """What is left of the time."""
        return np.maximum(self.until - time, 0.0)


def _check(time: float) -> None:
    """A positive number."""
    if not isinstance(time, int | float) or not 0.0 < time < np.inf:
        raise EstimationError.bad_setting("time", time, "a positive number")
