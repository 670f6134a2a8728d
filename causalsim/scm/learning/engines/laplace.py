"""A Normal at the mode, corrected by importance weights: what generalised linear models need."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.scm.learning.drawing import student_draws
from causalsim.scm.learning.engines.conjugate import exactly, require_count
from causalsim.scm.learning.engines.mode import densities, find_mode
from causalsim.scm.learning.engines.weighing import chosen, shape_text, smoothed
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learnt, finished
from causalsim.seeds import Seed

_FREEDOM = 10.0
_TIMES = 4


@dataclass(frozen=True, slots=True)
class Laplace:
    """Draws around the mode, weighted by the exact density; closed forms where they exist.

    For each mechanism without a closed form: the mode by Newton's method, four times as many
    draws as wanted from a Student t with the curvature's covariance, Pareto-smoothed importance
    weights, and systematic resampling. The shape k̂ of the weights tells whether that is enough:
    above 0.7 the posterior is too far from Normal and the result says so.

    Args:
        draws: How many.

    Examples:
        >>> print(Laplace(draws=400))
        Laplace(draws=400)

    References:
        Tierney and Kadane, "Accurate approximations for posterior moments and marginal densities"
        (1986); Vehtari et al., "Pareto smoothed importance sampling" (2024).
    """

    draws: int = 1000

    def __post_init__(self) -> None:
        """Check what was given."""
        require_count("draws", self.draws)

    def learn(self, parts: Sequence[Learnable], seed: Seed) -> tuple[Learnt, ...]:
        """Draws for each mechanism."""
        found = []
        for part in parts:
            drawn = part.closed_form(self.draws, seed.child(part.node))
            if isinstance(drawn, str):
                found.append(self._weighted(part, drawn, seed.child(part.node)))
            else:
                found.append(exactly(part, drawn))
        return tuple(found)

    def _weighted(self, part: Learnable, reason: str, seed: Seed) -> Learnt:
        """Draws for a mechanism without closed form."""
        mode = find_mode(part)
        stream = seed.child("laplace").torch()
        pool = student_draws(mode.at, mode.factor, _FREEDOM, max(_TIMES * self.draws, 400), stream)
        logs = densities(part, pool) - student_density(pool, mode.at, mode.factor)
        weights, khat = smoothed(logs)
        kept = pool[chosen(weights, self.draws, stream)]
        size = float(1.0 / weights.square().sum())
        return Learnt(
            part,
            finished(part, kept, seed.child("finish")),
            f"Laplace with importance correction ({shape_text(khat)}), because {reason}",
            ess=min(size, float(self.draws)),
            khat=khat,
        )


def student_density(at: Tensor, mode: Tensor, factor: Tensor) -> Tensor:
    """The log density, up to a constant, of the proposals."""
    away: Tensor = torch.linalg.solve_triangular(factor, (at - mode).T, upper=False)
    square: Tensor = away.square().sum(dim=0)
    return -(_FREEDOM + len(mode)) / 2 * (square / _FREEDOM).log1p()
