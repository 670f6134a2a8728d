"""An answer and a frame of times that may be censored become roles and arrays."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.survival import SurvivalError
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task, check_complete

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalTask:
    """Times to an event in their roles.

    Attributes:
        base: Treatment, covariates, weights and clusters; its outcome is the time.
        happened: Whether the event was seen at that time; otherwise the row was censored then.
        horizon: The time up to which it is asked.
        event: The column that tells whether the event was seen.
    """

    base: Task
    happened: Mask
    horizon: float
    event: str

    @classmethod
    def of(
        cls,
        frame: Any,  # noqa: ANN401
        answer: Any,  # noqa: ANN401
        event: str,
        horizon: float,
        roles: Roles,
    ) -> "SurvivalTask":
        """Read times, events, treatment and covariates.

        Args:
            frame: A pandas or polars frame, one row a unit.
            answer: An adjustment set for the effect on the time.
            event: The column with 1 where the event was seen, 0 where the row was censored.
            horizon: The time up to which it is asked, in the unit of the times.
            roles: Units, weights, clusters, arms.

        Raises:
            SurvivalError: Times below zero, another event column than 0 and 1, an arm without
                events or without anybody observed until the horizon.
            DataError: A column is missing, misspelt or incomplete.
        """
        base = Task.of(frame, answer.query, answer.adjustment, roles, alone=False)
        frames.require(frame, [event])
        check_complete(frame, [event])
        flags = frames.numeric(frame, event)
        odd = flags[(flags != 0.0) & (flags != 1.0)]
        if len(odd):
            raise SurvivalError.no_flag(event, float(odd[0]))
        early = int((base.outcome < 0.0).sum())
        if early:
            raise SurvivalError.negative_times(base.outcome_name, early)
        task = cls(base, flags == 1.0, float(horizon), event)
        for code, level in enumerate(base.levels):
            rows = base.arm == code
            if not (rows & task.happened & (base.outcome <= horizon)).any():
                raise SurvivalError.no_events(base.treatment, level, horizon)
            last = float(base.outcome[rows].max())
            if last < horizon:
                raise SurvivalError.beyond_followup(base.treatment, level, horizon, last)
        return task

    @property
    def outcome_columns(self) -> tuple[str, ...]:
        """The columns that make up the outcome, which belong together in each row."""
        return self.base.outcome_name, self.event

    @property
    def time(self) -> Matrix:
        """The time of event or censoring."""
        return self.base.outcome

    @property
    def digest(self) -> str:
        """A mark of the times, a dash and one of the arms, to recognise the same rows."""
        return self.base.digest

    @property
    def event_times(self) -> Matrix:
        """The times up to the horizon at which the event was seen, each once, in order."""
        return np.unique(self.time[self.happened & (self.time <= self.horizon)])

    @property
    def censoring_times(self) -> Matrix:
        """The times up to the horizon at which somebody was censored, each once, in order."""
        return np.unique(self.time[~self.happened & (self.time <= self.horizon)])

    def without_units(self) -> "SurvivalTask":
        """The same with an outcome that has no unit."""
        return replace(self, base=replace(self.base, units=""))
