"""A tree of questions that end in decisions."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Union

from causalsim.errors.reporting import ReportError
from causalsim.plots.canvas import GREY, INK, folded, own_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito's colours, one a decision.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442")

_LETTERS = 24
_SIZE, _SMALLEST = 10.0, 5.0
#: Inches.
_WIDTH, _WIDEST = 6.0, 16.0


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
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(_names(tree))}
    boxes = list(_boxes(tree, 0.0, 0))
    needed = _leaves(tree) * _spacing(boxes, _leaves(tree))
    if ax is None:
        target = own_axes(ax, height=1.1 + 1.0 * deep)
        target.figure.set_figwidth(min(max(_WIDTH, needed), _WIDEST))  # type: ignore[union-attr]
        size = min(max(_WIDTH, needed), _WIDEST)
    else:
        target = ax
        size = ax.figure.bbox.width / ax.figure.dpi * ax.get_position().width
    letters = max(_SMALLEST, _SIZE * min(1.0, size / needed))
    for x, level, box in boxes:
        ending = isinstance(box, Ending)
        _box(
            target,
            (x, -level),
            _words(box),
            colours[box.label] if ending else "#ffffff",
            "#ffffff" if ending else INK,
            letters,
        )
    _lines(target, tree, 0.0, 0, letters)
    target.set_xlim(0.0, _leaves(tree))
    target.set_ylim(-deep - 0.45, 0.45)
    target.set_axis_off()
    target.patch.set_alpha(0.0)
    return target


def _boxes(
    tree: Fork | Ending, left: float, level: int
) -> Iterator[tuple[float, int, Fork | Ending]]:
    """Where each box stands: across in units of endings, down in levels."""
    yield _middle(tree, left), level, tree
    if isinstance(tree, Fork):
        yield from _boxes(tree.yes, left, level + 1)
        yield from _boxes(tree.no, left + _leaves(tree.yes), level + 1)


def _spacing(boxes: list[tuple[float, int, Fork | Ending]], leaves: int) -> float:
    """How many inches an ending needs, so that no box covers its neighbour or is cut off."""
    needed = 0.9
    for level in {level for _, level, _ in boxes}:
        row = [(x, _inches(box)) for x, other, box in boxes if other == level]
        row = [(-row[0][0], row[0][1]), *row, (2 * leaves - row[-1][0], row[-1][1])]
        for (first, one), (second, other) in pairwise(row):
            needed = max(needed, ((one + other) / 2 + 0.1) / (second - first))
    return needed


def _inches(box: Fork | Ending) -> float:
    """About how wide a box is."""
    return 0.25 + 0.085 * max(len(line) for line in _words(box).split("\n"))


def _words(box: Fork | Ending) -> str:
    """What stands in a box."""
    if isinstance(box, Ending):
        return f"{folded(box.label, _LETTERS)}\n{box.share:.0%}"
    return folded(f"{box.label}?", _LETTERS, lines=3)


def _lines(ax: "Axes", tree: Fork | Ending, left: float, level: int, letters: float) -> None:
    """Draw the lines to the right of an edge, with the answers on them."""
    if isinstance(tree, Ending):
        return
    start = (_middle(tree, left), -level)
    edges = (left, left + _leaves(tree.yes))
    for below, edge, word in zip((tree.yes, tree.no), edges, ("yes", "no"), strict=True):
        _line(ax, start, (_middle(below, edge), -level - 1), word, letters)
        _lines(ax, below, edge, level + 1, letters)


def _middle(tree: Fork | Ending, left: float) -> float:
    """Where the first box stands: between what it leads to, in units of endings."""
    return left + (0.5 if isinstance(tree, Ending) else float(_leaves(tree.yes)))


def _line(
    ax: "Axes", start: tuple[float, float], end: tuple[float, float], word: str, letters: float
) -> None:
    """A line with the answer on it."""
    ax.plot([start[0], end[0]], [start[1], end[1]], color=GREY, linewidth=1.2, zorder=1)
    ax.text(
        (start[0] + end[0]) / 2,
        (start[1] + end[1]) / 2,
        word,
        color=INK,
        fontsize=0.9 * letters,
        ha="center",
        va="center",
        zorder=2,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "#ffffff", "edgecolor": "none"},
    )


def _box(
    ax: "Axes", at: tuple[float, float], text: str, fill: str, ink: str, letters: float
) -> None:
    """Words in a box."""
    ax.text(
        *at,
        text,
        color=ink,
        fontsize=letters,
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
