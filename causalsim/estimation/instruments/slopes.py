"""The effect of one unit through instruments: what covariates say is taken off, then two stages."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from causalsim.errors.estimation import EstimationError
from causalsim.errors.instruments import InstrumentError
from causalsim.estimation.crossfitting.crossfit import CrossFit, out_of_fold
from causalsim.estimation.crossfitting.folds import check_clusters, dealt
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.instruments.moments import Moments, Residuals, two_stage
from causalsim.estimation.instruments.reading import (
    InstrumentTask,
    checked_names,
    through_one_instrument,
)
from causalsim.estimation.instruments.weak_instruments import weakness
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.recipe import Recipe
from causalsim.identification.assuming.linearity import LinearEffect
from causalsim.seeds import Seed, seeded

_SMALL = 1000
_REPEATS = 5
_GONE = 1e-12


@dataclass(frozen=True, slots=True)
class Slope(ABC):
    """An estimator of the effect of one unit from residuals of outcome, treatment, instruments.

    Args:
        instruments: Which columns; None is the one instrument of the answer. Each must be one by
            the graph, given the covariates of the answer.
    """

    instruments: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        checked_names(self.instruments)
        self.check()

    @property
    @abstractmethod
    def name(self) -> str:
        """The name printed beside its estimates."""

    @abstractmethod
    def check(self) -> None:
        """Refuse settings that it has no use for."""

    @abstractmethod
    def residuals(self, task: InstrumentTask, seed: int | Seed) -> tuple[Residuals, ...]:
        """What the covariates leave, for each random division of the rows."""

    @abstractmethod
    def how(self, task: InstrumentTask) -> str:
        """How the covariates were taken off, in words."""

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "an instrument (identify(..., assuming=Linear()))"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is an effect that rests on one instrument."""
        if not isinstance(answer, LinearEffect):
            return False
        try:
            through_one_instrument(answer)
        except EstimationError:
            return False
        return True

    def quick(self) -> Self:
        """Itself, which is quick enough."""
        return self

    def read(self, answer: LinearEffect, frame: Any, roles: Roles) -> InstrumentTask:  # noqa: ANN401
        """The data in their roles."""
        return InstrumentTask.of(answer, frame, roles, self.instruments)

    def fit(self, task: InstrumentTask, seed: int | Seed) -> Effect:
        """Take off what the covariates say, and run two stages on what is left.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners, where there are any.

        Raises:
            EstimationError: A treatment or an instrument that the covariates determine, or
                instruments that determine each other.
        """
        divisions = self._checked(task, seed)
        found = [two_stage(rows) for rows in divisions]
        made = combined([v for v, _ in found], [psi for _, psi in found], task.clusters)
        weak = weakness(_moments(task, divisions))
        recipe = Recipe.of_question(task, self, seed, self.how(task))
        return Effect(
            value=task.factor * made.value,
            influence=task.factor * made.influence,
            estimator=self.name,
            estimand=f"effect of one unit of {task.names[1]}"
            if task.factor == 1.0
            else str(task.question),
            recipe=replace(recipe, covariates=task.covariates),
            clusters=task.clusters,
            spread=task.factor**2 * made.spread,
            notes=(*task.notes, *weak),
        )

    def moments(self, task: InstrumentTask, seed: int | Seed) -> Moments:
        """What the instruments say, for `anderson_rubin` and `overidentification`."""
        return _moments(task, self._checked(task, seed))

    def _checked(self, task: InstrumentTask, seed: int | Seed) -> tuple[Residuals, ...]:
        """Residuals in which there is something left of treatment and instruments."""
        divisions = self.residuals(task, seed)
        moved = np.column_stack([task.dose, task.instruments])
        for rows in divisions:
            left = np.column_stack([rows.dose, rows.instruments])
            gone = (left**2).mean(axis=0) <= _GONE * moved.var(axis=0)
            if gone.any():
                raise EstimationError.no_variation(task.names[1 + int(np.argmax(gone))])
            if rows.singular:
                raise InstrumentError.doubled(task.names[2:])
            if not rows.bottom.mean(axis=0).any():
                raise InstrumentError.idle(", ".join(task.names[2:]), task.names[1])
        return divisions


