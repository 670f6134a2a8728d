"""Nodes where the user put them: in proportion, large enough that no two names overlap."""

from collections.abc import Mapping, Sequence

from causalsim.graph.drawing.obstacles import Box
from causalsim.graph.drawing.text import Label

_ROOM = 26.0
#: The largest and the smallest number of pixels that a given drawing may come to span.
_LARGEST, _SMALLEST = 2400.0, 260.0
_PUSHES = 60


def scaled(
    placed: Mapping[int, tuple[float, float]],
    labels: Sequence[Label],
    ends: Sequence[tuple[int, int]],
) -> list[Box]:
    """Boxes at the given positions, scaled alike in x and y until names have room.

    Nodes without a position stand at the middle of their neighbours. Nodes given (nearly) the
    same place are pushed apart.
    """
    places = _completed(placed, len(labels), ends)
    factor = _factor([places[node] for node in placed], [labels[node] for node in placed])
    left, top = min(x for x, _ in places), min(y for _, y in places)
    boxes = [
        Box((x - left) * factor, (y - top) * factor, found.width, found.height)
        for (x, y), found in zip(places, labels, strict=True)
    ]
    return _apart(boxes)


def _completed(
    placed: Mapping[int, tuple[float, float]], size: int, ends: Sequence[tuple[int, int]]
) -> list[tuple[float, float]]:
    """A position for every node: a missing one is the mean of the neighbours that have one."""
    found = dict(placed)
    for node in range(size):
        if node in found:
            continue
        near = [
            found[other]
            for pair in ends
            if node in pair
            for other in pair
            if other != node and other in found
        ]
        near = near or list(placed.values())
        found[node] = (sum(x for x, _ in near) / len(near), sum(y for _, y in near) / len(near))
    return [found[node] for node in range(size)]


def _factor(places: Sequence[tuple[float, float]], labels: Sequence[Label]) -> float:
    """Pixels per unit, so that every pair of nodes is apart in x or in y."""
    xs, ys = [x for x, _ in places], [y for _, y in places]
    span = max(max(xs) - min(xs), max(ys) - min(ys))
    if span <= 0:
        return 1.0
    needed = _SMALLEST / span if len(places) > 1 else 1.0
    for first, ((x1, y1), one) in enumerate(zip(places, labels, strict=True)):
        for (x2, y2), other in zip(places[first + 1 :], labels[first + 1 :], strict=True):
            dx, dy = abs(x1 - x2), abs(y1 - y2)
            if max(dx, dy) < 1e-3 * span:
                continue
            wide = ((one.width + other.width) / 2 + _ROOM) / dx if dx else float("inf")
            high = ((one.height + other.height) / 2 + _ROOM) / dy if dy else float("inf")
            needed = max(needed, min(wide, high))
    return min(needed, _LARGEST / span)


def _apart(boxes: list[Box]) -> list[Box]:
    """Push overlapping boxes apart along the axis where that is shorter."""
    places = [[box.x, box.y] for box in boxes]
    for _ in range(_PUSHES):
        moved = False
        for first, one in enumerate(boxes):
            for second in range(first + 1, len(boxes)):
                other = boxes[second]
                dx = places[second][0] - places[first][0]
                dy = places[second][1] - places[first][1]
                wide = (one.width + other.width) / 2 + _ROOM - 1 - abs(dx)
                high = (one.height + other.height) / 2 + _ROOM - 1 - abs(dy)
                if wide <= 0 or high <= 0:
                    continue
                moved = True
                axis, need, way = (1, high, dy) if high <= wide else (0, wide, dx)
                shift = (need / 2 + 0.5) * (1 if way >= 0 else -1)
                places[first][axis] -= shift
                places[second][axis] += shift
        if not moved:
            break
    return [Box(x, y, box.width, box.height) for (x, y), box in zip(places, boxes, strict=True)]
