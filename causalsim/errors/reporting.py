"""What can be wrong with what is to be plotted or reported."""

from typing import Self

from causalsim.errors.base import CausalsimError


class ReportError(CausalsimError):
    """Something that cannot be shown."""

    @classmethod
    def not_numbers(cls, role: str, found: object) -> Self:
        """Values that are not a row of finite numbers."""
        return cls(
            f"The {role} must be finite numbers in one row; found {found}.",
            "pass a list, an array or a column of numbers, with missing values dropped.",
        )

    @classmethod
    def nothing(cls, role: str) -> Self:
        """No value to show."""
        return cls(f"There are no {role} to show.", "pass at least one.")

    @classmethod
    def bad_interval(cls, label: str, value: float, low: float, high: float) -> Self:
        """An estimate outside its own interval."""
        return cls(
            f"The estimate {label!r} is {value}, outside its interval {low} to {high}.",
            "give low <= value <= high, all finite.",
        )

    @classmethod
    def lengths(cls, first: str, one: int, second: str, other: int) -> Self:
        """Two rows of values that do not belong together."""
        return cls(
            f"There are {one} {first} but {other} {second}.",
            "pass one of each for every person.",
        )

    @classmethod
    def not_a_propensity(cls, least: float, most: float) -> Self:
        """Propensities outside 0 to 1."""
        return cls(
            f"Propensities lie between 0 and 1; found {least:.3g} to {most:.3g}.",
            "pass probabilities of treatment, not scores on the logit scale.",
        )

    @classmethod
    def arms(cls, count: int) -> Self:
        """Not two arms to compare."""
        return cls(
            f"An overlap plot needs people in both arms; found {count} arm(s).",
            "pass treated as 0 and 1, with both present.",
        )

    @classmethod
    def ragged(cls, number: int, expected: int, found: int) -> Self:
        """A row of a table with too many or too few cells."""
        return cls(
            f"Row {number} of the table has {found} cells; the heading has {expected}.",
            "give every row one cell for each heading.",
        )

    @classmethod
    def unsafe_markup(cls, what: str) -> Self:
        """Markup that is broken, active, or reaches out of the page."""
        return cls(
            f"This picture or formula cannot stand in a page: {what}.",
            "pass what to_svg, inline_svg or to_html returned, unchanged.",
        )

    @classmethod
    def not_a(cls, what: str, found: object, hint: str) -> Self:
        """Something else stands where a part of the report is expected."""
        return cls(f"{what} is expected; found {type(found).__name__}.", hint)
