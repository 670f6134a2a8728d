"""networkx graphs, read without importing networkx, written as a plain DiGraph.

A DiGraph has one kind of edge, so ``a <-> b`` is written as what it means: a hidden node with an
arrow to each. The node bears ``latent=True, bidirected=True``; reading folds it back into the
edge. So every algorithm of networkx (d-separation, ancestors) is right on what `to_networkx`
makes. An *edge* with ``bidirected=True`` (or ``type="bidirected"``, as pgmpy has it) is read as
``<->`` too, and may stand once or in both directions. Two opposite edges without that mark are a
cycle, and an error: nothing says that they mean a hidden cause.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from causalsim.errors.notation import NotationError
from causalsim.graph.graph import Graph, Pair, Position, causal_graph
from causalsim.graph.notation.sketches import ROLES, roles

if TYPE_CHECKING:
    import networkx


class Network(Protocol):
    """What is asked of a networkx graph, or of anything that answers alike."""

    def is_directed(self) -> bool:
        """Whether edges have a direction."""
        ...

    @property
    def nodes(self) -> Any:  # noqa: ANN401
        """Called with ``data=True``: pairs of a node and its attributes."""
        ...

    @property
    def edges(self) -> Any:  # noqa: ANN401
        """Called with ``data=True``: tails, heads and attributes."""
        ...


def from_networkx(network: Network) -> Graph:
    """The causal graph of a networkx DiGraph or MultiDiGraph.

    Node attributes: ``latent=True`` or ``observed="no"`` (as dowhy has it) make a node latent;
    ``exposure``, ``outcome`` and ``adjusted`` give roles; ``pos=(x, y)`` is a position with y
    upwards. Bidirected edges: see the module. Other attributes are skipped.

    Args:
        network: Its nodes must be strings.

    Raises:
        NotationError: not a network, undirected, or nodes that are no strings.
        GraphError: the edges make no causal graph.

    >>> import networkx
    >>> network = networkx.DiGraph([("u", "x"), ("u", "y"), ("x", "y")])
    >>> network.nodes["u"]["latent"] = True
    >>> from_networkx(network).latent
    ('u',)
    """
    for wanted in ("is_directed", "nodes", "edges"):
        if not hasattr(network, wanted):
            raise NotationError.not_a_network(network, f"{wanted}")
    if not network.is_directed():
        raise NotationError.not_directed(network)
    nodes: dict[str, Mapping[str, Any]] = {}
    for node, attributes in network.nodes(data=True):
        _check_name(node)
        nodes[node] = attributes
    return read_network(nodes, network.edges(data=True))


def read_network(
    nodes: Mapping[str, Mapping[str, Any]],
    edges: Iterable[tuple[Any, Any, Mapping[str, Any]]],
    latent: Iterable[Hashable] = (),
    exposures: Iterable[Hashable] = (),
    outcomes: Iterable[Hashable] = (),
) -> Graph:
    """A graph from nodes and edges with attributes, and from roles kept beside them."""
    arrows: list[Pair] = []
    shared: dict[frozenset[str], Pair] = {}
    for tail, head, attributes in edges:
        if attributes.get("bidirected") or attributes.get("type") == "bidirected":
            shared.setdefault(frozenset((tail, head)), (tail, head))
        else:
            arrows.append((tail, head))
    folded = {node for node, found in nodes.items() if found.get("bidirected")}
    if folded:
        arrows, pairs = _fold(arrows, [node for node in nodes if node in folded])
        for pair in pairs:
            shared.setdefault(frozenset(pair), pair)
    said = {"latent": set(latent), "exposure": set(exposures), "outcome": set(outcomes)}
    kept = [node for node in nodes if node not in folded]

    def in_role(role: str) -> list[str]:
        return [node for node in kept if nodes[node].get(role) or node in said.get(role, ())]

    hidden = set(in_role("latent"))
    hidden.update(node for node in kept if _unobserved(nodes[node].get("observed")))
    return Graph(
        arrows,
        nodes=kept,
        bidirected=shared.values(),
        latent=[node for node in kept if node in hidden],
        exposures=in_role("exposure"),
        outcomes=in_role("outcome"),
        adjusted=in_role("adjusted"),
        positions=[
            (node, place) for node in kept if (place := _place(node, nodes[node])) is not None
        ],
    )


def to_networkx(graph: Graph) -> "networkx.DiGraph[str]":
    """A networkx DiGraph; ``a <-> b`` becomes a hidden node (see the module).

    Latent nodes have ``latent=True``, roles likewise, positions are ``pos=(x, y)`` with y
    upwards, as networkx draws.

    >>> network = to_networkx(Graph("x -> y; x <-> y"))
    >>> list(network.edges)
    [('x', 'y'), ('x <-> y', 'x'), ('x <-> y', 'y')]
    >>> from_networkx(network) == Graph("x -> y; x <-> y")
    True
    """
    graph = causal_graph(graph)
    import networkx

    network: networkx.DiGraph[str] = networkx.DiGraph()
    fill_network(graph, network)
    return network


def fill_network(graph: Graph, network: Any) -> None:  # noqa: ANN401
    """Add a graph's nodes, edges and attributes to an empty network."""
    marked, placed = roles(graph), dict(graph.positions)
    for node in graph.nodes:
        said: dict[str, object] = {role: True for role in ROLES if role in marked.get(node, ())}
        if node in placed:
            x, y = placed[node]
            said["pos"] = (x, -y)
        network.add_node(node, **said)
    network.add_edges_from(graph.directed)
    taken = set(graph.nodes)
    for one, other in graph.bidirected:
        cause = f"{one} <-> {other}"
        while cause in taken:
            cause += "'"
        taken.add(cause)
        network.add_node(cause, latent=True, bidirected=True)
        network.add_edges_from([(cause, one), (cause, other)])


def _check_name(node: object) -> None:
    """Refuse a node that is no name."""
    if not isinstance(node, str) or not node:
        raise NotationError.name_not_text(node)


def _fold(arrows: list[Pair], causes: list[str]) -> tuple[list[Pair], list[Pair]]:
    """Arrows without those of hidden causes that stand for ``<->``, and those edges."""
    heads: dict[str, list[str]] = {cause: [] for cause in causes}
    above = dict.fromkeys(causes, 0)
    kept: list[Pair] = []
    for tail, head in arrows:
        if head in above:
            above[head] += 1
        if tail in heads:
            heads[tail].append(head)
        else:
            kept.append((tail, head))
    pairs: list[Pair] = []
    for cause in causes:
        found = heads[cause]
        if above[cause] or len(found) != 2 or any(head in above for head in found):
            raise NotationError.not_a_hidden_cause(cause, above[cause], len(found))
        pairs.append((found[0], found[1]))
    return kept, pairs


def _unobserved(found: object) -> bool:
    """Whether an attribute ``observed`` says no."""
    if isinstance(found, str):
        return found.strip("\"'").lower() in ("no", "false", "0")
    return found is not None and not found


def _place(node: str, attributes: Mapping[str, Any]) -> Position | None:
    """The position in a node's attributes, with y turned to point down."""
    found = attributes.get("pos")
    if found is None:
        return None
    try:
        x, y = (float(part) for part in found)
    except (TypeError, ValueError):
        raise NotationError.bad_position(node, str(found)) from None
    return (x, 0.0 - y)
