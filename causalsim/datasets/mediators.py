"""Data in which a mediator carries an effect, with the truth beside them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ThroughDoor:
    """A frame with a hidden confounder of treatment and outcome, and a mediator free of it.

    Attributes:
        frame: A pandas frame with one row a unit.
        graph: The graph, in arrow notation.
        effect: The average effect of ``a`` on ``y``.
        naive: The difference in means that the confounding leaves in a large sample; NaN where
            it is not known.
    """

    frame: Any
    graph: str
    effect: float
    naive: float


@dataclass(frozen=True, slots=True, eq=False)
class Mediated:
    """A frame in which part of an effect goes through mediators.

    Attributes:
        frame: A pandas frame with one row a unit.
        graph: The graph, in arrow notation.
        total: ``E[Y(1) - Y(0)]``.
        direct: ``E[Y(1, M(0)) - Y(0)]``.
        indirect: ``E[Y(0, M(1)) - Y(0)]``, as Pearl defines it.
    """

    frame: Any
    graph: str
    total: float
    direct: float
    indirect: float


def hidden_confounding(rows: int, seed: int | Seed) -> ThroughDoor:
    """A front door with a continuous mediator.

    Hidden ``u`` is a fair coin, ``P(a=1 | u) = 0.25 + 0.5 u``, ``m ~ N(1.2 a, 1)`` and
    ``y ~ N(m + 0.5 m u + u, 1)``: the effect is ``1.2 (1 + 0.5 E[u]) = 1.5`` exactly, while the
    means of the arms are 2.4 and 0.25, 2.15 apart, since those with ``u`` take it more often.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``a, m, y``, and its truth.

    >>> data = hidden_confounding(500, seed=1)
    >>> data.effect, data.frame.shape
    (1.5, (500, 3))
    """
    import pandas

    rng = seeded(seed, "hidden confounding").numpy()
    u = rng.integers(0, 2, rows)
    a = (rng.random(rows) < 0.25 + 0.5 * u).astype(np.int64)
    m = 1.2 * a + rng.standard_normal(rows)
    y = m + 0.5 * m * u + u + rng.standard_normal(rows)
    frame = pandas.DataFrame({"a": a, "m": m, "y": y})
    return ThroughDoor(frame, "a -> m -> y; a <-> y", 1.5, 2.15)


def covariate_front_door(rows: int, seed: int | Seed) -> ThroughDoor:
    """A front door with a confounder that is measured, and two mediators of different kinds.

    ``c ~ N(0, 1)``, hidden ``u ~ N(0, 1)``, ``logit P(a=1) = 0.5 c + u``,
    ``m1 ~ N(a + 0.5 c, 1)``, ``logit P(m2=1) = a - 0.5 + 0.5 c`` and
    ``y ~ N(m1 + m2 + 0.5 c m1 + c + u, 1)``. The effect is
    ``1 + E[expit(0.5 + 0.5 c) - expit(-0.5 + 0.5 c)]``, by quadrature.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``c, a, m1, m2, y``, and its truth.

    >>> round(covariate_front_door(10, seed=1).effect, 3)
    1.232
    """
    import pandas

    rng = seeded(seed, "covariate front door").numpy()
    c, u = rng.standard_normal((2, rows))
    a = (rng.random(rows) < _expit(0.5 * c + u)).astype(np.int64)
    m1 = a + 0.5 * c + rng.standard_normal(rows)
    m2 = (rng.random(rows) < _expit(a - 0.5 + 0.5 * c)).astype(np.int64)
    y = m1 + m2 + 0.5 * c * m1 + c + u + rng.standard_normal(rows)
    return ThroughDoor(
        pandas.DataFrame({"c": c, "a": a, "m1": m1, "m2": m2, "y": y}),
        "a -> {m1 m2} -> y; a <-> y; c -> {a m1 m2 y}",
        1.0 + _normal_mean(lambda z: _expit(0.5 + 0.5 * z) - _expit(-0.5 + 0.5 * z)),
        float("nan"),
    )


def direct_and_indirect(rows: int, seed: int | Seed) -> Mediated:
    """Mediation with an interaction of treatment and mediator.

    ``c ~ N(0, 1)``, ``logit P(a=1) = 0.8 c``, ``m ~ N(0.8 a + 0.6 c, 1)`` and
    ``y ~ N(0.5 a + m + 0.5 a m + 0.7 c, 1)``: the direct effect is 0.5 (at ``M(0)``, whose mean
    is 0), the indirect effect of the untreated 0.8, and the total 0.5 + 0.8 * 1.5 = 1.7.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``c, a, m, y``, and its truth.

    >>> data = direct_and_indirect(500, seed=1)
    >>> data.total, data.direct, data.indirect
    (1.7, 0.5, 0.8)
    """
    import pandas

    rng = seeded(seed, "direct and indirect").numpy()
    c = rng.standard_normal(rows)
    a = (rng.random(rows) < _expit(0.8 * c)).astype(np.int64)
    m = 0.8 * a + 0.6 * c + rng.standard_normal(rows)
    y = 0.5 * a + m + 0.5 * a * m + 0.7 * c + rng.standard_normal(rows)
    frame = pandas.DataFrame({"c": c, "a": a, "m": m, "y": y})
    return Mediated(frame, "c -> {a m y}; a -> m -> y; a -> y", 1.7, 0.5, 0.8)


def _expit(value: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """The logistic function."""
    return np.asarray(1.0 / (1.0 + np.exp(-value)), dtype=np.float64)


def _normal_mean(function: Any) -> float:  # noqa: ANN401
    """The mean of a function of a standard normal variable, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    return float(weights @ function(nodes) / weights.sum())
