"""How a distribution is written with an explicit noise: location and scale, quantile, and so on.

A form says which noise a unit keeps, and how noise and value follow from each other under any
member of the family. The noise's own distribution must not depend on the parents.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyro.distributions as dist
import torch
from torch import Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import DTYPE
from causalsim.scm.noise import cumulative, has_quantiles, normal, quantiles, standard_uniform

#: A distribution of a family that the form knows, whose attributes are that family's.
Member = Any


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One way to write a family with a noise.

    Args:
        family: Its name.
        noise: The distribution of the noise.
        solve: From a member and a value to the noise.
        produce: From a member and a noise to the value.
    """

    family: str
    noise: Distribution
    solve: Callable[[Member, Tensor], Tensor]
    produce: Callable[[Member, Tensor], Tensor]


def form_of(member: Member) -> Form | None:
    """The form of a continuous distribution of one number, or None where none is known.

    >>> form_of(dist.Laplace(0.0, 1.0)).family
    'Laplace'
    """
    for family, standard in _MOVED.items():
        if type(member) is family:
            return Form(family.__name__, standard, _standardised, _moved)
    for family, made in _STRETCHED.items():
        if type(member) is family:
            return Form(family.__name__, made(), _unstretched, _stretched)
    if type(member) is dist.StudentT and _is_constant(member.df):
        standard = dist.StudentT(_first(member.df), _number(0.0), _number(1.0))
        return Form("StudentT", standard, _standardised, _moved)
    if type(member) is dist.Gamma and _is_constant(member.concentration):
        standard = dist.Gamma(_first(member.concentration), _number(1.0))
        return Form("Gamma", standard, _times_rate, _over_rate)
    if type(member) in (dist.Gamma, dist.Beta, dist.StudentT) and has_quantiles(member):
        return Form(type(member).__name__, standard_uniform(), cumulative, _quantile)
    if type(member) is dist.Weibull:
        return Form("Weibull", _exponential(), _hazard, _of_hazard)
    if isinstance(member, torch.distributions.TransformedDistribution):
        return _transformed(member)
    return None


#: Every family that `form_of` and the forms for levels and counts know.
KNOWN = (
    "Normal",
    "Laplace",
    "Logistic",
    "Cauchy",
    "Gumbel",
    "StudentT",
    "LogNormal",
    "Uniform",
    "Exponential",
    "HalfNormal",
    "HalfCauchy",
    "Gamma",
    "Weibull",
    "Beta",
    "a TransformedDistribution of these",
    "Bernoulli",
    "Categorical",
    "OrderedLogistic",
    "Poisson",
    "Binomial",
    "Geometric",
    "NegativeBinomial",
    "Delta",
)


def _transformed(member: torch.distributions.TransformedDistribution) -> Form | None:
    """The form of the base, and the transforms after it."""
    base = form_of(member.base_dist)
    if base is None or not all(found.bijective for found in member.transforms):
        return None

    def solve(asked: Member, value: Tensor) -> Tensor:
        for transform in reversed(asked.transforms):
            value = transform.inv(value)
        return base.solve(asked.base_dist, value)

    def produce(asked: Member, noise: Tensor) -> Tensor:
        value = base.produce(asked.base_dist, noise)
        for transform in asked.transforms:
            value = transform(value)
        return value

    return Form(f"{type(member).__name__} of {base.family}", base.noise, solve, produce)


def _number(value: float) -> Tensor:
    """A float64 tensor."""
    return torch.tensor(value, dtype=DTYPE)


def _exponential() -> Distribution:
    """The standard Exponential."""
    made: Distribution = dist.Exponential(_number(1.0))
    return made


def _is_constant(parameter: Tensor) -> bool:
    """Whether a parameter is the same for every unit."""
    return bool((parameter == parameter.flatten()[0]).all())


def _first(parameter: Tensor) -> Tensor:
    """The one value of a constant parameter."""
    return parameter.detach().flatten()[0].to(DTYPE)


def _standardised(member: Member, value: Tensor) -> Tensor:
    """``(x - m) / s``."""
    noise: Tensor = (value - member.loc) / member.scale
    return noise


def _moved(member: Member, noise: Tensor) -> Tensor:
    """``m + s u``."""
    value: Tensor = member.loc + member.scale * noise
    return value


def _ends(member: Member) -> tuple[Tensor, Tensor]:
    """Where the noise zero goes, and by how much a unit of noise moves."""
    if isinstance(member, torch.distributions.Uniform):
        return member.low, member.high - member.low
    if isinstance(member, torch.distributions.Exponential):
        return torch.zeros_like(member.rate), 1.0 / member.rate
    scale = member.scale
    return torch.zeros_like(scale), scale


def _unstretched(member: Member, value: Tensor) -> Tensor:
    """The value on the standard scale."""
    start, step = _ends(member)
    return (value - start) / step


def _stretched(member: Member, noise: Tensor) -> Tensor:
    """The noise on the member's scale."""
    start, step = _ends(member)
    return start + step * noise


def _times_rate(member: Member, value: Tensor) -> Tensor:
    """A Gamma of rate one."""
    noise: Tensor = value * member.rate
    return noise


def _over_rate(member: Member, noise: Tensor) -> Tensor:
    """A Gamma of this rate."""
    value: Tensor = noise / member.rate
    return value


def _quantile(member: Member, noise: Tensor) -> Tensor:
    """The quantile at the noise."""
    shape = np.broadcast_shapes(member.batch_shape, noise.shape)
    return quantiles(member.expand(shape), noise.expand(shape))


def _hazard(member: Member, value: Tensor) -> Tensor:
    """``(x / s)^k``, a standard Exponential."""
    noise: Tensor = (value / member.scale) ** member.concentration
    return noise


def _of_hazard(member: Member, noise: Tensor) -> Tensor:
    """``s u^(1/k)``."""
    value: Tensor = member.scale * noise ** (1.0 / member.concentration)
    return value


_MOVED: dict[type, Distribution] = {
    dist.Normal: normal(1.0),
    dist.Laplace: dist.Laplace(_number(0.0), _number(1.0)),
    dist.Logistic: dist.Logistic(_number(0.0), _number(1.0)),
    dist.Cauchy: dist.Cauchy(_number(0.0), _number(1.0)),
    dist.Gumbel: dist.Gumbel(_number(0.0), _number(1.0)),
}
_STRETCHED: dict[type, Callable[[], Distribution]] = {
    dist.Uniform: standard_uniform,
    dist.Exponential: _exponential,
    dist.HalfNormal: lambda: dist.HalfNormal(_number(1.0)),
    dist.HalfCauchy: lambda: dist.HalfCauchy(_number(1.0)),
}
