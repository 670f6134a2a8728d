"""What a graph claims that data can refute: the independencies it implies."""

from collections.abc import Iterator
from dataclasses import dataclass

from causalsim.graph.bitsets import bits
from causalsim.graph.claims.ancestral_districts import AncestralDistricts, earlier
from causalsim.graph.graph import Graph, Names, causal_graph
from causalsim.graph.separation.pair_separators import pair_separators
from causalsim.graph.surgery import latent_projection


@dataclass(frozen=True, slots=True)
class Independence:
    """The claim X ⊥ Y | Z.

    Attributes:
        x: X.
        y: Y.
        given: Z.
    """

    x: tuple[str, ...]
    y: tuple[str, ...]
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The usual notation."""
        shown = f"{', '.join(self.x)} ⊥ {', '.join(self.y)}"
        return f"{shown} | {', '.join(self.given)}" if self.given else shown


def basis_independencies(graph: Graph) -> Iterator[Independence]:
    """Independencies from which all the others follow, one after the other.

    In a DAG one for each node: it is independent of the nodes before it given its parents. With
    ``<->`` or latent nodes the ordered local Markov property: each node v, for each district C
    that v has among some ancestors-closed nodes before it, is independent of all else that keeps
    C its district, given C and its parents. Everything that the graph separates among observed
    nodes follows by the semi-graphoid axioms. There can be exponentially many when districts are
    large; the time between two is polynomial. Take some with ``itertools.islice``.

    Args:
        graph: The causal graph; latent nodes are projected away first.

    Returns:
        Independencies of one node from several; none is empty.

    >>> for claim in basis_independencies(Graph("a -> b -> c -> d; b <-> d")):
    ...     print(claim)
    c ⊥ a | b
    >>> for claim in basis_independencies(Graph("a -> b -> c; a <- d")):
    ...     print(claim)
    b ⊥ d | a
    c ⊥ a, d | b

    References:
        Richardson, "Markov properties for acyclic directed mixed graphs" (2003), section 3.1 and
        theorem 2; Jeong, Ejaz, Tian and Bareinboim, "Testing causal models with hidden variables
        in polynomial delay via conditional independencies" (2023); Pearl (2009), section 1.2.2.
    """
    graph = causal_graph(graph)
    seen = latent_projection(graph)
    core = seen.core
    order = core.order() or []
    districts = AncestralDistricts(core, earlier(order))
    for node in order:
        for _, blanket, rest in districts.parted(node):
            yield Independence(
                (seen.nodes[node],), seen.names(bits(rest)), seen.names(bits(blanket))
            )


def pairwise_independencies(graph: Graph, among: Names = ()) -> Iterator[Independence]:
    """For every two observed nodes that something separates, one minimal set that does.

    These are the claims to test one by one: each needs few variables. Two nodes may be separable
    by nothing observed though no edge joins them, when a hidden cause opens what conditioning
    closes; such pairs are left out.

    Args:
        graph: The causal graph.
        among: What is measured, of the observed nodes; all by default.

    Returns:
        Independencies in the order of nodes.

    Raises:
        GraphError: an unknown node.

    >>> for claim in pairwise_independencies(Graph("a -> b -> c -> d; b <-> d")):
    ...     print(claim)
    a ⊥ c | b

    References:
        van der Zander and Liśkiewicz, "Finding minimal d-separators in linear time and
        applications" (2020).
    """
    graph = causal_graph(graph)
    for one, other, found in pair_separators(_measured(graph, among)):
        if found is not None:
            yield Independence((one,), (other,), found)


def inseparable_pairs(graph: Graph, among: Names = ()) -> tuple[tuple[str, str], ...]:
    """The pairs of observed nodes without an edge between them that nothing observed separates.

    The absence of such an edge is no claim that independence could refute; `verma_constraints`
    may still see it.

    Args:
        graph: The causal graph.
        among: What is measured, of the observed nodes; all by default.

    Raises:
        GraphError: an unknown node.

    >>> inseparable_pairs(Graph("a -> b -> c -> d; b <-> d"))
    (('a', 'd'),)

    References:
        Verma and Pearl, "Equivalence and synthesis of causal models" (1990), on inducing paths.
    """
    graph = causal_graph(graph)
    pairs = pair_separators(_measured(graph, among))
    return tuple((one, other) for one, other, found in pairs if found is None)


def _measured(graph: Graph, among: Names) -> Graph:
    """The graph of what is measured."""
    names = graph.names(graph.indices(among))
    kept = set(graph.names(graph.indices(names))) if names else set(graph.nodes)
    return latent_projection(graph, [node for node in graph.nodes if node not in kept])
