"""The average effect among compliers: a ratio of two doubly robust effects of the instrument."""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.instruments import InstrumentError
from causalsim.estimand.events import Question
from causalsim.estimand.query import Query
from causalsim.estimation.averaging.assembly import check_clip
from causalsim.estimation.averaging.contrasts import DIFFERENCE
from causalsim.estimation.averaging.targets import EVERYONE, weighted_means
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.nuisances import Nuisances, clipped, clipping_notes
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.instruments.moments import Moments
from causalsim.estimation.instruments.weak_instruments import weakness
from causalsim.estimation.intervals import standard_error, wald
from causalsim.estimation.reading.doses import check_outcome
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.reading.task import Task
from causalsim.estimation.recipe import Recipe
from causalsim.identification.answer import Adjustment
from causalsim.identification.assuming.complier_contrasts import (
    ComplierContrast,
    complier_contrast,
)
from causalsim.identification.strategy import identify
from causalsim.seeds import Seed

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ComplierTask:
    """The data of two effects of an instrument: on the outcome and on the treatment.

    Attributes:
        question: The question.
        contrast: Which arms are compared among whom.
        outcome: The instrument as treatment, the outcome as outcome.
        moved: The instrument as treatment, whether the treatment was taken as outcome.
    """

    question: Question
    contrast: ComplierContrast
    outcome: Task
    moved: Task

    @property
    def pair(self) -> tuple[Level, Level] | None:
        """The question names its arms."""
        return None

    @property
    def units(self) -> str:
        """The outcome's unit."""
        return self.outcome.units

    @property
    def roles(self) -> Roles:
        """What the frame was read by."""
        return replace(self.outcome.roles, arms=None)

    @property
    def digest(self) -> str:
        """A mark of the outcomes, a dash and marks of instrument and treatment."""
        return f"{self.outcome.digest}{self.moved.digest.split('-')[0]}"


@dataclass(frozen=True, slots=True, eq=False)
class _Halves:
    """The two effects of the instrument from one division, with their influence values."""

    top: float
    bottom: float
    over: Matrix
    under: Matrix


@final
@dataclass(frozen=True, slots=True)
class LATE:
    """The cross-fitted, doubly robust average effect among compliers.

    Those whom the instrument ``Z`` moves from one treatment to the other are the compliers; who
    they are is not known, but their average effect is

        E[Y(Z=high) - Y(Z=low)] / E[X(Z=high) - X(Z=low)],

    if ``Z`` is as good as random given the covariates, acts on ``Y`` through ``X`` only, and moves
    nobody the other way. Both effects of ``Z`` are by `AIPW` on the same folds and propensities of
    the instrument, and a row has the influence value ``(psi_Y - LATE psi_X) / share`` with
    ``share`` the denominator, the share of compliers, which is printed. Either effect is right
    when its regressions or the instrument's propensities are. With a weak first stage (F below
    10) the effect says so, and gives Fieller's set, which holds nevertheless.

    Args:
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 5 when a level of the instrument has
            under 500 rows.
        outcome: A scikit-learn regressor, or several to stack; None is the default stack.
        treatment: The same for taking the treatment.
        instrument: A scikit-learn classifier of the instrument, or the known probability of its
            higher level, as in a lottery.
        clip: The smallest propensity that is divided by; None is 0.01.

    Examples:
        >>> from causalsim.datasets.instruments import encouragement
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.assuming import Monotone
        >>> data = encouragement(1000, seed=1)
        >>> graph, query = Graph(data.graph), Query("y", do="a")
        >>> answer = identify(graph, query, assuming=Monotone("z", "a"))
        >>> by = LATE(repeats=1)
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.late in effect.interval(0.99)
        True

    References:
        G. Imbens, J. Angrist (1994), Identification and estimation of local average treatment
        effects, Econometrica 62, theorem 1.
        M. Frölich (2007), Nonparametric IV estimation of local average treatment effects with
        covariates, Journal of Econometrics 139.
        V. Chernozhukov et al. (2018), Double/debiased machine learning, section 5.2.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    treatment: Any = None
    instrument: Any = None
    clip: float | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        check_clip(self.clip)
        _ = self.crossfit, replace(self.crossfit, outcome=self.treatment)

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "LATE"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "compliers, and covariates that make the instrument as good as random"

    @property
    def crossfit(self) -> CrossFit:
        """The recipe of the nuisances."""
        return CrossFit(self.folds, self.repeats, self.outcome, self.instrument)

    def quick(self) -> "LATE":
        """Two folds, divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer compares two arms among compliers, by an adjustment set."""
        found = complier_contrast(answer)
        return found is not None and _adjustment(answer, found) is not None

    def read(self, answer: Any, frame: Any, roles: Roles) -> ComplierTask:  # noqa: ANN401
        """The data in their roles.

        Raises:
            InstrumentError: A treatment of more than two levels.
            EstimationError: A level that nobody has, or arms named beside the answer's.
            DataError: A column that is missing, incomplete or not numeric.
        """
        found = complier_contrast(answer)
        covariates = None if found is None else _adjustment(answer, found)
        if found is None or covariates is None:
            raise EstimationError.unusable_answer(self.name, self.needs, str(answer), "by=Plugin()")
        if roles.arms is not None:
            raise EstimationError.bad_setting("arms", roles.arms, "None: the question names them")
        _check_treatment(frame, found)
        arms = replace(roles, arms=(found.low, found.high))
        event = found.outcome
        outcome = event.variable if event.value is None else {event.variable: event.value}
        by_instrument = Query(outcome, do=found.instrument)
        taking = Query({found.treatment: found.to}, do=found.instrument)
        first = Task.of(frame, by_instrument, covariates, arms)
        second = Task.of(frame, taking, covariates, arms, alone=False)
        check_outcome(first.outcome, second.outcome, event.variable, found.treatment)
        return ComplierTask(question=answer.query, contrast=found, outcome=first, moved=second)

    def fit(self, task: ComplierTask, seed: int | Seed) -> Effect:
        """Both effects of the instrument, and their ratio.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            EstimationError: A level of the instrument too rare for the folds.
            InstrumentError: An instrument that moves nobody.
        """
        halves, learners, notes = self._halves(task, seed)
        factor, clusters = task.contrast.weight, task.outcome.clusters
        ratios = [factor * half.top / half.bottom for half in halves]
        influences = [
            (factor * half.over - ratio * half.under) / half.bottom
            for half, ratio in zip(halves, ratios, strict=True)
        ]
        made = combined(ratios, influences, clusters)
        share = combined([h.bottom for h in halves], [h.under for h in halves], clusters)
        error = standard_error(share.influence, clusters)
        moments = _moments(task, halves)
        recipe = Recipe.of_question(task, self, seed, learners)
        return Effect(
            value=made.value,
            influence=made.influence,
            estimator=self.name,
            estimand="average effect among compliers",
            recipe=replace(recipe, covariates=task.outcome.covariates),
            clusters=clusters,
            spread=made.spread,
            notes=(
                _share_told(task, share.value, error),
                *weakness(moments),
                *notes,
                *task.outcome.notes,
            ),
        )

    def moments(self, task: ComplierTask, seed: int | Seed) -> Moments:
        """What the instrument says, for `anderson_rubin`."""
        return _moments(task, self._halves(task, seed)[0])

    def nuisances(self, task: ComplierTask, seed: int | Seed) -> tuple[Nuisances, Nuisances]:
        """The instrument's propensity with regressions of the outcome, and of the treatment."""
        nuisances = self.crossfit.fit(task.outcome, seed, "LATE")
        taking = replace(self.crossfit, outcome=self.treatment)
        return nuisances, taking.again(task.moved, nuisances, seed)

    def _halves(
        self, task: ComplierTask, seed: int | Seed
    ) -> tuple[list[_Halves], str, tuple[str, ...]]:
        """Both effects in every division, how they were learnt, and what must be known."""
        nuisances, moved = self.nuisances(task, seed)
        bound = EVERYONE.clip if self.clip is None else self.clip
        halves, reports = [], []
        for split, other in zip(nuisances.splits, moved.splits, strict=True):
            propensity, report = clipped(split.propensity, bound)
            reports.append(report)
            means = weighted_means(task.outcome, propensity, split.outcome, EVERYONE)
            top, over = DIFFERENCE.of(means, task.outcome)
            means = weighted_means(task.moved, propensity, other.outcome, EVERYONE)
            bottom, under = DIFFERENCE.of(means, task.moved)
            if abs(bottom) < 1e-9:
                raise InstrumentError.idle(task.contrast.instrument, task.contrast.treatment)
            halves.append(_Halves(top, bottom, over, under))
        learners = nuisances.learners.replace("propensity", "instrument")
        return halves, learners, clipping_notes(reports)


