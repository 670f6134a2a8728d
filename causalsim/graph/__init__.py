"""What the arrows say: graphs, separation, adjustment, and every question about nodes alone."""

from causalsim.lazy import table_of_contents

_CONTENTS = {
    "Graph": "causalsim.graph.graph",
    "separated": "causalsim.graph.separation",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
