"""Formulae of Verma constraints evaluated on an exact joint distribution."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from causalsim.graph.claims.kernels import Conditional, Factors, Kernel, Marginal

Array = NDArray[np.float64]


def evaluated(kernel: Kernel, joint: Array, axes: Mapping[str, int]) -> Array:
    """A kernel as an array with one axis a variable, of length one where it does not matter."""
    if isinstance(kernel, Conditional):
        kept = {axes[name] for name in (kernel.node, *kernel.given)}
        above = joint.sum(tuple(set(range(joint.ndim)) - kept), keepdims=True)
        return above / above.sum(axes[kernel.node], keepdims=True)
    if isinstance(kernel, Marginal):
        inner = evaluated(kernel.of, joint, axes)
        over = tuple(axes[name] for name in kernel.over)
        assert all(inner.shape[axis] > 1 for axis in over)
        return inner.sum(over, keepdims=True)
    assert isinstance(kernel, Factors)
    value: Array = np.ones((1,) * joint.ndim)
    for part in kernel.above:
        value = value * evaluated(part, joint, axes)
    for part in kernel.below:
        value = value / evaluated(part, joint, axes)
    return value
