"""Every confounder at once: the estimate it would leave, on a grid of strengths."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """The estimate after a confounder of any strength, biased towards no effect.

    Attributes:
        shares: The shares of remaining variance on both axes.
        values: The estimate that is left: a row for each share of the outcome, a column for each
            share of the treatment.
        estimate: The estimate without such a confounder.
        robustness_value: The share of both at which it is zero.
        marks: Named confounders: name, share of treatment, share of outcome, estimate left.
    """

    shares: tuple[float, ...]
    values: NDArray[np.float64] = field(repr=False)
    estimate: float
    robustness_value: float
    marks: tuple[tuple[str, float, float, float], ...] = ()

    def __str__(self) -> str:
        """What the picture shows, in words."""
        told = [f"a confounder {name} would leave {value:.3g}" for name, _, _, value in self.marks]
        whole = f"zero is reached at {self.robustness_value:.1%} of both variances"
        return "; ".join([*told, whole])

    def to_frame(self) -> Any:  # noqa: ANN401
        """A pandas frame: shares of the outcome down, shares of the treatment across."""
        import pandas

        return pandas.DataFrame(
            self.values,
            index=pandas.Index(self.shares, name="outcome"),
            columns=pandas.Index(self.shares, name="treatment"),
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "shares": list(self.shares),
            "values": self.values.tolist(),
            "estimate": self.estimate,
            "robustness_value": self.robustness_value,
            "marks": [list(mark) for mark in self.marks],
        }

    def plot(self, ax: Any = None) -> Any:  # noqa: ANN401
        """Lines of equal estimates, zero in another colour, named confounders as points.

        Args:
            ax: The axes to draw on; by default those of a new figure.
        """
        from causalsim.plots.contours import contour

        return contour(
            self.shares,
            self.shares,
            self.values,
            null=0.0,
            marked={f"{name}: {left:.3g}": (a, y) for name, a, y, left in self.marks},
            origin=f"no such confounder: {self.estimate:.3g}",
            labels=(
                "confounder's share of the remaining treatment",
                "confounder's share of the remaining outcome",
            ),
            ax=ax,
        )
