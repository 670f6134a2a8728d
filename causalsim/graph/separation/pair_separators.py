"""One minimal separator for every pair of nodes without an edge, in one call."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.adjustment import AdjustmentError
from causalsim.graph.core import Adjacency, Core, marks
from causalsim.graph.effects.proper import candidates, members
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.parting import minimal_near_x, parting
from causalsim.graph.separation.separators import refuse_adjacent
from causalsim.graph.walk import ANCESTORS, walk

#: From this many nodes on compiling pays.
_BATCH = 200

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
    `minimal_separator` gives. Time O(nodes² (nodes + edges)) at worst, much less in sparse graphs;
    from a few hundred nodes on the batch is compiled.

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
    _, allowed = candidates(graph, [], [], (), may)
    observed = marks(len(graph), graph.indices(graph.observed))
    if len(graph) < _BATCH:
        return _one_by_one(graph, members(observed), allowed)
    return _batch(graph, observed, allowed)


def _one_by_one(graph: Graph, observed: list[int], allowed: bytearray) -> PairSeparators:
    """Pair by pair, in pure Python."""
    core = graph.core
    near = [{*core.parents[n], *core.children[n], *core.siblings[n]} for n in range(core.size)]
    pairs = [(a, b) for a, b in combinations(observed, 2) if b not in near[a]]
    ends, exists, found = [0], list[bool](), list[int]()
    for one, other in pairs:
        permitted = bytearray(allowed)
        permitted[one] = permitted[other] = 0
        task = parting(core, [one], [other], [], permitted)
        exists.append(task is not None)
        if task is not None:
            found.extend(minimal_near_x(task))
        ends.append(len(found))
    firsts, seconds = [one for one, _ in pairs], [other for _, other in pairs]
    arrays = (np.array(column, dtype=np.int64) for column in (firsts, seconds, ends, exists, found))
    return PairSeparators(graph, *arrays)


def _batch(graph: Graph, observed: bytearray, allowed: bytearray) -> PairSeparators:
    """All pairs at once, compiled."""
    from causalsim.graph.separation.pair_kernels import all_pairs

    core = graph.core
    edges = (*_flat(core.parents), *_flat(core.children), *_flat(core.siblings))
    flags = (np.frombuffer(bytes(found), dtype=np.uint8) for found in (observed, allowed))
    return PairSeparators(graph, *all_pairs(edges, _ancestors(core), *flags))


def _flat(adjacency: Adjacency) -> tuple[_Ints, _Ints]:
    """Lists as one array, with where each begins."""
    begins = np.zeros(len(adjacency) + 1, dtype=np.int64)
    np.cumsum([len(near) for near in adjacency], out=begins[1:])
    flat = np.array([other for near in adjacency for other in near], dtype=np.int64)
    return begins, flat


def _ancestors(core: Core) -> NDArray[np.uint8]:
    """Row by row the ancestors of each node, itself included."""
    rows = (walk(core, ANCESTORS, [node]).tail for node in range(core.size))
    return np.frombuffer(b"".join(bytes(row) for row in rows), np.uint8).reshape(core.size, -1)
