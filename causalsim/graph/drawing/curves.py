"""Lines and cubic Bézier curves in the plane: made, flattened, cut."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import hypot

Point = tuple[float, float]
#: Two points are a line, four a cubic Bézier curve.
Segment = tuple[Point, ...]
Curve = tuple[Segment, ...]

_STEPS = 14


def line(start: Point, end: Point) -> Curve:
    """The straight curve."""
    return ((start, end),)


def bow(start: Point, end: Point, height: float) -> Curve:
    """An arc that leaves the chord by three quarters of ``height``, to the left if positive."""
    (x1, y1), (x2, y2) = start, end
    length = hypot(x2 - x1, y2 - y1) or 1.0
    nx, ny = (y2 - y1) / length * height, (x1 - x2) / length * height
    return ((start, _toward(start, end, 0.25, nx, ny), _toward(start, end, 0.75, nx, ny), end),)


def _toward(start: Point, end: Point, share: float, dx: float, dy: float) -> Point:
    """A point on the chord, moved."""
    return (
        start[0] + (end[0] - start[0]) * share + dx,
        start[1] + (end[1] - start[1]) * share + dy,
    )


def rounded(points: Sequence[Point], deviation: float) -> Curve:
    """A polyline with its corners rounded, nowhere further from it than ``deviation``.

    A corner is replaced by the quadratic curve between two points at equal distance d from it;
    that curve comes no nearer to the corner's inside than d/2 times the sine of half the turn.
    """
    if len(points) < 3:
        return tuple(line(points[0], points[-1]))
    segments: list[Segment] = []
    here = points[0]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        back, ahead = _unit(corner, before), _unit(corner, after)
        reach = min(_distance(before, corner), _distance(corner, after)) / 2
        half_turn = hypot(back[0] + ahead[0], back[1] + ahead[1]) / 2
        if half_turn > 1e-9:
            reach = min(reach, 2 * deviation / half_turn)
        enter = (corner[0] + back[0] * reach, corner[1] + back[1] * reach)
        leave = (corner[0] + ahead[0] * reach, corner[1] + ahead[1] * reach)
        if _distance(here, enter) > 1e-6:
            segments.append((here, enter))
        segments.append((enter, _mix(enter, corner, 2 / 3), _mix(leave, corner, 2 / 3), leave))
        here = leave
    if _distance(here, points[-1]) > 1e-6:
        segments.append((here, points[-1]))
    return tuple(segments)


def through(points: Sequence[Point]) -> Curve | None:
    """One smooth curve through three or four points, or None where it would swing out."""
    lengths = [_distance(one, other) for one, other in pairwise(points)]
    whole = sum(lengths)
    if not 3 <= len(points) <= 4 or min(lengths) < 0.12 * whole:
        return None
    start, end = points[0], points[-1]
    if len(points) == 3:
        share = lengths[0] / whole
        middle = _solve_quadratic(start, points[1], end, share)
        return ((start, _mix(start, middle, 2 / 3), _mix(end, middle, 2 / 3), end),)
    first, second = lengths[0] / whole, (lengths[0] + lengths[1]) / whole
    handles = _solve_cubic(points, first, second)
    turns = _turn(*points[:3]), _turn(*points[1:])
    if min(turns) * max(turns) > 0 > turns[0] * _turn(start, handles[0], handles[1]):
        return None
    return ((start, handles[0], handles[1], end),)


def _turn(a: Point, b: Point, c: Point) -> float:
    """Positive for a turn to one side, negative for a turn to the other."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _solve_quadratic(start: Point, passed: Point, end: Point, at: float) -> Point:
    """The handle with which a quadratic curve passes a point at a parameter."""
    a, b, c = (1 - at) ** 2, 2 * at * (1 - at), at**2
    return (
        (passed[0] - a * start[0] - c * end[0]) / b,
        (passed[1] - a * start[1] - c * end[1]) / b,
    )


def _solve_cubic(points: Sequence[Point], first: float, second: float) -> tuple[Point, Point]:
    """The handles with which a cubic curve passes two points at two parameters."""
    rows = [(3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t)) for t in (first, second)]
    (a, b), (c, d) = rows
    det = a * d - b * c
    found = []
    for axis in (0, 1):
        left = [
            points[k + 1][axis] - (1 - t) ** 3 * points[0][axis] - t**3 * points[3][axis]
            for k, t in enumerate((first, second))
        ]
        found.append(((left[0] * d - b * left[1]) / det, (a * left[1] - left[0] * c) / det))
    return (found[0][0], found[1][0]), (found[0][1], found[1][1])


def point_at(segment: Segment, t: float) -> Point:
    """The point of a segment at parameter ``t`` from 0 to 1."""
    if len(segment) == 2:
        return _mix(segment[0], segment[1], t)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = segment
    s = 1 - t
    a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)


def flattened(curve: Curve, steps: int = _STEPS) -> list[Point]:
    """A curve as a polyline."""
    points = [curve[0][0]]
    for segment in curve:
        if len(segment) == 2:
            points.append(segment[1])
        else:
            points.extend(point_at(segment, k / steps) for k in range(1, steps + 1))
    return points


def reversed_curve(curve: Curve) -> Curve:
    """The same curve, walked the other way."""
    return tuple(segment[::-1] for segment in reversed(curve))


def cut_start(curve: Curve, inside: Callable[[Point], bool]) -> Curve:
    """The curve without its beginning, as far as the beginning lies inside."""
    for number, segment in enumerate(curve):
        steps = [point_at(segment, k / _STEPS) for k in range(1, _STEPS + 1)]
        for k, point in enumerate(steps):
            if not inside(point):
                low, high = k / _STEPS, (k + 1) / _STEPS
                for _ in range(24):
                    middle = (low + high) / 2
                    if inside(point_at(segment, middle)):
                        low = middle
                    else:
                        high = middle
                return (_after(segment, high), *curve[number + 1 :])
    return curve


def _after(segment: Segment, t: float) -> Segment:
    """The part of a segment after a parameter (de Casteljau)."""
    if len(segment) == 2:
        return (_mix(segment[0], segment[1], t), segment[1])
    p0, p1, p2, p3 = segment
    a, b, c = _mix(p0, p1, t), _mix(p1, p2, t), _mix(p2, p3, t)
    d, e = _mix(a, b, t), _mix(b, c, t)
    return (_mix(d, e, t), e, c, p3)


def _mix(one: Point, other: Point, share: float) -> Point:
    """The point that lies a share of the way from one to the other."""
    return (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)


def _distance(one: Point, other: Point) -> float:
    """Euclidean distance."""
    return hypot(one[0] - other[0], one[1] - other[1])


def _unit(one: Point, other: Point) -> Point:
    """The direction from one point to another."""
    length = _distance(one, other) or 1.0
    return ((other[0] - one[0]) / length, (other[1] - one[1]) / length)
