"""The probability of each level given the parents: log-odds, or a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from causalsim.scm.domain import Levels
from causalsim.scm.mechanism import Values
from causalsim.scm.mechanisms.parts.terms import Predictor
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
        return torch.softmax(with_reference(self.predictor(values)), dim=-1)

    def __str__(self) -> str:
        """In a few words."""
        return f"softmax({self.predictor})"


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
