"""How a graph is written down: our arrows, and every notation the field uses."""

from causalsim.lazy import table_of_contents

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
