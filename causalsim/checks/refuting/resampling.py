"""Fewer rows, or other rows of the same kind: the estimate must stray as its interval says."""

import math
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from causalsim import frames
from causalsim.checks.refutation import LEVEL, Refutation
from causalsim.checks.refuting.case import Case, check_repetitions, count_of, settings
from causalsim.checks.refuting.verdicts import too_wide
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.matching import Matching
from causalsim.seeds import Seed, seeded

_REFITS = 20
Matrix = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class Subsets:
    """Keep a random share of the rows: the estimate must stay about where it was.

    The estimate from a share ``s`` of the rows strays from the whole one by
    ``se sqrt(1/s - 1)``. On stored scores the estimate of a subset is the whole one plus the mean
    of its influence values, for any estimator; it strays as it should by construction, unless a
    few rows carry the result, and the sentence tells how many rows would have to be left out for
    the sign to change (the approximate maximum influence perturbation). With ``refit=True`` the
    whole recipe is run on every subset, and an estimate that strays more than twice as far as its
    interval allows, significantly, has failed: it leans on accidents of single rows or folds.

    Args:
        share: The share of the rows (of the clusters where there are any) that is kept.
        repetitions: How many subsets; None is 100 on stored scores and 20 refits.
        refit: Whether the whole recipe is run again.
        quick: Whether each refit uses the estimator's cheaper version.

    References:
        T. Broderick, R. Giordano, R. Meager (2020), An automatic finite-sample robustness metric,
        arXiv 2011.14999.
    """

    share: float = 0.8
    repetitions: int | None = None
    refit: bool = False
    quick: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_repetitions(self.repetitions, least=2)
        if not 0.1 <= self.share <= 0.95:
            raise EstimationError.bad_setting("share", self.share, "a share from 0.1 to 0.95")

    def attempt(self, case: Case, seed: int | Seed) -> Refutation:
        """Estimate from subsets and compare with the whole."""
        rng = seeded(seed, "subsets").numpy()
        effect = case.effect
        count = count_of(self.repetitions, self.refit, _REFITS)
        units, totals = _units(effect)
        size = len(totals)
        kept = min(size - 1, max(2, round(self.share * size)))
        ratio = math.sqrt((size - kept) / (kept * (size - 1)) * size)
        if self.refit:
            found = []
            for turn in range(count):
                chosen = np.zeros(size, dtype=bool)
                chosen[rng.permutation(size)[:kept]] = True
                place = seeded(seed, "subsets", str(turn))
                rows = np.flatnonzero(chosen[units])
                found.append(case.again(place, rows=rows, quick=self.quick))
            draws = np.array([one.value for one in found])
            how, words = settings(found[0], count), ""
        else:
            moves = [_kept_mean(totals, kept, rng) for _ in range(count)]
            draws = effect.value + np.array(moves) * size / effect.n
            how, words = f"{count} sums of influence values, no refit", _turning(effect, totals)
        return self._told(effect, draws, ratio, how, words)

    def _told(
        self, effect: Effect, draws: Matrix, ratio: float, how: str, words: str
    ) -> Refutation:
        """The verdict: how far the estimates stray, over how far they may."""
        expected = effect.standard_error * ratio
        moves = draws - effect.value
        times, chance = too_wide(moves, expected, leeway=2.0)
        passed = chance >= LEVEL
        verdict = "as its interval allows" if passed else "much further than its interval allows"
        return Refutation(
            name="subsets",
            estimate=float(draws.mean()),
            expected=effect.value,
            statistic=times,
            p_value=chance,
            passed=passed,
            sentence=(
                f"on a random {self.share:.0%} of the rows the estimate strays by "
                f"{float(np.sqrt(np.mean(moves**2))):.2g} ({times:.2f} times what its standard "
                f"error says, p = {chance:.2g}), {verdict}{words}."
            ),
            draws=tuple(float(one) for one in draws),
            settings=how,
        )


