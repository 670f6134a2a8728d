"""Where everything stands: boxes for the nodes, curves for the edges, no style yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import sqrt

from causalsim.errors.drawing import DrawingError
from causalsim.graph.drawing.coordinates import across
from causalsim.graph.drawing.corridors import Bands
from causalsim.graph.drawing.crossings import uncrossed
from causalsim.graph.drawing.curves import Curve, Point
from causalsim.graph.drawing.detours import detour
from causalsim.graph.drawing.diagram import Diagram, Drawable
from causalsim.graph.drawing.layers import Layers, layered
from causalsim.graph.drawing.obstacles import Box
from causalsim.graph.drawing.placed import scaled
from causalsim.graph.drawing.routes import routes
from causalsim.graph.drawing.text import Label, label

_GAP_RIGHT, _GAP_DOWN = 48.0, 40.0
_STEEPNESS, _WIDEST_EXTRA = 0.1, 60.0
_BETWEEN_PARTS = 34.0


class Direction(Enum):
    """Which way causes point to effects."""

    RIGHT = "left to right"
    DOWN = "top down"


@dataclass(frozen=True, slots=True)
class Layout:
    """A diagram with a place for each node and a curve for each edge, in pixels, y downwards.

    Attributes:
        diagram: What is laid out.
        labels: The name of each node, broken into lines.
        boxes: The rectangle of each node.
        curves: For each edge the curve between the centres of its ends; it keeps clear of every
            other node.
    """

    diagram: Diagram
    labels: tuple[Label, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


def arrange(graph: Drawable, direction: Direction = Direction.RIGHT) -> Layout:
    """Place nodes in layers, or where the diagram says, and lead the edges round them.

    Layers by longest path, few crossings by sweeps, straight edges by medians; each part that
    hangs together is laid out by itself. Always the same for the same diagram.

    Args:
        graph: What to lay out.
        direction: Which way arrows point in a layered layout.

    >>> from causalsim import Graph
    >>> found = arrange(Graph("a -> b -> c"))
    >>> [round(box.y) for box in found.boxes]
    [0, 0, 0]

    References:
        Sugiyama, Tagawa and Toda (1981), for the steps.
    """
    if not isinstance(direction, Direction):
        raise DrawingError.no_direction(direction)
    diagram = Diagram.of(graph)
    labels = tuple(label(name) for name in diagram.nodes)
    ends = _ends(diagram)
    placed = diagram.placed()
    if placed:
        boxes = scaled(placed, labels, ends)
        curves = routes(
            diagram.edges,
            ends,
            boxes,
            lambda bent: [detour(ends[edge], boxes) for edge in bent],
        )
        return Layout(diagram, labels, tuple(boxes), tuple(curves))
    return _parts(diagram, labels, ends, direction)


def _ends(diagram: Diagram) -> list[tuple[int, int]]:
    """The edges as pairs of numbers."""
    index = {name: number for number, name in enumerate(diagram.nodes)}
    return [(index[edge.start], index[edge.end]) for edge in diagram.edges]


def _parts(
    diagram: Diagram,
    labels: Sequence[Label],
    ends: Sequence[tuple[int, int]],
    direction: Direction,
) -> Layout:
    """Lay out each connected part, and put the parts side by side in rows."""
    boxes: list[Box] = [Box(0, 0, 0, 0)] * len(labels)
    curves: list[Curve] = [()] * len(ends)
    parts = _connected(len(labels), ends)
    drawn = [_part(diagram, labels, part, ends, direction) for part in parts]
    for part, (x, y), (part_boxes, part_curves) in zip(parts, _shelved(drawn), drawn, strict=True):
        for node, box in zip(part.nodes, part_boxes, strict=True):
            boxes[node] = Box(box.x + x, box.y + y, box.width, box.height)
        for edge, curve in zip(part.edges, part_curves, strict=True):
            curves[edge] = tuple(tuple((a + x, b + y) for a, b in piece) for piece in curve)
    return Layout(diagram, tuple(labels), tuple(boxes), tuple(curves))


@dataclass(frozen=True, slots=True)
class _Part:
    """The nodes and edges of a connected part."""

    nodes: list[int]
    edges: list[int]


_Drawn = tuple[list[Box], list[Curve]]


def _connected(size: int, ends: Sequence[tuple[int, int]]) -> list[_Part]:
    """The connected parts, in the order of their first nodes."""
    root = list(range(size))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for one, other in ends:
        first, second = sorted((find(one), find(other)))
        root[second] = first
    parts: dict[int, _Part] = {}
    for node in range(size):
        parts.setdefault(find(node), _Part([], [])).nodes.append(node)
    for edge, (one, _) in enumerate(ends):
        parts[find(one)].edges.append(edge)
    return list(parts.values())


def _part(
    diagram: Diagram,
    labels: Sequence[Label],
    part: _Part,
    ends: Sequence[tuple[int, int]],
    direction: Direction,
) -> _Drawn:
    """The boxes and curves of one part."""
    names = tuple(diagram.nodes[node] for node in part.nodes)
    edges = tuple(diagram.edges[edge] for edge in part.edges)
    layers = layered(Diagram(names, edges))
    order = uncrossed(layers)
    sizes = [(labels[node].width, labels[node].height) for node in part.nodes]
    right = direction is Direction.RIGHT
    along = [size[0] if right else size[1] for size in sizes]
    extent = [size[1] if right else size[0] for size in sizes]
    place = across(layers, order, extent)
    starts, ends_of_bands = _bands(layers, along, place, _GAP_RIGHT if right else _GAP_DOWN)
    bands = Bands(layers, order, place, extent, starts, ends_of_bands)

    def turned(point: Point) -> Point:
        return point if right else (point[1], point[0])

    boxes: list[Box] = []
    for node, (width, height) in enumerate(sizes):
        rank = layers.ranks[node]
        x, y = turned(((starts[rank] + ends_of_bands[rank]) / 2, place[node]))
        boxes.append(Box(x, y, width, height))
    local = {node: number for number, node in enumerate(part.nodes)}
    pairs = [(local[ends[edge][0]], local[ends[edge][1]]) for edge in part.edges]

    def ways(bent: Sequence[int]) -> list[list[Point]]:
        chains = [layers.chains[edge] for edge in bent]
        found: list[list[Point]] = []
        for edge, chain, string in zip(bent, chains, bands.strings(chains), strict=True):
            points = string if chain[0] == pairs[edge][0] else string[::-1]
            found.append([turned(point) for point in points])
        return found

    return boxes, routes(edges, pairs, boxes, ways)


def _bands(
    layers: Layers, along: Sequence[float], place: Sequence[float], gap: float
) -> tuple[list[float], list[float]]:
    """Where each layer begins and ends; steep edges get a wider gap."""
    starts: list[float] = []
    ends: list[float] = []
    at = 0.0
    for rank, layer in enumerate(layers.layers):
        if rank:
            steepest = max(
                (abs(place[v] - place[other]) for v in layer for other in layers.above[v]),
                default=0.0,
            )
            at += gap + min(_WIDEST_EXTRA, _STEEPNESS * steepest)
        thickest = max((along[v] for v in layer if v < layers.real), default=0.0)
        starts.append(at)
        at += thickest
        ends.append(at)
    return starts, ends


def _shelved(drawn: Sequence[_Drawn]) -> list[Point]:
    """Where to move each part: rows of parts, together a little wider than high."""
    extents = [_extent(part) for part in drawn]
    area = sum(
        (right - left + _BETWEEN_PARTS) * (bottom - top + _BETWEEN_PARTS)
        for left, top, right, bottom in extents
    )
    widest = max((right - left for left, _, right, _ in extents), default=0.0)
    limit = max(widest, 1.2 * sqrt(area))
    moves: list[Point] = []
    x = y = row = 0.0
    for left, top, right, bottom in extents:
        if x and x + right - left > limit:
            x, y, row = 0.0, y + row + _BETWEEN_PARTS, 0.0
        moves.append((x - left, y - top))
        x += right - left + _BETWEEN_PARTS
        row = max(row, bottom - top)
    # With one part, its own coordinates are kept.
    return moves if len(drawn) > 1 else [(0.0, 0.0)] * len(drawn)


def _extent(part: _Drawn) -> tuple[float, float, float, float]:
    """The rectangle around boxes and curves."""
    boxes, curves = part
    xs = [box.x + sign * box.width / 2 for box in boxes for sign in (-1, 1)]
    ys = [box.y + sign * box.height / 2 for box in boxes for sign in (-1, 1)]
    # A Bézier curve lies within the hull of its points.
    points = [point for curve in curves for piece in curve for point in piece]
    xs += [x for x, _ in points]
    ys += [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
