"""What estimators that compare arms under an adjustment set share."""

from abc import ABC, abstractmethod
from typing import Any, Self

from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task
from causalsim.identification.answer import Adjustment
from causalsim.seeds import Seed


class Adjusting(ABC):
    """An estimator that takes its covariates from an adjustment set."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """The name printed beside its estimates."""

    @abstractmethod
    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Estimate the effect of a task."""

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "an adjustment set"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is an adjustment set."""
        return isinstance(answer, Adjustment)

    def read(self, answer: Adjustment, frame: Any, roles: Roles) -> Task:  # noqa: ANN401
        """The data in their roles."""
        return Task.of(frame, answer.query, answer.adjustment, roles)

    def quick(self) -> Self:
        """Itself, which is quick enough."""
        return self
