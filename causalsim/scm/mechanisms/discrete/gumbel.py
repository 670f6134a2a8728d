"""A variable with names for levels: the level whose noise plus log probability is greatest."""

from dataclasses import dataclass

import numpy as np
import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.parts.chances import Chances
from causalsim.scm.mechanisms.parts.levels import LevelDistribution


@dataclass(frozen=True, slots=True, eq=False)
class GumbelMax:
    """``x = argmax_k (log p_k(pa) + G_k)`` with independent standard Gumbel noises ``G_k``.

    The coupling is stable: a level gives way only to a level whose odds against it rose, and
    nothing depends on the order in which the levels are listed. As every coupling it is an
    assumption that no data can check.

    Given ``x = k`` the greatest sum is a standard Gumbel whatever ``k`` is; the noise of ``k``
    follows from it, and the other sums are Gumbels truncated below it (top-down sampling).

    Args:
        chances: The probability of each level given the parents.
        domain: The levels.

    Examples:
        >>> from causalsim.scm.mechanisms.parts.chances import Table
        >>> table = Table((), (), torch.tensor([0.2, 0.8], dtype=DTYPE))
        >>> city = GumbelMax(table, Levels(("Oslo", "Rome")))
        >>> city.produce({}, torch.tensor([[3.0, 0.0], [0.0, 0.0]])).tolist()
        [0.0, 1.0]

    References:
        Oberst and Sontag, "Counterfactual off-policy evaluation with Gumbel-max structural causal
        models" (2019), section 4 and theorem 2; Maddison, Tarlow and Minka, "A* sampling" (2014).
    """

    chances: Chances
    domain: Levels

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        return self.chances.parents

    @property
    def noise(self) -> Distribution:
        """One standard Gumbel a level."""
        zero = torch.zeros(len(self.domain.levels), dtype=DTYPE)
        made: Distribution = dist.Gumbel(zero, torch.ones_like(zero)).to_event(1)
        return made

    @property
    def coupling(self) -> Coupling:
        """The greatest of several noises."""
        return Coupling.GUMBEL

    def given(self, parents: Values) -> Distribution:
        """The levels with their probabilities."""
        made: Distribution = LevelDistribution(
            self.chances(parents), self.domain.points, validate_args=False
        )
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """One noise a level: the greatest sum first, the others below it."""
        logs = self.chances(parents).log()
        points = self.domain.points
        codes = torch.searchsorted(points, value.contiguous()).clamp(max=len(points) - 1)
        shape = (*np.broadcast_shapes(codes.shape, logs.shape[:-1]), len(points))
        logs, codes = logs.expand(shape), codes.expand(shape[:-1])
        # The sums log p + G: the greatest is standard Gumbel because the p sum to one.
        top = _gumbel(shape[:-1], generator).unsqueeze(-1)
        free = _gumbel(shape, generator)
        below = -torch.logaddexp(-top, -(logs + free))
        chosen = torch.nn.functional.one_hot(codes, len(points)).bool()
        noise = torch.where(chosen, top, below) - logs
        # A level of probability zero loses whatever its noise is, so its noise is as it was.
        noise = torch.where(logs.isneginf() & ~chosen, free, noise)
        possible = (points[codes] == value) & logs.gather(-1, codes.unsqueeze(-1)).squeeze(
            -1
        ).isfinite()
        return torch.where(possible.unsqueeze(-1), noise, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The level with the greatest sum."""
        return self.domain.points[(self.chances(parents).log() + noise).argmax(dim=-1)]

    def describe(self, node: str) -> str:
        """The equation."""
        names = ", ".join(str(level) for level in self.domain.levels[:6])
        more = ", …" if len(self.domain.levels) > 6 else ""
        return (
            f"{node} = level of {{{names}{more}}} with the greatest log p + U_{node}, "
            f"p = {self.chances},  U_{node} ~ Gumbel a level"
        )


def _gumbel(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Standard Gumbel draws: minus the logarithm of exponential draws."""
    return -torch.empty(shape, dtype=DTYPE).exponential_(generator=generator).log()
