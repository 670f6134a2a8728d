"""Levels with an order and proportional odds: ``P(x ≤ k) = F(c_k - η)``, ``F`` the logistic.

With ``d_k = c_k - c_{k-1}`` a level between two cuts has

``P(x = k) = F(c_k - η) (1 - F(c_{k-1} - η)) (1 - exp(-d_k))``

which is smooth and keeps its digits in both tails. Coordinates are the slopes, the first cut and
the logarithms of the distances between cuts.

References:
    McCullagh, "Regression models for ordinal data" (1980).
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
from causalsim.scm.mechanisms.discrete.threshold import Threshold
from causalsim.scm.mechanisms.parts.chances import Ordered
from causalsim.scm.mechanisms.parts.links import LogitLink
from causalsim.scm.mechanisms.parts.terms import Predictor
from causalsim.scm.recipe import Rows
from causalsim.seeds import Seed

_CUTS = Normal(0.0, 5.0)


@dataclass(frozen=True, slots=True, eq=False)
class ProportionalOdds:
    """The slopes and the cuts of an ordered variable.

    Args:
        node: The variable.
        template: The mechanism whose parameters are learnt.
        design: The columns; the cuts stand in the intercept's place.
        slopes: What is believed about the slopes.
        codes: Each row's level.
        start: Where a search for the mode starts.
    """

    node: str
    template: Threshold
    design: Design
    slopes: Beliefs
    codes: Tensor
    start: Tensor

    @classmethod
    def made(cls, rows: Rows, template: Threshold, prior: Prior) -> "ProportionalOdds":
        """The rows' features and levels.

        Raises:
            LearningError: Another link than the logistic, or a belief that does not apply.
        """
        chances = template.chances
        assert isinstance(chances, Ordered)
        if not isinstance(chances.link, LogitLink) or not isinstance(chances.predictor, Predictor):
            raise LearningError.unlearnable(rows.node, f"ordinal {chances.link}")
        for field in ("intercept", "noise", "table", "groups"):
            if getattr(prior, field) is not None:
                raise LearningError.unused_prior(rows.node, field, "ordinal logit")
        found = designed(rows, chances.predictor.terms)
        beliefs = believed(rows.node, found, prior, Normal(0.0, 2.5), 2.5)
        if bool(beliefs.relative.any()):
            raise LearningError.bad_prior(
                rows.node, "a coefficient", "ScaledNormal", "Normal (there is no noise to scale by)"
            )
        inner = Beliefs(
            beliefs.functionals[1:, 1:],
            beliefs.loc[1:],
            beliefs.scale[1:],
            beliefs.relative[1:],
            beliefs.words[1:],
        )
        domain = template.domain
        codes = domain.codes(rows.node, rows.target)
        shares = torch.bincount(codes, minlength=len(domain.levels)).to(DTYPE) + 0.5
        at = torch.special.logit((shares.cumsum(0) / shares.sum())[:-1])
        start = torch.cat([torch.zeros(len(inner.loc), dtype=DTYPE), at[:1], at.diff().log()])
        return cls(rows.node, template, found, inner, codes, start)

    @property
    def names(self) -> tuple[str, ...]:
        """The slopes, and the cut below each level but the first."""
        return (*self.design.names[1:], *(f"cut[{level}]" for level in self._levels.levels[1:]))

    @property
    def beliefs(self) -> str:
        """The prior in words."""
        return ", ".join((*self.slopes.words, f"cuts at average parents ~ {_CUTS} in order"))

    @property
    def work(self) -> int:
        """A few numbers a row."""
        return 2 * len(self.codes)

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """Likelihood times prior, with the Jacobian of the cuts."""
        width, inner = len(self.slopes.loc), len(self._levels.levels) - 2
        slopes, first, gaps = at[..., :width], at[..., width : width + 1], at[..., width + 1 :]
        eta = slopes @ algebra.data(self.design.features[:, 1:]).T
        distances = algebra.exp(gaps)
        # A cut is the first and the distances up to it.
        below = algebra.data(torch.tril(torch.ones((inner + 1, inner), dtype=DTYPE), -1))
        cuts = first + distances @ below.T
        upper = algebra.data((self.codes <= inner).to(DTYPE))  # levels with a cut above them
        lower = algebra.data((self.codes >= 1).to(DTYPE))
        above = cuts[..., self.codes.clamp(max=inner).numpy()]
        under = cuts[..., (self.codes - 1).clamp(min=0).numpy()]
        fit = -(upper * algebra.softplus(eta - above) + lower * algebra.softplus(under - eta))
        counts = torch.bincount(self.codes, minlength=inner + 2).to(DTYPE)[1:-1]
        between = (algebra.data(counts) * algebra.log1p(-algebra.exp(-distances))).sum(-1)
        told = slopes @ algebra.data(self.slopes.functionals).T
        missed = (told - algebra.data(self.slopes.loc)) / algebra.data(self.slopes.scale)
        away = (cuts - _CUTS.loc) / _CUTS.scale
        prior = (missed * missed).sum(-1) + (away * away).sum(-1)
        return fit.sum(-1) + between + gaps.sum(-1) - prior / 2

    def finish(self, at: Tensor, seed: Seed) -> Tensor:
        """Natural slopes and cuts."""
        width = len(self.slopes.loc)
        distances = at[:, width + 1 :].exp()
        cuts = torch.cat([at[:, width : width + 1], distances], dim=1).cumsum(dim=1)
        return self._natural(at[:, :width], cuts)

    def closed_form(self, draws: int, seed: Seed) -> Tensor | str:
        """There is none."""
        return "a likelihood with linear log-odds has no conjugate prior"

    def prior(self, draws: int, seed: Seed) -> Tensor:
        """Independent Normal cuts, sorted: that is their density in order."""
        stream = seed.torch()
        width, cuts = len(self.slopes.loc), len(self._levels.levels) - 1
        standard = torch.randn((draws, width), generator=stream, dtype=DTYPE)
        slopes = self.slopes.drawn(torch.ones(draws, dtype=DTYPE), standard)
        loose = torch.randn((draws, cuts), generator=stream, dtype=DTYPE)
        return self._natural(slopes, (_CUTS.loc + _CUTS.scale * loose).sort(dim=1).values)

    def mechanism(self, parameters: Tensor) -> Mechanism:
        """The mechanism with these slopes and cuts."""
        width = len(self.slopes.loc)
        zero = torch.zeros(1, dtype=DTYPE)
        line = self.design.predictor(torch.cat([zero, parameters[:width]]))
        return replace(
            self.template, chances=Ordered(line, parameters[width:].clone(), LogitLink())
        )

    @property
    def _levels(self) -> Levels:
        """The levels."""
        return self.template.domain

    def _natural(self, slopes: Tensor, cuts: Tensor) -> Tensor:
        """Parameters of shape (draws, names); columns were counted from their means."""
        moved = slopes @ self.design.natural[0, 1:]
        return torch.cat([slopes @ self.design.natural[1:, 1:].T, cuts - moved.unsqueeze(1)], dim=1)
