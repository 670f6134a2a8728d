"""All noises that give a value: the roots and the flat stretches of a function of one noise.

A function that a user wrote may rise and fall with its noise, jump, and stand still. The noise's
line is cut into cells of equal probability (and ever smaller ones in its tails); a change of sign
of ``f - value`` between neighbours brackets a root, a run of equality is a flat stretch, and both
are narrowed to neighbouring floating-point numbers. What hides between two neighbours (two roots in
one cell) is not found.

References:
    Karvanen, Tikka and Hyttinen, "Simulating counterfactuals" (2023), where the noise of an
    observed variable is solved for; the density is the change of variables summed over roots.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Distribution

from causalsim.scm.domain import DTYPE
from causalsim.scm.noise import cumulative, quantiles, support_points

#: ``f(index, noise)``: the values of the units of these numbers under these noises.
Response = Callable[[Tensor, Tensor], Tensor]
_CELLS = 256
_TAILS = 40
_HALVINGS = 1100
_GOLDEN = 0.5 * (5.0**0.5 - 1.0)
_SHRINKS = 45
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Solutions:
    """The noises that give each unit's value: points and intervals, one entry each.

    Args:
        unit: Which unit.
        low: The noise, or the low end of an interval of noises.
        high: The same noise, or the interval's high end.
        log_weight: For an interval the log of its probability; for a point the log of the density
            of the value that it accounts for, ``p(u) / |f'(u)|``.
        mass: Whether it is an interval.
    """

    unit: Tensor
    low: Tensor
    high: Tensor
    log_weight: Tensor
    mass: Tensor

    def log_density(self, units: int) -> Tensor:
        """The log probability of each value where it has one, else its log density."""
        heaviest = self._leading(units)
        top = _greatest(heaviest, self.unit, units)
        top = torch.where(top.isneginf(), torch.zeros_like(top), top)
        scaled = (heaviest - top[self.unit]).exp()
        total = torch.zeros(units, dtype=DTYPE).index_add(0, self.unit, scaled)
        return total.log() + top

    def drawn(self, noise: Distribution, units: int, generator: torch.Generator) -> Tensor:
        """One noise a unit, by its weight; NaN where there is none."""
        weights = self._leading(units)
        free = -torch.empty(len(weights), dtype=DTYPE).exponential_(generator=generator).log()
        uniform = torch.rand(units, generator=generator, dtype=DTYPE)
        # The greatest of log weight plus Gumbel noise is a draw by weight.
        score = torch.where(weights.isneginf(), weights, weights + free)
        best = _greatest(score, self.unit, units)
        picked = (score == best[self.unit]) & ~score.isneginf()
        found = torch.full((units,), torch.nan, dtype=DTYPE)
        unit, low, high = self.unit[picked], self.low[picked], self.high[picked]
        wide = self.mass[picked] & (low < high)
        found[unit] = low
        if bool(wide.any()):
            found[unit[wide]] = between(noise, low[wide], high[wide], uniform[unit[wide]])
        return found

    def holds(self, units: int) -> Tensor:
        """Where a value has a probability of its own, not only a density."""
        held = torch.zeros(units, dtype=torch.bool)
        held[self.unit[self.mass & ~self.log_weight.detach().isneginf()]] = True
        return held

    def _leading(self, units: int) -> Tensor:
        """The log weights, those of points being nothing beside an interval's."""
        held = self.holds(units)
        return torch.where(held[self.unit] & ~self.mass, -torch.inf, self.log_weight)


def between(noise: Distribution, low: Tensor, high: Tensor, uniform: Tensor) -> Tensor:
    """The noise at a share of the probability between two ends."""
    first, last = cumulative(noise, low), cumulative(noise, high)
    found = quantiles(noise, first + (last - first) * uniform)
    # Where the quantiles have lost their digits the ends still have theirs.
    return torch.minimum(torch.maximum(found, low), high)


