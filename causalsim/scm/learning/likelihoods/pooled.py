"""A continuous variable whose line varies between groups, with the groups partially pooled.

In group ``g``, ``y = X β + Z b_g + ε`` with ``b_g ~ Normal(0, D²)``, ``D = diag(τ)``,
``ε ~ Normal(0, σ²)``. With ``K_g = I + D Z'Z D / σ²`` (Woodbury's identity)

``Σ_g⁻¹ = I / σ² - Z D K_g⁻¹ D Z' / σ⁴,   log det Σ_g = n_g log σ² + log det K_g``

so the density of ``(σ, τ)`` needs sums over each group only; given these β is Normal, and each
``b_g`` given β.

References:
    Gelman et al., *Bayesian Data Analysis* (2013), section 15.2; Lindley and Smith, "Bayes
    estimates for the linear model" (1972).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.learning.algebra import TORCH, Algebra
from causalsim.scm.learning.design import Beliefs, Design, believed, designed
from causalsim.scm.learning.drawing import normal_draws
from causalsim.scm.learning.likelihoods.gaussian import sizes_of, spread_density, spread_draws
from causalsim.scm.learning.priors import HalfCauchy, HalfNormal, InverseGamma, Normal, Prior
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.continuous.additive import Additive, line_term
from causalsim.scm.mechanisms.parts.terms import Predictor
from causalsim.scm.noise import normal
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class GroupedLine:
    """A line plus what each group deviates from it.

    Args:
        line: The prediction for a group that does not deviate.
        group: The variable that names the group.
        levels: The groups.
        varying: The parents whose slopes deviate.
        deviations: Of shape (groups, 1 + varying): of the intercept, then of the slopes.
    """

    line: Predictor
    group: str
    levels: Levels
    varying: tuple[str, ...]
    deviations: Tensor

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it reads."""
        return (*self.line.parents, self.group)

    def __call__(self, values: Values) -> Tensor:
        """The line, moved and turned by the unit's group."""
        own = self.deviations[self.levels.codes(self.group, values[self.group])]
        total = self.line(values) + own[..., 0]
        for index, name in enumerate(self.varying):
            total = total + own[..., 1 + index] * values[name]
        return total

    def __str__(self) -> str:
        """In a few words."""
        turned = "".join(f" + slope({self.group})·{name}" for name in self.varying)
        return f"{self.line} + offset({self.group}){turned}"


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What the density needs of the rows: sums over all, and over each group (first dimension)."""

    rows: int
    xx: Tensor
    xy: Tensor
    yy: Tensor
    zz: Tensor
    zx: Tensor
    zy: Tensor

    @classmethod
    def made(cls, x: Tensor, z: Tensor, y: Tensor, codes: Tensor, groups: int) -> "Sums":
        """From columns and the index of each row's group."""

        def summed(found: Tensor) -> Tensor:
            empty = torch.zeros((groups, *found.shape[1:]), dtype=DTYPE)
            return empty.index_add_(0, codes, found)

        return cls(
            len(y),
            x.T @ x,
            x.T @ y,
            y @ y,
            summed(z.unsqueeze(2) * z.unsqueeze(1)),
            summed(z.unsqueeze(2) * x.unsqueeze(1)),
            summed(z * y.unsqueeze(1)),
        )

    def deviations(self, at: Tensor, working: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and a factor of the covariance of each group's deviations given the line."""
        variance = (2.0 * at[:, 0]).exp()[:, None, None]
        spreads = at[:, 1:].exp().unsqueeze(1)
        left = self.zy - torch.einsum("gzx,dx->dgz", self.zx, working)
        scaled = self.zz * spreads.unsqueeze(-1) * spreads.unsqueeze(-2)
        inner = torch.eye(self.zz.shape[-1], dtype=DTYPE) + scaled / variance.unsqueeze(-1)
        root = torch.linalg.cholesky(inner)
        mean = torch.cholesky_solve((left * spreads / variance).unsqueeze(-1), root).squeeze(-1)
        eye = torch.eye(self.zz.shape[-1], dtype=DTYPE).expand(inner.shape)
        factor = torch.linalg.solve_triangular(root.transpose(-1, -2), eye, upper=True)
        return mean * spreads, factor * spreads.unsqueeze(-1)


@dataclass(frozen=True, slots=True, eq=False)
class PooledGaussian:
    """Coefficients, noise, spread between groups, and each group's deviations.

    Args:
        node: The variable.
        group: The variable that names the group.
        levels: The groups.
        varying: The parents whose slopes vary.
        design: The columns of the line.
        places: Which columns those of ``varying`` are.
        coefficients: What is believed about the line.
        noise: About the noise.
        between: About the spread between groups, one a varying column, in standardised units.
        sums: What the rows say.
        centre: The mean of the variable.
        start: Logarithms of the residuals' spread, and of a third of it for each column.
    """

    node: str
    group: str
    levels: Levels
    varying: tuple[str, ...]
    design: Design
    places: tuple[int, ...]
    coefficients: Beliefs
    noise: InverseGamma | HalfNormal | HalfCauchy
    between: tuple[HalfNormal | HalfCauchy, ...]
    sums: Sums
    centre: float
    start: Tensor

    @classmethod
    def made(cls, rows: Rows, group: str, varying: Sequence[str], prior: Prior) -> "PooledGaussian":
        """Sums over rows and groups."""
        if prior.table is not None:
            raise LearningError.unused_prior(rows.node, "table", "pooled line")
        levels = rows.domains[group]
        assert isinstance(levels, Levels)
        found = designed(rows, [line_term(rows, p) for p in rows.parents if p != group])
        places = tuple(found.names.index(name) for name in ("intercept", *varying))
        size, spread = sizes_of(rows.target, found.features)
        mean = float(rows.target.mean())
        beliefs = believed(rows.node, found, prior, Normal(mean, 2.5 * size), 2.5 * size)
        if bool(beliefs.relative.any()):
            raise LearningError.bad_prior(rows.node, "a coefficient", "ScaledNormal", "Normal")
        beliefs = replace(beliefs, loc=beliefs.loc - mean * beliefs.functionals[:, 0])
        codes = levels.codes(group, rows.values[group])
        x = found.features
        return cls(
            rows.node,
            group,
            levels,
            tuple(varying),
            replace(found, features=x[:0]),
            places,
            beliefs,
            prior.noise or InverseGamma(1.5, 1.5 * spread**2),
            tuple(between_groups(prior, float(1.0 / found.natural[k, k]), size) for k in places),
            Sums.made(x, x[:, places], rows.target - mean, codes, len(levels.levels)),
            mean,
            torch.tensor([spread, *[spread / 3] * len(places)], dtype=DTYPE).log(),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The line, the noise, the spreads between groups, and each group's deviations."""
        return (*self.design.names, "sd", *group_names(self.group, self.levels, self.varying))

    @property
    def beliefs(self) -> str:
        """The prior in words."""
        which = "variance" if isinstance(self.noise, InverseGamma) else "sd"
        spreads = [
            f"sd of {name} between {self.group} ~ {type(belief)(belief.scale * unit)}"
            for name, belief, unit in zip(
                ("value at average parents", *self.varying),
                self.between,
                self._units().tolist(),
                strict=True,
            )
        ]
        return ", ".join((*self.coefficients.words, f"{which} ~ {self.noise}", *spreads))

    @property
    def work(self) -> int:
        """A small matrix a group."""
        return self.sums.zx.numel() + self.sums.zz.numel()

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """The posterior density of the logarithms of the noise and of the spreads."""
        absolute, shift, _ = self.coefficients.quadratic(False)
        total = self.marginal(at, algebra, absolute, shift)
        total = total + spread_density(self.noise, at[..., 0], algebra)
        for index, belief in enumerate(self.between):
            total = total + spread_density(belief, at[..., 1 + index], algebra)
        return total

    def marginal(self, at: Any, algebra: Algebra, prior: Tensor, shift: Tensor) -> Any:  # noqa: ANN401
        """The likelihood of the spreads, with line and groups integrated out.

        Args:
            at: Logarithms, in the last dimension.
            algebra: The operations.
            prior: The coefficients' prior precision; zero gives restricted likelihood.
            shift: Precision times prior mean.
        """
        precision, told, squares, dets = self._line(at, algebra)
        precision = precision + algebra.data(prior)
        told = told + algebra.data(shift)
        mean = algebra.solve(precision, told[..., None])[..., 0]
        fit = (told * mean).sum(-1) - squares - algebra.log_det(precision)
        return (fit - dets) / 2 - self.sums.rows * at[..., 0]

    def expected(self, at: Tensor) -> Tensor:
        """The parameters where σ and τ are known and nothing else is believed: BLUE and BLUP."""
        precision, told, _, _ = self._line(at, TORCH)
        working = torch.linalg.pinv(precision, hermitian=True) @ told
        mean, _ = self.sums.deviations(at.unsqueeze(0), working.unsqueeze(0))
        return self._natural(at.unsqueeze(0), working.unsqueeze(0), mean)[0]

    def finish(self, at: Tensor, seed: Seed) -> Tensor:
        """The line given the spreads, and the groups given the line."""
        stream = seed.torch()
        absolute, shift, _ = self.coefficients.quadratic(False)
        precision, told, _, _ = self._line(at, TORCH)
        working = normal_draws(precision + absolute, told + shift, stream)
        mean, factor = self.sums.deviations(at, working)
        standard = torch.randn((*mean.shape, 1), generator=stream, dtype=DTYPE)
        return self._natural(at, working, mean + (factor @ standard).squeeze(-1))

    def closed_form(self, draws: int, seed: Seed) -> Tensor | str:
        """There is none."""
        return "the spread between groups has no conjugate prior"

    def prior(self, draws: int, seed: Seed) -> Tensor:
        """Draws from the prior."""
        stream = seed.torch()
        spreads = [spread_draws(one, draws, stream) for one in (self.noise, *self.between)]
        at = torch.stack(spreads, dim=1).log()
        shape = (draws, len(self.design.names))
        standard = torch.randn(shape, generator=stream, dtype=DTYPE)
        working = self.coefficients.drawn(at[:, 0].exp(), standard)
        groups = (draws, len(self.levels.levels), len(self.places))
        own = torch.randn(groups, generator=stream, dtype=DTYPE) * at[:, 1:].exp().unsqueeze(1)
        return self._natural(at, working, own)

    def mechanism(self, parameters: Tensor) -> Mechanism:
        """The mechanism with these parameters."""
        size, varying = len(self.design.names), len(self.places)
        line = self.design.predictor(parameters[:size])
        own = parameters[size + 1 + varying :].reshape(-1, varying)
        prediction = GroupedLine(line, self.group, self.levels, self.varying, own)
        return Additive(prediction, normal(parameters[size]))

    def _units(self) -> Tensor:
        """What turns deviations of standardised columns into natural ones, column by column."""
        return torch.stack([self.design.natural[k, k] for k in self.places])

    def _line(self, at: Any, algebra: Algebra) -> tuple[Any, Any, Any, Any]:  # noqa: ANN401
        """Sums weighted by the inverse covariance, and the groups' log-determinants."""
        variance = algebra.exp(2.0 * at[..., 0])
        spreads = algebra.exp(at[..., 1:])[..., None, :]  # a dimension for the groups
        one, two = variance[..., None], variance[..., None, None]
        eye = algebra.data(torch.eye(len(self.places), dtype=DTYPE))
        zz = algebra.data(self.sums.zz) * spreads[..., None] * spreads[..., None, :]
        inner = eye + zz / two[..., None]
        zx = algebra.data(self.sums.zx) * spreads[..., None]
        zy = (algebra.data(self.sums.zy) * spreads)[..., None]
        solved_x, solved_y = algebra.solve(inner, zx), algebra.solve(inner, zy)
        precision = algebra.data(self.sums.xx) / two - (
            zx[..., :, :, None] * solved_x[..., :, None, :]
        ).sum((-4, -3)) / (two * two)
        told = algebra.data(self.sums.xy) / one - (zx * solved_y).sum((-3, -2)) / (one * one)
        squares = float(self.sums.yy) / variance - (zy * solved_y).sum((-3, -2, -1)) / (
            variance * variance
        )
        return precision, told, squares, algebra.log_det(inner).sum(-1)

    def _natural(self, at: Tensor, working: Tensor, own: Tensor) -> Tensor:
        """Parameters of shape (draws, names)."""
        natural = working @ self.design.natural.T
        natural[:, 0] += self.centre
        block = self.design.natural[list(self.places)][:, list(self.places)]
        turned = own @ block.T
        spreads = at[:, 1:].exp() * self._units()
        scale = at[:, :1].exp()
        return torch.cat([natural, scale, spreads, turned.reshape(len(at), -1)], dim=1)


@dataclass(frozen=True, slots=True, eq=False)
class Restricted:
    """The restricted likelihood of the spreads alone: no prior on anything."""

    part: PooledGaussian

    @property
    def start(self) -> Tensor:
        """As the posterior's."""
        return self.part.start

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """``p(y | σ, τ)`` with a flat belief about the coefficients."""
        size = len(self.part.design.names)
        none = torch.zeros((size, size), dtype=DTYPE)
        return self.part.marginal(at, algebra, none, none[0])


def group_names(group: str, levels: Levels, varying: Sequence[str]) -> tuple[str, ...]:
    """The spreads between groups, and each group's deviations."""
    spreads = [f"sd between {group}", *(f"sd of {name} between {group}" for name in varying)]
    own = [
        f"{name}{group}[{level}]"
        for level in levels.levels
        for name in ("", *(f"{parent}:" for parent in varying))
    ]
    return (*spreads, *own)


def between_groups(prior: Prior, unit: float, size: float) -> HalfNormal | HalfCauchy:
    """The belief about one spread between groups, in units of a standardised column."""
    if prior.groups is None:
        return HalfNormal(size)
    if not isinstance(prior.groups, HalfNormal | HalfCauchy):
        raise LearningError.bad_prior(
            "a pooled line", "groups", prior.groups, "HalfNormal, HalfCauchy"
        )
    return type(prior.groups)(prior.groups.scale * unit)
