"""The weights behind an effect: who speaks for whom, and how loudly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.refuting.case import task_behind
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.targets import row_weights
from causalsim.estimation.crossfitting.nuisances import Nuisances, clipped
from causalsim.estimation.effect import Effect
from causalsim.estimation.reading.task import Task


def weighing(effect: Effect, frame: Any) -> tuple[Task, Nuisances, NDArray[np.float64]]:  # noqa: ANN401
    """The task and nuisances behind an effect, and each row's weight in its own arm.

    Args:
        effect: An effect by an estimator that has a propensity.
        frame: The frame it came from.

    Returns:
        The task, the nuisances, and ``h / e_k 1{A = k}``, rows by arms.

    Raises:
        EstimationError: The effect has no propensity, or comes from another frame.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    task = task_behind(effect, frame)
    if effect.nuisances is None:
        raise EstimationError.no_propensity(effect.estimator)
    estimator = effect.recipe.estimator
    bound = estimator.target.clip if estimator.clip is None else estimator.clip
    propensity, _ = clipped(effect.nuisances.propensity, bound)
    weights = row_weights(task, propensity, estimator.target.tilt(propensity, task))
    if task.weights is not None:
        weights = weights * task.weights[:, None]
    return task, effect.nuisances, weights


def effective_size(weights: NDArray[np.float64]) -> float:
    """Kish's effective sample size ``(sum w)^2 / sum w^2``.

    >>> effective_size(np.array([1.0, 1.0, 0.0]))
    2.0
    """
    total = float(np.sum(weights**2))
    return float(np.sum(weights)) ** 2 / total if total > 0.0 else 0.0
