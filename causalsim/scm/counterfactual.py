"""What would have been: abduction, action and prediction for every row of a frame."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from causalsim import frames
from causalsim.errors.base import nearest
from causalsim.errors.data import DataError
from causalsim.scm.abduction import diagnose, infer, read_evidence, recover
from causalsim.scm.engines.particles import Particles
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.noise import draw, is_noiseless
from causalsim.scm.planning import Plan, plan
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
    by: Particles | None,
    seed: Seed,
) -> Counterfactual:
    """The rows of a frame as they would have been in another world.

    Only the targets and what they influence are recomputed; everything else is as it was.

    Args:
        factual: The mechanisms of the world that the frame was observed in, in causal order.
        world: The mechanisms of the other world, in causal order.
        frame: One row a unit. Variables without a column are hidden and are inferred.
        draws: How often noises that the evidence leaves uncertain are drawn.
        by: The engine for what is hidden; None for the cheapest exact one.
        seed: Root of all draws.
    """
    units = frames.height(frame)
    require_lengths(world, units)
    columns = frames.names(frame)
    _refuse_misspelt(factual, columns)
    targets = [node for node in world if world[node] is not factual[node]]
    found = plan(factual, world, downstream(world, targets), columns)
    with threads_for(units * draws * max(len(found.affected), 1)):
        values = read_evidence(frame, factual, found.read)
        noises = recover(factual, values, found.inverted, draws=draws, seed=seed)
        noises.update(_uninformed(factual, world, found, (draws, units), seed))
        engines = []
        for block in found.blocks:
            drawn, engine = infer(factual, values, block, by, draws=draws, seed=seed)
            noises.update(drawn)
            engines.append(engine)
        # What the other world changes must not be read as it was.
        known = {node: value for node, value in values.items() if node not in found.affected}
        changed = {*found.hidden, *found.affected}
        produced = run(world, noises, known, [node for node in world if node in changed])
    return Counterfactual.made(
        frame,
        {node: _filled(produced[node], units) for node in found.affected},
        {node: world[node].domain for node in found.affected},
        diagnose(factual, found.inverted, engines, found.free, draws),
        tuple(world[node].describe(node) for node in targets),
    )


def _uninformed(
    factual: Mapping[str, Mechanism],
    world: Mapping[str, Mechanism],
    found: Plan,
    shape: tuple[int, int],
    seed: Seed,
) -> dict[str, Tensor]:
    """The noises about which the evidence says nothing: hidden leaves, and fresh draws."""
    noises: dict[str, Tensor] = {}
    for node in found.free:
        if not is_noiseless(factual[node].noise):
            noises[node] = draw(factual[node].noise, shape, seed.child("prior", node).torch())
    for node in found.fresh:
        noises[node] = draw(world[node].noise, shape, seed.child("fresh", node).torch())
    return noises


def _refuse_misspelt(mechanisms: Mapping[str, Mechanism], columns: tuple[str, ...]) -> None:
    """A variable without a column is hidden, unless a column looks like its name misspelt."""
    strangers = [name for name in columns if name not in mechanisms]
    for node, mechanism in mechanisms.items():
        if node not in columns and not is_shared(mechanism) and len(node) > 2:
            guess = nearest(node, strangers)
            if guess is not None:
                raise DataError.unknown_column(node, columns)


def _filled(value: Tensor, units: int) -> Tensor:
    """A value of shape (draws or 1, units)."""
    shape = (value.shape[0] if value.dim() == 2 else 1, units)
    return value.expand(shape)
