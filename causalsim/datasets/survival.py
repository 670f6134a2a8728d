"""Times to an event whose truth is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from causalsim.seeds import Seed, seeded


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """A frame of times, the graph behind it, and what is true of it.

    Attributes:
        frame: A pandas frame with one row a unit.
        graph: The graph, in arrow notation.
    """

    frame: Any
    graph: str

    def survival(self, arm: int, time: float) -> float:
        """The share without the event at a time, had everyone been in the arm."""
        return _averaged(lambda rate: np.exp(-rate * time), arm)

    def restricted_mean(self, arm: int, until: float) -> float:
        """The mean time without the event up to a horizon, had everyone been in the arm."""
        return _averaged(lambda rate: -np.expm1(-rate * until) / rate, arm)

    def survival_effect(self, time: float) -> float:
        """The difference in survival at a time."""
        return self.survival(1, time) - self.survival(0, time)

    def restricted_mean_effect(self, until: float) -> float:
        """The difference in the mean time up to a horizon."""
        return self.restricted_mean(1, until) - self.restricted_mean(0, until)


def informative_censoring(rows: int, seed: int | Seed) -> Times:
    """Times whose censoring and treatment depend on a covariate that moves the event too.

    ``x ~ N(0, 1)``, ``logit P(a) = x``; the event has the rate ``0.2 exp(0.7 x - 0.6 a)`` and
    censoring, independent of it given ``a`` and ``x``, the rate ``0.08 exp(0.6 x + 0.4 a)``;
    observation ends at 10. Kaplan-Meier curves of the arms are wrong twice: the treated were
    sicker, and the sick are censored sooner.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``x, a, time, died``, and its truth.

    >>> data = informative_censoring(1000, seed=1)
    >>> round(data.survival_effect(3.0), 3), round(data.restricted_mean_effect(5.0), 3)
    (0.159, 0.65)
    """
    import pandas

    rng = seeded(seed, "informative censoring").numpy()
    x = rng.standard_normal(rows)
    a = (rng.random(rows) < expit(x)).astype(np.int64)
    event = rng.exponential(1.0, rows) / (0.2 * np.exp(0.7 * x - 0.6 * a))
    censored = rng.exponential(1.0, rows) / (0.08 * np.exp(0.6 * x + 0.4 * a))
    end = np.minimum(censored, 10.0)
    return Times(
        frame=pandas.DataFrame(
            {
                "x": x,
                "a": a,
                "time": np.minimum(event, end),
                "died": (event <= end).astype(np.int64),
            }
        ),
        graph="x -> {a time}; a -> time",
    )


def _averaged(of_rate: Any, arm: int) -> float:  # noqa: ANN401
    """The mean over the covariate, by quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(81)
    found = of_rate(0.2 * np.exp(0.7 * nodes - 0.6 * arm))
    return float(np.sum(weights * found) / np.sum(weights))