def _moments(task: InstrumentTask, divisions: tuple[Residuals, ...]) -> Moments:
    """The moments of all divisions together."""
    return Moments(
        top=np.mean([rows.top for rows in divisions], axis=0),
        bottom=np.mean([rows.bottom for rows in divisions], axis=0),
        strength=float(np.median([rows.strength for rows in divisions])),
        instruments=task.names[2:],
        treatment=task.names[1],
        clusters=task.clusters,
        factor=task.factor,
    )


@final
@dataclass(frozen=True, slots=True)
class TwoStage(Slope):
    """Two-stage least squares, with one instrument or several.

    Outcome, treatment and instruments are freed of the covariates by least squares; then
    ``b = mean(h y) / mean(h d)`` with ``h`` the treatment as the instruments predict it. The
    standard error is White's. It is the effect of one unit where that is the same for everybody
    and the covariates act linearly; where it differs, an average over those whom the instruments
    move. With a weak instrument it leans towards least squares, and says so.

    Args:
        instruments: Which columns; None is the one instrument of the answer.

    Examples:
        >>> import numpy, pandas
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.assuming import Linear
        >>> from causalsim.identification.strategy import identify
        >>> rng = numpy.random.default_rng(1)
        >>> one, two, u, e = rng.normal(size=(4, 2000))
        >>> x = one + 0.5 * two + u
        >>> rows = pandas.DataFrame({"one": one, "two": two, "x": x, "y": 2 * x + 3 * u + e})
        >>> graph = Graph("one -> x -> y; two -> x; x <-> y")
        >>> answer = identify(graph, Query("y", do="x"), assuming=Linear())
        >>> by = TwoStage(instruments=("one", "two"))
        >>> 2.0 in by.fit(by.read(answer, rows, Roles()), seed=1).interval()
        True

    References:
        H. Theil (1953), Repeated least squares applied to complete equation systems.
        J. Angrist, G. Imbens (1995), Two-stage least squares estimation of average causal effects
        in models with variable treatment intensity, JASA 90.
    """

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "2SLS"

    def check(self) -> None:
        """Every setting has a use."""

    def how(self, task: InstrumentTask) -> str:
        """How the covariates were taken off."""
        return f"least squares, with {', '.join(task.names[2:])} as instrument"

    def residuals(self, task: InstrumentTask, seed: int | Seed) -> tuple[Residuals, ...]:
        """What least squares on the covariates leaves."""
        root = np.sqrt(task.share)[:, None]
        held = np.column_stack([np.ones(task.height), task.design.matrix])
        # Standardised, so that columns of unlike size are told from columns that say the same.
        scale = np.sqrt((held**2).mean(axis=0))
        held = held / np.where(scale > 0.0, scale, 1.0)
        wide = np.column_stack([task.outcome, task.dose, task.instruments])
        left = wide - held @ np.linalg.lstsq(root * held, root * wide, rcond=None)[0]
        return (Residuals(left[:, 0], left[:, 1], left[:, 2:], task.share, task.clusters),)


