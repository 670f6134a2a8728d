"""For which compliers the effect is larger, by econml's forest on our nuisances."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim import Graph, Query, estimate, identify
from causalsim.datasets.instruments import encouragement
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.parsing import parse_query
from causalsim.estimation.crossfitting.learners import Ridge
from causalsim.estimation.instruments import DRIV, LATE, conditional_late
from causalsim.identification.assuming import Monotone

GRAPH = Graph("x1 -> z <- x2; x1 -> y <- x2; z -> a -> y; a <-> y")
ANSWER = identify(GRAPH, Query("y", do="a"), assuming=Monotone("z", "a"))


def jumping(rows: int, seed: int) -> pd.DataFrame:
    """Encouragement by lot, with an effect among compliers of 0 below x1 = 0 and 4 above."""
    rng = np.random.default_rng(seed)
    x1, x2 = rng.normal(size=rows), rng.integers(0, 2, rows)
    z = rng.permutation(np.arange(rows) % 2)
    kind = rng.random(rows)
    a = np.where(kind < 0.2, 1, np.where(kind < 0.8, z, 0))
    gain = np.where(kind < 0.2, 6.0, 4.0 * (x1 > 0))
    y = a * gain + x2 - 2 * (kind > 0.8) + rng.normal(size=rows)
    return pd.DataFrame({"x1": x1, "x2": x2, "z": z, "a": a, "y": y})


LOT = LATE(folds=2, repeats=1, outcome=Ridge(), treatment=Ridge(), instrument=0.5)
FRAME = jumping(3000, seed=1)
EFFECT = estimate(ANSWER, FRAME, by=LOT, seed=1)
FOUND = conditional_late(EFFECT, FRAME, on=["x1", "x2"], by=DRIV(trees=200))


def test_a_jump_is_found_that_no_line_follows() -> None:
    rows = pd.DataFrame({"x1": [-1.2, -0.5, 0.5, 1.2], "x2": [0, 1, 0, 1]})
    truth = np.array([0.0, 0.0, 4.0, 4.0])
    found = FOUND.at(rows)
    error = (found.high - found.low) / (2 * 1.959964)
    assert (np.abs(found.effect - truth) < 4 * error).all()
    assert (error < 0.8).all()  # a test that could not tell 0 from 4 would be none
    narrow = FOUND.at(rows, level=0.5)
    assert ((narrow.low > found.low) & (narrow.high < found.high)).all()
    assert list(FOUND.at(rows, level=None)) == ["effect"]
    line = conditional_late(EFFECT, FRAME, on=["x1", "x2"]).at(rows)
    mixed = np.abs(found.effect - truth).mean()
    assert mixed < np.abs(line.effect - truth).mean()


def test_it_does_not_take_the_effect_among_others_for_that_among_compliers() -> None:
    """Always-takers gain 6; an analysis as if the treatment had been drawn would find that."""
    below = FRAME[FRAME.x1 < 0]
    naive = below.groupby("a").y.mean().diff().iloc[-1]
    assert naive > 2.0
    here = FOUND.at(below)
    assert abs(here.effect.mean()) < 0.4


def test_equal_seeds_give_equal_numbers_in_either_kind_of_frame() -> None:
    rows = FRAME.head(4)
    again = conditional_late(EFFECT, FRAME, on=["x1", "x2"], by=DRIV(trees=200))
    pd.testing.assert_frame_equal(again.at(rows), FOUND.at(rows))
    made = FOUND.at(pl.from_pandas(rows))
    assert isinstance(made, pl.DataFrame)
    assert made["low"].to_list() == pytest.approx(FOUND.at(rows).low.tolist())


def test_a_question_the_other_way_round_has_the_other_sign() -> None:
    asked = parse_query("E[y(a=0) - y(a=1) | a(z=1)=1, a(z=0)=0]")
    answer = identify(GRAPH, asked, assuming=Monotone("z", "a"))
    effect = estimate(answer, FRAME, by=LOT, seed=1)
    assert effect.value == pytest.approx(-EFFECT.value)
    found = conditional_late(effect, FRAME, on=["x1", "x2"], by=DRIV(trees=200))
    rows = FRAME.head(5)
    one, other = FOUND.at(rows), found.at(rows)
    assert other.effect.tolist() == pytest.approx((-one.effect).tolist())
    assert other.low.tolist() == pytest.approx((-one.high).tolist())
    # An instrument whose levels are named the other way round is the same instrument.
    flipped = FRAME.assign(z=1 - FRAME.z)
    effect = estimate(ANSWER, flipped, by=LOT, seed=1)
    found = conditional_late(effect, flipped, on=["x1", "x2"], by=DRIV(trees=200))
    made = found.at(pd.DataFrame({"x1": [-1.0, 1.0], "x2": [0, 0]}))
    assert made.effect.tolist() == pytest.approx([0.0, 4.0], abs=1.0)


def test_weights_categories_and_words() -> None:
    frame = FRAME.head(800).assign(w=2.0, kind=lambda d: np.where(d.x2 > 0, "b", "a"))
    by = DRIV(trees=40)
    plain = estimate(ANSWER, frame, by=LOT, seed=1)
    weighted = estimate(ANSWER, frame, by=LOT, seed=1, weights="w")
    one = conditional_late(plain, frame, on=["x1", "kind"], by=by)
    two = conditional_late(weighted, frame, on=["x1", "kind"], by=by)
    rows = frame.head(3)
    assert one.at(rows).effect.tolist() == pytest.approx(two.at(rows).effect.tolist(), rel=1e-6)
    assert one.columns == ("x1", "kind=b")
    assert "given x1, kind=b" in str(one)
    assert "intervals hold at one place" in one.why
    assert one.to_dict()["columns"] == ["x1", "kind=b"]
    assert one._repr_html_().startswith("<p>effect among compliers")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DRIV(trees=10), "multiple of four"),
        (lambda: DRIV(least=0), "from 1"),
        (lambda: DRIV(clip=0.0), "clip must be"),
        (lambda: conditional_late(EFFECT, FRAME, on=["x1"], by=LATE()), r"DRIV\(\), or None"),  # type: ignore[call-overload]
        (lambda: conditional_late(EFFECT, FRAME.iloc[::-1], on=["x1"], by=DRIV()), "same frame"),
        (lambda: conditional_late(EFFECT * 2.0, FRAME, on=["x1"], by=DRIV()), "an effect by LATE"),
        (lambda: conditional_late("late", FRAME, on=["x1"], by=DRIV()), "An effect is expected"),  # type: ignore[call-overload]
        (lambda: FOUND.at(FRAME, level=95), "level must be"),
    ],
)
def test_bad_settings_and_frames(make: Any, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        make()


def test_bad_columns_and_clusters() -> None:
    with pytest.raises(DataError, match="x11"):
        conditional_late(EFFECT, FRAME, on=["x11"], by=DRIV())
    with pytest.raises(DataError, match="x2"):
        FOUND.at(FRAME[["x1"]])
    with pytest.raises(DataError, match="x1"):
        FOUND.at(FRAME.head(3).assign(x1=[None, 1.0, 2.0]))
    frame = FRAME.head(400).assign(g=np.arange(400) // 2)
    effect = estimate(ANSWER, frame, by=LOT, seed=1, clusters="g")
    with pytest.raises(EstimationError, match=r"clusters must be None for DRIV\(\)"):
        conditional_late(effect, frame, on=["x1"], by=DRIV())


@pytest.mark.slow
def test_its_intervals_hold_about_as_often_as_it_says_they_do() -> None:
    """Measured .90 of .95; twelve studies at four places that agree among themselves."""
    rows = pd.DataFrame({"x1": [-1.0, -0.5, 0.5, 1.0], "x2": [0.0, 1.0, 0.0, 1.0]})
    held = []
    for seed in range(12):
        frame = encouragement(2000, seed=seed).frame
        effect = estimate(ANSWER, frame, by=LATE(folds=3, repeats=1), seed=seed)
        found = conditional_late(effect, frame, on=["x1", "x2"], by=DRIV()).at(rows)
        held.append((found.low <= 2.0 + rows.x2) & (2.0 + rows.x2 <= found.high))
    assert np.mean(held) > 0.75
