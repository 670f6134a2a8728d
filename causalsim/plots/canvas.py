"""Axes without a window, the colours they are drawn in, and the numbers that may be drawn.

No function touches pyplot, so nothing is left open and no window is needed.
"""

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

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
_DECIMALS = 6


def own_axes(ax: "Axes | None", height: float) -> "Axes":
    """The axes given, or those of a new figure that belongs to no window."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(6.0, height), layout="constrained").add_subplot()


def dressed(ax: "Axes", left: bool = True) -> "Axes":
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


def finite_numbers(role: str, values: ArrayLike | Iterable[float]) -> NDArray[np.float64]:
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


def told_apart(values: tuple[float, ...], spread: float | None = None) -> tuple[str, ...]:
    """Numbers with as many decimals as tell them apart."""
    size = max(values) - min(values) if spread is None else spread
    size = size or max(map(abs, values)) or 1.0
    decimals = int(max(np.ceil(1 - np.log10(size)), 0))
    if decimals > _DECIMALS:
        return tuple(f"{value + 0.0:.3g}" for value in values)
    return tuple(f"{value + 0.0:.{decimals}f}" for value in values)


def plain(text: str) -> str:
    """Text in which a dollar sign is a dollar sign."""
    return text.replace("$", r"\$")


def short(text: str, most: int) -> str:
    """Text of at most so many letters: its middle is left out, since names differ at the ends.

    >>> short("household income in 1980", 17)
    'househol…in 1980'
    """
    if len(text) <= most:
        return plain(text)
    tail = (most - 1) // 2
    return plain(f"{text[: most - 1 - tail].rstrip()}…{text[-tail:].lstrip()}")


def folded(text: str, width: int, lines: int = 2) -> str:
    r"""Text on several lines, its middle left out where they do not hold it.

    >>> folded("usual care by the family doctor", 16)
    'usual care by t…\nfamily doctor'
    """
    most = len(text)
    made = textwrap.wrap(text, width)
    while len(made) > lines:
        most = min(most, width * lines + 1) - 1
        tail = (most - 1) // 2
        made = textwrap.wrap(f"{text[: most - 1 - tail]}…{text[-tail:]}", width)
    return plain("\n".join(made))
