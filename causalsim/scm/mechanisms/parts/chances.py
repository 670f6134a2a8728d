"""The probability of each level given the parents: log-odds, links, or a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from causalsim.scm.domain import Levels
from causalsim.scm.mechanism import Values
from causalsim.scm.mechanisms.parts.links import Link
from causalsim.scm.mechanisms.parts.terms import Prediction, Predictor
from causalsim.scm.regression import with_reference


class Chances(Protocol):
    """The probability of each level, given the parents."""

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables read."""
        ...

    def __call__(self, values: Values) -> Tensor:
        """Probabilities of shape (..., K)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Logits:
    """Probabilities by softmax of log-odds that are linear in terms of the parents."""

    predictor: Predictor

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables read."""
        return self.predictor.parents

    def __call__(self, values: Values) -> Tensor:
        """``softmax(0, η_1(pa), …, η_{K-1}(pa))``."""
        odds = self.predictor(values)
        if odds.shape[-1] == 1:
            # Of two levels the logistic function says the same, ten times as fast.
            return torch.sigmoid(torch.cat([-odds, odds], dim=-1))
        return torch.softmax(with_reference(odds), dim=-1)

    def __str__(self) -> str:
        """In a few words."""
        return f"softmax({self.predictor})"


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """Cumulative probabilities ``P(x ≤ k) = F(c_k - η(pa))``: one predictor for all levels.

    With the logistic ``F`` this is the proportional odds model: a parent multiplies the odds of
    every "at most level k" by the same factor.

    Args:
        predictor: ``η``, with one output; greater values mean higher levels.
        cuts: ``c_1 < … < c_{K-1}``.
        link: ``F``.

    References:
        McCullagh, "Regression models for ordinal data" (1980).
    """

    predictor: Prediction
    cuts: Tensor
    link: Link

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables read."""
        return self.predictor.parents

    def __call__(self, values: Values) -> Tensor:
        """``F(c_k - η) - F(c_{k-1} - η)``."""
        return ordered_chances(self.link, self.cuts, self.predictor(values))

    def __str__(self) -> str:
        """In a few words."""
        cuts = ", ".join(f"{float(cut):.4g}" for cut in self.cuts)
        return f"{self.link}({cuts}; {self.predictor})"


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """Two probabilities, ``P(second level) = F(η(pa))``.

    Args:
        predictor: ``η``, with one output.
        link: ``F``.
    """

    predictor: Prediction
    link: Link

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables read."""
        return self.predictor.parents

    def __call__(self, values: Values) -> Tensor:
        """``1 - F(η), F(η)``."""
        eta = self.predictor(values)
        return torch.stack([self.link.log_above(eta).exp(), self.link.log_below(eta).exp()], -1)

    def __str__(self) -> str:
        """In a few words."""
        return f"{self.link}({self.predictor})"


def ordered_chances(link: Link, cuts: Tensor, eta: Tensor) -> Tensor:
    """The probability of each interval between cuts, exact in both tails.

    >>> from causalsim.scm.mechanisms.parts.links import LogitLink
    >>> [round(float(p), 4) for p in ordered_chances(LogitLink(), torch.zeros(1), torch.zeros(()))]
    [0.5, 0.5]
    """
    edges = cuts - eta.unsqueeze(-1)
    below, above = link.log_below(edges).exp(), link.log_above(edges).exp()
    # In the upper half differences of 1 - F keep the digits that differences of F would lose.
    inner = torch.where(below[..., :-1] > 0.5, -above.diff(dim=-1), below.diff(dim=-1))
    return torch.cat([below[..., :1], inner, above[..., -1:]], dim=-1)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One row of probabilities for each combination of the parents' levels.

    Args:
        parents: The variables read, in the order of the table's dimensions.
        domains: The levels of each parent.
        probabilities: Of shape (levels of parent 1, …, K).
    """

    parents: tuple[str, ...]
    domains: tuple[Levels, ...]
    probabilities: Tensor

    def __call__(self, values: Values) -> Tensor:
        """The rows of the table that the parents select."""
        if not self.parents:
            return self.probabilities
        return self.probabilities[cells_of(self.parents, self.domains, values)]

    def __str__(self) -> str:
        """In a few words."""
        if not self.parents:
            return "(" + ", ".join(f"{float(chance):.4g}" for chance in self.probabilities) + ")"
        return f"table({', '.join(self.parents)})"


def cells_of(
    parents: Sequence[str], domains: Sequence[Levels], values: Values
) -> tuple[Tensor, ...]:
    """The table's row that each unit's parents select."""
    columns = [
        domain.codes(parent, values[parent])
        for parent, domain in zip(parents, domains, strict=True)
    ]
    return tuple(columns)
