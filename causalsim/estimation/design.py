"""Covariates as numbers: numeric columns as they are, categories as indicators."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.base import listed
from causalsim.errors.data import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The covariates of a task as a matrix.

    Attributes:
        matrix: One row a person, one column a number or an indicator.
        columns: The name of each column; ``arm=b`` for an indicator.
        sources: The covariate that each column came from.
        filled: For covariates with missing cells, how many.
    """

    matrix: NDArray[np.float64]
    columns: tuple[str, ...]
    sources: tuple[str, ...]
    filled: tuple[tuple[str, int], ...] = ()

    def with_column(self, name: str, values: NDArray[np.float64]) -> "Design":
        """This design with one more numeric column at its end."""
        return Design(
            np.column_stack([self.matrix, values]),
            (*self.columns, name),
            (*self.sources, name),
            self.filled,
        )

    def rows(self, chosen: NDArray[Any]) -> "Design":
        """The design of some of the rows."""
        return Design(self.matrix[chosen], self.columns, self.sources, self.filled)

    def notes(self) -> tuple[str, ...]:
        """What was done about missing cells, if there are any."""
        if not self.filled:
            return ()
        told = listed(f"{name} ({count} of {len(self.matrix)})" for name, count in self.filled)
        return (
            f"missing in {told}: such rows are compared with each other by an indicator, which is "
            "right when confounding runs through what is observed and through being missing",
        )


def design(frame: Any, covariates: tuple[str, ...]) -> Design:  # noqa: ANN401
    """Turn covariates into numbers.

    Numbers and truth values stay one column each. A string or categorical column becomes one
    indicator for every category but the first in sorted order. Missing numbers become the median
    of the others, missing strings a category ``(missing)``, and an indicator tells which were.

    Args:
        frame: The table.
        covariates: Their names.

    Returns:
        The matrix, with one row for each of the frame's; it may have no columns.

    Raises:
        DataError: A column is missing, has no value at all, or holds infinities.

    >>> import pandas
    >>> design(pandas.DataFrame({"age": [40, 50], "arm": ["a", "b"]}), ("age", "arm")).columns
    ('age', 'arm=b')
    """
    parts: list[NDArray[np.float64]] = []
    columns: list[str] = []
    sources: list[str] = []
    filled: list[tuple[str, int]] = []
    for name in covariates:
        absent = frames.missing(frame, name)
        if absent.all():
            raise DataError.all_missing(name, len(absent))
        if absent.any():
            filled.append((name, int(absent.sum())))
        for label, column in _numbers(frame, name, absent):
            parts.append(column)
            columns.append(label)
            sources.append(name)
    matrix = np.column_stack(parts) if parts else np.empty((frames.height(frame), 0))
    return Design(np.ascontiguousarray(matrix), tuple(columns), tuple(sources), tuple(filled))


def _numbers(
    frame: Any,  # noqa: ANN401
    name: str,
    absent: NDArray[np.bool_],
) -> list[tuple[str, NDArray[np.float64]]]:
    """The columns that one covariate becomes, each with its label."""
    if frames.categorical(frame, name):
        raw = np.where(absent, "(missing)", frames.values(frame, name).astype(str))
        return [(f"{name}={level}", (raw == level).astype(float)) for level in np.unique(raw)[1:]]
    if not absent.any():
        return [(name, frames.numeric(frame, name))]
    known = frames.known(frame, name)
    filled = np.where(absent, np.median(known[~absent]), known)
    return [(name, filled), (f"{name}=(missing)", absent.astype(np.float64))]
