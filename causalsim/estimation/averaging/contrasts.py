"""How two arms are compared: by difference, ratio or odds ratio."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.averaging.targets import ArmMeans
from causalsim.estimation.reading.task import Task


@runtime_checkable
class Contrast(Protocol):
    """A function of the arms' means."""

    @property
    def multiplicative(self) -> bool:
        """Whether no effect is one rather than zero."""

    def in_words(self, average: str) -> str:
        """What the contrast of this average is called."""

    def of(self, means: ArmMeans, task: Task) -> tuple[float, NDArray[np.float64]]:
        """The contrast and its influence values."""


@dataclass(frozen=True, slots=True)
class Difference:
    """High minus low, in the outcome's unit; the risk difference of a 0/1 outcome."""

    @property
    def multiplicative(self) -> bool:
        """No effect is zero."""
        return False

    def in_words(self, average: str) -> str:
        """The average itself."""
        return average

    def of(self, means: ArmMeans, task: Task) -> tuple[float, NDArray[np.float64]]:
        """The difference, or one arm's mean when the query asks for one."""
        signs = np.array(task.contrast)
        return float(means.values @ signs), means.influence @ signs


DIFFERENCE = Difference()


@dataclass(frozen=True, slots=True)
class Ratio:
    """High over low: the risk ratio of a 0/1 outcome.

    ``psi = (psi_1 - r psi_0) / m_0`` by the delta method; the interval is made on the log scale.
    """

    @property
    def multiplicative(self) -> bool:
        """No effect is one."""
        return True

    def in_words(self, average: str) -> str:
        """As a ratio."""
        return average.replace("effect", "ratio", 1)

    def of(self, means: ArmMeans, task: Task) -> tuple[float, NDArray[np.float64]]:
        """The ratio of two positive means."""
        low, high = task.pair
        top, bottom = means.values[high], means.values[low]
        if top <= 0.0 or bottom <= 0.0:
            raise EstimationError.no_ratio("ratio", "positive", (float(bottom), float(top)))
        value = float(top / bottom)
        return value, (means.influence[:, high] - value * means.influence[:, low]) / bottom


@dataclass(frozen=True, slots=True)
class OddsRatio:
    """The odds in the high arm over those in the low one; marginal, for a 0/1 outcome.

    ``psi = OR (psi_1 / (m_1 (1 - m_1)) - psi_0 / (m_0 (1 - m_0)))``.
    """

    @property
    def multiplicative(self) -> bool:
        """No effect is one."""
        return True

    def in_words(self, average: str) -> str:
        """As an odds ratio."""
        return average.replace("effect", "odds ratio", 1)

    def of(self, means: ArmMeans, task: Task) -> tuple[float, NDArray[np.float64]]:
        """The odds ratio of two probabilities."""
        low, high = task.pair
        top, bottom = means.values[high], means.values[low]
        if not (0.0 < top < 1.0 and 0.0 < bottom < 1.0):
            raise EstimationError.no_ratio(
                "odds ratio", "between 0 and 1", (float(bottom), float(top))
            )
        value = float(top / (1.0 - top) / (bottom / (1.0 - bottom)))
        influence = means.influence[:, high] / (top * (1.0 - top))
        influence = influence - means.influence[:, low] / (bottom * (1.0 - bottom))
        return value, value * influence
