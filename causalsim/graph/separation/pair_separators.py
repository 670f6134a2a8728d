"""One minimal separator for every pair of nodes without an edge, in one call."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.adjustment import AdjustmentError
from causalsim.graph.effects.proper import candidates
from causalsim.graph.graph import Graph, Names, causal_graph
from causalsim.graph.separation.lanes import Lanes
from causalsim.graph.separation.separators import refuse_adjacent

_Ints = NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class PairSeparators:
    """A minimal separator for each observed pair without an edge, held in flat arrays.

    Iterating gives ``(one, other, separator)`` with pairs in the graph's order; a separator is
    None where no observed set separates the pair (an inducing path joins it). ``found["a", "b"]``
    looks one pair up.
    """

    graph: Graph
    _one: _Ints
    _other: _Ints
    _ends: _Ints
    _exists: _Ints
    _members: _Ints

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self._one)

    def __iter__(self) -> Iterator[tuple[str, str, tuple[str, ...] | None]]:
        """Each pair with its separator."""
        nodes = self.graph.nodes
        members, ends = self._members.tolist(), self._ends.tolist()
        pairs = zip(self._one.tolist(), self._other.tolist(), self._exists.tolist(), strict=True)
        for at, (one, other, exists) in enumerate(pairs):
            found = tuple(nodes[member] for member in members[ends[at] : ends[at + 1]])
            yield nodes[one], nodes[other], found if exists else None

    def __getitem__(self, pair: tuple[str, str]) -> tuple[str, ...] | None:
        """The separator of one pair, in either order.

        Raises:
            GraphError: an unknown, latent or repeated node; two nodes that an edge joins.
        """
        ends = sorted(self.graph.indices(pair))
        if len(ends) != 2:
            raise AdjustmentError.no_pair(pair)
        refuse_adjacent(self.graph, ends[:1], ends[1:])
        first = int(np.searchsorted(self._one, ends[0], "left"))
        last = int(np.searchsorted(self._one, ends[0], "right"))
        at = first + int(np.searchsorted(self._other[first:last], ends[1]))
        if at >= last or self._other[at] != ends[1]:
            raise AdjustmentError.hidden(self.graph.latent, "a pair")
        if not self._exists[at]:
            return None
        return self.graph.names(self._members[self._ends[at] : self._ends[at + 1]].tolist())


def pair_separators(graph: Graph, may: Names | None = None) -> PairSeparators:
    """One minimal separator for every two observed nodes that no edge joins, in one call.

    Each is as near to the pair's first node as a minimal one can be, and the same as
    `minimal_separator` gives. Time O(nodes² (nodes + edges)) at worst; all partners
    of a node are walked to side by side, which takes seconds for half a million pairs.

    Args:
        graph: The causal graph.
        may: Nodes that a separator may contain; every observed one by default.

    Returns:
        The pairs with their separators; a separator is None where no allowed set separates.

    Raises:
        GraphError: an unknown node.

    >>> list(pair_separators(Graph("a -> b -> c; d -> c")))
    [('a', 'c', ('b',)), ('a', 'd', ()), ('b', 'd', ())]

    References:
        van der Zander and Liśkiewicz, "Finding minimal d-separators in linear time and
        applications" (2020).
    """
    graph = causal_graph(graph)
    _, allowed = candidates(graph, [], [], (), may)
    size, observed = len(graph), graph.indices(graph.observed)
    lanes = Lanes.of(graph.core)
    columns: list[list[_Ints]] = [[], [], [], [], []]
    later = sum(1 << size - 1 - node for node in observed)
    for one in observed:
        later &= ~(1 << size - 1 - one)
        for column, part in zip(columns, _pairs(lanes, one, later, allowed), strict=True):
            column.append(part)
    ones, others, counts, exists, members = (
        np.concatenate(column) if column else np.zeros(0, np.int64) for column in columns
    )
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    return PairSeparators(graph, ones, others, ends, exists, members)


def _pairs(lanes: Lanes, one: int, later: int, allowed: bytearray) -> tuple[_Ints, ...]:
    """The pairs of one node with later ones: both nodes, sizes, whether separated, members."""
    size = lanes.core.size
    found = lanes.separated(one, later, allowed)
    nodes = sorted(found.members)
    rows = _rows((found.partners, found.exists, *(found.members[n] for n in nodes)), size)
    others = np.flatnonzero(rows[0]).astype(np.int32)
    held = rows[2:].T[others]
    members = np.array(nodes, dtype=np.int32)[np.nonzero(held)[1]]
    ones = np.full(len(others), one, np.int32)
    return ones, others, held.sum(axis=1, dtype=np.int64), rows[1][others], members


def _rows(lanes: Iterable[int], size: int) -> NDArray[np.uint8]:
    """Lanes as rows of ones and zeros, one column a node."""
    width = (size + 7) // 8
    packed = b"".join(found.to_bytes(width, "big") for found in lanes)
    rows = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(-1, width), axis=1)
    return rows[:, 8 * width - size :]
