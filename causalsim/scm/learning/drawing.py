"""Draws from a generator of one's own that torch and Pyro only make from global state."""

import numpy as np
import torch
from torch import Generator, Tensor

from causalsim.scm.domain import DTYPE


def gamma_draws(shape: float, draws: int, stream: Generator) -> Tensor:
    """Gamma draws with rate one."""
    return torch.from_numpy(np.asarray(_numpy(stream).gamma(shape, size=draws)))


def dirichlet_draws(concentration: Tensor, draws: int, stream: Generator) -> Tensor:
    """Dirichlet draws of shape (draws, *concentration.shape), over the last dimension.

    In logarithms, because a small concentration underflows: a Gamma(a) is a Gamma(a + 1) times
    ``U^(1/a)``.
    """
    rng = _numpy(stream)
    shape = concentration.numpy()
    size = (draws, *shape.shape)
    logs = np.log(rng.gamma(shape + 1.0, size=size)) + np.log(rng.random(size)) / shape
    return torch.softmax(torch.from_numpy(logs), dim=-1)


def normal_draws(precision: Tensor, shift: Tensor, stream: Generator) -> Tensor:
    """One draw from each ``Normal(P⁻¹ q, P⁻¹)``: precisions (draws, k, k), shifts (draws, k)."""
    factor = torch.linalg.cholesky(precision)
    mean = torch.cholesky_solve(shift.unsqueeze(-1), factor)
    standard = torch.randn((*shift.shape, 1), generator=stream, dtype=DTYPE)
    rotated = torch.linalg.solve_triangular(factor.transpose(-1, -2), standard, upper=True)
    drawn: Tensor = (mean + rotated).squeeze(-1)
    return drawn


def student_draws(
    mode: Tensor, factor: Tensor, freedom: float, draws: int, stream: Generator
) -> Tensor:
    """Multivariate Student t draws of shape (draws, size): ``mode + L z / sqrt(χ²/ν)``."""
    standard = torch.randn((draws, len(mode)), generator=stream, dtype=DTYPE)
    chi = 2.0 * gamma_draws(freedom / 2, draws, stream)
    return mode + (standard @ factor.T) * (freedom / chi).sqrt().unsqueeze(1)


def _numpy(stream: Generator) -> np.random.Generator:
    """A numpy generator that starts where this one stands, and moves it on."""
    start = int(torch.randint(2**62, (), generator=stream))
    return np.random.default_rng(start)
