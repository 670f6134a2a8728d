"""Normals at the tops of the posterior, corrected by importance.

From several starting points Newton's method climbs the density of what is hidden; around each top
``m`` the posterior is close to ``Normal(m, (-∇² log p(m))⁻¹)``. The mixture of these, weighted by
Laplace's approximation of the evidence under each, is where guesses are looked for; importance
weights make the answer right.

References:
    Tierney and Kadane, "Accurate approximations for posterior moments and marginal densities"
    (1986); Vehtari et al., "Pareto smoothed importance sampling" (2024).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from causalsim.errors.inference import InferenceError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.engine import Inferred
from causalsim.scm.engines.guesses.correcting import Corrected, Mixture, corrected
from causalsim.scm.engines.guesses.weights import normalised, resampled
from causalsim.scm.engines.problem.collapsed import Collapsed, collapsed
from causalsim.seeds import Seed

if TYPE_CHECKING:
    from causalsim.scm.learning.learnable import Learnable
    from causalsim.scm.learning.learnt import Learnt

_AT_ONCE = 1_000_000
_STEPS = 30
_HALVINGS = 12
_LOOKED_AT = 32
_FLATTEST, _SHARPEST = 1e-3, 1e12


@dataclass(frozen=True, slots=True)
class Laplace:
    """Normals fitted to a posterior at its tops, and corrected by importance.

    Of hidden noise (``counterfactual(by=Laplace())``): applies where something continuous is hidden
    and the evidence moves smoothly with it; hidden levels are summed over. Needs far fewer guesses
    than particles from the prior where the evidence is sharp. Fails, and says so by its k-hat,
    where a posterior has tops that no start led to.

    Of parameters (``SCM.fit(by=Laplace())``): closed forms where they exist; else the mode by
    Newton's method, four times as many draws as wanted from a Student t with the curvature's
    covariance, Pareto-smoothed weights and resampling.

    Args:
        count: How many guesses a unit are weighted; how many draws of the parameters are kept.
        starts: From how many points the tops of hidden noise are looked for.

    Examples:
        >>> Laplace()
        Laplace(count=1000, starts=4)

    References:
        Tierney and Kadane (1986); Vehtari et al. (2024).
    """

    count: int = 1_000
    starts: int = 4

    def __post_init__(self) -> None:
        """Check what was given."""
        for name in ("count", "starts"):
            found = getattr(self, name)
            if isinstance(found, bool) or not isinstance(found, int) or found < 1:
                raise ModelError.bad_size(name, found)

    def accepts(self, block: Block) -> str | None:
        """Why the posterior has no tops to be found; None if it has."""
        found = collapsed(block)
        return found if isinstance(found, str) else None

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws of the noises, from guesses near the tops of the posterior."""
        target = required(block)
        size = target.coordinates.width * target.combinations * max(self.count, draws)
        parts: list[Corrected] = []
        noises: list[dict[str, Tensor]] = []
        for part in block.parts(max(1, _AT_ONCE // size)):
            stream = seed.child("laplace", *block.nodes, str(part.first))
            here = target.of(part)
            guide = tops(here, self.starts, stream.child("starts"))
            found = corrected(here, guide, count=self.count, draws=draws, seed=stream)
            parts.append(found)
            noises.append(here.noises(found.z, stream))
        joined = together(parts)
        words = (
            f"Normals at the tops of the posterior of ({', '.join(block.latents)}) given "
            f"({', '.join(block.seen)})"
        )
        drawn = {node: torch.cat([part[node] for part in noises], dim=1) for node in noises[0]}
        return Inferred(drawn, joined.told(block.nodes, words))

    def learn(self, parts: "Sequence[Learnable]", seed: Seed) -> "tuple[Learnt, ...]":
        """Draws of the parameters of each mechanism."""
        from causalsim.scm.learning.engines.laplace import learn_by_laplace

        return learn_by_laplace(parts, self.count, seed)


def required(block: Block) -> Collapsed:
    """The collapsed density of a block that was accepted."""
    found = collapsed(block)
    if isinstance(found, str):
        raise ModelError.not_inferable(block.nodes, found)
    return found


def together(parts: list[Corrected]) -> Corrected:
    """Parts of the units as one."""
    return Corrected(
        torch.cat([part.z for part in parts], dim=1),
        torch.cat([part.ess for part in parts]),
        torch.cat([part.k_hat for part in parts]),
        torch.cat([part.log_evidence for part in parts]),
    )


def tops(target: Collapsed, starts: int, seed: Seed) -> Mixture:
    """A Normal at each top that Newton's method finds, for each combination of hidden levels.

    Raises:
        InferenceError: No starting point of some unit leads anywhere.
    """
    z = _begun(target, starts, seed)  # (combinations, starts, units, width)
    z, logs = _climbed(target, z)
    curvature = -_derivatives(target, z)[2]
    values, vectors = torch.linalg.eigh(_finite(curvature))
    values = values.abs().clamp(_FLATTEST, _SHARPEST)
    covariance = vectors @ (vectors / values.unsqueeze(-2)).transpose(-1, -2)
    roots = torch.linalg.cholesky(covariance)
    width = z.shape[-1]
    found = logs + width / 2 * math.log(2 * math.pi) - 0.5 * values.log().sum(dim=-1)
    units = z.shape[2]
    found = found.reshape(-1, units)
    lost = ~found.isfinite().any(dim=0)
    if bool(lost.any()):
        first = target.block.first + int(torch.nonzero(lost)[0])
        raise InferenceError.no_mode(target.block.latents, int(lost.sum()), first)
    shares = torch.log_softmax(found.nan_to_num(-torch.inf, -torch.inf, -torch.inf), dim=0)
    # A top without any weight is of no use, and its place may be no number.
    means = z.reshape(-1, units, width)
    return Mixture(shares, _finite(means), roots.reshape(-1, units, width, width))


def _begun(target: Collapsed, starts: int, seed: Seed) -> Tensor:
    """Starting points: draws from the prior, those that explain the evidence more often."""
    units = target.block.units
    looked = target.coordinates.spread(_LOOKED_AT, units, seed.child("look").torch())
    logs = target.by_combination(looked.unsqueeze(0)) - target.coordinates.log_prior(looked)
    generator = seed.child("choose").torch()
    begun: list[Tensor] = []
    for found in logs:
        weights, total = normalised(found)
        even = torch.full_like(weights, 1.0 / _LOOKED_AT)
        # Half of the weight stays with the prior, so that starts are not all at one top.
        shares = torch.where(total > -torch.inf, 0.5 * weights + 0.5 * even, even)
        chosen = resampled(shares, starts, generator)
        index = chosen.unsqueeze(-1).expand(*chosen.shape, looked.shape[-1])
        begun.append(looked.gather(0, index))
    return torch.stack(begun)


def _climbed(target: Collapsed, z: Tensor) -> tuple[Tensor, Tensor]:
    """Newton's method with steps halved until they rise; curvature is made positive."""
    with torch.no_grad():
        logs = target.by_combination(z)
    for _ in range(_STEPS):
        _, slope, curve = _derivatives(target, z)
        values, vectors = torch.linalg.eigh(_finite(-curve))
        values = values.abs().clamp(_FLATTEST, _SHARPEST)
        turned = torch.einsum("...ij,...i->...j", vectors, _finite(slope))
        step = torch.einsum("...ij,...j->...i", vectors, turned / values)
        gain = (turned.square() / values).sum(dim=-1)
        if not bool((gain > 1e-12).any()):
            break
        size = torch.ones_like(logs)
        waiting = gain > 1e-12
        for _ in range(_HALVINGS):
            other = z + (size * waiting).unsqueeze(-1) * step
            with torch.no_grad():
                tried = target.by_combination(other)
            better = waiting & (tried > logs)
            z = torch.where(better.unsqueeze(-1), other, z)
            logs = torch.where(better, tried, logs)
            waiting = waiting & ~better
            if not bool(waiting.any()):
                break
            size = size / 2
    return z, logs


def _derivatives(target: Collapsed, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The log density, its slope and its curvature, at every point by itself."""
    z = z.detach().requires_grad_()
    with torch.enable_grad():
        logs = target.by_combination(z)
        (slope,) = torch.autograd.grad(logs.sum(), z, create_graph=True)
        rows = [
            torch.autograd.grad(slope[..., at].sum(), z, retain_graph=True, allow_unused=True)[0]
            for at in range(z.shape[-1])
            if slope.requires_grad
        ]
    if not rows:
        rows = [torch.zeros_like(z)] * z.shape[-1]
    filled = [torch.zeros_like(z) if row is None else row for row in rows]
    return logs.detach(), slope.detach(), torch.stack(filled, dim=-2).detach()


def _finite(found: Tensor) -> Tensor:
    """Zero instead of what is no number."""
    clean: Tensor = found.nan_to_num(0.0, 0.0, 0.0)
    return clean.to(DTYPE)
