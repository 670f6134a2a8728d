"""A graph drawn on matplotlib axes: the same layout and looks as the SVG."""

from typing import TYPE_CHECKING

from causalsim.errors.drawing import DrawingError
from causalsim.graph.drawing.curves import Curve
from causalsim.graph.drawing.diagram import Diagram, Drawable
from causalsim.graph.drawing.highlight import Highlight
from causalsim.graph.drawing.layout import Direction, arrange
from causalsim.graph.drawing.obstacles import Box
from causalsim.graph.drawing.palette import INK, PANEL
from causalsim.graph.drawing.picture import (
    LEGEND_SIZE,
    Picture,
    Shape,
    Stroke,
    borders,
    corner_radius,
    picture,
)
from causalsim.graph.drawing.text import FONT_SIZE, LINE_HEIGHT, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch
    from matplotlib.path import Path as MatplotlibPath

LineStyle = str | tuple[int, tuple[float, ...]]

_PIXELS_PER_INCH = 96.0


def draw(
    graph: Drawable,
    highlight: Highlight | None = None,
    *,
    ax: "Axes | None" = None,
    direction: Direction = Direction.RIGHT,
    legend: bool = True,
) -> "Axes":
    """Draw a graph on matplotlib axes, names scaled with their nodes.

    Args:
        graph: The graph, a class of graphs, or a diagram with any marks at its edges.
        highlight: The roles to show; by default those that the graph's notation marks.
        ax: The axes to draw on; by default those of a new figure of the picture's size, which
            belongs to no window (``ax.figure``).
        direction: Which way arrows point; without effect where the graph gives positions.
        legend: Whether to explain the roles that occur.

    Returns:
        The axes.

    Raises:
        GraphError: a role names a node that the graph does not have; ``ax`` is no axes.

    >>> from causalsim import Graph
    >>> draw(Graph("a -> b")).get_aspect()
    1.0
    """
    if ax is not None and not hasattr(ax, "add_patch"):
        raise DrawingError.no_axes(ax)
    diagram = Diagram.of(graph)
    roles = Highlight.chosen(graph, highlight)
    drawn = picture(arrange(diagram, direction), roles, legend)
    target = _new_axes(drawn) if ax is None else ax
    unit = _unit(target, drawn)
    for stroke in drawn.strokes:
        _add_stroke(target, stroke, unit, level=1)
    for shape in drawn.shapes:
        _add_shape(target, shape, unit, level=2)
    _add_legend(target, drawn, unit)
    target.set_xlim(0, drawn.width)
    target.set_ylim(drawn.height, 0)
    target.set_aspect("equal")
    target.set_axis_off()
    return target


def _new_axes(drawn: Picture) -> "Axes":
    """Axes that fill a figure of the picture's size."""
    from matplotlib.figure import Figure

    size = (drawn.width / _PIXELS_PER_INCH, drawn.height / _PIXELS_PER_INCH)
    return Figure(figsize=size).add_axes((0, 0, 1, 1))


def _unit(ax: "Axes", drawn: Picture) -> float:
    """Points of line width for one pixel of the picture, at the present size of the axes."""
    place = ax.get_position()
    width, height = ax.figure.get_figure(root=True).get_size_inches()
    fit = min(place.width * width / drawn.width, place.height * height / drawn.height)
    return float(72 * fit)


def _add_stroke(ax: "Axes", stroke: Stroke, unit: float, level: int) -> None:
    """An edge: its line and the marks at its ends."""
    from matplotlib.patches import Circle, PathPatch, Polygon

    style = stroke.style
    outline = PathPatch(
        _vertices(stroke.curve),
        fill=False,
        edgecolor=style.line,
        linewidth=style.width * unit,
        linestyle=_dashes(style.dash, style.width),
        capstyle="round",
        zorder=level,
    )
    _add(ax, outline)
    for head in stroke.heads:
        mark: Patch
        if head.radius:
            mark = Circle(
                head.points[0],
                head.radius,
                facecolor="white",
                edgecolor=style.line,
                linewidth=style.width * unit,
                zorder=level,
            )
        else:
            mark = Polygon(
                head.points, closed=True, facecolor=style.line, linewidth=0, zorder=level
            )
        _add(ax, mark)


