"""A confidence set that holds however weak an instrument may be."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2

from causalsim.estimation.instruments.moments import Matrix, Moments
from causalsim.estimation.intervals import checked_level

_DIRECTIONS = 2001
Pieces = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Confidence:
    """A confidence set of a ratio, which need not be an interval.

    Attributes:
        pieces: Its intervals from left to right; ends may be infinite. No piece means that no
            value is compatible with the data, one piece from -inf to inf that every value is.
        level: The share of repetitions of the study in which such a set holds the truth.
    """

    pieces: Pieces
    level: float

    def __contains__(self, value: float) -> bool:
        """Whether a value lies inside."""
        return any(low <= value <= high for low, high in self.pieces)

    def __str__(self) -> str:
        """The set in words."""
        if self.pieces == ((-math.inf, math.inf),):
            return "every value: the instrument says nothing"
        return " or ".join(f"{low:.4g} to {high:.4g}" for low, high in self.pieces) or "no value"


def compatible(moments: Moments, level: float = 0.95) -> Confidence:
    """The effects at which the moments are no further from zero than chance takes them.

    Args:
        moments: What the instruments say.
        level: The confidence level.

    Returns:
        Every ``b`` at which the squared length of the moments, in standard errors, is below the
        chi-squared quantile with one degree of freedom an instrument. With one instrument that
        solves a quadratic inequality (Fieller 1954); with several the ends are found numerically.
    """
    critical = float(chi2.ppf(checked_level(level), moments.count))
    pieces = _solved(moments, critical) if moments.count == 1 else _searched(moments, critical)
    ends = [(moments.factor * low, moments.factor * high) for low, high in pieces]
    return Confidence(tuple(sorted((min(pair), max(pair)) for pair in ends)), level)


def _solved(moments: Moments, critical: float) -> Pieces:
    """Where ``(N - b D)^2 <= c var(N - b D)``."""
    n, d = moments.means
    (var_n, covariance), (_, var_d) = moments.spread
    # a b^2 - 2 h b + k <= 0
    a, h, k = d * d - critical * var_d, n * d - critical * covariance, n * n - critical * var_n
    inside = h * h - a * k
    if inside < 0.0:
        return ((-math.inf, math.inf),) if a < 0.0 else ()
    reach = math.sqrt(inside)
    if a == 0.0:
        return ((k / (2 * h), math.inf),) if h > 0 else ((-math.inf, k / (2 * h)),)
    low, high = sorted((float((h - reach) / a), float((h + reach) / a)))
    return ((low, high),) if a > 0.0 else ((-math.inf, low), (high, math.inf))


def _searched(moments: Moments, critical: float) -> Pieces:
    """The same for several instruments, along ``b = center + scale tan(angle)``."""
    count, means, spread = moments.count, moments.means, moments.spread
    top, bottom = means[:count], means[count:]
    center = float(top @ bottom / (bottom @ bottom))

    def moments_at(effects: Matrix) -> tuple[Matrix, Matrix]:
        """The moments at some effects, and their covariance matrices."""
        b = effects[:, None, None]
        cross = spread[:count, count:]
        matrix = spread[:count, :count] - b * (cross + cross.T) + b**2 * spread[count:, count:]
        return top - effects[:, None] * bottom, matrix

    scale = math.sqrt(moments_at(np.array([center]))[1].trace(axis1=1, axis2=2).item())
    scale /= math.sqrt(float(bottom @ bottom))

    def excess(angles: Matrix) -> Matrix:
        mean, matrix = moments_at(center + scale * np.tan(angles))
        solved = np.linalg.solve(matrix, mean[:, :, None])[:, :, 0]
        return np.asarray((mean * solved).sum(axis=1) - critical, dtype=np.float64)

    # The ends of the circle of directions are the two infinities, left open by half a step.
    angles = (np.arange(_DIRECTIONS) + 0.5) / _DIRECTIONS * math.pi - math.pi / 2
    found = excess(angles) <= 0.0
    edges = np.flatnonzero(found[1:] != found[:-1])
    turns = [
        center + scale * math.tan(brentq(lambda angle: excess(np.array([angle])).item(), *pair))
        for pair in zip(angles[edges], angles[edges + 1], strict=True)
    ]
    ends = [*([-math.inf] if found[0] else []), *turns, *([math.inf] if found[-1] else [])]
    return tuple(zip(ends[::2], ends[1::2], strict=True))
