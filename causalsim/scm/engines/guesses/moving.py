"""Resample-move with tempering: guesses led to sharp evidence step by step.

Where the evidence is sharp, few guesses from the prior explain it. The evidence is then let in by
degrees, ``p(z) p(x | z)^λ`` with λ rising from 0 to 1 so that at each step half of the guesses keep
their weight; after each step the guesses are resampled, and moved by Metropolis steps that leave
the current target as it is, so that copies part.

References:
    Gilks and Berzuini, "Following a moving target: Monte Carlo inference for dynamic Bayesian
    models" (2001), resample-move; Del Moral, Doucet and Jasra, "Sequential Monte Carlo samplers"
    (2006), section 3.3 (tempering); Jasra et al. (2011), the choice of λ; Roberts, Gelman and Gilks
    (1997), the size of the steps.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.guesses.weights import effective_size, normalised, resampled

_MOST_STAGES = 500
_HALVINGS = 40
_AIM = 0.3

#: The log density of the evidence of the units of these numbers, at coordinates of shape
#: (guesses, units, width).
Score = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """Guesses that all count the same.

    Args:
        z: Coordinates, of shape (guesses, units, width).
        ess: How many independent guesses they are worth, by unit: an estimate, from how many
            copies each resampling made and how far the moves took copies apart; one where not all
            the evidence was let in.
        log_evidence: The log density of each unit's evidence.
    """

    z: Tensor
    ess: Tensor
    log_evidence: Tensor


def tempered(
    z: Tensor,
    score: Score,
    log_prior: Callable[[Tensor], Tensor],
    moves: int,
    generator: Generator,
) -> Moved:
    """Guesses from the prior led to the posterior.

    Args:
        z: Draws from the prior, of shape (guesses, units, width).
        score: The log density of the evidence; .
        log_prior: The log density of the coordinates.
        moves: How many Metropolis steps follow each resampling.
        generator: Advanced by the call.
    """
    count, units, width = z.shape
    z, ess = z.clone(), torch.ones(units, dtype=DTYPE)
    evidence = torch.zeros(units, dtype=DTYPE)
    at = torch.arange(units)
    state = _Guesses(z, score(z, at), log_prior(z), *_start(units, width))
    for _ in range(_MOST_STAGES):
        step = _next_step(state.logs, 1.0 - state.heat)
        weights, log_mean = normalised(_times(step, state.logs))
        evidence[at] += log_mean
        root = _root_covariance(state.z, weights)
        chosen = resampled(weights, count, generator)
        families = count * _family_sizes(chosen)
        state = state.copied(chosen, step)
        before = state.z
        for _ in range(moves):
            state = _moved(state, root, at, score, log_prior, generator)
        kept = _likeness(before, state.z).square()
        grown = (state.inflation * families - 1.0).clamp(min=0.0)
        state = replace(state, inflation=1.0 + grown * kept)
        done = state.heat >= 1.0
        z[:, at] = state.z
        ess[at[done]] = count / state.inflation[done]
        at, state = at[~done], state.of(~done)
        if not len(at):
            break
    return Moved(z, ess, evidence)


@dataclass(frozen=True, slots=True, eq=False)
class _Guesses:
    """Guesses on their way, with their log densities, and by unit how far they are."""

    z: Tensor
    logs: Tensor
    prior: Tensor
    heat: Tensor
    inflation: Tensor
    size: Tensor

    def copied(self, chosen: Tensor, step: Tensor) -> "_Guesses":
        """The chosen guesses, with more of the evidence let in."""
        index = chosen.unsqueeze(-1).expand(self.z.shape)
        return replace(
            self,
            z=self.z.gather(0, index),
            logs=self.logs.gather(0, chosen),
            prior=self.prior.gather(0, chosen),
            heat=self.heat + step,
        )

    def of(self, units: Tensor) -> "_Guesses":
        """Those of some units."""
        return _Guesses(
            self.z[:, units],
            self.logs[:, units],
            self.prior[:, units],
            self.heat[units],
            self.inflation[units],
            self.size[units],
        )


def _start(units: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """No evidence let in, no copies made, steps of the size that suits a Normal."""
    one = torch.ones(units, dtype=DTYPE)
    return one * 0.0, one, one * 2.38 / width**0.5


def _moved(
    state: _Guesses,
    root: Tensor,
    at: Tensor,
    score: Score,
    log_prior: Callable[[Tensor], Tensor],
    generator: Generator,
) -> _Guesses:
    """One Metropolis step of every guess; its size follows how many are taken."""
    steps = torch.randn(state.z.shape, generator=generator, dtype=DTYPE)
    other = state.z + state.size[:, None] * torch.einsum("uij,guj->gui", root, steps)
    logs, prior = score(other, at), log_prior(other)
    gain = prior - state.prior + _times(state.heat, logs) - _times(state.heat, state.logs)
    taken = torch.rand(gain.shape, generator=generator, dtype=DTYPE).log() < gain
    return replace(
        state,
        z=torch.where(taken.unsqueeze(-1), other, state.z),
        logs=torch.where(taken, logs, state.logs),
        prior=torch.where(taken, prior, state.prior),
        size=state.size * (taken.double().mean(dim=0) - _AIM).exp(),
    )


def _times(power: Tensor, logs: Tensor) -> Tensor:
    """``λ log p``, minus infinity staying so at any λ."""
    return torch.where(logs == -torch.inf, logs, power * logs)


def _next_step(logs: Tensor, left: Tensor) -> Tensor:
    """The greatest rise of λ, by unit, at which half of the possible guesses keep their weight."""
    possible = (logs > -torch.inf).sum(dim=0)
    aim = 0.5 * possible

    def size(step: Tensor) -> Tensor:
        return effective_size(normalised(_times(step, logs))[0])

    low, high = torch.zeros_like(left), left
    enough = size(high) >= aim
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        good = size(middle) >= aim
        low, high = torch.where(good, middle, low), torch.where(good, high, middle)
    # A step below rounding would never end.
    return torch.where(enough, left, torch.minimum(low.clamp(min=1e-12), left))


def _root_covariance(z: Tensor, weights: Tensor) -> Tensor:
    """A square root of the weighted covariance of each unit's guesses, (units, width, width)."""
    mean = torch.einsum("gu,guj->uj", weights, z)
    centred = z - mean
    covariance = torch.einsum("gu,gui,guj->uij", weights, centred, centred)
    width = z.shape[-1]
    spread = covariance.diagonal(dim1=-2, dim2=-1).mean(dim=-1)
    eye = torch.eye(width, dtype=DTYPE)
    steadied = covariance + (1e-6 * spread + 1e-12)[:, None, None] * eye
    factor, failed = torch.linalg.cholesky_ex(steadied)
    plain = spread.sqrt()[:, None, None] * eye
    return torch.where((failed == 0)[:, None, None], factor, plain)


def _family_sizes(chosen: Tensor) -> Tensor:
    """``Σ (copies / guesses)²`` of each unit: one over the number of guesses if none was copied."""
    count, units = chosen.shape
    copies = torch.zeros((count, units), dtype=DTYPE)
    copies.scatter_add_(0, chosen, torch.ones_like(chosen, dtype=DTYPE))
    return (copies / count).square().sum(dim=0)


def _likeness(before: Tensor, after: Tensor) -> Tensor:
    """The greatest correlation, over coordinates, between a guess before and after its moves."""
    one, other = before - before.mean(dim=0), after - after.mean(dim=0)
    product = (one * other).mean(dim=0)
    scale = (one.square().mean(dim=0) * other.square().mean(dim=0)).sqrt()
    alike = torch.where(scale > 0, product / scale.clamp(min=math.ulp(0.0)), torch.ones_like(scale))
    return alike.abs().amax(dim=-1).clamp(max=1.0)
