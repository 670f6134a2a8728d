"""A variable that is seen only between limits: ``x = min(max(f(pa) + U, low), high)`` (tobit)."""

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.errors.mechanism import MechanismError
from causalsim.scm.domain import DTYPE, Domain, Real
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.continuous.additive import line_term
from causalsim.scm.mechanisms.parts.likelihood import fitted_heads
from causalsim.scm.mechanisms.parts.terms import Prediction
from causalsim.scm.noise import normal
from causalsim.scm.recipe import Rows


class CensoredNormal(dist.TorchDistribution):  # type: ignore[misc]
    """A Normal whose mass beyond each limit sits on the limit.

    ``log_prob`` is a log density between the limits and a log probability at them, that is, a
    density with respect to length plus a point mass at each limit.

    Args:
        loc: Of the Normal, of shape (...).
        scale: Of the Normal.
        low: Minus infinity for none.
        high: Infinity for none.
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real

    def __init__(
        self,
        loc: Tensor,
        scale: Tensor,
        low: float,
        high: float,
        validate_args: bool | None = None,
    ) -> None:
        self.loc = loc
        self.scale = scale
        self.low = low
        self.high = high
        shape = torch.Size(np.broadcast_shapes(loc.shape, scale.shape))
        super().__init__(shape, validate_args=validate_args)

    def expand(self, batch_shape: torch.Size, _instance: object = None) -> "CensoredNormal":
        """The same distribution for more units."""
        return CensoredNormal(
            self.loc.expand(batch_shape), self.scale, self.low, self.high, validate_args=False
        )

    def sample(self, sample_shape: torch.Size = torch.Size()) -> Tensor:  # noqa: B008
        """Random values, from torch's global stream as every Pyro distribution."""
        drawn: Tensor = dist.Normal(self.loc, self.scale).sample(sample_shape)
        return drawn.clamp(self.low, self.high)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log density between the limits, log mass at them, nothing beyond."""
        standard = (value - self.loc) / self.scale
        inside: Tensor = dist.Normal(self.loc, self.scale, validate_args=False).log_prob(value)
        below = torch.special.log_ndtr(standard)
        above = torch.special.log_ndtr(-standard)
        found = torch.where(value == self.low, below, inside)
        found = torch.where(value == self.high, above, found)
        beyond = (value < self.low) | (value > self.high)
        return torch.where(beyond, torch.full_like(found, -inf), found)


@dataclass(frozen=True, slots=True, eq=False)
class Censored:
    """``x = min(max(f(pa) + U, low), high)``, ``U ~ Normal(0, σ)``.

    Between the limits the noise is known exactly; at a limit it is drawn from the Normal beyond
    it, exactly (a truncated Normal). Fails as a model where values pile up at a limit for another
    reason than that the line went beyond it (people who never buy, say).

    Args:
        predictor: ``f``.
        scale: ``σ``, positive.
        low: Minus infinity for none.
        high: Infinity for none.

    Examples:
        >>> from causalsim.scm.mechanisms.parts.terms import weighted
        >>> hours = Censored(weighted({"x": 1.0}, 0.0), torch.tensor(1.0, dtype=DTYPE), low=0.0)
        >>> hours.produce({"x": torch.tensor([-1.0, 2.0])}, torch.tensor([0.5, 0.5])).tolist()
        [0.0, 2.5]

    References:
        Tobin, "Estimation of relationships for limited dependent variables" (1958).
    """

    predictor: Prediction
    scale: Tensor
    low: float = -inf
    high: float = inf

    def __post_init__(self) -> None:
        """Check what was given."""
        _require_limits(self.low, self.high)

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        return self.predictor.parents

    @property
    def domain(self) -> Domain:
        """Numbers; one beyond the limits has probability zero."""
        return Real()

    @property
    def noise(self) -> Distribution:
        """Normal, with mean zero."""
        return normal(self.scale)

    @property
    def coupling(self) -> Coupling:
        """Rising with the noise, and flat beyond the limits."""
        return Coupling.MONOTONE

    def given(self, parents: Values) -> Distribution:
        """A density between the limits, a point mass at each."""
        return CensoredNormal(self.predictor(parents), self.scale, self.low, self.high)

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The residual; at a limit a draw from beyond it."""
        # Beyond a limit the noise is scale · z with z > edge, for the high one mirrored.
        residual = value - self.predictor(parents)
        noise = residual
        for limit, sign in ((self.low, -1.0), (self.high, 1.0)):
            if isfinite(limit):
                tail = _tail(sign * residual / self.scale, generator)
                noise = torch.where(value == limit, sign * self.scale * tail, noise)
        return torch.where((value >= self.low) & (value <= self.high), noise, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The line plus the noise, held within the limits."""
        return (self.predictor(parents) + noise).clamp(self.low, self.high)

    def describe(self, node: str) -> str:
        """The equation."""
        inner = f"{self.predictor} + U_{node}"
        if isfinite(self.low):
            inner = f"max({inner}, {self.low:.4g})"
        if isfinite(self.high):
            inner = f"min({inner}, {self.high:.4g})"
        return f"{node} = {inner},  U_{node} ~ Normal(sd {float(self.scale):.4g})"


@dataclass(frozen=True, slots=True)
class Tobit:
    """The recipe for a straight line with Normal noise that is seen only between limits.

    Args:
        low: Values at or below it count as at it; minus infinity for none.
        high: Values at or above it count as at it; infinity for none.

    Examples:
        >>> str(Tobit(low=0.0))
        'tobit (from 0)'
    """

    low: float = -inf
    high: float = inf

    def __post_init__(self) -> None:
        """Check what was given."""
        _require_limits(self.low, self.high)

    def refuses(self, rows: Rows) -> str:
        """Numbers within the limits, some of them inside."""
        if not isinstance(rows.domain, Real):
            return f"it is {rows.domain}, not continuous"
        if bool(((rows.target < self.low) | (rows.target > self.high)).any()):
            return f"it has values beyond the limits {self.low} and {self.high}"
        inside = (rows.target > self.low) & (rows.target < self.high)
        return "" if int(inside.sum()) > 1 else "it has no two values between the limits"

    def fit(self, rows: Rows) -> Censored:
        """Greatest likelihood of the line and of the spread, by Newton's method."""
        centre, scale = rows.target.mean(), rows.target.std().clamp(min=1e-12)
        target = (rows.target - centre) / scale
        low, high = (float((limit - centre) / scale) for limit in (self.low, self.high))
        at_low, at_high = rows.target == self.low, rows.target == self.high

        def density(heads: Tensor, others: Tensor) -> Tensor:
            spread = others[0].clamp(min=-15.0)
            inverse = (-spread).exp()
            eta = heads[..., 0]
            found = -0.5 * ((target - eta) * inverse).square() - spread
            if isfinite(low):
                found = torch.where(at_low, torch.special.log_ndtr((low - eta) * inverse), found)
            if isfinite(high):
                found = torch.where(at_high, torch.special.log_ndtr((eta - high) * inverse), found)
            return found

        terms = [line_term(rows, parent) for parent in rows.parents]
        zero = torch.zeros(1, dtype=DTYPE)
        (line,), others = fitted_heads(rows, terms, density, zero, zero)
        spread = scale * others[0].clamp(min=-15.0).exp()
        return Censored(line.stretched(scale, centre), spread, self.low, self.high)

    def __str__(self) -> str:
        """In a few words."""
        ends = [f"from {self.low:g}"] if isfinite(self.low) else []
        ends += [f"to {self.high:g}"] if isfinite(self.high) else []
        return f"tobit ({' '.join(ends)})"


def _tail(edge: Tensor, generator: Generator) -> Tensor:
    """Draws of a standard Normal beyond ``edge``.

    By the inverse of the distribution function on the logarithmic scale, so that far tails are
    as exact as the middle: solve ``log Φ(-z) = log V + log Φ(-edge)``.
    """
    uniform = torch.rand(edge.shape, generator=generator, dtype=DTYPE).clamp(min=1e-300)
    target = uniform.log() + torch.special.log_ndtr(-edge)
    # From Φ(-z) ≈ exp(-z²/2) outside the middle; Newton on the concave log Φ(-z) does the rest.
    moderate = -torch.special.ndtri(target.exp().clamp(1e-300, 1.0 - 1e-16))
    z = torch.where(target > -600.0, moderate, (-2.0 * target).sqrt())
    for _ in range(4):
        logs = torch.special.log_ndtr(-z)
        hazard = (-0.5 * z.square() - logs).exp() / (2.0 * torch.pi) ** 0.5
        z = z + (logs - target) / hazard
    return torch.maximum(z, edge)


def _require_limits(low: float, high: float) -> None:
    """Refuse limits that limit nothing or leave nothing."""
    if not low < high or not (isfinite(low) or isfinite(high)):
        raise MechanismError.bad_limits(low, high)
