"""The sample sites of a Pyro program as mechanisms: numbers, counts, levels, computed values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import DTYPE, Counts, Domain, Real
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.continuous.deterministic import TOLERANCE
from causalsim.scm.mechanisms.parts.quantiles import drawn_between
from causalsim.scm.mechanisms.sites.forms import Form
from causalsim.scm.mechanisms.sites.running import Site
from causalsim.scm.noise import NO_NOISE, nothing_where, standard_uniform


@dataclass(frozen=True, slots=True, eq=False)
class SampledNumber:
    """A continuous site with its noise made explicit, such as ``x = m(pa) + s(pa) · U``.

    Args:
        site: The distribution given the parents.
        form: Which noise, and how value and noise follow from each other.
    """

    site: Site
    form: Form

    @property
    def parents(self) -> tuple[str, ...]:
        """The sites it reads."""
        return self.site.parents

    @property
    def domain(self) -> Domain:
        """All numbers; those outside the family's support have density zero."""
        return Real()

    @property
    def noise(self) -> Distribution:
        """The form's."""
        return self.form.noise

    @property
    def coupling(self) -> Coupling:
        """One noise gives one value and back."""
        return Coupling.INVERSION

    def given(self, parents: Values) -> Distribution:
        """The site's distribution."""
        return self.site(parents).distribution

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The noise of the value, where the value is possible."""
        member = self.site(parents).distribution
        shape = np.broadcast_shapes(member.batch_shape, value.shape)
        value, member = value.expand(shape), member.expand(shape)
        inside = member.support.check(value)
        inner = self.form.produce(member, torch.full(shape, _MIDDLE, dtype=DTYPE)).to(DTYPE)
        noise = self.form.solve(member, torch.where(inside, value, inner)).to(DTYPE)
        possible = inside & self.form.noise.support.check(noise)  # type: ignore[union-attr]
        return torch.where(possible, noise, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The value of the noise."""
        return self.form.produce(self.site(parents).distribution, noise).to(DTYPE)

    def describe(self, node: str) -> str:
        """The equation, as far as a program can be told."""
        family = type(self.form.noise).__name__
        return f"{node} = {self.form.family} of {self.site} at U_{node},  U_{node} ~ {family}"


#: A noise that every form can take: inside (0, 1) for uniform noises, positive for the others.
_MIDDLE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class SampledCount:
    """A site of counts: the count at which cumulative probability passes the uniform noise.

    Args:
        site: The distribution given the parents, over whole numbers from zero.
    """

    site: Site

    @property
    def parents(self) -> tuple[str, ...]:
        """The sites it reads."""
        return self.site.parents

    @property
    def domain(self) -> Domain:
        """Whole numbers from zero."""
        return Counts()

    @property
    def noise(self) -> Distribution:
        """Uniform on [0, 1)."""
        return standard_uniform()

    @property
    def coupling(self) -> Coupling:
        """The inverse of the cumulative distribution."""
        return Coupling.INVERSE_CDF

    def given(self, parents: Values) -> Distribution:
        """The site's distribution."""
        return self.site(parents).distribution

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """A uniform draw from the interval of the count."""
        member = self.site(parents).distribution
        shape = np.broadcast_shapes(member.batch_shape, value.shape)
        value = value.expand(shape)
        whole = (value >= 0) & (value == value.floor())
        index = torch.where(whole, value, torch.zeros_like(value)).long()
        edges = _cumulative(member, lambda found: len(found) > int(index.max()) + 1)
        whole = whole & (index < len(edges) - 1)
        index = index.clamp(max=len(edges) - 2)
        thin = [1] * (len(shape) + 1 - edges.dim())
        edges = edges.reshape(len(edges), *thin, *edges.shape[1:]).expand(len(edges), *shape)
        low = edges.gather(0, index.unsqueeze(0)).squeeze(0)
        high = edges.gather(0, index.unsqueeze(0) + 1).squeeze(0)
        drawn = drawn_between(low, high, generator)
        return torch.where(whole & (high > low), drawn, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The count."""
        member = self.site(parents).distribution
        top = noise.max()
        edges = _cumulative(member, lambda found: bool((found[-1] > top).all()))
        shape = np.broadcast_shapes(edges.shape[1:], noise.shape)
        found = torch.zeros(shape, dtype=DTYPE)
        for edge in edges[1:]:
            found = found + (noise >= edge)
        return found

    def describe(self, node: str) -> str:
        """The equation, as far as a program can be told."""
        return f"{node} = quantile of {self.site} at U_{node},  U_{node} ~ Uniform(0, 1)"


def _cumulative(member: Distribution, enough: Callable[[Tensor], bool]) -> Tensor:
    """``0, F(0), F(1), …`` in a new first dimension, until there is enough of it."""
    count, most = 32, 2**20
    while True:
        points = torch.arange(count, dtype=DTYPE).reshape(-1, *[1] * len(member.batch_shape))
        scored = _scored(member, points)
        sums = scored.exp().to(DTYPE).cumsum(dim=0)
        edges = torch.cat([torch.zeros_like(sums[:1]), sums]).clamp(max=1.0)
        if enough(edges) or count >= most or bool((sums[-1] == sums[-2]).all()):
            # Rounding may leave the last sum just below one.
            return torch.cat([edges, torch.ones_like(edges[:1])])
        count *= 4


def _scored(member: Distribution, points: Tensor) -> Tensor:
    """Log probabilities, minus infinity beyond a bounded support."""
    shape = (len(points), *member.batch_shape)
    points = points.expand(shape)
    inside = member.support.check(points)  # type: ignore[union-attr]
    found: Tensor = member.log_prob(torch.where(inside, points, torch.zeros_like(points)))
    return torch.where(inside, found, torch.full_like(found, -torch.inf))


@dataclass(frozen=True, slots=True, eq=False)
class SiteChances:
    """The probability of each level at a Bernoulli or Categorical site.

    Args:
        site: The distribution given the parents.
    """

    site: Site

    @property
    def parents(self) -> tuple[str, ...]:
        """The sites read."""
        return self.site.parents

    def __call__(self, values: Values) -> Tensor:
        """Probabilities of shape (..., K), summing to one."""
        member: Any = self.site(values).distribution
        found: Tensor = member.probs.to(DTYPE)
        if isinstance(member, torch.distributions.Bernoulli):
            return torch.stack([1.0 - found, found], dim=-1)
        return found / found.sum(dim=-1, keepdim=True)

    def __str__(self) -> str:
        """In a few words."""
        return str(self.site)


@dataclass(frozen=True, slots=True, eq=False)
class ComputedSite:
    """A deterministic site: what the program computes from its parents.

    Args:
        site: The site.
        domain: Its values: numbers, or truth values.
    """

    site: Site
    domain: Domain

    @property
    def parents(self) -> tuple[str, ...]:
        """The sites it reads."""
        return self.site.parents

    @property
    def noise(self) -> Distribution:
        """None."""
        return NO_NOISE

    @property
    def coupling(self) -> Coupling:
        """No noise."""
        return Coupling.NONE

    def given(self, parents: Values) -> Distribution:
        """A point mass."""
        made: Distribution = dist.Delta(self.produce(parents, NO_NOISE.mean))
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """Nothing; NaN where the value is not what the program computes."""
        expected = self.produce(parents, value)
        return nothing_where(torch.isclose(value, expected, rtol=TOLERANCE))

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """What the program computes."""
        return self.site(parents).value.to(DTYPE)

    def describe(self, node: str) -> str:
        """The equation, as far as a program can be told."""
        return f"{node} = {self.site}"
