"""How far two arms differ in each covariate, before and after they are weighted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from causalsim.errors.reporting import ReportError
from causalsim.plots.canvas import (
    BLUE,
    GREY,
    VERMILION,
    dressed,
    finite_numbers,
    own_axes,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TOLERANCE = 0.1
_LETTERS = 34


def love(
    columns: Sequence[str],
    before: ArrayLike,
    after: ArrayLike,
    *,
    most: int = 25,
    ax: "Axes | None" = None,
) -> "Axes":
    """Standardised mean differences of covariates, hollow before weighting and full after it.

    Covariates stand in the order of their difference before weighting; a band marks a tenth of a
    standard deviation. How many are not drawn is written below.

    Args:
        columns: The covariates.
        before: Their differences in the rows as they are, in standard deviations.
        after: Their differences once the rows are weighted.
        most: How many covariates are drawn at most, those that differ most.
        ax: The axes to draw on; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ReportError: nothing to show, or values of unequal lengths.

    >>> love(["age", "sex"], [0.4, -0.2], [0.05, 0.01]).get_xlabel()
    'difference of means (standard deviations)'

    References:
        T. Love (2004), Graphical display of covariate balance.
    """
    first, second = finite_numbers("differences", before), finite_numbers("differences", after)
    if not len(first) == len(second) == len(columns):
        raise ReportError.lengths("columns", len(columns), "differences", len(second))
    order = np.argsort(-np.maximum(np.abs(first), np.abs(second)), kind="stable")[:most]
    order = order[np.argsort(-np.abs(first[order]), kind="stable")]
    target = own_axes(ax, height=1.2 + 0.26 * len(order))
    target.axvspan(-_TOLERANCE, _TOLERANCE, color=GREY, alpha=0.15, linewidth=0)
    target.axvline(0, color=GREY, linewidth=1)
    rows = np.arange(len(order))
    for row, place in enumerate(order):
        target.plot([first[place], second[place]], [row, row], color=GREY, linewidth=0.8, zorder=1)
    for values, colour, fill, name in (
        (first, VERMILION, "#ffffff", "before"),
        (second, BLUE, BLUE, "after"),
    ):
        target.plot(
            values[order],
            rows,
            linestyle="none",
            marker="o",
            markersize=6,
            markerfacecolor=fill,
            markeredgecolor=colour,
            label=name,
            zorder=2,
        )
    target.set_yticks(rows, [short(columns[place], _LETTERS) for place in order])
    target.set_ylim(len(order) - 0.4, -0.6)
    hidden = len(columns) - len(order)
    told = f"\n{hidden} more, all of them smaller, are not drawn" if hidden else ""
    target.set_xlabel(f"difference of means (standard deviations){told}")
    target.legend(
        frameon=False,
        fontsize=9,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=2,
        borderpad=0,
    )
    return dressed(target, left=False)
