"""Lines of equal value over a plane of shares."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from causalsim.errors.reporting import ReportError
from causalsim.plots.canvas import (
    BLUE,
    INK,
    VERMILION,
    dressed,
    finite_numbers,
    folded,
    own_axes,
    plain,
    told_apart,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINES = 9
_LETTERS = 30


def contour(
    across: ArrayLike,
    upward: ArrayLike,
    heights: ArrayLike,
    *,
    null: float | None = None,
    marked: Mapping[str, tuple[float, float]] | None = None,
    origin: str = "",
    labels: tuple[str, str] = ("", ""),
    ax: "Axes | None" = None,
) -> "Axes":
    """Lines of equal height over a plane whose axes are shares, with named points.

    Args:
        across: The shares of the horizontal axis, from low to high.
        upward: Those of the vertical axis.
        heights: One row for each of ``upward``, one column for each of ``across``.
        null: The height of no effect, drawn in another colour; None for none.
        marked: Names of points, each with its place.
        origin: What to call the lower left corner.
        labels: What the axes measure.
        ax: The axes to draw on; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ReportError: values that are no finite numbers, or a table of another shape.

    >>> shares = [0.0, 0.1, 0.2]
    >>> made = contour(shares, shares, [[2, 1, 0], [1, 0, -1], [0, -1, -2]], null=0.0)
    >>> len(made.collections) > 0
    True
    """
    x, y = finite_numbers("across", across), finite_numbers("upward", upward)
    z = np.asarray(heights, dtype=np.float64)
    if z.shape != (len(y), len(x)):
        raise ReportError.lengths("rows and columns", len(y) * len(x), "heights", z.size)
    finite_numbers("heights", z.ravel())
    target = own_axes(ax, height=4.6)
    from matplotlib.ticker import MaxNLocator

    steps = MaxNLocator(_LINES).tick_values(float(z.min()), float(z.max()))
    levels = [one for one in steps if null is None or abs(one - null) > 1e-12 * float(np.ptp(z))]
    if np.ptp(z) > 0.0:
        lines = target.contour(x, y, z, levels=levels, colors=BLUE, linewidths=1, linestyles="-")
        named = dict(zip(levels, told_apart(tuple(levels)), strict=True))
        target.clabel(lines, fmt=named, fontsize=8)
        if null is not None and z.min() < null < z.max():
            zero = target.contour(x, y, z, levels=[null], colors=VERMILION, linewidths=2)
            target.clabel(zero, fmt={null: f"{null:g}"}, fontsize=9)
    places = {origin: (float(x[0]), float(y[0]))} if origin else {}
    for name, (one, other) in {**places, **(marked or {})}.items():
        target.plot([one], [other], "o", color=INK, markersize=5, clip_on=False)
        right = one > 0.5 * float(x[-1])
        high = other > 0.85 * float(y[-1])
        target.annotate(
            folded(name, _LETTERS),
            (one, other),
            xytext=(-7 if right else 7, -5 if high else 5),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=9,
            color=INK,
            bbox={"facecolor": "#ffffff", "edgecolor": "none", "alpha": 0.75, "pad": 1.0},
            va="top" if high else "bottom",
        )
    for axis in (target.xaxis, target.yaxis):
        axis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
    target.set_xlim(float(x[0]), float(x[-1]))
    target.set_ylim(float(y[0]), float(y[-1]))
    target.set_xlabel(plain(labels[0]))
    target.set_ylabel(plain(labels[1]))
    return dressed(target)
