"""What kind of function a user wrote: tried on units drawn from the model itself.

References:
    The test for an affine function is that of three points on a line, at every probe; rising and
    falling are read off a sorted grid of noises. What happens between and beyond the probes is
    not seen: abduction puts every noise it finds back into the function for that reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.distributions import constraints

from causalsim.errors.mechanism import MechanismError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Domain, Level, Levels, Real
from causalsim.scm.mechanism import Values
from causalsim.scm.mechanisms.written.adding import adds_noise
from causalsim.scm.mechanisms.written.calling import evaluate, with_names
from causalsim.scm.mechanisms.written.equation import Equation, Shape
from causalsim.scm.noise import NOTHING, draw, has_quantiles, is_discrete
from causalsim.seeds import Seed

PROBES = 64
_GRID = 129
#: Which noise of several is best solved for: the one in which the equation is simplest.
_EASE = (
    Shape.AFFINE,
    Shape.RISING,
    Shape.FALLING,
    Shape.FINITE,
    Shape.TANGLED,
    Shape.CONSTANT,
)


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """An equation's arguments at the probes.

    Args:
        draft: The equation, without shape and domain.
        parents: Of shape (probes,) each.
        grid: Noises in rising order, of shape (grid, probes); one row where there is no noise.
    """

    draft: Equation
    parents: Values
    grid: Tensor

    @property
    def arguments(self) -> dict[str, Tensor]:
        """What the function is called with, all of one shape."""
        shape = self.grid.shape
        names = self.draft.renamed
        found = {names.get(name, name): value.expand(shape) for name, value in self.parents.items()}
        return {**found, self.draft.argument: self.grid} if self.draft.argument else found


def shaped(draft: Equation, values: Values, levels: Sequence[Level] | None) -> Equation:
    """An equation with the domain and the shape that its values on the probes show.

    Args:
        draft: The equation.
        values: The values of its parents (and perhaps of others) at the probes.
        levels: Its levels, if the user named them.

    Raises:
        ModelError: A function that fails, mixes units, or draws random numbers itself.
    """
    parents = {name: values[name] for name in draft.parents}
    seed = Seed(0).child("grid", draft.node)
    count = _GRID if draft.argument else 1
    grid = torch.zeros((1, 1), dtype=torch.float64)
    if draft.argument:
        grid = draw(draft.noise, (count, 1), seed.torch()).sort(dim=0).values
    probed = Probed(draft, parents, grid.expand(count, PROBES))
    _require_unitwise(probed)
    domain: Domain = Real() if levels is None else Levels(tuple(levels))
    if levels is None and _is_truth(probed):
        domain = Levels((False, True))
    if not draft.argument:
        return replace(draft, domain=domain, shape=Shape.CONSTANT)
    shape, flat = _shape_of(probed)
    adds = shape is Shape.AFFINE and not isinstance(domain, Levels)
    adds = adds and adds_noise(draft.function, probed.arguments, draft.argument, draft.named)
    return replace(draft, domain=domain, shape=shape, flat=flat, adds=adds)


def easiest(found: Sequence[Equation]) -> int:
    """Which of several readings of one equation has the noise that is solved for most easily."""

    def unease(at: int) -> tuple[int, bool, bool]:
        # A noise that may be any number explains any value, so that guesses of the others live.
        bounded = found[at].noise.support is not constraints.real
        return _EASE.index(found[at].shape), found[at].flat, bounded

    return min(range(len(found)), key=unease)


def _require_unitwise(probed: Probed) -> None:
    """Refuse a function whose value for a unit depends on other units, or changes by itself."""
    draft, arguments = probed.draft, probed.arguments
    if not arguments:
        return
    half = {name: column[..., : PROBES // 2] for name, column in arguments.items()}
    whole, again, part = (
        evaluate(draft.node, draft.function, asked, draft.named)
        for asked in (arguments, arguments, half)
    )
    if not torch.equal(whole, again):
        raise MechanismError.draws_itself(draft.node)
    if whole.dim() and not torch.allclose(whole[..., : PROBES // 2], part, rtol=1e-9, atol=1e-12):
        raise MechanismError.mixes_units(draft.node)
    if not whole.dim() and not torch.allclose(whole, part, rtol=1e-9, atol=1e-12):
        raise MechanismError.mixes_units(draft.node)


def _is_truth(probed: Probed) -> bool:
    """Whether a function gives truth values."""
    draft = probed.draft
    try:
        found = draft.function(**with_names(probed.arguments, draft.named))
    except Exception as error:
        raise ModelError.failed_equation(draft.node, error) from error
    return isinstance(found, Tensor) and found.dtype == torch.bool


def _shape_of(probed: Probed) -> tuple[Shape, bool]:
    """How the values on the grid of noises move, and whether they stand still somewhere."""
    draft, grid = probed.draft, probed.grid
    moved = evaluate(draft.node, draft.function, probed.arguments, draft.named).expand(grid.shape)
    if is_discrete(draft.noise):
        return Shape.FINITE, False
    if _is_affine(probed, moved):
        return Shape.AFFINE, False
    if not has_quantiles(draft.noise):
        return Shape.TANGLED, False
    steps = moved.diff(dim=0)
    flat = bool(((steps == 0) & (grid.diff(dim=0) > 0)).any())
    if bool((steps >= 0).all()) and bool((steps > 0).any()):
        return Shape.RISING, flat
    if bool((steps <= 0).all()) and bool((steps < 0).any()):
        return Shape.FALLING, flat
    return Shape.TANGLED, flat


def _is_affine(probed: Probed, moved: Tensor) -> bool:
    """Whether the values on the grid lie on a line through those at the noises zero and one."""
    draft = probed.draft
    zero = NOTHING.expand(1, PROBES)
    try:
        base, one = (
            evaluate(draft.node, draft.function, asked, draft.named)
            for asked in (replace_grid(probed, zero), replace_grid(probed, zero + 1.0))
        )
    except ModelError:
        return False  # zero or one lies outside what the function can take
    slope = one - base
    line = torch.allclose(moved, base + slope * probed.grid, rtol=1e-9, atol=1e-9)
    return line and bool((slope != 0).any())


def replace_grid(probed: Probed, grid: Tensor) -> dict[str, Tensor]:
    """The arguments at other noises."""
    return replace(probed, grid=grid).arguments
