"""A number that is uncertain twice: its parameters are not known, and units differ by noise."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.model import ModelError

Numbers = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class Intervals:
    """Where a number lies, by each source of uncertainty alone and by both.

    Args:
        level: The probability of each interval.
        parameters: Of the average over units: more rows would narrow it.
        noise: Of one unit with the parameters at their mean: no number of rows would.
        both: Of one unit, nothing being known for certain.
    """

    level: float
    parameters: tuple[float, float]
    noise: tuple[float, float]
    both: tuple[float, float]

    def to_dict(self) -> dict[str, object]:
        """The numbers."""
        return {
            "level": self.level,
            "parameters": list(self.parameters),
            "noise": list(self.noise),
            "both": list(self.both),
        }

    def __str__(self) -> str:
        """In a few words."""
        shown = (("average", self.parameters), ("one unit", self.both))
        parts = [f"{what} {low:.4g} to {high:.4g}" for what, (low, high) in shown]
        return f"{100 * self.level:.4g} %: {', '.join(parts)}"


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Uncertain:
    """A number for each unit under each draw of the parameters and of the noise.

    With ``θ`` the parameters, ``Var(y) = Var(E[y | θ]) + E[Var(y | θ)]``: the first part is what
    more rows would remove, the second is what units differ by. Differences of two of them are
    taken draw by draw and unit by unit, so what they share cancels.

    Args:
        values: Of shape (parameter draws, noise draws, units).

    Examples:
        >>> draws = np.array([[[0.0, 2.0]], [[1.0, 3.0]]])
        >>> number = Uncertain(draws)
        >>> number.mean, number.parameter_sd, number.noise_sd
        (1.5, 0.5, 1.0)
        >>> (number - 1.5).mean
        0.0
    """

    values: Numbers

    @property
    def mean(self) -> float:
        """The average over draws and units."""
        return float(self.values.mean())

    @property
    def averages(self) -> Numbers:
        """The average over units and noise under each draw of the parameters."""
        return np.asarray(self.values.mean(axis=(1, 2)))

    @property
    def parameter_sd(self) -> float:
        """How far the average over units is uncertain, because the parameters are."""
        return float(self.averages.std())

    @property
    def noise_sd(self) -> float:
        """How far one unit lies from the average of its parameter draw."""
        within = self.values - self.averages[:, None, None]
        return float(np.sqrt((within**2).mean()))

    def interval(self, level: float = 0.95) -> Intervals:
        """Intervals of the average over units, and of one unit.

        Args:
            level: The probability inside, between 0 and 1.

        Raises:
            ModelError: A level that is none.
        """
        ends = _ends(level)
        averages = self.averages
        noise = self.values - averages[:, None, None] + averages.mean()
        return Intervals(
            level,
            _quantiles(averages, ends),
            _quantiles(noise, ends),
            _quantiles(self.values, ends),
        )

    def probability_above(self, value: float) -> float:
        """The posterior probability that the average over units is greater than a value."""
        return float((self.averages > value).mean())

    def by_unit(self) -> dict[str, Numbers]:
        """For each unit its mean and standard deviation by parameters and by noise.

        The spread by noise needs more than one draw of the noise; with one it is zero where the
        noise was recovered exactly, and counted under parameters where it was drawn.
        """
        draws = self.values.shape[1]
        within = self.values.var(axis=1, ddof=1).mean(axis=0) if draws > 1 else 0.0
        between = self.values.mean(axis=1).var(axis=0) - np.asarray(within) / draws
        shape = self.values.shape[2]
        return {
            "mean": np.asarray(self.values.mean(axis=(0, 1))),
            "parameter_sd": np.sqrt(np.maximum(between, 0.0)),
            "noise_sd": np.sqrt(np.broadcast_to(within, (shape,))),
        }

    def to_dict(self) -> dict[str, object]:
        """Mean, spreads and intervals."""
        return {
            "mean": self.mean,
            "parameter_sd": self.parameter_sd,
            "noise_sd": self.noise_sd,
            "interval": self.interval().to_dict(),
        }

    @property
    def why(self) -> str:
        """Where the uncertainty comes from."""
        draws, noises, units = self.values.shape
        total = self.parameter_sd**2 + self.noise_sd**2
        share = self.parameter_sd**2 / total if total else 0.0
        return (
            f"{draws} draws of the parameters, {noises} of the noise, {units} units.\n"
            f"The average is uncertain by {self.parameter_sd:.4g} because the parameters are; "
            f"units differ by {self.noise_sd:.4g}.\n"
            f"Of one unit's variance {100 * share:.3g} % comes from the parameters."
        )

    def __add__(self, other: "Uncertain | float | Numbers") -> "Uncertain":
        """Draw by draw, unit by unit."""
        return Uncertain(self.values + self._like(other))

    def __sub__(self, other: "Uncertain | float | Numbers") -> "Uncertain":
        """Draw by draw, unit by unit."""
        return Uncertain(self.values - self._like(other))

    def __mul__(self, factor: float) -> "Uncertain":
        """Every value, stretched."""
        return Uncertain(self.values * float(factor))

    def __str__(self) -> str:
        """In a few words."""
        return f"{self.mean:.4g} ({self.interval()})"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """A line."""
        from html import escape

        return f"<p>{escape(str(self))}</p>"

    def _like(self, other: "Uncertain | float | Numbers") -> Numbers:
        """The values of the other, once they can be matched with these."""
        if isinstance(other, Uncertain):
            found = other.values
            matched = found.shape[0] == self.values.shape[0] and found.shape[2] in (
                1,
                self.values.shape[2],
            )
        else:
            found = np.asarray(other, dtype=np.float64)
            matched = found.ndim == 0 or found.shape == self.values.shape[2:]
        if not matched:
            raise ModelError.bad_parameter(
                "the other side", f"shape {found.shape}", f"like {self.values.shape}, or a number"
            )
        return found


def _ends(level: float) -> tuple[float, float]:
    """The quantiles at the ends of a central interval."""
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0.0 < level < 1.0:
        raise ModelError.bad_parameter("level", level, "a number between 0 and 1")
    return (1.0 - level) / 2.0, (1.0 + level) / 2.0


def central(values: Numbers, level: float) -> tuple[float, float]:
    """The central interval of draws.

    >>> central(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    return _quantiles(values, _ends(level))


def _quantiles(values: Numbers, ends: tuple[float, float]) -> tuple[float, float]:
    """Two quantiles as numbers."""
    low, high = np.quantile(values, ends)
    return float(low), float(high)
