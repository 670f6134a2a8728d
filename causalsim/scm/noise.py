"""Draws of exogenous noise from a generator of one's own, never from global state."""

import pyro.distributions as dist
import torch
from pyro.distributions.torch_distribution import TorchDistributionMixin
from torch import Generator, Tensor
from torch.distributions import Distribution, Normal, Uniform

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE

#: The noise of a mechanism that has none; it gets no site in a Pyro program.
NO_NOISE: Distribution = dist.Delta(torch.zeros((), dtype=DTYPE))
#: What `produce` gets as the noise of a mechanism that has none.
NOTHING = torch.zeros((), dtype=DTYPE)


def normal(scale: float | Tensor, loc: float | Tensor = 0.0) -> Distribution:
    """A Pyro Normal in float64.

    >>> normal(2.0).scale
    tensor(2., dtype=torch.float64)
    """
    made: Distribution = dist.Normal(_number(loc), _number(scale))
    return made


def standard_uniform() -> Distribution:
    """A Pyro Uniform on [0, 1) in float64."""
    made: Distribution = dist.Uniform(_number(0.0), _number(1.0))
    return made


def of_one_number(name: str, noise: object) -> Distribution:
    """A Pyro distribution of one number, which every noise of a unit is.

    Raises:
        ModelError: Something else.
    """
    good = isinstance(noise, TorchDistributionMixin) and isinstance(noise, Distribution)
    if not good or noise.batch_shape or noise.event_shape:  # type: ignore[attr-defined]
        raise ModelError.bad_parameter(
            f"the noise {name!r}", noise, "a Pyro distribution of one number"
        )
    assert isinstance(noise, Distribution)
    return noise


def draw(distribution: Distribution, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Independent draws; the same generator state gives the same draws.

    Args:
        distribution: The distribution of one noise, without batch dimensions.
        shape: The dimensions of the draws, before the event dimensions.
        generator: Advanced by the call.

    Returns:
        A float64 tensor of shape ``shape + event_shape``.

    >>> draw(standard_uniform(), (2, 3), Generator().manual_seed(1)).shape
    torch.Size([2, 3])
    """
    if isinstance(distribution, Normal):
        standard = torch.randn(shape, generator=generator, dtype=DTYPE)
        return distribution.loc + distribution.scale * standard
    if isinstance(distribution, Uniform):
        low, high = distribution.low, distribution.high
        return low + (high - low) * torch.rand(shape, generator=generator, dtype=DTYPE)
    # Other families draw from the global stream only: lend it our seed and give it back.
    seed = int(torch.randint(2**62, (), generator=generator))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn: Tensor = distribution.expand(torch.Size(shape)).sample().to(DTYPE)
    return drawn


def is_noiseless(distribution: Distribution) -> bool:
    """Whether a mechanism has no noise to draw."""
    return isinstance(distribution, dist.Delta)


def nothing_where(possible: Tensor) -> Tensor:
    """The abducted noise of a mechanism without noise: NaN where the value is impossible."""
    return torch.where(possible, NOTHING, torch.full_like(NOTHING, torch.nan))


def _number(value: float | Tensor) -> Tensor:
    """A float64 tensor."""
    return torch.as_tensor(value, dtype=DTYPE)
