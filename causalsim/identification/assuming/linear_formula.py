"""What a linear model's covariances say of a question: a weighted sum of coefficients."""

from dataclasses import dataclass
from typing import final

from causalsim.identification.linear.linear_effects import (
    ByHalfTreks,
    InstrumentRatio,
    NoLinearEffect,
    Regression,
)
from causalsim.identification.linear.linear_model import Covariance

Coefficient = Regression | InstrumentRatio | ByHalfTreks | NoLinearEffect


@final
@dataclass(frozen=True, slots=True)
class LinearFormula:
    """A weighted sum of coefficients and total effects.

    Attributes:
        terms: Each weight with the coefficient that it multiplies; none for zero.
    """

    terms: tuple[tuple[float, Coefficient], ...]

    def __str__(self) -> str:
        """The sum on one line."""
        text = ""
        for weight, part in self.terms:
            size = abs(weight)
            several = isinstance(part, ByHalfTreks) and (size != 1 or len(self.terms) > 1)
            shown = f"[{part}]" if several or (size != 1 and " / " in str(part)) else str(part)
            number = "" if size == 1 else f"{size:g} "
            text += f" {'-' if weight < 0 else '+'} {number}{shown}"
        return text.removeprefix(" + ").strip() or "0"

    def evaluate(self, covariance: Covariance) -> float:
        """The number at a covariance matrix.

        Raises:
            LinearError: a variable that the matrix lacks, or equations that are singular here.

        >>> from causalsim import Graph
        >>> from causalsim.identification.linear.linear_effects import total_effect
        >>> found = total_effect(Graph("x -> y"), "x", "y")
        >>> twice = LinearFormula(((2.0, found),))
        >>> print(twice, "=", twice.evaluate(Covariance(["x", "y"], [[2, 1], [1, 3]])))
        2 β(y, x) = 1.0
        """
        return sum(weight * part.evaluate(covariance) for weight, part in self.terms)
