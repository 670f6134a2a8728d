"""A frame as counts: how many rows have each combination of levels of a formula's variables."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.plugin import PluginError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.expression import Add, Expression, P, Product, Ratio, Sum
from causalsim.estimand.query import Level
from causalsim.estimation.reading.task import row_mark

_MOST_LEVELS = 30
_MOST_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cell of each row, and what its outcome adds to which.

    An outcome that the formula never conditions on enters a mean linearly. It is then held by two
    levels, the ends of its range: a row counts for the upper one in the share of the way up that
    its outcome lies, and the mean over these two levels is the mean of the outcome itself.

    Attributes:
        axes: The variables.
        levels: The levels of each.
        codes: The place of each row's level on each axis, rows by axes; 0 on the outcome's axis
            where it is held by its ends.
        shares: For an outcome held by its ends, how far up each row lies; None without one.
        weights: A weight a row, with mean one.
        outcome: The axis that is held by its ends; None without one.
    """

    axes: tuple[str, ...]
    levels: tuple[tuple[Level, ...], ...]
    codes: NDArray[np.int_]
    shares: NDArray[np.float64] | None
    weights: NDArray[np.float64]
    outcome: int | None

    @property
    def shape(self) -> tuple[int, ...]:
        """How many levels each axis has."""
        return tuple(len(found) for found in self.levels)

    @property
    def places(self) -> NDArray[np.int_]:
        """Each row's cell as one number; its outcome at the lower end where it is held by ends."""
        if not self.axes:
            return np.zeros(len(self.codes), dtype=np.int_)
        return np.asarray(np.ravel_multi_index(tuple(self.codes.T), self.shape), dtype=np.int_)

    def table(self) -> Table:
        """The joint distribution of the rows."""
        return Table(self.axes, self.flat().reshape(self.shape), self.levels)

    def flat(self) -> NDArray[np.float64]:
        """The probability of every cell, in one line."""
        size = int(np.prod(self.shape))
        if self.shares is None or self.outcome is None:
            counted = np.bincount(self.places, self.weights, minlength=size)
        else:
            low = np.bincount(self.places, self.weights * (1.0 - self.shares), minlength=size)
            up = np.bincount(self.places + self.step, self.weights * self.shares, minlength=size)
            counted = low + up
        return np.asarray(counted / counted.sum(), dtype=np.float64)

    @property
    def step(self) -> int:
        """From the cell of the outcome's lower end to that of its upper end."""
        assert self.outcome is not None
        return int(np.prod(self.shape[self.outcome + 1 :]))

    @property
    def digest(self) -> str:
        """A mark of the rows, by which the same data are recognised."""
        return row_mark([*self.codes.T, *([] if self.shares is None else [self.shares])])

    def halved(self) -> "Cells":
        """The same rows with the outcome half as far above the lower end of its range."""
        assert self.shares is not None
        return replace(self, shares=0.5 * self.shares)

    def spread_over_rows(self, per_cell: NDArray[np.float64]) -> NDArray[np.float64]:
        """One value a row from one value a cell."""
        if self.shares is None:
            return per_cell[self.places]
        low, up = per_cell[self.places], per_cell[self.places + self.step]
        return np.asarray((1.0 - self.shares) * low + self.shares * up, dtype=np.float64)

    def weighed(self, weights: NDArray[np.float64]) -> "Cells":
        """The same rows with other weights, such as those of a bootstrap."""
        return replace(self, weights=weights)


