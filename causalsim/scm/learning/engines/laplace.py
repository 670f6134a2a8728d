"""A Normal at the mode, corrected by importance weights: what generalised linear models need."""

from collections.abc import Sequence

import torch
from torch import Tensor

from causalsim.scm.learning.drawing import student_draws
from causalsim.scm.learning.engines.conjugate import exactly
from causalsim.scm.learning.engines.mode import densities, find_mode
from causalsim.scm.learning.engines.weighing import chosen, shape_text, smoothed
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learnt, finished
from causalsim.seeds import Seed

_FREEDOM = 10.0
_TIMES = 4


def learn_by_laplace(parts: Sequence[Learnable], draws: int, seed: Seed) -> tuple[Learnt, ...]:
    """Draws around the mode, weighted by the exact density; closed forms where they exist.

    The shape k̂ of the weights tells whether that is enough: above 0.7 the posterior is too far from
    Normal and the result says so.

    Args:
        parts: What is learnt.
        draws: How many draws are kept.
        seed: Root of the draws.

    References:
        Tierney and Kadane, "Accurate approximations for posterior moments and marginal densities"
        (1986); Vehtari et al., "Pareto smoothed importance sampling" (2024).
    """
    found = []
    for part in parts:
        drawn = part.closed_form(draws, seed.child(part.node))
        if isinstance(drawn, str):
            found.append(_weighted(part, drawn, draws, seed.child(part.node)))
        else:
            found.append(exactly(part, drawn))
    return tuple(found)


def _weighted(part: Learnable, reason: str, draws: int, seed: Seed) -> Learnt:
    """Draws for a mechanism without closed form."""
    mode = find_mode(part)
    stream = seed.child("laplace").torch()
    pool = student_draws(mode.at, mode.factor, _FREEDOM, max(_TIMES * draws, 400), stream)
    logs = densities(part, pool) - student_density(pool, mode.at, mode.factor)
    weights, khat = smoothed(logs)
    kept = pool[chosen(weights, draws, stream)]
    size = float(1.0 / weights.square().sum())
    return Learnt(
        part,
        finished(part, kept, seed.child("finish")),
        f"Laplace with importance correction ({shape_text(khat)}), because {reason}",
        ess=min(size, float(draws)),
        khat=khat,
    )


def student_density(at: Tensor, mode: Tensor, factor: Tensor) -> Tensor:
    """The log density, up to a constant, of the proposals."""
    away: Tensor = torch.linalg.solve_triangular(factor, (at - mode).T, upper=False)
    square: Tensor = away.square().sum(dim=0)
    return -(_FREEDOM + len(mode)) / 2 * (square / _FREEDOM).log1p()
