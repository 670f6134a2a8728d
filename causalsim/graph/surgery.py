"""What the graph becomes when arrows are cut, or nodes are dropped, hidden or made explicit."""

from collections.abc import Iterable

from causalsim.graph.bitsets import bits, descendant_sets
from causalsim.graph.graph import Graph, Names, Pair, causal_graph


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
    graph = causal_graph(graph)
    heads, tails = set(graph.names(graph.indices(into))), set(graph.names(graph.indices(out_of)))
    return rebuilt(
        graph,
        graph.nodes,
        [(a, b) for a, b in graph.directed if a not in tails and b not in heads],
        [pair for pair in graph.bidirected if heads.isdisjoint(pair)],
    )


def do(graph: Graph, nodes: Names) -> Graph:
    """The graph after an action on nodes: nothing but the action causes them any more.

    The same as ``without_arrows(graph, into=nodes)``; the SWIG (`causalsim.graph.worlds.swig`)
    keeps beside it what the nodes would have been.

    Raises:
        GraphError: an unknown node.

    >>> do(Graph("z -> x -> y; x <-> y"), "x").parents("x")
    ()
    """
    graph = causal_graph(graph)
    return without_arrows(graph, into=nodes)


def induced(graph: Graph, nodes: Names) -> Graph:
    """The graph of some nodes and the edges among them.

    This is no marginal: a node left out takes its paths with it. `latent_projection` keeps them.

    Raises:
        GraphError: an unknown node.

    >>> print(induced(Graph("a -> b -> c; a <-> c"), ["a", "c"]))
    a <-> c
    """
    graph = causal_graph(graph)
    kept = set(graph.names(graph.indices(nodes)))
    return rebuilt(
        graph,
        [node for node in graph.nodes if node in kept],
        [pair for pair in graph.directed if kept.issuperset(pair)],
        [pair for pair in graph.bidirected if kept.issuperset(pair)],
    )


def ancestral(graph: Graph, nodes: Names) -> Graph:
    """The graph of some nodes and all their causes, near and far.

    Separation among ``nodes`` in it is that in the whole graph, as long as what is conditioned on
    is in it too; P(nodes) factorises along it.

    Raises:
        GraphError: an unknown node.

    >>> ancestral(Graph("a -> b -> c; b -> d"), "c").nodes
    ('a', 'b', 'c')

    References:
        Lauritzen, Dawid, Larsen and Leimer, "Independence properties of directed Markov fields"
        (1990), proposition 3; Richardson (2003), section 2.
    """
    graph = causal_graph(graph)
    return induced(graph, graph.ancestors(nodes))


def latent_projection(graph: Graph, hiding: Names = ()) -> Graph:
    """The graph on the observed nodes alone that says the same of them.

    ``a -> b`` stands where a directed path leads from a to b through hidden nodes only;
    ``a <-> b`` where a path with an arrowhead at both ends, and no collider, leads through hidden
    nodes only. Separation, ancestors and identification among the nodes that stay are those of
    the original. Time linear in the edges of the two graphs, but for hidden nodes that reach the
    same nodes in several ways.

    Args:
        graph: A graph with or without latent nodes.
        hiding: Nodes to hide beside the latent ones.

    Returns:
        A graph without latent nodes; the same graph when there is nothing to hide.

    Raises:
        GraphError: an unknown node.

    >>> print(latent_projection(Graph("x <- u -> y; x -> l -> y; {u l} [latent]")))
    x -> y
    x <-> y

    References:
        Verma and Pearl, "Equivalence and synthesis of causal models" (1990); Pearl (2009),
        definition 2.6.1.
    """
    graph = causal_graph(graph)
    hidden = {*graph.indices(graph.latent), *graph.indices(hiding)}
    if not hidden:
        return graph
    core = graph.core
    # What each node shows: itself, or the nodes that it reaches through hidden ones.
    shown: dict[int, dict[int, None]] = {}
    for node in reversed(core.order() or []):
        if node in hidden:
            below = (shown.get(child, {child: None}) for child in core.children[node])
            shown[node] = {end: None for found in below for end in found}
    kept = [node for node in range(core.size) if node not in hidden]
    arrows: dict[tuple[int, int], None] = {}
    for tail in kept:
        for child in core.children[tail]:
            for head in shown.get(child, (child,)):
                arrows[tail, head] = None
    shared: dict[tuple[int, int], None] = {}
    for one, other in graph.bidirected:
        a, b = graph.indices(one)[0], graph.indices(other)[0]
        _join(shared, shown.get(a, (a,)), shown.get(b, (b,)))
    for node in sorted(hidden):
        # A hidden parent reaches all that a node reaches, so the topmost say everything.
        if hidden.isdisjoint(core.parents[node]):
            _join(shared, shown[node], shown[node])
    return rebuilt(
        graph,
        graph.names(kept),
        [(graph.nodes[a], graph.nodes[b]) for a, b in arrows],
        [(graph.nodes[a], graph.nodes[b]) for a, b in shared],
    )


