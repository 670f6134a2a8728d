"""Log-odds or log rates whose line varies between groups, with the groups partially pooled.

In group ``g``, ``η = X β + Z D v_g`` with ``v_g ~ Normal(0, I)``, ``D = diag(τ)``. What a group
contributes to the density of ``(β, τ)``

``∫ exp(Σ_i y_i η_i - A(η_i)) Normal(v; 0, I) dv``

has no closed form; it is summed over a Gauss-Hermite grid that stands at the top of the integrand
and is as wide as its curvature says (adaptive quadrature), which for so smooth an integrand is
exact to many digits. So, as for a continuous variable, groups are integrated out and no engine
meets the funnel between groups and their spread.

References:
    Pinheiro and Bates, "Approximations to the log-likelihood function in the nonlinear
    mixed-effects model" (1995); Liu and Pierce, "A note on Gauss-Hermite quadrature" (1994);
    Breslow and Clayton, "Approximate inference in generalized linear mixed models" (1993).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.learning.algebra import TORCH, Algebra
from causalsim.scm.learning.design import Beliefs, Design, believed, designed
from causalsim.scm.learning.likelihoods.gaussian import spread_density, spread_draws
from causalsim.scm.learning.likelihoods.pooled import GroupedLine, between_groups, group_names
from causalsim.scm.learning.priors import HalfCauchy, HalfNormal, Normal, Prior
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.continuous.additive import line_term
from causalsim.scm.mechanisms.discrete.counts import PoissonCount
from causalsim.scm.mechanisms.discrete.threshold import Threshold
from causalsim.scm.mechanisms.parts.chances import Linked
from causalsim.scm.mechanisms.parts.links import LogitLink
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed

#: Nodes of the quadrature in each direction, by how many directions there are.
_NODES = {1: 11, 2: 5, 3: 4, 4: 3}
MOST_VARYING = len(_NODES)
_STEPS = 12
_RIDGE = 1e-3
_GUESSES = 32
_WIDER = 1.2
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class PooledGlm:
    """Coefficients, spread between groups, and each group's deviations.

    Args:
        node: The variable.
        domain: Its two levels; None for counts.
        group: The variable that names the group.
        levels: The groups.
        varying: The parents whose slopes vary.
        design: The columns of the line.
        places: Which columns those of the intercept and of ``varying`` are.
        coefficients: What is believed about the line.
        between: About the spread between groups, one a varying column, in standardised units.
        observed: Counts, or whether the second level was seen.
        codes: Each row's group.
        start: The line without groups, and logarithms of a modest spread.
    """

    node: str
    domain: Levels | None
    group: str
    levels: Levels
    varying: tuple[str, ...]
    design: Design
    places: tuple[int, ...]
    coefficients: Beliefs
    between: tuple[HalfNormal | HalfCauchy, ...]
    observed: Tensor
    codes: Tensor
    start: Tensor

    @classmethod
    def made(
        cls, rows: Rows, group: str, varying: Sequence[str], prior: Prior, *, counts: bool
    ) -> "PooledGlm":
        """The rows' columns and groups.

        Args:
            rows: The variable and its causes.
            group: The variable that names the group.
            varying: The parents whose slopes vary.
            prior: What is believed.
            counts: Whether the variable counts; else it has two levels.
        """
        for field in ("noise", "table"):
            if getattr(prior, field) is not None:
                raise LearningError.unused_prior(rows.node, field, "pooled generalised line")
        levels = rows.domains[group]
        assert isinstance(levels, Levels)
        found = designed(rows, [line_term(rows, p) for p in rows.parents if p != group])
        places = tuple(found.names.index(name) for name in ("intercept", *varying))
        observed, domain = rows.target, None
        if not counts:
            assert isinstance(rows.domain, Levels)
            domain = rows.domain
            observed = domain.codes(rows.node, rows.target).to(DTYPE)
        mean = observed.mean().clamp(min=0.5 / len(rows))
        centre = mean.log() if counts else torch.logit(mean.clamp(max=1 - 0.5 / len(rows)))
        beliefs = believed(rows.node, found, prior, Normal(float(centre), 5.0), 2.5)
        if bool(beliefs.relative.any()):
            raise LearningError.bad_prior(
                rows.node, "a coefficient", "ScaledNormal", "Normal (there is no noise to scale by)"
            )
        start = torch.zeros(len(found.names) + len(places), dtype=DTYPE)
        start[0] = centre
        start[len(found.names) :] = math.log(0.5)
        units = tuple(float(1.0 / found.natural[k, k]) for k in places)
        return cls(
            rows.node,
            domain,
            group,
            levels,
            tuple(varying),
            found,
            places,
            beliefs,
            tuple(between_groups(prior, unit, 1.0) for unit in units),
            observed,
            levels.codes(group, rows.values[group]),
            start,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The line, the spreads between groups, and each group's deviations."""
        return (*self.design.names, *group_names(self.group, self.levels, self.varying))

    @property
    def beliefs(self) -> str:
        """The prior in words."""
        spreads = [
            f"sd of {name} between {self.group} ~ {type(belief)(belief.scale * unit)}"
            for name, belief, unit in zip(
                ("value at average parents", *self.varying),
                self.between,
                self._units().tolist(),
                strict=True,
            )
        ]
        return ", ".join((*self.coefficients.words, *spreads))

    @property
    def work(self) -> int:
        """A number for each row and node of the quadrature."""
        nodes: int = _NODES[len(self.places)] ** len(self.places)
        return len(self.codes) * nodes

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """The posterior density of the line and of the logarithms of the spreads."""
        width = len(self.design.names)
        told = at[..., :width] @ algebra.data(self.coefficients.functionals).T
        missed = (told - algebra.data(self.coefficients.loc)) / algebra.data(
            self.coefficients.scale
        )
        total = self.marginal(at, algebra) - (missed * missed).sum(-1) / 2
        for index, belief in enumerate(self.between):
            total = total + spread_density(belief, at[..., width + index], algebra)
        return total

    def marginal(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """The likelihood of line and spreads, with the groups integrated out."""
        base, gains = self._parts(at, algebra)
        top, inner = self._tops(base, gains, algebra)
        grid, weights = _grid(len(self.places))
        turned = algebra.root(inner).swapaxes(-1, -2)
        # Nodes of shape (..., groups, varying, nodes).
        away = algebra.solve(turned, algebra.data(math.sqrt(2.0) * grid.T))
        nodes = algebra.held(top[..., None] + away)
        logs = self._heights(base, gains, nodes, algebra) + algebra.data(weights)
        first = logs[..., 0]
        total = first + algebra.logsumexp(logs[..., 1:] - first[..., None])
        return (total - algebra.held(algebra.log_det(inner)) / 2).sum(-1)

    def expected(self, at: Tensor) -> Tensor:
        """The parameters where line and spreads are known: the groups' means given them."""
        points = at.unsqueeze(0)
        base, gains = self._parts(points, TORCH)
        top, inner = self._tops(base, gains, TORCH)
        grid, weights = _grid(len(self.places))
        turned = TORCH.root(inner).swapaxes(-1, -2)
        nodes = top[..., None] + TORCH.solve(turned, math.sqrt(2.0) * grid.T)
        logs = self._heights(base, gains, nodes, TORCH) + weights
        mean = (nodes * torch.softmax(logs, dim=-1).unsqueeze(-2)).sum(-1)
        return self._natural(points, mean)[0]

    def finish(self, at: Tensor, seed: Seed) -> Tensor:
        """Natural parameters, the groups' deviations drawn given line and spreads."""
        stream = seed.torch()
        step = max(1, _AT_ONCE // (len(self.codes) * _GUESSES))
        found = []
        for points in torch.split(at, step):
            base, gains = self._parts(points, TORCH)
            top, inner = self._tops(base, gains, TORCH)
            shape = (*top.shape, _GUESSES)
            standard = _WIDER * torch.randn(shape, generator=stream, dtype=DTYPE)
            turned = TORCH.root(inner).swapaxes(-1, -2)
            guesses = top[..., None] + TORCH.solve(turned, standard)
            logs = self._heights(base, gains, guesses, TORCH)
            logs = logs + (standard / _WIDER).square().sum(-2) / 2
            edges = torch.softmax(logs, dim=-1).cumsum(dim=-1)
            even = torch.rand((*edges.shape[:-1], 1), generator=stream, dtype=DTYPE)
            chosen = (edges < even * edges[..., -1:]).sum(-1, keepdim=True)
            place = chosen.unsqueeze(-2).expand(*top.shape, 1)
            found.append(self._natural(points, guesses.gather(-1, place)[..., 0]))
        return torch.cat(found)

    def closed_form(self, draws: int, seed: Seed) -> Tensor | str:
        """There is none."""
        return "the spread between groups has no conjugate prior"

    def prior(self, draws: int, seed: Seed) -> Tensor:
        """Draws from the prior."""
        stream = seed.torch()
        spreads = [spread_draws(one, draws, stream).log() for one in self.between]
        shape = (draws, len(self.design.names))
        standard = torch.randn(shape, generator=stream, dtype=DTYPE)
        line = self.coefficients.drawn(torch.ones(draws, dtype=DTYPE), standard)
        groups = (draws, len(self.levels.levels), len(self.places))
        own = torch.randn(groups, generator=stream, dtype=DTYPE)
        return self._natural(torch.cat([line, torch.stack(spreads, dim=1)], dim=1), own)

    def mechanism(self, parameters: Tensor) -> Mechanism:
        """The mechanism with these parameters."""
        size, varying = len(self.design.names), len(self.places)
        line = self.design.predictor(parameters[:size])
        own = parameters[size + varying :].reshape(-1, varying).clone()
        prediction = GroupedLine(line, self.group, self.levels, self.varying, own)
        if self.domain is None:
            return PoissonCount(prediction)
        return Threshold(Linked(prediction, LogitLink()), self.domain)

    def _units(self) -> Tensor:
        """What turns deviations of standardised columns into natural ones, column by column."""
        return torch.stack([self.design.natural[k, k] for k in self.places])

    def _parts(self, at: Any, algebra: Algebra) -> tuple[Any, Any]:  # noqa: ANN401
        """The line of each row, and how it moves with its group's standard deviations."""
        width = len(self.design.names)
        base = at[..., :width] @ algebra.data(self.design.features).T
        columns = algebra.data(self.design.features[:, list(self.places)])
        return base, columns * algebra.exp(at[..., width:])[..., None, :]

    def _heights(self, base: Any, gains: Any, nodes: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """The log integrand of each group at nodes of shape (..., groups, varying, nodes)."""
        codes, groups = self.codes.numpy(), len(self.levels.levels)
        eta = base[..., None]
        for index in range(len(self.places)):
            eta = eta + gains[..., index][..., None] * nodes[..., codes, index, :]
        cumulant = algebra.exp(eta) if self.domain is None else algebra.softplus(eta)
        # What is linear in the nodes needs one sum a group.
        seen = algebra.data(self.observed)
        slope = algebra.by_group(seen[:, None] * gains, self.codes, groups, -2)
        level = algebra.by_group(seen * base, self.codes, groups, -1)
        linear = level[..., None] + (slope[..., None] * nodes).sum(-2)
        total = linear - algebra.by_group(cumulant, self.codes, groups, -2)
        return total - (nodes * nodes).sum(-2) / 2

    def _tops(self, base: Any, gains: Any, algebra: Algebra) -> tuple[Any, Any]:  # noqa: ANN401
        """Where each group's integrand is highest, and its curvature there; both as constants.

        Newton's method with bounded steps: the integrand is log-concave.
        """
        base, gains = algebra.held(base), algebra.held(gains)
        groups, varying = len(self.levels.levels), len(self.places)
        eye = algebra.data(torch.eye(varying, dtype=DTYPE))
        top = algebra.by_group(0.0 * gains, self.codes, groups, -2)
        inner = top[..., None] + eye
        for _ in range(_STEPS):
            own = top[..., self.codes.numpy(), :]
            eta = algebra.clamp(base + (gains * own).sum(-1), -30.0, 30.0)
            mean, weight = self._moments(eta, algebra)
            missed = (algebra.data(self.observed) - mean)[..., None] * gains
            slope = algebra.by_group(missed, self.codes, groups, -2) - top
            square = (weight[..., None] * gains)[..., None] * gains[..., None, :]
            inner = algebra.by_group(square, self.codes, groups, -3) + eye
            step = algebra.solve(inner, slope[..., None])[..., 0]
            length = (step * step).sum(-1, keepdims=True)
            top = top + step / algebra.exp(algebra.log1p(length / 4.0) / 2.0)
            if algebra.still(length):
                break
        return algebra.held(top), algebra.held(inner)

    def _moments(self, eta: Any, algebra: Algebra) -> tuple[Any, Any]:  # noqa: ANN401
        """Mean and variance of the variable."""
        if self.domain is None:
            rate = algebra.exp(eta)
            return rate, rate
        chance = algebra.exp(-algebra.softplus(-eta))
        return chance, chance * (1.0 - chance)

    def _natural(self, at: Tensor, own: Tensor) -> Tensor:
        """Parameters of shape (draws, names), from standard deviations of the groups."""
        width = len(self.design.names)
        spreads = at[:, width:].exp()
        block = self.design.natural[list(self.places)][:, list(self.places)]
        turned = (own * spreads.unsqueeze(1)) @ block.T
        natural = at[:, :width] @ self.design.natural.T
        return torch.cat([natural, spreads * self._units(), turned.reshape(len(at), -1)], dim=1)


@dataclass(frozen=True, slots=True, eq=False)
class Likely:
    """The likelihood of line and spreads alone, with a ridge of weight .001 on the slopes."""

    part: PooledGlm

    @property
    def start(self) -> Tensor:
        """As the posterior's."""
        return self.part.start

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """``p(y | β, τ)``."""
        slopes = at[..., 1 : len(self.part.design.names)]
        return self.part.marginal(at, algebra) - _RIDGE / 2 * (slopes * slopes).sum(-1)


def _grid(varying: int) -> tuple[Tensor, Tensor]:
    """Nodes of shape (nodes, varying), the middle one first, and log weights for ``∫ f dv``."""
    places, weights = np.polynomial.hermite.hermgauss(_NODES[varying])
    every = list(product(range(len(places)), repeat=varying))
    every.sort(key=lambda index: sum(float(places[k]) ** 2 for k in index))
    nodes = torch.tensor([[float(places[k]) for k in index] for index in every], dtype=DTYPE)
    logs = torch.tensor([[math.log(weights[k]) for k in index] for index in every], dtype=DTYPE)
    # ∫ f dv = (2^(k/2) / det L) Σ w exp(x²) f, and f has the Normal's constant.
    constant = -varying / 2 * math.log(math.pi)
    return nodes, (logs + nodes.square()).sum(dim=1) + constant
