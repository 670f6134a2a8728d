"""What would help: the measurement or the experiment that turns a refusal into a formula."""

from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.c_factors import Hedge
from causalsim.identification.fusing.available import Available
from causalsim.identification.fusing.combining import combine


def remedies(graph: Graph, query: Query, hedge: Hedge) -> tuple[str, ...]:
    """Single steps that would each make an unidentified effect identified.

    Tried are: measuring one hidden common cause of the hedge, measuring one latent node, and an
    experiment that sets one further variable of the hedge, beside the observations. A step is named
    only when the complete algorithm answers the question once it is taken.

    Args:
        graph: The graph of the refusal.
        query: The question refused.
        hedge: The two sets that prove the refusal.

    Returns:
        One sentence a step; empty when no single step is enough.

    >>> bow = Graph("x -> y; x <-> y")
    >>> remedies(bow, Query("y", do="x"), Hedge(("y",), ("x", "y")))
    ('measuring the common cause of x and y',)
    """
    found = [
        f"measuring the common cause of {one} and {other}"
        for one, other in graph.bidirected
        if {one, other} <= set(hedge.outer) and _answers(_measured(graph, (one, other)), query)
    ]
    found += [f"measuring {node}" for node in graph.latent if _answers(_shown(graph, node), query)]
    named = {*query.outcome, *query.treatments, *query.conditions}
    found += [
        f"an experiment that sets {node}"
        for node in hedge.outer
        if node not in named and combine(graph, query, Available(experiments=node)).identified
    ]
    return tuple(found)


def _answers(graph: Graph, query: Query) -> bool:
    """Whether observations of this graph answer the question."""
    return combine(graph, query, Available()).identified


def _measured(graph: Graph, pair: tuple[str, str]) -> Graph:
    """The graph with a hidden common cause drawn and measured."""
    cause = f"{pair[0]}, {pair[1]}"
    return Graph(
        [*graph.directed, (cause, pair[0]), (cause, pair[1])],
        nodes=graph.nodes,
        bidirected=[other for other in graph.bidirected if other != pair],
        latent=graph.latent,
    )


def _shown(graph: Graph, node: str) -> Graph:
    """The graph with a latent node measured."""
    return Graph(
        graph.directed,
        nodes=graph.nodes,
        bidirected=graph.bidirected,
        latent=[other for other in graph.latent if other != node],
    )
