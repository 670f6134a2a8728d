"""Columns of parents made comparable, and beliefs about their coefficients."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.domain import DTYPE
from causalsim.scm.learning.priors import Normal, Prior, ScaledNormal
from causalsim.scm.mechanisms.parts.terms import Offsets, Predictor, Term, design
from causalsim.scm.recipe import Rows
from causalsim.scm.regression import standardised


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A one and the standardised columns of all terms; coefficients there and in natural units.

    Args:
        terms: How the parents enter.
        features: Of shape (rows, columns), the first being one.
        names: Of the columns.
        parents: The parent of each column, empty for the first.
        natural: The matrix that turns coefficients of ``features`` into natural ones.
    """

    terms: tuple[Term, ...]
    features: Tensor
    names: tuple[str, ...]
    parents: tuple[str, ...]
    natural: Tensor

    def predictor(self, coefficients: Tensor) -> Predictor:
        """The predictor with these natural coefficients, of shape (columns,) or (…, outputs)."""
        widths = [term.width for term in self.terms]
        slopes = torch.split(coefficients[1:], widths) if widths else ()
        return Predictor(self.terms, coefficients[0], tuple(slopes))


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """Independent Normal beliefs about as many combinations of coefficients as there are columns.

    ``functionals @ coefficients ~ Normal(loc, scale)``, the scale in units of the noise's standard
    deviation where ``relative``.

    Args:
        functionals: Of shape (columns, columns), for coefficients of the features.
        loc: Of shape (columns,).
        scale: Of shape (columns,).
        relative: Of shape (columns,).
        words: One a column.
    """

    functionals: Tensor
    loc: Tensor
    scale: Tensor
    relative: Tensor
    words: tuple[str, ...]

    def quadratic(self, relative: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Precision, precision times mean, and the mean's square, of one kind of belief."""
        chosen = self.relative == relative
        rows = self.functionals[chosen] / self.scale[chosen].unsqueeze(1)
        locs = self.loc[chosen] / self.scale[chosen]
        return rows.T @ rows, rows.T @ locs, locs @ locs

    def drawn(self, noise: Tensor, standard: Tensor) -> Tensor:
        """Prior draws of the coefficients, of shape (draws, columns).

        Args:
            noise: The noise's standard deviation, of shape (draws,).
            standard: Standard Normal numbers of shape (draws, columns).
        """
        size = torch.where(self.relative, noise.unsqueeze(1), 1.0) * self.scale
        found: Tensor = torch.linalg.solve(self.functionals, (self.loc + size * standard).T)
        return found.T


def designed(rows: Rows, terms: Sequence[Term]) -> Design:
    """The columns that these terms make of the rows."""
    columns, centre, scale = standardised(design(terms, rows.values, len(rows)))
    width = columns.shape[1]
    features = torch.cat([torch.ones((len(rows), 1), dtype=DTYPE), columns], dim=1)
    natural = torch.eye(1 + width, dtype=DTYPE)
    natural[1:, 1:] /= scale.unsqueeze(1)
    natural[0, 1:] = -centre / scale
    names, parents = ["intercept"], [""]
    for term in terms:
        names += _column_names(term)
        parents += [term.parent] * term.width
    return Design(tuple(terms), features, tuple(names), tuple(parents), natural)


def believed(
    node: str, found: Design, prior: Prior, intercept: Normal | ScaledNormal, size: float
) -> Beliefs:
    """The beliefs that a user stated, and defaults for the others.

    Args:
        node: The variable, for messages.
        found: The columns.
        prior: What the user said.
        intercept: The default at average parents.
        size: The default scale of a coefficient of a standardised column, of the kind of
            ``intercept``.

    Raises:
        LearningError: A slope in something that is no parent.
    """
    stated = prior.slopes or {}
    names = tuple(dict.fromkeys(name for name in found.parents if name))
    for name, belief in stated.items():
        if name not in names:
            raise LearningError.unknown_slope(node, name, names)
        _require_coefficient(node, f"the slope of {name}", belief)
    kind = type(intercept)
    functionals = torch.eye(len(found.names), dtype=DTYPE)
    chosen: list[Normal | ScaledNormal] = []
    words: list[str] = []
    for index, (name, parent) in enumerate(zip(found.names, found.parents, strict=True)):
        said = stated.get(parent) if parent else prior.intercept
        if said is not None:
            _require_coefficient(node, name, said)
            functionals[index] = found.natural[index]
            words.append(f"{name} ~ {said}")
        elif parent:
            said = kind(0.0, size)
            shown = kind(0.0, size * float(found.natural[index, index]))
            words.append(f"{name} ~ {shown}")
        else:
            said = intercept
            words.append(f"value at average parents ~ {said}" if names else f"mean ~ {said}")
        chosen.append(said)
    return Beliefs(
        functionals,
        torch.tensor([belief.loc for belief in chosen], dtype=DTYPE),
        torch.tensor([belief.scale for belief in chosen], dtype=DTYPE),
        torch.tensor([isinstance(belief, ScaledNormal) for belief in chosen]),
        tuple(words),
    )


def _column_names(term: Term) -> list[str]:
    """A slope by its parent's name, others with what tells their columns apart."""
    if isinstance(term, Offsets):
        return [f"{term.parent}[{level}]" for level in term.levels.levels[1:]]
    if term.width == 1:
        return [term.parent]
    return [f"{term.parent}[{number}]" for number in range(1, term.width + 1)]


def _require_coefficient(node: str, field: str, found: object) -> None:
    """Refuse a belief of another kind."""
    if not isinstance(found, Normal | ScaledNormal):
        raise LearningError.bad_prior(node, field, found, "Normal, ScaledNormal")
