"""What would have been: abduction, action and prediction for every row of a frame."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from causalsim import frames
from causalsim.errors.model import ModelError
from causalsim.scm.abduction import diagnose, read_evidence, recover, require_evidence
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.imposed import Drawn
from causalsim.scm.noise import draw, is_noiseless
from causalsim.scm.result import Counterfactual
from causalsim.scm.threads import threads_for
from causalsim.scm.worlds import downstream, require_lengths, run
from causalsim.seeds import Seed


def imagine(
    factual: Mapping[str, Mechanism],
    world: Mapping[str, Mechanism],
    frame: Any,  # noqa: ANN401
    *,
    draws: int,
    seed: Seed,
) -> Counterfactual:
    """The rows of a frame as they would have been in another world.

    Only the targets and what they influence are recomputed; everything else is as it was.

    Args:
        factual: The mechanisms of the world that the frame was observed in, in causal order.
        world: The mechanisms of the other world, in causal order.
        frame: One row a unit, with the affected variables and their causes observed.
        draws: How often noises that the evidence leaves uncertain are drawn.
        seed: Root of all draws.
    """
    units = frames.height(frame)
    require_lengths(world, units)
    targets = [node for node in world if world[node] is not factual[node]]
    affected = downstream(world, targets)
    kept = [node for node in affected if not is_noiseless(world[node].noise)]
    fresh = [node for node in kept if isinstance(world[node], Drawn)]
    kept = [node for node in kept if node not in fresh]
    columns = frames.names(frame)
    needed = set(require_evidence(columns, factual, kept))
    for node in affected:
        for parent in world[node].parents:
            if parent not in affected:
                if parent not in columns:
                    raise ModelError.missing_evidence(parent, [node])
                needed.add(parent)
    with threads_for(units * draws * max(len(affected), 1)):
        values = read_evidence(frame, factual, [node for node in factual if node in needed])
        noises = recover(factual, values, kept, draws=draws, seed=seed)
        for node in fresh:
            stream = seed.child("fresh", node).torch()
            noises[node] = draw(world[node].noise, (draws, units), stream)
        # What the other world changes must not be read as it was.
        known = {node: value for node, value in values.items() if node not in affected}
        produced = run(world, noises, known, affected)
    diagnostics = diagnose(factual, kept, draws)
    return Counterfactual.made(
        frame,
        {node: _filled(value, units) for node, value in produced.items()},
        {node: world[node].domain for node in affected},
        diagnostics,
        tuple(world[node].describe(node) for node in targets),
    )


def _filled(value: Tensor, units: int) -> Tensor:
    """A value of shape (draws or 1, units)."""
    shape = (value.shape[0] if value.dim() == 2 else 1, units)
    return value.expand(shape)
