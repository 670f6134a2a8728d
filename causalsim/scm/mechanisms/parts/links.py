"""Links: the distribution function that turns a linear predictor into a probability."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Link(Protocol):
    """A continuous distribution function, with both of its tails."""

    def log_below(self, at: Tensor) -> Tensor:
        """``log F(at)``."""
        ...

    def log_above(self, at: Tensor) -> Tensor:
        """``log (1 - F(at))``."""
        ...

    def __str__(self) -> str:
        """Its usual name."""
        ...


@dataclass(frozen=True, slots=True)
class LogitLink:
    """The logistic distribution: slopes are log odds ratios.

    >>> float(LogitLink().log_below(torch.tensor(0.0)).exp())
    0.5
    """

    def log_below(self, at: Tensor) -> Tensor:
        """``-log(1 + exp(-at))``."""
        return torch.nn.functional.logsigmoid(at)

    def log_above(self, at: Tensor) -> Tensor:
        """``-log(1 + exp(at))``."""
        return torch.nn.functional.logsigmoid(-at)

    def __str__(self) -> str:
        """Its usual name."""
        return "logit"


@dataclass(frozen=True, slots=True)
class ProbitLink:
    """The standard Normal: a hidden Normal score crosses a threshold.

    >>> round(float(ProbitLink().log_below(torch.tensor(1.96)).exp()), 3)
    0.975
    """

    def log_below(self, at: Tensor) -> Tensor:
        """``log Φ(at)``."""
        found: Tensor = torch.special.log_ndtr(at)
        return found

    def log_above(self, at: Tensor) -> Tensor:
        """``log Φ(-at)``."""
        return self.log_below(-at)

    def __str__(self) -> str:
        """Its usual name."""
        return "probit"


@dataclass(frozen=True, slots=True)
class CloglogLink:
    """The complementary log-log: the event has happened by now if it comes at a constant hazard.

    >>> round(float(CloglogLink().log_below(torch.tensor(0.0)).exp()), 4)
    0.6321
    """

    def log_below(self, at: Tensor) -> Tensor:
        """``log(1 - exp(-exp(at)))``."""
        hazard = at.clamp(max=30.0).exp()
        return torch.where(at < -30.0, at, (-torch.expm1(-hazard.clamp(min=1e-20))).log())

    def log_above(self, at: Tensor) -> Tensor:
        """``-exp(at)``."""
        return -at.clamp(max=30.0).exp()

    def __str__(self) -> str:
        """Its usual name."""
        return "cloglog"
