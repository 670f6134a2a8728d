"""A continuous variable as a function of its parents plus noise: ``x = f(pa) + U``."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyro.distributions as dist
import torch
from torch import Generator, Tensor
from torch.distributions import Distribution

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Domain, Levels, Real
from causalsim.scm.mechanism import Coupling, Values
from causalsim.scm.mechanisms.parts.terms import (
    Curve,
    Offsets,
    Prediction,
    Slope,
    Term,
    weighted,
)
from causalsim.scm.noise import normal
from causalsim.scm.recipe import Rows
from causalsim.scm.regression import least_squares


@dataclass(frozen=True, slots=True, eq=False)
class Additive:
    """A prediction from the parents plus noise: ``x = f(pa) + U``, such as ``U ~ Normal(0, σ)``.

    Given ``x`` and the parents the noise is known exactly: ``u = x - f(pa)``. Fails as a model
    where the spread depends on the parents or the noise is far from Normal; unit counterfactuals
    then keep the residual but put it on the wrong scale.

    Args:
        predictor: ``f``, with one output: lines, curves, a regressor, a network.
        noise: The distribution of ``U``.

    Examples:
        >>> line = linear({"x": 0.5}, scale=2.0)
        >>> u = line.abduct({"x": torch.tensor(1.0)}, torch.tensor(1.5), Generator())
        >>> float(u), float(line.produce({"x": torch.tensor(3.0)}, u))
        (1.0, 2.5)

    References:
        Hoyer et al., "Nonlinear causal discovery with additive noise models" (2008).
    """

    predictor: Prediction
    noise: Distribution

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables it reads."""
        return self.predictor.parents

    @property
    def domain(self) -> Domain:
        """All numbers."""
        return Real()

    @property
    def coupling(self) -> Coupling:
        """One noise gives one value and back."""
        return Coupling.INVERSION

    def given(self, parents: Values) -> Distribution:
        """The noise moved by the prediction."""
        shift = dist.transforms.AffineTransform(self.predictor(parents), 1.0)
        if isinstance(self.noise, torch.distributions.Normal):
            made: Distribution = dist.Normal(shift.loc + self.noise.loc, self.noise.scale)
        else:
            made = dist.TransformedDistribution(self.noise, [shift])
        return made

    def abduct(self, parents: Values, value: Tensor, generator: Generator) -> Tensor:
        """The residual."""
        return value - self.predictor(parents)

    def produce(self, parents: Values, noise: Tensor) -> Tensor:
        """The prediction plus the noise."""
        return self.predictor(parents) + noise

    def describe(self, node: str) -> str:
        """The equation."""
        scale = float(self.noise.stddev)
        family = type(self.noise).__name__
        return f"{node} = {self.predictor} + U_{node},  U_{node} ~ {family}(sd {scale:.4g})"


def linear(
    coefficients: Mapping[str, float], *, intercept: float = 0.0, scale: float = 1.0
) -> Additive:
    """A linear Gaussian mechanism written by hand: ``x = intercept + Σ b·parent + U``.

    Args:
        coefficients: The slope of each parent; empty for a root.
        intercept: The mean where all parents are zero.
        scale: The standard deviation of the noise, positive.

    Raises:
        ModelError: If a number is not finite or the scale is not positive.

    Examples:
        >>> print(linear({"X": 0.7, "H": 0.4}).describe("Y"))
        Y = 0.7·X + 0.4·H + U_Y,  U_Y ~ Normal(sd 1)
    """
    if not 0.0 < scale < float("inf"):
        raise ModelError.bad_parameter("the noise's scale", scale, "a positive number")
    return Additive(weighted(coefficients, intercept), normal(scale))


@dataclass(frozen=True, slots=True)
class Linear:
    """The recipe for a straight line in every parent (an offset a level for names).

    >>> str(Linear())
    'linear'
    """

    def refuses(self, rows: Rows) -> str:
        """Only numbers that may take any value have additive noise."""
        return "" if isinstance(rows.domain, Real) else f"it is {rows.domain}, not continuous"

    def terms(self, rows: Rows) -> list[Term]:
        """How the parents enter."""
        return [line_term(rows, parent) for parent in rows.parents]

    def fit(self, rows: Rows) -> Additive:
        """Least squares, in closed form."""
        return _fitted(rows, self.terms(rows))

    def __str__(self) -> str:
        """In a few words."""
        return "linear"


@dataclass(frozen=True, slots=True)
class Splines:
    """The recipe for one smooth curve a parent, added up.

    Args:
        knots: How many knots a curve has at most, at least 3.
        even: Whether they stand at evenly spaced values between the outer ones, which follows a
            bend where few rows are; else at evenly spaced quantiles, which follows where most are.

    Examples:
        >>> str(Splines(knots=5)), str(Splines(10, even=True))
        ('additive splines (5 knots)', 'additive splines (10 even knots)')
    """

    knots: int = 5
    even: bool = False

    def __post_init__(self) -> None:
        """Check what was given."""
        if self.knots < 3:
            raise ModelError.bad_parameter("knots", self.knots, "at least 3")

    def refuses(self, rows: Rows) -> str:
        """Curves need a parent to bend along."""
        if not isinstance(rows.domain, Real):
            return f"it is {rows.domain}, not continuous"
        bends = any(isinstance(self._term(rows, parent), Curve) for parent in rows.parents)
        return "" if bends else "no parent has enough different values for a curve"

    def terms(self, rows: Rows) -> list[Term]:
        """How the parents enter."""
        return [self._term(rows, parent) for parent in rows.parents]

    def fit(self, rows: Rows) -> Additive:
        """Least squares, in closed form."""
        return _fitted(rows, self.terms(rows))

    def __str__(self) -> str:
        """In a few words."""
        return f"additive splines ({self.knots} {'even ' if self.even else ''}knots)"

    def _term(self, rows: Rows, parent: str) -> Term:
        """A curve where the parent has three places for knots, else a line."""
        if isinstance(rows.domains[parent], Levels):
            return line_term(rows, parent)
        column = rows.values[parent]
        # Outer knots stand inside the data, so that a stray value does not bend the ends.
        quantiles = torch.linspace(0.02, 0.98, self.knots, dtype=DTYPE)
        places = torch.quantile(_thinned(column), quantiles)
        if self.even:
            places = torch.linspace(float(places[0]), float(places[-1]), self.knots, dtype=DTYPE)
        knots = sorted(set(places.tolist()))
        return Curve(parent, tuple(knots)) if len(knots) >= 3 else Slope(parent)


def line_term(rows: Rows, parent: str) -> Term:
    """A parent with names as offsets, any other as a slope."""
    domain = rows.domains[parent]
    if isinstance(domain, Levels) and domain.named:
        return Offsets(parent, domain)
    return Slope(parent)


def _fitted(rows: Rows, terms: list[Term]) -> Additive:
    """Least squares and the residuals' spread, with its degrees of freedom."""
    predictor, residual = least_squares(terms, rows.values, rows.target)
    spent = 1 + sum(term.width for term in terms)
    scale = (residual.square().sum() / max(len(rows) - spent, 1)).sqrt()
    # A column that its parents determine has no spread; keep its density finite.
    floor = 1e-9 * (1.0 + float(rows.target.abs().max()))
    return Additive(predictor, normal(max(float(scale), floor)))


def _thinned(column: Tensor) -> Tensor:
    """A few thousand of the values: knots need no more, and sorting is slow."""
    step = max(1, len(column) // 5_000)
    return column[::step]
