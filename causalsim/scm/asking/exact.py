"""Exact answers: over levels by contraction, over linear Gaussian parts by their moments."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.distributions import Normal

from causalsim.errors.asking import AskingError
from causalsim.errors.base import CausalsimError
from causalsim.errors.contraction import ContractionError
from causalsim.estimand.literals import level_text
from causalsim.scm.asking.expansion import Leaf, Spot, Worlds
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.engines.contraction import Contracted, contraction
from causalsim.scm.networks.parallel import Place
from causalsim.scm.parallel.nodes import Parallel, side_by_side
from causalsim.scm.parallel.running import produce_all

Array = NDArray[np.float64]
_PROBES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """An exact number or table.

    Args:
        values: One entry a combination of levels of the free events.
        engine: How it was found.
        couplings: The variables whose noise two worlds share, and how it is tied.
    """

    values: Array
    engine: str
    couplings: Mapping[str, str]


def over_levels(leaf: Leaf, worlds: Worlds) -> Exact | str:
    """The answer where all that matters has levels; else the reason why there is none.

    Raises:
        AskingError: Evidence of probability zero.
    """
    asked = [leaf.mean] if leaf.mean is not None else [spot for spot, _ in leaf.events]
    targets = [Place(*spot) for spot in asked]
    known: dict[tuple[str, str], object] = {}
    for spot, value in leaf.given:
        if known.setdefault(Place(*spot), value) != value:
            raise AskingError.probability_zero(told(leaf))
    try:
        ready = contraction(worlds.made, targets, known)
    except ContractionError as error:
        return error.message[0].lower() + error.message[1:].rstrip(".")
    found = ready(known)
    if bool((found.evidence <= 0).any()):
        raise AskingError.probability_zero(told(leaf))
    couplings = {name: tie.value for name, tie in found.couplings}
    operations = f"exact contraction over levels, {found.order.operations:.3g} operations"
    return Exact(_read(leaf, found), operations, couplings)


def _read(leaf: Leaf, found: Contracted) -> Array:
    """The mean, or the table of the free events at the levels of the others."""
    chances = found.probabilities
    if leaf.mean is not None:
        return np.asarray(chances @ found.levels[0].points.numpy())
    index: list[int | slice] = []
    for ((_, variable), value), levels in zip(leaf.events, found.levels, strict=True):
        if value is None:
            index.append(slice(None))
        else:
            index.append(position(variable, value, levels))
    return np.asarray(chances[tuple(index)])


def position(variable: str, value: object, levels: Levels) -> int:
    """The place of a level."""
    return int(levels.codes(variable, levels.encode(variable, value).reshape(1))[0])


def told(leaf: Leaf) -> list[str]:
    """What is taken as known, as text."""
    return [
        f"{variable}{f'({world})' if world else ''}={level_text(value)}"
        for (world, variable), value in leaf.given
    ]


def linear_mean(leaf: Leaf, worlds: Worlds) -> Exact | str:
    """A mean where all that matters is linear in Normal noises; else the reason why not.

    Raises:
        AskingError: Evidence of probability zero.
    """
    if leaf.mean is None:
        return "a probability is asked for"
    parallel = side_by_side(worlds.made)
    target = _node(parallel, leaf.mean)
    seen = [_node(parallel, spot) for spot, _ in leaf.given]
    wanted = parallel.ancestors([target, *seen])
    noises = {n.noise: n for name, n in parallel.nodes.items() if name in wanted and n.noise}
    for name, node in noises.items():
        if not isinstance(node.mechanism.noise, Normal):
            return f"the noise of {name!r} is {type(node.mechanism.noise).__name__}, not Normal"
    if any(isinstance(parallel.nodes[name].mechanism.domain, Levels) for name in wanted):
        return "variables with levels are not linear"
    try:
        table = _responses(parallel, wanted, tuple(noises), [target, *seen])
    except CausalsimError as error:
        return error.message.rstrip(".")
    if table is None:
        return "not everything is linear in the noises"
    base, gains = table
    loc = np.array([float(node.mechanism.noise.mean) for node in noises.values()])
    scale = np.array([float(node.mechanism.noise.stddev) for node in noises.values()])
    centre = base + gains @ loc
    known = np.array([_number(worlds, spot, value) for spot, value in leaf.given])
    spread = gains * scale
    weights, *_ = np.linalg.lstsq(spread[1:].T, spread[0], rcond=1e-10)
    missed = known - centre[1:]
    # What the evidence cannot vary in, it must not differ in.
    within, *_ = np.linalg.lstsq(spread[1:], missed, rcond=1e-10)
    if len(known) and not np.allclose(spread[1:] @ within, missed, rtol=1e-7, atol=1e-7):
        raise AskingError.probability_zero(told(leaf))
    engine = "Gaussian conditioning, exact for the mean"
    return Exact(np.asarray(centre[0] + weights @ missed), engine, {})


def _responses(
    parallel: Parallel, wanted: set[str], noises: tuple[str, ...], asked: list[str]
) -> tuple[Array, Array] | None:
    """Intercepts and slopes of some nodes in the noises; None where they are not linear."""
    count = len(noises)
    rng = np.random.default_rng(0)
    probes = 3.0 * rng.normal(size=(count, _PROBES))
    columns = np.concatenate([np.zeros((count, 1)), np.eye(count), probes], axis=1)
    units: dict[str, Tensor] = {
        name: torch.from_numpy(column).to(DTYPE)
        for name, column in zip(noises, columns, strict=True)
    }
    made = produce_all(parallel, units, {}, wanted)
    found = np.stack([made[name].expand(1, columns.shape[1])[0].numpy() for name in asked])
    base, gains = found[:, 0], found[:, 1 : count + 1] - found[:, :1]
    expected = base[:, np.newaxis] + gains @ probes
    size = 1.0 + np.abs(expected).max(initial=0.0)
    if not np.allclose(found[:, count + 1 :], expected, rtol=1e-8, atol=1e-8 * size):
        return None
    return base, gains


def _node(parallel: Parallel, spot: Spot) -> str:
    """The node of a variable in a world."""
    world, variable = spot
    return parallel.places[world][variable]


def _number(worlds: Worlds, spot: Spot, value: object) -> float:
    """A known value inside the model."""
    _, variable = spot
    return float(worlds.model.mechanisms[variable].domain.encode(variable, value))
