"""Stochastic variational inference: the Normal, or the flow, that is closest to the posterior."""

from collections.abc import Callable, Sequence

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import SVI as Optimiser
from pyro.infer import Trace_ELBO
from pyro.infer.autoguide import AutoMultivariateNormal, AutoNormal, init_to_value
from torch import Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.guides import Flow, FullRank, Guide
from causalsim.scm.learning.algebra import TORCH
from causalsim.scm.learning.engines.flows import fit_flow
from causalsim.scm.learning.engines.mode import densities, find_mode
from causalsim.scm.learning.engines.weighing import shape_text, smoothed
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learnt, finished
from causalsim.seeds import Seed

#: Draws that k-hat is judged by at least.
_LOOKED_AT = 1_000
_MEAN_FIELD = (
    "a mean-field guide ignores correlations between parameters and understates spread "
    "(by 37 % for a slope of two correlated parents)"
)


def learn_by_svi(
    parts: Sequence[Learnable],
    guide: Guide,
    *,
    steps: int,
    guesses: int,
    draws: int,
    seed: Seed,
) -> tuple[Learnt, ...]:
    """Draws from the guide of least Kullback-Leibler divergence from each posterior.

    Args:
        parts: What is learnt.
        guide: The family in which the nearest is looked for.
        steps: How many optimiser steps.
        guesses: How many draws estimate a gradient.
        draws: How many draws are kept.
        seed: Root of the draws.

    References:
        Kucukelbir et al., "Automatic differentiation variational inference" (2017); Yao, Vehtari,
        Simpson and Gelman, "Yes, but did it work?" (2018).
    """
    if isinstance(guide, Flow):
        flows = [_by_flow(part, guide, steps, guesses, draws, seed) for part in parts]
        return tuple(_told(*found, f"{guide.layers}-layer flow", steps, seed) for found in flows)
    modes = [find_mode(part) for part in parts]
    units = [mode.factor.square().sum(dim=1).sqrt() for mode in modes]
    sizes = [len(unit) for unit in units]

    def density(away: Tensor) -> Tensor:
        total = torch.zeros(away.shape[:-1], dtype=DTYPE)
        own = torch.split(away, sizes, dim=-1)
        for part, mode, unit, some in zip(parts, modes, units, own, strict=True):
            total = total + part.log_density(mode.at + unit * some, TORCH)
        return total

    full = isinstance(guide, FullRank)
    loc, covariance = _optimised(density, sum(sizes), full, steps, guesses, seed)
    found, start = [], 0
    for part, mode, unit in zip(parts, modes, units, strict=True):
        own = slice(start, start + len(unit))
        start += len(unit)
        stream = seed.child("draws", part.node)
        away, logs = _guided(loc[own], covariance[own, own], max(draws, _LOOKED_AT), stream)
        at = mode.at + unit * away
        name = "full-rank guide" if full else "mean-field guide"
        found.append(_told(part, at, logs, draws, name, steps, seed, "" if full else _MEAN_FIELD))
    return tuple(found)


def _told(
    part: Learnable,
    at: Tensor,
    logs: Tensor,
    draws: int,
    name: str,
    steps: int,
    seed: Seed,
    caution: str = "",
) -> Learnt:
    """Draws of a guide, and how near it is."""
    _, khat = smoothed(densities(part, at) - logs)
    return Learnt(
        part,
        finished(part, at[:draws], seed.child("finish", part.node)),
        f"SVI with a {name}, {steps} steps ({shape_text(khat)})",
        khat=khat,
        caution=caution,
    )


def _by_flow(
    part: Learnable, guide: Flow, steps: int, guesses: int, draws: int, seed: Seed
) -> tuple[Learnable, Tensor, Tensor, int]:
    """Coordinates drawn from a flow around the mode, and their log densities."""
    mode = find_mode(part)
    size = len(mode.at)
    stream = seed.child("draws", part.node)
    standard = torch.randn((max(draws, _LOOKED_AT), size), generator=stream.torch(), dtype=DTYPE)
    if not size:
        return part, standard, torch.zeros(len(standard), dtype=DTYPE), draws

    def density(away: Tensor) -> Tensor:
        found: Tensor = part.log_density(mode.at + away @ mode.factor.T, TORCH)
        return found

    bent = fit_flow(
        density, size, guide, steps=steps, guesses=guesses, seed=seed.child("flow", part.node)
    )
    with torch.no_grad():
        away, logs = bent.drawn(standard)
    return part, mode.at + away @ mode.factor.T, logs, draws


def _optimised(
    density: Callable[[Tensor], Tensor],
    size: int,
    full: bool,
    steps: int,
    guesses: int,
    seed: Seed,
) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the nearest Normal."""

    def model() -> None:
        flat = dist.ImproperUniform(dist.constraints.real_vector, (), (size,))
        pyro.factor("posterior", density(pyro.sample("away", flat)))

    made = AutoMultivariateNormal if full else AutoNormal
    start = init_to_value(values={"away": torch.zeros(size, dtype=DTYPE)})
    # Pyro draws and keeps its parameters globally: lend it a seed and a store of its own.
    with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope():
        torch.manual_seed(seed.child("svi").number)
        guide = made(model, init_loc_fn=start, init_scale=0.5)
        rate = pyro.optim.ClippedAdam({"lr": 0.05, "lrd": 0.02 ** (1 / steps)})
        loss = Trace_ELBO(guesses, vectorize_particles=True, max_plate_nesting=0)
        optimiser = Optimiser(model, guide, rate, loss)
        for _ in range(steps):
            optimiser.step()
        if full:
            found = guide.get_posterior()
            return found.loc.detach(), found.covariance_matrix.detach()
        loc, scale = guide._get_loc_and_scale("away")
        return loc.detach(), torch.diag(scale.detach().square())


def _guided(loc: Tensor, covariance: Tensor, draws: int, seed: Seed) -> tuple[Tensor, Tensor]:
    """Draws from the guide, and their log density up to a constant."""
    standard = torch.randn((draws, len(loc)), generator=seed.torch(), dtype=DTYPE)
    away = loc + standard @ torch.linalg.cholesky(covariance).T
    return away, -standard.square().sum(dim=1) / 2
