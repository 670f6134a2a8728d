"""From a sketch, which every reader of text makes, to a graph; and numbers as text."""

from collections.abc import Sequence

from causalsim.errors import GraphError
from causalsim.graph.graph import Graph, Position
from causalsim.graph.notation.arrows import Sketch, causal_edges

#: The roles of nodes, as the notations spell them.
ROLES = ("latent", "exposure", "outcome", "adjusted")


def graph_of(sketch: Sketch) -> Graph:
    """The causal graph that a sketch describes.

    Raises:
        GraphError: an undirected or circle edge, a cycle, a self-loop, a repeated edge.
    """
    arrows, shared = causal_edges(sketch.edges)
    attributes = sketch.attributes
    marked = {role: [node for node, found in attributes.items() if role in found] for role in ROLES}
    return Graph(
        arrows,
        nodes=sketch.nodes,
        bidirected=shared,
        latent=marked["latent"],
        exposures=marked["exposure"],
        outcomes=marked["outcome"],
        adjusted=marked["adjusted"],
        positions=[
            (node, position(node, found["pos"]))
            for node, found in attributes.items()
            if "pos" in found
        ],
    )


def position(node: str, text: str) -> Position:
    """Two finite numbers with a comma or a blank between."""
    try:
        x, y = (float(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise GraphError.bad_position(node, text) from None
    if not abs(x) + abs(y) < float("inf"):
        raise GraphError.bad_position(node, text)
    return (x, y)


def number(value: float) -> str:
    """A number, as short as reads back as the same one.

    >>> number(2.0), number(-0.0), number(0.1)
    ('2', '0', '0.1')
    """
    value = float(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def roles(graph: Graph) -> dict[str, list[str]]:
    """The roles of each node that has one, in the order of `ROLES`."""
    found: dict[str, list[str]] = {}
    groups: Sequence[tuple[str, ...]] = (
        graph.latent,
        graph.exposures,
        graph.outcomes,
        graph.adjusted,
    )
    for role, nodes in zip(ROLES, groups, strict=True):
        for node in nodes:
            found.setdefault(node, []).append(role)
    return found
