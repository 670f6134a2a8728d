"""What many models say about units: posterior predictive draws and counterfactuals."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from causalsim import frames
from causalsim.scm.domain import Domain
from causalsim.scm.learning.checking import by_chain
from causalsim.scm.learning.drawn import Drawn
from causalsim.scm.learning.learnt import Learnt
from causalsim.scm.model import SCM
from causalsim.scm.threads import threads_for
from causalsim.scm.worlds import draw_noises, require_lengths, run
from causalsim.seeds import Seed


def sampled(models: Iterable[SCM], n: int, like: Any, seed: Seed) -> Drawn:  # noqa: ANN401
    """Units under each model, all with the same noise before it is scaled.

    Args:
        models: One a draw of the parameters.
        n: How many units.
        like: A frame of the kind that the result takes.
        seed: Root of the noise.
    """
    found: dict[str, list[NDArray[np.float64]]] = {}
    domains: dict[str, Domain] = {}
    with threads_for(n):
        for model in models:
            require_lengths(model.mechanisms, n)
            noises = draw_noises(model.mechanisms, (n,), seed)
            values = run(model.mechanisms, noises, {}, model.mechanisms)
            for node in model.graph.observed:
                found.setdefault(node, []).append(values[node].expand(n).numpy())
                domains[node] = model.mechanisms[node].domain
    stacked = {node: np.stack(parts)[:, None, :] for node, parts in found.items()}
    return Drawn(stacked, domains, like, f"{n} units sampled with the same noise under each draw")


def imagined(
    models: Iterable[SCM],
    frame: Any,  # noqa: ANN401
    do: Mapping[str, object],
    noises: int,
    like: Any,  # noqa: ANN401
    seed: Seed,
) -> Drawn:
    """What the rows of a frame would have been under each model.

    Args:
        models: One a draw of the parameters.
        frame: The evidence.
        do: What is done.
        noises: How many draws of what the evidence leaves open.
        like: A frame of the kind that the result takes.
        seed: Root of the noise.
    """
    units = frames.height(frame)
    found: dict[str, list[NDArray[np.float64]]] = {}
    domains: dict[str, Domain] = {}
    said = ""
    for number, model in enumerate(models):
        # Each draw of the parameters has noise of its own, so that both vary together.
        stream = seed if noises > 1 else seed.child(str(number))
        world = model.counterfactual(frame, do=do, draws=noises, seed=stream)
        for node, value in world.draws_of.items():
            full = value.expand(noises, units) if value.shape[0] == 1 else value
            found.setdefault(node, []).append(full.numpy())
            domains[node] = world.domains[node]
        said = str(world.diagnostics)
    stacked = {node: np.stack(parts) for node, parts in found.items()}
    return Drawn(stacked, domains, like, f"counterfactual by {said}")


def inference_data(learnt: Mapping[str, Learnt], before: Mapping[str, Learnt]) -> Any:  # noqa: ANN401
    """Draws as ArviZ keeps them."""
    groups: dict[str, dict[str, NDArray[np.float64]]] = {"posterior": {}, "prior": {}}
    for group, found in zip(groups, (learnt, before), strict=True):
        for node, one in found.items():
            for index, name in enumerate(one.part.names):
                groups[group][f"{node}.{name}"] = by_chain(one)[:, :, index]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz

        return arviz.from_dict(posterior=groups["posterior"], prior=groups["prior"])


def mean_of(learnt: Learnt) -> torch.Tensor:
    """The posterior mean of the parameters."""
    return learnt.parameters.mean(dim=0)
