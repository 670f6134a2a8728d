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

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.noise import NOTHING, is_noiseless
from causalsim.seeds import Seed

_PROBES = 3


def condition_gaussian(
    mechanisms: Mapping[str, Mechanism],
    values: Values,
    block: Sequence[str],
    *,
    draws: int,
    seed: Seed,
) -> dict[str, Tensor]:
    """Draws of the noises of a block given the values of its observed nodes.

    Args:
        mechanisms: Those of the world in which the values were observed.
        values: Observed values of shape (units,): the block's observed nodes and the observed
            parents of any node of the block.
        block: In causal order; nodes without a value are hidden.
        draws: How many draws.
        seed: Root of the draws.

    Returns:
        For each node with noise a tensor of shape (draws, units).

    Raises:
        ModelError: A noise is not Normal, a hidden value enters in a bent way, or the evidence
            leaves no noise to explain it.
    """
    noisy = [node for node in block if not is_noiseless(mechanisms[node].noise)]
    seen = [node for node in block if node in values]
    for node in noisy:
        if not isinstance(mechanisms[node].noise, Normal):
            family = type(mechanisms[node].noise).__name__
            raise ModelError.not_gaussian(block, f"the noise of {node!r} is {family}, not Normal")
    base, gains = _linearised(mechanisms, values, block, noisy, seen)
    _require_linear(mechanisms, values, block, noisy, seen, base, gains, seed)
    loc, scale = _moments(mechanisms, noisy)
    units = base.shape[1]
    stream = seed.child("gaussian", *block).torch()
    prior = torch.randn((draws, units, len(noisy)), generator=stream, dtype=DTYPE) * scale + loc
    observed = torch.stack([values[node].expand(units) for node in seen], dim=-1)
    missed = observed - base.T - torch.einsum("uom,dum->duo", gains, prior)
    spread = gains * scale  # L D^(1/2), so that L D L' is its square
    solved = _solve(spread @ spread.transpose(-1, -2), missed, block)
    posterior = prior + torch.einsum("uom,duo->dum", gains * scale.square(), solved)
    return {node: posterior[..., index] for index, node in enumerate(noisy)}


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


def _require_linear(
    mechanisms: Mapping[str, Mechanism],
    values: Values,
    block: Sequence[str],
    noisy: Sequence[str],
    seen: Sequence[str],
    base: Tensor,
    gains: Tensor,
    seed: Seed,
) -> None:
    """Refuse a block whose predictions are not linear in its noises, tried at random noises."""
    loc, scale = _moments(mechanisms, noisy)
    rng = seed.child("linear").numpy()
    for _ in range(_PROBES):
        tried = loc + scale * torch.from_numpy(3.0 * rng.normal(size=len(noisy)))
        found = _predicted(mechanisms, values, block, dict(zip(noisy, tried, strict=True)), seen)
        expected = base + (gains @ tried).T
        size = 1.0 + float(expected.abs().max())
        if not np.allclose(found.numpy(), expected.numpy(), rtol=1e-8, atol=1e-8 * size):
            hidden = [node for node in block if node not in values]
            raise ModelError.not_gaussian(block, f"{hidden} do not enter linearly")


def _solve(square: Tensor, missed: Tensor, block: Sequence[str]) -> Tensor:
    """``S⁻¹ missed`` for each unit; a singular S means that the evidence overdetermines."""
    factor, failed = torch.linalg.cholesky_ex(square)
    if bool(failed.any()):
        raise ModelError.not_gaussian(block, "its observed values determine one another")
    solved = torch.cholesky_solve(missed.movedim(0, -1), factor)
    return solved.movedim(-1, 0)
