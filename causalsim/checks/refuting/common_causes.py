"""A covariate that causes nothing: adjusting for it may not move the estimate."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.refutation import LEVEL, Refutation
from causalsim.checks.refuting.case import (
    Case,
    check_repetitions,
    chosen,
    count_of,
    settings,
)
from causalsim.checks.refuting.coins import estimates_with, shown, tossed
from causalsim.checks.refuting.stored import Stored
from causalsim.checks.refuting.verdicts import share_of, student
from causalsim.errors.checking import CheckError
from causalsim.estimation.averaging.targets import arms_taken
from causalsim.seeds import Seed, seeded

_NEGLIGIBLE = 0.1
_REFITS = 6


@final
@dataclass(frozen=True, slots=True)
class RandomCommonCause:
    """Adjust for one more covariate, drawn at random: nothing may change.

    On stored scores the covariate is a coin ``w = ±1`` that enters the regression of every arm
    with the slope that least squares gives it on what the regression left over, and the
    propensities with that of one Newton step on the logit scale. With ``refit=True`` each
    repetition fits twice on the same folds, with a normal covariate and without it; estimators
    without stored scores are always refitted.

    The differences are independent draws given the data, so that their mean over its standard
    error has Student's t distribution when nothing systematic happens; the verdict fails a sound
    estimator in at most about 5 % of studies. A mean change under a tenth of the effect's own
    standard error passes in any case, since no conclusion hangs on it, and a typical change above
    one standard error fails in any case. It catches estimators that are unstable in their
    covariates; it cannot see a hidden confounder.

    Args:
        repetitions: How many covariates are tried, one at a time, at least two; None is 100 on
            stored scores and 6 refits.
        refit: Whether the whole recipe is run again.
        quick: Whether each refit uses the estimator's cheaper version (fewer folds).
    """

    repetitions: int | None = None
    refit: bool = False
    quick: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_repetitions(self.repetitions, least=2)

    def attempt(self, case: Case, seed: int | Seed) -> Refutation:
        """Add noise on the same folds and compare.

        Raises:
            EstimationError: An estimator whose covariates are decided by a formula.
        """
        start = seeded(seed, "random common cause")
        stored = None if self.refit else Stored.of(case)
        count = count_of(self.repetitions, stored is None, _REFITS)
        if stored is not None:
            rng = start.numpy()
            without, _ = stored.reader(stored.outcome)(stored.task.arm, stored.task.outcome)
            draws = _with_coins(stored, count, rng)
            told = f"{count} readings of the stored scores by {case.effect.estimator}, no refit"
            return _judged(case, draws, np.full(count, without), told)
        if not hasattr(case.task, "with_covariate"):
            raise CheckError.not_for(
                "random common cause",
                case.effect.estimator,
                "its covariates are decided by a formula",
                "leave it out: by=(DummyOutcome(), Subsets(), Bootstrap()).",
            )
        estimator = chosen(case.estimator, self.quick)
        name = _new_name(case.task.covariates)
        before, after = [], []
        for number in range(count):
            place = start.child(str(number))
            noise = place.child("noise").numpy().standard_normal(case.task.height)
            same = place.child("fit")  # the same folds with and without the covariate
            before.append(estimator.fit(case.task, same))
            after.append(estimator.fit(case.task.with_covariate(name, noise), same))
        return _judged(
            case,
            np.array([one.value for one in after]),
            np.array([one.value for one in before]),
            settings(before[0], 2 * count),
        )


def _with_coins(stored: Stored, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The estimates with one more covariate each, a coin, in regressions and propensities."""
    task, e, mu = stored.task, stored.propensity, stored.outcome
    coins = tossed(count, task.height, rng)
    arms = stored.two_arms(mu, e)
    if arms is not None and arms.everyone:
        return estimates_with(arms, e, stored.estimator, coins)
    taken = arms_taken(task)
    # What is left over, by arm, is all that the slopes of a coin depend on.
    left = np.asfortranarray(taken * (task.outcome[:, None] - mu) / taken.sum(axis=0))
    surprise = np.asfortranarray((taken - e) / np.maximum((e * (1.0 - e)).sum(axis=0), 1e-300))
    draws = np.empty(count)
    for turn in range(count):
        w = shown(coins[turn], task.height)
        slopes, steps = w @ left, w @ surprise
        more_mu, more_e = np.empty_like(mu, order="F"), np.empty_like(e, order="F")
        for code in range(e.shape[1]):
            np.multiply(w, slopes[code], out=more_mu[:, code])
            # exp(step w) = cosh(step) + w sinh(step), since w is 1 or -1.
            np.multiply(w, np.sinh(steps[code]), out=more_e[:, code])
            more_e[:, code] += np.cosh(steps[code])
        more_mu += mu
        more_e *= e
        more_e /= np.add.reduce(more_e, axis=1)[:, None]
        draws[turn] = stored.reader(more_mu, more_e)(task.arm, task.outcome)[0]
    return draws


def _judged(
    case: Case, draws: NDArray[np.float64], without: NDArray[np.float64], how: str
) -> Refutation:
    """The verdict on estimates with and without the covariates."""
    error = case.effect.standard_error
    moved = draws - without
    statistic, chance = student(moved)
    share = share_of(abs(float(moved.mean())), error)
    erratic = share_of(float(np.sqrt(np.mean(moved**2))), error) > 1.0
    passed = (chance >= LEVEL or share <= _NEGLIGIBLE) and not erratic
    verdict = "which is nothing" if passed else "which noise must not do"
    return Refutation(
        name="random common cause",
        estimate=float(draws.mean()),
        expected=float(without.mean()),
        statistic=statistic,
        p_value=chance,
        passed=passed,
        sentence=(
            f"adjusting for a random covariate moves the estimate by {moved.mean():.2g} on "
            f"average over {len(draws)} of them ({share:.0%} of its standard error, "
            f"p = {chance:.2g}), {verdict}."
        ),
        draws=tuple(float(one) for one in draws),
        settings=how,
    )


def _new_name(covariates: tuple[str, ...]) -> str:
    """A column name that the task does not have."""
    name = "random cause"
    while name in covariates:
        name += "'"
    return name
