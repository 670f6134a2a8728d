"""The handful of operations in which every likelihood is written, in torch and in JAX.

A likelihood is written once against `Algebra`; torch runs it for Laplace, SVI and Pyro's NUTS, JAX
for NumPyro's.
"""

from typing import Any, Protocol

import torch
from torch import Tensor


class Algebra(Protocol):
    """What a likelihood may compute with; arrays are tensors or JAX arrays."""

    def data(self, found: Tensor) -> Any:  # noqa: ANN401
        """A constant."""
        ...

    def exp(self, x: Any) -> Any:  # noqa: ANN401
        """The exponential."""
        ...

    def log(self, x: Any) -> Any:  # noqa: ANN401
        """The logarithm."""
        ...

    def log1p(self, x: Any) -> Any:  # noqa: ANN401
        """``log(1 + x)``."""
        ...

    def softplus(self, x: Any) -> Any:  # noqa: ANN401
        """``log(1 + exp(x))``."""
        ...

    def logsumexp(self, x: Any) -> Any:  # noqa: ANN401
        """``log(1 + Σ exp(x))`` over the last dimension: a first logit of zero is understood."""
        ...

    def log_det(self, matrix: Any) -> Any:  # noqa: ANN401
        """The log-determinant of symmetric positive matrices."""
        ...

    def solve(self, matrix: Any, right: Any) -> Any:  # noqa: ANN401
        """``A⁻¹ B`` for stacks of matrices."""
        ...

    def root(self, matrix: Any) -> Any:  # noqa: ANN401
        """The lower triangular ``L`` with ``L L' = A``, for stacks of matrices."""
        ...

    def by_group(self, x: Any, codes: Tensor, groups: int, axis: int) -> Any:  # noqa: ANN401
        """Sums over the entries of an axis (counted from the end) that share a code."""
        ...

    def held(self, x: Any) -> Any:  # noqa: ANN401
        """The same numbers, to be taken for constants when slopes are computed."""
        ...

    def clamp(self, x: Any, low: float, high: float) -> Any:  # noqa: ANN401
        """No less than one number, no more than another."""
        ...

    def still(self, squares: Any) -> bool:  # noqa: ANN401
        """Whether these are known to be next to nothing, so that a search may end."""
        ...


class TorchAlgebra:
    """Torch's operations."""

    def data(self, found: Tensor) -> Tensor:
        """The tensor itself."""
        return found

    def exp(self, x: Tensor) -> Tensor:
        """The exponential."""
        return x.exp()

    def log(self, x: Tensor) -> Tensor:
        """The logarithm."""
        return x.log()

    def log1p(self, x: Tensor) -> Tensor:
        """``log(1 + x)``."""
        return x.log1p()

    def softplus(self, x: Tensor) -> Tensor:
        """``log(1 + exp(x))``."""
        # torch's own softplus is cut at 20, and one by cases has no derivative at zero.
        return torch.logaddexp(x, torch.zeros_like(x))

    def logsumexp(self, x: Tensor) -> Tensor:
        """``log(1 + Σ exp(x))``."""
        return torch.nn.functional.pad(x, (1, 0)).logsumexp(dim=-1)

    def log_det(self, matrix: Tensor) -> Tensor:
        """By Cholesky factors."""
        factor, failed = torch.linalg.cholesky_ex(matrix)
        found: Tensor = 2.0 * factor.diagonal(dim1=-2, dim2=-1).log().sum(dim=-1)
        # As in JAX: a matrix that is not positive has no density, and a search turns back.
        return torch.where(failed == 0, found, torch.nan)

    def solve(self, matrix: Tensor, right: Tensor) -> Tensor:
        """``A⁻¹ B``."""
        found: Tensor = torch.linalg.solve(matrix, right)
        return found

    def root(self, matrix: Tensor) -> Tensor:
        """Cholesky factors; NaN where there is none."""
        factor, failed = torch.linalg.cholesky_ex(matrix)
        return torch.where(failed[..., None, None] == 0, factor, torch.nan)

    def by_group(self, x: Tensor, codes: Tensor, groups: int, axis: int) -> Tensor:
        """Sums of entries that share a code."""
        shape = list(x.shape)
        shape[axis] = groups
        return torch.zeros(shape, dtype=x.dtype).index_add(axis, codes, x)

    def held(self, x: Tensor) -> Tensor:
        """Detached."""
        return x.detach()

    def clamp(self, x: Tensor, low: float, high: float) -> Tensor:
        """Between two numbers."""
        return x.clamp(low, high)

    def still(self, squares: Tensor) -> bool:
        """By looking."""
        return bool((squares < 1e-10).all())


class JaxAlgebra:
    """JAX's operations, imported when first used."""

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp

        self._nn = jax.nn
        self._lax = jax.lax
        self._np = jnp

    def data(self, found: Tensor) -> Any:  # noqa: ANN401
        """The same numbers for JAX."""
        return self._np.asarray(found.detach().numpy())

    def exp(self, x: Any) -> Any:  # noqa: ANN401
        """The exponential."""
        return self._np.exp(x)

    def log(self, x: Any) -> Any:  # noqa: ANN401
        """The logarithm."""
        return self._np.log(x)

    def log1p(self, x: Any) -> Any:  # noqa: ANN401
        """``log(1 + x)``."""
        return self._np.log1p(x)

    def softplus(self, x: Any) -> Any:  # noqa: ANN401
        """``log(1 + exp(x))``."""
        return self._np.logaddexp(x, 0.0)

    def logsumexp(self, x: Any) -> Any:  # noqa: ANN401
        """``log(1 + Σ exp(x))``."""
        return self._np.logaddexp(self._nn.logsumexp(x, axis=-1), 0.0)

    def log_det(self, matrix: Any) -> Any:  # noqa: ANN401
        """By Cholesky factors."""
        factor = self._np.linalg.cholesky(matrix)
        return 2.0 * self._np.log(self._np.diagonal(factor, axis1=-2, axis2=-1)).sum(-1)

    def solve(self, matrix: Any, right: Any) -> Any:  # noqa: ANN401
        """``A⁻¹ B``."""
        return self._np.linalg.solve(matrix, right)

    def root(self, matrix: Any) -> Any:  # noqa: ANN401
        """Cholesky factors."""
        return self._np.linalg.cholesky(matrix)

    def by_group(self, x: Any, codes: Tensor, groups: int, axis: int) -> Any:  # noqa: ANN401
        """Sums of entries that share a code."""
        moved = self._np.moveaxis(x, axis, 0)
        empty = self._np.zeros((groups, *moved.shape[1:]))
        return self._np.moveaxis(empty.at[self.data(codes)].add(moved), 0, axis)

    def held(self, x: Any) -> Any:  # noqa: ANN401
        """Without slopes."""
        return self._lax.stop_gradient(x)

    def clamp(self, x: Any, low: float, high: float) -> Any:  # noqa: ANN401
        """Between two numbers."""
        return self._np.clip(x, low, high)

    def still(self, squares: Any) -> bool:  # noqa: ANN401
        """Never: a compiled program does not look."""
        return False


TORCH = TorchAlgebra()
