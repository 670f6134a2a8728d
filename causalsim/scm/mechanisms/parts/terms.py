"""The predictor that mechanisms share: an intercept plus one term for each parent.

A term turns one parent into columns; a predictor weighs the columns. The fits in
`causalsim.scm.regression` are linear in the weights, so they have closed forms or are convex.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import torch
from torch import Tensor

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.mechanism import Values


class Term(Protocol):
    """One parent as columns of numbers."""

    @property
    def parent(self) -> str:
        """The variable that it reads."""
        ...

    @property
    def width(self) -> int:
        """How many columns it makes."""
        ...

    def columns(self, value: Tensor) -> Tensor:
        """The columns, in a new last dimension."""
        ...


class Prediction(Protocol):
    """A number for each unit, from the parents: what a mechanism adds noise to, or stretches."""

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it reads."""
        ...

    def __call__(self, values: Values) -> Tensor:
        """The prediction for each unit."""
        ...

    def __str__(self) -> str:
        """In a few words."""
        ...


@dataclass(frozen=True, slots=True)
class Slope:
    """A parent as it is: a straight line."""

    parent: str

    @property
    def width(self) -> int:
        """One column."""
        return 1

    def columns(self, value: Tensor) -> Tensor:
        """The value itself."""
        return value.unsqueeze(-1)

    def __str__(self) -> str:
        """In a few words."""
        return self.parent


@dataclass(frozen=True, slots=True)
class Offsets:
    """A parent with levels: one offset a level, the first level being the reference.

    >>> Offsets("city", Levels(("Oslo", "Rome"))).columns(torch.tensor([0.0, 1.0])).tolist()
    [[0.0], [1.0]]
    """

    parent: str
    levels: Levels

    @property
    def width(self) -> int:
        """One column a level but the first."""
        return len(self.levels.levels) - 1

    def columns(self, value: Tensor) -> Tensor:
        """Where the value is the second level, the third, and so on."""
        return (value.unsqueeze(-1) == self.levels.points[1:]).to(DTYPE)

    def __str__(self) -> str:
        """In a few words."""
        return f"offset({self.parent})"


@dataclass(frozen=True, slots=True)
class Curve:
    """A smooth curve of a parent: the natural cubic spline, a straight line beyond the outer knots.

    With knots ``k_1 < … < k_K`` the columns are ``x`` and ``d_j(x) - d_{K-1}(x)`` for
    ``j = 1 … K-2``, where ``d_j(x) = ((x - k_j)³₊ - (x - k_K)³₊) / (k_K - k_j)``.

    Args:
        parent: The variable that it reads.
        knots: At least three, ascending.

    Examples:
        >>> curve = Curve("x", (0.0, 1.0, 2.0))
        >>> beyond = curve.columns(torch.tensor([3.0, 4.0, 5.0], dtype=DTYPE))[:, 1]
        >>> (beyond.diff().diff().abs() < 1e-12).item()
        True

    References:
        Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning* (2009),
        equations 5.4 and 5.5.
    """

    parent: str
    knots: tuple[float, ...]

    @property
    def width(self) -> int:
        """One column fewer than knots: the constant is the predictor's intercept."""
        return len(self.knots) - 1

    def columns(self, value: Tensor) -> Tensor:
        """The basis, in units of the knots' range so that cubes stay of order one."""
        knots = torch.tensor(self.knots, dtype=DTYPE)
        reach = knots[-1] - knots[0]
        knots = (knots - knots[0]) / reach
        scaled = (value - self.knots[0]) / reach
        cubes = (scaled.unsqueeze(-1) - knots).clamp(min=0.0)
        cubes = cubes * cubes * cubes
        bends = (cubes[..., :-1] - cubes[..., -1:]) / (knots[-1] - knots[:-1])
        return torch.cat([scaled.unsqueeze(-1), bends[..., :-1] - bends[..., -1:]], dim=-1)

    def __str__(self) -> str:
        """In a few words."""
        return f"curve({self.parent})"


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """``intercept + Σ columns(parent) · weights``, for one output or several at once.

    Args:
        terms: One a parent.
        intercept: Of shape () for one output, (outputs,) for several.
        weights: For each term a tensor of shape (width,) or (width, outputs).

    Examples:
        >>> line = Predictor((Slope("x"),), torch.tensor(1.0), (torch.tensor([2.0]),))
        >>> line({"x": torch.tensor([0.0, 3.0])}).tolist()
        [1.0, 7.0]
    """

    terms: tuple[Term, ...]
    intercept: Tensor
    weights: tuple[Tensor, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it reads."""
        return tuple(term.parent for term in self.terms)

    def stretched(self, factor: float | Tensor, offset: float | Tensor) -> "Predictor":
        """``offset + factor · prediction``, for a value that was fitted on another scale."""
        weights = tuple(weight * factor for weight in self.weights)
        return Predictor(self.terms, self.intercept * factor + offset, weights)

    def __call__(self, values: Values) -> Tensor:
        """The prediction, with outputs (if several) in a new last dimension."""
        total = self.intercept
        for term, weight in zip(self.terms, self.weights, strict=True):
            value = values[term.parent]
            if term.width == 1 and weight.dim() == 1 and isinstance(term, Slope):
                total = total + value * weight[0]  # a tenth of the time of the general form
            else:
                total = total + term.columns(value) @ weight
        return total

    def __str__(self) -> str:
        """In a few words."""
        shown = []
        for term, weight in zip(self.terms, self.weights, strict=True):
            if weight.dim() == 1 and isinstance(term, Slope):
                shown.append(f"{float(weight[0]):.4g}·{term}")
            else:
                shown.append(str(term))
        if self.intercept.dim() == 0 and (float(self.intercept) != 0.0 or not shown):
            shown.insert(0, f"{float(self.intercept):.4g}")
        return " + ".join(shown).replace("+ -", "- ")


def design(terms: Sequence[Term], values: Values, rows: int) -> Tensor:
    """All columns of all terms side by side, of shape (rows, widths)."""
    if not terms:
        return torch.zeros((rows, 0), dtype=DTYPE)
    return torch.cat([term.columns(values[term.parent]) for term in terms], dim=-1)


def constant(value: float) -> Predictor:
    """The prediction that reads nothing.

    >>> print(constant(1.5))
    1.5
    """
    return Predictor((), torch.tensor(value, dtype=DTYPE), ())


def weighted(coefficients: Mapping[str, float], intercept: float) -> Predictor:
    """A straight line written by hand.

    >>> print(weighted({"x": 2.0}, -1.0))
    -1 + 2·x

    Raises:
        ModelError: A number that is not finite.
    """
    for name, slope in coefficients.items():
        require_finite(f"the coefficient of {name!r}", slope)
    require_finite("the intercept", intercept)
    weights = tuple(torch.tensor([slope], dtype=DTYPE) for slope in coefficients.values())
    terms = tuple(Slope(name) for name in coefficients)
    return Predictor(terms, torch.tensor(intercept, dtype=DTYPE), weights)


def require_finite(what: str, value: object) -> None:
    """Refuse NaN, infinities and what is no number."""
    if not isinstance(value, int | float) or not isfinite(value):
        raise ModelError.bad_parameter(what, value, "a finite number")


def both(*predictions: Prediction) -> tuple[str, ...]:
    """The variables that any of these reads, each once."""
    return tuple(dict.fromkeys(name for found in predictions for name in found.parents))
