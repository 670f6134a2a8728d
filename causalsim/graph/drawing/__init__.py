"""Pictures of graphs: a layered layout in pure Python, as SVG or on matplotlib axes."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.graph.drawing.axes import draw as draw
    from causalsim.graph.drawing.diagram import Diagram as Diagram
    from causalsim.graph.drawing.diagram import Edge as Edge
    from causalsim.graph.drawing.diagram import Mark as Mark
    from causalsim.graph.drawing.highlight import Highlight as Highlight
    from causalsim.graph.drawing.layout import Direction as Direction
    from causalsim.graph.drawing.layout import Layout as Layout
    from causalsim.graph.drawing.layout import arrange as arrange
    from causalsim.graph.drawing.svg import to_svg as to_svg

_CONTENTS = {
    "Diagram": "causalsim.graph.drawing.diagram",
    "Direction": "causalsim.graph.drawing.layout",
    "Edge": "causalsim.graph.drawing.diagram",
    "Highlight": "causalsim.graph.drawing.highlight",
    "Layout": "causalsim.graph.drawing.layout",
    "Mark": "causalsim.graph.drawing.diagram",
    "draw": "causalsim.graph.drawing.axes",
    "arrange": "causalsim.graph.drawing.layout",
    "to_svg": "causalsim.graph.drawing.svg",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