@final
@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Draw the rows anew with replacement: the estimate must spread as its standard error says.

    On stored scores every row (every cluster) gets a Poisson weight on its influence value, for
    any estimator. With ``refit=True`` rows are drawn and the whole recipe is run again; copies of
    one row are told apart from others by a cluster column, so that no copy is predicted by a
    model that saw another. An estimator fails when its estimates spread significantly more than a
    quarter wider than its standard error: its interval is too short. Intervals that are too wide
    pass.

    It is not valid for matching (Abadie and Imbens 2008), and is refused there.

    Args:
        repetitions: How many bootstrap samples, at least ten; None is 100 on stored scores and 20
            refits.
        refit: Whether the whole recipe is run again.
        quick: Whether each refit uses the estimator's cheaper version.
    """

    repetitions: int | None = None
    refit: bool = False
    quick: bool = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_repetitions(self.repetitions, least=10)

    def attempt(self, case: Case, seed: int | Seed) -> Refutation:
        """Resample and compare the spread with the standard error.

        Raises:
            EstimationError: The effect comes from matching.
        """
        effect = case.effect
        if isinstance(case.estimator, Matching):
            raise CheckError.not_for(
                "bootstrap",
                effect.estimator,
                "resampled rows match their own copies (Abadie and Imbens 2008)",
                "by=Subsets(refit=True).",
            )
        rng = seeded(seed, "bootstrap").numpy()
        count = count_of(self.repetitions, self.refit, _REFITS)
        units, totals = _units(effect)
        if self.refit:
            found = self._refits(case, units, len(totals), count, rng, seeded(seed, "bootstrap"))
            draws = np.array([one.value for one in found])
            how = settings(found[0], count)
        else:
            sums, drawn = _poisson_sums(totals, count, rng)
            draws = effect.value + sums / drawn * len(totals) / effect.n
            how = f"{count} weighted sums of influence values, no refit"
        spread = float(draws.std(ddof=1))
        moves = (draws - draws.mean()) * math.sqrt(count / (count - 1))
        times, chance = too_wide(moves, effect.standard_error, leeway=1.25)
        passed = chance >= LEVEL
        verdict = "as it should" if passed else "so that its interval is too short"
        return Refutation(
            name="bootstrap",
            estimate=float(draws.mean()),
            expected=effect.value,
            statistic=times,
            p_value=chance,
            passed=passed,
            sentence=(
                f"over {count} bootstrap samples the estimate spreads by {spread:.2g}, "
                f"{times:.2f} times its standard error (p = {chance:.2g}), {verdict}."
            ),
            draws=tuple(float(one) for one in draws),
            settings=how,
        )

    def _refits(
        self,
        case: Case,
        units: NDArray[np.int_],
        size: int,
        count: int,
        rng: np.random.Generator,
        start: Seed,
    ) -> list[Effect]:
        """The whole recipe on bootstrap samples."""
        order = np.argsort(units, kind="stable")
        ends = np.cumsum(np.bincount(units, minlength=size))
        roles = case.effect.recipe.roles
        columns = None
        if roles.clusters is None:
            name = "row before the bootstrap"
            while name in frames.names(case.frame):
                name += "'"
            columns = {name: np.arange(case.effect.n)}
            roles = replace(roles, clusters=name)
        found = []
        for turn in range(count):
            picked = rng.integers(0, size, size)
            starts = np.where(picked > 0, ends[picked - 1], 0)
            rows = np.concatenate([order[a:b] for a, b in zip(starts, ends[picked], strict=True)])
            place = start.child(str(turn))
            found.append(case.again(place, columns, rows, roles, self.quick))
        return found


def _units(effect: Effect) -> tuple[NDArray[np.int_], Matrix]:
    """What is drawn, a row or a cluster: its number for each row, and its sum of influence."""
    if effect.clusters is None:
        return np.arange(effect.n), effect.influence
    totals = np.bincount(effect.clusters, weights=effect.influence)
    return effect.clusters, np.asarray(totals, dtype=np.float64)


def _kept_mean(totals: Matrix, kept: int, rng: np.random.Generator) -> float:
    """The mean over a random choice of units, by leaving out the fewer."""
    left = len(totals) - kept
    if kept <= left:
        return float(rng.choice(totals, kept, replace=False, shuffle=False).mean())
    out = rng.choice(totals, left, replace=False, shuffle=False)
    return float(totals.sum() - out.sum()) / kept


def _poisson_sums(totals: Matrix, count: int, rng: np.random.Generator) -> tuple[Matrix, Matrix]:
    """Sums of values weighted by Poisson(1) counts, and the sums of the counts.

    A count is looked up by sixteen random bits, which is exact to a part in 65,536.
    """
    middles = (np.arange(2**16) + 0.5) / 2**16
    table = np.searchsorted(pdtr(np.arange(12), 1.0), middles).astype(np.float64)
    sums, drawn = np.empty(count), np.empty(count)
    places, weights = np.empty(len(totals), dtype=np.intp), np.empty(len(totals))
    for turn in range(count):
        places[:] = rng.integers(0, 2**16, len(totals), dtype=np.uint16)
        np.take(table, places, out=weights, mode="clip")
        sums[turn], drawn[turn] = weights @ totals, max(float(weights.sum()), 1.0)
    return sums, drawn


def _turning(effect: Effect, totals: Matrix) -> str:
    """How few units carry the sign of an effect, in words."""
    gap = effect.value - effect.null
    if gap == 0.0:
        return ""
    # Leaving out units D moves the estimate by minus the sum of their influence over what is left.
    push = np.maximum(np.sort(np.sign(gap) * totals)[::-1], 0.0)
    left = effect.n * (1.0 - np.arange(1, len(push) + 1) / len(push))
    reached = np.flatnonzero((np.cumsum(push) >= abs(gap) * left) & (push > 0.0))
    what = "rows" if effect.clusters is None else "clusters"
    if not len(reached):
        return f"; leaving out no number of {what} turns its sign"
    few = int(reached[0]) + 1
    return (
        f"; leaving out the {few} most influential of {len(totals)} {what} "
        f"({few / len(totals):.1%}) would turn its sign"
    )
