"""A positive variable as a product: ``x = exp(f(pa)) · U``, such as waiting times and costs."""

from dataclasses import dataclass

import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import DTYPE, Domain, Real
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.continuous.additive import line_term
from causalsim.scm.mechanisms.parts.likelihood import fitted_heads
from causalsim.scm.mechanisms.parts.terms import Prediction
from causalsim.scm.recipe import Rows
from causalsim.scm.regression import least_squares


@dataclass(frozen=True, slots=True, eq=False)
class Multiplicative:
    """``x = exp(f(pa)) · U`` with a positive noise: parents multiply the value.

    With ``U ~ Gamma(k, k)`` (mean one) this is Gamma regression with a logarithmic link, and
    since only the scale moves, the coupling is that of the inverse distribution function; with
    ``U ~ LogNormal(0, σ)`` it is a linear model of the logarithm. Given ``x`` the noise is known
    exactly: ``u = x exp(-f)``.

    Args:
        predictor: ``f``, the logarithm of the mean where the noise has mean one.
        noise: The distribution of ``U``, on the positive numbers.

    Examples:
        >>> from causalsim.scm.mechanisms.parts.terms import weighted
        >>> cost = Multiplicative(weighted({"x": 1.0}, 0.0), gamma_noise(2.0))
        >>> u = cost.abduct({"x": torch.tensor(0.0)}, torch.tensor(3.0), Generator())
        >>> float(u), round(float(cost.produce({"x": torch.tensor(1.0)}, u)), 3)
        (3.0, 8.155)

    References:
        McCullagh and Nelder, *Generalized Linear Models* (1989), chapter 8.
    """

    predictor: Prediction
    noise: Distribution

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        return self.predictor.parents

    @property
    def domain(self) -> Domain:
        """Numbers; one that is not positive has density zero."""
        return Real()

    @property
    def coupling(self) -> Coupling:
        """One noise gives one value and back."""
        return Coupling.INVERSION

    def given(self, parents: Values) -> Distribution:
        """The noise, multiplied."""
        logs = self.predictor(parents)
        if isinstance(self.noise, torch.distributions.Gamma):
            rate = self.noise.rate * (-logs).exp()
            made: Distribution = dist.Gamma(self.noise.concentration, rate)
        elif isinstance(self.noise, torch.distributions.LogNormal):
            made = dist.LogNormal(self.noise.loc + logs, self.noise.scale)
        else:
            moved = dist.transforms.AffineTransform(torch.zeros((), dtype=DTYPE), logs.exp())
            made = dist.TransformedDistribution(self.noise, [moved])
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The quotient, where the value is positive."""
        noise = value * (-self.predictor(parents)).exp()
        possible = self.noise.support.check(noise)  # type: ignore[union-attr]
        return torch.where(possible, noise, torch.nan)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The product."""
        return self.predictor(parents).exp() * noise

    def describe(self, node: str) -> str:
        """The equation."""
        family = type(self.noise).__name__
        spread = f"(mean {float(self.noise.mean):.4g}, sd {float(self.noise.stddev):.4g})"
        return f"{node} = exp({self.predictor})·U_{node},  U_{node} ~ {family}{spread}"


def gamma_noise(shape: float | Tensor) -> Distribution:
    """A Gamma of mean one.

    >>> float(gamma_noise(4.0).variance)
    0.25
    """
    parameter = torch.as_tensor(shape, dtype=DTYPE)
    made: Distribution = dist.Gamma(parameter, parameter)
    return made


@dataclass(frozen=True, slots=True)
class GammaRegression:
    """The recipe for positive values whose log mean is linear in the parents, with Gamma noise.

    >>> str(GammaRegression())
    'Gamma regression'
    """

    def refuses(self, rows: Rows) -> str:
        """A Gamma gives positive numbers."""
        return _refuses(rows)

    def fit(self, rows: Rows) -> Multiplicative:
        """Greatest likelihood of the slopes and of the shape, by Newton's method."""
        centre = rows.target.mean().log()
        # On the scale of the mean no exponential overflows.
        target = rows.target * (-centre).exp()
        logs = target.log()

        def density(heads: Tensor, others: Tensor) -> Tensor:
            shape = others[0].clamp(-12.0, 25.0).exp()
            eta = heads[..., 0]
            return (
                shape * (shape.log() - eta)
                + (shape - 1.0) * logs
                - shape * target * (-eta).exp()
                - torch.lgamma(shape)
            )

        terms = [line_term(rows, parent) for parent in rows.parents]
        # The shape for which the variance is that of the values.
        start = -target.var().clamp(1e-6, 1e6).log()
        zero = torch.zeros(1, dtype=DTYPE)
        (predictor,), others = fitted_heads(rows, terms, density, zero, start.unsqueeze(0))
        shape = float(others[0].clamp(-12.0, 25.0).exp())
        return Multiplicative(predictor.stretched(1.0, centre), gamma_noise(shape))

    def __str__(self) -> str:
        """In a few words."""
        return "Gamma regression"


@dataclass(frozen=True, slots=True)
class LogLinear:
    """The recipe for positive values whose logarithm is linear in the parents, plus Normal noise.

    >>> str(LogLinear())
    'log-linear'
    """

    def refuses(self, rows: Rows) -> str:
        """Only positive numbers have logarithms."""
        return _refuses(rows)

    def fit(self, rows: Rows) -> Multiplicative:
        """Least squares of the logarithms, in closed form."""
        terms = [line_term(rows, parent) for parent in rows.parents]
        logs = rows.target.log()
        predictor, residual = least_squares(terms, rows.values, logs)
        spent = 1 + sum(term.width for term in terms)
        spread = (residual.square().sum() / max(len(rows) - spent, 1)).sqrt().clamp(min=1e-9)
        noise: Distribution = dist.LogNormal(torch.zeros((), dtype=DTYPE), spread)
        return Multiplicative(predictor, noise)

    def __str__(self) -> str:
        """In a few words."""
        return "log-linear"


def _refuses(rows: Rows) -> str:
    """Why a product cannot give these values."""
    if not isinstance(rows.domain, Real):
        return f"it is {rows.domain}, not continuous"
    if not bool((rows.target > 0).all()):
        return "not all of its values are positive"
    return "" if float(rows.target.std()) > 0 else "it has one value only"