@final
@dataclass(frozen=True, slots=True)
class PLIV(Slope):
    """Cross-fitted partially linear instrumental variables (double machine learning).

    If ``Y = b D + g(X) + e`` with ``E[e | Z, X] = 0``, then with ``l``, ``m`` and ``r`` the means
    of ``Y``, ``D`` and ``Z`` given ``X``, learnt on other rows, the moments
    ``mean((Z - r)(Y - l - b (D - m)))`` are zero at ``b``, and small errors in ``l``, ``m`` and
    ``r`` do not move them. Several instruments are combined by two-stage least squares on the
    residuals. No form is assumed for ``g``; the effect must be the same for everybody, or the
    answer is an average over those whom the instruments move.

    Args:
        instruments: Which columns; None is the one instrument of the answer.
        folds: How many parts the rows are divided into.
        repeats: How many random divisions; None means 1, or 5 with under 1,000 rows.
        outcome: A scikit-learn regressor of the outcome, or several to stack.
        dose: The same for the treatment.
        instrument: The same for each instrument.

    Examples:
        >>> import numpy, pandas
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.assuming import Linear
        >>> from causalsim.identification.strategy import identify
        >>> rng = numpy.random.default_rng(1)
        >>> w, u, e, f = rng.normal(size=(4, 1000))
        >>> z = numpy.sin(2 * w) + f
        >>> x = z + u
        >>> y = 2 * x + 3 * u + 2 * numpy.sin(2 * w) + e
        >>> rows = pandas.DataFrame({"w": w, "z": z, "x": x, "y": y})
        >>> graph = Graph("w -> z -> x -> y; w -> y; x <-> y")
        >>> answer = identify(graph, Query("y", do="x"), assuming=Linear())
        >>> by = PLIV(repeats=1)
        >>> 2.0 in by.fit(by.read(answer, rows, Roles()), seed=1).interval()
        True

    References:
        V. Chernozhukov et al. (2018), Double/debiased machine learning, section 4.2.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    dose: Any = None
    instrument: Any = None

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "PLIV"

    def check(self) -> None:
        """Folds to hold out, and learners that learn."""
        for learner in (self.outcome, self.dose, self.instrument):
            CrossFit(self.folds, self.repeats, learner)
        if self.folds < 2:
            raise EstimationError.bad_setting("folds", self.folds, "a whole number from 2")

    def quick(self) -> "PLIV":
        """Two folds, divided once."""
        return replace(self, folds=2, repeats=1)

    def how(self, task: InstrumentTask) -> str:
        """How the covariates were taken off."""
        learners = "ridge/boosting stack" if self.outcome is None else str(self.outcome)
        turns = self._turns(task)
        return f"residuals by {learners}, {self.folds} folds{f' x {turns}' if turns > 1 else ''}"

    def residuals(self, task: InstrumentTask, seed: int | Seed) -> tuple[Residuals, ...]:
        """What cross-fitted regressions on the covariates leave."""
        if task.height < 4 * self.folds:
            raise EstimationError.few_people(task.height, self.folds, 4, "PLIV")
        check_clusters(task.clusters, self.folds, "PLIV")
        start = seeded(seed, "partially linear")
        with threadpool_limits(limits=1):
            return tuple(
                self._division(task, start.child(f"split {turn}"))
                for turn in range(self._turns(task))
            )

    def _turns(self, task: InstrumentTask) -> int:
        """How often the rows are divided."""
        return self.repeats or (_REPEATS if task.height < _SMALL else 1)

    def _division(self, task: InstrumentTask, seed: Seed) -> Residuals:
        """The residuals of one division, with folds that have about the same instruments."""
        rng = seed.child("folds").numpy()
        folds = dealt(_fifths(task.instruments[:, 0]), task.clusters, self.folds, rng)

        def left(column: NDArray[np.float64], learner: Any, name: str) -> NDArray[np.float64]:  # noqa: ANN401
            given = (task.design.matrix, column, task.weights, folds, learner, seed.child(name))
            return np.asarray(column - out_of_fold(*given), dtype=np.float64)

        columns = [
            left(column, self.instrument, f"instrument {place}")
            for place, column in enumerate(task.instruments.T)
        ]
        return Residuals(
            left(task.outcome, self.outcome, "outcome"),
            left(task.dose, self.dose, "dose"),
            np.column_stack(columns),
            task.share,
            task.clusters,
        )


def _fifths(column: NDArray[np.float64]) -> NDArray[np.int_]:
    """Which fifth of a column each row belongs to; its level where it has few."""
    cuts = np.unique(np.quantile(column, [0.2, 0.4, 0.6, 0.8]))
    return np.asarray(np.searchsorted(cuts, column), dtype=np.int_)
