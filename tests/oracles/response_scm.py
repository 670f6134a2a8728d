"""A random model of the oracle, written as equations, so that a model can be asked the same."""

import inspect
from collections.abc import Callable
from typing import Any

import pyro.distributions as dist
import torch

from causalsim.scm import SCM
from tests.oracles.response_models import ResponseModel


def scm_of(model: ResponseModel) -> SCM:
    """The same tables and noises as a structural causal model."""
    graph = model.graph
    shared = {pair: f"shared_{place}" for place, pair in enumerate(graph.bidirected)}
    noises = {
        name: dist.Categorical(torch.tensor(model.weights[len(graph) + place]))
        for place, name in enumerate(shared.values())
    }
    equations = {}
    for place, node in enumerate(graph.nodes):
        reads = [*graph.parents(node), *(shared[p] for p in graph.bidirected if node in p)]
        own = dist.Categorical(torch.tensor(model.weights[place]))
        equations[node] = _looked_up(torch.tensor(model.tables[node]), reads, own)
    levels = {node: tuple(range(model.levels)) for node in graph.nodes}
    return SCM.from_equations(equations, noises=noises, levels=levels)


def _looked_up(table: torch.Tensor, reads: list[str], own: Any) -> Callable[..., torch.Tensor]:
    """A function whose arguments are named as what it reads."""

    def function(**arguments: torch.Tensor) -> torch.Tensor:
        index = [arguments[name].long() for name in (*reads, "own")]
        return table[tuple(torch.broadcast_tensors(*index))].double()

    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, kind) for name in reads]
    parameters.append(inspect.Parameter("own", kind, default=own))
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return function
