"""An effect that is known to lie between two numbers, both of them estimated."""

import math
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.special import ndtr

from causalsim.estimation.intervals import Interval, checked_level


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the largest effect that some assumption allows.

    Attributes:
        low: The estimate of the least effect.
        high: The estimate of the largest.
        low_error: The standard error of the one.
        high_error: That of the other.
        assumption: What is assumed, in English.
    """

    low: float
    high: float
    low_error: float
    high_error: float
    assumption: str

    def interval(self, level: float = 0.95) -> Interval:
        """An interval that holds the effect, wherever in the range it lies.

        Each end is moved outwards by ``c`` standard errors, ``c`` solving
        ``Phi(c + width / max se) - Phi(-c) = level``: the usual 1.96 where the range is a point,
        and 1.64 where it is wide, since the effect can only leave it on one side.

        Args:
            level: Coverage, between 0 and 1.

        References:
            G. Imbens, C. Manski (2004), Confidence intervals for partially identified parameters,
            Econometrica 72, equations 6 and 7.
        """
        reach = critical(self.high - self.low, max(self.low_error, self.high_error), level)
        return Interval(
            self.low - reach * self.low_error, self.high + reach * self.high_error, level
        )

    def __contains__(self, value: float) -> bool:
        """Whether an effect is allowed."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        """One sentence."""
        inside = self.interval()
        return (
            f"{self.assumption}, the effect lies between {self.low:.3g} and {self.high:.3g} "
            f"(95 % CI {inside.low:.3g} to {inside.high:.3g})"
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        inside = self.interval()
        return {
            "low": self.low,
            "high": self.high,
            "interval": [inside.low, inside.high],
            "assumption": self.assumption,
        }


def critical(width: float, error: float, level: float) -> float:
    """The number of standard errors by which a range is widened.

    >>> round(critical(0.0, 1.0, 0.95), 3), round(critical(100.0, 1.0, 0.95), 3)
    (1.96, 1.645)
    """
    checked_level(level)
    gap = max(0.0, width) / error if error > 0.0 else math.inf

    def missing(reach: float) -> float:
        return float(ndtr(reach + gap) - ndtr(-reach)) - level

    return float(brentq(missing, 0.0, 40.0, xtol=1e-12))
