"""A variable that its parents determine: ``x = f(pa)``, without noise."""

from dataclasses import dataclass

import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import Domain, Real
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.parts.terms import Prediction
from causalsim.scm.noise import NO_NOISE, nothing_where

#: How far a value may be from what its parents say, relative to its size: rounding, no more.
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Deterministic:
    """``x = f(pa)``: a value that is computed, such as an index or a sum.

    Evidence that contradicts the equation by more than rounding is impossible, and an error.

    Args:
        predictor: ``f``.

    Examples:
        >>> from causalsim.scm.mechanisms.parts.terms import weighted
        >>> total = Deterministic(weighted({"a": 1.0, "b": 1.0}, 0.0))
        >>> print(total.describe("total"))
        total = 1·a + 1·b
    """

    predictor: Prediction

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        return self.predictor.parents

    @property
    def domain(self) -> Domain:
        """All numbers."""
        return Real()

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
        made: Distribution = dist.Delta(self.predictor(parents))
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """Nothing; NaN where the value is not what the parents say."""
        return nothing_where(torch.isclose(value, self.predictor(parents), rtol=TOLERANCE))

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """What the parents say."""
        return self.predictor(parents)

    def describe(self, node: str) -> str:
        """The equation."""
        return f"{node} = {self.predictor}"
