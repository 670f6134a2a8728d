"""Ways to break an estimate: give the estimator data in which it must find something known.

Every repetition refits the whole recipe, nuisances included. Scores that were fitted to the true
treatment say nothing about a shuffled one, and a check that re-uses them fails right estimates.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from causalsim.checks.refutation import LEVEL, Refutation
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimator import Estimator
from causalsim.estimation.intervals import p_value
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed, seeded

_NEGLIGIBLE = 0.1


@runtime_checkable
class Refuter(Protocol):
    """A way to break an estimate."""

    def attempt(self, effect: Effect, task: Task, seed: int | Seed) -> Refutation:
        """Try to break the effect of this task."""


@dataclass(frozen=True, slots=True)
class PlaceboTreatment:
    """Shuffle the treatment: whatever it did before, now it does nothing.

    With the treatment shuffled over the rows its effect is zero by construction, and a sound
    estimator finds zero within its own standard error. The estimates of independent shuffles,
    each divided by its standard error, add up to a normal deviate, so that the verdict fails a
    sound estimator in about 5 % of studies. It catches estimators that are biased by themselves,
    through leakage, stale scores or overfitting; it cannot see a hidden confounder.

    Args:
        repetitions: How many shuffles.
        quick: Whether each refit uses the estimator's cheaper version (fewer folds).

    Examples:
        >>> from causalsim.checks.refuting import refute
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation import AIPW, Task
        >>> data = nonlinear_confounding(300, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> PlaceboTreatment(repetitions=4).attempt(effect, task, seed=1).passed
        True
    """

    repetitions: int = 15
    quick: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        _check_repetitions(self.repetitions)

    def attempt(self, effect: Effect, task: Task, seed: int | Seed) -> Refutation:
        """Shuffle, refit and compare with no effect."""
        if task.low is None:
            raise EstimationError.nothing_to_check(
                "the effect is the mean of one arm, which a shuffled treatment does not make zero"
            )
        start = seeded(seed, "placebo treatment")
        estimator = _chosen(effect.recipe.estimator, self.quick)
        found = []
        for number in range(self.repetitions):
            place = start.child(str(number))
            shuffled = place.child("shuffle").numpy().permutation(task.arm)
            found.append(estimator.fit(task.with_treatment(shuffled), place.child("fit")))
        draws = tuple(one.value for one in found)
        statistic = float(np.sum([one.z for one in found]) / np.sqrt(len(found)))
        chance = p_value(statistic, 1.0)
        passed = chance >= LEVEL
        mean = float(np.mean(draws))
        verdict = "as it should" if passed else "where there is nothing to find"
        return Refutation(
            name="placebo treatment",
            estimate=mean,
            expected=effect.null,
            statistic=statistic,
            p_value=chance,
            passed=passed,
            sentence=(
                f"with the treatment shuffled, the estimator finds {mean:.2g} on average over "
                f"{len(draws)} shuffles (expected {effect.null:g}, p = {chance:.2g}), {verdict}."
            ),
            draws=draws,
            settings=_settings(found[0], self.repetitions),
        )


@dataclass(frozen=True, slots=True)
class RandomCommonCause:
    """Adjust for one more covariate, drawn at random: nothing may change.

    Each repetition fits twice on the same folds, with a covariate of pure noise and without it;
    the two have the same target. The differences are independent draws given the data, so that
    their mean over its standard error has Student's t distribution when nothing systematic
    happens; the verdict fails a sound estimator in at most about 5 % of studies. A mean change
    under a tenth of the effect's own standard error passes in any case, since no conclusion hangs
    on it, and a typical change above one standard error fails in any case. It catches estimators
    that are unstable in their covariates; it cannot see a hidden confounder.

    Args:
        repetitions: How many covariates are tried, one at a time; at least two.
        quick: Whether each refit uses the estimator's cheaper version (fewer folds).
    """

    repetitions: int = 6
    quick: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        _check_repetitions(self.repetitions, least=2)

    def attempt(self, effect: Effect, task: Task, seed: int | Seed) -> Refutation:
        """Add noise, refit on the same folds and compare."""
        start = seeded(seed, "random common cause")
        estimator = _chosen(effect.recipe.estimator, self.quick)
        name = _new_name(task)
        without, found = [], []
        for number in range(self.repetitions):
            place = start.child(str(number))
            noise = place.child("noise").numpy().standard_normal(task.height)
            same = place.child("fit")  # the same folds with and without the covariate
            without.append(estimator.fit(task, same))
            found.append(estimator.fit(task.with_covariate(name, noise), same))
        draws = np.array([one.value for one in found])
        moved = draws - np.array([one.value for one in without])
        statistic, chance = _student(moved)
        share = _share(abs(float(moved.mean())), effect.standard_error)
        erratic = _share(float(np.sqrt(np.mean(moved**2))), effect.standard_error) > 1.0
        passed = (chance >= LEVEL or share <= _NEGLIGIBLE) and not erratic
        verdict = "which is nothing" if passed else "which noise must not do"
        return Refutation(
            name="random common cause",
            estimate=float(draws.mean()),
            expected=float(np.mean([one.value for one in without])),
            statistic=statistic,
            p_value=chance,
            passed=passed,
            sentence=(
                f"adjusting for a random covariate moves the estimate by {moved.mean():.2g} on "
                f"average over {len(draws)} of them ({share:.0%} of its standard error, "
                f"p = {chance:.2g}), {verdict}."
            ),
            draws=tuple(float(one) for one in draws),
            settings=_settings(without[0], 2 * self.repetitions),
        )


def _student(moved: NDArray[np.float64]) -> tuple[float, float]:
    """Student's t of a mean of zero, and its two-sided p-value."""
    error = float(moved.std(ddof=1)) / len(moved) ** 0.5
    if error <= 1e-12 * max(1.0, float(np.abs(moved).max())):
        return (0.0, 1.0) if abs(moved.mean()) <= 1e-12 else (float("inf"), 0.0)
    statistic = float(moved.mean()) / error
    return statistic, float(2.0 * stdtr(len(moved) - 1, -abs(statistic)))


def _share(change: float, error: float) -> float:
    """A change in standard errors of the effect."""
    if error > 0.0:
        return change / error
    return 0.0 if change <= 1e-12 else float("inf")


def _check_repetitions(found: object, least: int = 1) -> None:
    """A whole number, large enough."""
    if not isinstance(found, int) or isinstance(found, bool) or found < least:
        raise EstimationError.bad_setting("repetitions", found, f"a whole number from {least}")


def _chosen(estimator: Estimator, quick: bool) -> Estimator:
    """The estimator itself or its cheaper version."""
    return estimator.quick() if quick else estimator


def _settings(effect: Effect, repetitions: int) -> str:
    """How the repetitions were fitted."""
    return f"{repetitions} refits by {effect.estimator}; {effect.recipe.learners}"


def _new_name(task: Task) -> str:
    """A column name that the task does not have."""
    name = "random cause"
    while name in task.covariates:
        name += "'"
    return name
