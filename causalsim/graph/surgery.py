"""What the graph becomes when arrows are cut or nodes are hidden."""

from causalsim.graph.core import marks
from causalsim.graph.graph import Graph, Names
from causalsim.graph.walk import DESCENDANTS_AVOIDING, walk


def without_arrows(graph: Graph, *, into: Names = (), out_of: Names = ()) -> Graph:
    """The graph without the edges that point into, or the arrows that leave, the given nodes.

    Edges into X include ``<->`` at X: an action on X cuts it off from every cause, drawn or not.
    The rules of do-calculus are separations in such graphs (Pearl's G with X overlined, and with
    X underlined).

    Args:
        graph: The causal graph.
        into: Nodes whose incoming edges go.
        out_of: Nodes whose outgoing arrows go.

    Raises:
        GraphError: an unknown node.

    >>> print(without_arrows(Graph("z -> x -> y; x <-> y"), into="x"))
    z
    x -> y

    References:
        Pearl, "Causality" (2009), section 3.4.
    """
    heads, tails = set(graph.names(graph.indices(into))), set(graph.names(graph.indices(out_of)))
    return Graph(
        [(a, b) for a, b in graph.directed if a not in tails and b not in heads],
        nodes=graph.nodes,
        bidirected=[pair for pair in graph.bidirected if heads.isdisjoint(pair)],
        latent=graph.latent,
    )


def latent_projection(graph: Graph) -> Graph:
    """The graph on the observed nodes alone that says the same of them.

    ``a -> b`` stands where a directed path leads from a to b through latent nodes only;
    ``a <-> b`` where a path with an arrowhead at both ends, and no collider, leads through latent
    nodes only. Separation, ancestors, districts' effects and identification among the observed
    nodes are those of the original.

    Args:
        graph: A graph with or without latent nodes.

    Returns:
        A graph without latent nodes; the same graph when it has none.

    >>> print(latent_projection(Graph("x <- u -> y; x -> l -> y; {u l} [latent]")))
    x -> y
    x <-> y

    References:
        Verma and Pearl, "Equivalence and synthesis of causal models" (1990); Pearl (2009),
        definition 2.6.1.
    """
    if not graph.latent:
        return graph
    core, size = graph.core, len(graph)
    hidden = marks(size, graph.indices(graph.latent))
    # A walk goes on only from latent nodes: gates open where unmarked, so mark the observed.
    observed = bytearray(not mark for mark in hidden)
    reach = [
        [end for end in _reached(graph, node, observed) if end != node] for node in range(size)
    ]
    arrows = {(a, b): None for a in range(size) if observed[a] for b in reach[a]}
    # A latent node sends an arrowhead to everything it reaches; a `<->` is such a node.
    forks = [reach[node] for node in range(size) if hidden[node]]
    ends = [[node] if observed[node] else reach[node] for node in range(size)]
    shared: dict[frozenset[int], None] = {}
    for fork in forks:
        shared.update({frozenset((a, b)): None for a in fork for b in fork if a < b})
    for one in range(size):
        for other in core.siblings[one]:
            if one < other:
                shared.update(
                    {frozenset((a, b)): None for a in ends[one] for b in ends[other] if a != b}
                )
    pairs = sorted(tuple(sorted(pair)) for pair in shared)
    return Graph(
        [(graph.nodes[a], graph.nodes[b]) for a, b in arrows],
        nodes=graph.observed,
        bidirected=[(graph.nodes[a], graph.nodes[b]) for a, b in pairs],
        exposures=[node for node in graph.exposures if node not in graph.latent],
        outcomes=[node for node in graph.outcomes if node not in graph.latent],
        adjusted=[node for node in graph.adjusted if node not in graph.latent],
        positions=[place for place in graph.positions if place[0] not in graph.latent],
    )


def _reached(graph: Graph, node: int, observed: bytearray) -> list[int]:
    """The observed nodes below a node by directed paths through latent nodes only."""
    reached = walk(graph.core, DESCENDANTS_AVOIDING, [node], observed)
    return [end for end in reached.nodes() if observed[end]]
