"""What can be wrong when an effect is estimated along a curve: of doses, or of quantiles."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.estimation import EstimationError


class CurveError(EstimationError):
    """A curve that these data do not give."""

    @classmethod
    def not_on_curve(cls, value: object, places: Iterable[float]) -> Self:
        """A place where the curve was not estimated."""
        found = [f"{place:g}" for place in places]
        return cls(
            f"The curve was not estimated at {value!r}; it was at {listed(found[:12])}"
            f"{', …' if len(found) > 12 else ''}.",
            "name the places that matter beforehand, such as by=DoseResponse(at=(1, 2, 3)).",
        )

    @classmethod
    def bad_places(cls, name: str, found: object, allowed: str) -> Self:
        """Places that are no increasing numbers in range."""
        return cls(f"{name} must be {allowed}; found {found!r}.", f"pass {name}=({allowed}).")

    @classmethod
    def outside(cls, dose: str, value: float, low: float, high: float) -> Self:
        """A dose that nobody had, nor any one beyond it."""
        return cls(
            f"{dose} = {value:g} lies outside the doses in the frame, {low:g} to {high:g}; nothing "
            "there can be estimated.",
            "ask of doses between them.",
        )

    @classmethod
    def thin(cls, dose: str, value: float, rows: float, bandwidth: float) -> Self:
        """Too few rows around a dose."""
        return cls(
            f"Around {dose} = {value:g}, within {bandwidth:.3g} of it, there are about {rows:.0f} "
            "rows; a curve needs 15 there.",
            "leave the dose out, or smooth more: by=DoseResponse(bandwidth=…).",
        )

    @classmethod
    def few_doses(cls, dose: str, count: int) -> Self:
        """A dose with so few values that they are arms."""
        return cls(
            f"{dose!r} has {count} different values; a curve needs ten or more.",
            "they are arms: by=AIPW() with arms=(low, high), or every_arm(answer, frame, ...).",
        )

    @classmethod
    def no_pair(cls, dose: str) -> Self:
        """A number was asked of a curve."""
        return cls(
            f"The dose-response of {dose!r} is a curve, and the question does not say which two "
            "doses are compared.",
            "estimate(answer, frame, by=DoseResponse(), arms=(low, high)) compares two doses; "
            "estimate_curve(answer, frame, by=DoseResponse()) gives all of them.",
        )

    @classmethod
    def several_levels(cls, levels: Iterable[float]) -> Self:
        """A number was asked of several quantiles."""
        return cls(
            f"{listed(f'{level:g}' for level in levels)} are several quantiles, and an effect is "
            "one number.",
            "by=QuantileEffect(0.5) for one; estimate_curve(answer, frame, by=...) for all.",
        )

    @classmethod
    def heaped(cls, outcome: str, value: float, share: float, level: float) -> Self:
        """An outcome in which many rows have the very value of the quantile."""
        return cls(
            f"{share:.0%} of an arm has {outcome} = {value:g}, its {level:g} quantile; the "
            "quantile of an outcome with such heaps does not move smoothly, and has no normal "
            "interval.",
            "ask how likely a value is instead: Query({outcome: value}, …), or cut the outcome.",
        )

    @classmethod
    def sparse(cls, outcome: str, level: float) -> Self:
        """A quantile where hardly any outcome lies."""
        return cls(
            f"No row lies near the {level:g} quantile of {outcome} in one of the arms, so that its "
            "error cannot be told.",
            "ask for a quantile nearer to the middle.",
        )

    @classmethod
    def no_curve(cls, found: object) -> Self:
        """An estimator that gives single numbers only."""
        return cls(
            f"An estimator of a curve is expected as by=; found {found!r}.",
            "by=DoseResponse() for a dose, by=QuantileEffect((0.1, 0.5, 0.9)) for quantiles.",
        )
