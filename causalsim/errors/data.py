"""What can be wrong with a table of data, before any method looks at it."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import CausalsimError, did_you_mean, listed


class DataError(CausalsimError):
    """A table, or a column of it, that cannot be used as it is."""

    @classmethod
    def not_a_frame(cls, found: object) -> Self:
        """Something else stands where a data frame is expected."""
        return cls(
            f"A data frame is expected; found {type(found).__name__}.",
            "pass a pandas or polars DataFrame; turn a dict of columns into one by "
            "pandas.DataFrame(columns).",
        )

    @classmethod
    def lazy_frame(cls, found: object) -> Self:
        """A frame whose rows are not yet computed."""
        return cls(
            f"A data frame with its rows is expected; found the lazy {type(found).__name__}.",
            "call frame.collect() first.",
        )

    @classmethod
    def duplicate_columns(cls, names: Iterable[str]) -> Self:
        """Several columns carry the same name."""
        found = list(names)
        return cls(
            f"The frame has more than one column named {listed(found)}.",
            "give every column one name: frame = frame.loc[:, ~frame.columns.duplicated()].",
        )

    @classmethod
    def bad_column_name(cls, name: object) -> Self:
        """A column that is not named by a string."""
        return cls(
            f"Every column must be named by a string; found {name!r} ({type(name).__name__}).",
            "rename the columns: frame = frame.rename(columns=str).",
        )

    @classmethod
    def empty(cls, columns: int) -> Self:
        """A frame without rows, or without columns."""
        what = "no rows" if columns else "no columns"
        return cls(
            f"The frame has {what}.",
            "look at the filter that made it: print(frame.shape) after each step.",
        )

    @classmethod
    def unknown_column(cls, name: object, columns: Iterable[str]) -> Self:
        """A name that the frame does not have."""
        return cls(
            f"The frame has no column {name!r}.",
            did_you_mean(str(name), columns, "the columns are"),
        )

    @classmethod
    def missing_values(cls, counts: dict[str, int], height: int) -> Self:
        """Cells without a value, counted by column."""
        told = listed(f"{name!r} ({count} of {height})" for name, count in counts.items())
        names = ", ".join(repr(name) for name in counts)
        return cls(
            f"Values are missing in {told}.",
            f"keep the complete rows by frame.dropna(subset=[{names}]) "
            f"(polars: frame.drop_nulls([{names}])), or impute them first; dropping rows is "
            "unbiased only when they are missing at random given the covariates.",
        )

    @classmethod
    def unknown_category(cls, name: str, found: str, levels: Iterable[str]) -> Self:
        """A category that nothing was learnt about."""
        return cls(
            f"{name!r} is {found!r} in some row, which none of the rows learnt from was.",
            f"the categories are {listed(levels)}; leave such rows out or merge the category.",
        )

    @classmethod
    def all_missing(cls, name: str, height: int) -> Self:
        """A column without a single value."""
        return cls(
            f"The column {name!r} has no value in any of {height} rows.",
            "leave it out of the graph, or look for where it was lost (a merge, a wrong name).",
        )

    @classmethod
    def empty_rows(cls, count: int, first: int, height: int) -> Self:
        """Rows without a single value."""
        return cls(
            f"{count} of {height} rows have no value in any column that the graph names, the first "
            f"of them row {first}.",
            'they say nothing; leave them out by frame.dropna(how="all", subset=list(graph.nodes)) '
            "(polars: frame.filter(~polars.all_horizontal(polars.col(graph.nodes).is_null()))).",
        )

    @classmethod
    def infinite_values(cls, name: str, count: int) -> Self:
        """Cells that hold plus or minus infinity."""
        return cls(
            f"The column {name!r} holds infinities ({count} of its values).",
            f"look at them by frame[~numpy.isfinite(frame[{name!r}])]; a division by zero or "
            "the logarithm of zero is the usual cause.",
        )

    @classmethod
    def not_numeric(cls, name: str, dtype: object, example: object) -> Self:
        """A column of numbers that is not one."""
        return cls(
            f"The column {name!r} must be numeric; it is of type {dtype}, such as {example!r}.",
            f"convert it by pandas.to_numeric(frame[{name!r}]) "
            f"(polars: frame[{name!r}].cast(float)), or code its categories as 0 and 1.",
        )

    @classmethod
    def not_positive(cls, name: str, count: int, height: int) -> Self:
        """Sampling weights of zero or below."""
        return cls(
            f"Sampling weights must be above zero; {name!r} is not in {count} of {height} rows.",
            f"drop the rows that stand for nobody: frame[frame[{name!r}] > 0].",
        )

    @classmethod
    def one_row_weighs_all(cls, name: str, share: float, height: int) -> Self:
        """Sampling weights by which one row stands for most of the population."""
        return cls(
            f"By the sampling weights {name!r} a single row is {share:.0%} of the population, and "
            f"the other {height - 1} rows say next to nothing.",
            f"look at frame[{name!r}].nlargest(); weights are how many people a row stands for.",
        )

    @classmethod
    def uneven_columns(cls, heights: dict[str, int]) -> Self:
        """New columns of different lengths."""
        told = listed(f"{name!r} has {height}" for name, height in heights.items())
        return cls(
            f"The columns of a frame must have the same number of rows; {told}.",
            "pass one value for every row.",
        )
