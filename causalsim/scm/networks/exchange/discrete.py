"""A Bayesian network of tables as plain data: what files and pgmpy's networks are read into."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.network import NetworkError
from causalsim.scm.domain import Level

Array = NDArray[np.float64]
#: Tables in files are rounded; rows farther than this from one are wrong.
_ROUNDED = 0.01


@final
@dataclass(frozen=True, slots=True, eq=False)
class DiscreteNetwork:
    """Variables with levels, and a table of each given its parents.

    Args:
        levels: The levels of each variable, in order.
        parents: The parents of each variable.
        tables: P(variable | parents): an axis a parent, the last one the variable's own.
        latent: The variables that cannot be observed.
        name: What the network is called.
    """

    levels: Mapping[str, tuple[Level, ...]]
    parents: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, Array]
    latent: tuple[str, ...] = ()
    name: str = field(default="unknown")

    def shape(self, node: str) -> tuple[int, ...]:
        """The shape that the table of a variable must have."""
        return tuple(len(self.levels[name]) for name in (*self.parents[node], node))


def scaled(node: str, table: Array, rows: Iterable[str] = ()) -> Array:
    """A table whose rows sum to exactly one, once they nearly do.

    Raises:
        NetworkError: A row that does not, or a negative or undefined number.
    """
    sums = table.sum(axis=-1)
    # A NaN compares false.
    right = (np.abs(sums - 1) <= _ROUNDED) & (table >= 0).all(axis=-1)
    if not right.all():
        place = int(np.flatnonzero(~right.ravel())[0])
        named = list(rows)
        row = f" given ({named[place]})" if named else f" in row {place}" if right.size > 1 else ""
        raise NetworkError.not_probabilities(node, row, float(sums.ravel()[place]))
    exact = np.abs(sums - 1) <= 1e-15
    return np.asarray(table / np.where(exact, 1.0, sums)[..., None])
