"""Exact conditioning where what is hidden enters linearly and all noise is Normal.

Given the observed values, let ``e`` be the noises of a block and let the observed nodes of the
block be predicted as ``base + L e``, linear in ``e`` (the observed values themselves may enter in
any way: ``base`` and ``L`` may differ from unit to unit). Then the noises given the evidence are
Normal, and a draw is a prior draw corrected by what it missed (Matheron's rule):

    ``e | x = e₀ + D L' (L D L')⁻¹ (x - base - L e₀)``,  ``e₀ ~ Normal(μ, D)``

References:
    Journel and Huijbregts, *Mining Geostatistics* (1978), conditioning by kriging; Pearl,
    *Causality* (2009), section 7.1 (abduction as an update of P(u)).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from causalsim.errors.base import listed
from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.noise import NOTHING, is_noiseless
from causalsim.seeds import Seed

_PROBES = 3


@dataclass(frozen=True, slots=True, eq=False)
class LinearSystem:
    """Observed nodes as linear functions of Normal noises: ``x = base + gains e``.

    Args:
        block: The nodes, hidden and observed, in causal order.
        noisy: Those with a noise, in the order of ``e``.
        observed: The values seen, of shape (units, seen).
        base: The predictions without noise, of shape (units, seen).
        gains: Of shape (units, seen, noises).
        loc: The mean of each noise.
        scale: The standard deviation of each noise.
    """

    block: tuple[str, ...]
    noisy: tuple[str, ...]
    observed: Tensor
    base: Tensor
    gains: Tensor
    loc: Tensor
    scale: Tensor


def linear_system(
    mechanisms: Mapping[str, Mechanism], values: Values, block: Sequence[str], seed: Seed
) -> LinearSystem | str:
    """The block as a linear system, or the reason why it is none.

    Args:
        mechanisms: Those of the world in which the values were observed.
        values: Observed values of shape (units,): the block's observed nodes and the observed
            parents of any node of the block.
        block: In causal order; nodes without a value are hidden.
        seed: Linearity is tried at random noises.
    """
    noisy = tuple(node for node in block if not is_noiseless(mechanisms[node].noise))
    seen = [node for node in block if node in values]
    for node in noisy:
        if not isinstance(mechanisms[node].noise, Normal):
            family = type(mechanisms[node].noise).__name__
            return f"the noise of {node!r} is {family}, not Normal"
    base, gains = _linearised(mechanisms, values, block, noisy, seen)
    loc, scale = _moments(mechanisms, noisy)
    rng = seed.child("linear").numpy()
    for _ in range(_PROBES):
        tried = loc + scale * torch.from_numpy(3.0 * rng.normal(size=len(noisy)))
        noises = dict(zip(noisy, tried, strict=True))
        found = _predicted(mechanisms, values, block, noises, seen)
        expected = base + (gains @ tried).T
        size = 1.0 + float(expected.abs().max())
        if not np.allclose(found.numpy(), expected.numpy(), rtol=1e-8, atol=1e-8 * size):
            return f"{listed(n for n in block if n not in values)} do not enter linearly"
    observed = torch.stack([values[node].expand(base.shape[1]) for node in seen], dim=-1)
    return LinearSystem(tuple(block), noisy, observed, base.T, gains, loc, scale)


def condition_gaussian(system: LinearSystem, *, draws: int, seed: Seed) -> dict[str, Tensor]:
    """Draws of the noises of a block given the values of its observed nodes.

    Args:
        system: The block.
        draws: How many draws.
        seed: Root of the draws.

    Returns:
        For each node with noise a tensor of shape (draws, units).

    Raises:
        ModelError: The observed values determine one another.
    """
    gains, scale = system.gains, system.scale
    stream = seed.child("gaussian", *system.block).torch()
    shape = (draws, len(system.observed), len(system.noisy))
    prior = torch.randn(shape, generator=stream, dtype=DTYPE) * scale + system.loc
    missed = system.observed - system.base - torch.einsum("uom,dum->duo", gains, prior)
    spread = gains * scale  # L D^(1/2), so that L D L' is its square
    solved = _solve(spread @ spread.transpose(-1, -2), missed, system.block)
    posterior = prior + torch.einsum("uom,duo->dum", gains * scale.square(), solved)
    return {node: posterior[..., index] for index, node in enumerate(system.noisy)}


def _moments(mechanisms: Mapping[str, Mechanism], noisy: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each noise."""
    noises = [mechanisms[node].noise for node in noisy]
    loc = torch.stack([torch.as_tensor(noise.mean, dtype=DTYPE) for noise in noises])
    scale = torch.stack([torch.as_tensor(noise.stddev, dtype=DTYPE) for noise in noises])
    return loc, scale


def _predicted(
    mechanisms: Mapping[str, Mechanism],
    values: Values,
    block: Sequence[str],
    noises: Values,
    seen: Sequence[str],
) -> Tensor:
    """What the observed nodes would be under these noises, their parents being as observed."""
    known = dict(values)
    predictions: dict[str, Tensor] = {}
    for node in block:
        value = mechanisms[node].produce(known, noises.get(node, NOTHING))
        if node in values:
            predictions[node] = value
        else:
            known[node] = value
    units = max(value.shape[-1] if value.dim() else 1 for value in values.values())
    return torch.stack([predictions[node].expand(units) for node in seen])


def _linearised(
    mechanisms: Mapping[str, Mechanism],
    values: Values,
    block: Sequence[str],
    noisy: Sequence[str],
    seen: Sequence[str],
) -> tuple[Tensor, Tensor]:
    """The prediction without noise, (seen, units), and the gains ``L``, (units, seen, noises)."""
    still = dict.fromkeys(noisy, NOTHING)
    base = _predicted(mechanisms, values, block, still, seen)
    columns = [
        _predicted(mechanisms, values, block, {**still, node: NOTHING + 1.0}, seen) - base
        for node in noisy
    ]
    return base, torch.stack(columns, dim=-1).transpose(0, 1)


def _solve(square: Tensor, missed: Tensor, block: Sequence[str]) -> Tensor:
    """``S⁻¹ missed`` for each unit; a singular S means that the evidence overdetermines."""
    factor, failed = torch.linalg.cholesky_ex(square)
    if bool(failed.any()):
        raise ModelError.not_inferable(block, "its observed values determine one another")
    solved = torch.cholesky_solve(missed.movedim(0, -1), factor)
    return solved.movedim(-1, 0)
