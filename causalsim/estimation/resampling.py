"""Draw the rows anew and estimate again: how much would another study of the same people find?"""

from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from causalsim.errors.resampling import ResamplingError
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.matching import Matching
from causalsim.estimation.intervals import Interval, checked_level
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Estimates of one effect from many bootstrap samples.

    Attributes:
        effect: The effect of the rows as they are.
        draws: One estimate a sample, in the unit of the effect.
    """

    effect: Effect
    draws: NDArray[np.float64] = field(repr=False)

    @property
    def standard_error(self) -> float:
        """The standard deviation of the estimates."""
        return float(np.std(self.draws, ddof=1))

    def interval(self, level: float = 0.95) -> Interval:
        """The percentile interval.

        Args:
            level: Coverage, between 0 and 1.
        """
        outside = (1.0 - checked_level(level)) / 2.0
        low, high = np.quantile(self.draws, [outside, 1.0 - outside])
        return Interval(float(low), float(high), level)

    @property
    def why(self) -> str:
        """In English: what was done, and how it compares with the influence values."""
        return (
            f"The rows{' (clusters)' if self.effect.clusters is not None else ''} were drawn anew "
            f"{len(self.draws)} times and {self.effect.estimator} was run on each sample; its "
            f"estimates spread by {self.standard_error:.3g}, where the influence values say "
            f"{self.effect.standard_error:.3g}."
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        inside = self.interval()
        return {
            "value": self.effect.value,
            "standard_error": self.standard_error,
            "interval": [inside.low, inside.high],
            "repetitions": len(self.draws),
        }

    def __str__(self) -> str:
        """One line."""
        inside = self.interval()
        return (
            f"{self.effect.value:.4g} (bootstrap 95 % CI {inside}), standard error "
            f"{self.standard_error:.3g} over {len(self.draws)} samples"
        )

    def _repr_html_(self) -> str:
        """The line for notebooks."""
        return f"<p>{escape(str(self))}</p>"


def bootstrap(
    effect: Effect,
    frame: Any,  # noqa: ANN401
    repetitions: int = 100,
    seed: int | Seed = 0,
    n_jobs: int | None = None,
    quick: bool = True,
) -> Resampled:
    """Run an effect's whole recipe on rows drawn with replacement.

    Clusters are drawn whole where there are any, and copies of one row never stand on both sides
    of a fold, so that no row is predicted by a model that saw its copy. Influence values give the
    same answer for much less work where a sample is large; this is for where it is not. It is
    valid for estimators that are smooth in the data, which matching is not, and too wide for
    flexible learners on a few hundred rows, which take copies of a row for confirmation.

    Args:
        effect: What ``estimate`` gave.
        frame: The frame that it came from; it is not changed.
        repetitions: How many samples, at least ten.
        seed: Decides every draw; equal seeds give equal numbers, wherever they are made.
        n_jobs: How many samples at a time, as joblib counts; None leaves it to
            ``joblib.parallel_config``, such as ``joblib.parallel_config("dask")`` with a
            ``distributed.Client`` open.
        quick: Whether each sample uses the estimator's cheaper version (fewer folds).

    Returns:
        The estimates, their spread and their interval.

    Raises:
        ResamplingError: Matching, an effect that cannot be estimated again, or too few samples.
        EstimationError: Another frame.

    Examples:
        >>> from causalsim.datasets.generators import three_arms
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import Regression
        >>> from causalsim.estimation.reading.roles import Roles
        >>> data = three_arms(300, seed=1)
        >>> roles = Roles(arms=("none", "new"))
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment, roles)
        >>> effect = Regression().fit(task, seed=1)
        >>> found = bootstrap(effect, data.frame, repetitions=50, seed=1)
        >>> bool(0.6 < found.standard_error / effect.standard_error < 1.6)
        True

    References:
        B. Efron (1979), Bootstrap methods, Annals of Statistics 7.
        A. Abadie, G. Imbens (2008), On the failure of the bootstrap for matching estimators,
        Econometrica 76.
    """
    if not isinstance(effect, Effect):
        raise ResamplingError.not_an_effect(effect)
    estimator = effect.recipe.estimator
    if not isinstance(repetitions, int) or repetitions < 10:
        raise ResamplingError.bad_setting("repetitions", repetitions, "a whole number from 10")
    if isinstance(estimator, Matching):
        raise ResamplingError.not_smooth(effect.estimator)
    task = effect.recipe.read(frame) if estimator is not None else None
    if not isinstance(task, Task):
        raise ResamplingError.nothing_to_repeat(effect.estimand)
    if task.digest != effect.recipe.digest:
        raise ResamplingError.other_frame()
    plan = estimator.quick() if quick else estimator
    start = seeded(seed, "bootstrap")
    draws = Parallel(n_jobs=n_jobs)(
        delayed(_again)(plan, task, start.child(str(turn))) for turn in range(repetitions)
    )
    return Resampled(effect, np.array(draws, dtype=np.float64))


def _again(estimator: Any, task: Task, seed: Seed) -> float:  # noqa: ANN401
    """One estimate from rows, or whole clusters, drawn with replacement."""
    units = np.arange(task.height) if task.clusters is None else task.clusters
    count = int(units.max()) + 1
    times = np.bincount(seed.child("rows").numpy().integers(0, count, count), minlength=count)
    chosen = np.repeat(np.arange(task.height), times[units])
    return float(estimator.fit(replace(task, clusters=units).rows(chosen), seed.child("fit")).value)
