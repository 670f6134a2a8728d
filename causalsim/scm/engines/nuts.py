"""Hamiltonian Monte Carlo on what is left when all that has a closed form is integrated out.

Pyro's NUTS walks through the coordinates of all units at once, which are first stretched by the
Normals at the tops of their posteriors, so that every direction is about as wide as every other.
Hidden levels are summed over before the walk and drawn after it.

References:
    Hoffman and Gelman, "The No-U-Turn sampler" (2014); Vehtari et al., "Rank-normalization, folding
    and localization: an improved R-hat" (2021).
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.engine import Inference, Inferred
from causalsim.scm.engines.guesses.weights import resampled
from causalsim.scm.engines.laplace import required, tops
from causalsim.scm.engines.problem.collapsed import Collapsed, collapsed
from causalsim.seeds import Seed

if TYPE_CHECKING:
    from causalsim.scm.learning.engines.nuts import Backend
    from causalsim.scm.learning.learnable import Learnable
    from causalsim.scm.learning.learnt import Learnt

_GOOD_R_HAT = 1.01
_FEWEST = 400.0


@dataclass(frozen=True, slots=True)
class NUTS:
    """The No-U-Turn sampler: the last resort, slow but sure.

    Of hidden continuous noises (``counterfactual(by=NUTS())``): applies where `Laplace` does. Of
    parameters (``SCM.fit(by=NUTS())``): all mechanisms together, each in coordinates moved and
    rotated by its own mode and curvature; what has a closed form given other parameters is
    integrated out and drawn at the end. Chains that disagree, jumps that went wrong and few
    effective draws are told with the result. Fails where tops are far apart: a chain stays at one.

    Args:
        kept: How many steps of a chain are kept.
        warmup: How many steps come before.
        chains: How many chains; at least 2, so that they can be compared.
        backend: Who samples parameters, `NumPyro` or `Pyro`; None for NumPyro where it is
            installed. Hidden noise is sampled by Pyro.

    Examples:
        >>> NUTS()
        NUTS(kept=500, warmup=300, chains=4, backend=None)
    """

    kept: int = 500
    warmup: int = 300
    chains: int = 4
    backend: "Backend | None" = None

    def __post_init__(self) -> None:
        """Check what was given."""
        for name, least in (("kept", 4), ("warmup", 1), ("chains", 2)):
            found = getattr(self, name)
            if isinstance(found, bool) or not isinstance(found, int) or found < 1:
                raise ModelError.bad_size(name, found)
            if found < least:
                raise ModelError.bad_parameter(name, found, f"at least {least}")

    def accepts(self, block: Block) -> str | None:
        """Why the posterior cannot be walked; None if it can."""
        found = collapsed(block)
        return found if isinstance(found, str) else None

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws of the noises, from steps of the chains."""
        target = required(block)
        stream = seed.child("nuts", *block.nodes)
        begun = tops(target, 1, stream.child("starts"))
        unit = torch.arange(block.units)
        best = begun.logs.argmax(dim=0)
        mean, root = begun.means[best, unit], begun.roots[best, unit]

        def placed(standard: Tensor) -> Tensor:
            """Coordinates from stretched ones, of shape (..., units, width)."""
            return mean + torch.einsum("uij,...uj->...ui", root, standard)

        chains, diverged = _walked(self, target, placed, mean.shape, stream)
        steps = placed(chains)  # (chains, kept, units, width)
        r_hat, sizes = _compared(steps)
        everything = steps.flatten(0, 1)
        even = torch.full((len(everything), block.units), 1.0 / len(everything), dtype=DTYPE)
        chosen = resampled(even, draws, stream.child("resample").torch())
        z = everything.gather(0, chosen.unsqueeze(-1).expand(*chosen.shape, mean.shape[-1]))
        doubts = _doubts(r_hat, sizes, diverged)
        words = (
            f"NUTS on ({', '.join(block.latents)}) given ({', '.join(block.seen)}): "
            f"{self.chains} chains of {self.kept}, R-hat {r_hat:.3f}, effective sample size "
            f"{float(sizes.min()):.0f} or more, {diverged} divergences"
        )
        found = Inference(block.nodes, words, ess=sizes, r_hat=r_hat, doubts=doubts)
        return Inferred(target.noises(z, stream), found)

    def learn(self, parts: "Sequence[Learnable]", seed: Seed) -> "tuple[Learnt, ...]":
        """Draws of the parameters of each mechanism."""
        from causalsim.scm.learning.engines.nuts import learn_by_nuts

        return learn_by_nuts(
            parts,
            self.backend,
            draws=self.kept,
            warmup=self.warmup,
            chains=self.chains,
            seed=seed,
        )


def _walked(
    by: NUTS, target: Collapsed, placed: Callable[[Tensor], Tensor], shape: torch.Size, seed: Seed
) -> tuple[Tensor, int]:
    """The steps of every chain in stretched coordinates, and how many jumps went wrong."""
    from pyro.infer.mcmc import MCMC
    from pyro.infer.mcmc import NUTS as Walk

    def potential(parameters: dict[str, Tensor]) -> Tensor:
        logs = target(placed(parameters["z"]).unsqueeze(0))
        return -torch.where(logs > -torch.inf, logs, torch.full_like(logs, -1e12)).sum()

    steps: list[Tensor] = []
    diverged = 0
    for number in range(by.chains):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed.child("chain", str(number)).number)
            kernel = Walk(potential_fn=potential, adapt_mass_matrix=True)
            walk = MCMC(
                kernel,
                num_samples=by.kept,
                warmup_steps=by.warmup,
                initial_params={"z": torch.randn(shape, dtype=DTYPE)},
                disable_progbar=True,
            )
            walk.run()
            steps.append(walk.get_samples()["z"])
            diverged += sum(len(rows) for rows in walk.diagnostics()["divergences"].values())
    return torch.stack(steps), diverged


def _compared(steps: Tensor) -> tuple[float, Tensor]:
    """The greatest R-hat of any coordinate, and each unit's least effective sample size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz
    found = arviz.convert_to_dataset({"z": steps.numpy()})
    r_hat = float(arviz.rhat(found)["z"].max())
    sizes = np.minimum(
        arviz.ess(found, method="bulk")["z"].to_numpy(),
        arviz.ess(found, method="tail")["z"].to_numpy(),
    )
    return r_hat, torch.from_numpy(sizes.min(axis=-1))


def _doubts(r_hat: float, sizes: Tensor, diverged: int) -> tuple[str, ...]:
    """What speaks against the chains."""
    doubts: list[str] = []
    if not r_hat <= _GOOD_R_HAT:
        doubts.append(
            f"The chains disagree (R-hat {r_hat:.3f}, should be at most {_GOOD_R_HAT}); "
            "type by=NUTS(kept=2000, warmup=1000)."
        )
    if not float(sizes.min()) >= _FEWEST:
        doubts.append(f"The chains are worth only {float(sizes.min()):.0f} draws for some unit.")
    if diverged:
        doubts.append(f"{diverged} jumps of the chains went wrong (divergences).")
    return tuple(doubts)
