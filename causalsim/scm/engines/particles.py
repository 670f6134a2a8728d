"""Weighted particles for what is hidden, exact noise for what is observed.

Only the hidden variables are guessed: from their prior, once a particle. Each observed variable
scores the guess by its density given its parents, and its own noise is then recovered given the
guess, so that every kept particle reproduces the evidence exactly. Draws are resampled particles.

Fails, and says so, where few particles carry the weight: sharp evidence on many hidden variables.

References:
    Karvanen, Tikka and Hyttinen, "Simulating counterfactuals" (2023), for solving the observed
    variables' own noise; Kong, Liu and Wong (1994) for the effective sample size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.errors.model import ModelError
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.noise import NOTHING, draw, is_noiseless
from causalsim.seeds import Seed

#: Numbers held at once: units are taken in parts so that particles x units stays below.
_AT_ONCE = 4_000_000
_FEWEST = 20.0


@dataclass(frozen=True, slots=True)
class Particles:
    """How many guesses of the hidden variables each unit gets.

    Args:
        count: More give a larger effective sample size, in proportion.

    Examples:
        >>> Particles(10_000)
        Particles(count=10000)
    """

    count: int = 2_000

    def __post_init__(self) -> None:
        """Check what was given."""
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise ModelError.bad_size("count", self.count)


def condition_particles(
    mechanisms: Mapping[str, Mechanism],
    values: Values,
    block: Sequence[str],
    by: Particles,
    *,
    draws: int,
    seed: Seed,
) -> tuple[dict[str, Tensor], float]:
    """Draws of the noises of a block given the values of its observed nodes.

    Args:
        mechanisms: Those of the world in which the values were observed.
        values: Observed values of shape (units,): the block's observed nodes and the observed
            parents of any node of the block.
        block: In causal order; nodes without a value are hidden.
        by: How many particles.
        draws: How many draws.
        seed: Root of the draws.

    Returns:
        For each node with noise a tensor of shape (draws, units), and the smallest effective
        sample size of any unit.

    Raises:
        ModelError: Evidence of probability zero, evidence without density, or too few particles
            that agree with it.
    """
    for node in block:
        if node in values and is_noiseless(mechanisms[node].noise):
            raise ModelError.not_inferable(
                block, f"{node!r} is determined by hidden variables, so no guess can match it"
            )
    units = max(value.shape[-1] if value.dim() else 1 for value in values.values())
    step = max(1, _AT_ONCE // by.count)
    parts: list[dict[str, Tensor]] = []
    sizes: list[float] = []
    for start in range(0, units, step):
        stop = min(start + step, units)
        part = {node: value.expand(units)[start:stop] for node, value in values.items()}
        stream = seed.child("particles", *block, str(start))
        drawn, size = _conditioned(mechanisms, part, block, by, draws, stream, start)
        parts.append(drawn)
        sizes.append(size)
    noises = {node: torch.cat([part[node] for part in parts], dim=1) for node in parts[0]}
    return noises, min(sizes)


def _conditioned(
    mechanisms: Mapping[str, Mechanism],
    values: Values,
    block: Sequence[str],
    by: Particles,
    draws: int,
    seed: Seed,
    start: int,
) -> tuple[dict[str, Tensor], float]:
    """The same for a part of the units."""
    units = max(len(value) for value in values.values())
    guessed = {
        node: draw(mechanisms[node].noise, (by.count, units), seed.child(node).torch())
        for node in block
        if node not in values and not is_noiseless(mechanisms[node].noise)
    }
    known = _filled(mechanisms, values, block, guessed)
    logs = torch.zeros((by.count, units), dtype=torch.float64)
    for node in block:
        if node in values:
            logs = logs + mechanisms[node].given(known).log_prob(values[node])
    _require_possible(block, logs, start)
    weights = torch.softmax(logs, dim=0)
    size = float((1.0 / weights.square().sum(dim=0)).min())
    if size < _FEWEST:
        raise ModelError.few_particles(block, size, by.count)
    stream = seed.child("resample").torch()
    chosen = torch.multinomial(weights.T, draws, replacement=True, generator=stream).T
    kept = {node: _picked(noise, chosen) for node, noise in guessed.items()}
    known = _filled(mechanisms, values, block, kept)
    noises = dict(kept)
    for node in block:
        if node in values:
            value = values[node].expand(draws, units)
            noises[node] = mechanisms[node].abduct(known, value, seed.child("own", node).torch())
    return noises, size


def _filled(
    mechanisms: Mapping[str, Mechanism], values: Values, block: Sequence[str], noises: Values
) -> dict[str, Tensor]:
    """The observed values, and the hidden ones that these noises give."""
    known = dict(values)
    for node in block:
        if node not in values:
            known[node] = mechanisms[node].produce(known, noises.get(node, NOTHING))
    return known


def _picked(noise: Tensor, chosen: Tensor) -> Tensor:
    """The particles chosen for each unit."""
    index = chosen.reshape(*chosen.shape, *([1] * (noise.dim() - 2)))
    return noise.gather(0, index.expand(*chosen.shape, *noise.shape[2:]))


def _require_possible(block: Sequence[str], logs: Tensor, start: int) -> None:
    """Refuse units for which no guess has any probability."""
    lost = ~(logs > -torch.inf).any(dim=0)
    if bool(lost.any()):
        raise ModelError.impossible(
            ", ".join(block), int(lost.sum()), start + int(torch.nonzero(lost)[0])
        )
