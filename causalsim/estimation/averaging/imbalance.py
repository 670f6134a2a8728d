"""How far apart two weighted arms still are in what was measured."""

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.reading.task import Task

#: The standardised difference up to which arms count as balanced.
TOLERANCE = 0.1
_NAMED = 3
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def mean_differences(x: NDArray[np.float64], plain: Pair, weighted: Pair) -> tuple[float, float]:
    """The standardised mean difference of a covariate between two arms, before and after weights.

    ``d = (mean_high - mean_low) / sqrt((var_high + var_low) / 2)`` with the unweighted variances
    in both, so that the two can be compared (those of both arms together where the covariate does
    not vary within either).

    Args:
        x: The covariate, one number a row.
        plain: The sampling weights of the low arm's rows and of the high arm's, zero elsewhere.
        weighted: The same with the weights behind an effect.

    Returns:
        Both differences, high minus low, in standard deviations.

    Examples:
        >>> low, high = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
        >>> x = np.array([0.0, 2.0, 0.0, 4.0])
        >>> told = mean_differences(x, (low, high), (low, np.array([0.0, 0.0, 3.0, 1.0])))
        >>> [round(one, 2) for one in told]
        [0.63, 0.0]

    References:
        P. Austin (2009), Balance diagnostics for comparing the distribution of baseline
        covariates, Statistics in Medicine 28.
    """
    low, high = plain
    scale = float(np.sqrt((_variance(x, low) + _variance(x, high)) / 2.0))
    if scale <= 1e-12 * float(np.ptp(x)):
        scale = float(np.sqrt(_variance(x, low + high)))
    return _difference(x, plain, scale), _difference(x, weighted, scale)


def imbalance_notes(task: Task, weights: NDArray[np.float64]) -> tuple[str, ...]:
    """What must be said of an estimate by weights alone; nothing where they balance the arms.

    Args:
        task: The data in their roles.
        weights: The weight of every row in its own arm, rows by arms, sampling weights included.

    Returns:
        A note that names the covariates that differ most, or nothing.
    """
    if task.low is None:
        return ()
    low, high = task.pair
    plain = task.share * task.indicator(low), task.share * task.indicator(high)
    after = [
        mean_differences(x, plain, (weights[:, low], weights[:, high]))[1]
        for x in task.design.matrix.T
    ]
    worst = sorted(zip(after, task.design.columns, strict=True), key=lambda one: -abs(one[0]))
    out = [f"{column} {gap:+.2f}" for gap, column in worst if abs(gap) > TOLERANCE]
    if not out:
        return ()
    more = f" and {len(out) - _NAMED} more" if len(out) > _NAMED else ""
    return (
        f"weighted, the arms still differ in {', '.join(out[:_NAMED])}{more} (in standard "
        "deviations), which stays in this estimate: AIPW would adjust for it",
    )


def _variance(x: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The weighted variance."""
    mean = np.average(x, weights=weights)
    return float(np.average((x - mean) ** 2, weights=weights))


def _difference(x: NDArray[np.float64], arms: Pair, scale: float) -> float:
    """The difference of two weighted means in standard deviations, high minus low."""
    if scale <= 0.0:
        return 0.0
    low, high = (np.average(x, weights=weights) for weights in arms)
    return float((high - low) / scale)
