"""What the arrows say: graphs, separation, adjustment, and every question about nodes alone."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.graph.graph import Graph as Graph
    from causalsim.graph.separation import separated as separated

_CONTENTS = {
    "Graph": "causalsim.graph.graph",
    "separated": "causalsim.graph.separation",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
