"""The joint table behind columns of levels."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalsim.errors.identification import BoundsError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.query import Level

Array = NDArray[np.float64]
Columns = Mapping[str, ArrayLike]
#: A column with more different values is taken to be continuous by mistake.
_MOST_LEVELS = 64


def frequencies(data: Table | Columns, names: Iterable[str]) -> Table:
    """The joint distribution of some variables, with levels in ascending order.

    Args:
        data: A joint table, or one array of levels a variable.
        names: The variables, in the order of the axes.

    Raises:
        BoundsError: a variable that the data lack, missing values, a continuous column.

    >>> frequencies({"x": [0, 0, 1, 1], "y": ["a", "b", "b", "b"]}, ["x", "y"]).values
    array([[0.25, 0.25],
           [0.  , 0.5 ]])
    """
    wanted = tuple(names)
    if not isinstance(data, Table | Mapping):
        raise BoundsError.not_ours(type(data).__name__, "A joint Table, or a mapping of columns,")
    present = data.axes if isinstance(data, Table) else tuple(data)
    for name in wanted:
        if name not in present:
            raise BoundsError.missing_variable(name, present)
    return _marginal(data, wanted) if isinstance(data, Table) else _counted(data, wanted)


def sizes_of(data: Table | Columns, names: Iterable[str]) -> dict[str, int]:
    """How many levels some variables have, found without laying out their joint table.

    Raises:
        BoundsError: a variable that the data lack.
    """
    if not isinstance(data, Table | Mapping):
        raise BoundsError.not_ours(type(data).__name__, "A joint Table, or a mapping of columns,")
    present = data.axes if isinstance(data, Table) else tuple(data)
    found: dict[str, int] = {}
    for name in names:
        if name not in present:
            raise BoundsError.missing_variable(name, present)
        if isinstance(data, Table):
            found[name] = data.values.shape[data.axes.index(name)]
        else:
            found[name] = len(set(np.asarray(data[name]).ravel().tolist()))
    return found


def level_index(table: Table, name: str, level: Level) -> int:
    """Where a level stands on its axis.

    Raises:
        BoundsError: a level that the table lacks.
    """
    levels = table.levels[table.axes.index(name)]
    if level not in levels:
        raise BoundsError.unknown_level(name, level, levels)
    return levels.index(level)


def _marginal(table: Table, names: tuple[str, ...]) -> Table:
    """A table summed down to some of its axes."""
    values = table.values
    if not np.isfinite(values).all() or (values < 0).any() or not np.isclose(values.sum(), 1.0):
        raise BoundsError.not_ours("a table that is no distribution", "A joint table")
    rest = tuple(i for i, name in enumerate(table.axes) if name not in names)
    kept = [name for name in table.axes if name in names]
    found = values.sum(axis=rest).transpose([kept.index(name) for name in names])
    levels = dict(zip(table.axes, table.levels, strict=True))
    return Table.of(names, found, levels)


def _counted(columns: Columns, names: tuple[str, ...]) -> Table:
    """Relative frequencies of the rows."""
    codes: list[NDArray[np.int64]] = []
    levels: dict[str, tuple[Level, ...]] = {}
    length = None
    for name in names:
        column = np.asarray(columns[name])
        if column.ndim != 1 or not column.size:
            raise BoundsError.bad_column(name, "is no list of levels")
        if length is not None and column.size != length:
            raise BoundsError.bad_column(name, f"has {column.size} rows, another has {length}")
        length = column.size
        if any(value is None or value != value for value in column.tolist()):
            raise BoundsError.bad_column(name, "has missing values")
        try:
            found, code = np.unique(column, return_inverse=True)
        except TypeError:
            raise BoundsError.bad_column(name, "mixes kinds of values") from None
        if len(found) > _MOST_LEVELS:
            raise BoundsError.too_many_levels(name, len(found))
        codes.append(code.reshape(-1))
        levels[name] = tuple(found.tolist())
    shape = tuple(len(levels[name]) for name in names)
    counts = np.zeros(shape)
    np.add.at(counts, tuple(codes), 1.0)
    return Table.of(names, counts / counts.sum(), levels)
