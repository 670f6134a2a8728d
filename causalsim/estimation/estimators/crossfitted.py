"""What estimators that read one cross-fit of propensities and outcome regressions share."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self

from causalsim.estimation.averaging.assembly import check_aim, check_clip, from_splits
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.averaging.targets import EVERYONE, ArmMeans, Target
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task
from causalsim.identification.answer import Adjustment
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True)
class CrossFitted(ABC):
    """An estimator of arm means from propensities and outcome regressions.

    Args:
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 5 when an arm has under 500 rows.
        outcome: A scikit-learn regressor, or several to stack; None is the default stack.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        clip: The smallest propensity that is divided by; None leaves it to the target (0.01 for
            everyone, no clipping for the others).
        target: Over whom the effect is averaged.
        contrast: How the arms are compared.
        n_jobs: How many folds are fitted at a time; the numbers are the same for any.
        progress: Whether a bar shows how many folds are done.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    propensity: Any = None
    clip: float | None = None
    target: Target = EVERYONE
    contrast: Contrast = DIFFERENCE
    n_jobs: int | None = None
    progress: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        check_clip(self.clip)
        check_aim(self.target, self.contrast)
        self.check()
        _ = self.crossfit

    @property
    @abstractmethod
    def name(self) -> str:
        """The name printed beside its estimates."""

    @abstractmethod
    def check(self) -> None:
        """Refuse settings that it has no use for."""

    @abstractmethod
    def arm_means(self, task: Task, split: Split, propensity: Matrix) -> ArmMeans:
        """The mean outcome in every arm, from one division."""

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "an adjustment set"

    @property
    def crossfit(self) -> CrossFit:
        """The recipe of the nuisances."""
        return CrossFit(
            self.folds,
            self.repeats,
            self.outcome,
            self.propensity,
            self.n_jobs,
            self.progress,
        )

    @property
    def own_propensity(self) -> Any:  # noqa: ANN401
        """The learner or the number that it was given, beside which no known one is taken."""
        return self.propensity

    def quick(self) -> Self:
        """Two folds, divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def on(self, crossfit: CrossFit) -> Self:
        """The same estimator with the folds and learners of another cross-fit."""
        return replace(
            self,
            folds=crossfit.folds,
            repeats=crossfit.repeats,
            outcome=crossfit.outcome,
            propensity=crossfit.propensity,
            n_jobs=crossfit.n_jobs,
            progress=crossfit.progress,
        )

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is an adjustment set."""
        return isinstance(answer, Adjustment)

    def read(self, answer: Adjustment, frame: Any, roles: Roles) -> Task:  # noqa: ANN401
        """The data in their roles."""
        return Task.of(frame, answer.query, answer.adjustment, roles)

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Fit the nuisances and estimate.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            EstimationError: Arms too small for the folds, or no overlap and no clipping.
        """
        return self.effect(task, self.crossfit.fit(task, seed, type(self).__name__), seed)

    def effect(self, task: Task, nuisances: Nuisances, seed: int | Seed) -> Effect:
        """Estimate from nuisances that are already there.

        Args:
            task: The data in their roles.
            nuisances: A cross-fit of the same task.
            seed: Written into the recipe.
        """
        return from_splits(
            task,
            nuisances,
            self,
            seed,
            lambda split, propensity: self.arm_means(task, split, propensity),
        )
