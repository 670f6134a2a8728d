"""What can go wrong when a formula is read off the counts of a frame."""

from collections.abc import Iterable, Mapping
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.estimation import EstimationError


class PluginError(EstimationError):
    """A formula that these rows cannot fill."""

    @classmethod
    def missing_values(cls, counts: Mapping[str, int], height: int) -> Self:
        """Cells without a value in what is counted."""
        told = listed(f"{name!r} ({count} of {height})" for name, count in counts.items())
        return cls(
            f"Values are missing in {told}; a formula is read off complete rows.",
            f"keep them by frame.dropna(subset={list(counts)!r}), or say how they went missing: "
            "identify(..., available=...).",
        )

    @classmethod
    def too_many_levels(cls, name: str, count: int, most: int) -> Self:
        """A variable that is continuous, or nearly."""
        return cls(
            f"{name!r} has {count} different values; a formula is read off counts, and more than "
            f"{most} levels leave too few rows in each.",
            f"cut it: frame.assign({name}=pandas.cut(frame[{name!r}], 4, labels=False)); for an "
            "adjustment set by=AIPW() takes numbers as they are.",
        )

    @classmethod
    def too_many_cells(cls, sizes: Mapping[str, int], count: int) -> Self:
        """A table that is too large."""
        told = listed(f"{name} {size}" for name, size in sizes.items())
        return cls(
            f"The levels ({told}) make {count} cells, too many to count.",
            "cut variables more coarsely, or choose an answer with fewer of them: "
            "answer.alternatives.",
        )

    @classmethod
    def empty_cell(cls, formula: str) -> Self:
        """A conditional probability given what nobody has."""
        return cls(
            "Some combination of levels that the formula conditions on has no row, so that "
            f"{formula} is not determined.",
            "merge rare levels, or leave out people of whom no two could be compared.",
        )

    @classmethod
    def nothing_moves(cls, value: float) -> Self:
        """A comparison that is the same whatever the rows are."""
        return cls(
            f"The formula compares what never varies in these rows: it gives {value:g} without any "
            "error, which is no evidence.",
            "look for a mediator or an outcome with one value in every row, and at the filter that "
            "made the frame.",
        )

    @classmethod
    def several_numbers(cls, names: Iterable[str]) -> Self:
        """A question whose answer is a table, not a number."""
        told = listed(names)
        return cls(
            f"The answer is a number for every level of {told}.",
            "hold them at values in the question, such as Query(..., do={...: value}) or "
            "given={...: value}; for a treatment with several levels, arms=(low, high).",
        )

    @classmethod
    def not_linear(cls, name: str) -> Self:
        """A numeric outcome that enters the formula more than once."""
        return cls(
            f"{name!r} has too many levels to be counted, and enters the formula otherwise than "
            "through its mean.",
            f"cut it: frame.assign({name}=pandas.cut(frame[{name!r}], 4, labels=False)).",
        )

    @classmethod
    def other_data(cls, formula: str) -> Self:
        """A formula that reads experiments or other populations."""
        return cls(
            f"The formula {formula} reads more than observations of one population.",
            "Plugin() reads one frame; evaluate the formula on tables of each source with "
            "causalsim.estimand.evaluate.",
        )

    @classmethod
    def not_flat(cls, formula: str) -> Self:
        """A formula that is no ratio of chains of distributions."""
        return cls(
            f"The formula {formula} divides inside a sum, or multiplies two distributions of one "
            "variable, so that it cannot be drawn from on columns with many values.",
            "cut the columns into a few levels (then any formula is evaluated exactly), or try "
            "another formula from answer.alternatives.",
        )

    @classmethod
    def density_at_value(cls, name: str, value: object) -> Self:
        """The probability of one value of a continuous column."""
        return cls(
            f"The formula has the probability that {name!r} is exactly {value!r}, which is zero "
            "for a column with many values.",
            f"ask about a range: cut {name!r} into a few levels.",
        )

    @classmethod
    def which_doses(cls, name: str, low: float, high: float) -> Self:
        """A continuous treatment, and no two values to compare."""
        return cls(
            f"{name!r} has many values between {low:.4g} and {high:.4g}; an effect compares two.",
            f"name them: estimate(..., arms=({low + 0.25 * (high - low):.3g}, "
            f"{low + 0.75 * (high - low):.3g})).",
        )

    @classmethod
    def outside(cls, name: str, value: object, low: float, high: float) -> Self:
        """A value beyond what was seen."""
        return cls(
            f"{name!r} is asked about at {value!r}, beyond the values seen, {low:.4g} to "
            f"{high:.4g}.",
            "ask about a value among them: a regression says nothing reliable outside.",
        )

    @classmethod
    def thin_cell(cls, label: str, count: int, least: int) -> Self:
        """A condition that few rows meet."""
        return cls(
            f"Only {count} rows have {label}, and regressions among them need {least}.",
            "merge rare levels, use fewer folds (Plugin(folds=2)), or ask about commoner values.",
        )

    @classmethod
    def no_support(cls, factor: str, share: float) -> Self:
        """A formula that averages over what nobody is."""
        return cls(
            f"Rows are found for only about {share:.0%} of what the formula averages {factor} "
            "over: some variables all but decide others, so that no data say what it needs.",
            "look at how these variables go together in the frame; ask about levels or a group of "
            "rows in which all of them occur, or use another formula from answer.alternatives.",
        )
