"""The looks of each role: told apart by colour, and without colour by shape and by dash.

The colours are from Okabe and Ito's set for all kinds of colour vision. Names stand on light
fills and lines have a middling lightness, so that a picture reads on white and on black paper.

References:
    Okabe and Ito, "Color universal design" (2008); WCAG 2.2, 1.4.3 and 1.4.11, for contrast.
"""

from dataclasses import dataclass

from causalsim.graph.drawing.highlight import Path, Role

INK = "#1a1a1a"
PANEL = "#fbfbfb"
_DARK_GREY = "#4d4d4d"
_GREY, _BLUE, _PURPLE, _OCHRE = "#787878", "#0072b2", "#9b4f8e", "#8a6100"
_GREEN, _VERMILION = "#009e73", "#d55e00"


@dataclass(frozen=True, slots=True)
class NodeStyle:
    """How a node looks.

    Attributes:
        fill: The colour inside.
        line: The colour of the border.
        width: The width of the border, in pixels.
        square: Whether the corners are sharp: the box that stands for conditioning.
        double: Whether a second border runs inside the first.
        dash: Lengths of dashes and gaps, in pixels; empty for a solid border. A dashed border
            runs inside the fill, so that it also shows on dark paper.
    """

    fill: str
    line: str
    width: float
    square: bool = False
    double: bool = False
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeStyle:
    """How an edge looks: colour, width in pixels, and lengths of dashes and gaps."""

    line: str
    width: float
    dash: tuple[float, ...] = ()


_NODES = {
    Role.NONE: NodeStyle("#f6f6f6", _GREY, 1.2),
    Role.TREATMENT: NodeStyle("#d9ecf7", _BLUE, 2.8),
    Role.OUTCOME: NodeStyle("#f3e0ef", _PURPLE, 1.4, double=True),
    Role.ADJUSTED: NodeStyle("#fdf0cf", _OCHRE, 1.6, square=True),
}
_LATENT_DASH = (5.0, 3.5)
_SHARED_DASH = (7.0, 4.0)
_BIASING_DASH = (0.5, 4.5)


def node_style(role: Role, latent: bool) -> NodeStyle:
    """The look of a node; a hidden one is dashed whatever its role."""
    found = _NODES[role]
    if not latent:
        return found
    line = _DARK_GREY if role is Role.NONE else found.line
    return NodeStyle(found.fill, line, found.width, found.square, found.double, _LATENT_DASH)


def edge_style(path: Path, bidirected: bool) -> EdgeStyle:
    """The look of an edge: causal ones thick, biasing ones dotted, bidirected ones dashed."""
    dash = _SHARED_DASH if bidirected else ()
    if path is Path.CAUSAL:
        return EdgeStyle(_GREEN, 2.8, dash)
    if path is Path.BIASING:
        return EdgeStyle(_VERMILION, 2.6, _BIASING_DASH)
    return EdgeStyle(_GREY, 1.3, dash)
