"""Mechanisms of a second world that read the noise of the first, where both hold evidence."""

from dataclasses import dataclass

import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import Domain, Real
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.noise import NO_NOISE, nothing_where


@dataclass(frozen=True, slots=True, eq=False)
class Echoed:
    """An equation whose noise is a node of its own: determined by that node and its parents.

    Args:
        inner: The equation.
        source: The node that holds its noise.
    """

    inner: Mechanism
    source: str

    @property
    def parents(self) -> tuple[str, ...]:
        """What the equation reads, and its noise."""
        return (*self.inner.parents, self.source)

    @property
    def domain(self) -> Domain:
        """The same values."""
        return self.inner.domain

    @property
    def noise(self) -> Distribution:
        """None of its own."""
        return NO_NOISE

    @property
    def coupling(self) -> Coupling:
        """No noise."""
        return Coupling.NONE

    def given(self, parents: Values) -> Distribution:
        """A point mass."""
        made: Distribution = dist.Delta(self.inner.produce(parents, parents[self.source]))
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """No noise; any other value is impossible."""
        expected = self.inner.produce(parents, parents[self.source])
        return nothing_where(torch.isclose(value, expected, rtol=1e-7, atol=1e-9))

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The value that the noise of the other node gives."""
        return self.inner.produce(parents, parents[self.source])

    def describe(self, node: str) -> str:
        """The equation."""
        return f"{self.inner.describe(node)}, with U_{node} = {self.source}"


@dataclass(frozen=True, slots=True, eq=False)
class Tapped:
    """The noise behind a variable as a node: for equations that one noise gives back.

    Args:
        inner: The equation of the variable.
        owner: The variable.
    """

    inner: Mechanism
    owner: str

    @property
    def parents(self) -> tuple[str, ...]:
        """The variable and what it reads."""
        return (*self.inner.parents, self.owner)

    @property
    def domain(self) -> Domain:
        """Numbers."""
        return Real()

    @property
    def noise(self) -> Distribution:
        """None of its own."""
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
        """No noise; any other value is impossible."""
        expected = self.produce(parents, value)
        return nothing_where(torch.isclose(value, expected, rtol=1e-7, atol=1e-9))

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The noise that gives the variable its value."""
        return self.inner.abduct(parents, parents[self.owner], Generator())

    def describe(self, node: str) -> str:
        """The equation."""
        return f"{node} = the noise behind {self.owner}"
