"""Instruments whose compliers are known."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True, eq=False)
class Encouraged:
    """A frame with an instrument, the graph behind it, and what is true among compliers.

    Attributes:
        frame: A pandas frame with one row a unit.
        graph: The graph, in arrow notation.
        late: The average effect among compliers, in the population.
        compliers: The share of compliers in the population.
        ate: The average effect in the population.
    """

    frame: Any
    graph: str
    late: float
    compliers: float
    ate: float


def encouragement(rows: int, seed: int | Seed, share: float = 0.5) -> Encouraged:
    """People encouraged to take a treatment, some of whom do what they would have done anyway.

    Two covariates ``x1 ~ N(0, 1)`` and ``x2``, a fair coin; encouragement ``z`` with
    ``logit P(z=1 | x) = sin(2 x1) + 0.5 x2 - 0.25``. A hidden type: always-takers and never-takers
    with probability ``(1 - share) / 2`` each, compliers else; nobody defies. The effect of ``a`` is
    ``2 + x2`` in compliers, 4 in always-takers and 0 in never-takers, and the outcome without
    treatment is ``2 sin(2 x1) + x2`` and 2 more in always-takers, 1 less in never-takers, with
    noise of standard deviation 1. So the average effect among compliers is 2.5, that
    among everybody ``2 + 0.5 share``, and the treated differ from the untreated by more than that.

    Args:
        rows: How many units.
        seed: Decides every draw.
        share: The share of compliers, between 0 and 1.

    Returns:
        The frame with columns ``x1, x2, z, a, y``, and its truth.

    >>> encouragement(500, seed=1).frame.shape
    (500, 5)
    """
    import pandas

    rng = seeded(seed, "encouragement").numpy()
    x1 = rng.standard_normal(rows)
    x2 = rng.integers(0, 2, rows).astype(np.float64)
    z = (rng.random(rows) < 1.0 / (1.0 + np.exp(0.25 - np.sin(2 * x1) - 0.5 * x2))).astype(np.int64)
    kind = rng.random(rows)
    always, never = kind < (1 - share) / 2, kind > (1 + share) / 2
    a = np.where(always, 1, np.where(never, 0, z))
    effect = np.where(always, 4.0, np.where(never, 0.0, 2.0 + x2))
    calm = 2 * np.sin(2 * x1) + x2 + 2.0 * always - 1.0 * never
    y = calm + a * effect + rng.standard_normal(rows)
    return Encouraged(
        frame=pandas.DataFrame({"x1": x1, "x2": x2, "z": z, "a": a, "y": y}),
        graph="x1 -> z <- x2; x1 -> y <- x2; z -> a -> y; a <-> y",
        late=2.5,
        compliers=share,
        ate=2.5 * share + 4.0 * (1 - share) / 2,
    )
