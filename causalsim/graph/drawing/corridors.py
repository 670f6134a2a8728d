"""The free corridor of each edge through a layered drawing, and the taut string in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import inf

from causalsim.graph.drawing.layers import Layers

#: How far a taut string keeps from a node, in pixels.
MARGIN = 10.0
_LANE = 8.0

#: A gate is a place along the layers with the free interval across them.
Gate = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Bands:
    """The layers as bands in the plane: where each vertex stands, along and across.

    Attributes:
        layers: The layered graph.
        order: The vertices of each layer in order.
        across: The coordinate of each vertex within its layer.
        sizes: The extent of each node within its layer.
        starts: Where each band begins along the layers.
        ends: Where it ends; no node reaches out of its band.
        bent: The dummies of the edges that bend, which need room beside one another.
    """

    layers: Layers
    order: list[list[int]]
    across: list[float]
    sizes: Sequence[float]
    starts: list[float]
    ends: list[float]
    bent: frozenset[int] = frozenset()

    def strings(self, chains: Sequence[Sequence[int]]) -> list[list[tuple[float, float]]]:
        """A short line for each chain, as (along, across), those that bend beside one another."""
        bent = frozenset(vertex for chain in chains for vertex in chain[1:-1])
        apart = replace(self, bent=bent)
        ranks = self.layers.ranks
        return [
            apart.aside(*chain) if ranks[chain[0]] == ranks[chain[-1]] else apart.string(chain)
            for chain in chains
        ]

    def string(self, chain: Sequence[int]) -> list[tuple[float, float]]:
        """The shortest line, as (along, across), that passes between the same nodes as a chain."""
        ranks = self.layers.ranks
        gates: list[Gate] = []
        for number, vertex in enumerate(chain):
            low, high = self._free(vertex)
            rank = ranks[vertex]
            if number:
                gates.append((self.starts[rank] - MARGIN, low, high))
            if number < len(chain) - 1:
                gates.append((self.ends[rank] + MARGIN, low, high))
        return taut(self._middle(chain[0]), gates, self._middle(chain[-1]))

    def aside(self, one: int, other: int) -> list[tuple[float, float]]:
        """A line between two nodes of one layer, through the gap before that layer."""
        (start, here), (_, there) = self._middle(one), self._middle(other)
        gap = self.starts[self.layers.ranks[one]] - MARGIN
        return [(start, here), (gap, here), (gap, there), (start, there)]

    def _middle(self, node: int) -> tuple[float, float]:
        """The centre of a node."""
        rank = self.layers.ranks[node]
        return ((self.starts[rank] + self.ends[rank]) / 2, self.across[node])

    def _free(self, vertex: int) -> tuple[float, float]:
        """The interval around a vertex that no neighbour in its layer takes."""
        layer = self.order[self.layers.ranks[vertex]]
        at = layer.index(vertex)
        # Only nodes stand in the way of an edge where it leaves its own node.
        before, after = reversed(layer[:at]), islice(layer, at + 1, None)
        return self._bound(before, vertex, 1), self._bound(after, vertex, -1)

    def _bound(self, neighbours: Iterable[int], vertex: int, sign: int) -> float:
        """Where the nearest node's room ends, with a lane for each edge that bends in between."""
        lanes = 0
        for other in neighbours:
            if other < self.layers.real:
                room = self.sizes[other] / 2 + MARGIN + _LANE * lanes
                return self.across[other] + sign * room
            # Only nodes stand in the way of an edge where it leaves its own node.
            lanes += vertex >= self.layers.real and other in self.bent
        return -sign * inf


def taut(
    start: tuple[float, float], gates: Sequence[Gate], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """The shortest line from start to end through gates that follow one another.

    The funnel algorithm: from the last bend, the steepest and the flattest line that pass all
    gates so far; a gate outside this funnel makes a bend where the funnel's side touches.

    >>> taut((0, 0), [(1, 1, 5), (2, 1, 5)], (3, 0))
    [(0, 0), (1, 1), (2, 1), (3, 0)]

    References:
        Lee and Preparata, "Euclidean shortest paths in the presence of rectilinear barriers"
        (1984); Dobkin, Gansner, Koutsofios and North, "Implementing a general-purpose edge
        router" (1997), for its use in drawings.
    """
    passed = [*gates, (end[0], end[1], end[1])]
    line = [start]
    first = 0
    while True:
        apex_along, apex = line[-1]
        flattest, steepest = -inf, inf
        low_at = high_at = first
        bend: tuple[int, float] | None = None
        for number in range(first, len(passed)):
            along, low, high = passed[number]
            reach = along - apex_along
            low_slope, high_slope = (low - apex) / reach, (high - apex) / reach
            if low_slope > steepest:
                bend = (high_at, passed[high_at][2])
                break
            if high_slope < flattest:
                bend = (low_at, passed[low_at][1])
                break
            if low_slope >= flattest:
                flattest, low_at = low_slope, number
            if high_slope <= steepest:
                steepest, high_at = high_slope, number
        if bend is None:
            line.append(end)
            return line
        line.append((passed[bend[0]][0], bend[1]))
        first = bend[0] + 1
