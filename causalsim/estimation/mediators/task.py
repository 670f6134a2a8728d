"""Columns in the roles of mediation: arms, mediators, and the covariates beside them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.events import Question
from causalsim.estimand.query import Query
from causalsim.estimation.mediators.roles import Through
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.reading.task import Task, check_complete


@dataclass(frozen=True, slots=True, eq=False)
class MediatorTask:
    """The data of an effect through mediators.

    Attributes:
        question: What was asked.
        through: Who is who.
        given: Outcome and arms, with the mediators and the covariates as design.
        alone: The same with the covariates only.
    """

    question: Question
    through: Through
    given: Task
    alone: Task

    @classmethod
    def of(
        cls,
        frame: Any,  # noqa: ANN401
        question: Question,
        query: Query,
        through: Through,
        roles: Roles,
    ) -> "MediatorTask":
        """Read a frame.

        Args:
            frame: A pandas or polars frame; it is not changed.
            question: What was asked.
            query: The outcome and the treatment, as `Task.of` reads them.
            through: Who is who.
            roles: Units, columns of weights and clusters, and the arms that are compared.

        Raises:
            DataError: A column is missing, misspelt or not numeric; a mediator has missing cells.
            EstimationError: The treatment has one value, or too many to be arms.
        """
        given = Task.of(frame, query, (*through.mediators, *through.covariates), roles)
        # Being missing is no value that an action could give a mediator.
        check_complete(frame, through.mediators)
        for name in through.mediators:
            if len(np.unique(frames.labels(frame, name))) == 1:
                raise EstimationError.constant_column(name)
        return cls(question, through, given, Task.of(frame, query, through.covariates, roles))

    @property
    def units(self) -> str:
        """The outcome's unit."""
        return self.given.units

    @property
    def pair(self) -> tuple[Level, Level] | None:
        """The levels compared; None where the question names them."""
        if not isinstance(self.question, Query) or self.given.low is None:
            return None
        return self.given.low, self.given.high

    @property
    def roles(self) -> Roles:
        """How the frame was read."""
        return self.given.roles

    @property
    def digest(self) -> str:
        """The mark of the rows."""
        return self.given.digest
