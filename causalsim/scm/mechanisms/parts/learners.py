"""Predictions by learners of other packages: any scikit-learn regressor, any torch module."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from causalsim.scm.domain import DTYPE
from causalsim.scm.mechanism import Values
from causalsim.scm.mechanisms.parts.terms import Term


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What a fitted scikit-learn regressor predicts from the columns of the terms.

    Args:
        terms: How the parents enter, side by side.
        regressor: Fitted; anything with a ``predict`` of a two-dimensional array.
    """

    terms: tuple[Term, ...]
    regressor: Any

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it reads."""
        return tuple(term.parent for term in self.terms)

    def __call__(self, values: Values) -> Tensor:
        """The prediction for each unit."""
        features = stacked(self.terms, values)
        flat = features.reshape(-1, features.shape[-1]).numpy()
        found = np.asarray(self.regressor.predict(flat), dtype=np.float64)
        return torch.from_numpy(found).reshape(features.shape[:-1])

    def __str__(self) -> str:
        """In a few words."""
        return f"{type(self.regressor).__name__}({', '.join(self.parents)})"


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """What a torch module computes from the columns of the terms, stretched to the value's scale.

    ``centre + scale · module((columns - means) / deviations)``

    Args:
        terms: How the parents enter, side by side.
        module: From (…, width) to (…, 1), in float64.
        means: Of the columns.
        deviations: Of the columns, positive.
        centre: Of the value.
        scale: Of the value, positive.
    """

    terms: tuple[Term, ...]
    module: nn.Module
    means: Tensor
    deviations: Tensor
    centre: Tensor
    scale: Tensor

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it reads."""
        return tuple(term.parent for term in self.terms)

    def __call__(self, values: Values) -> Tensor:
        """The prediction for each unit."""
        features = (stacked(self.terms, values) - self.means) / self.deviations
        found: Tensor = self.module(features).squeeze(-1)
        return self.centre + self.scale * found

    def __str__(self) -> str:
        """In a few words."""
        return f"{type(self.module).__name__}({', '.join(self.parents)})"


def stacked(terms: tuple[Term, ...], values: Values) -> Tensor:
    """The columns of all terms in a new last dimension."""
    columns = [values[term.parent] for term in terms]
    shape = np.broadcast_shapes(*(column.shape for column in columns))
    pairs = zip(terms, columns, strict=True)
    return torch.cat([term.columns(column.expand(shape)) for term, column in pairs], dim=-1).to(
        DTYPE
    )
