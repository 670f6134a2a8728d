"""Doses whose effect is known."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from causalsim.seeds import Seed, seeded

if TYPE_CHECKING:
    import pandas


def dose_and_recovery(n: int, seed: int | Seed) -> "pandas.DataFrame":
    """Patients whose age raises the dose they get and lowers their recovery.

    ``age ~ N(50, 10)``, ``dose = 5 + 0.2 age + N(0, 2)``, ``recovery = 40 + 1.5 dose - 0.4 age +
    N(0, 3)``: one more unit of dose adds 1.5 to recovery, while the regression of recovery on dose
    alone finds 0.5, since the old get more.

    Args:
        n: How many patients.
        seed: Decides every draw.

    Returns:
        A pandas frame with columns ``age``, ``dose`` and ``recovery``.

    >>> dose_and_recovery(500, seed=1).shape
    (500, 3)
    """
    import pandas

    rng = seeded(seed, "dose and recovery").numpy()
    age = 50 + 10 * rng.standard_normal(n)
    dose = 5 + 0.2 * age + 2 * rng.standard_normal(n)
    recovery = 40 + 1.5 * dose - 0.4 * age + 3 * rng.standard_normal(n)
    return pandas.DataFrame({"age": age, "dose": dose, "recovery": recovery})


@dataclass(frozen=True, slots=True, eq=False)
class Dosed:
    """A frame with a continuous treatment, the graph behind it, and its true curve.

    Attributes:
        frame: A pandas frame with one row a unit.
        graph: The graph, in arrow notation.
        adjustment: A valid adjustment set.
    """

    frame: Any
    graph: str
    adjustment: tuple[str, ...]

    def mean(self, dose: float) -> float:
        """The mean outcome had everybody had a dose: ``2 sin(1.5 d) + 0.5 d + 1/2``."""
        return float(2 * np.sin(1.5 * dose) + 0.5 * dose + 0.5)


def confounded_doses(rows: int, seed: int | Seed) -> Dosed:
    """A dose that rises with what raises the outcome, whose effect bends.

    ``x1 ~ N(0, 1)``, ``x2`` a fair coin, ``d = sin(2 x1) / 2 + x2 / 2 - 1/4 + (0.6 + 0.3 x2) e``
    and ``y = 2 sin(1.5 d) + 0.5 d + sin(2 x1) + x2 + x1 d / 2 + f`` with ``e`` and ``f`` standard
    normal. The effect of the dose differs between people by ``x1 d / 2``, which has mean zero, so
    that the mean outcome at dose ``d`` is ``2 sin(1.5 d) + 0.5 d + 1/2``.

    Args:
        rows: How many units.
        seed: Decides every draw.

    Returns:
        The frame with columns ``x1, x2, d, y``, and its truth.

    >>> confounded_doses(500, seed=1).frame.shape
    (500, 4)
    """
    import pandas

    rng = seeded(seed, "confounded doses").numpy()
    x1, e, f = rng.standard_normal((3, rows))
    x2 = rng.integers(0, 2, rows).astype(np.float64)
    d = 0.5 * np.sin(2 * x1) + 0.5 * x2 - 0.25 + (0.6 + 0.3 * x2) * e
    y = 2 * np.sin(1.5 * d) + 0.5 * d + np.sin(2 * x1) + x2 + 0.5 * x1 * d + f
    return Dosed(
        frame=pandas.DataFrame({"x1": x1, "x2": x2, "d": d, "y": y}),
        graph="x1 -> d <- x2; x1 -> y <- x2; d -> y",
        adjustment=("x1", "x2"),
    )
