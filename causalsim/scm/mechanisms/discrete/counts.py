"""A variable that counts: uniform noise against the cumulative probabilities of the counts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyro.distributions as dist
import torch
from scipy import special
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Counts, Domain
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.continuous.additive import line_term
from causalsim.scm.mechanisms.parts.likelihood import fitted_heads
from causalsim.scm.mechanisms.parts.quantiles import drawn_between, first_passing
from causalsim.scm.mechanisms.parts.terms import Prediction, Predictor
from causalsim.scm.noise import standard_uniform
from causalsim.scm.recipe import Rows
from causalsim.scm.regression import poisson_log

#: Rates are scored up to ``exp`` of this, and counts produced up to that of 25.
_HIGHEST = 300.0


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

    predictor: Prediction

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
        # A guess far from any that explains the evidence has a density, if one of next to nothing.
        made: Distribution = dist.Poisson(self.predictor(parents).clamp(max=_HIGHEST).exp())
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """A uniform draw from the interval of the count."""
        return _abducted(self._cumulative(parents), value, generator)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The count, by bisection on whole numbers."""
        rate = _mean(self.predictor, parents)
        return _produced(self._cumulative(parents), noise, rate + 40.0 * rate.sqrt() + 60.0)

    def describe(self, node: str) -> str:
        """The equation."""
        return (
            f"{node} = Poisson quantile at U_{node} with log rate {self.predictor},  "
            f"U_{node} ~ Uniform(0, 1)"
        )

    def _cumulative(self, parents: Values) -> Callable[[Tensor], Tensor]:
        """``F(k; λ)``, the regularised incomplete gamma function."""
        rate = _mean(self.predictor, parents)
        return lambda count: torch.special.gammaincc(count + 1.0, rate)


@dataclass(frozen=True, slots=True, eq=False)
class NegativeBinomialCount:
    """The count at which the cumulative negative binomial probability passes the uniform noise.

    Mean ``μ = exp(predictor(pa))``, variance ``μ + μ²/r``: a Poisson whose rate differs between
    units with the same parents. Coupling and abduction are as in `PoissonCount`.

    Args:
        predictor: The logarithm of the mean, with one output.
        size: ``r``, positive; the larger, the nearer to a Poisson.

    References:
        Hilbe, *Negative Binomial Regression* (2011), model NB2.
    """

    predictor: Predictor
    size: float

    def __post_init__(self) -> None:
        """Check what was given."""
        if not 0.0 < self.size < float("inf"):
            raise ModelError.bad_parameter("size", self.size, "a positive number")

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
        """The negative binomial distribution."""
        logs = self.predictor(parents).clamp(max=_HIGHEST)
        logits = logs - torch.tensor(self.size, dtype=DTYPE).log()
        made: Distribution = dist.NegativeBinomial(self.size, logits=logits)
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """A uniform draw from the interval of the count."""
        return _abducted(self._cumulative(parents), value, generator)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The count, by bisection on whole numbers."""
        mean = _mean(self.predictor, parents)
        deviation = (mean + mean.square() / self.size).sqrt()
        return _produced(self._cumulative(parents), noise, mean + 20.0 * deviation + 60.0)

    def describe(self, node: str) -> str:
        """The equation."""
        return (
            f"{node} = negative binomial quantile at U_{node} with log mean {self.predictor} and "
            f"size {self.size:.4g},  U_{node} ~ Uniform(0, 1)"
        )

    def _cumulative(self, parents: Values) -> Callable[[Tensor], Tensor]:
        """``F(k; μ, r)``, the regularised incomplete beta function."""
        chance = (self.size / (self.size + _mean(self.predictor, parents))).numpy()

        def cumulative(count: Tensor) -> Tensor:
            found = special.betainc(self.size, count.numpy() + 1.0, chance)
            return torch.as_tensor(found, dtype=DTYPE)

        return cumulative


@dataclass(frozen=True, slots=True)
class PoissonRegression:
    """The recipe for counts whose log rate is linear in the parents; never chosen by itself.

    >>> str(PoissonRegression())
    'Poisson regression'
    """

    def refuses(self, rows: Rows) -> str:
        """Counts are whole and not negative."""
        return _refuses(rows)

    def fit(self, rows: Rows) -> PoissonCount:
        """Greatest likelihood, by Newton's method."""
        terms = [line_term(rows, parent) for parent in rows.parents]
        return PoissonCount(poisson_log(terms, rows.values, rows.target))

    def __str__(self) -> str:
        """In a few words."""
        return "Poisson regression"


@dataclass(frozen=True, slots=True)
class NegativeBinomialRegression:
    """The recipe for counts that spread more than a Poisson: log mean linear in the parents.

    >>> str(NegativeBinomialRegression())
    'negative binomial regression'
    """

    def refuses(self, rows: Rows) -> str:
        """Counts are whole and not negative."""
        return _refuses(rows)

    def fit(self, rows: Rows) -> NegativeBinomialCount:
        """Greatest likelihood of the slopes and of the size, by Newton's method."""
        counts = rows.target
        mean = counts.mean().clamp(min=0.5 / len(rows))

        def density(heads: Tensor, others: Tensor) -> Tensor:
            # Counts that spread no more than a Poisson's would send the size to infinity.
            size = others[0].clamp(-10.0, 12.0).exp()
            logs = heads[..., 0] - size.log()
            return (
                torch.lgamma(counts + size)
                - torch.lgamma(size)
                - torch.lgamma(counts + 1.0)
                + counts * torch.nn.functional.logsigmoid(logs)
                + size * torch.nn.functional.logsigmoid(-logs)
            )

        excess = (counts.var() - mean).clamp(min=0.01 * float(mean))
        start = (mean.square() / excess).log().clamp(-5.0, 8.0)
        terms = [line_term(rows, parent) for parent in rows.parents]
        (predictor,), others = fitted_heads(
            rows, terms, density, mean.log().unsqueeze(0), start.unsqueeze(0)
        )
        return NegativeBinomialCount(predictor, float(others[0].clamp(-10.0, 12.0).exp()))

    def __str__(self) -> str:
        """In a few words."""
        return "negative binomial regression"


def _refuses(rows: Rows) -> str:
    """Why values are no counts."""
    target = rows.target
    named = bool(getattr(rows.domain, "named", False))
    whole = bool((target == target.round()).all()) and bool((target >= 0).all())
    return "" if whole and not named else "its values are not counts"


def _mean(predictor: Prediction, parents: Values) -> Tensor:
    """The mean, refused where the exponential leaves the range of numbers that count."""
    logs = predictor(parents)
    if bool((logs > 25.0).any()):
        raise ModelError.bad_parameter(
            "the logarithm of a count's rate", float(logs.max()), "at most 25"
        )
    return logs.exp()


def _abducted(
    cumulative: Callable[[Tensor], Tensor], value: Tensor, generator: Generator
) -> Tensor:
    """A uniform draw from ``[F(x-1), F(x))``."""
    high = cumulative(value.clamp(min=0.0))
    below = cumulative((value - 1.0).clamp(min=0.0))
    low = torch.where(value >= 1.0, below, torch.zeros_like(below))
    possible = (high > low) & (value >= 0) & (value == value.floor())
    drawn = drawn_between(low.expand(high.shape), high, generator)
    return torch.where(possible, drawn, torch.nan)


def _produced(cumulative: Callable[[Tensor], Tensor], noise: Tensor, guess: Tensor) -> Tensor:
    """The count, by bisection."""
    shape = np.broadcast_shapes(noise.shape, guess.shape)
    return first_passing(noise.expand(shape), cumulative, guess.expand(shape))
