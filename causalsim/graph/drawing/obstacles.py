"""The boxes of the nodes, and whether a line keeps clear of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from causalsim.graph.drawing.curves import Point


@dataclass(frozen=True, slots=True)
class Box:
    """The rectangle of a node: its centre and its size, in pixels, y downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """The point at which edges aim."""
        return (self.x, self.y)

    def corners(self, margin: float) -> list[Point]:
        """The corners of the box made larger by a margin on each side."""
        w, h = self.width / 2 + margin, self.height / 2 + margin
        return [(self.x + dx * w, self.y + dy * h) for dx in (-1, 1) for dy in (-1, 1)]


def hits(start: Point, end: Point, box: Box, margin: float) -> bool:
    """Whether a line touches a box made larger by a margin (separating axes)."""
    w, h = box.width / 2 + margin, box.height / 2 + margin
    mx, my = (start[0] + end[0]) / 2 - box.x, (start[1] + end[1]) / 2 - box.y
    dx, dy = (end[0] - start[0]) / 2, (end[1] - start[1]) / 2
    ax, ay = abs(dx), abs(dy)
    if abs(mx) > w + ax or abs(my) > h + ay:
        return False
    return abs(mx * dy - my * dx) <= w * ay + h * ax


def blockers(
    points: Sequence[Point], boxes: Sequence[Box], skip: Collection[int], margin: float
) -> list[int]:
    """The boxes that a polyline comes nearer to than a margin, other than those to skip."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    found: list[int] = []
    for number, box in enumerate(boxes):
        w, h = box.width / 2 + margin, box.height / 2 + margin
        west, east, north, south = box.x - w, box.x + w, box.y - h, box.y + h
        if right < west or left > east or bottom < north or top > south or number in skip:
            continue
        for a, b in pairwise(points):
            if (
                (a[0] >= west or b[0] >= west)
                and (a[0] <= east or b[0] <= east)
                and (a[1] >= north or b[1] >= north)
                and (a[1] <= south or b[1] <= south)
                and hits(a, b, box, margin)
            ):
                found.append(number)
                break
    return found


def meetings(one: Sequence[Point], other: Sequence[Point]) -> int:
    """How often two polylines cross."""
    xs, ys = [x for x, _ in other], [y for _, y in other]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    total = 0
    for a, b in pairwise(one):
        if (
            (a[0] < left and b[0] < left)
            or (a[0] > right and b[0] > right)
            or (a[1] < top and b[1] < top)
            or (a[1] > bottom and b[1] > bottom)
        ):
            continue
        total += _passes(a, b, other)
    return total


def _passes(a: Point, b: Point, other: Sequence[Point]) -> int:
    """How often a polyline crosses the line from a to b."""
    (ax, ay), (dx, dy) = a, (b[0] - a[0], b[1] - a[1])
    sides = [dx * (y - ay) - dy * (x - ax) for x, y in other]
    total = 0
    for number, (before, after) in enumerate(pairwise(sides)):
        if before * after < 0:
            (cx, cy), (ex, ey) = other[number], other[number + 1]
            ux, uy = ex - cx, ey - cy
            if (ux * (ay - cy) - uy * (ax - cx)) * (ux * (b[1] - cy) - uy * (b[0] - cx)) < 0:
                total += 1
    return total
