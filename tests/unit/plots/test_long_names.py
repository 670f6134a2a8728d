"""Names that are too long, outcomes in tiny units, a single place: pictures stay readable."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.ticker import FixedLocator

from causalsim.plots.balances import love
from causalsim.plots.bands import band
from causalsim.plots.canvas import folded, short, told_apart
from causalsim.plots.contours import contour
from causalsim.plots.decisions import Ending, Fork, decision_tree
from causalsim.plots.estimates import Estimate, forest
from causalsim.plots.people import overlap

mpl.use("Agg")
NAMES = [f"average household income before tax and transfers, year {year}" for year in range(40)]


def texts_outside(axes: object) -> list[str]:
    """What is written beyond the edge of the figure."""
    figure = axes.figure  # type: ignore[attr-defined]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = figure.bbox.expanded(1.01, 1.01)
    written = [*axes.texts, axes.xaxis.label]  # type: ignore[attr-defined]
    if isinstance(axes.yaxis.get_major_locator(), FixedLocator):  # type: ignore[attr-defined]
        written += axes.get_yticklabels()  # type: ignore[attr-defined]
    found = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in written]
    return [
        text
        for text, at in found
        if text and not (box.x0 <= at.x0 and at.x1 <= box.x1 and box.y0 <= at.y0)
    ]


def test_a_love_plot_of_forty_long_names() -> None:
    before = np.linspace(0.5, 0.01, 40)
    axes = love(NAMES, before, before / 10)
    assert not texts_outside(axes)
    assert "15 more, all of them smaller, are not drawn" in axes.get_xlabel()
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert len(set(labels)) == 25  # names that differ at their end stay apart
    assert "not drawn" not in love(NAMES[:3], before[:3], before[:3]).get_xlabel()


def test_a_forest_of_long_names_keeps_its_line() -> None:
    axes = forest([Estimate(name, 1.0, 0.5, 1.5) for name in NAMES[:4]])
    assert not texts_outside(axes)
    assert axes.get_position().width > 0.2


def test_arms_and_marks_with_long_names() -> None:
    chances, arms = np.linspace(0.1, 0.9, 20), np.tile([0, 1], 10)
    assert not texts_outside(overlap(chances, arms, names=(NAMES[0], NAMES[1])))
    shares = np.linspace(0.0, 0.5, 5)
    heights = 1.0 - 4.0 * np.outer(shares, shares)
    marked = {NAMES[0]: (0.24, 0.49), NAMES[1]: (0.49, 0.01)}
    assert not texts_outside(contour(shares, shares, heights, null=0.0, marked=marked))


def test_boxes_of_a_tree_do_not_touch() -> None:
    ends = itertools.cycle([Ending("drug", 0.1), Ending("usual care by the family doctor", 0.15)])

    def grown(depth: int) -> Fork | Ending:
        if not depth:
            return next(ends)
        return Fork(f"{NAMES[depth]} <= -1.178", grown(depth - 1), grown(depth - 1))

    axes = decision_tree(grown(3))
    assert not texts_outside(axes)
    canvas = FigureCanvasAgg(axes.figure)  # type: ignore[arg-type]
    boxes = [
        text.get_bbox_patch().get_window_extent(canvas.get_renderer())  # type: ignore[union-attr]
        for text in axes.texts
        if text.get_text() not in ("yes", "no")
    ]
    assert len(boxes) == 15
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_numbers_in_tiny_units_are_told() -> None:
    assert told_apart((1.14e-7, 9.0e-8, 1.39e-7)) == ("1.14e-07", "9e-08", "1.39e-07")
    assert told_apart((1.14, 0.9, 1.39)) == ("1.14", "0.90", "1.39")
    axes = forest([Estimate("AIPW", 1.14e-7, 9e-8, 1.39e-7)])
    assert axes.texts[0].get_text() == "1.14e-07 (9e-08 to 1.39e-07)"


def test_a_single_place_is_a_point_with_its_interval() -> None:
    axes = band([3.0], [0.2], [0.1], [0.3])
    assert any(line.get_marker() == "o" for line in axes.lines)
    assert any(list(line.get_ydata()) == [0.1, 0.3] for line in axes.lines)


@pytest.mark.parametrize("most", [5, 8, 11])
def test_short_names_keep_both_ends(most: int) -> None:
    made = short("abcdefghijklmnop", most)
    assert len(made) == most
    assert made[0] == "a"
    assert made[-1] == "p"
    assert short("abc", most) == "abc"


def test_folded_names_fill_their_lines_and_no_more() -> None:
    for width in (8, 16, 30):
        lines = folded(NAMES[0], width).split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= width
    assert folded("a word", 30) == "a word"
    assert folded("$5", 30) == r"\$5"
