"""Covariates as numbers: numeric columns as they are, categories as indicators."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The covariates of a task as a matrix.

    Attributes:
        matrix: One row a person, one column a number or an indicator.
        columns: The name of each column; ``arm=b`` for an indicator.
        sources: The covariate that each column came from.
    """

    matrix: NDArray[np.float64]
    columns: tuple[str, ...]
    sources: tuple[str, ...]

    def with_column(self, name: str, values: NDArray[np.float64]) -> "Design":
        """This design with one more numeric column at its end."""
        return Design(
            np.column_stack([self.matrix, values]), (*self.columns, name), (*self.sources, name)
        )

    def rows(self, chosen: NDArray[Any]) -> "Design":
        """The design of some of the rows."""
        return Design(self.matrix[chosen], self.columns, self.sources)


def design(frame: Any, covariates: tuple[str, ...]) -> Design:  # noqa: ANN401
    """Turn covariates into numbers.

    Numbers and truth values stay one column each. A string or categorical column becomes one
    indicator for every category but the first in sorted order.

    Args:
        frame: The table; the covariates have no missing values.
        covariates: Their names.

    Returns:
        The matrix, with one row for each of the frame's; it may have no columns.

    Raises:
        DataError: A column is missing or holds infinities.

    >>> import pandas
    >>> design(pandas.DataFrame({"age": [40, 50], "arm": ["a", "b"]}), ("age", "arm")).columns
    ('age', 'arm=b')
    """
    parts: list[NDArray[np.float64]] = []
    columns: list[str] = []
    sources: list[str] = []
    for name in covariates:
        if frames.categorical(frame, name):
            raw = frames.values(frame, name).astype(str)
            for level in np.unique(raw)[1:]:
                parts.append((raw == level).astype(np.float64))
                columns.append(f"{name}={level}")
                sources.append(name)
        else:
            parts.append(frames.numeric(frame, name))
            columns.append(name)
            sources.append(name)
    matrix = np.column_stack(parts) if parts else np.empty((frames.height(frame), 0))
    return Design(np.ascontiguousarray(matrix), tuple(columns), tuple(sources))
