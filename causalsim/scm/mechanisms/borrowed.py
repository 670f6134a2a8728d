"""Mechanisms that hand on what another variable is: along one arrow, or from another world."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import pyro.distributions as dist
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import Domain
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.noise import NO_NOISE, nothing_where


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """What arrives at one child: the value of a variable, as it is.

    An action on the arrow replaces this mechanism, as an action on a variable replaces the
    variable's own.

    Args:
        source: The variable that is handed on.
        domain: Its values.
    """

    source: str
    domain: Domain

    @property
    def parents(self) -> tuple[str, ...]:
        """The variable that is handed on."""
        return (self.source,)

    @property
    def noise(self) -> Distribution:
        """None."""
        return NO_NOISE

    @property
    def coupling(self) -> Coupling:
        """No noise."""
        return Coupling.NONE

    def identity(self) -> Hashable:
        """Two that hand on the same variable are the same."""
        return ("passed", self.source)

    def given(self, parents: Values) -> Distribution:
        """A point mass."""
        made: Distribution = dist.Delta(parents[self.source])
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """No noise; any other value is impossible."""
        return nothing_where(value == parents[self.source])

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The value."""
        return parents[self.source]

    def describe(self, node: str) -> str:
        """The equation."""
        return f"{node} := {self.source}"


@dataclass(frozen=True, slots=True, eq=False)
class Borrowed:
    """The value that a variable has in another world.

    Args:
        natural: The mechanism without the intervention.
        source: The variable whose value is taken.
        world: The world that it is taken from.
    """

    natural: Mechanism
    source: str
    world: str

    @property
    def parents(self) -> tuple[str, ...]:
        """The variable, under a name that says in which world."""
        return (f"{self.source}@{self.world}",)

    @property
    def elsewhere(self) -> Mapping[str, tuple[str, str]]:
        """For the name that it reads the world and the variable that are meant."""
        return {self.parents[0]: (self.world, self.source)}

    @property
    def domain(self) -> Domain:
        """The natural values."""
        return self.natural.domain

    @property
    def noise(self) -> Distribution:
        """None of its own."""
        return NO_NOISE

    @property
    def coupling(self) -> Coupling:
        """No noise."""
        return Coupling.NONE

    def identity(self) -> Hashable:
        """Two that take the same value are the same."""
        return ("borrowed", self.source, self.world)

    def given(self, parents: Values) -> Distribution:
        """A point mass."""
        made: Distribution = dist.Delta(parents[self.parents[0]])
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """No noise; any other value is impossible."""
        return nothing_where(value == parents[self.parents[0]])

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The value."""
        return parents[self.parents[0]]

    def describe(self, node: str) -> str:
        """The equation."""
        return f"{node} := what {self.source} is in the world {self.world!r}"


@dataclass(frozen=True, slots=True, eq=False)
class Rerouted:
    """A mechanism that reads other nodes under the names that its equation uses.

    Args:
        inner: The mechanism.
        names: For some of the names that it reads the node that is read in its place.
    """

    inner: Mechanism
    names: Mapping[str, str]

    @property
    def parents(self) -> tuple[str, ...]:
        """What is read in truth."""
        return tuple(self.names.get(name, name) for name in self.inner.parents)

    @property
    def domain(self) -> Domain:
        """The same values."""
        return self.inner.domain

    @property
    def noise(self) -> Distribution:
        """The same noise."""
        return self.inner.noise

    @property
    def coupling(self) -> Coupling:
        """The same coupling."""
        return self.inner.coupling

    @property
    def elsewhere(self) -> Mapping[str, tuple[str, str]]:
        """What the inner mechanism reads in other worlds."""
        found: Mapping[str, tuple[str, str]] = getattr(self.inner, "elsewhere", {})
        return found

    def identity(self) -> Hashable:
        """Two that read the same in the same place are the same."""
        return ("rerouted", id(self.inner), tuple(self.names.items()))

    def given(self, parents: Values) -> Distribution:
        """The distribution of the value given what is read."""
        return self.inner.given(self._seen(parents))

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The noise behind the value given what is read."""
        return self.inner.abduct(self._seen(parents), value, generator)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The value that this noise gives."""
        return self.inner.produce(self._seen(parents), noise)

    def describe(self, node: str) -> str:
        """The equation, and what it reads in place of what."""
        swaps = ", ".join(f"({found}) for {name}" for name, found in self.names.items())
        return f"{self.inner.describe(node)}, reading {swaps}"

    def _seen(self, parents: Values) -> Values:
        """The values under the names of the equation."""
        return {name: parents[self.names.get(name, name)] for name in self.inner.parents}
