"""Variational inference: the Normal nearest to the posterior, corrected by importance.

For each unit a Normal with a full covariance is fitted by climbing the evidence lower bound

    ``E_q[log p(z, x) - log q(z)]``,  ``q = Normal(m, L L')``

along its gradient by reparametrised draws. Independent Normals (the mean field) are not offered:
they understate the spread of what is correlated.

References:
    Kucukelbir et al., "Automatic differentiation variational inference" (2017); Kingma and Ba,
    "Adam" (2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.engine import Inferred
from causalsim.scm.engines.guesses.bending import Bent
from causalsim.scm.engines.guesses.correcting import Mixture, corrected
from causalsim.scm.engines.guides import Flow, FullRank, Guide, MeanField
from causalsim.scm.engines.laplace import required, tops
from causalsim.scm.engines.problem.collapsed import Collapsed, collapsed
from causalsim.seeds import Seed

if TYPE_CHECKING:
    from causalsim.scm.learning.learnable import Learnable
    from causalsim.scm.learning.learnt import Learnt

_RATE = 0.05


@dataclass(frozen=True, slots=True)
class SVI:
    """The member of a family of distributions that is nearest to a posterior.

    Of hidden noise (``counterfactual(by=SVI())``): a Normal with a full covariance fitted to each
    unit's posterior (bent by sinh and arcsinh with ``guide=Flow()``), corrected by importance.
    Applies where `Laplace` does. It looks at the posterior around its mass instead of at its top,
    which helps where the top is not where the mass is; it takes much longer. One guide cannot
    follow two tops: the k-hat then says so.

    Of parameters (``SCM.fit(by=SVI())``): the guide nearest to the posterior of each mechanism, in
    coordinates counted from the mode in units of the curvature. The draws are the guide's own, not
    corrected; k-hat tells how near the guide is (below 0.5 near, above 0.7 not to be trusted).

    Args:
        steps: How many gradient steps.
        guesses: How many draws estimate a gradient.
        count: How many guesses a unit are weighted in the end; how many draws of the parameters
            are kept.
        guide: The family: `FullRank`; `Flow` where a posterior is not Normal; `MeanField`, which
            understates spread and says so, for parameters only.

    Examples:
        >>> SVI()
        SVI(steps=300, guesses=16, count=1000, guide=FullRank())

    References:
        Kucukelbir et al. (2017); Yao, Vehtari, Simpson and Gelman, "Yes, but did it work?" (2018).
    """

    steps: int = 300
    guesses: int = 16
    count: int = 1_000
    guide: Guide = field(default_factory=FullRank)

    def __post_init__(self) -> None:
        """Check what was given."""
        for name in ("steps", "guesses", "count"):
            found = getattr(self, name)
            if isinstance(found, bool) or not isinstance(found, int) or found < 1:
                raise ModelError.bad_size(name, found)
        if not isinstance(self.guide, Guide):
            raise ModelError.bad_parameter(
                "guide", self.guide, "one of FullRank(), Flow(), MeanField()"
            )

    def accepts(self, block: Block) -> str | None:
        """Why the posterior cannot be climbed; None if it can."""
        if isinstance(self.guide, MeanField):
            return "MeanField() ignores what ties hidden noises; type guide=FullRank() or Flow()"
        found = collapsed(block)
        return found if isinstance(found, str) else None

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws of the noises, from guesses of the fitted Normals."""
        target = required(block)
        stream = seed.child("svi", *block.nodes)
        bent = isinstance(self.guide, Flow)
        guide = _fitted(target, self.steps, self.guesses, bent, stream)
        found = corrected(target, guide, count=self.count, draws=draws, seed=stream)
        words = (
            f"variational {'bent ' if bent else ''}Normal of ({', '.join(block.latents)}) given "
            f"({', '.join(block.seen)}), {self.steps} steps"
        )
        return Inferred(target.noises(found.z, stream), found.told(block.nodes, words))

    def learn(self, parts: "Sequence[Learnable]", seed: Seed) -> "tuple[Learnt, ...]":
        """Draws of the parameters of each mechanism."""
        from causalsim.scm.learning.engines.svi import learn_by_svi

        return learn_by_svi(
            parts,
            self.guide,
            steps=self.steps,
            guesses=self.guesses,
            draws=self.count,
            seed=seed,
        )


def _fitted(target: Collapsed, steps: int, guesses: int, bent: bool, seed: Seed) -> Mixture | Bent:
    """Mean, root of the covariance and shape of each unit, climbed to from the highest top."""
    begun = tops(target, 1, seed.child("starts"))
    best = begun.logs.argmax(dim=0)
    unit = torch.arange(target.block.units)
    mean = begun.means[best, unit].clone().requires_grad_()
    root = begun.roots[best, unit]
    sizes = root.diagonal(dim1=-2, dim2=-1).log().clone().requires_grad_()
    below = torch.tril(root, -1).clone().requires_grad_()
    skew = torch.zeros_like(mean).requires_grad_()
    tail = torch.zeros_like(mean).requires_grad_()
    parameters = [mean, sizes, below, *([skew, tail] if bent else [])]
    climb = torch.optim.Adam(parameters, lr=_RATE)
    halve = torch.optim.lr_scheduler.CosineAnnealingLR(climb, steps)
    generator = seed.child("climb").torch()
    for _ in range(steps):
        climb.zero_grad()
        guide = Bent(mean, _root(sizes, below), skew, tail.exp())
        loss = -_bound(target, guide, guesses, generator).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad = parameter.grad.nan_to_num(0.0, 0.0, 0.0).clamp(-1e3, 1e3)
        climb.step()
        halve.step()
    with torch.no_grad():
        found = Bent(mean.detach(), _root(sizes, below), skew.detach(), tail.exp())
    if bent:
        return found
    logs = torch.zeros((1, target.block.units), dtype=DTYPE)
    return Mixture(logs, found.mean.unsqueeze(0), found.root.unsqueeze(0))


def _root(sizes: Tensor, below: Tensor) -> Tensor:
    """A lower triangular matrix with a positive diagonal."""
    return torch.tril(below, -1) + torch.diag_embed(sizes.exp())


def _bound(target: Collapsed, guide: Bent, guesses: int, generator: Generator) -> Tensor:
    """The evidence lower bound of each unit up to a constant, by draws in opposite pairs."""
    shape = (max(guesses // 2, 1), *guide.mean.shape)
    half = torch.randn(shape, generator=generator, dtype=DTYPE)
    z, stretch = guide.moved(torch.cat([half, -half]))
    logs = target(z)
    # Guesses that the evidence makes impossible have no slope to follow.
    seen = torch.where(logs > -torch.inf, logs, torch.full_like(logs, -1e6))
    return (seen + stretch).mean(dim=0)