def solutions(response: Response, noise: Distribution, value: Tensor, *, levels: bool) -> Solutions:
    """Every noise that gives these values.

    Args:
        response: The function, for units by their number.
        noise: Its distribution, which knows its quantiles.
        value: One a unit, of shape (units,).
        levels: Whether the values are levels, which only intervals of noise give.
    """
    grid = quantile_grid(noise)
    step = max(1, _AT_ONCE // len(grid))
    parts = [
        _part(response, noise, value, torch.arange(start, min(start + step, len(value))), levels)
        for start in range(0, len(value), step)
    ]
    return Solutions(
        *(
            torch.cat([getattr(part, name) for part in parts])
            for name in ("unit", "low", "high", "log_weight", "mass")
        )
    )


def enumerated(response: Response, noise: Distribution, value: Tensor) -> Solutions:
    """The same for a noise that has finitely many values (or whole numbers from zero)."""
    points = support_points(noise)
    units = torch.arange(len(value))
    index = units.expand(len(points), -1).reshape(-1)
    every = points.unsqueeze(1).expand(-1, len(value)).reshape(-1)
    found = torch.isclose(response(index, every).detach(), value[index], rtol=1e-9, atol=1e-12)
    noises = every[found]
    weight = noise.log_prob(noises).to(DTYPE)
    return Solutions(index[found], noises, noises, weight, torch.ones_like(noises).bool())


def quantile_grid(noise: Distribution) -> Tensor:
    """Noises at equal steps of probability, and on towards both ends of the line.

    >>> from torch.distributions import Uniform
    >>> grid = quantile_grid(Uniform(torch.tensor(0.0).double(), torch.tensor(1.0).double()))
    >>> bool((grid.diff() > 0).all()), len(grid) > 300
    (True, True)
    """
    middle = torch.arange(1, _CELLS, dtype=DTYPE) / _CELLS
    tail = torch.logspace(-15.5, -3.05, _TAILS, dtype=DTYPE)
    chances = torch.cat([tail, middle, 1.0 - tail.flip(0)])
    # No uniform of [0, 1) or Normal of float64 lies beyond; a support with ends has them too.
    found = quantiles(noise, chances)
    return found[found.isfinite()].unique()  # type: ignore[no-untyped-call,no-any-return]


def _part(
    response: Response, noise: Distribution, value: Tensor, units: Tensor, levels: bool
) -> Solutions:
    """The same for some of the units."""
    grid = quantile_grid(noise)
    count = len(units)
    index = units.expand(len(grid), count).reshape(-1)
    moved = response(index, grid.unsqueeze(1).expand(-1, count).reshape(-1)).detach()
    moved = moved.reshape(len(grid), count)
    side = (moved - value[units]).sign()
    flats = _flats(side, response, grid, units, value, levels)
    nothing = torch.zeros(0, dtype=DTYPE)
    roots = (nothing.long(), nothing, nothing)
    if not levels:  # a level is given by intervals only
        roots = _roots(moved, side, response, noise, grid, units, value)
    masses = (cumulative(noise, flats[2]) - cumulative(noise, flats[1])).clamp(min=0.0).log()
    wide = masses > -34.0 if levels else torch.ones_like(masses, dtype=torch.bool)
    kept = tuple(column[wide] for column in flats)
    is_mass = torch.cat([torch.ones(len(kept[0])), torch.zeros(len(roots[0]))]).bool()
    return Solutions(
        torch.cat([kept[0], roots[0]]),
        torch.cat([kept[1], roots[1]]),
        torch.cat([kept[2], roots[1]]),
        torch.cat([masses[wide], roots[2]]),
        is_mass,
    )


def _flats(
    side: Tensor,
    response: Response,
    grid: Tensor,
    units: Tensor,
    value: Tensor,
    levels: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Runs of noises that all give the value: unit, low end, high end."""
    here = side == 0
    padded = torch.nn.functional.pad(here.to(DTYPE), (0, 0, 1, 1))
    starts, firsts = _at((padded.diff(dim=0) == 1.0)[:-1])
    _, lasts = _at((padded.diff(dim=0) == -1.0)[1:])
    # Both lists are by unit and then by place, so that runs match.
    unit = units[starts]
    # A number met at a single point of the grid is a root; a level met there has an interval.
    long = (firsts != lasts) | levels
    unit, firsts, lasts = unit[long], firsts[long], lasts[long]
    low = _edge(response, value, unit, grid[(firsts - 1).clamp(min=0)], grid[firsts])
    high = _edge(response, value, unit, grid[(lasts + 1).clamp(max=len(grid) - 1)], grid[lasts])
    return unit, low, high


def _edge(
    response: Response, value: Tensor, unit: Tensor, outside: Tensor, inside: Tensor
) -> Tensor:
    """The last noise towards ``outside`` that still gives the value."""
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        if bool(((middle == outside) | (middle == inside)).all()):
            break
        same = response(unit, middle).detach() == value[unit]
        outside = torch.where(same, outside, middle)
        inside = torch.where(same, middle, inside)
    return inside


def _roots(
    moved: Tensor,
    side: Tensor,
    response: Response,
    noise: Distribution,
    grid: Tensor,
    units: Tensor,
    value: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Noises at which the function passes the value: unit, noise, log density."""
    column, place = _at(side[:-1] * side[1:] < 0)
    touched, touching = _at((side == 0) & ~_beside(side == 0))
    dip = _dips(moved, side, response, grid, units, value)
    unit = torch.cat([units[column], units[touched], dip[0], dip[0]])
    low = torch.cat([grid[place], grid[touching], dip[1], dip[2]])
    high = torch.cat([grid[place + 1], grid[touching], dip[2], dip[3]])
    below = torch.cat([side[place, column], side[touching, touched], dip[4], -dip[4]])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if bool(((middle <= low) | (middle >= high)).all()):
            break
        left = (response(unit, middle).detach() - value[unit]).sign() == below
        low, high = torch.where(left, middle, low), torch.where(left, high, middle)
    root = (low + high) / 2
    weight, found = point_density(response, noise, unit, root, value[unit])
    return unit[found], root[found], weight[found]


def _dips(
    moved: Tensor,
    side: Tensor,
    response: Response,
    grid: Tensor,
    units: Tensor,
    value: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Turning points between grid points that just pass the value: two roots in one cell.

    Returns:
        Unit, low end, turning point, high end, and the side of the ends.
    """
    gap = (moved - value[units]).abs()
    lowest = (gap[1:-1] < gap[:-2]) & (gap[1:-1] < gap[2:])
    same = (side[1:-1] == side[:-2]) & (side[1:-1] == side[2:]) & (side[1:-1] != 0)
    column, place = _at(lowest & same)
    unit, sign = units[column], side[place + 1, column]
    low, high = grid[place], grid[place + 2]
    one, other = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    for _ in range(_SHRINKS):
        nearer = sign * (response(unit, one).detach() - response(unit, other).detach()) < 0
        low, high = torch.where(nearer, low, one), torch.where(nearer, other, high)
        one, other = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    turn = (low + high) / 2
    passed = sign * (response(unit, turn).detach() - value[unit]) < 0
    ends = grid[place][passed], grid[place + 2][passed]
    return unit[passed], ends[0], turn[passed], ends[1], sign[passed]


def point_density(
    response: Response, noise: Distribution, unit: Tensor, root: Tensor, value: Tensor
) -> tuple[Tensor, Tensor]:
    """The log density ``log p(u) - log |f'(u)|`` at a root, and whether it is one.

    A jump across the value is no root; neither is a place where the function stands still. Where
    parents need derivatives, one step of Newton's method gives them to the root.
    """
    gap, slope = slopes(response, unit, root, value)
    found = (gap.abs() <= 1e-7 * (1.0 + value.abs())) & (slope != 0) & slope.isfinite()
    one = torch.ones_like(slope)
    moved = torch.where(found, root, quantiles(noise, torch.tensor(0.5, dtype=DTYPE)))
    if gap.requires_grad:
        step = torch.where(found, gap, torch.zeros_like(gap)) / torch.where(found, slope, one)
        moved = moved - step
        _, slope = slopes(response, unit, moved, value)
    weight = noise.log_prob(moved).to(DTYPE) - torch.where(found, slope, one).abs().log()
    return weight, found


def slopes(response: Response, unit: Tensor, noise: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """``f(u) - value`` and ``f'(u)``, by automatic differentiation; zero where there is none.

    They need gradients themselves only if a parent does.
    """
    with torch.enable_grad():
        kept = noise.requires_grad or response(unit, noise).requires_grad
        at = noise if noise.requires_grad else noise.clone().requires_grad_(True)
        gap = response(unit, at) - value
        if not gap.requires_grad or not len(at):
            return gap.detach(), torch.zeros_like(gap)
        (slope,) = torch.autograd.grad(gap.sum(), at, create_graph=kept, allow_unused=True)
    slope = torch.zeros_like(gap) if slope is None else slope
    return (gap, slope) if kept else (gap.detach(), slope.detach())


def _at(where: Tensor) -> tuple[Tensor, Tensor]:
    """Column and row of each true entry, by column."""
    found = where.T.nonzero()
    return found[:, 0], found[:, 1]


def _beside(where: Tensor) -> Tensor:
    """Where the entry above or below is true too."""
    padded = torch.nn.functional.pad(where, (0, 0, 1, 1))
    return padded[:-2] | padded[2:]


def _greatest(score: Tensor, unit: Tensor, units: int) -> Tensor:
    """The greatest score of each unit; minus infinity where it has none."""
    start = torch.full((units,), -torch.inf, dtype=DTYPE)
    return start.scatter_reduce(0, unit, score.detach(), "amax")