def cells(
    frame: Any,  # noqa: ANN401
    formula: Expression,
    mean_of: str | None,
    weights: NDArray[np.float64],
) -> Cells:
    """Count the rows of a frame by the variables of a formula.

    Args:
        frame: The table.
        formula: What the counts are for.
        mean_of: The outcome whose mean is wanted, if one is.
        weights: A weight a row, with mean one.

    Raises:
        PluginError: A variable with too many levels to be counted, or too many cells in all.
        DataError: A column that is missing or incomplete.
    """
    axes = tuple(dict.fromkeys(variables(formula)))
    if mean_of is not None and mean_of not in axes:
        axes = (*axes, mean_of)
    frames.require(frame, axes)
    given = set(conditions(formula))
    codes = np.zeros((frames.height(frame), len(axes)), dtype=np.int_)
    levels: list[tuple[Level, ...]] = []
    shares, outcome = None, None
    for place, name in enumerate(axes):
        if name == mean_of and name not in given and _many(frame, name):
            numbers = frames.numeric(frame, name)
            low, high = float(numbers.min()), float(numbers.max())
            shares, outcome = (numbers - low) / (high - low), place
            levels.append((low, high))
            continue
        codes[:, place], found = _coded(frame, name)
        levels.append(found)
    size = int(np.prod([float(len(found)) for found in levels]))
    if size > _MOST_CELLS:
        raise PluginError.too_many_cells(dict(zip(axes, map(len, levels), strict=True)), size)
    return Cells(axes, tuple(levels), codes, shares, weights, outcome)


def countable(frame: Any, formula: Expression, mean_of: str | None) -> bool:  # noqa: ANN401
    """Whether the variables of a formula have few enough levels to be counted.

    Args:
        frame: The table.
        formula: What the counts are for.
        mean_of: The outcome whose mean is wanted, which may be any number.
    """
    names = [name for name in variables(formula) if name in frames.names(frame)]
    given = set(conditions(formula))
    size = 1.0
    for name in names:
        if name == mean_of and name not in given:
            continue
        raw = frames.values(frame, name)[~frames.missing(frame, name)]
        count = len(np.unique(raw.astype(str) if frames.categorical(frame, name) else raw))
        size *= count
        if count > _MOST_LEVELS or size > _MOST_CELLS:
            return False
    return True


def _many(frame: Any, name: str) -> bool:  # noqa: ANN401
    """Whether a column has more levels than are counted one by one."""
    return len(np.unique(frames.numeric(frame, name))) > _MOST_LEVELS


def _coded(
    frame: Any,  # noqa: ANN401
    name: str,
) -> tuple[NDArray[np.int_], tuple[Level, ...]]:
    """The place of each row's level, and the levels in order."""
    absent = int(frames.missing(frame, name).sum())
    if absent:
        raise PluginError.missing_values({name: absent}, frames.height(frame))
    raw = frames.values(frame, name)
    raw = raw.astype(str) if frames.categorical(frame, name) else raw
    found, codes = np.unique(raw, return_inverse=True)
    if len(found) > _MOST_LEVELS:
        raise PluginError.too_many_levels(name, len(found), _MOST_LEVELS)
    return codes.reshape(-1).astype(np.int_), tuple(_plain(level) for level in found)


def _plain(level: Any) -> Level:  # noqa: ANN401
    """A numpy scalar as the plain value that a question names; 1.0 and True become 1."""
    plain = level.item() if isinstance(level, np.generic) else level
    if isinstance(plain, bool):
        return int(plain)
    if isinstance(plain, float) and plain.is_integer():
        return int(plain)
    made: Level = plain
    return made


def variables(expression: Expression) -> tuple[str, ...]:
    """Every variable of a formula, each once, in order."""
    found: dict[str, None] = {}
    for term in distributions(expression):
        found.update(dict.fromkeys(slot.variable for slot in (*term.heads, *term.given)))
    return tuple(found)


def conditions(expression: Expression) -> tuple[str, ...]:
    """The variables that some distribution of a formula is conditioned on."""
    found: dict[str, None] = {}
    for term in distributions(expression):
        found.update(dict.fromkeys(slot.variable for slot in term.given))
    return tuple(found)


def distributions(expression: Expression) -> list[P]:
    """The distributions that a formula is made of; a part that is shared is looked at once."""
    found: list[P] = []
    seen: set[int] = set()
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        match part:
            case P():
                found.append(part)
            case Sum(_, body):
                waiting.append(body)
            case Product(parts) | Add(parts):
                waiting.extend(reversed(parts))
            case Ratio(numerator, denominator):
                waiting.extend((denominator, numerator))
    return found
