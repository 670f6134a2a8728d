"""Survival curves of the arms and their difference, all times from one fit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, final

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.contrasts import Difference
from causalsim.estimation.curves.curve import Curve
from causalsim.estimation.effect import answered
from causalsim.estimation.estimating import checked_task
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.survival.censored import CensoringWeighted
from causalsim.estimation.survival.reading import Matrix, SurvivalTask
from causalsim.estimation.survival.summaries import SurvivalAt
from causalsim.plots.canvas import own_axes
from causalsim.seeds import Seed

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@final
@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurves:
    """The survival curve of each arm, had everyone been in it, and the difference of two.

    Attributes:
        arms: The level of each curve.
        curves: One curve an arm; each can be asked at a time, plotted, and has a joint band.
        difference: High minus low at each time.
    """

    arms: tuple[Level, ...]
    curves: tuple[Curve, ...]
    difference: Curve

    def __getitem__(self, arm: Level) -> Curve:
        """The curve of an arm.

        Raises:
            EstimationError: No such arm.
        """
        if arm not in self.arms:
            raise EstimationError.unknown_level("the treatment", arm, self.arms)
        return self.curves[self.arms.index(arm)]

    def plot(self, ax: "Axes | None" = None, level: float = 0.95) -> "Axes":
        """Both curves from time to time, each with its pointwise intervals.

        Args:
            ax: The axes to draw on; by default those of a new figure.
            level: The coverage of the intervals.
        """
        axes = own_axes(ax, height=3.4)
        for arm, curve in zip(self.arms, self.curves, strict=True):
            rows = curve.to_frame(level)
            at = np.append(0.0, curve.at)
            low, value, high = (np.append(1.0, rows[name]) for name in ("low", "value", "high"))
            (line,) = axes.plot(at, value, label=str(arm))
            axes.fill_between(at, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
        axes.set_xlabel(self.difference.axis)
        axes.set_ylabel("share without the event")
        axes.set_ylim(0.0, 1.02)
        axes.legend(frameon=False)
        return axes

    @property
    def why(self) -> str:
        """How they were made, and what to beware of."""
        return self.difference.why

    def to_frame(self, level: float = 0.95, seed: int | Seed = 0) -> Any:  # noqa: ANN401
        """A pandas frame with one row a curve and time, ends of intervals and joint bands."""
        import pandas

        named = [*zip(self.arms, self.curves, strict=True), ("difference", self.difference)]
        parts = [curve.to_frame(level, seed).assign(curve=arm) for arm, curve in named]
        return pandas.concat(parts, ignore_index=True)

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "arms": list(self.arms),
            "curves": [curve.to_dict() for curve in self.curves],
            "difference": self.difference.to_dict(),
        }

    def __str__(self) -> str:
        """One line: both curves at the last time."""
        at = self.difference.at[-1]
        told = ", ".join(
            f"{arm}: {curve.effects[-1].value:.3g}"
            for arm, curve in zip(self.arms, self.curves, strict=True)
        )
        return f"survival to {at:g}, {told}; difference {self.difference.effects[-1]}"

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        rows = "".join(
            f"<tr><td>{time:g}</td>"
            + "".join(f"<td>{curve.effects[place].value:.3f}</td>" for curve in self.curves)
            + f"<td>{escape(str(self.difference.effects[place]))}</td></tr>"
            for place, time in enumerate(self.difference.at)
        )
        heads = "".join(f"<th>{escape(str(arm))}</th>" for arm in self.arms)
        return f"<table><tr><th>time</th>{heads}<th>difference</th></tr>{rows}</table>"


def survival_curves(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    by: CensoringWeighted,
    times: Iterable[float] | None = None,
    seed: int | Seed = 0,
    weights: str | None = None,
    clusters: str | None = None,
    arms: tuple[Level, Level] | None = None,
) -> SurvivalCurves:
    """The adjusted survival curves of two arms, from one fit.

    Every time by itself is ``estimate(answer, frame, by=AIPCW(event, SurvivalAt(time)))``; the
    bands hold at all the times at once. An estimated curve may rise a little where few are left.

    Args:
        answer: An adjustment set for the effect on the time; the treatment left free.
        frame: A pandas or polars frame, one row a unit.
        by: `AIPCW` or `IPCW` with their settings; what they are ``of`` is the last time where no
            times are given.
        times: At which times; None is twenty up to the one that ``by`` is of.
        seed: Decides folds and learners.
        weights: The column of sampling weights.
        clusters: The column that tells which rows belong together.
        arms: The level compared with and the level that the difference is of.

    Returns:
        The curves.

    Raises:
        SurvivalError: Times beyond the last row that is observed.

    >>> from causalsim.datasets.survival import informative_censoring
    >>> from causalsim.estimand.query import Query
    >>> from causalsim.estimation.survival import AIPCW
    >>> from causalsim.graph.graph import Graph
    >>> from causalsim.identification.strategy import identify
    >>> data = informative_censoring(600, seed=1)
    >>> answer = identify(Graph(data.graph), Query("time", do="a"))
    >>> by = AIPCW("died", folds=2, repeats=1)
    >>> found = survival_curves(answer, data.frame, by, times=[1, 2, 4], seed=1)
    >>> found[1][2.0].value > found[0][2.0].value
    True
    >>> data.survival_effect(4.0) in found.difference[4.0].interval(0.99)
    True
    """
    if not isinstance(by, CensoringWeighted):
        raise EstimationError.bad_setting("by", by, "AIPCW(event) or IPCW(event)")
    last = by.of.horizon
    chosen = np.linspace(last / 20, last, 20) if times is None else _times(times)
    places = tuple(float(time) for time in chosen)
    if not places:
        raise EstimationError.bad_setting("times", times, "one or several positive numbers")
    summaries = tuple(SurvivalAt(time) for time in places)
    by = replace(by, of=summaries[-1], contrast=Difference())
    task: SurvivalTask = checked_task(answer, frame, by, Roles("", weights, clusters, arms))
    low, high = task.base.pair
    found = by.summarised(task, summaries, seed)
    adjusted = ", ".join(task.base.covariates) or "nothing"
    method = (
        f"Survival curves by {by.name}, adjusted for {adjusted}: {found.learners}. {answer.why}"
    )
    axis = task.base.outcome_name

    def curve(signs: tuple[float, ...], contrast: bool) -> Curve:
        base = replace(task.base, contrast=signs)
        made = tuple(answered(found.effect(base, k), answer) for k in range(len(places)))
        measured = f"{'difference in the ' if contrast else ''}share without the event"
        return Curve(places, made, axis, contrast, method, measured)

    both = curve(task.base.contrast, True)
    alone = (curve(_alone(task, low), False), curve(_alone(task, high), False))
    levels = (task.base.levels[low], task.base.levels[high])
    return SurvivalCurves(levels, alone, both)


def _times(times: Iterable[float]) -> Matrix:
    """Times in order, each once."""
    try:
        return np.unique(np.asarray([*times], dtype=np.float64))
    except (TypeError, ValueError):
        raise EstimationError.bad_setting("times", times, "positive numbers") from None


def _alone(task: SurvivalTask, code: int) -> tuple[float, ...]:
    """The contrast that is the mean of one arm."""
    return tuple(float(place == code) for place in range(len(task.base.levels)))
