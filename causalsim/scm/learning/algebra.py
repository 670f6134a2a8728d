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
        # torch's own softplus is cut at 20; this one is exact to the last bit.
        return x.clamp(min=0.0) + (-x.abs()).exp().log1p()

    def logsumexp(self, x: Tensor) -> Tensor:
        """``log(1 + Σ exp(x))``."""
        return torch.nn.functional.pad(x, (1, 0)).logsumexp(dim=-1)


class JaxAlgebra:
    """JAX's operations, imported when first used."""

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp

        self._nn = jax.nn
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


TORCH = TorchAlgebra()
