"""Mechanisms that an intervention puts in place of natural ones; each remembers the natural one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.errors.base import CausalsimError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Counts, Domain, Levels
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.mechanisms.borrowed import Borrowed
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.mechanisms.switched import Replaced, Switched
from causalsim.scm.noise import NO_NOISE, NOTHING, nothing_where


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A value that is set: no parents, no noise.

    Args:
        natural: The mechanism without the intervention.
        value: Of shape () for all units, or (units,).
    """

    natural: Mechanism
    value: Tensor

    @property
    def parents(self) -> tuple[str, ...]:
        """It listens to nothing."""
        return ()

    @property
    def domain(self) -> Domain:
        """The natural values."""
        return self.natural.domain

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
        made: Distribution = dist.Delta(self.value)
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """No noise; any other value is impossible."""
        return nothing_where(value == self.value)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The value."""
        return self.value

    def describe(self, node: str) -> str:
        """The equation."""
        if self.value.dim():
            return f"{node} := one value a unit"
        return f"{node} := {self.domain.decode(self.value.reshape(1))[0]}"


@dataclass(frozen=True, slots=True, eq=False)
class Shifted:
    """The natural value plus an amount.

    Args:
        natural: The mechanism without the intervention.
        node: The variable, for messages.
        amount: Of shape () or (units,).
    """

    natural: Mechanism
    node: str
    amount: Tensor

    @property
    def parents(self) -> tuple[str, ...]:
        """The natural causes."""
        return self.natural.parents

    @property
    def domain(self) -> Domain:
        """The natural values."""
        return self.natural.domain

    @property
    def noise(self) -> Distribution:
        """The natural noise."""
        return self.natural.noise

    @property
    def coupling(self) -> Coupling:
        """The natural coupling."""
        return self.natural.coupling

    def given(self, parents: Values) -> Distribution:
        """The natural distribution, moved."""
        base = self.natural.given(parents)
        if isinstance(base, LevelDistribution) and not self.amount.dim():
            return LevelDistribution(base.probabilities, base.points + self.amount)
        moved = dist.transforms.AffineTransform(self.amount, 1.0)
        made: Distribution = dist.TransformedDistribution(base, [moved])
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The natural noise of the value before the amount was added."""
        return self.natural.abduct(parents, value - self.amount, generator)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The natural value plus the amount, which must again be a possible value."""
        value = self.natural.produce(parents, noise) + self.amount
        if isinstance(self.domain, Levels | Counts):
            self.domain.encode(self.node, value)
        return value

    def describe(self, node: str) -> str:
        """The equation."""
        amount = "an amount a unit" if self.amount.dim() else f"{float(self.amount):+.4g}"
        return f"{node} := its natural value {amount};  naturally {self.natural.describe(node)}"


@dataclass(frozen=True, slots=True, eq=False)
class Steered:
    """A function of other variables, and perhaps of the natural value.

    Args:
        natural: The mechanism without the intervention.
        node: The variable.
        function: The policy.
        reads: The domain of each argument, in the function's order.
    """

    natural: Mechanism
    node: str
    function: Callable[..., object]
    reads: Mapping[str, Domain]

    @property
    def parents(self) -> tuple[str, ...]:
        """What the function reads; the natural causes too where it reads the natural value."""
        read = [name for name in self.reads if name != self.node]
        causes = self.natural.parents if self.node in self.reads else ()
        return tuple(dict.fromkeys((*causes, *read)))

    @property
    def domain(self) -> Domain:
        """The natural values."""
        return self.natural.domain

    @property
    def noise(self) -> Distribution:
        """The natural noise where the natural value is read, else none."""
        return self.natural.noise if self.node in self.reads else NO_NOISE

    @property
    def coupling(self) -> Coupling:
        """The natural coupling where the natural value is read."""
        return self.natural.coupling if self.node in self.reads else Coupling.NONE

    def given(self, parents: Values) -> Distribution:
        """A point mass, unless it depends on the natural value."""
        if self.node in self.reads:
            raise ModelError.unscorable(self.node)
        made: Distribution = dist.Delta(self.produce(parents, NOTHING))
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """No noise; any other value is impossible. The natural value cannot be read back."""
        if self.node in self.reads:
            raise ModelError.unscorable(self.node)
        expected = self.produce(parents, NOTHING)
        return nothing_where(torch.isclose(value, expected, rtol=1e-9))

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """What the function returns, which must be a possible value."""
        seen = {name: parents[name] for name in self.reads if name != self.node}
        if self.node in self.reads:
            seen[self.node] = self.natural.produce(parents, noise)
        arguments = {name: domain.shown(seen[name]) for name, domain in self.reads.items()}
        try:
            found = self.function(**arguments)
        except CausalsimError:
            raise
        except Exception as error:
            raise ModelError.failed_policy(self.node, error) from error
        value = self.domain.encode(self.node, found)
        shape = np.broadcast_shapes(*(column.shape for column in seen.values()))
        # One value for all units is fine; some other number of values is not.
        if value.dim() and tuple(value.shape) != shape:
            raise ModelError.wrong_length(self.node, tuple(value.shape), shape[-1] if shape else 1)
        return value

    def describe(self, node: str) -> str:
        """The equation."""
        return f"{node} := policy({', '.join(self.reads)})"


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A value drawn afresh in this world; the factual world says nothing about it.

    Args:
        natural: The mechanism without the intervention.
        node: The variable.
        noise: The distribution of the value.
        fresh: Always true: the noise is the action's, not the variable's own.
    """

    natural: Mechanism
    node: str
    noise: Distribution
    fresh: bool = True

    @property
    def parents(self) -> tuple[str, ...]:
        """It listens to nothing."""
        return ()

    @property
    def domain(self) -> Domain:
        """The natural values."""
        return self.natural.domain

    @property
    def coupling(self) -> Coupling:
        """The value is its noise."""
        return Coupling.INVERSION

    def given(self, parents: Values) -> Distribution:
        """The distribution."""
        return self.noise

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The value."""
        return value

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The draw, which must be a possible value."""
        if isinstance(self.domain, Levels | Counts):
            self.domain.encode(self.node, noise)
        return noise

    def describe(self, node: str) -> str:
        """The equation."""
        return f"{node} := U_{node},  U_{node} ~ {type(self.noise).__name__}"


Imposed = Held | Shifted | Steered | Drawn | Borrowed | Switched | Replaced
