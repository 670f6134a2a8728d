"""What survival estimators share when some rows are censored: hazards, folds, summaries."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.assembly import assembled, check_aim, check_clip, check_shared
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.averaging.targets import EVERYONE, ArmMeans, arms_taken
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.learners import Mean
from causalsim.estimation.crossfitting.nuisances import Split, clipped, clipping_notes
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.reading.task import Task
from causalsim.estimation.survival.hazards import Cox, HazardModel
from causalsim.estimation.survival.reading import Mask, Matrix, SurvivalTask
from causalsim.estimation.survival.summaries import Summary, SurvivalAt
from causalsim.identification.answer import Adjustment
from causalsim.seeds import Seed

Whole = NDArray[np.int_]
_BLOCK = 4_000_000
_COX = Cox()
_ONE = SurvivalAt(1.0)


@dataclass(frozen=True, slots=True)
class CensoringWeighted(ABC):
    """What estimators that weigh by the chance of still being observed share.

    Args:
        event: The column with 1 where the event was seen and 0 where the row was censored.
        of: What is compared: `SurvivalAt` or `RestrictedMean`.
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 5 when an arm has under 500 rows.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        hazard: How the hazard of the event is learnt in each arm, up to the horizon.
        censoring: How the hazard of censoring is learnt in each arm, up to the horizon.
        clip: The smallest propensity, and the smallest chance of still being observed, that is
            divided by.
        contrast: How the arms are compared.
    """

    event: str
    of: Summary = _ONE
    folds: int = 5
    repeats: int | None = None
    propensity: Any = None
    hazard: HazardModel = _COX
    censoring: HazardModel = _COX
    clip: float = 0.01
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check the settings."""
        if not isinstance(self.event, str):
            raise EstimationError.bad_setting("event", self.event, "the name of a column")
        if isinstance(self.of, type) or not isinstance(self.of, Summary):
            raise EstimationError.bad_setting(
                "of", self.of, "SurvivalAt(time) or RestrictedMean(until)"
            )
        for role, model in (("hazard", self.hazard), ("censoring", self.censoring)):
            if isinstance(model, type) or not isinstance(model, HazardModel):
                raise EstimationError.bad_setting(role, model, "Cox() or KaplanMeier()")
        check_clip(self.clip)
        check_aim(EVERYONE, self.contrast)
        _ = self.crossfit

    @property
    @abstractmethod
    def name(self) -> str:
        """The name printed beside its estimates."""

    @abstractmethod
    def scores(
        self, task: SurvivalTask, chances: "Chances", ratio: Matrix, of: tuple[Summary, ...]
    ) -> Matrix:
        """Rows by summaries: their means are the arm's, their spread is that of the means."""

    @property
    @abstractmethod
    def modelled(self) -> str:
        """Which hazards were learnt how, for the recipe."""

    @property
    def crossfit(self) -> CrossFit:
        """The recipe of folds and propensities."""
        return CrossFit(self.folds, self.repeats, Mean(), self.propensity)

    @property
    def own_propensity(self) -> Any:  # noqa: ANN401
        """The learner or the number that it was given, beside which no known one is taken."""
        return self.propensity

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "an adjustment set"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is an adjustment set."""
        return isinstance(answer, Adjustment)

    def read(self, answer: Adjustment, frame: Any, roles: Roles) -> SurvivalTask:  # noqa: ANN401
        """The data in their roles."""
        task = SurvivalTask.of(frame, answer, self.event, self.of.horizon, roles)
        return task if self.of.timed else task.without_units()

    def quick(self) -> Self:
        """Two folds, divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def fit(self, task: SurvivalTask, seed: int | Seed) -> Effect:
        """Learn propensities and hazards, and compare.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            EstimationError: Arms too small for the folds.
            SurvivalError: A hazard model that cannot be fitted.
        """
        return self.summarised(task, (self.of,), seed).effect(task.base, 0)

    def summarised(
        self, task: SurvivalTask, of: tuple[Summary, ...], seed: int | Seed
    ) -> "Summarised":
        """Several summaries of the same curves, from one fit; none may look beyond the horizon.

        Args:
            task: The data in their roles.
            of: What is compared.
            seed: Decides folds and learners.
        """
        nuisances = self.crossfit.fit(task.base, seed, type(self).__name__)
        check_shared(task.base, nuisances)
        means: list[list[ArmMeans]] = []
        reports, touched = [], 0
        for split in nuisances.splits:
            propensity, report = clipped(split.propensity, self.clip)
            found, count = self._arm_means(task, split, propensity, of)
            means.append(found)
            reports.append(report)
            touched = max(touched, count)
        notes = clipping_notes(reports)
        if touched:
            notes = (
                *notes,
                f"the chance of still being observed fell below {self.clip:g} for {touched} of "
                f"{task.base.height} rows and was clipped",
            )
        treated = nuisances.learners.removeprefix(f"outcome by {Mean()}, ")
        return Summarised(self, of, means, f"{self.modelled}, {treated}", notes, seed)

    def _arm_means(
        self, task: SurvivalTask, split: Split, propensity: Matrix, of: tuple[Summary, ...]
    ) -> tuple[list[ArmMeans], int]:
        """Every summary in every arm, and how many rows had a chance clipped."""
        base = task.base
        share = base.share
        taken = arms_taken(base)
        values = np.empty((len(of), len(base.levels)))
        influence = np.empty((len(of), base.height, len(base.levels)))
        touched = np.zeros(base.height, dtype=bool)
        for code in range(len(base.levels)):
            ratio = taken[:, code] / propensity[:, code]
            chances = Chances(task, self, split.folds, code, touched)
            score = self.scores(task, chances, ratio, of)
            values[:, code] = np.mean(share[:, None] * score, axis=0)
            influence[:, :, code] = (share[:, None] * (score - values[:, code])).T
        made = [ArmMeans(one, psi) for one, psi in zip(values, influence, strict=True)]
        return made, int(touched.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Summarised:
    """Summaries of the arms' curves, from one fit.

    Attributes:
        by: The estimator.
        of: The summaries.
        means: For every division the arms' means of each summary.
        learners: How hazards and propensities were learnt, in words.
        notes: What a careful reader must know.
        seed: What every random choice came from.
    """

    by: CensoringWeighted
    of: tuple[Summary, ...]
    means: list[list[ArmMeans]]
    learners: str
    notes: tuple[str, ...]
    seed: int | Seed

    def effect(self, base: Task, place: int) -> Effect:
        """The contrast of one summary that a task asks for."""
        summary: Any = self.of[place]
        return assembled(
            base if summary.timed else replace(base, units=""),
            [division[place] for division in self.means],
            summary,
            self.by.contrast,
            replace(self.by, of=summary),
            self.seed,
            learners=self.learners,
            notes=self.notes,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """Hazards of event and censoring in one arm, predicted for the rows of each fold in turn."""

    task: SurvivalTask
    by: CensoringWeighted
    folds: Whole
    code: int
    touched: Mask

    def turns(self, model: HazardModel) -> Iterator[tuple[Whole, Matrix, Matrix]]:
        """For blocks of rows: their places, ``q`` at the event times, ``G`` before them."""
        task, by, base = self.task, self.by, self.task.base
        events, ends = task.event_times, task.censoring_times
        share = base.share
        count = int(self.folds.max()) + 1
        # Whoever has the event at a time is not censored at that time.
        later = np.where(task.happened, np.nextafter(task.time, -np.inf), task.time)
        # What comes after the horizon is not learnt from: where a study ends everyone who is left
        # is censored at once, whatever their covariates.
        happened = task.happened & (task.time <= task.horizon)
        censored = ~task.happened & (task.time < task.horizon)
        before = np.searchsorted(ends, events, side="left")
        for fold in range(count):
            train = base.arm == self.code
            if count > 1:
                train = train & (self.folds != fold)
            matrix = base.design.matrix[train]
            hazard = model.fit(matrix, task.time[train], happened[train], share[train], events)
            lost = by.censoring.fit(matrix, later[train], censored[train], share[train], ends)
            rows = np.flatnonzero(self.folds == fold)
            size = max(1, _BLOCK // (len(events) + len(ends) + 1))
            for start in range(0, len(rows), size):
                block = rows[start : start + size]
                covariates = base.design.matrix[block]
                stays = np.cumprod(1.0 - lost(covariates), axis=1)
                open_ = np.column_stack([np.ones(len(block)), stays])[:, before]
                watched = task.time[block][:, None] >= events
                in_arm = (base.arm[block] == self.code)[:, None]
                self.touched[block] |= (watched & in_arm & (open_ < by.clip)).any(axis=1)
                yield block, hazard(covariates), np.maximum(open_, max(by.clip, 1e-12))