def _adjustment(answer: Any, found: ComplierContrast) -> tuple[str, ...] | None:  # noqa: ANN401
    """Covariates that serve both effects of the instrument, or None."""
    joint = Query((found.outcome.variable, found.treatment), do=found.instrument)
    told = identify(answer.graph, joint)
    return told.adjustment if isinstance(told, Adjustment) else None


def _check_treatment(frame: Any, found: ComplierContrast) -> None:  # noqa: ANN401
    """The treatment has the two levels of the contrast and no other."""
    frames.require(frame, (found.treatment,))
    cells = frames.values(frame, found.treatment)[~frames.missing(frame, found.treatment)]
    names = cells.dtype.kind == "O" and frames.categorical(frame, found.treatment)
    levels = np.unique(cells.astype(str) if names else cells).tolist()
    if not set(levels) <= {found.baseline, found.to}:
        two = (found.baseline, found.to)
        raise InstrumentError.more_levels(found.treatment, levels, two)


def _moments(task: ComplierTask, halves: list[_Halves]) -> Moments:
    """The scores of both effects, whose means the ratio is of."""
    clusters = task.outcome.clusters
    under = np.mean([half.under for half in halves], axis=0)
    bottom = float(np.median([half.bottom for half in halves]))
    top = float(np.median([half.top for half in halves]))
    error = standard_error(under, clusters)
    return Moments(
        top=(top + np.mean([half.over for half in halves], axis=0))[:, None],
        bottom=(bottom + under)[:, None],
        strength=float("inf") if error == 0.0 else (bottom / error) ** 2,
        instruments=(task.contrast.instrument,),
        treatment=task.contrast.treatment,
        clusters=clusters,
        factor=task.contrast.weight,
    )


def _share_told(task: ComplierTask, share: float, error: float) -> str:
    """How many compliers there are, or that the stated direction is contradicted."""
    inside = wald(share, error)
    if share < 0.0:
        found = task.contrast
        return (
            f"{found.instrument} = {found.high!r} makes {found.treatment} = {found.to!r} rarer "
            f"({share:+.1%}, 95 % CI {inside.low:.1%} to {inside.high:.1%}): the monotone response "
            "that was assumed is contradicted by these rows"
        )
    return f"{share:.1%} are compliers (95 % CI {inside.low:.1%} to {inside.high:.1%})"
