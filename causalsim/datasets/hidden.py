"""Data with hidden causes whose effect no adjustment finds, and a formula does."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """A frame, the graph behind it, and the truth.

    Attributes:
        frame: A pandas frame with one row a unit.
        graph: The graph, in arrow notation.
        truth: What the generator's docstring says.
    """

    frame: Any
    graph: str
    truth: float


def napkin(rows: int, seed: int | Seed) -> Hidden:
    """The napkin with a continuous first variable: no adjustment set, no front door.

    Hidden ``u, v ~ N(0, 1)``, ``w ~ N(0.7 u + 0.7 v, 1)``, ``logit P(r=1) = 1.2 w``,
    ``logit P(x=1) = 2.5 r - 1.25 + 0.8 u`` and ``y ~ N(x + 2 v, 1)``. The average effect of
    ``x`` is 1; the difference in means is about 1.5, since ``v`` leads to ``x`` through ``w``.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``w, r, x, y``; the truth is the average effect of ``x`` on ``y``.

    >>> napkin(200, seed=1).truth
    1.0

    References:
        J. Pearl, D. Mackenzie (2018), The Book of Why, chapter 7, game 5.
    """
    import pandas

    rng = seeded(seed, "napkin").numpy()
    u, v, first, last = rng.standard_normal((4, rows))
    w = 0.7 * u + 0.7 * v + first
    r = (rng.random(rows) < 1.0 / (1.0 + np.exp(-1.2 * w))).astype(np.int64)
    x = (rng.random(rows) < 1.0 / (1.0 + np.exp(1.25 - 2.5 * r - 0.8 * u))).astype(np.int64)
    y = x + 2.0 * v + last
    frame = pandas.DataFrame({"w": w, "r": r, "x": x, "y": y})
    return Hidden(frame, "w -> r -> x -> y; w <-> x; w <-> y", 1.0)


def two_treatments(rows: int, seed: int | Seed) -> Hidden:
    """Two treatments in time, and between them a mark of what is hidden.

    ``a`` is a fair coin, hidden ``u ~ N(0, 1)``, ``b ~ N(a + u, 1)``, ``logit P(c=1) = b - 0.5``
    and ``y ~ N(c + u, 1)``. With both treatments given the mean of ``y`` is 1, while among those
    who happened to get both it is higher, since a high ``b`` leads to ``c``.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``a, b, c, y``; the truth is ``E[Y(a=1, c=1)]``.

    >>> two_treatments(200, seed=1).truth
    1.0

    References:
        J. Robins (1986), A new approach to causal inference in mortality studies with a sustained
        exposure period, Mathematical Modelling 7.
    """
    import pandas

    rng = seeded(seed, "two treatments").numpy()
    a = rng.integers(0, 2, rows)
    u, first, last = rng.standard_normal((3, rows))
    b = a + u + first
    c = (rng.random(rows) < 1.0 / (1.0 + np.exp(0.5 - b))).astype(np.int64)
    y = c + u + last
    frame = pandas.DataFrame({"a": a, "b": b, "c": c, "y": y})
    return Hidden(frame, "a -> b -> c -> y; b <-> y", 1.0)
