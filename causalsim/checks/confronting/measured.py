"""The measured nodes of a graph as columns of numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.confronting import ConfrontingError
from causalsim.estimation.reading.design import coding
from causalsim.graph.graph import Graph

_FEWEST = 30
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Complete rows of the measured nodes.

    Attributes:
        names: The measured nodes, in the order of the graph.
        blocks: For each of them its columns, with mean zero and variance one: a number, or an
            indicator of all categories but one.
        dropped: How many rows had a missing cell and were left out.
    """

    names: tuple[str, ...]
    blocks: dict[str, Matrix]
    dropped: int

    @classmethod
    def of(cls, graph: Graph, frame: Any) -> "Measured":  # noqa: ANN401
        """Read the nodes that the frame has.

        Raises:
            ConfrontingError: Fewer than two nodes are columns, under 30 complete rows, or a
                column that does not vary.
            DataError: Infinite cells or cells that are neither numbers nor categories.
        """
        there = set(frames.names(frame))
        names = tuple(node for node in graph.observed if node in there)
        if len(names) < 2:
            raise ConfrontingError.nothing_measured(graph.observed, frames.names(frame))
        absent = np.any([frames.missing(frame, name) for name in names], axis=0)
        kept = np.flatnonzero(~absent)
        if len(kept) < _FEWEST:
            raise ConfrontingError.few_rows(len(kept), len(absent), _FEWEST)
        blocks = {}
        for name in names:
            part = coding(frame, (name,)).parts[0]
            known = [column[kept] for column in part.columns(frame)]
            varying = [column for column in known if np.ptp(column) > 0.0]
            if not varying:
                raise ConfrontingError.constant(name)
            blocks[name] = np.column_stack([_standard(column) for column in varying])
        return cls(names, blocks, int(absent.sum()))

    @property
    def height(self) -> int:
        """The number of complete rows."""
        return len(self.blocks[self.names[0]])

    def columns(self, names: tuple[str, ...]) -> Matrix:
        """The columns of some nodes side by side."""
        return np.column_stack([np.empty((self.height, 0)), *(self.blocks[name] for name in names)])


def _standard(column: Matrix) -> Matrix:
    """A column that no unit and no starting point can drown."""
    # By its reach first, since squares of tiny numbers are nothing.
    around = (column - column.mean()) / np.ptp(column)
    return np.asarray((around - around.mean()) / around.std())
