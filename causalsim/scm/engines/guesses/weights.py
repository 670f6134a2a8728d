"""Weighted guesses: how much they are worth, how far to trust them, and draws from them.

References:
    Kong, Liu and Wong, "Sequential imputations and Bayesian missing data problems" (1994), for the
    effective sample size; Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto smoothed importance
    sampling" (2024), for the Pareto shape; Zhang and Stephens, "A new and efficient estimation
    method for the generalized Pareto distribution" (2009); Kitagawa (1996) for systematic
    resampling.
"""

import math

import torch
from torch import Generator, Tensor

from causalsim.scm.domain import DTYPE

#: Below this Pareto shape averages over weights converge fast enough to be used.
GOOD_SHAPE = 0.7


def normalised(logs: Tensor) -> tuple[Tensor, Tensor]:
    """Weights that sum to one over the first dimension, and the log of their mean before that.

    Units without any weight get NaN weights and minus infinity.

    Args:
        logs: Log weights of shape (guesses, units).

    Examples:
        >>> weights, log_mean = normalised(torch.tensor([[0.0], [0.0], [-torch.inf]]))
        >>> weights.flatten().tolist(), round(float(log_mean.exp()), 4)
        ([0.5, 0.5, 0.0], 0.6667)
    """
    total = torch.logsumexp(logs, dim=0)
    return (logs - total).exp(), total - math.log(len(logs))


def effective_size(weights: Tensor) -> Tensor:
    """Kong's effective sample size ``1 / Σ w²`` of each unit, from normalised weights.

    >>> effective_size(torch.tensor([[0.5], [0.5], [0.0]]))
    tensor([2.])
    """
    return 1.0 / weights.square().sum(dim=0)


def resampled(weights: Tensor, draws: int, generator: Generator) -> Tensor:
    """Which guesses are drawn, of shape (draws, units): systematic, in the order of the guesses.

    Each guess is drawn ``draws · w`` times up to rounding, so that averages over a unit's draws
    vary less than with independent draws. A draw picked at random follows the weights; the first
    does not, so that draws are to be shuffled before they are shown.

    Args:
        weights: Normalised, of shape (guesses, units).
        draws: How many to draw for each unit.
        generator: Advanced by the call.
    """
    units = weights.shape[1]
    offset = torch.rand((units, 1), generator=generator, dtype=DTYPE)
    places = (torch.arange(draws, dtype=DTYPE) + offset) / draws
    edges = weights.T.cumsum(dim=1)
    # Scaled to end at one exactly: rounding must not reach beyond the last guess with weight.
    edges = edges / edges[:, -1:]
    chosen = torch.searchsorted(edges.contiguous(), places.contiguous(), right=True)
    return chosen.clamp(max=len(weights) - 1).T


def pareto_shape(logs: Tensor) -> Tensor:
    """The shape k of the generalised Pareto tail of each unit's weights.

    The greatest ``min(S/5, 3√S)`` of the S weights are fitted; k below .7 means that averages over
    the weights can be trusted, k above that they must not be. Weights without a spread have shape
    minus infinity.

    Args:
        logs: Log weights of shape (guesses, units).

    Returns:
        A tensor of shape (units,); infinite where there are too few weights for a tail.
    """
    count = len(logs)
    tail = math.ceil(min(count / 5, 3 * count**0.5))
    if tail < 5:
        return torch.full(logs.shape[1:], torch.inf, dtype=DTYPE)
    top = logs.topk(tail + 1, dim=0).values.flip(0)
    top = (top - top[-1:]).exp()
    excess = (top[1:] - top[:1]).T  # ascending, (units, tail)
    flat = excess[:, -1] <= 1e-6  # differences that no average feels
    shape = _fitted_shape(torch.where(flat[:, None], torch.ones_like(excess), excess))
    # A weak prior towards one half, worth ten weights, steadies small tails.
    shape = (shape * tail + 0.5 * 10) / (tail + 10)
    return torch.where(flat, torch.full_like(shape, -torch.inf), shape)


def _fitted_shape(excess: Tensor) -> Tensor:
    """Zhang and Stephens' estimate of k, for each row of ascending excesses over the threshold."""
    count = excess.shape[1]
    points = 30 + math.floor(count**0.5)
    index = torch.arange(1, points + 1, dtype=DTYPE)
    quarter = excess[:, int(count / 4 + 0.5) - 1].clamp(min=1e-300)
    theta = (1 - (points / (index - 0.5)).sqrt()) / (3 * quarter[:, None])
    theta = theta + 1 / excess[:, -1:]
    inner = torch.log1p(-theta[:, :, None] * excess[:, None, :]).mean(dim=-1)
    profile = count * (torch.log(-theta / inner) - inner - 1)
    belief = torch.softmax(profile, dim=1)
    best = (theta * belief).sum(dim=1)
    return torch.log1p(-best[:, None] * excess).mean(dim=1)
