"""How far may the odds of treatment have been off, for people who look alike?

The marginal sensitivity model says that among people with equal covariates a hidden cause changes
the odds of treatment by at most a factor ``Gamma``. The outcomes that the treated would have shown
untreated then have a density that is at most ``Gamma`` times, and at least ``1 / Gamma`` times,
that of the untreated who look like them. The largest mean that this allows puts ``Gamma`` on
outcomes above the ``Gamma / (1 + Gamma)`` quantile ``Q(x)`` and ``1 / Gamma`` on those below:

    rho(x) = E[Q + w (Y - Q) | x],    w = Gamma if Y > Q else 1 / Gamma.

Its doubly robust estimate adds to ``rho`` the weighted residual of ``Q + w (Y - Q)``. A wrong
quantile makes the range too wide, never too narrow.

References:
    Z. Tan (2006), A distributional approach for causal inference using propensity scores, JASA
    101.
    Q. Zhao, D. Small, B. Bhattacharya (2019), Sensitivity analysis for inverse probability
    weighting estimators via the percentile bootstrap, JRSS B 81.
    J. Dorn, K. Guo (2022), Sharp sensitivity analysis for inverse propensity weighting via
    quantile balancing, JASA 118.
    J. Dorn, K. Guo, N. Kallus (2024), Doubly-valid/doubly-sharp sensitivity analysis for causal
    inference with unmeasured confounding, JASA.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.refuting.case import task_behind
from causalsim.checks.sensitivity.partial import Range
from causalsim.checks.sensitivity.worst_cases import checked_difference
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.targets import Treated, Untreated
from causalsim.estimation.crossfitting.nuisances import Split, clipped
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.estimators.doubly_robust import AIPW
from causalsim.estimation.intervals import standard_error
from causalsim.estimation.reading.task import Task

Matrix = NDArray[np.float64]
_MOST = 1024.0
_STEPS = 12


@dataclass(frozen=True, slots=True)
class OddsSensitivity:
    """The effects that hidden causes of limited strength allow.

    Attributes:
        gammas: The factors by which odds of treatment may be off, from 1.
        ranges: For each the range of effects.
        explained: The factor at which the range first holds no effect; infinite where none up to
            1,024 does.
        limit: The factor at which the 95 % interval does.
    """

    gammas: tuple[float, ...]
    ranges: tuple[Range, ...]
    explained: float
    limit: float

    def __str__(self) -> str:
        """One sentence."""
        if self.limit <= 1.0:
            return "the 95 % interval holds zero even without any hidden cause"
        told = (
            f"hidden causes would have to change the odds of treatment of people who look alike "
            f"by a factor of {_shown(self.limit)} to move the 95 % interval to no effect"
        )
        return f"{told}, and of {_shown(self.explained)} to explain the estimate away"

    def to_frame(self) -> Any:  # noqa: ANN401
        """A pandas frame with one row a factor."""
        import pandas

        inside = [one.interval() for one in self.ranges]
        return pandas.DataFrame(
            {
                "low": [one.low for one in self.ranges],
                "high": [one.high for one in self.ranges],
                "interval_low": [one.low for one in inside],
                "interval_high": [one.high for one in inside],
            },
            index=pandas.Index(self.gammas, name="gamma"),
        )

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        cells = "".join(
            f"<tr><td>{gamma:g}</td><td>{one.low:.3g} to {one.high:.3g}</td>"
            f"<td>{one.interval().low:.3g} to {one.interval().high:.3g}</td></tr>"
            for gamma, one in zip(self.gammas, self.ranges, strict=True)
        )
        heads = "<tr><th>odds off by</th><th>effect</th><th>95 % interval</th></tr>"
        return f"<table>{heads}{cells}</table><p>{self}</p>"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "gammas": list(self.gammas),
            "ranges": [one.to_dict() for one in self.ranges],
            "explained": self.explained,
            "limit": self.limit,
        }

    def plot(self, ax: Any = None) -> Any:  # noqa: ANN401
        """The range and its interval against the factor.

        Args:
            ax: The axes to draw on; by default those of a new figure.
        """
        from causalsim.plots.bands import band

        inside = [one.interval() for one in self.ranges]
        return band(
            self.gammas,
            [(one.low + one.high) / 2.0 for one in self.ranges],
            [one.low for one in self.ranges],
            [one.high for one in self.ranges],
            wide=([one.low for one in inside], [one.high for one in inside]),
            null=0.0,
            labels=("odds of treatment off by a factor of", "effect"),
            ax=ax,
        )


def odds_sensitivity(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    gammas: Sequence[float] = (1.0, 1.25, 1.5, 2.0, 3.0),
) -> OddsSensitivity:
    """The range of effects when hidden causes change odds of treatment by at most a factor.

    At 1 the range is the estimate and its interval that of the effect. The range is sharp, no
    narrower one holds, where outcomes of one arm differ between people in location and scale only
    (always for zeros and ones); elsewhere it is valid and somewhat too wide.

    Args:
        effect: A difference by AIPW of two arms, for everyone, the treated or the untreated.
        frame: The frame it came from.
        gammas: The factors, each at least 1.

    Returns:
        A range for each factor, and the factors at which the range and its interval reach zero.

    Raises:
        EstimationError: Another estimator, more than two arms, or a factor below 1.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> data = nonlinear_confounding(400, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> found = odds_sensitivity(effect, data.frame)
        >>> bool(found.ranges[0].low == found.ranges[0].high)
        True
        >>> bool(1.0 < found.limit < found.explained)
        True
    """
    model = _Model.of(effect, frame)
    try:
        wanted = sorted({1.0, *(float(one) for one in gammas)})
    except (TypeError, ValueError):
        wanted = [0.0]
    if wanted[0] < 1.0 or not math.isfinite(wanted[-1]):
        raise EstimationError.bad_setting("gammas", gammas, "finite factors from 1")
    ranges: list[Range] = []
    for gamma in wanted:
        made = model.range(gamma)
        # What a weaker hidden cause can do, a stronger one can: rounding may not undo it.
        ranges.append(_holding(made, ranges[-1]) if ranges else made)
    sign = 1.0 if effect.value >= 0.0 else -1.0

    def nearest(gamma: float, level: bool) -> float:
        one = model.range(gamma)
        inside = one.interval() if level else one
        return sign * (inside.low if sign > 0 else inside.high)

    return OddsSensitivity(
        tuple(wanted),
        tuple(ranges),
        _crossing(lambda gamma: nearest(gamma, False)),
        _crossing(lambda gamma: nearest(gamma, True)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """All that the ranges of one effect share."""

    effect: Effect
    task: Task
    members: tuple[bool, bool]
    splits: tuple[tuple[Split, Matrix], ...]
    binary: bool

    @classmethod
    def of(cls, effect: Effect, frame: Any) -> "_Model":  # noqa: ANN401
        """Read the effect again.

        Raises:
            EstimationError: No AIPW, no difference, or more than two arms.
        """
        task = task_behind(effect, frame)
        estimator = effect.recipe.estimator
        if not isinstance(estimator, AIPW) or effect.nuisances is None:
            raise CheckError.not_for(
                "marginal sensitivity model",
                effect.estimator,
                "it needs propensities and outcome regressions",
                "by=AIPW().",
            )
        target = checked_difference(effect)
        if len(task.levels) != 2:
            raise EstimationError.two_arms_only(
                "The marginal sensitivity model", task.treatment, task.levels
            )
        _ = task.pair
        bound = target.clip if estimator.clip is None else estimator.clip
        splits = tuple(
            (split, clipped(split.propensity, bound)[0]) for split in effect.nuisances.splits
        )
        members = (not isinstance(target, Treated), not isinstance(target, Untreated))
        return cls(effect, task, members, splits, bool(np.isin(task.outcome, (0.0, 1.0)).all()))

    def range(self, gamma: float) -> Range:
        """The range of effects at a factor."""
        task = self.task
        ends = []
        for side in (-1.0, 1.0):
            made = [self._end(split, e, gamma, side) for split, e in self.splits]
            found = combined([v for v, _ in made], [psi for _, psi in made], task.clusters)
            error = math.hypot(
                standard_error(found.influence, task.clusters), math.sqrt(found.spread)
            )
            ends.append((found.value, error))
        told = f"if hidden causes change the odds of treatment by at most a factor of {gamma:g}"
        return Range(ends[0][0], ends[1][0], ends[0][1], ends[1][1], told)

    def _end(self, split: Split, e: Matrix, gamma: float, side: float) -> tuple[float, Matrix]:
        """The largest (side 1) or least effect in one division, and its influence values."""
        task = self.task
        low, high = task.pair
        share = task.share
        scores, member = np.zeros(task.height), np.zeros(task.height)
        # Those of arm `own` miss the outcome of arm `other`, which those of `other` stand for.
        for own, other, sign, inside in (
            (low, high, 1.0, self.members[0]),
            (high, low, -1.0, self.members[1]),
        ):
            if not inside:
                continue
            here, there = task.indicator(own), task.indicator(other)
            if all(self.members):
                odds = 1.0 / np.maximum(e[:, other], 1e-300) - 1.0
            else:
                odds = e[:, own] / np.maximum(e[:, other], 1e-300)
            odds = np.where(there > 0.0, odds, 0.0)
            # They stand for all of `here`, and are scaled so as `weighted_means` scales them.
            odds *= float(share @ here) / max(float(share @ odds), 1e-300)
            worst, reached = self._worst(split, other, odds * share, gamma, side * sign)
            scores += sign * (here * (worst - task.outcome) + odds * (reached - worst))
            member += here
        value = float(np.sum(share * scores) / np.sum(share * member))
        return value, share * (scores - value * member) / float(np.mean(share * member))

    def _worst(
        self, split: Split, arm: int, weights: Matrix, gamma: float, side: float
    ) -> tuple[Matrix, Matrix]:
        """``rho(x)`` for an arm, and ``Q + w (Y - Q)`` for each of its rows."""
        task, mu = self.task, split.outcome[:, arm]
        if self.binary:
            chance = np.clip(mu, 0.0, 1.0)
            if side > 0:
                first, second = gamma * chance, 1.0 - (1.0 - chance) / gamma
                quantile = (first > second).astype(np.float64)
                worst = np.minimum(first, second)
            else:
                first, second = chance / gamma, 1.0 - gamma * (1.0 - chance)
                quantile = (second > first).astype(np.float64)
                worst = np.maximum(first, second)
            if gamma == 1.0:
                worst = mu
        else:
            rows = weights > 0.0
            left = side * (task.outcome - mu)[rows]
            offset = _quantile(left, weights[rows], gamma / (1.0 + gamma))
            gap = left - offset
            w = np.where(gap > 0.0, gamma, 1.0 / gamma)
            more = offset + float(np.average(w * gap, weights=weights[rows]))
            # Taken off what the regression missed anyway, so that nothing is added at 1.
            more -= float(np.average(left, weights=weights[rows]))
            quantile, worst = mu + side * offset, mu + side * more
        gap = side * (task.outcome - quantile)
        return worst, quantile + side * np.where(gap > 0.0, gamma, 1.0 / gamma) * gap


def _quantile(values: Matrix, weights: Matrix, level: float) -> float:
    """A weighted quantile, one of the values."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    place = int(np.searchsorted(total, level * total[-1] * (1.0 - 1e-12)))
    return float(values[order[min(place, len(order) - 1)]])


def _holding(made: Range, before: Range) -> Range:
    """A range that holds an earlier one."""
    low, low_error = min((made.low, made.low_error), (before.low, before.low_error))
    high, high_error = max((made.high, made.high_error), (before.high, before.high_error))
    return Range(low, high, low_error, high_error, made.assumption)


def _crossing(reach: Any) -> float:  # noqa: ANN401
    """The factor from which a decreasing function is not above zero."""
    if reach(1.0) <= 0.0:
        return 1.0
    below, above = 1.0, 1.5
    while reach(above) > 0.0:
        below, above = above, above**2
        if above > _MOST:
            return math.inf
    for _ in range(_STEPS):
        middle = math.sqrt(below * above)
        below, above = (middle, above) if reach(middle) > 0.0 else (below, middle)
    return above


def _shown(factor: float) -> str:
    """A factor in words."""
    return f"{factor:.2f}" if math.isfinite(factor) else f"more than {_MOST:g}"
