"""A fixed point that is approached slowly, found in fewer steps.

References:
    Varadhan and Roland, "Simple and globally convergent methods for accelerating the convergence of
    any EM algorithm" (2008), scheme S3.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """Where an iteration came to rest.

    Args:
        at: The numbers.
        steps: How many steps were taken.
        moved: How far the last plain step moved any number.
    """

    at: Tensor
    steps: int
    moved: float


def fixed_point(
    step: Callable[[Tensor], Tensor],
    height: Callable[[Tensor], float],
    start: Tensor,
    *,
    most: int,
    tolerance: float,
) -> Rest:
    """Where ``step`` leaves things as they are, by steps that never lose height.

    Args:
        step: One step of an EM algorithm.
        height: What no step lowers.
        start: Where to start.
        most: After how many steps to stop in any case.
        tolerance: When a step counts as none.

    Examples:
        >>> import torch
        >>> halves = fixed_point(
        ...     lambda at: 1.0 + 0.99 * (at - 1.0),
        ...     lambda at: -float((at - 1.0).square().sum()),
        ...     torch.zeros(2, dtype=torch.float64),
        ...     most=100,
        ...     tolerance=1e-9,
        ... )
        >>> [round(float(x), 6) for x in halves.at], halves.steps < 10
        ([1.0, 1.0], True)
    """
    at, steps, moved = start, 0, float("inf")
    while steps < most:
        one = step(at)
        steps += 1
        moved = float((one - at).abs().max())
        if moved < tolerance:
            return Rest(one, steps, moved)
        two = step(one)
        steps += 1
        first, second = one - at, two - 2.0 * one + at
        length = -float(first.norm()) / max(float(second.norm()), 1e-300)
        if not -1e6 < length < -1.0:
            at = two
            continue
        far = step(at - 2.0 * length * first + length**2 * second)
        steps += 1
        at = far if height(far) >= height(two) else two  # false for NaN too
    return Rest(at, steps, moved)
