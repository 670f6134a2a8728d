"""Plots draw what they are given, on the axes they are given, and refuse what cannot be drawn."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from causalsim.errors.reporting import ReportError
from causalsim.plots import Estimate, band, distribution, forest, love, overlap

BOOK = [
    Estimate("AIPW", 3.45, 2.5, 4.4),
    Estimate("What If, table 12", 3.4, 2.4, 4.5, published=True),
]


@dataclass(frozen=True)
class Ends:
    low: float
    high: float


@dataclass(frozen=True)
class Made:
    """What `Estimate.of` needs of an effect."""

    value: float
    estimator: str

    def interval(self, level: float) -> Ends:
        return Ends(self.value - level, self.value + level)


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_a_forest_has_a_row_for_each_estimate() -> None:
    ax = forest(BOOK, unit="kg")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["AIPW", "What If, table 12"]
    assert words(ax) == ["3.5 (2.5 to 4.4)", "3.4 (2.4 to 4.5)"]
    intervals = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2]
    assert [2.5, 4.4] in [list(found) for found in intervals]
    fills = [line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "o"]
    assert fills == ["#0072b2", "#ffffff"]
    # The first estimate stands on top.
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_a_forest_shows_enough_decimals() -> None:
    assert words(forest([Estimate("a", 0.0123, 0.0101, 0.0145)])) == ["0.0123 (0.0101 to 0.0145)"]
    assert words(forest([Estimate("a", 1234.0, 1000.0, 1500.0)])) == ["1234 (1000 to 1500)"]
    assert words(forest([Estimate("a", 0.0, 0.0, 0.0)])) == ["0.0 (0.0 to 0.0)"]


def test_an_effect_becomes_an_estimate() -> None:
    assert Estimate.of(Made(3.0, "AIPW")) == Estimate("AIPW", 3.0, 2.05, 3.95)
    assert Estimate.of(Made(3.0, "AIPW"), "here", level=0.5).label == "here"


def test_a_distribution_marks_the_mean_and_the_person() -> None:
    gains = np.random.default_rng(0).normal(3.4, 2.0, 500)
    ax = distribution(gains, marked={"person 7": 5.25}, label="gain (kg)", null=0.0)
    assert sum(patch.get_height() for patch in ax.patches) == 500
    assert words(ax) == [f"mean {gains.mean():.2f}", "person 7 5.25"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("gain (kg)", "people")


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0, 2.0], [0, 1, 0, 1], [1e300, -1e300]])
def test_odd_distributions_are_drawn(values: list[float]) -> None:
    assert sum(patch.get_height() for patch in distribution(values).patches) == len(values)


def test_overlap_shows_the_arms_on_either_side() -> None:
    ax = overlap([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], names=("quit", "smoked on"))
    heights = [patch.get_height() for patch in ax.patches]
    assert sum(height for height in heights if height > 0) == pytest.approx(1)
    assert sum(height for height in heights if height < 0) == pytest.approx(-1)
    assert words(ax) == ["quit", "smoked on"]


def test_axes_are_used_and_returned_and_no_figure_stays_open() -> None:
    before = pyplot.get_fignums()
    one, two, three = Figure().subplots(1, 3)
    assert forest(BOOK, ax=one) is one
    assert distribution([1, 2, 3], ax=two) is two
    assert overlap([0.2, 0.6], [0, 1], ax=three) is three
    forest(BOOK), distribution([1, 2]), overlap([0.2, 0.6], [0, 1])
    assert pyplot.get_fignums() == before


def test_dollar_signs_are_no_mathematics() -> None:
    ax = forest([Estimate("cost in $ or $x_1", 1, 0, 2)], unit="$")
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.canvas.draw()
    assert ax.get_xlabel() == r"effect (\$)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: forest([]), "no estimates"),
        (lambda: Estimate("a", 3.0, 4.0, 5.0), "outside its interval"),
        (lambda: Estimate("a", math.nan, 0.0, 1.0), "outside its interval"),
        (lambda: Estimate("a", 0.0, -math.inf, 1.0), "all finite"),
        (lambda: distribution([]), "no values"),
        (lambda: distribution(["a"]), "finite numbers"),
        (lambda: distribution([1.0, math.nan]), "1 of 2 missing"),
        (lambda: distribution([[1.0]]), r"shape \(1, 1\)"),
        (lambda: distribution([1.0], marked={"x": math.inf}), "missing or infinite"),
        (lambda: overlap([0.1, 0.2], [0]), "2 propensities but 1"),
        (lambda: overlap([0.1, 1.2], [0, 1]), "between 0 and 1"),
        (lambda: overlap([0.1, 0.2], [1, 1]), "both arms"),
        (lambda: overlap([0.1, 0.2], [1, 2]), "both arms"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_hint(call, message: str) -> None:  # noqa: ANN001
    with pytest.raises(ReportError, match=message) as refused:
        call()
    assert refused.value.hint


def test_love_puts_the_most_unbalanced_first_and_says_which_is_which() -> None:
    drawn = love(["age", "sex", "race"], [0.1, -0.6, 0.3], [0.02, 0.01, 0.25])
    assert [one.get_text() for one in drawn.get_yticklabels()] == ["sex", "race", "age"]
    legend = drawn.get_legend()
    assert legend is not None
    assert [one.get_text() for one in legend.get_texts()] == ["before", "after"]
    after = drawn.lines[-1].get_xdata()
    np.testing.assert_allclose(np.asarray(after, dtype=float), [0.01, 0.25, 0.02])


def test_love_keeps_those_that_differ_most() -> None:
    drawn = love([f"x{i}" for i in range(40)], np.arange(40.0), np.zeros(40), most=5)
    labels = [one.get_text() for one in drawn.get_yticklabels()]
    assert labels == ["x39", "x38", "x37", "x36", "x35"]


def test_a_wide_band_lies_around_the_narrow_one() -> None:
    x = np.linspace(0, 1, 5)
    drawn = band(x, x, x - 1, x + 1, wide=(x - 2, x + 2), null=0.0, labels=("dose", "kg"))
    wide, narrow = (one.get_paths()[0].get_extents() for one in drawn.collections)
    assert wide.ymin == -2.0
    assert narrow.ymin == -1.0
    assert drawn.get_ylabel() == "kg"


@pytest.mark.parametrize("wrong", [[1.0, 2.0], [1.0, float("nan"), 2.0]])
def test_bands_of_other_lengths_or_without_numbers_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ReportError):
        band([0, 1, 2], [0, 1, 2], wrong, [1, 2, 3])
    with pytest.raises(ReportError):
        love(["a", "b", "c"], wrong, [1, 2, 3])
