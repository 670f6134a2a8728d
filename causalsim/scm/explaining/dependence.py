"""Simple tests on scores that should be uniform and independent, corrected for their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: From this on, a Kolmogorov-Smirnov distance or a rank correlation is large.
LARGE_DISTANCE = 0.05
LARGE_CORRELATION = 0.1


@dataclass(frozen=True, slots=True)
class Finding:
    """One test.

    Args:
        node: The variable whose mechanism is judged.
        fault: What is wrong if the test rejects, in words.
        size: The distance or the correlation, between -1 and 1.
        p: The p-value; after `adjusted` corrected for the number of tests.
        large: From which size on a fault matters.
        calibrates: Whether it judges the calibration.
    """

    node: str
    fault: str
    size: float
    p: float
    large: float
    calibrates: bool = False

    def bad(self, level: float) -> bool:
        """Whether the fault is significant and large."""
        return self.p < level and abs(self.size) >= self.large


def uniformity(node: str, score: Array) -> Finding:
    """Whether the scores are uniform (Kolmogorov and Smirnov)."""
    from scipy import stats

    found = stats.kstest(score, "uniform")
    fault = "its noise is not distributed as the mechanism says"
    size = float(found.statistic)
    return Finding(node, fault, size, float(found.pvalue), LARGE_DISTANCE, calibrates=True)


def with_parent(node: str, score: Array, parent: str, value: Array, named: bool) -> Finding | None:
    """The clearest dependence of the scores on a parent; None where the parent does not vary.

    Place and spread of the noise are each compared with the parent, and with its distance from its
    middle, since a curve that was fitted by a line leaves noise that rises on both sides.
    """
    if len(np.unique(value)) < 2:
        return None
    spread = np.abs(score - 0.5)
    fault = f"its noise depends on {parent}"
    wider = f"the spread of its noise depends on {parent}"
    if named:
        tried = [_by_groups(score, value, fault), _by_groups(spread, value, wider)]
    else:
        far = np.abs(value - np.median(value))
        bent = f"its noise depends on {parent} along a curve"
        tried = [
            _by_ranks(score, value, fault),
            _by_ranks(score, far, bent),
            _by_ranks(spread, value, wider),
            _by_ranks(spread, far, wider),
        ]
    found = min((one for one in tried if one is not None), key=lambda one: one[2], default=None)
    if found is None:
        return None
    told, size, p = found
    return Finding(node, told, size, min(1.0, p * len(tried)), LARGE_CORRELATION)


def between(scores: Mapping[str, Array]) -> list[Finding | None]:
    """Whether noises depend on one another, pair by pair; the later variable is held to account.

    Args:
        scores: In causal order.
    """
    found: list[Finding | None] = []
    for (one, first), (two, second) in combinations(scores.items(), 2):
        fault = f"its noise depends on that of {one}"
        tried = _by_ranks(first, second, fault)
        if tried is not None:
            told, size, p = tried
            found.append(Finding(two, told, size, p, LARGE_CORRELATION))
    return found


def adjusted(findings: Sequence[Finding | None]) -> list[Finding]:
    """The findings with p-values corrected for their number (Holm).

    >>> two = [Finding("x", "", 0.1, p, 0.05) for p in (0.04, 0.01)]
    >>> [round(found.p, 3) for found in adjusted(two)]
    [0.04, 0.02]
    """
    made = [found for found in findings if found is not None]
    order = sorted(range(len(made)), key=lambda at: made[at].p)
    floor = 0.0
    for rank, at in enumerate(order):
        floor = max(floor, min(1.0, (len(made) - rank) * made[at].p))
        made[at] = replace(made[at], p=floor)
    return made


def _by_ranks(one: Array, two: Array, fault: str) -> tuple[str, float, float] | None:
    """Spearman's rank correlation and its p-value."""
    from scipy import stats

    if np.ptp(one) == 0.0 or np.ptp(two) == 0.0:
        return None
    found = stats.spearmanr(one, two)
    return fault, float(found.statistic), float(found.pvalue)


def _by_groups(one: Array, groups: Array, fault: str) -> tuple[str, float, float] | None:
    """Kruskal and Wallis's test; its size the root of the share of the ranks' variance."""
    from scipy import stats

    if np.ptp(one) == 0.0:
        return None
    parts = [one[groups == level] for level in np.unique(groups)]
    found = stats.kruskal(*parts)
    share = max(0.0, (float(found.statistic) - len(parts) + 1) / max(len(one) - len(parts), 1))
    return fault, float(np.sqrt(share)), float(found.pvalue)
