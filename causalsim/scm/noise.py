"""Draws of exogenous noise from a generator of one's own, never from global state."""

import numpy as np
import pyro.distributions as dist
import torch
from numpy.typing import NDArray
from pyro.distributions.torch_distribution import TorchDistributionMixin
from scipy import special
from torch import Generator, Tensor
from torch.distributions import Beta, Distribution, Gamma, Normal, StudentT, Uniform

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


def has_nan(values: Tensor) -> bool:
    """Whether any of these is NaN; a sum tells in half the time that none is.

    >>> has_nan(torch.tensor([torch.inf, -torch.inf])), has_nan(torch.tensor([1.0, torch.nan]))
    (False, True)
    """
    return bool(values.sum().isnan()) and bool(values.isnan().any())


def _number(value: float | Tensor) -> Tensor:
    """A float64 tensor."""
    return torch.as_tensor(value, dtype=DTYPE)


def quantiles(noise: Distribution, chances: Tensor) -> Tensor:
    """The quantiles of a continuous noise; those that torch lacks by the special functions.

    >>> from torch.distributions import Gamma
    >>> shape = torch.tensor(1.0, dtype=DTYPE)
    >>> round(float(quantiles(Gamma(shape, shape), torch.tensor(0.5))), 6)
    0.693147

    Raises:
        NotImplementedError: A family without known quantiles.
    """
    raw = chances.detach().numpy()
    if isinstance(noise, Gamma):
        return torch.as_tensor(special.gammaincinv(_raw(noise.concentration), raw)) / noise.rate
    if isinstance(noise, Beta):
        shapes = _raw(noise.concentration1), _raw(noise.concentration0)
        return torch.as_tensor(special.betaincinv(*shapes, raw))
    if isinstance(noise, StudentT):
        standard = torch.as_tensor(special.stdtrit(_raw(noise.df), raw))
        moved: Tensor = noise.loc + noise.scale * standard
        return moved
    found: Tensor = noise.icdf(chances)
    return found.to(DTYPE)


def cumulative(noise: Distribution, values: Tensor) -> Tensor:
    """The distribution function of a continuous noise, of which `quantiles` is the inverse.

    Raises:
        NotImplementedError: A family whose distribution function is not known.
    """
    if isinstance(noise, Gamma):
        scaled = values.clamp(min=0.0) * noise.rate
        below: Tensor = torch.special.gammainc(noise.concentration, scaled)
        return below
    if isinstance(noise, Beta):
        shapes = _raw(noise.concentration1), _raw(noise.concentration0)
        return torch.as_tensor(special.betainc(*shapes, values.detach().clamp(0.0, 1.0).numpy()))
    if isinstance(noise, StudentT):
        standard = ((values - noise.loc) / noise.scale).detach().numpy()
        return torch.as_tensor(special.stdtr(_raw(noise.df), standard))
    found: Tensor = noise.cdf(values)
    return found.to(DTYPE)


def has_quantiles(noise: Distribution) -> bool:
    """Whether `quantiles` and `cumulative` know this family."""
    try:
        cumulative(noise, quantiles(noise, torch.tensor(0.5, dtype=DTYPE)))
    except NotImplementedError:
        return False
    return True


def is_discrete(noise: Distribution) -> bool:
    """Whether a noise has whole numbers, or finitely many values."""
    if noise.has_enumerate_support:
        return True
    support = noise.support
    return bool(support is not None and support.is_discrete)


def support_points(noise: Distribution) -> Tensor:
    """The values of a discrete noise, all but a billionth of a billionth of their probability.

    >>> from pyro.distributions import Bernoulli
    >>> support_points(Bernoulli(0.25)).tolist()
    [0.0, 1.0]
    """
    if noise.has_enumerate_support:
        every: Tensor = noise.enumerate_support(expand=False)
        return every.flatten().to(DTYPE)
    count = 64
    while True:
        points = torch.arange(count, dtype=DTYPE)
        logs = noise.log_prob(points).to(DTYPE)
        # A tail that falls at least as fast as its last step is no heavier than this.
        falling = bool(logs[-1] <= logs[-2])
        if (falling and float(logs[-1]) < -42.0) or count > 10**6:
            return points[logs > -60.0]
        count *= 2


def _raw(parameter: Tensor) -> NDArray[np.float64]:
    """A parameter as an array."""
    return np.asarray(parameter.detach().to(DTYPE).numpy())
