"""A graph as SVG text: no binary, no script, no identifiers, so that many fit in one page."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from causalsim.graph.drawing.curves import Curve, Point
from causalsim.graph.drawing.diagram import Diagram, Drawable
from causalsim.graph.drawing.highlight import Highlight
from causalsim.graph.drawing.layout import Direction, arrange
from causalsim.graph.drawing.palette import INK, PANEL
from causalsim.graph.drawing.picture import (
    LEGEND_SIZE,
    Entry,
    Picture,
    Shape,
    Stroke,
    borders,
    corner_radius,
    picture,
)
from causalsim.graph.drawing.text import FONT_SIZE, LINE_HEIGHT, printable, text_width

_FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_MOST_EDGES_SAID = 60


def to_svg(
    graph: Drawable,
    highlight: Highlight | None = None,
    *,
    direction: Direction = Direction.RIGHT,
    legend: bool = True,
    title: str = "",
) -> str:
    """Draw a graph as an SVG picture that stands in a file, a page or a notebook.

    Edges never pass through nodes. Hidden nodes and bidirected edges are dashed. The text is the
    same for the same input on every machine, holds no identifiers, and reads on light and on dark
    paper.

    Args:
        graph: The graph, a class of graphs, or a diagram with any marks at its edges.
        highlight: The roles to show; by default those that the graph's notation marks.
        direction: Which way arrows point; without effect where the graph gives positions.
        legend: Whether to explain the roles that occur.
        title: What the picture shows, read out by screen readers; by default the nodes.

    Returns:
        The text of an ``<svg>`` element.

    Raises:
        GraphError: a role names a node that the graph does not have.

    >>> from causalsim import Graph
    >>> picture = to_svg(Graph("smoking -> tar -> cancer; smoking <-> cancer"))
    >>> picture.startswith("<svg "), picture.count("<title>")
    (True, 7)
    """
    diagram = Diagram.of(graph)
    roles = Highlight.chosen(graph, highlight)
    drawn = picture(arrange(diagram, direction), roles, legend)
    return "\n".join(_document(drawn, diagram, title)) + "\n"


def _document(drawn: Picture, diagram: Diagram, title: str) -> Iterable[str]:
    """The lines of the picture."""
    width, height = _number(drawn.width), _number(drawn.height)
    said = escape(printable(str(title) or _summary(diagram)))
    quoted = said.replace('"', "&quot;")
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="causalsim-graph" role="img" '
        f'aria-label="{quoted}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" style="max-width:100%;height:auto" font-family="{_FONTS}" '
        f'font-size="{_number(FONT_SIZE)}">'
    )
    yield f"<title>{said}</title>"
    yield f"<desc>{escape(_told(diagram))}</desc>"
    yield '<g class="edges" fill="none" stroke-linecap="round">'
    for stroke in drawn.strokes:
        yield from _edge(stroke)
    yield "</g>"
    yield f'<g class="nodes" fill="{INK}" text-anchor="middle">'
    for shape in drawn.shapes:
        yield from _node(shape)
    yield "</g>"
    if drawn.panel is not None:
        box = drawn.panel
        yield f'<g class="legend" font-size="{_number(LEGEND_SIZE)}">'
        yield (
            f'<rect x="{_number(box.x - box.width / 2)}" y="{_number(box.y - box.height / 2)}" '
            f'width="{_number(box.width)}" height="{_number(box.height)}" rx="5" '
            f'fill="{PANEL}" stroke="#c8c8c8"/>'
        )
        for entry in drawn.legend:
            yield from _entry(entry)
        yield "</g>"
    yield "</svg>"


def _summary(diagram: Diagram) -> str:
    """What the picture shows, in a few words."""
    shown = ", ".join(diagram.nodes[:12]) + (", …" if len(diagram.nodes) > 12 else "")
    return f"Causal graph of {shown}" if shown else "An empty causal graph"


def _told(diagram: Diagram) -> str:
    """The edges as text."""
    told = [edge.text for edge in diagram.edges[:_MOST_EDGES_SAID]]
    more = len(diagram.edges) - len(told)
    return printable("; ".join(told) + (f"; and {more} more" if more else "") or "no edges")


def _node(shape: Shape) -> Iterable[str]:
    """A node: its border and its name."""
    name = escape(printable(shape.name)).replace('"', "&quot;")
    yield f'<g class="node" data-name="{name}">'
    yield f"<title>{escape(printable(shape.words))}</title>"
    yield from _border(shape)
    box = shape.box
    first = box.y - LINE_HEIGHT * (len(shape.lines) - 1) / 2
    for number, line in enumerate(shape.lines):
        # The baseline lies about a third of the letters' height below the middle of the line.
        y = first + LINE_HEIGHT * number + 0.34 * FONT_SIZE
        yield (
            f'<text x="{_number(box.x)}" y="{_number(y)}" '
            f'textLength="{_number(text_width(line))}" lengthAdjust="spacingAndGlyphs">'
            f"{escape(line)}</text>"
        )
    yield "</g>"


def _border(shape: Shape) -> Iterable[str]:
    """The border of a node: rectangles with round corners, from outside in."""
    box, style = shape.box, shape.style
    for inset, filled, lined in borders(style):
        left, top = box.x - box.width / 2 + inset, box.y - box.height / 2 + inset
        fill = style.fill if filled else "none"
        stroke = f'stroke="{style.line}" stroke-width="{_number(style.width)}"' if lined else ""
        dash = f'stroke-dasharray="{_numbers(style.dash)}"' if lined and style.dash else ""
        yield " ".join(
            part
            for part in (
                f'<rect x="{_number(left)}" y="{_number(top)}"',
                f'width="{_number(box.width - 2 * inset)}"',
                f'height="{_number(box.height - 2 * inset)}"',
                f'rx="{_number(max(corner_radius(box, style) - inset, 1.0))}" fill="{fill}"',
                stroke,
                f"{dash}/>",
            )
            if part
        ).replace(" />", "/>")


def _edge(stroke: Stroke) -> Iterable[str]:
    """An edge: its line and the marks at its ends."""
    one, other = (escape(printable(end)).replace('"', "&quot;") for end in stroke.ends)
    yield f'<g class="edge" data-start="{one}" data-end="{other}">'
    yield f"<title>{escape(printable(stroke.name))}</title>"
    yield from _line(stroke)
    yield "</g>"


def _line(stroke: Stroke) -> Iterable[str]:
    """The line of an edge and the marks at its ends."""
    style = stroke.style
    dash = f' stroke-dasharray="{_numbers(style.dash)}"' if style.dash else ""
    yield (
        f'<path d="{_path(stroke.curve)}" stroke="{style.line}" '
        f'stroke-width="{_number(style.width)}"{dash}/>'
    )
    for head in stroke.heads:
        if head.radius:
            x, y = head.points[0]
            yield (
                f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(head.radius)}" '
                f'fill="#ffffff" stroke="{style.line}" stroke-width="{_number(style.width)}"/>'
            )
        else:
            corners = " ".join(_pair(point) for point in head.points)
            yield f'<polygon points="{corners}" fill="{style.line}"/>'


def _entry(entry: Entry) -> Iterable[str]:
    """A line of the legend."""
    if isinstance(entry.sample, Shape):
        yield from _border(entry.sample)
    else:
        yield from _line(entry.sample)
    x, y = entry.at
    yield (
        f'<text x="{_number(x)}" y="{_number(y + 0.34 * LEGEND_SIZE)}" fill="{INK}" '
        f'textLength="{_number(text_width(entry.words, LEGEND_SIZE))}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(entry.words)}</text>'
    )


def _path(curve: Curve) -> str:
    """The commands of a path."""
    commands = ["M" + _pair(curve[0][0])]
    for piece in curve:
        letter = "L" if len(piece) == 2 else "C"
        commands.append(letter + " ".join(_pair(point) for point in piece[1:]))
    return "".join(commands)


def _pair(point: Point) -> str:
    """A point as SVG writes it."""
    return f"{_number(point[0])},{_number(point[1])}"


def _numbers(values: Iterable[float]) -> str:
    """Numbers separated by spaces."""
    return " ".join(_number(value) for value in values)


def _number(value: float) -> str:
    """A number with one decimal, none where it is whole."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text
