"""What many models say about units: posterior predictive draws and counterfactuals."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.distributions import Normal

from causalsim import frames
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.domain import Domain
from causalsim.scm.learning.checking import by_chain
from causalsim.scm.learning.drawn import Drawn
from causalsim.scm.learning.learnt import Learnt
from causalsim.scm.learning.together import imagined_together
from causalsim.scm.model import SCM
from causalsim.scm.noise import NOTHING, draw, is_noiseless
from causalsim.scm.worlds import require_lengths, run
from causalsim.seeds import Seed

#: Numbers held at once: draws of the parameters are taken in parts.
_AT_ONCE = 2_000_000


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
    standard: dict[str, Tensor] = {}
    with threads_for(n):
        for model in models:
            require_lengths(model.mechanisms, n)
            noises = _noises(model, n, seed, standard)
            values = run(model.mechanisms, noises, {}, model.mechanisms)
            for node in model.graph.observed:
                found.setdefault(node, []).append(values[node].expand(n).numpy())
                domains[node] = model.mechanisms[node].domain
    stacked = {node: np.stack(parts)[:, None, :] for node, parts in found.items()}
    return Drawn(stacked, domains, like, f"{n} units sampled with the same noise under each draw")


def _noises(model: SCM, n: int, seed: Seed, standard: dict[str, Tensor]) -> dict[str, Tensor]:
    """The noise of each variable, drawn for the first model and stretched for the others.

    Parameters change the size of Normal noise and no other: uniform and Gumbel noises are standard,
    and what an action draws is the same for all models.
    """
    found: dict[str, Tensor] = {}
    for node, mechanism in model.mechanisms.items():
        if is_noiseless(mechanism.noise):
            continue
        normal = isinstance(mechanism.noise, Normal)
        if node not in standard:
            one = Normal(NOTHING, NOTHING + 1.0) if normal else mechanism.noise
            standard[node] = draw(one, (n,), seed.child("noise", node).torch())
        found[node] = standard[node]
        if isinstance(mechanism.noise, Normal):
            found[node] = mechanism.noise.loc + mechanism.noise.scale * found[node]
    return found


def imagined(
    numbers: Sequence[int],
    drawn: Callable[[int], SCM],
    together: Callable[[Sequence[int]], tuple[SCM, frozenset[str]]],
    frame: Any,  # noqa: ANN401
    do: Mapping[str, object],
    noises: int,
    like: Any,  # noqa: ANN401
    seed: Seed,
) -> Drawn:
    """What the rows of a frame would have been under each draw of the parameters.

    Args:
        numbers: Which draws of the parameters.
        drawn: The model of one of them.
        together: Some of them as one model, and the variables whose mechanism holds all.
        frame: The evidence.
        do: What is done.
        noises: How many draws of what the evidence leaves open.
        like: A frame of the kind that the result takes.
        seed: Root of the noise.
    """
    units = frames.height(frame)
    step = max(1, _AT_ONCE // max(units, 1))
    found: dict[str, list[NDArray[np.float64]]] = {}
    domains: dict[str, Domain] = {}
    said = ""
    for start in range(0, len(numbers), step):
        some = numbers[start : start + step]
        world = imagined_together(*together(some), frame, do, seed)
        if world is None:
            break
        for node, value in world.draws_of.items():
            full = value.expand(len(some), units).numpy()[:, np.newaxis]
            found.setdefault(node, []).append(np.repeat(full, noises, axis=1))
        domains, said = dict(world.domains), str(world.diagnostics)
    else:
        values = {node: np.concatenate(parts) for node, parts in found.items()}
        return Drawn(values, domains, like, f"counterfactual by {said}")
    return _one_by_one((drawn(number) for number in numbers), frame, do, noises, like, seed)


def _one_by_one(
    models: Iterable[SCM],
    frame: Any,  # noqa: ANN401
    do: Mapping[str, object],
    noises: int,
    like: Any,  # noqa: ANN401
    seed: Seed,
) -> Drawn:
    """The same where each draw of the parameters needs noise of its own."""
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
