"""The recipes for levels through a link: probit, complementary log-log, and ordered levels."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.mechanisms.continuous.additive import line_term
from causalsim.scm.mechanisms.discrete.threshold import Threshold
from causalsim.scm.mechanisms.parts.chances import Linked, Ordered, ordered_chances
from causalsim.scm.mechanisms.parts.likelihood import fitted_heads
from causalsim.scm.mechanisms.parts.links import CloglogLink, Link, LogitLink, ProbitLink
from causalsim.scm.recipe import Rows

_FLOOR = 1e-30


@dataclass(frozen=True, slots=True)
class Probit:
    """The recipe for ``P(second level) = Φ(η)``: a Normal score crosses zero.

    The coupling is that score's: ``x = 1`` where ``η + U > 0``, ``U ~ Normal(0, 1)``, written
    with a uniform noise.

    >>> str(Probit())
    'probit'

    References:
        Bliss, "The method of probits" (1934).
    """

    def refuses(self, rows: Rows) -> str:
        """Two levels."""
        return _refuses_binary(rows)

    def fit(self, rows: Rows) -> Threshold:
        """Greatest likelihood, by Newton's method."""
        return _linked(rows, ProbitLink())

    def __str__(self) -> str:
        """In a few words."""
        return "probit"


@dataclass(frozen=True, slots=True)
class Cloglog:
    """The recipe for ``P(second level) = 1 - exp(-exp(η))``: the event came by now, at a hazard.

    Slopes are logarithms of hazard ratios. Not symmetric: swapping the levels is another model.

    >>> str(Cloglog())
    'complementary log-log'

    References:
        McCullagh and Nelder, *Generalized Linear Models* (1989), section 4.3.
    """

    def refuses(self, rows: Rows) -> str:
        """Two levels."""
        return _refuses_binary(rows)

    def fit(self, rows: Rows) -> Threshold:
        """Greatest likelihood, by Newton's method."""
        return _linked(rows, CloglogLink())

    def __str__(self) -> str:
        """In a few words."""
        return "complementary log-log"


@dataclass(frozen=True, slots=True)
class Ordinal:
    """The recipe for levels with an order: ``P(x ≤ k) = F(c_k - η(pa))``.

    With the logistic ``F`` these are proportional odds. Fails as a model where a parent pushes
    towards both ends, or moves some cuts more than others: `Logit` has a slope for each level.

    Args:
        link: ``F``: `LogitLink`, `ProbitLink` or `CloglogLink`.

    Examples:
        >>> str(Ordinal())
        'ordinal logit'

    References:
        McCullagh, "Regression models for ordinal data" (1980).
    """

    link: Link = field(default_factory=LogitLink)

    def refuses(self, rows: Rows) -> str:
        """Levels that have an order, at least two of them."""
        domain = rows.domain
        if not isinstance(domain, Levels):
            return f"it is {domain}; an order needs levels"
        if not domain.ordered:
            return "its levels are names without an order"
        return "" if len(domain.levels) > 1 else "it has one level only"

    def fit(self, rows: Rows) -> Threshold:
        """Greatest likelihood of slopes and cuts, by Newton's method."""
        domain = rows.domain
        assert isinstance(domain, Levels)
        codes = domain.codes(rows.node, rows.target).unsqueeze(-1)
        terms = [line_term(rows, parent) for parent in rows.parents]

        def density(heads: Tensor, gaps: Tensor) -> Tensor:
            # The intercept stands for the first cut; gaps are logarithms of the distances. Levels
            # that these rows never show would send them to infinity without the ridge.
            chances = ordered_chances(self.link, _cuts(gaps), heads[..., 0]).expand(len(rows), -1)
            chosen = chances.gather(-1, codes).squeeze(-1).clamp(min=_FLOOR).log()
            return chosen - 0.0005 * gaps.square().sum() / len(rows)

        shares = torch.bincount(codes.flatten(), minlength=len(domain.levels)).to(DTYPE) + 0.5
        at = torch.special.logit((shares.cumsum(0) / shares.sum())[:-1])
        start = -at[:1]
        (predictor,), gaps = fitted_heads(rows, terms, density, start, at.diff().log())
        cuts = _cuts(gaps) - predictor.intercept
        line = predictor.stretched(1.0, -predictor.intercept)
        return Threshold(Ordered(line, cuts, self.link), domain)

    def __str__(self) -> str:
        """In a few words."""
        return f"ordinal {self.link}"


def _cuts(gaps: Tensor) -> Tensor:
    """Zero, and cuts at these distances (logarithms) from each other."""
    zero = torch.zeros(1, dtype=DTYPE)
    return torch.cat([zero, gaps.clamp(-15.0, 15.0).exp().cumsum(0)])


def _refuses_binary(rows: Rows) -> str:
    """Two levels, both seen."""
    if not isinstance(rows.domain, Levels):
        return f"it is {rows.domain}, not binary"
    found = len(rows.domain.levels)
    return "" if found == 2 else f"it has {found} level(s), not two"


def _linked(rows: Rows, link: Link) -> Threshold:
    """Greatest likelihood of a binary variable."""
    domain = rows.domain
    assert isinstance(domain, Levels)
    second = domain.codes(rows.node, rows.target) == 1

    def density(heads: Tensor, others: Tensor) -> Tensor:
        eta = heads[..., 0].expand(len(rows))
        # Rows of one level only would send the intercept to infinity without the ridge.
        ridge = 0.5e-9 * eta.square()
        return torch.where(second, link.log_below(eta), link.log_above(eta)) - ridge

    terms = [line_term(rows, parent) for parent in rows.parents]
    zero = torch.zeros(1, dtype=DTYPE)
    (predictor,), _ = fitted_heads(rows, terms, density, zero)
    return Threshold(Linked(predictor, link), domain)
