"""Guesses from a mixture near the posterior, weighted by what they should have been.

An approximation of a posterior is only a place to look. Draws from it are weighted by the density
that they should have over the density that they were drawn with, so that any approximation gives
the right answer in the end, and the weights tell how good it was: by their effective sample size,
and by the Pareto shape k of their tail.

A tenth of the guesses comes from the prior, so that no weight exceeds ten times the likelihood over
its mean: the tails are covered whatever the approximation forgot (Hesterberg's defensive mixture).

References:
    Hesterberg, "Weighted average importance sampling and defensive mixture distributions" (1995);
    Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto smoothed importance sampling" (2024).
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.block import require_possible
from causalsim.scm.engines.engine import Inference
from causalsim.scm.engines.guesses.weights import (
    GOOD_SHAPE,
    effective_size,
    normalised,
    pareto_shape,
    resampled,
)
from causalsim.scm.engines.problem.collapsed import Collapsed
from causalsim.scm.engines.problem.density import without_points
from causalsim.seeds import Seed

_DEFENCE = 0.1
_FREEDOM = 4.0
_EDGE = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Several multivariate Student distributions with four degrees of freedom a unit.

    Their tails are heavier than a Normal's, so that a posterior that is skewed or has shoulders
    does not leave a few guesses at the edge with all the weight.

    Args:
        logs: The log weight of each, of shape (parts, units), summing to one.
        means: Of shape (parts, units, width).
        roots: Lower triangular square roots of the scales, (parts, units, width, width).
    """

    logs: Tensor
    means: Tensor
    roots: Tensor

    def log_density(self, z: Tensor) -> Tensor:
        """The log density at guesses of shape (guesses, units, width), the prior mixed in."""
        width = z.shape[-1]
        constant = (
            math.lgamma((_FREEDOM + width) / 2)
            - math.lgamma(_FREEDOM / 2)
            - width / 2 * math.log(_FREEDOM * math.pi)
        )
        prior = -0.5 * z.square().sum(dim=-1) - width / 2 * math.log(2 * math.pi)
        found = prior + math.log(_DEFENCE)
        for log, mean, root in zip(self.logs, self.means, self.roots, strict=True):
            missed = (z - mean).permute(1, 2, 0)
            solved = torch.linalg.solve_triangular(root, missed, upper=False)
            size = root.diagonal(dim1=-2, dim2=-1).log().sum(dim=-1)
            distance = solved.square().sum(dim=1).T
            part = constant - size - (_FREEDOM + width) / 2 * torch.log1p(distance / _FREEDOM)
            found = torch.logaddexp(found, part + log + math.log1p(-_DEFENCE))
        return found

    def spread(self, count: int, seed: Seed) -> Tensor:
        """Draws of shape (count, units, width) that cover each unit's space evenly."""
        parts, units, width = self.means.shape
        engine = torch.quasirandom.SobolEngine(width + 2)  # type: ignore[no-untyped-call]
        base: Tensor = engine.draw(count, dtype=DTYPE)
        step = torch.rand((1, units, width + 2), generator=seed.torch(), dtype=DTYPE)
        chances = torch.remainder(base.unsqueeze(1) + step, 1.0).clamp(_EDGE, 1.0 - 1e-16)
        standard = torch.special.ndtri(chances[..., 2:])
        which = chances[..., 0]
        edges = self.logs.exp().cumsum(dim=0)
        edges = (edges / edges[-1:]).T.contiguous()
        share = ((which - _DEFENCE) / (1.0 - _DEFENCE)).T.contiguous()
        part = torch.searchsorted(edges, share, right=True).T.clamp(max=parts - 1)
        unit = torch.arange(units).expand(count, units)
        wide = standard * (_FREEDOM / _chi_square(chances[..., 1])).sqrt().unsqueeze(-1)
        moved = torch.einsum("guij,guj->gui", self.roots[part, unit], wide)
        return torch.where(
            (which < _DEFENCE).unsqueeze(-1), standard, self.means[part, unit] + moved
        )


def _chi_square(chance: Tensor) -> Tensor:
    """The quantile of the chi-square distribution with four degrees of freedom.

    With ``s`` half of it, ``log(1 + s) - s = log(1 - chance)``: Newton's method from the right,
    where the left side is concave and falls.
    """
    left = torch.log1p(-chance)
    s = 1.0 - left + torch.log1p(-left)
    for _ in range(12):
        s = (s + (torch.log1p(s) - s - left) * (1.0 + s) / s).clamp(min=1e-9)
    return 2.0 * s


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """Draws of the coordinates, and what their weights say.

    Args:
        z: Of shape (draws, units, width).
        ess: The effective sample size of each unit.
        k_hat: The Pareto shape of each unit.
        log_evidence: The log density of each unit's evidence.
    """

    z: Tensor
    ess: Tensor
    k_hat: Tensor
    log_evidence: Tensor

    def told(self, block: tuple[str, ...], engine: str) -> Inference:
        """As an inference, doubtful where the weights have heavy tails."""
        bad = int((self.k_hat > GOOD_SHAPE).sum())
        doubts: tuple[str, ...] = ()
        worst = float(self.k_hat.max())
        if bad:
            doubts = (
                f"The weights of {bad} unit(s) have a tail so heavy (k-hat up to {worst:.2f}, "
                f"should be below {GOOD_SHAPE}) that averages over them do not settle; "
                "type by=Particles(20_000) or by=NUTS().",
            )
        shown = "no spread" if worst == -torch.inf else f"{worst:.2f}"
        words = (
            f"{engine}, corrected by importance: effective sample size "
            f"{float(self.ess.min()):.0f} or more, k-hat {shown} or less"
        )
        return Inference(
            block,
            words,
            ess=self.ess,
            k_hat=self.k_hat,
            log_evidence=self.log_evidence,
            doubts=doubts,
        )


class Guess(Protocol):
    """Where guesses are looked for."""

    def log_density(self, z: Tensor) -> Tensor:
        """The log density at guesses of shape (guesses, units, width)."""
        ...

    def spread(self, count: int, seed: Seed) -> Tensor:
        """Guesses of shape (count, units, width)."""
        ...


def corrected(target: Collapsed, guide: Guess, *, count: int, draws: int, seed: Seed) -> Corrected:
    """Draws from the posterior by way of a mixture near it.

    Args:
        target: The density to draw from, up to a factor.
        guide: Such as a `Mixture`, of one width with the target.
        count: How many guesses a unit are weighted.
        draws: How many of them are drawn.
        seed: Root of the draws.

    Raises:
        ModelError: Units all of whose guesses the evidence makes impossible.
    """
    z = guide.spread(count, seed.child("guesses"))
    logs = target(z) - guide.log_density(z)
    possible = (logs > -torch.inf).any(dim=0)
    require_possible(target.block, target.block.seen, possible)
    weights, log_mean = normalised(logs)
    chosen = resampled(weights, draws, seed.child("resample").torch())
    # In the order of the first coordinate, so that neighbouring draws are alike.
    order = z[..., 0].gather(0, chosen).argsort(dim=0)
    chosen = chosen.gather(0, order)
    kept = z.gather(0, chosen.unsqueeze(-1).expand(*chosen.shape, z.shape[-1]))
    return Corrected(kept, effective_size(weights), pareto_shape(logs), without_points(log_mean))
