"""Data with the levels that were declared, in the order in which they were."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from causalsim.errors.assumption import AssumptionError
from causalsim.errors.identification import BoundsError
from causalsim.estimand.evaluation import Table
from causalsim.estimand.query import Level
from causalsim.identification.bounding.frequencies import Columns, frequencies

Declared = Mapping[str, tuple[Level, ...]]


def arranged(names: Iterable[str], data: Table | Columns, declared: Declared) -> Table | Columns:
    """The data, with a zero for every declared level that they do not show.

    Columns whose levels are the declared ones already are left as they are, so that no large joint
    table is laid out.

    Args:
        names: The variables that are needed.
        data: The joint table, or one array of levels a variable.
        declared: The levels of some variables.

    Raises:
        AssumptionError: a level that was not declared.
        BoundsError: columns that hold no levels.

    >>> seen = Table.of(["x"], np.array([0.4, 0.6]), {"x": ("low", "high")})
    >>> arranged(["x"], seen, {"x": ("none", "low", "high")}).values
    array([0. , 0.4, 0.6])
    """
    if isinstance(data, Table):
        return _spread(data, declared)
    if not isinstance(data, Mapping):
        raise BoundsError.not_ours(type(data).__name__, "A joint Table, or a mapping of columns,")
    wanted = [name for name in names if name in data]
    plain = all(_shows(data[name], declared[name]) for name in wanted if name in declared)
    return data if plain else _spread(frequencies(data, wanted), declared)


def _shows(column: ArrayLike, levels: tuple[Level, ...]) -> bool:
    """Whether a column's levels, in ascending order, are those declared."""
    try:
        return tuple(sorted(set(np.asarray(column).ravel().tolist()))) == levels
    except TypeError:
        return False


def _spread(table: Table, declared: Declared) -> Table:
    """A table on the declared levels."""
    levels = dict(zip(table.axes, table.levels, strict=True))
    values = table.values
    for axis, name in enumerate(table.axes):
        wanted = declared.get(name)
        if wanted is None or wanted == levels[name]:
            continue
        for level in levels[name]:
            if level not in wanted:
                raise AssumptionError.undeclared_level(name, level, wanted)
        seen = levels[name]
        found = np.zeros((*values.shape[:axis], len(wanted), *values.shape[axis + 1 :]))
        moved, target = np.moveaxis(values, axis, 0), np.moveaxis(found, axis, 0)
        target[[wanted.index(level) for level in seen]] = moved
        values = found
        levels[name] = wanted
    return Table.of(table.axes, values, levels)
