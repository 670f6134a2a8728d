"""Hidden noises as plain coordinates, each standard Normal where the noise has quantiles.

``u = F⁻¹(Φ(z))`` turns a noise of any family with a quantile function into a ``z`` that is standard
Normal before anything is observed: one space in which to walk, to fit and to correct, whatever the
model is made of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.distributions import Distribution, Independent, Normal, biject_to

from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.block import Block
from causalsim.scm.noise import draw

#: Nearer to zero or one a quantile is no longer a number.
_EDGE = 1e-15
_TAIL = 1e-12
_MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """How one noise and its coordinates hang together.

    Args:
        node: The variable.
        noise: The distribution of its noise.
        width: How many coordinates it has: one, or one a level.
        table: For a noise of whole numbers its values and their cumulative probabilities.
        standard: Whether the coordinates are standard Normal before anything is observed.
    """

    node: str
    noise: Distribution
    width: int
    table: tuple[Tensor, Tensor] | None
    standard: bool

    @property
    def smooth(self) -> bool:
        """Whether the noise moves smoothly with its coordinates."""
        return self.table is None

    def at(self, z: Tensor) -> Tensor:
        """The noise at these coordinates, given and returned with a last dimension ``width``."""
        base = _base(self.noise)
        if isinstance(base, Normal):
            moved: Tensor = base.loc + base.scale * z
            return moved
        if not self.standard:
            stretched: Tensor = biject_to(self.noise.support)(z)
            return stretched
        return self.quantile(torch.special.ndtr(z))

    def quantile(self, chance: Tensor) -> Tensor:
        """The noise below which it lies with this probability."""
        chance = chance.clamp(_EDGE, 1.0 - 1e-16)
        if self.table is not None:
            points, edges = self.table
            index = torch.searchsorted(edges, chance.contiguous(), right=True)
            return points[index.clamp(max=len(points) - 1)]
        found: Tensor = _base(self.noise).icdf(chance)
        return found.to(DTYPE)

    def log_prior(self, z: Tensor) -> Tensor:
        """The log density of the coordinates before anything is observed, summed over them."""
        if self.standard:
            constant = 0.5 * torch.log(torch.tensor(2 * torch.pi, dtype=DTYPE))
            standard: Tensor = -(0.5 * z.square() + constant).sum(dim=-1)
            return standard
        transform = biject_to(self.noise.support)
        noise = transform(z)
        logs = self.noise.log_prob(noise) + transform.log_abs_det_jacobian(z, noise)
        total: Tensor = logs.sum(dim=-1)
        return total

    def back(self, noise: Tensor) -> Tensor:
        """The coordinates of a noise, where they are not standard."""
        found: Tensor = biject_to(self.noise.support).inv(noise)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Coordinates:
    """The coordinates of all hidden noises of a block, in the last dimension of a tensor.

    Args:
        axes: One a hidden noise.
    """

    axes: tuple[Axis, ...]

    @property
    def width(self) -> int:
        """How many there are."""
        return sum(axis.width for axis in self.axes)

    def noises(self, z: Tensor) -> dict[str, Tensor]:
        """The noises at coordinates of shape (..., width)."""
        return {axis.node: _closed(axis, axis.at(part)) for axis, part in self._split(z)}

    def log_prior(self, z: Tensor) -> Tensor:
        """The log density of the coordinates before anything is observed."""
        logs = [axis.log_prior(part) for axis, part in self._split(z)]
        return torch.stack(logs).sum(dim=0)

    def spread(self, count: int, units: int, generator: Generator) -> Tensor:
        """Draws from the prior that cover each unit's space evenly, of shape (count, units, width).

        Each unit gets the same Sobol points, moved around the torus by its own random step: every
        draw follows the prior, units are independent, and averages over a unit's draws are more
        precise than those of independent draws. They rise with the first coordinate, but for one
        jump, so that neighbours are alike.

        References:
            Cranley and Patterson, "Randomization of number theoretic methods for multiple
            integration" (1976); Owen, "Monte Carlo variance of scrambled net quadrature" (1997).
        """
        base = _sobol(count, self.width)
        step = torch.rand((1, units, self.width), generator=generator, dtype=DTYPE)
        chances = torch.remainder(base.unsqueeze(1) + step, 1.0)
        z: Tensor = torch.special.ndtri(chances.clamp(_EDGE, 1.0 - 1e-16))
        start = 0
        for axis in self.axes:
            if not axis.standard:
                shape = (count, units, axis.width)
                z[..., start : start + axis.width] = axis.back(
                    draw(_base(axis.noise), shape, generator)
                )
            start += axis.width
        return z

    def _split(self, z: Tensor) -> list[tuple[Axis, Tensor]]:
        """Each axis with its part of the coordinates."""
        parts = torch.split(z, [axis.width for axis in self.axes], dim=-1)
        split: list[tuple[Axis, Tensor]] = list(zip(self.axes, parts, strict=True))
        return split


def coordinates_of(block: Block, nodes: Sequence[str]) -> Coordinates | str:
    """The coordinates of the noises of these nodes, or why one of them has none."""
    axes: list[Axis] = []
    for node in nodes:
        axis = _axis(node, block.mechanisms[node].noise)
        if isinstance(axis, str):
            return axis
        axes.append(axis)
    return Coordinates(tuple(axes))


def _axis(node: str, noise: Distribution) -> Axis | str:
    """The axis of one noise."""
    width = int(torch.Size(noise.event_shape).numel())
    support = noise.support
    if support is not None and support.is_discrete:
        table = _table(noise)
        if table is None:
            family = type(noise).__name__
            return f"the noise of {node!r} is {family}, whose values cannot be listed"
        return Axis(node, noise, width, table, standard=True)
    return Axis(node, noise, width, None, standard=_has_quantiles(_base(noise)))


def _has_quantiles(noise: Distribution) -> bool:
    """Whether the quantile function is there."""
    try:
        return bool(noise.icdf(torch.tensor(0.5, dtype=DTYPE)).isfinite().all())
    except NotImplementedError:
        return False


def _table(noise: Distribution) -> tuple[Tensor, Tensor] | None:
    """The values of a noise of whole numbers and their cumulative probabilities."""
    if noise.has_enumerate_support:
        points = noise.enumerate_support(expand=False).flatten().to(DTYPE)
    else:
        most = float(noise.mean + 60.0 * noise.stddev + 60.0)
        if not most < _MOST_STEPS:
            return None
        points = torch.arange(most, dtype=DTYPE)
    chances = noise.log_prob(points).exp().to(DTYPE)
    edges = chances.cumsum(dim=0)
    return (points, edges) if abs(float(edges[-1]) - 1.0) < _TAIL**0.5 else None


def _base(noise: Distribution) -> Distribution:
    """The distribution of one number of a noise that has several alike."""
    if isinstance(noise, Independent):
        inner: Distribution = noise.base_dist
        return inner
    return noise


def _closed(axis: Axis, noise: Tensor) -> Tensor:
    """A noise of one number without the last dimension."""
    return noise if axis.noise.event_shape else noise.squeeze(-1)


def _sobol(count: int, width: int) -> Tensor:
    """The first Sobol points, sorted by the first coordinate."""
    engine = torch.quasirandom.SobolEngine(width)  # type: ignore[no-untyped-call]
    points: Tensor = engine.draw(count, dtype=DTYPE)
    return points[points[:, 0].argsort()]
