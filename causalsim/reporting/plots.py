"""Plots for reports: each draws on the axes it is given, or on a figure of its own, and no other.

No function touches pyplot, so nothing is left open and no window is needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalsim.errors.reporting import ReportError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The colour of words and axes: as good as black, and rare enough that a page can replace it by
#: the colour of its own text.
INK = "#010203"
#: Two colours of Okabe and Ito's set, for all kinds of colour vision.
BLUE, VERMILION = "#0072b2", "#d55e00"
GREY = "#787878"

_MOST_BINS = 60


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
    target = _axes(ax, height=0.8 + 0.42 * len(estimates))
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
        shown = _shown((one.value, one.low, one.high))
        target.text(
            1.02,
            row,
            f"{shown[0]} ({shown[1]} to {shown[2]})",
            transform=target.get_yaxis_transform(),
            va="center",
            color=INK,
            fontsize=9,
        )
    target.set_yticks(range(len(estimates)), [_plain(one.label) for one in estimates])
    target.set_ylim(len(estimates) - 0.4, -0.6)
    target.set_xlabel(_plain(f"effect ({unit})" if unit else "effect"))
    return _dressed(target, left=False)


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
    numbers = _numbers("values", values)
    people = {
        name: float(_numbers("marked values", [at])[0]) for name, at in (marked or {}).items()
    }
    target = _axes(ax, height=3.2)
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
            _plain(f"{name} {_shown((at,), float(np.ptp(numbers)) / 20)[0]}"),
            (at, height),
            xytext=(4, -2),
            textcoords="offset points",
            color=colour,
            fontsize=9,
            va="center",
        )
    target.set_ylim(0, top * (1.14 + 0.1 * len(people)))
    target.set_xlabel(_plain(label))
    target.set_ylabel("people")
    return _dressed(target)


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
    chances, arms = _numbers("propensities", propensities), _numbers("treated", treated)
    if len(chances) != len(arms):
        raise ReportError.lengths("propensities", len(chances), "values of treated", len(arms))
    if chances.min() < 0 or chances.max() > 1:
        raise ReportError.not_a_propensity(float(chances.min()), float(chances.max()))
    if set(np.unique(arms)) != {0.0, 1.0}:
        raise ReportError.arms(len(np.unique(arms)))
    target = _axes(ax, height=3.2)
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
            _plain(name),
            transform=target.transAxes,
            ha="right",
            va="top" if height > 0.5 else "bottom",
            color=INK,
        )
    target.yaxis.set_major_formatter(lambda share, _: f"{100 * abs(share):.0f} %")
    target.set_xlabel("probability of treatment")
    target.set_ylabel("share of the arm")
    return _dressed(target)


def _axes(ax: "Axes | None", height: float) -> "Axes":
    """The axes given, or those of a new figure that belongs to no window."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(6.0, height), layout="constrained").add_subplot()


def _dressed(ax: "Axes", left: bool = True) -> "Axes":
    """Axes without a box, in ink."""
    for side in ("top", "right") if left else ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    for spine in ax.spines.values():
        spine.set_color(INK)
    ax.tick_params(colors=INK, labelsize=9, length=3 if left else 0)
    ax.tick_params(axis="x", length=3)
    ax.xaxis.label.set_color(INK)
    ax.yaxis.label.set_color(INK)
    ax.patch.set_alpha(0.0)
    return ax


def _numbers(role: str, values: ArrayLike | Iterable[float]) -> NDArray[np.float64]:
    """Values as finite numbers in one row."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ReportError.not_numbers(role, f"{values!r:.80}") from None
    if found.ndim != 1:
        raise ReportError.not_numbers(role, f"an array of shape {found.shape}")
    if not found.size:
        raise ReportError.nothing(role)
    if missing := int(np.count_nonzero(~np.isfinite(found))):
        raise ReportError.not_numbers(role, f"{missing} of {found.size} missing or infinite")
    return found


def _bins(numbers: NDArray[np.float64]) -> int:
    """How many bins a histogram gets: Freedman and Diaconis's rule within bounds."""
    spread = float(np.subtract(*np.percentile(numbers, [75, 25])))
    if spread <= 0 or not np.ptp(numbers):
        return 10
    width = 2 * spread / len(numbers) ** (1 / 3)
    return int(min(max(np.ceil(np.ptp(numbers) / width), 5), _MOST_BINS))


def _shown(values: tuple[float, ...], spread: float | None = None) -> tuple[str, ...]:
    """Numbers with as many decimals as tell them apart."""
    size = max(values) - min(values) if spread is None else spread
    size = size or max(map(abs, values)) or 1.0
    decimals = int(min(max(np.ceil(1 - np.log10(size)), 0), 6))
    return tuple(f"{value + 0.0:.{decimals}f}" for value in values)


def _plain(text: str) -> str:
    """Text in which a dollar sign is a dollar sign."""
    return text.replace("$", r"\$")
