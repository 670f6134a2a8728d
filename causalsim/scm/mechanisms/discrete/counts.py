"""A variable that counts: uniform noise against the cumulative probabilities of a Poisson."""

from dataclasses import dataclass

import numpy as np
import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Counts, Domain
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.continuous.additive import line_term
from causalsim.scm.mechanisms.parts.terms import Predictor
from causalsim.scm.noise import standard_uniform
from causalsim.scm.recipe import Rows
from causalsim.scm.regression import poisson_log


@dataclass(frozen=True, slots=True, eq=False)
class PoissonCount:
    """The count at which the cumulative Poisson probability passes the uniform noise.

    ``x = min {k : F(k; λ) > U}``, ``λ = exp(predictor(pa))``, ``U ~ Uniform(0, 1)``. Given ``x``
    the noise is uniform on ``[F(x-1), F(x))``, exactly. The coupling is monotone: a unit's count
    never falls when the rate rises. Fails as a model where counts spread more than a Poisson does.

    Args:
        predictor: The logarithm of the rate, with one output.

    References:
        Tian and Pearl, "Probabilities of causation: bounds and identification" (2000), for
        monotonicity; McCullagh and Nelder, *Generalized Linear Models* (1989), chapter 6.
    """

    predictor: Predictor

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        return self.predictor.parents

    @property
    def domain(self) -> Domain:
        """Whole numbers from zero."""
        return Counts()

    @property
    def noise(self) -> Distribution:
        """Uniform on [0, 1)."""
        return standard_uniform()

    @property
    def coupling(self) -> Coupling:
        """The inverse of the cumulative distribution."""
        return Coupling.INVERSE_CDF

    def given(self, parents: Values) -> Distribution:
        """The Poisson distribution."""
        made: Distribution = dist.Poisson(self._rate(parents))
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """A uniform draw from the interval of the count."""
        rate = self._rate(parents)
        shape = np.broadcast_shapes(value.shape, rate.shape)
        rate, value = rate.expand(shape), value.expand(shape)
        low, high = _cumulative(value - 1.0, rate), _cumulative(value, rate)
        uniform = torch.rand(shape, generator=generator, dtype=DTYPE)
        # Rounding may reach the upper edge, which belongs to the next count.
        drawn = torch.minimum(low + (high - low) * uniform, torch.nextafter(high, low))
        return torch.where((high > low) & (value >= 0), drawn, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The count, by bisection on whole numbers."""
        rate = self._rate(parents)
        shape = np.broadcast_shapes(noise.shape, rate.shape)
        rate, noise = rate.expand(shape), noise.expand(shape)
        low = torch.full(shape, -1.0, dtype=DTYPE)  # F(low) <= U < F(high) throughout
        high = (rate + 40.0 * rate.sqrt() + 60.0).ceil()
        while bool((high - low > 1.0).any()):
            middle = ((low + high) / 2).floor()
            passed = _cumulative(middle, rate) > noise
            low, high = torch.where(passed, low, middle), torch.where(passed, middle, high)
        return high

    def describe(self, node: str) -> str:
        """The equation."""
        return (
            f"{node} = Poisson quantile at U_{node} with log rate {self.predictor},  "
            f"U_{node} ~ Uniform(0, 1)"
        )

    def _rate(self, parents: Values) -> Tensor:
        """``λ``, refused where the exponential leaves the range of numbers that count."""
        logs = self.predictor(parents)
        if bool((logs > 25.0).any()):
            raise ModelError.bad_parameter(
                "the logarithm of a count's rate", float(logs.max()), "at most 25"
            )
        return logs.exp()


@dataclass(frozen=True, slots=True)
class PoissonRegression:
    """The recipe for counts whose log rate is linear in the parents; never chosen by itself.

    >>> str(PoissonRegression())
    'Poisson regression'
    """

    def refuses(self, rows: Rows) -> str:
        """Counts are whole and not negative."""
        target = rows.target
        named = bool(getattr(rows.domain, "named", False))
        whole = bool((target == target.round()).all()) and bool((target >= 0).all())
        return "" if whole and not named else "its values are not counts"

    def fit(self, rows: Rows) -> PoissonCount:
        """Greatest likelihood, by Newton's method."""
        terms = [line_term(rows, parent) for parent in rows.parents]
        return PoissonCount(poisson_log(terms, rows.values, rows.target))

    def __str__(self) -> str:
        """In a few words."""
        return "Poisson regression"


def _cumulative(count: Tensor, rate: Tensor) -> Tensor:
    """``F(k; λ)``, the regularised incomplete gamma function; zero below zero."""
    found = torch.special.gammaincc(count.clamp(min=0.0) + 1.0, rate)
    return torch.where(count < 0, torch.zeros_like(found), found)
