"""A noise cut into finitely many cells within which no value changes.

Whatever a noise is, a variable with finitely many levels and finitely many configurations of its
parents only asks of it which level follows from which configuration: its response function. The
cells are the noises with one response function, and so an exact finite noise.

References:
    Balke and Pearl, "Counterfactual probabilities: computational methods, bounds and applications"
    (1994), section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.errors.contraction import ContractionError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.mechanisms.parts.levels import LevelDistribution
from causalsim.scm.mechanisms.written.equation import Equation, Shape
from causalsim.scm.networks.argmax_cells import argmax_cells

UNIFORM = (Coupling.THRESHOLD, Coupling.INVERSE_CDF)
#: Cells narrower than this come from rounding: 0.1 + 0.2 and 0.3 are one breakpoint.
_NARROWEST = 1e-14
_HALVINGS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The pieces of a noise.

    Args:
        chances: How likely each is, of shape (R,).
        points: One noise in each, of shape (R, *event).
    """

    chances: Tensor
    points: Tensor


def noise_cells(node: str, readers: Sequence[tuple[Mechanism, Values]], most: int) -> Cells:
    """The cells of the noise that these mechanisms share.

    Args:
        node: The variable, for messages.
        readers: Each mechanism, by itself without an action, with its parents' values at all
            configurations, of shape (C,).
        most: More cells are refused.

    Raises:
        ContractionError: The noise is continuous and its values cannot be told apart by
            intervals, or there are too many cells.
    """
    noise = readers[0][0].noise
    if noise.has_enumerate_support:
        points = noise.enumerate_support(expand=False).to(DTYPE).flatten()
        return Cells(noise.log_prob(points).exp().to(DTYPE), points)
    if all(mechanism.coupling is Coupling.GUMBEL for mechanism, _ in readers):
        rows = torch.cat([_rows(*reader) for reader in readers])
        chances, points = argmax_cells(node, rows, most)
        return Cells(chances, points)
    cut = _intervals(torch.cat([_edges(node, *reader) for reader in readers]))
    if all(mechanism.coupling in UNIFORM for mechanism, _ in readers):
        return cut
    return Cells(cut.chances, noise.icdf(cut.points).to(DTYPE))


def level_chances(mechanism: Mechanism, parents: Values, levels: Levels) -> Tensor:
    """The probability of each level at each configuration, of shape (C, K)."""
    count = max((len(column) for column in parents.values()), default=1)
    given, points = mechanism.given(parents), levels.points
    if isinstance(given, LevelDistribution) and torch.equal(given.points, points):
        found = given.probabilities
    else:
        scores = given.log_prob(points.unsqueeze(-1)).exp()
        found = scores.expand(len(points), count).T
    return found.to(DTYPE).expand(count, len(points))


def is_scored(mechanism: Mechanism) -> bool:
    """Whether a mechanism tells the probability of each of its levels in closed form."""
    if mechanism.coupling is Coupling.INVERSION:
        return not mechanism.parents and bool(mechanism.noise.has_enumerate_support)
    return mechanism.coupling in UNIFORM or mechanism.coupling is Coupling.GUMBEL


def _rows(mechanism: Mechanism, parents: Values) -> Tensor:
    """The probabilities of a mechanism with levels at all configurations."""
    assert isinstance(mechanism.domain, Levels)
    return level_chances(mechanism, parents, mechanism.domain)


def _edges(node: str, mechanism: Mechanism, parents: Values) -> Tensor:
    """The probabilities of noise at which the value changes, at any configuration."""
    if mechanism.coupling in UNIFORM:
        return _rows(mechanism, parents).cumsum(dim=-1)[:, :-1].flatten()
    if isinstance(mechanism, Equation) and isinstance(mechanism.domain, Levels):
        return _steps(mechanism, parents)
    raise ContractionError.not_discrete(
        node, "has a continuous noise whose values are no intervals"
    )


def _intervals(edges: Tensor) -> Cells:
    """The intervals between breakpoints in [0, 1], equal breakpoints merged."""
    ends = torch.tensor([0.0, 1.0], dtype=DTYPE)
    inner = edges[(edges > _NARROWEST) & (edges < 1 - _NARROWEST)].unique()  # type: ignore[no-untyped-call]
    apart = torch.ones(len(inner), dtype=torch.bool)
    apart[1:] = inner.diff() > _NARROWEST
    cut = torch.cat([ends[:1], inner[apart], ends[1:]])
    return Cells(cut.diff(), (cut[1:] + cut[:-1]) / 2)


def _steps(equation: Equation, parents: Values) -> Tensor:
    """The probabilities of noise at which a monotone equation passes from a level to the next."""
    if equation.shape is Shape.TANGLED:
        raise ContractionError.not_discrete(
            equation.node, "has an equation that neither rises nor falls with a continuous noise"
        )
    assert isinstance(equation.domain, Levels)
    bounds = equation.domain.points[1:].unsqueeze(-1)
    count = max((len(column) for column in parents.values()), default=1)
    shape = (len(bounds), count)
    flat = {name: column.expand(shape).reshape(-1) for name, column in parents.items()}
    bounds = bounds.expand(shape).reshape(-1)
    low, high = torch.zeros_like(bounds), torch.ones_like(bounds)
    rising = equation.shape is not Shape.FALLING and _rises(equation, flat)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        reached = equation.produce(flat, equation.noise.icdf(middle).to(DTYPE)) >= bounds
        left = reached if rising else ~reached
        low, high = torch.where(left, low, middle), torch.where(left, middle, high)
    return (low + high) / 2


def _rises(equation: Equation, parents: Values) -> bool:
    """Whether an equation that is affine or rising in its noise does not fall with it."""
    if equation.shape is Shape.RISING:
        return True
    ends = torch.tensor([0.25, 0.75], dtype=DTYPE)
    low, high = equation.noise.icdf(ends).to(DTYPE)
    size = max((len(column) for column in parents.values()), default=1)
    moved = equation.produce(parents, high.expand(size)) - equation.produce(
        parents, low.expand(size)
    )
    return not bool((moved < 0).any())
