"""How strong would a confounder have to be, in risk ratios?"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from causalsim.checks.refuting.case import task_behind
from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect


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

    ``E = RR + sqrt(RR (RR - 1))`` with the ratio turned to lie above one. A ratio of common
    outcomes is used as it is, an odds ratio as the root of itself, a difference of a continuous
    outcome as ``exp(0.91 d)`` with ``d`` in standard deviations of the outcome.

    Args:
        effect: A ratio, an odds ratio, or a difference.
        frame: The frame it came from; needed for a difference.

    Returns:
        The E-values of the estimate and of its interval.

    Raises:
        EstimationError: A difference without a frame, or of an outcome that does not vary.

    References:
        VanderWeele and Ding (2017), tables 1 and 2.
    """
    if not isinstance(effect, Effect):
        raise EstimationError.not_an_effect(effect)
    inside = effect.interval()
    if effect.multiplicative:
        power = 0.5 if "odds" in effect.estimand else 1.0
        ratio, low, high = (one**power for one in (effect.value, inside.low, inside.high))
    else:
        if frame is None:
            raise EstimationError.bad_setting("frame", frame, "the frame the effect came from")
        deviation = float(np.std(task_behind(effect, frame).outcome, ddof=1))
        if deviation <= 0.0:
            raise EstimationError.nothing_to_check("the outcome does not vary")
        d, error = effect.value / deviation, effect.standard_error / deviation
        ratio = math.exp(0.91 * d)
        low, high = math.exp(0.91 * d - 1.78 * error), math.exp(0.91 * d + 1.78 * error)
    near = low if ratio >= 1.0 else high
    crossed = (near - 1.0) * (ratio - 1.0) <= 0.0
    return EValue(_e(ratio), 1.0 if crossed else _e(near), ratio)


def _e(ratio: float) -> float:
    """The E-value of a risk ratio."""
    above = ratio if ratio >= 1.0 else 1.0 / ratio
    return above + math.sqrt(above * (above - 1.0))
