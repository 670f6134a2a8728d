"""That a graph and its mechanisms say the same, and how the graph changes when mechanisms do."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.borrowed import Passed
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.worlds import causal_order


def matched(graph: Graph, mechanisms: Mapping[str, Mechanism]) -> dict[str, Mechanism]:
    """The mechanisms in causal order, shared noises first, once they agree with the graph.

    Raises:
        ModelError: A node without mechanism, a mechanism without node, other parents than the
            arrows say, ``<->`` without a shared noise, a node named as the noise of another.
    """
    if lacking := [node for node in graph.nodes if node not in mechanisms]:
        raise ModelError.without_mechanism(lacking)
    shared = {node: found for node, found in mechanisms.items() if node not in graph}
    for node, mechanism in shared.items():
        if not is_shared(mechanism) and not is_passed(mechanism):
            raise ModelError.unknown_node(node, graph.nodes)
    pairs = {frozenset(pair) for pair in shared_pairs(mechanisms, graph.nodes)}
    if pairs != {frozenset(pair) for pair in graph.bidirected}:
        raise ModelError.hidden_causes(f"{a} <-> {b}" for a, b in graph.bidirected)
    for node in graph.nodes:
        expected = graph.parents(node)
        found = [name for name in seen_causes(mechanisms, node) if name in graph]
        if set(found) != set(expected):
            raise ModelError.wrong_parents(node, found, expected)
        if f"U_{node}" in mechanisms:
            raise ModelError.reserved(f"U_{node}", node)
    ordered = {**shared, **{node: mechanisms[node] for node in graph.order()}}
    if any(is_passed(mechanism) for mechanism in shared.values()):
        return {node: ordered[node] for node in causal_order(ordered)}
    return ordered


def is_passed(mechanism: Mechanism) -> bool:
    """Whether this is no variable but what one child sees of one parent."""
    return isinstance(getattr(mechanism, "natural", mechanism), Passed)


def seen_causes(mechanisms: Mapping[str, Mechanism], node: str) -> list[str]:
    """What a variable listens to, through what arrives along altered arrows."""
    found: dict[str, None] = {}
    for name in mechanisms[node].parents:
        altered = name in mechanisms and is_passed(mechanisms[name])
        found.update(dict.fromkeys(mechanisms[name].parents if altered else [name]))
    return list(found)


def redrawn(graph: Graph, mechanisms: Mapping[str, Mechanism]) -> Graph:
    """The graph with the arrows that these mechanisms read, in the old order where they stay."""
    arrows = dict.fromkeys(
        (parent, node)
        for node in graph
        for parent in seen_causes(mechanisms, node)
        if parent in graph
    )
    kept = [pair for pair in graph.directed if pair in arrows]
    return Graph(
        list(dict.fromkeys([*kept, *arrows])),
        nodes=graph.nodes,
        bidirected=shared_pairs(mechanisms, graph.nodes),
        latent=graph.latent,
        exposures=graph.exposures,
        outcomes=graph.outcomes,
        adjusted=graph.adjusted,
        positions=graph.positions,
    )


def shared_pairs(
    mechanisms: Mapping[str, Mechanism], nodes: Sequence[str]
) -> list[tuple[str, str]]:
    """The pairs of variables that read one hidden noise, in the graph's order."""
    known = set(nodes)
    pairs: dict[tuple[str, str], None] = {}
    for name in mechanisms:
        if name not in known:
            readers = [node for node in nodes if name in seen_causes(mechanisms, node)]
            pairs.update(dict.fromkeys(combinations(readers, 2)))
    return list(pairs)
