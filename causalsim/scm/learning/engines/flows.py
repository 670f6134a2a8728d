"""A normalising flow as a guide: standard Normal numbers bent towards a posterior."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import expm1, log
from typing import Any

import torch
from pyro.distributions.transforms import (
    Permute,
    Spline,
    affine_autoregressive,
)
from torch import Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.guides import Flow
from causalsim.seeds import Seed

_BINS = 8
#: Splines bend this far out; beyond, tails are those of the Normal.
_REACH = 5.0
_RATE = 0.02
#: The splines' least slope, which Pyro adds to a softplus.
_FLATTEST = 1e-3
_LONGEST = 10.0


class Stretch(torch.nn.Module):
    """One number shifted and stretched: what is left of an autoregressive layer."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = torch.nn.Parameter(torch.zeros(1, dtype=DTYPE))
        self.stretch = torch.nn.Parameter(torch.zeros(1, dtype=DTYPE))

    def forward(self, at: Tensor) -> Tensor:
        """The number moved."""
        return self.shift + self.stretch.exp() * at

    def log_abs_det_jacobian(self, at: Tensor, moved: Tensor) -> Tensor:
        """How much it was stretched."""
        return self.stretch.expand(at.shape[:-1])


@dataclass(frozen=True, slots=True, eq=False)
class Bent:
    """A flow that was fitted.

    Args:
        layers: What is done to standard Normal numbers, one after another.
        size: How many numbers there are.
    """

    layers: tuple[Any, ...]
    size: int

    def drawn(self, standard: Tensor) -> tuple[Tensor, Tensor]:
        """Where standard Normal numbers go, and the log density there up to a constant."""
        at, logs = standard, -standard.square().sum(dim=-1) / 2
        for layer in self.layers:
            moved = layer(at)
            stretched = layer.log_abs_det_jacobian(at, moved)
            if isinstance(layer, Spline):  # one number a coordinate
                stretched = stretched.sum(dim=-1)
            logs = logs - stretched
            at = moved
        return at, logs

    def parameters(self) -> Iterator[Tensor]:
        """What is fitted."""
        for layer in self.layers:
            if not isinstance(layer, Permute):
                yield from layer.parameters()


def fit_flow(
    density: Callable[[Tensor], Tensor],
    size: int,
    guide: Flow,
    *,
    steps: int,
    guesses: int,
    seed: Seed,
) -> Bent:
    """The flow nearest to a density, by climbing the evidence lower bound.

    Args:
        density: The log density at points of shape (guesses, size), about standard Normal.
        size: How many coordinates there are.
        guide: The shape of the flow.
        steps: How many gradient steps.
        guesses: How many draws estimate a gradient.
        seed: Root of the draws.
    """
    # Pyro's layers start from torch's own stream: lend it a seed.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed.child("layers").number)
        bent = _begun(size, guide)
    weights = list(bent.parameters())
    climb = torch.optim.Adam(weights, lr=_RATE)
    halve = torch.optim.lr_scheduler.CosineAnnealingLR(climb, steps)
    stream = seed.child("climb").torch()
    for _ in range(steps):
        climb.zero_grad()
        half = torch.randn((max(guesses // 2, 1), size), generator=stream, dtype=DTYPE)
        at, logs = bent.drawn(torch.cat([half, -half]))
        loss = (logs - density(at)).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, _LONGEST)
        climb.step()
        halve.step()
    return bent


def _begun(size: int, guide: Flow) -> Bent:
    """A flow that leaves numbers almost as they are."""
    layers: list[Any] = []
    for _ in range(guide.layers):
        spline = Spline(size, count_bins=_BINS, bound=_REACH, order="quadratic").to(DTYPE)
        with torch.no_grad():
            spline.unnormalized_widths.zero_()
            spline.unnormalized_heights.zero_()
            spline.unnormalized_derivatives.fill_(log(expm1(1.0 - _FLATTEST)))
        layers.append(spline)
        if size == 1:
            continue
        moved = affine_autoregressive(size, hidden_dims=[guide.width]).to(DTYPE)
        with torch.no_grad():
            for weight in moved.arn.layers[-1].parameters():
                weight.mul_(0.1)
        layers += [moved, Permute(torch.arange(size).flip(0))]
    if size == 1:  # a spline leaves its ends where they are, so it can neither move nor stretch
        layers.append(Stretch())
    return Bent(tuple(layers), size)
