"""The finished picture as shapes, lines and words, before it is written as SVG or drawn on axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from causalsim.graph.drawing.curves import Curve, Point, cut_start, flattened, reversed_curve
from causalsim.graph.drawing.diagram import Mark
from causalsim.graph.drawing.highlight import Highlight, Path, Role
from causalsim.graph.drawing.layout import Layout
from causalsim.graph.drawing.obstacles import Box
from causalsim.graph.drawing.palette import EdgeStyle, NodeStyle, edge_style, node_style
from causalsim.graph.drawing.text import text_width

#: Room around the drawing, and the size of the legend's letters.
BORDER, LEGEND_SIZE = 12.0, 12.0

_DASH_INSET, _DOUBLE_INSET = 2.2, 3.0
_TIP_GAP, _RING = 1.5, 3.6
_LEGEND_WIDTH = 540.0
_SWATCH, _ROW, _SPACE, _PADDING = 28.0, 22.0, 18.0, 10.0


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the end of an edge: a filled polygon, or a ring around a point."""

    points: tuple[Point, ...]
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """An edge as drawn: its curve between the borders of its ends, and its heads."""

    name: str
    ends: tuple[str, str]
    curve: Curve
    heads: tuple[Head, ...]
    style: EdgeStyle
    path: Path


