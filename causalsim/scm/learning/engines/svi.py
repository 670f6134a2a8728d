"""Stochastic variational inference: the Normal that is closest to the posterior."""

from collections.abc import Sequence
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
from causalsim.scm.learning.engines.weighing import smoothed
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
        """Draws for each mechanism."""
        return tuple(self._one(part, seed.child(part.node)) for part in parts)

    def _one(self, part: Learnable, seed: Seed) -> Learnt:
        """One mechanism."""
        mode = find_mode(part)
        unit = mode.factor.square().sum(dim=1).sqrt()
        loc, factor = self._optimised(part, mode.at, unit, seed)
        stream = seed.child("draws").torch()
        standard = torch.randn((max(self.draws, 1000), len(loc)), generator=stream, dtype=DTYPE)
        away = loc + standard @ factor.T
        logs = densities(part, mode.at + unit * away) + standard.square().sum(dim=1) / 2
        _, khat = smoothed(logs)
        kept = (mode.at + unit * away)[: self.draws]
        rank = "full-rank" if isinstance(self.guide, FullRank) else "mean-field"
        return Learnt(
            part,
            finished(part, kept, seed.child("finish")),
            f"SVI with a {rank} guide, {self.steps} steps (k̂ {khat:.2f})",
            khat=khat,
            caution="" if isinstance(self.guide, FullRank) else _MEAN_FIELD,
        )

    def _optimised(
        self, part: Learnable, at: Tensor, unit: Tensor, seed: Seed
    ) -> tuple[Tensor, Tensor]:
        """The guide's mean and Cholesky factor."""
        size = len(at)

        def model() -> None:
            away = pyro.sample(
                "away", dist.ImproperUniform(dist.constraints.real_vector, (), (size,))
            )
            pyro.factor("posterior", part.log_density(at + unit * away, TORCH))

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
                return found.loc.detach(), found.scale_tril.detach()
            loc, scale = guide._get_loc_and_scale("away")
            return loc.detach(), torch.diag(scale.detach())
