"""A continuous variable that is linear in columns of its parents, with Normal noise.

``y ~ Normal(X β, σ²)``. Where every belief about β is scaled by σ and that about σ² is inverse
gamma, the posterior is normal-inverse-gamma:

``Λₙ = X'X + Λ₀,  mₙ = Λₙ⁻¹ (X'y + Λ₀ m₀),  aₙ = a + n/2,
bₙ = b + (y'y + m₀'Λ₀m₀ - mₙ'Λₙmₙ) / 2``

Else β is integrated out given σ, and numerical engines have one coordinate, ``log σ``.

References:
    Gelman et al., *Bayesian Data Analysis* (2013), sections 14.2 and 14.8.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.domain import DTYPE
from causalsim.scm.learning.algebra import Algebra
from causalsim.scm.learning.design import Beliefs, Design, believed, designed
from causalsim.scm.learning.drawing import gamma_draws, normal_draws
from causalsim.scm.learning.priors import HalfCauchy, HalfNormal, InverseGamma, Prior, ScaledNormal
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import Additive
from causalsim.scm.mechanisms.parts.terms import Predictor
from causalsim.scm.noise import normal
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class LinearGaussian:
    """Coefficients and the noise's standard deviation of one additive mechanism.

    Args:
        node: The variable.
        template: The mechanism whose parameters are learnt.
        design: The columns.
        coefficients: What is believed about them.
        noise: What is believed about the noise.
        rows: How many rows.
        gram: ``X'X``.
        moment: ``X'y``, with ``y`` counted from its mean.
        square: ``y'y``, likewise.
        centre: The mean of the variable.
        spread: The residuals' standard deviation by least squares.
        spectrum: What the density of σ needs of all these.
    """

    node: str
    template: Additive
    design: Design
    coefficients: Beliefs
    noise: InverseGamma | HalfNormal | HalfCauchy
    rows: int
    gram: Tensor
    moment: Tensor
    square: Tensor
    centre: float
    spread: float
    spectrum: "Spectrum"

    @classmethod
    def made(cls, rows: Rows, template: Additive, prior: Prior) -> "LinearGaussian":
        """The sums that the posterior needs: the rows themselves are not kept."""
        if prior.table is not None or prior.groups is not None:
            field = "table" if prior.table is not None else "groups"
            raise LearningError.unused_prior(rows.node, field, "linear Gaussian")
        assert isinstance(template.predictor, Predictor)
        found = designed(rows, template.predictor.terms)
        size, spread = sizes_of(rows.target, found.features)
        mean = float(rows.target.mean())
        centre = ScaledNormal(mean, 2.5 * size / spread)
        beliefs = believed(rows.node, found, prior, centre, 2.5 * size / spread)
        # Squares of values far from zero would leave no digits for the residuals.
        beliefs = replace(beliefs, loc=beliefs.loc - mean * beliefs.functionals[:, 0])
        noise = prior.noise or InverseGamma(1.5, 1.5 * spread**2)
        if not isinstance(noise, InverseGamma | HalfNormal | HalfCauchy):
            raise LearningError.bad_prior(
                rows.node, "noise", noise, "InverseGamma, HalfNormal, HalfCauchy"
            )
        x, y = found.features, rows.target - mean
        kept = replace(found, features=x[:0])
        sums = (len(y), x.T @ x, x.T @ y, y @ y)
        seen = Spectrum.made(beliefs, sums[1], sums[2], spread)
        return cls(rows.node, template, kept, beliefs, noise, *sums, mean, spread, seen)

    @property
    def names(self) -> tuple[str, ...]:
        """Intercept, slopes, and the noise's standard deviation."""
        return (*self.design.names, "sd")

    @property
    def beliefs(self) -> str:
        """The prior in words."""
        which = "variance" if isinstance(self.noise, InverseGamma) else "sd"
        return ", ".join((*self.coefficients.words, f"{which} ~ {self.noise}"))

    @property
    def start(self) -> Tensor:
        """The logarithm of the residuals' standard deviation."""
        return torch.tensor([self.spread], dtype=DTYPE).log()

    @property
    def work(self) -> int:
        """A small matrix."""
        return self.gram.numel()

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """The marginal posterior density of ``log σ``, with the coefficients integrated out."""
        log_scale = at[..., 0]
        variance = algebra.exp(2.0 * log_scale)
        count = self.rows + int(self.coefficients.relative.sum())
        squares = float(self.square + self.coefficients.quadratic(True)[2])
        fit = self.spectrum.fit(variance, algebra)
        prior = spread_density(self.noise, log_scale, algebra)
        return fit - count * log_scale - squares / variance / 2 + prior

    def finish(self, at: Tensor, seed: Seed) -> Tensor:
        """The coefficients given σ, which are Normal."""
        scale = at[:, 0].exp()
        precision, shift = self._conditional(scale.square())
        working = normal_draws(precision, shift, seed.torch())
        return self._natural(working, scale)

    def closed_form(self, draws: int, seed: Seed) -> Tensor | str:
        """Draws from the normal-inverse-gamma posterior."""
        if not isinstance(self.noise, InverseGamma):
            return f"the belief about its noise is {self.noise}, not InverseGamma"
        if not bool(self.coefficients.relative.all()):
            return "a belief about its coefficients is Normal, not ScaledNormal"
        own, shift, squares = self.coefficients.quadratic(True)
        precision, shift = self.gram + own, self.moment + shift
        mean = torch.linalg.solve(precision, shift)
        shape = self.noise.shape + self.rows / 2
        # A column that its parents determine leaves rounding errors of either sign.
        rest = float(self.square + squares - mean @ shift)
        scale = self.noise.scale + max(rest, 0.0) / 2
        stream = seed.torch()
        variance = scale / gamma_draws(shape, draws, stream)
        factor = torch.linalg.cholesky(precision)
        standard = torch.randn((len(mean), draws), generator=stream, dtype=DTYPE)
        rotated = torch.linalg.solve_triangular(factor.T, standard, upper=True)
        working = mean.unsqueeze(1) + variance.sqrt() * rotated
        return self._natural(working.T, variance.sqrt())

    def prior(self, draws: int, seed: Seed) -> Tensor:
        """Draws from the prior."""
        stream = seed.torch()
        scale = spread_draws(self.noise, draws, stream)
        standard = torch.randn((draws, len(self.design.names)), generator=stream, dtype=DTYPE)
        return self._natural(self.coefficients.drawn(scale, standard), scale)

    def mechanism(self, parameters: Tensor) -> Mechanism:
        """The mechanism with these coefficients and this noise."""
        predictor = self.design.predictor(parameters[:-1])
        return replace(self.template, predictor=predictor, noise=normal(parameters[-1]))

    def _natural(self, working: Tensor, scale: Tensor) -> Tensor:
        """Parameters of shape (draws, names)."""
        natural = working @ self.design.natural.T
        natural[:, 0] += self.centre
        return torch.cat([natural, scale.unsqueeze(1)], dim=1)

    def _conditional(self, variance: Tensor) -> tuple[Tensor, Tensor]:
        """Precision, and precision times mean, of the coefficients given the variance."""
        relative, relative_shift, _ = self.coefficients.quadratic(True)
        absolute, absolute_shift, _ = self.coefficients.quadratic(False)
        narrow, wide = variance[..., None], variance[..., None, None]
        precision = (self.gram + relative) / wide + absolute
        return precision, (self.moment + relative_shift) / narrow + absolute_shift


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The coefficients' precision ``M / σ² + Λ`` made diagonal once for every σ.

    With ``C`` such that ``C' (M / s₀ + Λ) C = I`` and ``C' (M / s₀) C = diag(e)`` the precision is
    ``diag(e s₀ / σ² + 1 - e)`` in the coordinates of ``C``.

    Args:
        shares: ``e``: how much of each precision the rows and scaled beliefs make.
        scaled: ``C'`` times the part of precision times mean that ``σ²`` divides.
        fixed: ``C'`` times the other part.
        unit: ``s₀``.
    """

    shares: Tensor
    scaled: Tensor
    fixed: Tensor
    unit: float

    @classmethod
    def made(cls, beliefs: Beliefs, gram: Tensor, moment: Tensor, spread: float) -> "Spectrum":
        """The generalised eigenvalues of the two parts."""
        relative, relative_shift, _ = beliefs.quadratic(True)
        absolute, absolute_shift, _ = beliefs.quadratic(False)
        unit = spread**2
        part = (gram + relative) / unit
        factor = torch.linalg.cholesky(part + absolute)
        half = torch.linalg.solve_triangular(factor, part, upper=False)
        inner = torch.linalg.solve_triangular(factor, half.T, upper=False)
        shares, vectors = torch.linalg.eigh((inner + inner.T) / 2)
        turn = torch.linalg.solve_triangular(factor.T, vectors, upper=True).T
        shares = shares.clamp(0.0, 1.0)
        return cls(shares, turn @ (moment + relative_shift), turn @ absolute_shift, unit)

    def fit(self, variance: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """``q' P⁻¹ q / 2 - log det P / 2`` up to a constant, at each variance."""
        shares, wide = algebra.data(self.shares), variance[..., None]
        precision = shares * (self.unit / wide) + (1.0 - shares)
        shift = algebra.data(self.scaled) / wide + algebra.data(self.fixed)
        return (shift * shift / precision - algebra.log(precision)).sum(-1) / 2


