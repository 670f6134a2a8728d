"""An effect, or a mean, at one place after another."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from causalsim.errors.curves import CurveError
from causalsim.estimation.comparison import Comparison
from causalsim.estimation.effect import Effect
from causalsim.plots.bands import band
from causalsim.seeds import Seed

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Estimates along a line, with what holds at one place and what holds at all of them.

    Attributes:
        at: The places: doses, or levels of quantiles.
        effects: The estimate at each; they share their rows, so that they can be subtracted.
        axis: What the places measure.
        contrast: Whether the heights are effects, for which zero is special.
        method: How it was estimated, and what it rests on.
        measured: What the heights are; empty for the outcome or the effect on it.
    """

    at: tuple[float, ...]
    effects: tuple[Effect, ...] = field(repr=False)
    axis: str
    contrast: bool
    method: str = field(repr=False)
    measured: str = ""

    def __len__(self) -> int:
        """How many places there are."""
        return len(self.at)

    def __iter__(self) -> Iterator[Effect]:
        """The estimates, from low to high."""
        return iter(self.effects)

    def __getitem__(self, place: float) -> Effect:
        """The estimate at a place.

        Raises:
            CurveError: The curve was not estimated there.
        """
        near = np.flatnonzero(np.isclose(self.at, place, rtol=1e-9, atol=1e-12))
        if not len(near):
            raise CurveError.not_on_curve(place, self.at)
        return self.effects[int(near[0])]

    def between(self, low: float, high: float) -> Effect:
        """The height at ``high`` minus that at ``low``, with their covariance.

        Raises:
            CurveError: The curve was not estimated there.
        """
        return self[high] - self[low]

    def to_frame(self, level: float = 0.95, seed: int | Seed = 0) -> Any:  # noqa: ANN401
        """A pandas frame with one row a place.

        Args:
            level: Coverage of ``low`` to ``high`` at each place, and of ``band_low`` to
                ``band_high`` at all places at once.
            seed: Decides the draws behind the band.
        """
        import pandas

        inside = [effect.interval(level) for effect in self.effects]
        everywhere = Comparison(self.effects).joint_intervals(level, seed)
        return pandas.DataFrame(
            {
                self.axis: self.at,
                "value": [effect.value for effect in self.effects],
                "standard_error": [effect.standard_error for effect in self.effects],
                "low": [one.low for one in inside],
                "high": [one.high for one in inside],
                "band_low": [one.low for one in everywhere],
                "band_high": [one.high for one in everywhere],
            }
        )

    def plot(self, ax: "Axes | None" = None, level: float = 0.95) -> "Axes":
        """The curve, its pointwise intervals, and around them the band that holds everywhere.

        Args:
            ax: The axes to draw on; by default those of a new figure.
            level: The coverage of both.
        """
        rows = self.to_frame(level)
        recipe = self.effects[0].recipe
        unit = f" ({recipe.units})" if recipe.units else ""
        height = f"effect on {recipe.outcome}" if self.contrast else f"mean {recipe.outcome}"
        return band(
            self.at,
            rows["value"],
            rows["low"],
            rows["high"],
            wide=(rows["band_low"], rows["band_high"]),
            null=0.0 if self.contrast else None,
            labels=(self.axis, self.measured or height + unit),
            ax=ax,
        )

    @property
    def why(self) -> str:
        """How the curve was made, and what to beware of."""
        notes = dict.fromkeys(note for effect in self.effects for note in effect.notes)
        told = " ".join(f"{note[0].upper()}{note[1:]}." for note in notes if note)
        return f"{self.method} {told}".strip()

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "at": list(self.at),
            "axis": self.axis,
            "method": self.method,
            "effects": [effect.to_dict() for effect in self.effects],
        }

    def __str__(self) -> str:
        """One line: the two ends."""
        first, last = self.effects[0], self.effects[-1]
        return (
            f"{first.estimand} to {last.estimand}, {len(self.at)} places: {first.value:.4g} to "
            f"{last.value:.4g}, {first.estimator}, n = {first.n}"
        )

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        cells = "".join(
            f"<tr><td>{place:.4g}</td><td>{escape(str(effect))}</td></tr>"
            for place, effect in zip(self.at, self.effects, strict=True)
        )
        return f"<table><tr><th>{escape(self.axis)}</th><th>estimate</th></tr>{cells}</table>"
