"""How a graph is written down: our arrows, and every notation the field uses."""

from typing import TYPE_CHECKING

from causalsim.lazy import table_of_contents

if TYPE_CHECKING:
    from causalsim.graph.notation.adjacency import from_adjacency as from_adjacency
    from causalsim.graph.notation.adjacency import from_adjacency_frame as from_adjacency_frame
    from causalsim.graph.notation.adjacency import to_adjacency as to_adjacency
    from causalsim.graph.notation.adjacency import to_adjacency_frame as to_adjacency_frame
    from causalsim.graph.notation.dagitty import from_dagitty as from_dagitty
    from causalsim.graph.notation.dagitty import parse_dagitty as parse_dagitty
    from causalsim.graph.notation.dagitty import to_dagitty as to_dagitty
    from causalsim.graph.notation.dot import from_dot as from_dot
    from causalsim.graph.notation.dot import to_dot as to_dot
    from causalsim.graph.notation.files import from_arrows as from_arrows
    from causalsim.graph.notation.files import read as read
    from causalsim.graph.notation.files import to_arrows as to_arrows
    from causalsim.graph.notation.files import write as write
    from causalsim.graph.notation.gml import from_gml as from_gml
    from causalsim.graph.notation.gml import to_gml as to_gml
    from causalsim.graph.notation.lavaan import from_lavaan as from_lavaan
    from causalsim.graph.notation.lavaan import to_lavaan as to_lavaan
    from causalsim.graph.notation.mermaid import from_mermaid as from_mermaid
    from causalsim.graph.notation.mermaid import to_mermaid as to_mermaid
    from causalsim.graph.notation.networks import from_networkx as from_networkx
    from causalsim.graph.notation.networks import to_networkx as to_networkx
    from causalsim.graph.notation.pgmpy_models import from_pgmpy as from_pgmpy
    from causalsim.graph.notation.pgmpy_models import to_pgmpy as to_pgmpy

_CONTENTS = {
    "from_adjacency": "causalsim.graph.notation.adjacency",
    "from_adjacency_frame": "causalsim.graph.notation.adjacency",
    "from_arrows": "causalsim.graph.notation.files",
    "from_dagitty": "causalsim.graph.notation.dagitty",
    "from_dot": "causalsim.graph.notation.dot",
    "from_gml": "causalsim.graph.notation.gml",
    "from_lavaan": "causalsim.graph.notation.lavaan",
    "from_mermaid": "causalsim.graph.notation.mermaid",
    "from_networkx": "causalsim.graph.notation.networks",
    "from_pgmpy": "causalsim.graph.notation.pgmpy_models",
    "parse_dagitty": "causalsim.graph.notation.dagitty",
    "read": "causalsim.graph.notation.files",
    "to_adjacency": "causalsim.graph.notation.adjacency",
    "to_adjacency_frame": "causalsim.graph.notation.adjacency",
    "to_arrows": "causalsim.graph.notation.files",
    "to_dagitty": "causalsim.graph.notation.dagitty",
    "to_dot": "causalsim.graph.notation.dot",
    "to_gml": "causalsim.graph.notation.gml",
    "to_lavaan": "causalsim.graph.notation.lavaan",
    "to_mermaid": "causalsim.graph.notation.mermaid",
    "to_networkx": "causalsim.graph.notation.networks",
    "to_pgmpy": "causalsim.graph.notation.pgmpy_models",
    "write": "causalsim.graph.notation.files",
}
__all__ = list(_CONTENTS)
__getattr__, __dir__ = table_of_contents(__name__, _CONTENTS)
