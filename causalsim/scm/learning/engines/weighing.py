"""Pareto-smoothed importance weights, and draws that are equally likely."""

import warnings
from math import inf

import torch
from torch import Generator, Tensor

from causalsim.scm.domain import DTYPE

_EVEN = 0.95


def smoothed(logs: Tensor) -> tuple[Tensor, float]:
    """Normalised importance weights with a smoothed tail, and the tail's shape.

    Args:
        logs: Log weights up to a constant, of shape (draws,).

    Returns:
        Weights that sum to one, and k̂: below 0.7 the weighted draws can be trusted. It is minus
        infinity where the weights are worth 95 % of the draws.

    References:
        Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto smoothed importance sampling" (2024).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz

        found, khat = arviz.psislw((logs - logs.max()).numpy().copy())
    weights = torch.softmax(torch.as_tensor(found, dtype=DTYPE), dim=0)
    # Weights that hardly vary have no tail, and what is fitted to it says nothing.
    raw = torch.softmax(logs, dim=0)
    even = float(1.0 / raw.square().sum()) > _EVEN * len(logs)
    return weights, -inf if even else float(khat)


def shape_text(khat: float) -> str:
    """How the weights' tail is told."""
    return f"k̂ {khat:.2f}" if khat > -inf else "even weights"


def chosen(weights: Tensor, draws: int, stream: Generator) -> Tensor:
    """Systematic resampling: indices, each about ``draws * weight`` times, in random order.

    References:
        Kitagawa, "Monte Carlo filter and smoother for non-Gaussian nonlinear state space models"
        (1996).
    """
    offset = torch.rand((), generator=stream, dtype=DTYPE)
    places = (torch.arange(draws, dtype=DTYPE) + offset) / draws
    found = torch.searchsorted(weights.cumsum(dim=0), places).clamp(max=len(weights) - 1)
    return found[torch.randperm(draws, generator=stream)]
