"""A tree of questions that end in decisions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from causalsim.errors.reporting import ReportError
from causalsim.plots.canvas import GREY, INK, own_axes, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito's colours, one a decision.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442")


@dataclass(frozen=True, slots=True)
class Ending:
    """A decision.

    Attributes:
        label: What is decided.
        share: The share of people who end here, between 0 and 1.
    """

    label: str
    share: float


@dataclass(frozen=True, slots=True)
class Fork:
    """A question.

    Attributes:
        label: The question, without its question mark.
        yes: What follows if so.
        no: What follows if not.
    """

    label: str
    yes: Union["Fork", Ending]
    no: Union["Fork", Ending]


def decision_tree(tree: Fork | Ending, *, ax: "Axes | None" = None) -> "Axes":
    """A tree of questions from top to bottom: yes to the left, no to the right.

    Args:
        tree: Its first question, or a single decision.
        ax: The axes to draw on; by default those of a new figure.

    Returns:
        The axes.

    Raises:
        ReportError: a tree of something else.

    >>> made = decision_tree(Fork("age > 50", Ending("drug", 0.4), Ending("none", 0.6)))
    >>> [text.get_text() for text in made.texts if "%" not in text.get_text()]
    ['age > 50?', 'yes', 'no']
    """
    if not isinstance(tree, Fork | Ending):
        raise ReportError.nothing("questions")
    deep = _depth(tree)
    target = own_axes(ax, height=1.1 + 1.0 * deep)
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(_names(tree))}
    _drawn(target, tree, 0.0, 0, colours)
    target.set_xlim(0.0, _leaves(tree))
    target.set_ylim(-deep - 0.45, 0.45)
    target.set_axis_off()
    target.patch.set_alpha(0.0)
    return target


def _drawn(
    ax: "Axes",
    tree: Fork | Ending,
    left: float,
    level: int,
    colours: dict[str, str],
) -> None:
    """Draw what lies to the right of an edge."""
    middle = _middle(tree, left)
    if isinstance(tree, Ending):
        _box(ax, middle, -level, f"{tree.label}\n{tree.share:.0%}", colours[tree.label], "#ffffff")
        return
    _box(ax, middle, -level, f"{tree.label}?", "#ffffff", INK)
    edges = (left, left + _leaves(tree.yes))
    for below, edge, word in zip((tree.yes, tree.no), edges, ("yes", "no"), strict=True):
        _line(ax, (middle, -level), (_middle(below, edge), -level - 1), word)
        _drawn(ax, below, edge, level + 1, colours)


def _middle(tree: Fork | Ending, left: float) -> float:
    """Where the first box stands: between what it leads to, in units of endings."""
    return left + (0.5 if isinstance(tree, Ending) else float(_leaves(tree.yes)))


def _line(ax: "Axes", start: tuple[float, float], end: tuple[float, float], word: str) -> None:
    """A line with the answer on it."""
    ax.plot([start[0], end[0]], [start[1], end[1]], color=GREY, linewidth=1.2, zorder=1)
    ax.text(
        (start[0] + end[0]) / 2,
        (start[1] + end[1]) / 2,
        word,
        color=INK,
        fontsize=9,
        ha="center",
        va="center",
        zorder=2,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "#ffffff", "edgecolor": "none"},
    )


def _box(ax: "Axes", x: float, y: float, text: str, fill: str, ink: str) -> None:
    """Words in a box."""
    ax.text(
        x,
        y,
        plain(text),
        color=ink,
        fontsize=10,
        ha="center",
        va="center",
        zorder=3,
        bbox={"boxstyle": "round,pad=0.4", "facecolor": fill, "edgecolor": GREY, "linewidth": 0.8},
    )


def _names(tree: Fork | Ending) -> tuple[str, ...]:
    """Every decision once, from left to right."""
    if isinstance(tree, Ending):
        return (tree.label,)
    return tuple(dict.fromkeys((*_names(tree.yes), *_names(tree.no))))


def _leaves(tree: Fork | Ending) -> int:
    """How many endings there are."""
    return 1 if isinstance(tree, Ending) else _leaves(tree.yes) + _leaves(tree.no)


def _depth(tree: Fork | Ending) -> int:
    """The most questions asked of one person."""
    return 0 if isinstance(tree, Ending) else 1 + max(_depth(tree.yes), _depth(tree.no))
