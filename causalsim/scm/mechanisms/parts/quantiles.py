"""A uniform noise against cumulative probabilities: the draw of it, and the count it gives."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from causalsim.scm.domain import DTYPE


def drawn_between(low: Tensor, high: Tensor, generator: Generator) -> Tensor:
    """A uniform draw from ``[low, high)``.

    >>> float(drawn_between(torch.tensor(0.25), torch.tensor(0.25), Generator()))
    0.25
    """
    uniform = torch.rand(low.shape, generator=generator, dtype=DTYPE)
    # Rounding may reach the upper edge, which belongs to the next value.
    return torch.minimum(low + (high - low) * uniform, torch.nextafter(high, low))


def first_passing(noise: Tensor, cumulative: Callable[[Tensor], Tensor], guess: Tensor) -> Tensor:
    """The least whole number ``k ≥ 0`` with ``F(k) > noise``, by bisection.

    Args:
        noise: Below one.
        cumulative: ``F``, of whole numbers; it reaches one.
        guess: Where to look first, of the shape of the noise.
    """
    low = torch.full(noise.shape, -1.0, dtype=DTYPE)  # F(low) <= noise < F(high) throughout
    high = guess.ceil().clamp(min=1.0).expand(noise.shape)
    while bool((short := cumulative(high) <= noise).any()):
        low, high = torch.where(short, high, low), torch.where(short, 2.0 * high, high)
    while bool((high - low > 1.0).any()):
        middle = ((low + high) / 2).floor()
        passed = cumulative(middle) > noise
        low, high = torch.where(passed, low, middle), torch.where(passed, middle, high)
    return high
