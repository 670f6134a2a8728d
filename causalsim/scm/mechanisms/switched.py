"""Mechanisms of actions that do not always take, or that put another equation in place."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.distributions import Distribution, Independent

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Domain, Levels
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.mechanisms.written.equation import Exogenous
from causalsim.scm.noise import NOTHING, draw, is_noiseless, standard_uniform

#: Whether an imperfect action takes is decided by one uniform noise a unit, the same in all worlds.
LOT = Exogenous(standard_uniform(), shared=True)


@dataclass(frozen=True, slots=True, eq=False)
class Switched:
    """An action that takes with some probability; else the variable is what it naturally is.

    Args:
        natural: The mechanism without the intervention.
        node: The variable, for messages.
        imposed: The mechanism where the action takes; without noise of its own.
        lot: The name of the uniform noise that decides.
        chance: The probability that the action takes.
        extras: The hidden roots that come with the action.
    """

    natural: Mechanism
    node: str
    imposed: Mechanism
    lot: str
    chance: Tensor
    extras: Mapping[str, Mechanism]

    @property
    def parents(self) -> tuple[str, ...]:
        """The natural causes, what the action reads, and the lot."""
        return tuple(dict.fromkeys((*self.natural.parents, *self.imposed.parents, self.lot)))

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
        """Where the action took, the value tells nothing about the noise."""
        return Coupling.TANGLED

    @property
    def elsewhere(self) -> Mapping[str, tuple[str, str]]:
        """What the action reads in other worlds."""
        found: Mapping[str, tuple[str, str]] = getattr(self.imposed, "elsewhere", {})
        return found

    def given(self, parents: Values) -> Distribution:
        """The natural distribution, or a point mass where the action takes; only for levels."""
        base = self.natural.given(parents)
        if not isinstance(base, LevelDistribution):
            raise ModelError.unscorable(self.node)
        put = self.imposed.produce(parents, NOTHING).unsqueeze(-1) == base.points
        takes = self._takes(parents).unsqueeze(-1)
        mixed = torch.where(takes, put.to(DTYPE), base.probabilities)
        return LevelDistribution(mixed, base.points, validate_args=False)

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The natural noise; from its prior where the action took and the value is the imposed."""
        takes = self._takes(parents)
        noise = self.natural.abduct(parents, value, generator)
        shape = noise.shape[: noise.dim() - len(self.noise.event_shape)]
        prior = draw(self.noise, tuple(shape), generator)
        agrees = value == self.imposed.produce(parents, NOTHING)
        for _ in self.noise.event_shape:
            takes, agrees = takes.unsqueeze(-1), agrees.unsqueeze(-1)
        free = torch.where(agrees, prior, torch.nan)
        return torch.where(takes, free, noise)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The imposed value where the lot says so, else the natural one."""
        imposed = self.imposed.produce(parents, NOTHING)
        return torch.where(self._takes(parents), imposed, self.natural.produce(parents, noise))

    def describe(self, node: str) -> str:
        """The equation."""
        chance = "its chance" if self.chance.dim() else f"{float(self.chance):.4g}"
        return f"with probability {chance} {self.imposed.describe(node)}"

    def _takes(self, parents: Values) -> Tensor:
        """Where the action takes."""
        return parents[self.lot] < self.chance


@dataclass(frozen=True, slots=True, eq=False)
class Replaced:
    """Another equation in the place of the natural one.

    A unit keeps its noise where both equations have the same noise distribution; else the noise is
    a new one, about which the factual world says nothing.

    Args:
        natural: The mechanism without the intervention.
        inner: The mechanism in its place.
    """

    natural: Mechanism
    inner: Mechanism

    @property
    def parents(self) -> tuple[str, ...]:
        """What the new equation reads."""
        return self.inner.parents

    @property
    def domain(self) -> Domain:
        """The natural values."""
        return self.natural.domain

    @property
    def noise(self) -> Distribution:
        """The noise of the new equation."""
        return self.inner.noise

    @property
    def coupling(self) -> Coupling:
        """That of the new equation."""
        return self.inner.coupling

    @property
    def fresh(self) -> bool:
        """Whether the noise is not the variable's own."""
        return not same_noise(self.natural.noise, self.inner.noise)

    def identity(self) -> Hashable:
        """Two with the same equation are the same."""
        return ("replaced", id(self.inner))

    def given(self, parents: Values) -> Distribution:
        """By the new equation."""
        return self.inner.given(parents)

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """By the new equation."""
        return self.inner.abduct(parents, value, generator)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """By the new equation."""
        return self.inner.produce(parents, noise)

    def describe(self, node: str) -> str:
        """The equation, and what becomes of the noise."""
        kept = (
            "" if is_noiseless(self.noise) else (" (new noise)" if self.fresh else " (same noise)")
        )
        return f"{node} :=  {self.inner.describe(node)}{kept}"


def same_noise(one: Distribution, other: Distribution) -> bool:
    """Whether two distributions are the same family with the same parameters.

    >>> from causalsim.scm.noise import normal
    >>> same_noise(normal(1.0), normal(1.0)), same_noise(normal(1.0), normal(2.0))
    (True, False)
    """
    if type(one) is not type(other) or one.event_shape != other.event_shape:
        return False
    if isinstance(one, Independent) and isinstance(other, Independent):
        return same_noise(one.base_dist, other.base_dist)
    names = [name for name in one.arg_constraints if hasattr(one, name)]
    pairs = [(torch.as_tensor(getattr(d, name)) for d in (one, other)) for name in names]
    return bool(names) and all(torch.equal(a, b) for a, b in pairs)


def compatible(one: Domain, other: Domain) -> bool:
    """Whether one variable can take the values of both."""
    if isinstance(one, Levels) and isinstance(other, Levels):
        return one.levels == other.levels
    return type(one) is type(other)