@dataclass(frozen=True, slots=True)
class Shape:
    """A node as drawn: its box, its name in lines, and what it is in words."""

    name: str
    words: str
    box: Box
    lines: tuple[str, ...]
    style: NodeStyle


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: a sample, and the words right of it."""

    sample: Shape | Stroke
    words: str
    at: Point


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn, in pixels from the upper left corner.

    Attributes:
        width: The width.
        height: The height.
        shapes: The nodes.
        strokes: The edges, the highlighted ones last.
        legend: What the looks mean; empty when no role is shown.
        panel: The box behind the legend.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    strokes: tuple[Stroke, ...]
    legend: tuple[Entry, ...]
    panel: Box | None


def picture(layout: Layout, highlight: Highlight, legend: bool) -> Picture:
    """Dress a layout in the looks of its roles, and move it to the upper left corner.

    Raises:
        GraphError: a role names a node that the diagram does not have.
    """
    diagram = layout.diagram
    roles, paths = highlight.roles(diagram), highlight.paths(diagram)
    hidden = set(diagram.latent)
    styles = [
        node_style(role, name in hidden) for role, name in zip(roles, diagram.nodes, strict=True)
    ]
    left, top, right, bottom = _extent(layout)
    dx, dy = BORDER - left, BORDER - top
    boxes = [Box(box.x + dx, box.y + dy, box.width, box.height) for box in layout.boxes]
    shapes = tuple(
        Shape(name, _words(name, role, name in hidden), box, found.lines, style)
        for name, role, box, found, style in zip(
            diagram.nodes, roles, boxes, layout.labels, styles, strict=True
        )
    )
    index = {name: number for number, name in enumerate(diagram.nodes)}
    strokes: list[Stroke] = []
    for edge, path, curve in zip(diagram.edges, paths, layout.curves, strict=True):
        one, other = index[edge.start], index[edge.end]
        moved: Curve = tuple(tuple((x + dx, y + dy) for x, y in piece) for piece in curve)
        look = edge_style(path, edge.bidirected)
        body, head = _ended(moved[::1], boxes[one], styles[one], edge.at_start, look)
        body, tail = _ended(reversed_curve(body), boxes[other], styles[other], edge.at_end, look)
        heads = tuple(found for found in (head, tail) if found is not None)
        ends = (edge.start, edge.end)
        strokes.append(Stroke(edge.text, ends, reversed_curve(body), heads, look, path))
    strokes.sort(key=lambda stroke: stroke.path is not Path.NONE)
    width, height = right - left + 2 * BORDER, bottom - top + 2 * BORDER
    samples = _samples(roles, paths, hidden) if legend else []
    entries, panel = _legend(samples, max(width, _LEGEND_WIDTH), height)
    if panel is not None:
        width = max(width, panel.width + 2 * BORDER)
        height += panel.height + BORDER
    return Picture(width, height, shapes, tuple(strokes), entries, panel)


def _extent(layout: Layout) -> tuple[float, float, float, float]:
    """The rectangle around all nodes and edges."""
    corners = [corner for box in layout.boxes for corner in box.corners(1.5)]
    points = [point for curve in layout.curves for point in flattened(curve)]
    xs, ys = [x for x, _ in (*corners, *points)], [y for _, y in (*corners, *points)]
    if not xs:
        return 0.0, 0.0, 0.0, 0.0
    return min(xs), min(ys), max(xs), max(ys)


def _words(name: str, role: Role, latent: bool) -> str:
    """A node in words, for those who listen to a picture."""
    said = [
        word for word, true in ((role.value, role is not Role.NONE), ("hidden", latent)) if true
    ]
    return f"{name} ({', '.join(said)})" if said else name


def borders(style: NodeStyle) -> tuple[tuple[float, bool, bool], ...]:
    """The outlines of a node from outside in, as (inset in pixels, filled, with a line)."""
    if style.dash:
        return ((0.0, True, False), (_DASH_INSET, False, True))
    return (
        ((0.0, True, True), (_DOUBLE_INSET, False, True)) if style.double else ((0.0, True, True),)
    )


def corner_radius(box: Box, style: NodeStyle) -> float:
    """How round a node's corners are: sharp, or half circles of one line's height."""
    return 1.5 if style.square else min(box.width, box.height, 34.0) / 2


def _ended(
    curve: Curve, box: Box, style: NodeStyle, mark: Mark, look: EdgeStyle
) -> tuple[Curve, Head | None]:
    """A curve cut at the border of the node where it starts, and the mark that stands there."""
    radius = corner_radius(box, style)
    gap = style.width / 2 + (_TIP_GAP if mark is Mark.ARROW else 0.0)

    def inside(point: Point) -> bool:
        return _depth(point, box, radius) < gap

    curve = cut_start(curve, inside)
    tip = curve[0][0]
    if mark is Mark.TAIL:
        return curve, None
    length = 8.0 + 1.2 * look.width if mark is Mark.ARROW else 2 * _RING

    def near(point: Point) -> bool:
        return hypot(point[0] - tip[0], point[1] - tip[1]) < length

    body = cut_start(curve, near)
    base = body[0][0]
    if mark is Mark.CIRCLE:
        return body, Head((((tip[0] + base[0]) / 2, (tip[1] + base[1]) / 2),), _RING)
    reach = hypot(base[0] - tip[0], base[1] - tip[1]) or 1.0
    half = (2.6 + 0.75 * look.width) / reach
    nx, ny = (base[1] - tip[1]) * half, (tip[0] - base[0]) * half
    return body, Head((tip, (base[0] + nx, base[1] + ny), (base[0] - nx, base[1] - ny)))


def _depth(point: Point, box: Box, radius: float) -> float:
    """The signed distance from a rectangle with round corners; negative inside."""
    qx = abs(point[0] - box.x) - box.width / 2 + radius
    qy = abs(point[1] - box.y) - box.height / 2 + radius
    return hypot(max(qx, 0.0), max(qy, 0.0)) + min(max(qx, qy), 0.0) - radius


def _samples(
    roles: Sequence[Role], paths: Sequence[Path], hidden: set[str]
) -> list[tuple[NodeStyle | EdgeStyle, str]]:
    """The looks to explain: those of the roles that occur."""
    found: list[tuple[NodeStyle | EdgeStyle, str]] = [
        (node_style(role, latent=False), role.value)
        for role in (Role.TREATMENT, Role.OUTCOME, Role.ADJUSTED)
        if role in roles
    ]
    if found and hidden:
        found.append((node_style(Role.NONE, latent=True), "not observed"))
    found += [
        (edge_style(path, bidirected=False), path.value)
        for path in (Path.CAUSAL, Path.BIASING)
        if path in paths
    ]
    return found


def _legend(
    samples: Sequence[tuple[NodeStyle | EdgeStyle, str]], width: float, top: float
) -> tuple[tuple[Entry, ...], Box | None]:
    """The samples with their words in rows below the drawing, and the panel behind them."""
    entries: list[Entry] = []
    x, y, widest = BORDER + _PADDING, top + _ROW / 2 + _PADDING / 2, 0.0
    for style, words in samples:
        needed = _SWATCH + 6 + text_width(words, LEGEND_SIZE)
        if x > BORDER + _PADDING and x + needed > width - BORDER - _PADDING:
            x, y = BORDER + _PADDING, y + _ROW
        entries.append(Entry(_sample(style, words, x, y), words, (x + _SWATCH + 6, y)))
        widest = max(widest, x + needed + _PADDING - BORDER)
        x += needed + _SPACE
    if not entries:
        return (), None
    height = y + _ROW / 2 + _PADDING / 2 - top
    return tuple(entries), Box(BORDER + widest / 2, top + height / 2, widest, height)


def _sample(style: NodeStyle | EdgeStyle, words: str, x: float, y: float) -> Shape | Stroke:
    """A small node or a short arrow in a given look."""
    if isinstance(style, NodeStyle):
        return Shape(words, words, Box(x + _SWATCH / 2, y, _SWATCH - 2, 15.0), (), style)
    nowhere = Box(x + _SWATCH, y, 0.0, 0.0)
    plain = NodeStyle("", "", 0.0, square=True)
    curve: Curve = (((x + _SWATCH, y), (x, y)),)
    body, head = _ended(curve, nowhere, plain, Mark.ARROW, style)
    heads = (head,) if head is not None else ()
    return Stroke(words, (words, words), body, heads, style, Path.NONE)
