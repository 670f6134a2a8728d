"""How far may treatment within pairs have been from a coin flip?

Of two people who look alike, one was treated. If a hidden cause makes one of them at most ``Gamma``
times as likely to be the treated one, then in each pair the treated person has the larger outcome
by chance alone with probability at most ``Gamma / (1 + Gamma)``, from which the largest p-value of
Wilcoxon's signed rank statistic follows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from causalsim.checks.refuting.case import task_behind
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.matching import Mahalanobis, Matching

Matrix = NDArray[np.float64]
_EXACT = 14
_CELLS = 40_000_000
_MOST = 1024.0


@dataclass(frozen=True, slots=True)
class PairSensitivity:
    """The p-values that hidden causes of limited strength allow.

    Attributes:
        pairs: How many pairs.
        gammas: The factors by which odds within a pair may be off, from 1.
        largest: For each the largest one-sided p-value.
        smallest: For each the smallest.
        limit: The factor at which the largest p-value first exceeds 5 %; infinite where none up
            to 1,024 does.
        harm: Whether smaller outcomes of the treated were looked for, rather than larger ones.
    """

    pairs: int
    gammas: tuple[float, ...]
    largest: tuple[float, ...]
    smallest: tuple[float, ...]
    limit: float
    harm: bool = False

    def __str__(self) -> str:
        """One sentence."""
        noun = "pair" if self.pairs == 1 else "pairs"
        if self.limit <= 1.0:
            less, more = ("smaller", "larger") if not self.harm else ("larger", "smaller")
            told = (
                f"{self.pairs} {noun} do not show that the treated have {more} outcomes, even if "
                f"a coin decided who was treated (one-sided p = {self.largest[0]:.2g})"
            )
            if self.largest[0] <= 0.95:
                return told
            return f"{told}; theirs are {less}: rosenbaum(..., harm={not self.harm}) asks for that"
        factor = f"{self.limit:.2f}" if math.isfinite(self.limit) else f"more than {_MOST:g}"
        return (
            f"in {self.pairs} pairs hidden causes would have to change the odds of treatment by a "
            f"factor of {factor} for the effect to be no longer significant at 5 %"
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "pairs": self.pairs,
            "gammas": list(self.gammas),
            "largest": list(self.largest),
            "smallest": list(self.smallest),
            "limit": self.limit,
            "harm": self.harm,
        }

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        cells = "".join(
            f"<tr><td>{gamma:g}</td><td>{low:.3g}</td><td>{high:.3g}</td></tr>"
            for gamma, low, high in zip(self.gammas, self.smallest, self.largest, strict=True)
        )
        heads = "<tr><th>odds off by</th><th>smallest p</th><th>largest p</th></tr>"
        return f"<table>{heads}{cells}</table><p>{self}</p>"


def rosenbaum(
    differences: Any,  # noqa: ANN401
    gammas: Sequence[float] = (1.0, 1.5, 2.0, 3.0, 5.0),
    harm: bool = False,
) -> PairSensitivity:
    """Rosenbaum's bounds on the p-value of the signed rank test.

    One-sided: the treated member of a pair has the larger outcome (the smaller with ``harm=True``).
    Exact up to 14 pairs, by the normal approximation with ties counted from there on. Pairs of
    equal outcomes keep their ranks and say nothing.

    Args:
        differences: Treated minus untreated outcome, one number a pair; or what
            `pair_differences` gave.
        gammas: The factors, each at least 1.
        harm: Whether the treated are expected to have the smaller outcomes.

    Returns:
        The largest and smallest p-value for each factor, and the factor at which 5 % is passed.

    Raises:
        EstimationError: No pairs that differ, numbers that are not finite, or a factor below 1.

    Examples:
        >>> found = rosenbaum([3.0, 1.5, 4.0, 2.5, 0.5, -1.0, 5.0, 3.5, 2.0, 6.0])
        >>> round(found.largest[0], 3), round(found.limit, 1)
        (0.003, 2.3)

    References:
        P. Rosenbaum (1987), Sensitivity analysis for certain permutation inferences in matched
        observational studies, Biometrika 74; (2002), Observational Studies, section 4.3.3.
    """
    try:
        found = np.asarray(differences, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        raise CheckError.bad_numbers("differences", repr(differences)[:60], "numbers") from None
    if not np.isfinite(found).all():
        raise CheckError.bad_numbers("differences", "missing or infinite ones", "finite numbers")
    found = found * (-1.0 if harm else 1.0)
    if not (found != 0.0).any():
        raise CheckError.bad_numbers("differences", "no pair that differs", "numbers not all zero")
    try:
        wanted = sorted({1.0, *(float(one) for one in gammas)})
    except (TypeError, ValueError):
        wanted = [0.0]
    if wanted[0] < 1.0 or not math.isfinite(wanted[-1]):
        raise EstimationError.bad_setting("gammas", gammas, "finite factors from 1")
    ranks = _ranks(np.abs(found))
    observed = float(ranks[found > 0.0].sum())
    ranks = ranks[found != 0.0]

    def largest(gamma: float) -> float:
        return _tail(ranks, observed, gamma / (1.0 + gamma))

    return PairSensitivity(
        pairs=len(found),
        gammas=tuple(wanted),
        largest=tuple(largest(gamma) for gamma in wanted),
        smallest=tuple(_tail(ranks, observed, 1.0 / (1.0 + gamma)) for gamma in wanted),
        limit=_limit(largest),
        harm=harm,
    )


def pair_differences(effect: Effect, frame: Any) -> Matrix:  # noqa: ANN401
    """Outcomes of the treated minus those of their partners, everyone in one pair at most.

    Each treated person gets a partner of their own, so that the distances within all pairs add up
    to the least possible. Matching for an estimate re-uses partners; the bounds need pairs that
    share nobody.

    Args:
        effect: An effect of two arms, which says who is treated and by which covariates people
            are alike; a matching effect also says in which sense.
        frame: The frame it came from.

    Returns:
        One difference for each person of the high arm.

    Raises:
        EstimationError: More treated than untreated people, or too many to be paired.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    task = task_behind(effect, frame)
    low, high = task.pair
    treated, others = np.flatnonzero(task.arm == high), np.flatnonzero(task.arm == low)
    if len(treated) > len(others):
        raise CheckError.no_pairs(len(treated), len(others))
    if len(treated) * len(others) > _CELLS:
        raise CheckError.many_pairs(len(treated) * len(others))
    estimator = effect.recipe.estimator
    likeness = estimator.likeness if isinstance(estimator, Matching) else Mahalanobis()
    points = likeness.coordinates(task)
    table = cdist(points[treated], points[others]) if points.shape[1] else np.zeros((1, 1))
    if not points.shape[1]:
        table = np.zeros((len(treated), len(others)))
    mine, partner = linear_sum_assignment(table)
    return np.asarray(task.outcome[treated[mine]] - task.outcome[others[partner]], dtype=np.float64)