def canonical(graph: Graph) -> Graph:
    """The DAG with a latent node ``U[a,b]`` in place of every ``a <-> b``.

    Its latent projection gives the graph back when no node is latent.

    >>> canonical(Graph("x -> y; x <-> y")).directed
    (('x', 'y'), ('U[x,y]', 'x'), ('U[x,y]', 'y'))

    References:
        Richardson and Spirtes, "Ancestral graph Markov models" (2002), section 6.1.
    """
    graph = causal_graph(graph)
    if not graph.bidirected:
        return graph
    taken = set(graph.nodes)
    causes: list[str] = []
    arrows = list(graph.directed)
    for one, other in graph.bidirected:
        cause = unused(f"U[{one},{other}]", taken)
        causes.append(cause)
        arrows += [(cause, one), (cause, other)]
    return Graph(
        arrows,
        nodes=[*graph.nodes, *causes],
        latent=[*graph.latent, *causes],
        exposures=graph.exposures,
        outcomes=graph.outcomes,
        adjusted=graph.adjusted,
        positions=graph.positions,
    )


def transitive_closure(graph: Graph) -> Graph:
    """The graph with an arrow from every node to everything it affects, however far.

    ``<->`` edges stay as they are. The result can have nodes² / 2 arrows.

    >>> transitive_closure(Graph("a -> b -> c")).directed
    (('a', 'b'), ('a', 'c'), ('b', 'c'))

    References:
        Aho, Garey and Ullman, "The transitive reduction of a directed graph" (1972).
    """
    graph = causal_graph(graph)
    below = descendant_sets(graph.core)
    size = len(graph)
    arrows = [
        (graph.nodes[tail], graph.nodes[head])
        for tail in range(size)
        for head in bits(below[tail] & ~(1 << tail))
    ]
    return rebuilt(graph, graph.nodes, arrows, graph.bidirected)


def transitive_reduction(graph: Graph) -> Graph:
    """The graph without the arrows that a longer path makes unnecessary for who affects whom.

    The smallest graph with the same ancestors; for an acyclic graph there is just one. ``<->``
    edges stay. It does not have the same separations: it is for drawing and comparing orders.
    Space nodes² / 8 bytes.

    >>> transitive_reduction(Graph("a -> b -> c; a -> c")).directed
    (('a', 'b'), ('b', 'c'))

    References:
        Aho, Garey and Ullman, "The transitive reduction of a directed graph" (1972), theorem 1.
    """
    graph = causal_graph(graph)
    core = graph.core
    below = descendant_sets(graph.core)
    rank = {node: place for place, node in enumerate(core.order() or [])}
    needed: set[tuple[int, int]] = set()
    for tail in range(core.size):
        covered = 0
        for head in sorted(core.children[tail], key=rank.__getitem__):
            if not covered >> head & 1:
                needed.add((tail, head))
                covered |= below[head]
    index = {node: place for place, node in enumerate(graph.nodes)}
    arrows = [(a, b) for a, b in graph.directed if (index[a], index[b]) in needed]
    return rebuilt(graph, graph.nodes, arrows, graph.bidirected)


def rebuilt(
    graph: Graph, nodes: Iterable[str], arrows: Iterable[Pair], shared: Iterable[Pair]
) -> Graph:
    """Other nodes and edges, with the roles and positions that the nodes had."""
    names = list(nodes)
    kept = set(names)
    return Graph(
        arrows,
        nodes=names,
        bidirected=shared,
        latent=[node for node in graph.latent if node in kept],
        exposures=[node for node in graph.exposures if node in kept],
        outcomes=[node for node in graph.outcomes if node in kept],
        adjusted=[node for node in graph.adjusted if node in kept],
        positions=[place for place in graph.positions if place[0] in kept],
    )


def unused(name: str, taken: set[str]) -> str:
    """A name that no node has yet, from the wanted one; it is taken from now on."""
    while name in taken:
        name += "'"
    taken.add(name)
    return name


def _join(shared: dict[tuple[int, int], None], left: Iterable[int], right: Iterable[int]) -> None:
    """Add every pair of two groups, the smaller node first."""
    others = list(right)
    for a in left:
        for b in others:
            if a != b:
                shared[(a, b) if a < b else (b, a)] = None
