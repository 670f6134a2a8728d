"""Who is joined to whom once directions are forgotten: the moral (augmented) graph."""

from itertools import combinations

from causalsim.graph.graph import Graph, Names, Pair, causal_graph
from causalsim.graph.surgery import ancestral


def moral_edges(graph: Graph, of: Names = ()) -> tuple[Pair, ...]:
    """The undirected edges of the moral graph.

    Two nodes are joined when an edge joins them or when they cause something together: when all
    nodes between them on some path are colliders. In a DAG these are the pairs of parents; with
    ``<->`` they are all pairs within a district and its parents (Richardson's augmented graph).
    X and Y are m-separated given Z exactly when Z separates them in the moral graph of
    ``of=[*X, *Y, *Z]``. A district with k nodes and parents gives k² / 2 edges.

    Args:
        graph: The causal graph.
        of: Take the graph of these nodes and their ancestors; the whole graph by default.

    Returns:
        Pairs of nodes, each once, in the graph's order.

    Raises:
        GraphError: an unknown node.

    >>> moral_edges(Graph("a -> c; b -> c; c -> d"))
    (('a', 'c'), ('a', 'b'), ('c', 'b'), ('c', 'd'))
    >>> moral_edges(Graph("a -> c; b -> c; c -> d"), of=["a", "b"])
    ()

    References:
        Lauritzen, Dawid, Larsen and Leimer (1990); Richardson, "Markov properties for acyclic
        directed mixed graphs" (2003), section 2.2 and theorem 1.
    """
    graph = causal_graph(graph)
    names = (of,) if isinstance(of, str) else tuple(of)
    part = ancestral(graph, names) if names else graph
    core = part.core
    joined: set[tuple[int, int]] = set()
    for district in part.districts():
        members = part.indices(district)
        group = set(members).union(*(core.parents[node] for node in members))
        joined.update(combinations(sorted(group), 2))
    return tuple((part.nodes[a], part.nodes[b]) for a, b in sorted(joined))
