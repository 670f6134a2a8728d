"""The columns of a formula as numbers or codes, for any copy of a variable that is drawn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.plugin import PluginError
from causalsim.errors.reading import ReadingError
from causalsim.estimand.expression import Value
from causalsim.estimand.query import Level
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.reading.task import row_mark

#: Columns with more different values than this are continuous.
MOST_LEVELS = 30
_MANY = 50


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One variable.

    Attributes:
        name: Its name.
        values: A number a row; for a category the place of its level.
        levels: The levels in order, for a category or a number with few values; else None.
        category: Whether the levels are names rather than numbers.
    """

    name: str
    values: Matrix
    levels: tuple[Level, ...] | None
    category: bool

    def features(self, values: Matrix) -> Matrix:
        """What a learner sees of some values: numbers, or an indicator of each later level."""
        if not self.category:
            return values[:, None]
        assert self.levels is not None
        return np.asarray(
            values[:, None] == np.arange(1, len(self.levels))[None, :], dtype=np.float64
        )

    def coded(self, level: Level) -> float:
        """A level of a question as it stands in the values.

        Raises:
            PluginError: A level that no row has, or a number beyond all values.
        """
        if self.category:
            assert self.levels is not None
            if str(level) not in self.levels:
                raise PluginError.unknown_level(self.name, level, self.levels)
            return float(self.levels.index(str(level)))
        if isinstance(level, str):
            raise PluginError.unknown_level(self.name, level, self.levels or ())
        if self.levels is not None and float(level) not in self.values:
            raise PluginError.unknown_level(self.name, level, self.levels)
        low, high = float(self.values.min()), float(self.values.max())
        if not low <= float(level) <= high:
            raise PluginError.outside(self.name, level, low, high)
        return float(level)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The variables of a formula and a weight for each row.

    Attributes:
        by_name: The columns.
        weights: A weight a row, with mean one.
    """

    by_name: Mapping[str, Column]
    weights: Matrix

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.weights)

    def rows(self, chosen: NDArray[np.int_]) -> "Columns":
        """The same columns on some of the rows; levels stay those of all rows."""
        return Columns(
            {n: replace(one, values=one.values[chosen]) for n, one in self.by_name.items()},
            self.weights[chosen],
        )

    def weighed(self, weights: Matrix) -> "Columns":
        """The same rows with other weights."""
        return Columns(self.by_name, weights)

    def matches(self, held: Iterable[Value]) -> NDArray[np.bool_]:
        """The rows that have these values; values of continuous columns are not looked at."""
        found = np.ones(self.height, dtype=np.bool_)
        for slot in held:
            column = self.by_name[slot.variable]
            if column.levels is not None:
                found &= column.values == column.coded(slot.level)
        return found

    def smooth(self, held: Iterable[Value]) -> tuple[Value, ...]:
        """The values at which a regression has to be read, since few rows have just them."""
        return tuple(slot for slot in held if self.by_name[slot.variable].levels is None)

    def observed(self, names: Sequence[str]) -> Matrix:
        """What a learner sees of the rows."""
        return self.seen([(name, self.by_name[name].values) for name in names], self.height)

    def seen(self, parts: Sequence[tuple[str, Matrix]], height: int) -> Matrix:
        """What a learner sees of values of these variables."""
        made = [self.by_name[name].features(values) for name, values in parts]
        return np.ascontiguousarray(np.hstack(made)) if made else np.empty((height, 0))

    @property
    def digest(self) -> str:
        """A mark of the rows."""
        return row_mark([column.values for column in self.by_name.values()])


def columns(frame: Any, names: Iterable[str], weights: Matrix) -> Columns:  # noqa: ANN401
    """Read the variables of a formula.

    Raises:
        PluginError: A missing value.
        DataError: A column that is missing, or holds infinities.
    """
    found = tuple(names)
    frames.require(frame, found)
    counts = {name: int(frames.missing(frame, name).sum()) for name in found}
    holes = {name: absent for name, absent in counts.items() if absent}
    if holes:
        raise PluginError.missing_values(holes, frames.height(frame))
    return Columns({name: _column(frame, name) for name in found}, weights)


def _column(frame: Any, name: str) -> Column:  # noqa: ANN401
    """One variable as numbers."""
    if frames.categorical(frame, name):
        raw = frames.labels(frame, name)
        levels, codes = np.unique(raw, return_inverse=True)
        if len(levels) > _MANY and 2 * len(levels) > len(raw):
            raise ReadingError.too_many_categories(name, len(levels), len(raw))
        named = tuple(str(level) for level in levels)
        return Column(name, codes.reshape(-1).astype(np.float64), named, True)
    values = frames.numeric(frame, name).astype(np.float64)
    distinct = np.unique(values)
    few = tuple(int(v) if float(v).is_integer() else float(v) for v in distinct)
    return Column(name, values, few if len(distinct) <= MOST_LEVELS else None, False)
