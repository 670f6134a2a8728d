"""The No-U-Turn sampler of NumPyro or Pyro, in coordinates in which posteriors look standard."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.domain import DTYPE
from causalsim.scm.learning.algebra import TORCH, Algebra, JaxAlgebra
from causalsim.scm.learning.engines.mode import Mode, find_mode
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learnt, finished
from causalsim.seeds import Seed

#: The negative log density of all coordinates of all mechanisms, in the operations of an algebra.
Potential = Callable[[Any, Algebra], Any]


class Backend(Protocol):
    """Who runs the sampler."""

    @property
    def name(self) -> str:
        """The package."""
        ...

    def run(
        self, potential: Potential, starts: Tensor, warmup: int, draws: int, seed: Seed
    ) -> tuple[Tensor, int]:
        """Draws of shape (chains, draws, size), and how many trajectories diverged."""
        ...


@dataclass(frozen=True, slots=True)
class NumPyro:
    """NumPyro: chains side by side in one compiled program; needs the extra ``numpyro``."""

    @property
    def name(self) -> str:
        """The package."""
        return "NumPyro"

    def run(
        self, potential: Potential, starts: Tensor, warmup: int, draws: int, seed: Seed
    ) -> tuple[Tensor, int]:
        """Compile once, run all chains."""
        if find_spec("numpyro") is None:
            raise LearningError.no_backend(self.name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jax
            from numpyro.infer import MCMC, NUTS

            with jax.enable_x64(True):
                algebra = JaxAlgebra()
                kernel = NUTS(potential_fn=lambda at: potential(at, algebra))
                chain = MCMC(
                    kernel,
                    num_warmup=warmup,
                    num_samples=draws,
                    num_chains=len(starts),
                    chain_method="vectorized",
                    progress_bar=False,
                )
                chain.run(
                    jax.random.PRNGKey(seed.number % 2**32),
                    init_params=algebra.data(starts if len(starts) > 1 else starts[0]),
                    extra_fields=("diverging",),
                )
                drawn = np.array(chain.get_samples(group_by_chain=True), dtype=np.float64)
                diverged = int(np.asarray(chain.get_extra_fields()["diverging"]).sum())
        return torch.from_numpy(drawn), diverged


@dataclass(frozen=True, slots=True)
class Pyro:
    """Pyro: one chain after another, without compilation."""

    @property
    def name(self) -> str:
        """The package."""
        return "Pyro"

    def run(
        self, potential: Potential, starts: Tensor, warmup: int, draws: int, seed: Seed
    ) -> tuple[Tensor, int]:
        """Each chain from torch's stream, lent a seed."""
        from pyro.infer import MCMC, NUTS

        chains, diverged = [], 0
        for number, start in enumerate(starts):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed.child(str(number)).number)
                kernel = NUTS(potential_fn=lambda at: potential(at["z"], TORCH))
                chain = MCMC(
                    kernel,
                    num_samples=draws,
                    warmup_steps=warmup,
                    initial_params={"z": start.clone()},
                    disable_progbar=True,
                )
                chain.run()
            chains.append(chain.get_samples()["z"].to(DTYPE))
            found = chain.diagnostics().get("divergences", {})
            diverged += sum(len(steps) for steps in found.values())
        return torch.stack(chains), diverged


def learn_by_nuts(
    parts: Sequence[Learnable],
    backend: Backend | None,
    *,
    draws: int,
    warmup: int,
    chains: int,
    seed: Seed,
) -> tuple[Learnt, ...]:
    """Hamiltonian trajectories that stop before they turn back: for posteriors of any shape.

    Args:
        parts: What is learnt.
        backend: Who runs the sampler; None for NumPyro where it is installed, else Pyro.
        draws: How many a chain keeps.
        warmup: How many it throws away while it adapts.
        chains: How many, from different places; R-hat compares them.
        seed: Root of the draws.

    References:
        Hoffman and Gelman, "The No-U-Turn sampler" (2014); Vehtari et al., "Rank-normalization,
        folding, and localization: an improved R̂" (2021).
    """
    if backend is None:
        backend = NumPyro() if find_spec("numpyro") is not None else Pyro()
    modes = [find_mode(part) for part in parts]
    size = sum(len(mode.at) for mode in modes)
    stream = seed.child("starts").torch()
    starts = 1.5 * torch.randn((chains, size), generator=stream, dtype=DTYPE)
    drawn, diverged = backend.run(
        _potential(parts, modes), starts, warmup, draws, seed.child("chains")
    )
    engine = f"NUTS by {backend.name}, {chains} chains of {draws} draws"
    found = []
    for part, mode, own in zip(parts, modes, _split(drawn, modes), strict=True):
        flat = mode.at + own.reshape(-1, len(mode.at)) @ mode.factor.T
        parameters = finished(part, flat, seed.child("finish", part.node))
        found.append(Learnt(part, parameters, engine, chains=chains, divergences=diverged))
    return tuple(found)


def _potential(parts: Sequence[Learnable], modes: Sequence[Mode]) -> Potential:
    """The sum over mechanisms, in rotated coordinates."""

    def potential(at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        total: Any = 0.0
        start = 0
        for part, mode in zip(parts, modes, strict=True):
            stop = start + len(mode.at)
            place = algebra.data(mode.at) + algebra.data(mode.factor) @ at[start:stop]
            total = total - part.log_density(place, algebra)
            start = stop
        return total

    return potential


def _split(drawn: Tensor, modes: Sequence[Mode]) -> list[Tensor]:
    """Each mechanism's own coordinates."""
    return list(torch.split(drawn, [len(mode.at) for mode in modes], dim=-1))
