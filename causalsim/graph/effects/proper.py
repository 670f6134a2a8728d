"""Proper causal paths on integers: which nodes lie on them, and which nodes they forbid.

A causal path from a set X to a set Y is proper when only its first node is in X. The nodes on such
paths, and their descendants, may not be adjusted for; the first edges of such paths are cut (by
`walk`'s ``barred``) where only the other paths matter, so the proper back-door graph of van der
Zander, Liśkiewicz and Textor (2014) is walked and never built.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress

from causalsim.errors import GraphError
from causalsim.errors.adjustment import AdjustmentError
from causalsim.graph.core import marks
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.criterion import disjoint
from causalsim.graph.walk import (
    ANCESTORS_AVOIDING,
    CONNECTED,
    DESCENDANTS,
    DESCENDANTS_AVOIDING,
    Reached,
    walk,
)


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """The question what X does to Y, on integers.

    Attributes:
        graph: The causal graph.
        x: The treatments.
        y: The outcomes.
        causal: One byte a node: on a proper causal path from X to Y, X left out.
        forbidden: One byte a node: a causal node or a descendant of one.
    """

    graph: Graph
    x: list[int]
    y: list[int]
    causal: bytearray
    forbidden: bytearray

    def connected(self, held: bytearray, until: bytearray | None = None) -> Reached:
        """What paths other than proper causal ones reach from X given the held nodes."""
        return walk(self.graph.core, CONNECTED, self.x, held, self.causal, until)

    def blocked(self, held: bytearray) -> bool:
        """Whether the held nodes block every proper path from X to Y that is not causal."""
        reached = self.connected(held, marks(len(self.graph), self.y))
        return not any(node in reached for node in self.y)


def effect(graph: Graph, x: Names, y: Names) -> Effect:
    """The question what X does to Y, checked; time O(nodes + edges).

    Raises:
        GraphError: an unknown node, an empty or overlapping ``x`` and ``y``, or a latent one.
    """
    starts, ends, _ = disjoint(graph, x, y)
    refuse_hidden(graph, starts, "x")
    refuse_hidden(graph, ends, "y")
    core, size = graph.core, len(graph)
    below = walk(core, DESCENDANTS_AVOIDING, starts)
    above = walk(core, ANCESTORS_AVOIDING, ends, marks(size, starts))
    for node in starts:
        below.head[node] = 0
    causal = common(below.head, above.tail)
    forbidden = walk(core, DESCENDANTS, members(causal)).head
    return Effect(graph, starts, ends, causal, forbidden)


def members(found: bytearray) -> list[int]:
    """The nodes whose byte is set, in order."""
    return list(compress(range(len(found)), found))


def common(one: bytearray, other: bytearray) -> bytearray:
    """The nodes in both; a byte a node, ones and zeros."""
    both = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return bytearray(both.to_bytes(len(one), "little"))


def candidates(
    graph: Graph, x: list[int], y: list[int], must: Names, may: Names | None
) -> tuple[list[int], bytearray]:
    """The nodes a set must contain, and one byte a node for those that it may.

    Latent nodes, X and Y are never allowed; ``may`` is every other node by default.

    Raises:
        GraphError: an unknown node; a node of ``must`` in X or Y, latent, or not in ``may``.
    """
    size = len(graph)
    needed = graph.indices(must)
    allowed = bytearray(b"\1" * size) if may is None else marks(size, graph.indices(may))
    outside = [node for node in needed if not allowed[node]]
    if outside:
        raise AdjustmentError.not_allowed(graph.names(outside))
    refuse_hidden(graph, needed, "must")
    for role, nodes in (("x", x), ("y", y)):
        both = set(nodes).intersection(needed)
        if both:
            raise GraphError.overlap(graph.names(sorted(both)), role, "must")
        for node in nodes:
            allowed[node] = 0
    for node in graph.indices(graph.latent):
        allowed[node] = 0
    return needed, allowed


def refuse_hidden(graph: Graph, nodes: Iterable[int], role: str) -> None:
    """Latent nodes have no place in ``role``."""
    if graph.latent:
        hidden = set(graph.latent).intersection(graph.names(nodes))
        if hidden:
            raise AdjustmentError.hidden([n for n in graph.latent if n in hidden], role)
