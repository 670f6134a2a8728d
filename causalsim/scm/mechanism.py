"""How one variable listens to its causes: the three functions from which everything follows.

A mechanism is an equation ``value = f(parents, noise)`` together with the distribution of its one
exogenous noise. Simulation is `produce` in causal order; an intervention replaces a mechanism; a
counterfactual is `abduct` in one world and `produce` in another; evidence is scored by `given`.

Tensors are float64. The last dimension is the unit (a row of a frame); every dimension before it
(draws, worlds) broadcasts. A noise may have an event dimension after the units.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Protocol, runtime_checkable

from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import Domain

Values = Mapping[str, Tensor]


class Coupling(Enum):
    """How a value is tied to its noise; counterfactuals depend on it, and no data can tell.

    Mechanisms that agree on every distribution one can observe or make by experiments may still
    differ in their counterfactuals when they tie values to noise in different ways.
    """

    INVERSION = "inversion: one noise gives one value and back"
    THRESHOLD = "threshold: one uniform noise against cumulative probabilities"
    GUMBEL = "Gumbel-max: one noise a level, the greatest sum with log p wins"
    INVERSE_CDF = (
        "inverse distribution function: one uniform noise against cumulative probabilities"
    )
    MONOTONE = "the noises for which an equation that rises or falls with them has the value"
    TANGLED = "an equation that neither rises nor falls with its noise"
    NONE = "no noise"

    @property
    def exact(self) -> bool:
        """Whether the value and the parents leave one single noise possible."""
        return self in (Coupling.INVERSION, Coupling.NONE)


@runtime_checkable
class Mechanism(Protocol):
    """An equation and the distribution of its noise; frozen, with no name of its own."""

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        ...

    @property
    def domain(self) -> Domain:
        """The values it produces."""
        ...

    @property
    def noise(self) -> Distribution:
        """The distribution of the exogenous noise of one unit (`NO_NOISE` if there is none)."""
        ...

    @property
    def coupling(self) -> Coupling:
        """How its value is tied to its noise."""
        ...

    def given(self, parents: Values) -> Distribution:
        """The distribution of the value given the parents' values (a Pyro distribution)."""
        ...

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """One draw of the noise given the value and the parents; NaN where that is impossible."""
        ...

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The value that this noise gives under these parents."""
        ...

    def describe(self, node: str) -> str:
        """The equation of ``node`` in one line."""
        ...
