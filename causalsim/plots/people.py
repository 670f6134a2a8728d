"""How something is distributed over people, and over the two arms."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalsim.errors.reporting import ReportError
from causalsim.plots.canvas import (
    BLUE,
    GREY,
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

_MOST_BINS = 60
_LETTERS = 40


def distribution(
    values: ArrayLike,
    *,
    marked: Mapping[str, float] | None = None,
    label: str = "",
    null: float | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """How a quantity is distributed over people, with the mean and, if asked, one person marked.

    Args:
        values: One number a person.
        marked: Names of people, each with their value.
        label: What is measured, with its unit.
        null: A value to mark by a line, such as 0 for no change; None for no line.
        ax: The axes to draw on; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ReportError: no values, or values that are not finite numbers.

    >>> distribution([1.0, 2.0, 4.0], marked={"Ada": 4.0}, label="gain (kg)").get_xlabel()
    'gain (kg)'

    References:
        Freedman and Diaconis, "On the histogram as a density estimator" (1981), for the bins.
    """
    numbers = finite_numbers("values", values)
    people = {
        name: float(finite_numbers("marked values", [at])[0]) for name, at in (marked or {}).items()
    }
    target = own_axes(ax, height=3.2)
    heights, _, _ = target.hist(
        numbers, bins=_bins(numbers), color=BLUE, alpha=0.55, edgecolor=BLUE, linewidth=0.6
    )
    top = float(np.max(heights))
    if null is not None:
        target.axvline(null, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    mean = float(numbers.mean())
    signs = [
        ("mean", mean, INK, "solid"),
        *((n, at, VERMILION, "dotted") for n, at in people.items()),
    ]
    for level, (name, at, colour, style) in enumerate(signs):
        height = top * (1.06 + 0.1 * level)
        target.plot([at, at], [0, height], color=colour, linewidth=1.8, linestyle=style)
        target.annotate(
            plain(f"{name} {told_apart((at,), float(np.ptp(numbers)) / 20)[0]}"),
            (at, height),
            xytext=(4, -2),
            textcoords="offset points",
            color=colour,
            fontsize=9,
            va="center",
        )
    target.set_ylim(0, top * (1.14 + 0.1 * len(people)))
    target.set_xlabel(plain(label))
    target.set_ylabel("people")
    return dressed(target)


def overlap(
    propensities: ArrayLike,
    treated: ArrayLike,
    *,
    names: tuple[str, str] = ("treated", "untreated"),
    ax: "Axes | None" = None,
) -> "Axes":
    """Propensities of the treated upwards and of the untreated downwards, on one scale.

    Where one side has people and the other none, the data do not compare like with like there.

    Args:
        propensities: Each person's probability of treatment, from 0 to 1.
        treated: Whether each person was treated, as 0 and 1.
        names: What to call the treated and the untreated.
        ax: The axes to draw on; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ReportError: values that are no probabilities, other lengths, or an empty arm.

    >>> overlap([0.2, 0.4, 0.6, 0.7], [0, 1, 0, 1]).get_xlabel()
    'probability of treatment'

    References:
        Hernán and Robins, "Causal Inference: What If" (2020), section 3.3, on positivity.
    """
    chances, arms = finite_numbers("propensities", propensities), finite_numbers("treated", treated)
    if len(chances) != len(arms):
        raise ReportError.lengths("propensities", len(chances), "values of treated", len(arms))
    if chances.min() < 0 or chances.max() > 1:
        raise ReportError.not_a_propensity(float(chances.min()), float(chances.max()))
    if set(np.unique(arms)) != {0.0, 1.0}:
        raise ReportError.arms(len(np.unique(arms)))
    target = own_axes(ax, height=3.2)
    edges = np.linspace(0.0, 1.0, 41)
    above, _ = np.histogram(chances[arms == 1], edges)
    below, _ = np.histogram(chances[arms == 0], edges)
    for counts, sign, colour in ((above, 1, BLUE), (below, -1, VERMILION)):
        target.bar(
            edges[:-1],
            sign * counts / counts.sum(),
            width=np.diff(edges),
            align="edge",
            color=colour,
            alpha=0.55,
            edgecolor=colour,
            linewidth=0.6,
        )
    target.axhline(0, color=INK, linewidth=1)
    reach = 1.15 * max(float((above / above.sum()).max()), float((below / below.sum()).max()))
    target.set_ylim(-reach, reach)
    target.set_xlim(0, 1)
    for name, height in ((names[0], 0.97), (names[1], 0.03)):
        target.text(
            0.99,
            height,
            folded(name, _LETTERS),
            transform=target.transAxes,
            ha="right",
            va="top" if height > 0.5 else "bottom",
            color=INK,
            bbox={"facecolor": "#ffffff", "edgecolor": "none", "alpha": 0.6, "pad": 1.0},
        )
    target.yaxis.set_major_formatter(lambda share, _: f"{100 * abs(share):.0f} %")
    target.set_xlabel("probability of treatment")
    target.set_ylabel("share of the arm")
    return dressed(target)


def _bins(numbers: NDArray[np.float64]) -> int:
    """How many bins a histogram gets: Freedman and Diaconis's rule within bounds."""
    spread = float(np.subtract(*np.percentile(numbers, [75, 25])))
    if spread <= 0 or not np.ptp(numbers):
        return 10
    width = 2 * spread / len(numbers) ** (1 / 3)
    return int(min(max(np.ceil(np.ptp(numbers) / width), 5), _MOST_BINS))
