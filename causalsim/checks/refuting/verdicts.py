"""When has an estimate failed: verdicts that let sound estimators pass.

Every repetition gives a deviate, the distance of the estimate from the known truth in its own
standard errors. Given the data the repetitions are independent, so that for a sound estimator the
deviates are about standard normal. Two things are asked of them: that their mean is no further
from zero than a quarter of a standard error (a bias of that size leaves a 95 % interval 94.3 % of
coverage), and that 95 % intervals hold the truth at least 92 times in 100. The two p-values are
joined by Bonferroni's rule, so that an estimator within these margins fails at most once in twenty
studies.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, chdtrc, ndtr, ndtri, stdtr

BIAS = 0.25
COVERAGE = 0.92


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the deviates of an estimator say.

    Attributes:
        statistic: Their mean times the root of their number.
        p_value: How often a sound estimator would do worse.
        held: How many 95 % intervals held the truth.
        count: How many deviates there were.
    """

    statistic: float
    p_value: float
    held: int
    count: int

    @property
    def words(self) -> str:
        """The evidence, in brackets."""
        return f"95 % intervals hold it {self.held} times in {self.count}, p = {self.p_value:.2g}"


def judged(deviates: Sequence[float] | NDArray[np.float64]) -> Judgement:
    """Whether deviates are those of a sound estimator.

    >>> judged(np.random.default_rng(1).standard_normal(100)).p_value > 0.05
    True
    >>> judged(np.random.default_rng(1).standard_normal(100) + 1.0).p_value < 0.001
    True
    >>> judged(3.0 * np.random.default_rng(1).standard_normal(100)).p_value < 0.001
    True
    """
    found = np.asarray(deviates, dtype=np.float64)
    count = len(found)
    root = math.sqrt(count)
    statistic = float(found.mean()) * root if np.isfinite(found).all() else math.inf
    reach = abs(statistic)
    biased = float(ndtr(-reach + BIAS * root) + ndtr(-reach - BIAS * root))
    held = int((np.abs(found) <= float(ndtri(0.975))).sum())
    short = float(bdtr(held, count, COVERAGE))
    return Judgement(statistic, min(1.0, 2.0 * min(biased, short)), held, count)


def deviate(value: float, error: float, truth: float, multiplicative: bool) -> float:
    """The distance from the truth in standard errors; for a ratio on the log scale."""
    if not (math.isfinite(value) and math.isfinite(error)):
        return math.inf
    if multiplicative and value > 0.0 and truth > 0.0:
        gap, error = math.log(value / truth), error / value
    else:
        gap = value - truth
    if error <= 0.0:
        return 0.0 if abs(gap) <= 1e-12 else math.copysign(math.inf, gap)
    return gap / error


def student(moved: NDArray[np.float64]) -> tuple[float, float]:
    """Student's t of a mean of zero, and its two-sided p-value."""
    error = float(moved.std(ddof=1)) / len(moved) ** 0.5
    if error <= 1e-12 * max(1.0, float(np.abs(moved).max())):
        return (0.0, 1.0) if abs(moved.mean()) <= 1e-12 else (float("inf"), 0.0)
    statistic = float(moved.mean()) / error
    return statistic, float(2.0 * stdtr(len(moved) - 1, -abs(statistic)))


def too_wide(moves: NDArray[np.float64], expected: float, leeway: float) -> tuple[float, float]:
    """How much wider moves around zero are than expected, and the chance of it.

    Args:
        moves: Independent moves with mean zero.
        expected: Their standard deviation if all is well.
        leeway: How many times wider still passes.

    Returns:
        Their root mean square over the expected one, and the p-value of "at most ``leeway``".
    """
    typical = float(np.sqrt(np.mean(moves**2)))
    if expected <= 0.0:
        return (1.0, 1.0) if typical <= 1e-12 else (math.inf, 0.0)
    ratio = typical / expected
    return ratio, float(chdtrc(len(moves), len(moves) * (ratio / leeway) ** 2))


def share_of(change: float, error: float) -> float:
    """A change in standard errors of the effect."""
    if error > 0.0:
        return change / error
    return 0.0 if change <= 1e-12 else math.inf
