"""A curve with what is compatible with the data around it."""

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from causalsim.errors.reporting import ReportError
from causalsim.plots.canvas import BLUE, GREY, dressed, finite_numbers, own_axes, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def band(
    at: ArrayLike,
    values: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    wide: tuple[ArrayLike, ArrayLike] | None = None,
    null: float | None = None,
    labels: tuple[str, str] = ("", ""),
    ax: "Axes | None" = None,
) -> "Axes":
    """A curve with a pointwise band and, if given, a wider one that holds everywhere at once.

    Args:
        at: Where, such as doses or times, from low to high.
        values: The curve.
        low: The lower ends of the pointwise intervals.
        high: Their upper ends.
        wide: The ends of the simultaneous band.
        null: Where no effect lies, marked by a line; None for no line.
        labels: What the horizontal and the vertical axis measure.
        ax: The axes to draw on; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ReportError: values that are no finite numbers, or of unequal lengths.

    >>> band([0, 1], [2.0, 3.0], [1.5, 2.0], [2.5, 4.0], labels=("dose (mg)", "kg")).get_xlabel()
    'dose (mg)'
    """
    places = finite_numbers("places", at)
    lines = {
        "values": finite_numbers("values", values),
        "lower ends": finite_numbers("lower ends", low),
        "upper ends": finite_numbers("upper ends", high),
    }
    if wide is not None:
        lines["lower ends of the wide band"] = finite_numbers("lower ends", wide[0])
        lines["upper ends of the wide band"] = finite_numbers("upper ends", wide[1])
    for name, line in lines.items():
        if len(line) != len(places):
            raise ReportError.lengths("places", len(places), name, len(line))
    curve, *ends = lines.values()
    target = own_axes(ax, height=3.4)
    if null is not None:
        target.axhline(null, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    if len(places) == 1:  # no line and no band: a point with its interval
        target.plot([places[0]] * 2, [ends[0][0], ends[1][0]], color=BLUE, linewidth=2)
        target.plot(places, curve, "o", color=BLUE, markersize=7)
    if wide is not None:
        target.fill_between(places, ends[2], ends[3], color=BLUE, alpha=0.14, linewidth=0)
    target.fill_between(places, ends[0], ends[1], color=BLUE, alpha=0.28, linewidth=0)
    target.plot(places, curve, color=BLUE, linewidth=2)
    target.set_xlabel(plain(labels[0]))
    target.set_ylabel(plain(labels[1]))
    return dressed(target)
