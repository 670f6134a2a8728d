"""Equations at the top level of a module, so that a file can name them."""

import pyro.distributions as dist
import torch
from torch import Tensor, nn

NORMAL = dist.Normal(torch.tensor(0.0).double(), 1.0)


def waved(x: Tensor, u: Tensor = NORMAL) -> Tensor:
    """A wave."""
    return torch.sin(x) + u


def above(x: Tensor, u: Tensor = NORMAL) -> Tensor:
    """A threshold."""
    return x + u > 0


def doubled(x: Tensor) -> Tensor:
    """A policy."""
    return 2.0 * x


class Bent(nn.Module):
    """A small network of the user's own."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 5), nn.Linear(5, 1)

    def forward(self, x: Tensor) -> Tensor:
        """One number a row."""
        return self.last(torch.tanh(self.first(x)))
