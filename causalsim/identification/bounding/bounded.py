"""What a bound says: an interval that holds the answer, and how tight it is."""

from dataclasses import dataclass, field
from typing import final

from causalsim.identification.bounding.response_program import Extreme


@final
@dataclass(frozen=True, slots=True)
class Bounds:
    """The interval in which the data and the graph place the answer.

    Attributes:
        lower: The smallest value.
        upper: The largest value.
        sharp: Whether every value in between is attained by a model that makes these data; a
            bound that is not sharp is valid, but perhaps wider than it need be.
        why: How it was found, in English.
        assumptions: What was assumed beside the graph.
        extremes: Models that attain the lower and the upper end, where a program found them.
    """

    lower: float
    upper: float
    sharp: bool
    why: str
    assumptions: tuple[str, ...] = ()
    extremes: tuple[Extreme, ...] = field(default=(), repr=False, compare=False)

    @property
    def width(self) -> float:
        """How much is left open."""
        return self.upper - self.lower

    @property
    def identified(self) -> bool:
        """Whether the interval is a point."""
        return self.width < 1e-9

    def __contains__(self, value: float) -> bool:
        """Whether a value lies in the interval, up to rounding."""
        return self.lower - 1e-9 <= value <= self.upper + 1e-9

    def __str__(self) -> str:
        """One line."""
        if self.identified:
            return f"identified: {self.lower:.4g}"
        return (
            f"between {self.lower:.4g} and {self.upper:.4g}{'' if self.sharp else ' (not sharp)'}"
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "kind": "bounds",
            "lower": self.lower,
            "upper": self.upper,
            "sharp": self.sharp,
            "why": self.why,
            "assumptions": list(self.assumptions),
        }
