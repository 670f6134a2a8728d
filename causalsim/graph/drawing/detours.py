"""The shortest way round the nodes, where nodes stand wherever they were put."""

from collections.abc import Sequence
from heapq import heappop, heappush
from math import hypot

from causalsim.graph.drawing.curves import Point
from causalsim.graph.drawing.obstacles import Box, blockers

_MARGINS = (10.0, 5.0, 2.0)


def detour(pair: tuple[int, int], boxes: Sequence[Box]) -> list[Point]:
    """The shortest polyline between the centres of two boxes that keeps clear of the others.

    A shortest way bends only at corners, so it is found in the graph of the corners that see one
    another. Only boxes that stand in the way so far are looked at; the others join as the way
    meets them. Where boxes overlap so that there is no way, the straight line is returned.

    References:
        Lozano-Pérez and Wesley, "An algorithm for planning collision-free paths among polyhedral
        obstacles" (1979).
    """
    start, end = boxes[pair[0]].centre, boxes[pair[1]].centre
    for margin in _MARGINS:
        near: set[int] = set()
        way: list[Point] | None = [start, end]
        while way is not None:
            met = set(blockers(way, boxes, pair, margin - 0.5)) - near
            if not met:
                return way
            near |= met
            way = _shortest(start, end, boxes, sorted(near), margin)
    return [start, end]


def _shortest(
    start: Point,
    end: Point,
    boxes: Sequence[Box],
    near: list[int],
    margin: float,
) -> list[Point] | None:
    """Dijkstra's way over the corners of the near boxes."""
    walls = [boxes[number] for number in near]
    corners = [
        corner
        for wall in walls
        for corner in wall.corners(margin)
        if not _within(corner, boxes, margin)
    ]
    points = [start, end, *corners]
    best = {0: 0.0}
    came: dict[int, int] = {}
    queue = [(0.0, 0)]
    done: set[int] = set()
    while queue:
        cost, here = heappop(queue)
        if here == 1:
            break
        if here in done:
            continue
        done.add(here)
        for there, point in enumerate(points):
            x, y = points[here]
            further = cost + hypot(point[0] - x, point[1] - y)
            if there in done or further >= best.get(there, further + 1):
                continue
            if not blockers([points[here], point], walls, (), margin - 0.5):
                best[there] = further
                came[there] = here
                heappush(queue, (further, there))
    if 1 not in came:
        return None
    way = [1]
    while way[-1]:
        way.append(came[way[-1]])
    return [points[number] for number in reversed(way)]


def _within(point: Point, boxes: Sequence[Box], margin: float) -> bool:
    """Whether a point lies strictly inside a box made larger by a margin."""
    return any(
        abs(point[0] - box.x) < box.width / 2 + margin - 0.5
        and abs(point[1] - box.y) < box.height / 2 + margin - 0.5
        for box in boxes
    )
