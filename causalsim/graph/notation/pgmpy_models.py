"""pgmpy's DAG, ADMG and Bayesian networks: the structure only, read without importing pgmpy."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from causalsim.errors.notation import NotationError
from causalsim.graph.graph import Graph, causal_graph
from causalsim.graph.notation.networks import Network, fill_network, from_networkx, read_network

if TYPE_CHECKING:
    from pgmpy.base import DAG


def from_pgmpy(model: Network) -> Graph:
    """The causal graph of a pgmpy DAG, ADMG, DiscreteBayesianNetwork or the like.

    ``latents``, ``exposures`` and ``outcomes`` of the model are read; tables are not (see
    `causalsim.scm.network`). An ADMG's bidirected edges are.

    Raises:
        NotationError: not such a model, or variables that are no strings.
        GraphError: the edges make no causal graph.

    >>> from types import SimpleNamespace
    >>> import networkx
    >>> model = networkx.DiGraph([("u", "x"), ("x", "y")])
    >>> model.latents = {"u"}
    >>> from_pgmpy(model).latent
    ('u',)
    """
    from_networkx(model)  # refuses what is no network, with the same words
    nodes = dict(model.nodes(data=True))
    return read_network(
        nodes,
        model.edges(data=True),
        latent=_members(model, "latents"),
        exposures=_members(model, "exposures"),
        outcomes=_members(model, "outcomes"),
    )


def to_pgmpy(graph: Graph) -> "DAG":
    """A pgmpy DAG; ``a <-> b`` becomes a latent variable with an arrow to each.

    `from_pgmpy` folds such a variable back into the edge. Positions and the role ``adjusted``
    stay with the nodes as attributes.

    >>> model = to_pgmpy(Graph("x -> y; u -> x; u -> y", latent="u"))  # doctest: +SKIP
    >>> model.latents  # doctest: +SKIP
    {'u'}
    """
    graph = causal_graph(graph)
    from pgmpy.base import DAG

    model = DAG()
    fill_network(graph, model)
    hidden = {node for node, said in model.nodes(data=True) if said.get("latent")}
    model.latents = hidden
    model.exposures = set(graph.exposures)
    model.outcomes = set(graph.outcomes)
    return model


def _members(model: Any, role: str) -> Iterable[Any]:  # noqa: ANN401
    """The variables that a model keeps in a role, if it keeps any."""
    found = getattr(model, role, None)
    if found is None or callable(found):
        return ()
    try:
        return set(found)
    except TypeError:
        raise NotationError.not_a_network(model, f"set of names in .{role}") from None
