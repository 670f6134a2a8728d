"""Do several instruments agree about the effect?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2

from causalsim.errors.instruments import InstrumentError
from causalsim.estimation.effect import Effect
from causalsim.estimation.instruments.moments import Moments, quadratic
from causalsim.estimation.instruments.weak_instruments import moments_of
from causalsim.estimation.intervals import variance


@dataclass(frozen=True, slots=True)
class Overidentification:
    """Whether one effect suits all instruments.

    Attributes:
        statistic: Hansen's J, chi-squared if all are valid and the effect is the same for all.
        freedom: Its degrees of freedom: instruments beyond the first.
        p_value: How often chance alone would make it larger.
        effect: The effect that suits them best (two-step GMM).
        instruments: Their names.
    """

    statistic: float
    freedom: int
    p_value: float
    effect: float
    instruments: tuple[str, ...]

    def __str__(self) -> str:
        """One line."""
        agree = "do not disagree" if self.p_value >= 0.05 else "disagree"
        return (
            f"the instruments {', '.join(self.instruments)} {agree} about the effect: "
            f"J = {self.statistic:.3g}, {self.freedom} df, p = {self.p_value:.2g}"
        )

    @property
    def why(self) -> str:
        """What it means, and what it cannot show."""
        return (
            f"{self}. Instruments that disagree are not all valid, or move people whose effects "
            "differ; instruments that agree may all be wrong in the same way."
        )

    def _repr_html_(self) -> str:
        """The line, for notebooks."""
        return f"<p>{self}</p>"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "statistic": self.statistic,
            "degrees_of_freedom": self.freedom,
            "p_value": self.p_value,
            "effect": self.effect,
            "instruments": list(self.instruments),
        }


def overidentification(effect: Effect, frame: Any) -> Overidentification:  # noqa: ANN401
    """Test whether several instruments agree, whatever the variance of the errors.

    Hansen's ``J = g(b)' V^-1 g(b)`` with ``g`` the moments, ``b`` the effect that minimises it and
    ``V`` their covariance at the two-stage estimate, clusters included.

    Args:
        effect: An effect by `TwoStage` or `PLIV` with two instruments or more.
        frame: The rows it was estimated from.

    Raises:
        InstrumentError: One instrument alone.
        EstimationError: The effect does not rest on instruments, or on other rows.

    References:
        J. Sargan (1958), The estimation of economic relationships using instrumental variables,
        Econometrica 26; L. Hansen (1982), Econometrica 50, lemma 4.2.
    """
    moments = moments_of(effect, frame)
    if moments.count == 1:
        raise InstrumentError.just_identified(1)
    found = effect.value / moments.factor
    value, statistic = hansen(moments, found)
    freedom = moments.count - 1
    return Overidentification(
        statistic=statistic,
        freedom=freedom,
        p_value=float(chi2.sf(statistic, freedom)),
        effect=moments.factor * value,
        instruments=moments.instruments,
    )


def hansen(moments: Moments, first: float) -> tuple[float, float]:
    """The two-step effect and the J statistic, from a first estimate of the effect."""
    rows = moments.top - first * moments.bottom
    spread = variance(rows - rows.mean(axis=0), moments.clusters)
    means = moments.means
    top, bottom = means[: moments.count], means[moments.count :]
    weight = np.linalg.pinv(spread, hermitian=True)
    value = float(bottom @ weight @ top / (bottom @ weight @ bottom))
    return value, quadratic(top - value * bottom, spread)
