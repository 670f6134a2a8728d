"""A Pyro distribution over the levels of a variable, at the values they have inside a model."""

import numpy as np
import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Tensor


class LevelDistribution(dist.TorchDistribution):  # type: ignore[misc]
    """Finitely many points with a probability each.

    A Categorical gives indices; this gives the points themselves (an education of 1 to 5 stays 1
    to 5), so that evidence can be scored as it stands in the data. It can be enumerated by Pyro.

    Args:
        probabilities: Of shape (..., K), summing to one.
        points: The K values, ascending.

    Examples:
        >>> chances = LevelDistribution(torch.tensor([0.25, 0.75]), torch.tensor([1.0, 3.0]))
        >>> float(chances.mean), float(chances.log_prob(torch.tensor(3.0)).exp())
        (2.5, 0.75)
        >>> float(chances.log_prob(torch.tensor(2.0)))
        -inf
    """

    arg_constraints = {"probabilities": constraints.simplex}  # noqa: RUF012
    has_enumerate_support = True

    def __init__(
        self, probabilities: Tensor, points: Tensor, validate_args: bool | None = None
    ) -> None:
        self.probabilities = probabilities
        self.points = points
        super().__init__(probabilities.shape[:-1], validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Numbers; a number that is no level has probability zero."""
        return constraints.real

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        return self.probabilities @ self.points

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        return self.probabilities @ self.points.square() - self.mean.square()

    def expand(self, batch_shape: torch.Size, _instance: object = None) -> "LevelDistribution":
        """The same distribution for more units."""
        shape = (*batch_shape, len(self.points))
        return LevelDistribution(self.probabilities.expand(shape), self.points, validate_args=False)

    def sample(self, sample_shape: torch.Size = torch.Size()) -> Tensor:  # noqa: B008
        """Random levels, from torch's global stream as every Pyro distribution."""
        chosen = torch.distributions.Categorical(self.probabilities, validate_args=False)
        codes: Tensor = chosen.sample(sample_shape)  # type: ignore[no-untyped-call]
        return self.points[codes]

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of each value."""
        codes = torch.searchsorted(self.points, value.contiguous())
        codes = codes.clamp(max=len(self.points) - 1)
        shape = np.broadcast_shapes(codes.shape, self.batch_shape)
        chances = self.probabilities.expand((*shape, len(self.points)))
        chosen = chances.gather(-1, codes.expand(shape).unsqueeze(-1)).squeeze(-1)
        return torch.where(self.points[codes] == value, chosen.log(), -torch.inf)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Every level, in a new first dimension."""
        shape = (-1,) + (1,) * len(self.batch_shape)
        every = self.points.reshape(shape)
        return every.expand((-1, *self.batch_shape)) if expand else every
