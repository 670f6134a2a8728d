"""Which layer each node stands in, and the dummy nodes through which long edges pass."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from causalsim.graph.drawing.diagram import Diagram, Edge, Mark

Arc = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layers:
    """A layered graph in which every link joins neighbouring layers.

    Vertices ``0 .. real-1`` are nodes, the others dummies. ``chains`` has for each edge its
    vertices from the upper to the lower end; of an edge within a layer only its two ends.

    Attributes:
        real: How many vertices are nodes.
        ranks: The layer of each vertex.
        layers: The vertices of each layer.
        above: The linked vertices one layer above, for each vertex.
        below: The linked vertices one layer below.
        chains: The vertices of each edge.
        flat: The edges within a layer, as pairs of vertices.
    """

    real: int
    ranks: list[int]
    layers: list[list[int]]
    above: list[list[int]]
    below: list[list[int]]
    chains: list[list[int]]
    flat: list[Arc]


def layered(diagram: Diagram) -> Layers:
    """Put nodes in layers by longest path, shorten edges, and split the long ones.

    The length of a path of arrows from a source sets a node's layer; then nodes move up or down
    between their parents and children for as long as that shortens the edges.

    References:
        Eades and Sugiyama, "How to draw a directed graph" (1990); Gansner, Koutsofios, North and
        Vo, "A technique for drawing directed graphs" (1993), section 2, for the goal.
    """
    index = {name: number for number, name in enumerate(diagram.nodes)}
    ends = [(index[edge.start], index[edge.end]) for edge in diagram.edges]
    arcs = _ranking_arcs(len(index), diagram.edges, ends)
    shared = [pair for pair, edge in zip(ends, diagram.edges, strict=True) if edge.bidirected]
    ranks = _ranks(len(index), arcs, shared)
    return _split(ranks, ends)


def _ranking_arcs(size: int, edges: Sequence[Edge], ends: Sequence[Arc]) -> list[Arc]:
    """The edges that order the layers, pointing downwards, without a cycle.

    Arrowheads decide; edges with like ends (``--``, ``o-o``) follow the order the others leave.
    """
    firm: list[Arc] = []
    for edge, (one, other) in zip(edges, ends, strict=True):
        into_end, into_start = edge.at_end is Mark.ARROW, edge.at_start is Mark.ARROW
        if into_end and not into_start:
            firm.append((one, other))
        elif into_start and not into_end:
            firm.append((other, one))
    place = {node: number for number, node in enumerate(_order(size, firm))}
    downwards = [
        pair if place[pair[0]] < place[pair[1]] else (pair[1], pair[0])
        for edge, pair in zip(edges, ends, strict=True)
        if not edge.bidirected
    ]
    return list(dict.fromkeys(downwards))


def _order(size: int, arcs: Iterable[Arc]) -> list[int]:
    """A topological order (Kahn 1962); a cycle is cut at its first node."""
    children: list[list[int]] = [[] for _ in range(size)]
    waiting = [0] * size
    for one, other in arcs:
        children[one].append(other)
        waiting[other] += 1
    order = [node for node in range(size) if not waiting[node]]
    seen = set(order)
    first, done = 0, 0
    while done < size:
        if done == len(order):
            while first in seen:
                first += 1
            order.append(first)
            seen.add(first)
        for child in children[order[done]]:
            waiting[child] -= 1
            if not waiting[child] and child not in seen:
                order.append(child)
                seen.add(child)
        done += 1
    return order


def _ranks(size: int, arcs: list[Arc], shared: list[Arc]) -> list[int]:
    """Layers by longest path, then moved to shorten the edges."""
    above: list[list[int]] = [[] for _ in range(size)]
    below: list[list[int]] = [[] for _ in range(size)]
    siblings: list[list[int]] = [[] for _ in range(size)]
    for one, other in arcs:
        above[other].append(one)
        below[one].append(other)
    for one, other in shared:
        siblings[one].append(other)
        siblings[other].append(one)
    order = _order(size, arcs)
    ranks = [0] * size
    for node in order:
        ranks[node] = max((ranks[other] + 1 for other in above[node]), default=0)
    _place_loose(order, ranks, above, below, siblings)
    deepest = max(ranks, default=0)
    for _ in range(6):
        moved = False
        for node in reversed(order):
            low = max((ranks[other] + 1 for other in above[node]), default=0)
            high = min((ranks[other] - 1 for other in below[node]), default=deepest)
            best = _shortest(
                ranks, ranks[node], low, high, above[node] + below[node], siblings[node]
            )
            moved |= best != ranks[node]
            ranks[node] = best
        if not moved:
            break
    return _normalised(ranks)


def _place_loose(
    order: list[int],
    ranks: list[int],
    above: list[list[int]],
    below: list[list[int]],
    siblings: list[list[int]],
) -> None:
    """Line up the nodes that only bidirected edges hold, each one layer after the one before."""
    loose = [node for node in order if siblings[node] and not above[node] and not below[node]]
    if len(loose) == len({node for node in order if siblings[node]}):
        placed: set[int] = set()
        for node in loose:
            before = [ranks[other] for other in siblings[node] if other in placed]
            ranks[node] = min(before) + 1 if before else 0
            placed.add(node)


def _shortest(
    ranks: list[int], now: int, low: int, high: int, linked: list[int], siblings: list[int]
) -> int:
    """The layer between two bounds with the shortest edges; the present one when it is as good."""
    if low >= high or not (linked or siblings):
        return min(max(now, low), high)

    def cost(rank: int) -> float:
        total = float(sum(abs(rank - ranks[other]) for other in linked))
        # A shared cause is drawn as an arc: best one layer apart or in the same layer.
        return total + 0.4 * sum(max(1, abs(rank - ranks[other])) for other in siblings)

    tried = {now, low, high, *(ranks[other] for other in siblings)}
    fitting = sorted(rank for rank in tried if low <= rank <= high)
    return min(fitting, key=lambda rank: (cost(rank), rank != now))


def _normalised(ranks: list[int]) -> list[int]:
    """Layers counted from 0 without gaps."""
    used = {rank: number for number, rank in enumerate(sorted(set(ranks)))}
    return [used[rank] for rank in ranks]


def _split(ranks: list[int], ends: list[Arc]) -> Layers:
    """Add a dummy wherever an edge passes a layer."""
    real = len(ranks)
    ranks = list(ranks)
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for node in range(real):
        layers[ranks[node]].append(node)
    chains: list[list[int]] = []
    for one, other in ends:
        upper, lower = (one, other) if ranks[one] <= ranks[other] else (other, one)
        chain = [upper]
        for rank in range(ranks[upper] + 1, ranks[lower]):
            chain.append(len(ranks))
            layers[rank].append(len(ranks))
            ranks.append(rank)
        chains.append([*chain, lower])
    above: list[list[int]] = [[] for _ in ranks]
    below: list[list[int]] = [[] for _ in ranks]
    flat: list[Arc] = []
    for chain in chains:
        if ranks[chain[0]] == ranks[chain[-1]]:
            flat.append((chain[0], chain[-1]))
            continue
        for upper, lower in pairwise(chain):
            if lower not in below[upper]:
                below[upper].append(lower)
                above[lower].append(upper)
    return Layers(real, ranks, layers, above, below, chains, flat)
