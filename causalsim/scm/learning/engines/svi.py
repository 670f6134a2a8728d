"""Stochastic variational inference: the Normal that is closest to the posterior."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import SVI as Optimiser
from pyro.infer import Trace_ELBO
from pyro.infer.autoguide import AutoMultivariateNormal, AutoNormal, init_to_value
from torch import Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.learning.algebra import TORCH
from causalsim.scm.learning.engines.conjugate import require_count
from causalsim.scm.learning.engines.mode import densities, find_mode
from causalsim.scm.learning.engines.weighing import shape_text, smoothed
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learnt, finished
from causalsim.seeds import Seed

_MEAN_FIELD = (
    "a mean-field guide ignores correlations between parameters and understates spread "
    "(by 37 % for a slope of two correlated parents)"
)


@dataclass(frozen=True, slots=True)
class FullRank:
    """A multivariate Normal with all correlations."""


@dataclass(frozen=True, slots=True)
class MeanField:
    """Independent Normals: quicker, but too narrow wherever parameters are correlated."""


@dataclass(frozen=True, slots=True)
class SVI:
    """The Normal of least Kullback-Leibler divergence from each posterior, by Pyro's optimiser.

    Runs in coordinates counted from the mode in units of the curvature. The draws are the
    guide's own, not corrected; k̂ of their importance weights tells how close the guide is (below
    0.5 close, above 0.7 not to be trusted).

    Args:
        draws: How many.
        steps: How many optimiser steps.
        guide: `FullRank`, or `MeanField`, which understates spread and says so.

    References:
        Kucukelbir et al., "Automatic differentiation variational inference" (2017); Yao, Vehtari,
        Simpson and Gelman, "Yes, but did it work?" (2018).
    """

    draws: int = 1000
    steps: int = 600
    guide: FullRank | MeanField = FullRank()

    def __post_init__(self) -> None:
        """Check what was given."""
        require_count("draws", self.draws)
        require_count("steps", self.steps)

    def learn(self, parts: Sequence[Learnable], seed: Seed) -> tuple[Learnt, ...]:
        """Draws for each mechanism; one optimiser moves them all."""
        modes = [find_mode(part) for part in parts]
        units = [mode.factor.square().sum(dim=1).sqrt() for mode in modes]
        sizes = [len(unit) for unit in units]

        def density(away: Tensor) -> Tensor:
            total = torch.zeros(away.shape[:-1], dtype=DTYPE)
            own = torch.split(away, sizes, dim=-1)
            for part, mode, unit, some in zip(parts, modes, units, own, strict=True):
                total = total + part.log_density(mode.at + unit * some, TORCH)
            return total

        loc, covariance = self._optimised(density, sum(sizes), seed)
        rank = "full-rank" if isinstance(self.guide, FullRank) else "mean-field"
        found, start = [], 0
        for part, mode, unit in zip(parts, modes, units, strict=True):
            own = slice(start, start + len(unit))
            start += len(unit)
            stream = seed.child("draws", part.node)
            away, logs = _guided(loc[own], covariance[own, own], max(self.draws, 1000), stream)
            at = mode.at + unit * away
            _, khat = smoothed(densities(part, at) - logs)
            found.append(
                Learnt(
                    part,
                    finished(part, at[: self.draws], seed.child("finish", part.node)),
                    f"SVI with a {rank} guide, {self.steps} steps ({shape_text(khat)})",
                    khat=khat,
                    caution="" if isinstance(self.guide, FullRank) else _MEAN_FIELD,
                )
            )
        return tuple(found)

    def _optimised(
        self, density: Callable[[Tensor], Tensor], size: int, seed: Seed
    ) -> tuple[Tensor, Tensor]:
        """The guide's mean and covariance."""

        def model() -> None:
            flat = dist.ImproperUniform(dist.constraints.real_vector, (), (size,))
            pyro.factor("posterior", density(pyro.sample("away", flat)))

        made = AutoMultivariateNormal if isinstance(self.guide, FullRank) else AutoNormal
        start = init_to_value(values={"away": torch.zeros(size, dtype=DTYPE)})
        # Pyro draws and keeps its parameters globally: lend it a seed and a store of its own.
        with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope():
            torch.manual_seed(seed.child("svi").number)
            guide = made(model, init_loc_fn=start, init_scale=0.5)
            rate = pyro.optim.ClippedAdam({"lr": 0.05, "lrd": 0.02 ** (1 / self.steps)})
            loss = Trace_ELBO(8, vectorize_particles=True, max_plate_nesting=0)
            optimiser = Optimiser(model, guide, rate, loss)
            for _ in range(self.steps):
                optimiser.step()
            if isinstance(self.guide, FullRank):
                found = guide.get_posterior()
                return found.loc.detach(), found.covariance_matrix.detach()
            loc, scale = guide._get_loc_and_scale("away")
            return loc.detach(), torch.diag(scale.detach().square())


def _guided(loc: Tensor, covariance: Tensor, draws: int, seed: Seed) -> tuple[Tensor, Tensor]:
    """Draws from the guide, and their log density up to a constant."""
    standard = torch.randn((draws, len(loc)), generator=seed.torch(), dtype=DTYPE)
    away = loc + standard @ torch.linalg.cholesky(covariance).T
    return away, -standard.square().sum(dim=1) / 2
