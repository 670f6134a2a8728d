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

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from causalsim.errors.base import listed
from causalsim.errors.inference import InferenceError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.engine import Inference, Inferred
from causalsim.scm.mechanism import Values
from causalsim.scm.noise import NOTHING
from causalsim.seeds import Seed

#: Numbers held at once: units are taken in parts so that the systems stay below.
_AT_ONCE = 2_000_000
#: How far out linearity is tried, in standard deviations of the noise.
_REACH = (0.1, 1.0, 3.0, 10.0, 100.0)
_FEWEST_PROBES = 300


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Exact conditioning of Normal noises on evidence that is linear in them.

    Applies where every noise of the block is Normal and what is hidden enters the observed values
    linearly; whether it does is tried out, far into the tails. Fails as a model, not as an engine,
    where the noise is in truth not Normal.

    Examples:
        >>> Gaussian()
        Gaussian()
    """

    def accepts(self, block: Block) -> str | None:
        """Why the block is no linear Gaussian one; None if it is."""
        if not block.seen:
            return "nothing in it was observed"
        for part in block.parts(_step(block)):
            found = linear_system(part)
            if isinstance(found, str):
                return found
        return None

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws from the exact posterior.

        Raises:
            ModelError: The observed values contradict one another, or the block is not linear.
        """
        noises: list[dict[str, Tensor]] = []
        logs: list[Tensor] = []
        for part in block.parts(max(1, _step(block) // draws)):
            system = linear_system(part)
            if isinstance(system, str):
                raise ModelError.not_inferable(block.nodes, system)
            drawn, log = _conditioned(part, system, draws, seed)
            noises.append(drawn)
            logs.append(log)
        words = f"Gaussian conditioning of ({', '.join(block.nodes)}) on partial evidence"
        joined = {node: torch.cat([part[node] for part in noises], dim=1) for node in noises[0]}
        return Inferred(
            joined, Inference(block.nodes, words, exact=True, log_evidence=torch.cat(logs))
        )


@dataclass(frozen=True, slots=True, eq=False)
class LinearSystem:
    """Observed nodes as linear functions of Normal noises: ``x = base + gains e``.

    Args:
        noisy: The nodes with a noise, in the order of ``e``.
        observed: The values seen, of shape (units, seen).
        base: The predictions without noise, of shape (units, seen).
        gains: Of shape (units, seen, noises).
        loc: The mean of each noise.
        scale: The standard deviation of each noise.
    """

    noisy: tuple[str, ...]
    observed: Tensor
    base: Tensor
    gains: Tensor
    loc: Tensor
    scale: Tensor


def linear_system(block: Block) -> LinearSystem | str:
    """The block as a linear system, or the reason why it is none."""
    for node in block.noisy:
        if not isinstance(block.mechanisms[node].noise, Normal):
            family = type(block.mechanisms[node].noise).__name__
            return f"the noise of {node!r} is {family}, not Normal"
    bent = f"{listed(block.hidden)} do not enter linearly"
    loc, scale = _moments(block)
    try:
        base, gains = _linearised(block)
        generator = Seed(0).child("linear").torch()
        count = max(1, _FEWEST_PROBES // (len(_REACH) * block.units))
        for reach in _REACH:
            shape = (len(block.noisy), count, block.units)
            steps = torch.randn(shape, generator=generator, dtype=DTYPE)
            tried = loc[:, None, None] + reach * scale[:, None, None] * steps
            found = _predicted(block, dict(zip(block.noisy, tried, strict=True)))
            expected = base.unsqueeze(1) + torch.einsum("uom,mcu->ocu", gains, tried)
            slack = 1e-8 * (1.0 + expected.abs().amax())
            if not bool(((found - expected).abs() <= slack + 1e-8 * expected.abs()).all()):
                return bent
    except ModelError as error:
        # Far out a curve may leave the numbers; a line does not.
        if "NaN" in str(error):
            return bent
        raise
    observed = torch.stack([block.values[n].expand(block.units) for n in block.seen], dim=-1)
    return LinearSystem(block.noisy, observed, base.T, gains, loc, scale)


def _conditioned(
    block: Block, system: LinearSystem, draws: int, seed: Seed
) -> tuple[dict[str, Tensor], Tensor]:
    """Draws of shape (draws, units) a noise, and the log density of each unit's evidence."""
    gains, scale = system.gains, system.scale
    generator = seed.child("gaussian", *block.nodes, str(block.first)).torch()
    shape = (draws, len(system.observed), len(system.noisy))
    prior = torch.randn(shape, generator=generator, dtype=DTYPE) * scale + system.loc
    missed = system.observed - system.base - torch.einsum("uom,dum->duo", gains, prior)
    expected = system.observed - system.base - gains @ system.loc
    spread = gains * scale  # L D^(1/2), so that L D L' is its square
    square = spread @ spread.transpose(-1, -2)
    solved, log = _solve(block, square, torch.cat([missed, expected.unsqueeze(0)]))
    posterior = prior + torch.einsum("uom,duo->dum", gains * scale.square(), solved[:-1])
    log = log - (expected * solved[-1]).sum(dim=-1) / 2
    return {node: posterior[..., at] for at, node in enumerate(system.noisy)}, log


def _moments(block: Block) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each noise."""
    noises = [block.mechanisms[node].noise for node in block.noisy]
    loc = torch.stack([torch.as_tensor(noise.mean, dtype=DTYPE) for noise in noises])
    scale = torch.stack([torch.as_tensor(noise.stddev, dtype=DTYPE) for noise in noises])
    return loc, scale


def _predicted(block: Block, noises: Values) -> Tensor:
    """What the observed nodes would be under these noises, their parents being as observed."""
    known = dict(block.values)
    predictions: dict[str, Tensor] = {}
    for node in block.nodes:
        value = block.mechanisms[node].produce(known, noises.get(node, NOTHING))
        if node in block.values:
            predictions[node] = value
        else:
            known[node] = value
    shape = np.broadcast_shapes((block.units,), *(v.shape for v in noises.values()))
    return torch.stack([predictions[node].expand(shape) for node in block.seen])


def _linearised(block: Block) -> tuple[Tensor, Tensor]:
    """The prediction without noise, (seen, units), and the gains ``L``, (units, seen, noises)."""
    still = dict.fromkeys(block.noisy, NOTHING)
    base = _predicted(block, still)
    columns = [_predicted(block, {**still, node: NOTHING + 1.0}) - base for node in block.noisy]
    return base, torch.stack(columns, dim=-1).transpose(0, 1)


def _solve(block: Block, square: Tensor, missed: Tensor) -> tuple[Tensor, Tensor]:
    """``S⁻¹ missed`` for each unit, and the log density at zero of a Normal with covariance S.

    Observed values that determine one another make S singular. If they agree one of them is as good
    as all: the least-squares solution says the same.
    """
    factor, failed = torch.linalg.cholesky_ex(square)
    diagonal = factor.diagonal(dim1=-2, dim2=-1)
    size = square.diagonal(dim1=-2, dim2=-1).sqrt()
    if not bool(failed.any()) and bool((diagonal > 1e-7 * size).all()):
        solved = torch.cholesky_solve(missed.movedim(0, -1), factor).movedim(-1, 0)
        log = -diagonal.log().sum(dim=-1) - square.shape[-1] / 2 * math.log(2 * math.pi)
        return solved, log
    values, vectors = torch.linalg.eigh(square)
    free = values > 1e-12 * values[:, -1:].clamp(min=1e-300)
    turned = torch.einsum("uoe,duo->due", vectors, missed)
    slack = 1e-6 * (1.0 + block_size(block) + missed.abs().amax(dim=(0, 2)))
    clash = ((turned.abs() > slack[:, None]) & ~free).any(dim=-1).any(dim=0)
    if bool(clash.any()):
        rows = torch.nonzero(clash)
        raise InferenceError.contradiction(
            _clashing(block, vectors[rows[0, 0]], free[rows[0, 0]]),
            len(rows),
            block.first + int(rows[0, 0]),
        )
    scaled = torch.where(free, turned / values.clamp(min=1e-300), torch.zeros_like(turned))
    solved = torch.einsum("uoe,due->duo", vectors, scaled)
    # A density with respect to fewer dimensions than there are observed values compares with none.
    return solved, torch.full((len(square),), torch.nan, dtype=DTYPE)


def block_size(block: Block) -> Tensor:
    """The greatest observed value of each unit, for rounding errors to be judged by."""
    columns = [block.values[node].expand(block.units) for node in block.seen]
    return torch.stack(columns).abs().amax(dim=0)


def _clashing(block: Block, vectors: Tensor, free: Tensor) -> tuple[str, ...]:
    """The observed nodes that determine one another in one unit."""
    bound = vectors[:, ~free].abs().amax(dim=-1) > 1e-6
    return tuple(node for node, tied in zip(block.seen, bound.tolist(), strict=True) if tied)


def _step(block: Block) -> int:
    """How many units at once."""
    per = len(block.nodes) * max(len(block.noisy), 1) * max(len(block.seen), 1)
    return max(1, _AT_ONCE // per)
