"""Are two sets of variables independent by the graph alone: d- and m-separation."""

from causalsim.errors import GraphError
from causalsim.graph.core import marks
from causalsim.graph.graph import Graph, Names, causal_graph
from causalsim.graph.walk import CONNECTED, walk


def separated(graph: Graph, x: Names, y: Names, given: Names = ()) -> bool:
    """Whether every path between ``x`` and ``y`` is blocked by ``given``.

    X and Y are m-separated given Z when each path between them has a non-collider in Z, or a
    collider of which neither it nor any descendant is in Z. In a graph without ``<->`` this is
    d-separation. It implies X ⊥ Y | Z in every distribution that the graph generates. Time
    O(nodes + edges).

    Args:
        graph: The causal graph.
        x: One node or several.
        y: One node or several.
        given: What is conditioned on.

    Raises:
        GraphError: an unknown node, an empty ``x`` or ``y``, sets that overlap.

    >>> graph = Graph("smoking -> tar -> cancer; smoking <-> cancer")
    >>> separated(graph, "smoking", "cancer", given="tar")
    False
    >>> separated(Graph("rain -> wet <- sprinkler"), "rain", "sprinkler")
    True

    References:
        Pearl, "Causality" (2009), definition 1.2.3; Richardson (2003), section 2.1.
    """
    starts, ends, held = disjoint(graph, x, y, given)
    size = len(graph)
    reached = walk(graph.core, CONNECTED, starts, marks(size, held), until=marks(size, ends))
    return not any(end in reached for end in ends)


def disjoint(
    graph: Graph, x: Names, y: Names, given: Names = ()
) -> tuple[list[int], list[int], list[int]]:
    """The integers of three sets that may not overlap, the first two not empty."""
    graph = causal_graph(graph)
    roles = ("x", "y", "given")
    found = (graph.indices(x, "x"), graph.indices(y, "y"), graph.indices(given))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        both = set(found[one]) & set(found[other])
        if both:
            raise GraphError.overlap(graph.names(sorted(both)), roles[one], roles[other])
    return found
