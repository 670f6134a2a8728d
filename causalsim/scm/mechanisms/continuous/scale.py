"""A continuous variable whose spread depends on its parents: ``x = m(pa) + exp(s(pa)) · U``."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import Domain, Real
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.continuous.additive import line_term
from causalsim.scm.mechanisms.parts.likelihood import fitted_heads
from causalsim.scm.mechanisms.parts.terms import Prediction, both, weighted
from causalsim.scm.noise import normal, of_one_number
from causalsim.scm.recipe import Rows


@dataclass(frozen=True, slots=True, eq=False)
class LocationScale:
    """``x = m(pa) + exp(s(pa)) · U``: parents move the value and stretch its noise.

    Given ``x`` and the parents the noise is known exactly: ``u = (x - m) exp(-s)``. A unit that
    is two spreads above what its parents say stays two spreads above in every world.

    Args:
        location: ``m``.
        spread: ``s``, the logarithm of what multiplies the noise.
        noise: The distribution of ``U``, such as Normal(0, 1) or StudentT(5, 0, 1).

    Examples:
        >>> wide = location_scale({"x": 1.0}, {"x": 0.5}, noise=normal(1.0))
        >>> u = wide.abduct({"x": torch.tensor(0.0)}, torch.tensor(1.5), Generator())
        >>> float(u), round(float(wide.produce({"x": torch.tensor(2.0)}, u)), 4)
        (1.5, 6.0774)

    References:
        Immer et al., "On the identifiability and estimation of causal location-scale noise
        models" (2023).
    """

    location: Prediction
    spread: Prediction
    noise: Distribution

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        return both(self.location, self.spread)

    @property
    def domain(self) -> Domain:
        """All numbers."""
        return Real()

    @property
    def coupling(self) -> Coupling:
        """One noise gives one value and back."""
        return Coupling.INVERSION

    def given(self, parents: Values) -> Distribution:
        """The noise stretched and moved."""
        location, scale = self.location(parents), self.spread(parents).exp()
        if isinstance(self.noise, torch.distributions.Normal):
            made: Distribution = dist.Normal(
                location + scale * self.noise.loc, scale * self.noise.scale
            )
        else:
            moved = dist.transforms.AffineTransform(location, scale)
            made = dist.TransformedDistribution(self.noise, [moved])
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The residual in units of the spread, where the noise can be that."""
        noise = (value - self.location(parents)) * (-self.spread(parents)).exp()
        possible = self.noise.support.check(noise)  # type: ignore[union-attr]
        return torch.where(possible, noise, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The noise stretched and moved."""
        return self.location(parents) + self.spread(parents).exp() * noise

    def describe(self, node: str) -> str:
        """The equation."""
        family = type(self.noise).__name__
        return f"{node} = {self.location} + exp({self.spread})·U_{node},  U_{node} ~ {family}"


def location_scale(
    location: Mapping[str, float],
    spread: Mapping[str, float],
    *,
    intercept: float = 0.0,
    log_scale: float = 0.0,
    noise: Distribution | None = None,
) -> LocationScale:
    """A mechanism with a straight line for the mean and one for the logarithm of the spread.

    Args:
        location: The slope of the location in each parent.
        spread: The slope of the logarithm of the spread in each parent.
        intercept: The location where all parents are zero.
        log_scale: The logarithm of the spread where all parents are zero.
        noise: The distribution of the noise; standard Normal if None.

    Raises:
        ModelError: A number that is not finite, or a noise of several numbers.

    Examples:
        >>> print(location_scale({"x": 1.0}, {"x": 0.5}).describe("y"))
        y = 1·x + exp(0.5·x)·U_y,  U_y ~ Normal
    """
    standard = normal(1.0) if noise is None else of_one_number("noise", noise)
    return LocationScale(weighted(location, intercept), weighted(spread, log_scale), standard)


@dataclass(frozen=True, slots=True, eq=False)
class Heteroscedastic:
    """The recipe for a straight line of the mean and one of the logarithm of the spread.

    Args:
        noise: The family of the noise, such as ``StudentT(5.0, 0.0, 1.0)`` for heavy tails.

    Examples:
        >>> str(Heteroscedastic())
        'location and scale (Normal)'
    """

    noise: Distribution = field(default_factory=lambda: normal(1.0))

    def __post_init__(self) -> None:
        """Check what was given."""
        of_one_number("noise", self.noise)

    def refuses(self, rows: Rows) -> str:
        """Only numbers that may take any value have a scale."""
        if not isinstance(rows.domain, Real):
            return f"it is {rows.domain}, not continuous"
        return "" if float(rows.target.std()) > 0 else "it has one value only"

    def fit(self, rows: Rows) -> LocationScale:
        """Greatest likelihood, by Newton's method on the standardised value."""
        centre, scale = rows.target.mean(), rows.target.std()
        target = (rows.target - centre) / scale

        def density(heads: Tensor, others: Tensor) -> Tensor:
            # The spread has a floor, as a row that is met exactly has no greatest likelihood.
            logs = heads[..., 1].clamp(min=-15.0)
            found: Tensor = self.noise.log_prob((target - heads[..., 0]) * (-logs).exp()) - logs
            return found

        terms = [line_term(rows, parent) for parent in rows.parents]
        start = torch.zeros(2, dtype=target.dtype)
        (location, spread), _ = fitted_heads(rows, terms, density, start)
        return LocationScale(
            location.stretched(scale, centre), spread.stretched(1.0, scale.log()), self.noise
        )

    def __str__(self) -> str:
        """In a few words."""
        return f"location and scale ({type(self.noise).__name__})"
