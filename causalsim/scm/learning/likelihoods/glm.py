"""Levels with linear log-odds and counts with a linear log rate: ``Σ ⟨y, η⟩ - A(η)``, ``η = X W``.

``A(η) = log(1 + Σ exp η_k)`` for levels, ``exp η`` for counts. The first sum needs ``X'Y`` only.

References:
    McCullagh and Nelder, *Generalized Linear Models* (1989).
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.learning.algebra import Algebra
from causalsim.scm.learning.design import Beliefs, Design, believed, designed
from causalsim.scm.learning.priors import Normal, Prior
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.discrete.counts import PoissonCount
from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax
from causalsim.scm.mechanisms.discrete.threshold import Threshold
from causalsim.scm.mechanisms.parts.chances import Logits
from causalsim.scm.mechanisms.parts.terms import Predictor
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed

Template = Threshold | GumbelMax | PoissonCount


@dataclass(frozen=True, slots=True, eq=False)
class Glm:
    """The coefficients of log-odds against the first level, or of a log rate.

    Args:
        node: The variable.
        template: The mechanism whose parameters are learnt.
        design: The columns.
        coefficients: What is believed about them, the same for every output.
        outputs: How many there are: levels but one, or one.
        moment: ``X'Y``, of shape (columns, outputs).
        start: Where a search for the mode starts.
    """

    node: str
    template: Template
    design: Design
    coefficients: Beliefs
    outputs: int
    moment: Tensor
    start: Tensor

    @classmethod
    def made(cls, rows: Rows, template: Template, prior: Prior) -> "Glm":
        """Sums, and the rows' features."""
        for field in ("noise", "table", "groups"):
            if getattr(prior, field) is not None:
                raise LearningError.unused_prior(rows.node, field, "generalised linear")
        predictor = _predictor(template)
        found = designed(rows, predictor.terms)
        observed = _observed(rows, template)
        rate = observed.mean(dim=0).clamp(min=0.5 / len(rows))
        centre = rate.log()
        if not isinstance(template, PoissonCount):
            centre = centre - (1.0 - observed.sum(dim=1)).mean().clamp(min=0.5 / len(rows)).log()
        default = Normal(float(centre.mean()), 5.0)
        beliefs = believed(rows.node, found, prior, default, 2.5)
        if bool(beliefs.relative.any()):
            raise LearningError.bad_prior(
                rows.node, "a coefficient", "ScaledNormal", "Normal (there is no noise to scale by)"
            )
        start = torch.zeros((len(found.names), observed.shape[1]), dtype=DTYPE)
        start[0] = centre
        return cls(
            rows.node,
            template,
            found,
            beliefs,
            observed.shape[1],
            found.features.T @ observed,
            start.reshape(-1),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Intercept and slopes, for each level but the first where there are more than two."""
        if self.outputs == 1:
            return self.design.names
        assert not isinstance(self.template, PoissonCount)
        levels = self.template.domain.levels[1:]
        return tuple(f"{name}:{level}" for name in self.design.names for level in levels)

    @property
    def beliefs(self) -> str:
        """The prior in words."""
        return ", ".join(self.coefficients.words)

    @property
    def work(self) -> int:
        """A number for each row and output."""
        return len(self.design.features) * self.outputs

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """Likelihood times prior; rows times draws numbers are made on the way."""
        weights = at.reshape((*at.shape[:-1], len(self.design.names), self.outputs))
        linear = (weights * algebra.data(self.moment)).sum((-2, -1))
        features = algebra.data(self.design.features)
        if self.outputs == 1:
            logits = weights[..., 0] @ features.T
            poisson = isinstance(self.template, PoissonCount)
            cumulant = (algebra.exp(logits) if poisson else algebra.softplus(logits)).sum(-1)
        else:
            cumulant = algebra.logsumexp(features @ weights).sum(-1)
        told = algebra.data(self.coefficients.functionals) @ weights
        missed = (told - algebra.data(self.coefficients.loc)[:, None]) / algebra.data(
            self.coefficients.scale
        )[:, None]
        return linear - cumulant - (missed * missed).sum((-2, -1)) / 2

    def finish(self, at: Tensor, seed: Seed) -> Tensor:
        """Natural coefficients."""
        weights = at.reshape((len(at), len(self.design.names), self.outputs))
        return (self.design.natural @ weights).reshape(len(at), -1)

    def closed_form(self, draws: int, seed: Seed) -> Tensor | str:
        """There is none."""
        what = "log rate" if isinstance(self.template, PoissonCount) else "log-odds"
        return f"a likelihood with a linear {what} has no conjugate prior"

    def prior(self, draws: int, seed: Seed) -> Tensor:
        """Draws from the prior, each output by itself."""
        width = len(self.design.names)
        shape = (draws * self.outputs, width)
        standard = torch.randn(shape, generator=seed.torch(), dtype=DTYPE)
        working = self.coefficients.drawn(torch.ones(shape[0], dtype=DTYPE), standard)
        at = working.reshape(draws, self.outputs, width).transpose(1, 2).reshape(draws, -1)
        return self.finish(at, seed)

    def mechanism(self, parameters: Tensor) -> Mechanism:
        """The mechanism with these coefficients."""
        weights = parameters.reshape(len(self.design.names), self.outputs)
        if isinstance(self.template, PoissonCount):
            return replace(self.template, predictor=self.design.predictor(weights[:, 0]))
        return replace(self.template, chances=Logits(self.design.predictor(weights)))


def _predictor(template: Template) -> Predictor:
    """The lines behind the mechanism."""
    if isinstance(template, PoissonCount):
        assert isinstance(template.predictor, Predictor)
        return template.predictor
    assert isinstance(template.chances, Logits)
    assert isinstance(template.chances.predictor, Predictor)
    return template.chances.predictor


def _observed(rows: Rows, template: Template) -> Tensor:
    """Counts, or which level but the first each row has; of shape (rows, outputs)."""
    if isinstance(template, PoissonCount):
        return rows.target.unsqueeze(1)
    domain = template.domain
    assert isinstance(domain, Levels)
    codes = domain.codes(rows.node, rows.target)
    return torch.nn.functional.one_hot(codes, len(domain.levels)).to(DTYPE)[:, 1:]
