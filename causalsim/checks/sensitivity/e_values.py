"""How strong would a confounder have to be, in risk ratios?"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from causalsim.checks.refuting.case import task_behind
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.contrasts import OddsRatio
from causalsim.estimation.effect import Effect

_RARE = 0.15


@dataclass(frozen=True, slots=True)
class EValue:
    """The least risk ratio with which a confounder could explain an effect away.

    Attributes:
        value: For the estimate: the confounder's risk ratio with treatment and with outcome.
        limit: For the end of the 95 % interval that is nearer to no effect; 1 when that holds it.
        ratio: The risk ratio that the effect was turned into.
    """

    value: float
    limit: float
    ratio: float

    def __str__(self) -> str:
        """One sentence."""
        return (
            f"a hidden confounder would have to be associated with treatment and outcome by risk "
            f"ratios of {self.value:.2f} each to explain the estimate away, and of "
            f"{self.limit:.2f} to move its interval to no effect"
        )


def e_value(effect: Effect, frame: Any = None) -> EValue:  # noqa: ANN401
    """The E-value of an effect.

    ``E = RR + sqrt(RR (RR - 1))`` with the ratio turned to lie above one. A risk ratio is used as
    it is, an odds ratio as the root of itself (as it is where the frame shows an outcome of under
    15 %), a difference of a continuous outcome as ``exp(0.91 d)`` with ``d`` in standard
    deviations of the outcome.

    Args:
        effect: A ratio, an odds ratio, or a difference of a continuous outcome.
        frame: The frame it came from; needed for a difference.

    Returns:
        The E-values of the estimate and of its interval.

    Raises:
        EstimationError: A difference without a frame, of chances, or of an outcome that does not
            vary; the mean of one arm.

    References:
        VanderWeele and Ding (2017), tables 1 and 2.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    inside = effect.interval()
    if effect.multiplicative:
        power = 0.5 if _odds(effect) and not _rare(effect, frame) else 1.0
        ratio, low, high = (one**power for one in (effect.value, inside.low, inside.high))
    else:
        if frame is None:
            raise EstimationError.bad_setting("frame", frame, "the frame the effect came from")
        task = task_behind(effect, frame)
        _ = task.pair
        if np.isin(task.outcome, (0.0, 1.0)).all():
            raise CheckError.not_for(
                "E-value",
                "a difference of chances",
                "what a confounder can do to it depends on the chances themselves",
                "estimate the ratio of the two: by=AIPW(contrast=Ratio()).",
            )
        middle = np.average(task.outcome, weights=task.share)
        squares = float(np.sum(task.share * (task.outcome - middle) ** 2))
        deviation = math.sqrt(squares / (task.height - 1))
        if deviation <= 0.0:
            raise EstimationError.nothing_to_check("the outcome does not vary")
        d, error = effect.value / deviation, effect.standard_error / deviation
        ratio = math.exp(0.91 * d)
        low, high = math.exp(0.91 * d - 1.78 * error), math.exp(0.91 * d + 1.78 * error)
    near = low if ratio >= 1.0 else high
    crossed = (near - 1.0) * (ratio - 1.0) <= 0.0
    return EValue(_e(ratio), 1.0 if crossed else _e(near), ratio)


def _odds(effect: Effect) -> bool:
    """Whether a ratio is one of odds."""
    contrast = getattr(effect.recipe.estimator, "contrast", None)
    return isinstance(contrast, OddsRatio) or "odds ratio" in effect.estimand


def _rare(effect: Effect, frame: Any) -> bool:  # noqa: ANN401
    """Whether so few have the outcome that odds are chances."""
    if frame is None:
        return False
    task = task_behind(effect, frame)
    return float(np.average(task.outcome, weights=task.share)) < _RARE


def _e(ratio: float) -> float:
    """The E-value of a risk ratio."""
    above = ratio if ratio >= 1.0 else 1.0 / ratio
    return above + math.sqrt(above * (above - 1.0))
