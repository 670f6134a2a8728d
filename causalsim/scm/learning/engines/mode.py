"""The mode of a posterior and its curvature there, by Newton's method."""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.learning.algebra import TORCH, Algebra
from causalsim.scm.learning.learnable import Learnable

_STEPS = 100
#: Coordinates are of order one; where curvature is nearly nothing a step would go anywhere.
_FARTHEST = 3.0
#: How many numbers a batch of evaluations may make at once.
_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """Where a posterior is highest, and a Cholesky factor of its inverse curvature.

    Args:
        at: Coordinates, of shape (size,).
        factor: Lower triangular; ``factor @ factor.T`` is the covariance of the Normal there.
    """

    at: Tensor
    factor: Tensor


class Hill(Protocol):
    """A log density and a place to start."""

    @property
    def start(self) -> Tensor:
        """Coordinates of shape (size,)."""
        ...

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """The height."""
        ...


def find_mode(part: Learnable) -> Mode:
    """Newton's method with a step that is halved until the density rises.

    Where the curvature is not that of a maximum its eigenvalues are taken by their size, so that
    the step still goes uphill.

    Raises:
        LearningError: No maximum was found.
    """
    if not len(part.start):  # a variable with one level has nothing to learn
        return Mode(part.start, torch.zeros((0, 0), dtype=part.start.dtype))
    at, gradient, curvature, promise = climb(part)
    factor, failed = torch.linalg.cholesky_ex(torch.linalg.pinv(curvature, hermitian=True))
    worst = float(gradient.abs().max())
    if not torch.isfinite(factor).all() or bool(failed) or promise > 1e-3:
        raise LearningError.no_mode(part.node, worst)
    return Mode(at, factor)


def climb(part: Hill) -> tuple[Tensor, Tensor, Tensor, float]:
    """Where the way up ends, the gradient and curvature there, and how much more is promised."""
    at, height, promise = part.start, float(part.log_density(part.start, TORCH)), 0.0
    gradient, curvature = _slopes(part, at)
    for _ in range(_STEPS):
        values, vectors = torch.linalg.eigh(curvature)
        values = values.abs().clamp(min=1e-10 * float(values.abs().max()) + 1e-300)
        step = vectors @ ((vectors.T @ gradient) / values)
        step = step * min(1.0, _FARTHEST / (float(step.abs().max()) + 1e-300))
        promise = float(gradient @ step)
        if promise < 1e-12:
            break
        at, height, moved = _climbed(part, at, step, height, promise)
        if not moved:
            break
        gradient, curvature = _slopes(part, at)
    return at, gradient, curvature, promise


def densities(part: Learnable, at: Tensor) -> Tensor:
    """The log density of each row of coordinates, a few at a time where rows of data are many."""
    step = max(1, _AT_ONCE // max(part.work, 1))
    with torch.no_grad():
        return torch.cat([part.log_density(some, TORCH) for some in torch.split(at, step)])


def _climbed(
    part: Hill, at: Tensor, step: Tensor, height: float, promise: float
) -> tuple[Tensor, float, bool]:
    """A point higher up along the step, if there is one."""
    size = 1.0
    while size > 1e-8:
        trial = at + size * step
        found = float(part.log_density(trial, TORCH))
        if found >= height + 1e-4 * size * promise or (size < 1.0 and found > height):
            return trial, found, True
        if abs(found - height) <= 1e-10 * (1.0 + abs(height)) and promise < 1e-6:
            return trial, found, False
        size /= 2
    return at, height, False


def _slopes(part: Hill, at: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient, and minus the matrix of second derivatives."""
    point = at.detach().requires_grad_(True)
    value = part.log_density(point, TORCH)
    (gradient,) = torch.autograd.grad(value, point, create_graph=True)
    rows = [
        torch.autograd.grad(one, point, retain_graph=True, materialize_grads=True)[0]
        for one in gradient
    ]
    curvature = -torch.stack(rows)
    return gradient.detach(), (curvature + curvature.T) / 2
