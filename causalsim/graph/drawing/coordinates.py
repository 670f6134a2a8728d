"""Where in its layer each vertex stands: as straight as the order and the sizes allow."""

from collections.abc import Sequence
from itertools import pairwise

from causalsim.graph.drawing.layers import Layers

#: Free room between two nodes joined within their layer, between other nodes, between a node and
#: a long edge, and between two long edges.
ARC_GAP, NODE_GAP, LANE_GAP, LANE = 46.0, 28.0, 16.0, 11.0

_ROUNDS = 10
_SETTLING = 4
# An edge that joins two nodes directly is worth straightening; a long one is pulled taut anyway.
_SHORT, _LONG = 1.0, 0.4
# Where a node and a long edge want the same place, the edge gives way.
_YIELDING = 1e-6

Links = list[list[tuple[int, float]]]


def across(layers: Layers, order: list[list[int]], sizes: Sequence[float]) -> list[float]:
    """The coordinate of every vertex within its layer.

    Each vertex wants to stand at the weighted median of its neighbours, which makes edges
    straight; where two wants collide, the layer is solved exactly by least squares under the
    separations (isotonic regression). Sweeps down and up alternate, then both sides count.

    Args:
        layers: The layered graph.
        order: The vertices of each layer in order.
        sizes: The extent of each node within its layer, in pixels.

    References:
        Gansner et al. (1993), section 4, for medians; Barlow et al., "Statistical inference under
        order restrictions" (1972), for pooling adjacent violators.
    """
    above, below = _weighted(layers)
    offsets = [_offsets(layer, layers, sizes) for layer in order]
    place = [0.0] * len(layers.ranks)
    for layer, offset in zip(order, offsets, strict=True):
        for vertex, shift in zip(layer, offset, strict=True):
            place[vertex] = shift - offset[-1] / 2
    both = [up + down for up, down in zip(above, below, strict=True)]
    downwards, upwards = range(len(order)), range(len(order) - 1, -1, -1)
    for turn in range(_ROUNDS):
        linked, ranks = (above, downwards) if turn % 2 == 0 else (below, upwards)
        for rank in ranks:
            _settle(order[rank], offsets[rank], linked, place, layers.real)
    for turn in range(_SETTLING):
        for rank in downwards if turn % 2 else upwards:
            _settle(order[rank], offsets[rank], both, place, layers.real)
    return place


def _weighted(layers: Layers) -> tuple[Links, Links]:
    """The links with the worth of keeping each straight."""
    real = layers.real

    def worth(one: int, other: int) -> float:
        return _SHORT if one < real and other < real else _LONG

    above = [[(o, worth(v, o)) for o in found] for v, found in enumerate(layers.above)]
    below = [[(o, worth(v, o)) for o in found] for v, found in enumerate(layers.below)]
    return above, below


def _offsets(layer: list[int], layers: Layers, sizes: Sequence[float]) -> list[float]:
    """Where the vertices of a layer stand when packed as tightly as allowed, from 0."""
    real = layers.real
    offsets = [0.0]
    for one, other in pairwise(layer):
        half = (sizes[one] if one < real else 0.0) + (sizes[other] if other < real else 0.0)
        nodes = (one < real) + (other < real)
        gap = (LANE, LANE_GAP, NODE_GAP)[nodes]
        if layers.flat and ((one, other) in layers.flat or (other, one) in layers.flat):
            gap = ARC_GAP
        offsets.append(offsets[-1] + half / 2 + gap)
    return offsets


def _settle(
    layer: list[int], offsets: list[float], linked: Links, place: list[float], real: int
) -> None:
    """Move one layer to where its vertices want to be, keeping order and separations.

    Pool adjacent violators: shifted by its offset, the sequence of places must not decrease.
    """
    blocks: list[tuple[float, float, int]] = []  # weight, weight * place, how many
    for vertex, offset in zip(layer, offsets, strict=True):
        found = linked[vertex]
        if found:
            wanted = _median(found, place)
            weight = sum([worth for _, worth in found]) * (1.0 if vertex < real else _YIELDING)
        else:
            wanted, weight = place[vertex], 0.01
        block = (weight, weight * (wanted - offset), 1)
        while blocks and blocks[-1][1] * block[0] > block[1] * blocks[-1][0]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    number = 0
    for weight, total, count in blocks:
        start = total / weight
        for _ in range(count):
            place[layer[number]] = start + offsets[number]
            number += 1


def _median(linked: list[tuple[int, float]], place: list[float]) -> float:
    """The weighted median of the neighbours' places; the middle when it is an interval."""
    if len(linked) == 1:
        return place[linked[0][0]]
    ends = sorted([(place[other], weight) for other, weight in linked])
    half = sum([weight for _, weight in ends]) / 2
    passed = 0.0
    for number, (end, weight) in enumerate(ends):
        passed += weight
        if passed > half + 1e-9:
            return end
        if passed > half - 1e-9:
            return (end + ends[number + 1][0]) / 2
    return ends[-1][0]
