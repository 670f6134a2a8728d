"""The curve of each edge: straight where it can be, bent only as far as a node demands."""

from collections.abc import Callable, Sequence
from math import hypot

from causalsim.graph.drawing.curves import (
    Curve,
    Point,
    bow,
    flattened,
    line,
    rounded,
    through,
)
from causalsim.graph.drawing.diagram import Edge
from causalsim.graph.drawing.obstacles import Box, blockers, meetings

#: The least room between an edge and a node that is not its end, in pixels.
CLEARANCE = 6.0

_DEVIATION = 3.5
#: The sine of the angle below which two edges at a node run into one.
_SAME_WAY = 0.04
_BOWS = (0.2, 0.3, 0.42, 0.56, 0.75)
_LEAST_BOW, _MOST_BOW = 32.0, 180.0
#: Edges above which arcs no longer look for the way with the fewest crossings.
_MANY_EDGES = 150

#: For edges that neither a line nor an arc can draw, the ways that are known to keep clear.
Ways = Callable[[Sequence[int]], Sequence[Sequence[Point]]]


def routes(
    edges: Sequence[Edge], ends: Sequence[tuple[int, int]], boxes: Sequence[Box], ways: Ways
) -> list[Curve]:
    """The curve of every edge, from the centre of its start to the centre of its end.

    An edge is straight where that is clear, else smooth along its known way. Bidirected edges,
    and further edges between the same two nodes, are arcs; they come last, on the side where they
    cross less.
    """
    joined: set[frozenset[int]] = set()
    arcs: list[int] = []
    straight: list[int] = []
    bent: list[int] = []
    for number, (edge, pair) in enumerate(zip(edges, ends, strict=True)):
        if edge.bidirected or frozenset(pair) in joined:
            arcs.append(number)
            continue
        joined.add(frozenset(pair))
        span = (boxes[pair[0]].centre, boxes[pair[1]].centre)
        (bent if blockers(span, boxes, pair, CLEARANCE) else straight).append(number)
    strings = ways(bent)
    if crowded := _crowded(straight, bent, strings, ends, boxes):
        bent = sorted((*bent, *crowded))
        strings = ways(bent)
    found = {number: line(*(boxes[node].centre for node in ends[number])) for number in straight}
    for number, string in zip(bent, strings, strict=True):
        found[number] = _softened(string, ends[number], boxes)
    lines = [flattened(curve) for curve in found.values()] if len(edges) <= _MANY_EDGES else []
    stuck: list[int] = []
    for number in arcs:
        curve = _arc(ends[number], boxes, lines)
        if curve is None:
            stuck.append(number)
        else:
            found[number] = curve
            if lines:
                lines.append(flattened(curve))
    for number, way in zip(stuck, ways(stuck), strict=True):
        found[number] = _softened(way, ends[number], boxes)
    return [found[number] for number in range(len(edges))]


def _crowded(
    straight: Sequence[int],
    bent: Sequence[int],
    strings: Sequence[Sequence[Point]],
    ends: Sequence[tuple[int, int]],
    boxes: Sequence[Box],
) -> set[int]:
    """The straight edges that would leave a node right beside a bent one, hardly told apart."""
    leaving: dict[int, list[Point]] = {}
    for number, string in zip(bent, strings, strict=True):
        if len(string) > 2:
            leaving.setdefault(ends[number][0], []).append(_towards(string[0], string[1]))
            leaving.setdefault(ends[number][1], []).append(_towards(string[-1], string[-2]))
    found: set[int] = set()
    for number in straight:
        for here, there in (ends[number], ends[number][::-1]):
            x, y = _towards(boxes[here].centre, boxes[there].centre)
            for u, v in leaving.get(here, ()):
                if abs(x * v - y * u) < _SAME_WAY and x * u + y * v > 0:
                    found.add(number)
    return found


def _towards(start: Point, end: Point) -> Point:
    """The direction from one point to another."""
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    return ((end[0] - start[0]) / length, (end[1] - start[1]) / length)


def _softened(points: Sequence[Point], pair: tuple[int, int], boxes: Sequence[Box]) -> Curve:
    """The smoothest curve along a polyline that keeps clear of the nodes."""
    tried = (through(points), rounded(points, 4 * _DEVIATION), rounded(points, _DEVIATION))
    for curve in tried:
        if curve is not None and not blockers(flattened(curve), boxes, pair, CLEARANCE):
            return curve
    return rounded(points, 0.0)


def _arc(
    pair: tuple[int, int], boxes: Sequence[Box], lines: Sequence[Sequence[Point]]
) -> Curve | None:
    """The flattest arc that is clear and crosses little; None where none is clear."""
    start, end = boxes[pair[0]].centre, boxes[pair[1]].centre
    length = hypot(end[0] - start[0], end[1] - start[1])
    best: tuple[float, Curve] | None = None
    for share in _BOWS:
        height = max(min(share * length, _MOST_BOW * (0.6 + share)), _LEAST_BOW * (0.6 + 2 * share))
        if best is not None and best[0] <= height:
            break
        for side in _sides(start, end):
            curve = bow(start, end, side * height)
            points = flattened(curve)
            if blockers(points, boxes, pair, CLEARANCE):
                continue
            cost = height + 30 * sum(meetings(points, other) for other in lines)
            if best is None or cost < best[0] - 1e-6:
                best = (cost, curve)
    return best[1] if best is not None else None


def _sides(start: Point, end: Point) -> tuple[int, int]:
    """Upwards first, or leftwards for a vertical edge."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    # A positive bow goes to the left of the walk from start to end, with y downwards.
    if abs(dx) > 0.1 * abs(dy):
        return (1, -1) if dx > 0 else (-1, 1)
    return (-1, 1) if dy > 0 else (1, -1)