def _ranks(sizes: Matrix) -> Matrix:
    """Ranks from 1, ties sharing their mean."""
    _, place, counts = np.unique(sizes, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2.0)[place.reshape(-1)], dtype=np.float64)


def _tail(ranks: Matrix, observed: float, chance: float) -> float:
    """``P(T >= observed)`` when each rank counts with this chance."""
    if len(ranks) > _EXACT:
        mean = chance * float(ranks.sum())
        spread = math.sqrt(chance * (1.0 - chance) * float(np.sum(ranks**2)))
        return float(ndtr(-(observed - mean) / spread))
    # Ranks are multiples of one half, so that twice their sum is a whole number.
    steps = np.rint(2.0 * ranks).astype(int)
    weights = np.zeros(int(steps.sum()) + 1)
    weights[0] = 1.0
    for step in steps:
        moved = np.zeros_like(weights)
        moved[step:] = weights[: len(weights) - step]
        weights = (1.0 - chance) * weights + chance * moved
    return float(weights[round(2.0 * observed) :].sum())


def _limit(largest: Any) -> float:  # noqa: ANN401
    """The factor at which the largest p-value passes 5 %."""
    if largest(1.0) > 0.05:
        return 1.0
    if largest(_MOST) <= 0.05:
        return math.inf
    below, above = 1.0, _MOST
    for _ in range(60):
        middle = math.sqrt(below * above)
        below, above = (below, middle) if largest(middle) > 0.05 else (middle, above)
    return above
