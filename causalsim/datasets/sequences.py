"""Treatments in sequence whose truth is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, ndtr

from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """A frame with two treatments in sequence, the graph behind it, and what is true of it.

    Attributes:
        frame: A pandas frame with one row a patient.
        graph: The graph, in arrow notation.
        always: The mean outcome if everyone were treated at both visits.
        never: The mean outcome if nobody were ever treated.
        best: The mean outcome under the best rule of what is seen.
    """

    frame: Any
    graph: str
    always: float
    never: float
    best: float

    @property
    def always_never(self) -> float:
        """The effect of always against never."""
        return self.always - self.never


def two_visits(rows: int, seed: int | Seed) -> Visits:
    """Two visits, between which the first treatment moves what the second is decided by.

    ``l0 ~ N(0, 1)``, ``logit P(a0) = 0.6 l0``, ``l1 = 0.5 l0 + a0 + u``,
    ``logit P(a1) = 0.3 + 0.6 l1 - 0.4 a0`` and
    ``y = l0 + 0.7 l1 + 0.8 u + a0 (l0 - 1.5) + a1 (0.5 + l1) + N(0, 1)`` with a hidden
    ``u ~ N(0, 1)``. Comparing people alike in ``l1`` as well as ``l0`` loses what ``a0`` does
    through ``l1`` and mixes in ``u``; leaving ``l1`` out confounds ``a1``. Always against never is
    0.7. It is best to treat at the second visit where ``l1 > -0.5``, and at the first where
    ``l0 > -0.028``.

    Args:
        rows: How many patients.
        seed: Decides every draw.

    Returns:
        The frame with columns ``l0, a0, l1, a1, y``, and its truth.

    >>> data = two_visits(1000, seed=1)
    >>> round(data.always_never, 6), round(data.best, 2), data.frame.shape
    (0.7, 1.19, (1000, 5))
    """
    import pandas

    rng = seeded(seed, "two visits").numpy()
    l0, u, noise = rng.standard_normal((3, rows))
    a0 = (rng.random(rows) < expit(0.6 * l0)).astype(np.int64)
    l1 = 0.5 * l0 + a0 + u
    a1 = (rng.random(rows) < expit(0.3 + 0.6 * l1 - 0.4 * a0)).astype(np.int64)
    y = l0 + 0.7 * l1 + 0.8 * u + a0 * (l0 - 1.5) + a1 * (0.5 + l1) + noise
    return Visits(
        frame=pandas.DataFrame({"l0": l0, "a0": a0, "l1": l1, "a1": a1, "y": y}),
        graph="l0 -> {a0 l1 y}; a0 -> {l1 a1 y}; l1 -> {a1 y}; a1 -> y; l1 <-> y",
        always=0.7 - 1.5 + 0.5 + 1.0,
        never=0.0,
        best=_best(),
    )


def _best() -> float:
    """The mean outcome under the best rule, by quadrature over ``l0``."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    middle = 0.5 + 0.5 * nodes

    def gain(mean: Any) -> Any:  # noqa: ANN401
        """The mean of the positive part of a normal variable with variance one."""
        return mean * ndtr(mean) + np.exp(-0.5 * mean**2) / np.sqrt(2 * np.pi)

    of_each = np.maximum(gain(middle), nodes - 0.8 + gain(middle + 1.0))
    return float(np.sum(weights * of_each) / np.sum(weights))
