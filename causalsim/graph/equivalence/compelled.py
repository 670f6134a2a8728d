"""Which arrows of a DAG every Markov-equivalent DAG shares: its CPDAG."""

from causalsim.errors.equivalence import EquivalenceError
from causalsim.graph.equivalence.classes import CPDAG
from causalsim.graph.equivalence.essential import essential_ends
from causalsim.graph.graph import Graph


def cpdag_of(graph: Graph) -> CPDAG:
    """The CPDAG of a DAG: the arrows that all Markov-equivalent DAGs share, the rest undirected.

    Two DAGs are Markov equivalent, that is imply the same independencies, when they have the
    same adjacencies and the same colliders between non-adjacent nodes; an arrow that can be
    turned within the class is written ``--``. Data alone can tell no more. Time is linear in the
    edges for bounded in-degree. It fails when there are hidden causes: see `pag_of`.

    Args:
        graph: A graph without ``<->`` and without latent nodes.

    Raises:
        EquivalenceError: the graph has ``<->`` or latent nodes.

    >>> print(cpdag_of(Graph("a -> b -> c")))
    a -- b
    b -- c
    >>> print(cpdag_of(Graph("a -> c <- b; c -> d")))
    a -> c
    b -> c
    c -> d

    References:
        Verma and Pearl, "Equivalence and synthesis of causal models" (1990), theorem 1;
        Chickering, "A transformational characterization of equivalent Bayesian network
        structures" (1995), section 4.
    """
    if not isinstance(graph, Graph):
        raise EquivalenceError.wrong_kind(graph, "a Graph")
    if graph.latent or graph.bidirected:
        raise EquivalenceError.hidden(
            graph.latent, (f"{one} <-> {other}" for one, other in graph.bidirected)
        )
    return CPDAG.trusted(graph.nodes, essential_ends(graph.core))
