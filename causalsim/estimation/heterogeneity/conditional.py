"""The effect for people with given covariates, with intervals on rows old and new."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.crossfit import CrossFit
from causalsim.estimation.crossfitting.learners import Boosting, Matrix, Prediction, ScikitLearner
from causalsim.estimation.crossfitting.nuisances import Nuisances
from causalsim.estimation.crossfitting.stacking import mean_weights
from causalsim.estimation.effect import Effect
from causalsim.estimation.heterogeneity.holding_out import (
    behind,
    divided,
    judging,
    told_apart,
    turns,
)
from causalsim.estimation.heterogeneity.metalearners import (
    DRLearner,
    Materials,
    MetaLearner,
    RLearner,
    Same,
    TLearner,
    XLearner,
)
from causalsim.estimation.heterogeneity.series import Series
from causalsim.estimation.heterogeneity.smoothing import Kernel
from causalsim.estimation.intervals import pointwise
from causalsim.estimation.reading.design import Coding, coding
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed, seeded

_SMALL = Boosting(rate=0.05, trees=60, leaves=4, least=30)
STACK: tuple[MetaLearner, ...] = (
    Same(),
    DRLearner(),
    RLearner(),
    XLearner(),
    TLearner(),
    DRLearner(_SMALL),
    TLearner(Boosting()),
    RLearner(Kernel()),
    TLearner(outcome=Kernel()),
)
STACK_OF_MANY: tuple[MetaLearner, ...] = (
    Same(),
    RLearner(),
    XLearner(),
    DRLearner(_SMALL),
    TLearner(Boosting()),
    RLearner(Kernel()),
)
_MANY, _VERY_MANY = 20_000, 50_000
_CLIP = 0.01


@final
@dataclass(frozen=True, slots=True, eq=False)
class ConditionalEffects:
    """The average effect given covariates, as a function of them.

    Attributes:
        columns: The covariates it is a function of.
        shares: How much each metalearner counts, by its out-of-fold error against the scores.
        held_out: The prediction for each row from models that never saw it.
        members: The same by each metalearner, rows by metalearners.
        parts: The part of the data in which each row was held out.
        materials: The nuisances of all rows.
        effect: The average effect that it refines.
        notes: What was left out because there are so many rows.
    """

    columns: tuple[str, ...]
    shares: tuple[tuple[str, float], ...]
    held_out: Matrix = field(repr=False)
    members: Matrix = field(repr=False)
    parts: NDArray[np.int_] = field(repr=False)
    materials: Materials = field(repr=False)
    effect: Effect = field(repr=False)
    notes: tuple[str, ...]
    _coding: Coding = field(repr=False)
    _predict: Prediction = field(repr=False)
    _series: Series = field(repr=False)

    @property
    def scores(self) -> Matrix:
        """The doubly robust score of each row, whose mean given covariates is the effect."""
        return self.materials.scores

    def at(self, frame: Any, level: float | None = 0.95) -> Any:  # noqa: ANN401
        """The effect for each row of a frame, with pointwise intervals.

        The interval is ``prediction ± z s(x)`` with ``s`` the sandwich standard error of a series
        regression of the scores on splines of the covariates, which is rougher than the prediction
        itself, so that its width covers what the prediction smooths away.

        Args:
            frame: Rows with the covariates, new or old; pandas or polars.
            level: Pointwise coverage; None for predictions alone.

        Returns:
            A frame of the same kind with columns ``effect``, ``low`` and ``high``.

        Raises:
            DataError: A covariate is missing or incomplete.
            EstimationError: A category that the rows it was learnt from did not have, or more
                covariates than there can be intervals for.
        """
        matrix = self._coding.matrix(frame)
        found = self._predict(matrix)
        if level is None:
            return frames.build(frame, {"effect": found})
        return pointwise(frame, found, self._series.standard_error(matrix), level)

    def __str__(self) -> str:
        """In a few words."""
        mean, spread = self._moments()
        lead = max(self.shares, key=lambda pair: pair[1])[0]
        return (
            f"effects given {', '.join(self.columns)}: mean {mean:.3g}, standard deviation "
            f"{spread:.2g} over {len(self.held_out)} rows, mostly by {lead}"
        )

    def _moments(self) -> tuple[float, float]:
        """Mean and standard deviation of the predictions in the population."""
        weights = self.materials.weights
        mean = float(np.average(self.held_out, weights=weights))
        return mean, float(np.sqrt(np.average((self.held_out - mean) ** 2, weights=weights)))

    @property
    def why(self) -> str:
        """Which metalearners count how much, and what to beware of."""
        told = ", ".join(f"{name} {share:.0%}" for name, share in self.shares if share > 0.005)
        return (
            "Metalearners on the nuisances of the average effect, mixed by their held-out error "
            f"against doubly robust scores: {told}. An interval holds for one person at a time; "
            "calibration(effects) says whether the differences between people are real."
            + "".join(f" {note}." for note in self.notes)
        )

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        mean, spread = self._moments()
        told = "".join(
            f"<tr><td>{escape(name)}</td><td>{share:.0%}</td></tr>" for name, share in self.shares
        )
        return (
            f"<p>effects given {escape(', '.join(self.columns))}: mean {mean:.3g}, standard "
            f"deviation {spread:.2g} over {len(self.held_out)} rows</p>"
            f"<table><tr><th>metalearner</th><th>share</th></tr>{told}</table>"
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        mean, spread = self._moments()
        return {
            "columns": list(self.columns),
            "shares": dict(self.shares),
            "rows": len(self.held_out),
            "mean": mean,
            "standard_deviation": spread,
            "effect": self.effect.to_dict(),
            "notes": list(self.notes),
        }


def conditional_effects(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    on: Sequence[str] | None = None,
    by: Sequence[MetaLearner] | None = None,
    parts: int | None = None,
    seed: int | Seed = 0,
) -> ConditionalEffects:
    """Learn for whom an effect is larger, from the nuisances that it was estimated with.

    Each metalearner predicts every row from the other parts of the data, nuisances included: those
    of the average effect will not do, since a prediction made from them has seen the outcome that
    it is judged by, and finds differences where there are none. The mixture is the one whose
    predictions are nearest to the doubly robust scores, ``mean((score - tau(X))^2)``, which is the
    error against the unknown effects up to a constant. It is then learnt from all rows.

    Args:
        effect: Everyone's average effect by AIPW or TMLE.
        frame: The rows it was estimated from.
        on: The covariates; None is the whole adjustment set. With fewer the effect is averaged
            over the others.
        by: Metalearners to mix; one alone is taken as it is. None is the default: nine of them, or
            above 20,000 rows six, without three that no longer count there.
        parts: Into how many parts the rows are divided to predict those held out; None is three,
            or two above 50,000 rows, where half of them teach nearly as much.
        seed: Decides the parts and the learners' chance.

    Raises:
        EstimationError: An effect without nuisances of two arms, another frame, or no metalearner.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> data = nonlinear_confounding(1000, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> found = conditional_effects(effect, data.frame, by=(DRLearner(),), seed=1)
        >>> bool(found.at(data.frame).effect.corr(data.frame.x3) > 0.8)
        True

    References:
        X. Nie, S. Wager (2021), section 4 (stacking of heterogeneous effects); E. Kennedy (2023).
    """
    task, nuisances = behind(effect, frame)
    chosen = (STACK_OF_MANY if task.height > _MANY else STACK) if by is None else by
    ways = tuple(chosen) if isinstance(chosen, Sequence) else (chosen,)
    known = [isinstance(way, MetaLearner) and not isinstance(way, type) for way in ways]
    if not ways or not all(known):
        raise EstimationError.bad_setting(
            "by", by, "metalearners such as (DRLearner(), XLearner())"
        )
    names = told_apart(task, on)
    read = coding(frame, names)
    materials = _materials(task, nuisances, read.matrix(frame), names)
    start = seeded(seed, "conditional effects")
    usual = 2 if task.height > _VERY_MANY else 3
    held = divided(task, usual if parts is None else parts, start)
    judges = judging(effect, task, nuisances)
    guesses = _held_out(effect, task, materials.covariates, names, ways, held, start, judges)
    mix = mean_weights(guesses, materials.scores, materials.weights)
    used = [(share, way) for share, way in zip(mix, ways, strict=True) if share > 0.0]
    learnt = [
        (share, way.learn(materials, start.child(str(place), "all")))
        for place, (share, way) in enumerate(used)
    ]
    return ConditionalEffects(
        columns=names,
        shares=tuple(zip(_names(ways), map(float, mix), strict=True)),
        held_out=guesses @ mix,
        members=guesses,
        parts=held,
        materials=materials,
        effect=effect,
        notes=_left_out(task.height, by is None, parts is None),
        _coding=read,
        _predict=lambda rows: np.sum([share * part(rows) for share, part in learnt], axis=0),
        _series=Series.fit(materials, task.clusters),
    )


def _held_out(
    effect: Effect,
    task: Task,
    covariates: Matrix,
    names: tuple[str, ...],
    ways: tuple[MetaLearner, ...],
    held: NDArray[np.int_],
    seed: Seed,
    judges: CrossFit,
) -> Matrix:
    """The prediction of each metalearner for each row, from parts of the data without it."""
    guesses = np.empty((task.height, len(ways)))
    for train, test, rest, nuisances, place_in in turns(effect, task, held, seed, judges):
        materials = _materials(rest, nuisances, covariates[train], names)
        for place, way in enumerate(ways):
            learnt = way.learn(materials, place_in.child(str(place)))
            guesses[test, place] = learnt(covariates[test])
    return guesses


def _left_out(height: int, usual_ways: bool, usual_parts: bool) -> tuple[str, ...]:
    """What the defaults leave out with so many rows."""
    made = []
    if usual_ways and height > _MANY:
        made.append(
            f"Above {_MANY:,} rows {len(STACK_OF_MANY)} metalearners are tried, not {len(STACK)}"
        )
    if usual_parts and height > _VERY_MANY:
        made.append(f"Above {_VERY_MANY:,} rows they are held out in two parts, not three")
    return tuple(made)


def _names(ways: Sequence[MetaLearner]) -> tuple[str, ...]:
    """A name for each metalearner; a number tells namesakes apart."""
    made: list[str] = []
    for way in ways:
        name = _named(way)
        same = sum(one == name or one.startswith(f"{name} #") for one in made)
        made.append(f"{name} #{same + 1}" if same else name)
    return tuple(made)


def _named(way: MetaLearner) -> str:
    """A metalearner's name with that of its regression."""
    whole, last = getattr(way, "outcome", None), getattr(way, "final", None)
    if whole is not None:
        return f"{type(way).__name__} ({_kind(whole)} of the outcome)"
    return type(way).__name__ + (f" ({_kind(last)})" if last is not None else "")


def _kind(learner: Any) -> str:  # noqa: ANN401
    """The class of a learner; of a pipeline those of its steps."""
    made = learner.estimator if isinstance(learner, ScikitLearner) else learner
    steps = [step for _, step in getattr(made, "steps", ()) if not isinstance(step, str)]
    return " + ".join(map(_kind, steps)) or type(made).__name__


def _materials(
    task: Task, nuisances: Nuisances, covariates: Matrix, names: tuple[str, ...]
) -> Materials:
    """The nuisances of the two arms that are compared, where there are no others."""
    low, high = task.pair
    propensity = nuisances.propensity[:, high]
    both: NDArray[np.bool_] = (task.arm == low) | (task.arm == high)
    if not both.all():
        raise EstimationError.two_arms_only("conditional_effects", task.treatment, task.levels)
    return Materials(
        covariates=covariates,
        outcome=task.outcome,
        treated=task.arm == high,
        propensity=np.clip(propensity, _CLIP, 1 - _CLIP),
        low=nuisances.outcome[:, low],
        high=nuisances.outcome[:, high],
        weights=task.share,
        adjustment=None if set(names) == set(task.covariates) else task.design.matrix,
    )
