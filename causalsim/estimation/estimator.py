"""What an estimator is: a frozen recipe that turns a task into an effect."""

from typing import Any, Protocol, runtime_checkable

from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.nuisances import Nuisances
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed


@runtime_checkable
class Estimator(Protocol):
    """A way to put a number on an answer; it holds settings and never a fitted thing."""

    @property
    def name(self) -> str:
        """The short name that is printed beside its estimates."""

    @property
    def needs(self) -> str:
        """What an answer must have for this estimator, such as ``an adjustment set``."""

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether it can use this kind of answer."""

    def read(self, answer: Any, frame: Any, roles: Roles) -> Any:  # noqa: ANN401
        """The data in the roles that an answer it accepts gives them: its own kind of task."""

    def fit(self, task: Any, seed: int | Seed) -> Effect:  # noqa: ANN401
        """Estimate the effect of a task that it read; equal seeds give equal numbers."""

    def quick(self) -> "Estimator":
        """A cheaper version of itself, for checks that refit it many times."""


@runtime_checkable
class Sharing(Estimator, Protocol):
    """An estimator that can read nuisances which others read too."""

    @property
    def crossfit(self) -> CrossFit:
        """The recipe of the nuisances it needs."""

    def on(self, crossfit: CrossFit) -> "Sharing":
        """The same estimator with the folds and learners of another cross-fit."""

    def effect(self, task: Task, nuisances: Nuisances, seed: int | Seed) -> Effect:
        """Estimate from nuisances that are already there."""


@runtime_checkable
class Weighing(Estimator, Protocol):
    """An estimator that weighs by the propensity of the treatment, and takes it where it is known.

    It reads its propensities from a `CrossFit` of the treatment's own task.
    """

    @property
    def own_propensity(self) -> Any:  # noqa: ANN401
        """The learner or the number that it was given for the propensity, or None."""


@runtime_checkable
class Telling(Estimator, Protocol):
    """An estimator whose own model says what the effect is given covariates."""

    def predicted(self, task: Any, frame: Any, rows: Any, level: float | None) -> Any:  # noqa: ANN401
        """The effect for each of some rows, from a task that it read from a frame."""