def spread_density(belief: object, log_scale: Any, algebra: Algebra) -> Any:  # noqa: ANN401
    """The log density, up to a constant, of ``log σ`` under a belief about σ or σ²."""
    if isinstance(belief, InverseGamma):
        return -2.0 * belief.shape * log_scale - belief.scale * algebra.exp(-2.0 * log_scale)
    if isinstance(belief, HalfNormal):
        return log_scale - algebra.exp(2.0 * log_scale) / (2.0 * belief.scale**2)
    assert isinstance(belief, HalfCauchy)
    return log_scale - algebra.log1p(algebra.exp(2.0 * log_scale) / belief.scale**2)


def spread_draws(belief: object, draws: int, stream: torch.Generator) -> Tensor:
    """Prior draws of a standard deviation."""
    if isinstance(belief, InverseGamma):
        return (belief.scale / gamma_draws(belief.shape, draws, stream)).sqrt()
    if isinstance(belief, HalfNormal):
        return belief.scale * torch.randn(draws, generator=stream, dtype=DTYPE).abs()
    assert isinstance(belief, HalfCauchy)
    uniform = torch.rand(draws, generator=stream, dtype=DTYPE)
    return belief.scale * torch.tan(uniform * torch.pi / 2)


def sizes_of(target: Tensor, features: Tensor) -> tuple[float, float]:
    """The spread of the variable, and that of its least-squares residuals; both positive."""
    size = float(target.std()) if len(target) > 1 else 0.0
    size = size if size > 1e-12 * (1.0 + float(target.abs().max())) else 1.0
    weights = torch.linalg.pinv(features.T @ features, rtol=1e-11, hermitian=True) @ (
        features.T @ target
    )
    left = float((target - features @ weights).square().sum())
    spread = (left / max(len(target) - features.shape[1], 1)) ** 0.5
    return size, max(spread, 1e-6 * size)
