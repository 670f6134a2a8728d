"""Bayesian networks as causal models and back: pgmpy's, and those in files.

A network fixes what is seen and what an action does, and leaves open what would have been: that
rests on how each value is tied to its noise. So a model made from a network has a coupling for each
variable, which `SCM.table` and `SCM.equations` print.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from causalsim.errors.network import NetworkError
from causalsim.graph.graph import Graph
from causalsim.scm.domain import DTYPE, Level, Levels
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax
from causalsim.scm.mechanisms.discrete.threshold import Threshold, coupled
from causalsim.scm.mechanisms.parts.chances import Table
from causalsim.scm.networks.exchange.bif import parse_bif
from causalsim.scm.networks.exchange.discrete import DiscreteNetwork, scaled
from causalsim.scm.networks.parallel import Place, parallel_network
from causalsim.scm.networks.tables import factors_of

if TYPE_CHECKING:
    from pgmpy.models import DiscreteBayesianNetwork

Ties = type[Threshold] | type[GumbelMax]


def read_network(network: Any) -> DiscreteNetwork:  # noqa: ANN401
    """A pgmpy network as plain data, without importing pgmpy.

    Args:
        network: A DiscreteBayesianNetwork; its ``latents`` are kept.

    Raises:
        NetworkError: No network, a variable without a table, tables that contradict each other.
    """
    if isinstance(network, DiscreteNetwork):
        return network
    if not callable(getattr(network, "get_cpds", None)) or not hasattr(network, "nodes"):
        raise NetworkError.not_a_network(network)
    found = {str(table.variable): table for table in network.get_cpds()}
    nodes = [str(node) for node in network.nodes()]
    if lacking := [node for node in nodes if node not in found]:
        raise NetworkError.without_table(lacking)
    for node in nodes:
        if not hasattr(found[node], "state_names") or not hasattr(found[node], "values"):
            raise NetworkError.not_a_table(node, found[node])
    stated = {node: [_plain(s) for s in found[node].state_names[node]] for node in nodes}
    levels = {node: _ordered(node, states) for node, states in stated.items()}
    parents = {node: tuple(map(str, found[node].variables[1:])) for node in nodes}
    tables = {}
    for node in nodes:
        values = np.asarray(found[node].values, dtype=np.float64)
        for axis, name in enumerate((node, *parents[node])):
            states = [_plain(state) for state in found[node].state_names[name]]
            if name not in levels or set(states) != set(levels[name]):
                raise NetworkError.other_levels(node, name, states, levels.get(name, ()))
            # A child may list the states of its parent in another order.
            values = values.take([states.index(level) for level in levels[name]], axis=axis)
        tables[node] = scaled(node, np.moveaxis(values, 0, -1))
    hidden = {str(node) for node in getattr(network, "latents", ())}
    name = str(getattr(network, "name", "") or "unknown")
    return DiscreteNetwork(levels, parents, tables, tuple(n for n in nodes if n in hidden), name)


def mechanisms_of(
    network: DiscreteNetwork, coupling: Ties | Mapping[str, Ties] | None = None
) -> tuple[Graph, dict[str, Mechanism]]:
    """The graph of a network, and its tables with a coupling each.

    Args:
        network: As plain data.
        coupling: `Threshold` or `GumbelMax` for all, or for some by name; for the others, and by
            default, thresholds where the levels have an order (numbers, or two names) and
            Gumbel-max for three names or more, so that nothing depends on the order in which a
            file happens to list them.

    Raises:
        NetworkError: A coupling that is none, or is for a variable that is not there.
        GraphError: Arrows that go round in a circle.
    """
    chosen = coupling if isinstance(coupling, Mapping) else dict.fromkeys(network.levels, coupling)
    for name, tie in chosen.items():
        if name not in network.levels:
            raise NetworkError.unknown_coupling(name, network.levels)
        if tie not in (None, Threshold, GumbelMax):
            raise NetworkError.bad_coupling(tie)
    domains = {node: Levels(levels) for node, levels in network.levels.items()}
    arrows = [(parent, node) for node, parents in network.parents.items() for parent in parents]
    graph = Graph(arrows, nodes=tuple(network.levels), latent=network.latent)
    mechanisms: dict[str, Mechanism] = {}
    for node, parents in network.parents.items():
        if network.tables[node].shape != network.shape(node):
            raise NetworkError.wrong_shape(node, network.tables[node].shape, network.shape(node))
        rows = torch.tensor(network.tables[node], dtype=DTYPE)
        table = Table(parents, tuple(domains[parent] for parent in parents), rows)
        mechanisms[node] = coupled(table, domains[node], chosen.get(node))
    return graph, mechanisms


def network_of(graph: Graph, mechanisms: Mapping[str, Mechanism]) -> DiscreteNetwork:
    """The tables of a model over levels; how its values are tied to noises is lost.

    A hidden noise that several equations read becomes a latent variable.

    Raises:
        ContractionError: A variable without finitely many levels.
    """
    order = list(mechanisms)
    places = [Place("", node) for node in order]
    found = parallel_network({"": mechanisms}, places)
    names = {found.numbers[place]: place.variable for place in places}
    levels = {names[n]: copy.levels.levels for n, copy in enumerate(found.copies)}
    parents: dict[str, tuple[str, ...]] = {}
    tables = {}
    for factor in factors_of(found)[0]:
        *above, own = (names[axis] for axis in factor.axes)
        parents[own] = tuple(above)
        tables[own] = factor.values
    hidden = [n for n in order if n not in graph or n in graph.latent]
    kept = [*graph.nodes, *(n for n in order if n not in graph)]
    return DiscreteNetwork(
        {node: levels[node] for node in kept},
        {node: parents[node] for node in kept},
        {node: tables[node] for node in kept},
        tuple(hidden),
    )


def pgmpy_network(network: DiscreteNetwork) -> "DiscreteBayesianNetwork":
    """A network as pgmpy's own."""
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    made = DiscreteBayesianNetwork()
    made.add_nodes_from(network.levels)
    made.latents = set(network.latent)
    made.add_edges_from((p, node) for node, parents in network.parents.items() for p in parents)
    for node, parents in network.parents.items():
        sizes = [len(network.levels[parent]) for parent in parents]
        own = len(network.levels[node])
        table = TabularCPD(
            node,
            own,
            np.moveaxis(network.tables[node], -1, 0).reshape(own, -1),
            evidence=list(parents) or None,
            evidence_card=sizes or None,
            state_names={name: list(network.levels[name]) for name in (node, *parents)},
        )
        made.add_cpds(table)
    return made


def read_bif_network(path: str | Path) -> DiscreteNetwork:
    """The network in a BIF file.

    Raises:
        NetworkError: A file that cannot be read, with the line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NetworkError.not_text(str(path), error.start) from None
    return parse_bif(text)


def _plain(state: object) -> Level:
    """A state name as a Python name or number."""
    if isinstance(state, np.generic):
        state = state.item()
    return state if isinstance(state, str | float | int | bool) else str(state)


def _ordered(node: str, states: list[Level]) -> tuple[Level, ...]:
    """Names in the order listed, numbers from low to high."""
    if all(isinstance(state, str) for state in states):
        return tuple(states)
    numbers = [state for state in states if not isinstance(state, str)]
    if len(numbers) < len(states):
        raise NetworkError.mixed_levels(node, states)
    return tuple(sorted(numbers))