def _add_shape(ax: "Axes", shape: Shape, unit: float, level: int) -> None:
    """A node: its border and its name."""
    style, box = shape.style, shape.box
    for inset, filled, lined in borders(style):
        _add_border(ax, shape, inset, style.fill if filled else "none", unit * lined, level)
    first = box.y - LINE_HEIGHT * (len(shape.lines) - 1) / 2
    for number, line in enumerate(shape.lines):
        y = first + LINE_HEIGHT * number + 0.34 * FONT_SIZE
        width = text_width(line)
        _add_words(ax, line, box.x - width / 2, y, width, FONT_SIZE)


def _add_border(ax: "Axes", shape: Shape, inset: float, fill: str, unit: float, level: int) -> None:
    """A rectangle with round corners, inside the box of a node."""
    from matplotlib.patches import BoxStyle, FancyBboxPatch

    box, style = shape.box, shape.style
    radius = max(corner_radius(box, style) - inset, 1.0)
    border = FancyBboxPatch(
        (box.x - box.width / 2 + inset, box.y - box.height / 2 + inset),
        box.width - 2 * inset,
        box.height - 2 * inset,
        boxstyle=BoxStyle.Round(pad=0, rounding_size=radius),
        facecolor=fill,
        edgecolor=style.line,
        linewidth=style.width * unit,
        linestyle=_dashes(style.dash, style.width),
        zorder=level,
    )
    _add(ax, border)


def _add_words(ax: "Axes", words: str, x: float, y: float, width: float, size: float) -> None:
    """A line of text as outlines, so that it keeps its size relative to the nodes."""
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    # Dollar signs would start mathematics.
    outline = TextPath((0, 0), words.replace("$", r"\$"), size=size)
    extent = outline.get_extents()
    if not extent.width > 0:
        return
    stretch = min(1.0, width / extent.width)
    left = x + (width - stretch * extent.width) / 2 - stretch * extent.x0
    # Letters shrunk about their own middle stay centred in the line.
    lower = y - (1 - stretch) * 0.34 * size
    placed = Affine2D().scale(stretch, -stretch).translate(left, lower).transform_path(outline)
    _add(ax, PathPatch(placed, facecolor=INK, linewidth=0, zorder=3))


def _add_legend(ax: "Axes", drawn: Picture, unit: float) -> None:
    """The panel, the samples and their words."""
    from matplotlib.patches import Rectangle

    if drawn.panel is None:
        return
    box: Box = drawn.panel
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    panel = Rectangle(corner, box.width, box.height, facecolor=PANEL, edgecolor="#c8c8c8", zorder=1)
    _add(ax, panel)
    for entry in drawn.legend:
        if isinstance(entry.sample, Shape):
            _add_shape(ax, entry.sample, unit, level=2)
        else:
            _add_stroke(ax, entry.sample, unit, level=2)
        x, y = entry.at
        width = text_width(entry.words, LEGEND_SIZE)
        _add_words(ax, entry.words, x, y + 0.34 * LEGEND_SIZE, width, LEGEND_SIZE)


def _vertices(curve: Curve) -> "MatplotlibPath":
    """A curve as matplotlib writes it."""
    from matplotlib.path import Path as MatplotlibPath

    points = [curve[0][0]]
    codes = [MatplotlibPath.MOVETO]
    for piece in curve:
        points.extend(piece[1:])
        codes.extend(
            [MatplotlibPath.LINETO if len(piece) == 2 else MatplotlibPath.CURVE4] * (len(piece) - 1)
        )
    return MatplotlibPath(points, codes)


def _dashes(dash: tuple[float, ...], width: float) -> "LineStyle":
    """A dash pattern in widths of the line, as matplotlib counts it."""
    return (0, tuple(length / width for length in dash)) if dash else "solid"


def _add(ax: "Axes", patch: "Patch") -> None:
    """Add a patch without asking it for the limits of the axes."""
    patch.set_clip_on(False)
    ax.add_patch(patch)
