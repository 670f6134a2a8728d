"""A Normal of each unit bent by sinh and arcsinh: a guide with skew and with tails of its own.

``z = m + L s``, ``s_k = sinh((asinh ε_k + a_k) / b_k)``, ``ε`` standard Normal while the guide is
fitted. ``a`` skews, ``b < 1`` makes tails heavier and ``b > 1`` lighter; both have closed inverses,
so that the density is known wherever a guess lies. Guesses are drawn with Student's tails in place
of the Normal's, and a tenth of them from the prior, as from `Mixture`.

References:
    Jones and Pewsey, "Sinh-arcsinh distributions" (2009); Hesterberg, "Weighted average importance
    sampling and defensive mixture distributions" (1995).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.scm.domain import DTYPE
from causalsim.seeds import Seed

_DEFENCE = 0.1
_FREEDOM = 4


@dataclass(frozen=True, slots=True, eq=False)
class Bent:
    """One bent Normal a unit.

    Args:
        mean: ``m``, of shape (units, width).
        root: ``L``, lower triangular, of shape (units, width, width).
        skew: ``a``, of shape (units, width).
        tail: ``b``, positive, of shape (units, width).
    """

    mean: Tensor
    root: Tensor
    skew: Tensor
    tail: Tensor

    def moved(self, standard: Tensor) -> tuple[Tensor, Tensor]:
        """Where standard numbers of shape (guesses, units, width) go, and the log stretch there."""
        turned = (standard.asinh() + self.skew) / self.tail
        z = self.mean + torch.einsum("uij,guj->gui", self.root, turned.sinh())
        stretch = turned.cosh().log() - self.tail.log() - standard.square().log1p() / 2
        return z, stretch.sum(dim=-1) + self._size()

    def log_density(self, z: Tensor) -> Tensor:
        """The log density at guesses, the prior mixed in."""
        missed = (z - self.mean).permute(1, 2, 0)
        bent = torch.linalg.solve_triangular(self.root, missed, upper=False).permute(2, 0, 1)
        # Far out the inverse leaves the numbers; only the prior gets there.
        standard = (self.tail * bent.asinh() - self.skew).clamp(-50.0, 50.0).sinh()
        _, stretch = self.moved(standard)
        prior = -0.5 * z.square().sum(dim=-1) - z.shape[-1] / 2 * math.log(2 * math.pi)
        own = _student_log_density(standard) - stretch + math.log1p(-_DEFENCE)
        return torch.logaddexp(own, prior + math.log(_DEFENCE))

    def spread(self, count: int, seed: Seed) -> Tensor:
        """Guesses of shape (count, units, width)."""
        generator = seed.child("which").torch()
        which = torch.rand((count, len(self.mean), 1), generator=generator, dtype=DTYPE)
        shape = (count, *self.mean.shape)
        normal = torch.randn(shape, generator=generator, dtype=DTYPE)
        squares = torch.randn((*shape[:2], _FREEDOM), generator=generator, dtype=DTYPE).square()
        wide = normal * (_FREEDOM / squares.sum(dim=-1, keepdim=True)).sqrt()
        return torch.where(which < _DEFENCE, normal, self.moved(wide)[0])

    def _size(self) -> Tensor:
        """The log-determinant of ``L``."""
        return self.root.diagonal(dim1=-2, dim2=-1).log().sum(dim=-1)


def _student_log_density(standard: Tensor) -> Tensor:
    """The log density of a standard multivariate Student distribution."""
    width = standard.shape[-1]
    constant = (
        math.lgamma((_FREEDOM + width) / 2)
        - math.lgamma(_FREEDOM / 2)
        - width / 2 * math.log(_FREEDOM * math.pi)
    )
    distance = standard.square().sum(dim=-1)
    return constant - (_FREEDOM + width) / 2 * torch.log1p(distance / _FREEDOM)
