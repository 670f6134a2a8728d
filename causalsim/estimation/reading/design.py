"""Covariates as numbers: numeric columns as they are, categories as indicators."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.base import listed
from causalsim.errors.data import DataError
from causalsim.errors.reading import ReadingError

_MANY = 50
_MOST_CELLS = 200_000_000
_ROWS_AT_ONCE = 4_096


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
    indicator for every category but the commonest, of several the first to appear (where there are
    more than twenty, the default learners of a cross-fit see a number for each instead). Missing
    numbers become the median of the others, missing strings a category ``(missing)``, and an
    indicator tells which were.

    Args:
        frame: The table.
        covariates: Their names.

    Returns:
        The matrix, with one row for each of the frame's; it may have no columns.

    Raises:
        DataError: A column is missing, has no value at all, or holds infinities.
        ReadingError: A category for almost every row.

    >>> import pandas
    >>> design(pandas.DataFrame({"age": [40, 50], "arm": ["a", "b"]}), ("age", "arm")).columns
    ('age', 'arm=b')
    """
    read = coding(frame, covariates)
    flagged = [part.name for part in read.parts if part.flagged]
    return Design(
        read.matrix(frame),
        tuple(label for part in read.parts for label in part.labels),
        tuple(part.name for part in read.parts for _ in part.labels),
        tuple((name, int(frames.missing(frame, name).sum())) for name in flagged),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """How one covariate becomes numbers.

    Attributes:
        name: The covariate.
        levels: Its categories; None for a number.
        middle: What stands for a missing number.
        flagged: Whether a column tells where it was missing.
    """

    name: str
    levels: tuple[str, ...] | None
    middle: float
    flagged: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns it becomes."""
        if self.levels is not None:
            return tuple(f"{self.name}={level}" for level in self.levels[1:])
        return (self.name, f"{self.name}=(missing)") if self.flagged else (self.name,)

    def columns(self, frame: Any) -> list[NDArray[Any]]:  # noqa: ANN401
        """Its columns for the rows of a frame, to be read and not written to."""
        if self.levels is None and not self.flagged:
            plain = _finite(frame, self.name)
            return [frames.numeric(frame, self.name) if plain is None else plain]
        absent = frames.missing(frame, self.name)
        if self.levels is not None:
            raw = _categories(frame, self.name, absent)
            strange = sorted(set(np.unique(raw).tolist()) - set(self.levels))
            if strange:
                raise DataError.unknown_category(self.name, strange[0], sorted(self.levels))
            return [(raw == level).astype(np.float64) for level in self.levels[1:]]
        filled = np.where(absent, self.middle, frames.known(frame, self.name))
        return [filled, absent.astype(np.float64)]


@dataclass(frozen=True, slots=True)
class Coding:
    """How covariates become numbers, learnt from one frame and applied to any.

    Attributes:
        parts: One for each covariate.
    """

    parts: tuple[Part, ...]

    def matrix(self, frame: Any) -> NDArray[np.float64]:  # noqa: ANN401
        """The rows of a frame as numbers.

        Raises:
            DataError: A covariate that the frame lacks, a category that was never seen, a missing
                cell where none was before.
        """
        frames.require(frame, [part.name for part in self.parts])
        made = [column for part in self.parts for column in part.columns(frame)]
        matrix = np.empty((frames.height(frame), len(made)))
        for start in range(0, len(matrix), _ROWS_AT_ONCE):  # each piece stays in the cache
            piece = slice(start, start + _ROWS_AT_ONCE)
            for place, column in enumerate(made):
                matrix[piece, place] = column[piece]
        return matrix


def coding(frame: Any, covariates: tuple[str, ...]) -> Coding:  # noqa: ANN401
    """Learn categories and medians from a frame.

    Raises:
        DataError: A column is missing, has no value at all, or holds infinities.
    """
    return Coding(tuple(_part(frame, name) for name in covariates))


def _part(frame: Any, name: str) -> Part:  # noqa: ANN401
    """How one covariate becomes numbers."""
    if _finite(frame, name) is not None:
        return Part(name, None, 0.0, False)
    absent = frames.missing(frame, name)
    if absent.all():
        raise DataError.all_missing(name, len(absent))
    if frames.categorical(frame, name):
        found, first, counts = np.unique(
            _categories(frame, name, absent), return_index=True, return_counts=True
        )
        # By how common they are: what categories are called must not decide any number.
        found = found[np.lexsort((first, -counts))]
        if len(found) > _MANY and 2 * len(found) > len(absent):
            raise ReadingError.too_many_categories(name, len(found), len(absent))
        if len(found) * len(absent) > _MOST_CELLS:
            raise ReadingError.too_many_categories(name, len(found), len(absent))
        return Part(name, tuple(str(level) for level in found), 0.0, bool(absent.any()))
    if not absent.any():
        return Part(name, None, 0.0, False)
    return Part(name, None, float(np.median(frames.known(frame, name)[~absent])), True)


def _finite(frame: Any, name: str) -> NDArray[Any] | None:  # noqa: ANN401
    """A column of finite numbers as it is in the frame; None where it needs a closer look."""
    found = frames.views(frame, [name])
    if found is None or not np.isfinite(found[name]).all():
        return None
    return found[name]


def _categories(frame: Any, name: str, absent: NDArray[np.bool_]) -> NDArray[Any]:  # noqa: ANN401
    """The categories of each row; being missing is one."""
    return np.where(absent, "(missing)", frames.labels(frame, name))
