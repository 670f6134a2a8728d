"""Estimates below one another, each with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

from causalsim.errors.reporting import ReportError
from causalsim.plots.canvas import BLUE, GREY, INK, dressed, folded, own_axes, plain, told_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Estimate:
    """A labelled number with its interval, such as one that a book has published.

    Attributes:
        label: What it is.
        value: The number.
        low: The lower end of its interval.
        high: The upper end.
        published: Whether it comes from elsewhere; drawn hollow.

    >>> Estimate("What If, IP weighting", 3.4, 2.4, 4.5, published=True).value
    3.4
    """

    label: str
    value: float
    low: float
    high: float
    published: bool = False

    def __post_init__(self) -> None:
        """Refuse a number outside its interval."""
        if not (isfinite(self.low) and isfinite(self.high) and self.low <= self.value <= self.high):
            raise ReportError.bad_interval(self.label, self.value, self.low, self.high)

    @classmethod
    def of(cls, effect: Any, label: str = "", level: float = 0.95) -> Self:  # noqa: ANN401
        """The estimate of an effect.

        Args:
            effect: What ``estimate`` gave, or anything with ``value`` and ``interval(level)``.
            label: What to call it; by default the estimator's name.
            level: The coverage of the interval.
        """
        inside = effect.interval(level)
        low, high = float(inside.low), float(inside.high)
        return cls(label or str(effect.estimator), float(effect.value), low, high)


def forest(
    estimates: Sequence[Estimate],
    *,
    null: float | None = 0.0,
    unit: str = "",
    ax: "Axes | None" = None,
) -> "Axes":
    """Several estimates of one effect below one another, each with its interval.

    Args:
        estimates: What to show, from top to bottom; published ones are hollow.
        null: Where no effect lies, marked by a line; None for no line.
        unit: The unit of the effect.
        ax: The axes to draw on; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ReportError: nothing to show.

    >>> forest([Estimate("AIPW", 3.4, 2.5, 4.4)], unit="kg").get_xlabel()
    'effect (kg)'
    """
    if not estimates:
        raise ReportError.nothing("estimates")
    target = own_axes(ax, height=0.8 + 0.42 * len(estimates))
    if null is not None:
        target.axvline(null, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    for row, one in enumerate(estimates):
        colour = GREY if one.published else BLUE
        target.plot([one.low, one.high], [row, row], color=colour, linewidth=2, zorder=1)
        target.plot(
            [one.value],
            [row],
            marker="o",
            markersize=7,
            markerfacecolor="#ffffff" if one.published else colour,
            markeredgecolor=colour,
            markeredgewidth=1.6,
            linestyle="none",
            zorder=2,
        )
        shown = told_apart((one.value, one.low, one.high))
        target.text(
            1.02,
            row,
            f"{shown[0]} ({shown[1]} to {shown[2]})",
            transform=target.get_yaxis_transform(),
            va="center",
            color=INK,
            fontsize=9,
        )
    target.set_yticks(range(len(estimates)), [folded(one.label, _LETTERS) for one in estimates])
    target.set_ylim(len(estimates) - 0.4, -0.6)
    target.set_xlabel(plain(f"effect ({unit})" if unit else "effect"))
    return dressed(target, left=False)
