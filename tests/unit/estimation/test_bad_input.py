"""What may be wrong with a table, line by line: an error with a hint, a note, or no harm."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim import Graph, Query, estimate, identify
from causalsim.errors.base import CausalsimError
from causalsim.errors.data import DataError
from causalsim.errors.query import QueryError
from causalsim.errors.reading import ReadingError
from causalsim.estimation import AIPW, IPW, TMLE, Overlap, Regression, Treated
from causalsim.estimation.crossfitting.learners import LogisticRidge, Ridge
from causalsim.estimation.crossfitting.nuisances import Nuisances, Split
from causalsim.estimation.reading.roles import Roles

ANSWER = identify(Graph("x -> a; x -> y; a -> y"), Query("y", do="a"))
FAST = {"folds": 2, "repeats": 1, "target": Overlap(), "propensity": LogisticRidge()}
QUICK = AIPW(folds=2, repeats=1, outcome=Ridge(), propensity=LogisticRidge())


def people(rows: int = 200, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    a = (rng.random(rows) < 1 / (1 + np.exp(-x))).astype(int)
    return pd.DataFrame({"x": x, "a": a, "y": x + a + rng.normal(size=rows)})


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("one arm only", {"a": 1}, "one value only: 1"),
    ("treatment equals outcome", {"y": people()["a"]}, "'y' has one value in each arm of 'a'"),
    ("treatment in other units", {"y": 3 - 2.5 * people()["a"]}, "it is the treatment itself"),
    ("all missing", {"x": np.nan}, "'x' has no value in any of 200 rows"),
    ("infinite", {"x": people()["x"].where(people()["x"] > 0, np.inf)}, "'x' holds infinities"),
    ("an identifier", {"x": [f"person {i}" for i in range(200)]}, "200 categories in 200 rows"),
    ("perfect separation", {"x": people()["a"] + 0.1 * people()["x"] * 0}, "'x' alone tells them"),
    ("a rule", {"x": people()["a"] * 2 + np.linspace(0, 1, 200)}, "The arms share no kind of"),
]


@pytest.mark.parametrize(
    ("change", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_it_is_refused_with_a_hint(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CausalsimError, match=message) as caught:
        estimate(ANSWER, people().assign(**change), by=QUICK)
    assert "Hint:" in str(caught.value)


def test_the_treatment_cannot_be_its_own_outcome() -> None:
    with pytest.raises(QueryError, match="both outcome and do"):
        Query("a", do="a")


@pytest.mark.parametrize("by", [QUICK, IPW(), TMLE(folds=2, repeats=1), AIPW(**FAST)])
def test_separation_is_refused_by_everything_that_divides_by_a_propensity(by: Any) -> None:
    frame = people().assign(x=lambda f: f["a"] * 3 + f["x"].clip(-1, 1))
    with pytest.raises(ReadingError, match="hold no comparison"):
        estimate(ANSWER, frame, by=by)


def test_a_few_people_in_common_are_enough_for_the_treated() -> None:
    """Most controls unlike anybody treated is no separation."""
    rng = np.random.default_rng(1)
    far = pd.DataFrame({"x": rng.normal(-6, 1, 600), "a": 0, "y": rng.normal(size=600)})
    frame = pd.concat([people(), far], ignore_index=True)
    effect = estimate(ANSWER, frame, by=AIPW(folds=2, repeats=1, target=Treated()))
    assert np.isfinite(effect.standard_error)


def test_a_constant_column_does_no_harm() -> None:
    effect = estimate(ANSWER, people().assign(x=2.0), by=QUICK)
    means = people().groupby("a")["y"].mean()
    assert effect.value == pytest.approx(means[1] - means[0], abs=0.05)


def test_duplicated_names_are_refused() -> None:
    twice = pd.concat([people(), people()[["x"]]], axis=1)
    with pytest.raises(DataError, match="more than one column named x"):
        estimate(ANSWER, twice, by=QUICK)


def test_categories_that_nobody_has_do_no_harm() -> None:
    groups = pd.Categorical(np.tile(["n", "s"], 100), categories=["n", "s", "nowhere"])
    plain = people().assign(x=np.tile(["n", "s"], 100))
    empty = estimate(ANSWER, people().assign(x=groups), by=QUICK, seed=1)
    assert empty.value == estimate(ANSWER, plain, by=QUICK, seed=1).value


@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_weights_must_be_positive(bad: float) -> None:
    frame = people().assign(w=[bad] + [1.0] * 199)
    with pytest.raises(DataError, match="Sampling weights must be above zero"):
        estimate(ANSWER, frame, by=QUICK, weights="w")


def test_fewer_than_ten_clusters_are_told() -> None:
    effect = estimate(ANSWER, people().assign(c=np.arange(200) % 8), by=QUICK, clusters="c")
    assert "only 8 clusters" in str(effect)


def test_integers_that_behave_like_names_are_told_and_amounts_are_not() -> None:
    rng = np.random.default_rng(1)
    frame = people(600).assign(x=rng.integers(1, 10, 600))
    height = np.array([0, 5, -3, 4, -6, 2, 7, -4, 1, 3.0])
    named = frame.assign(y=frame["y"] + height[frame["x"]])
    assert "'x' holds integers at which the outcome goes up and down" in str(
        estimate(ANSWER, named, by=Regression())
    )
    for shape in (lambda x: x, lambda x: 0.3 * x**2, lambda x: np.exp(-x / 3)):
        smooth = frame.assign(y=frame["y"] + shape(frame["x"]))
        assert estimate(ANSWER, smooth, by=Regression()).notes == ()
    as_text = named.assign(x=named["x"].astype(str))
    assert estimate(ANSWER, as_text, by=Regression()).notes == ()


@pytest.mark.parametrize("by", [QUICK, Regression()])
def test_polars_gives_the_same_and_neither_frame_is_changed(by: Any) -> None:
    first, second = people(), pl.from_pandas(people())
    before, told = first.copy(deep=True), second.clone()
    one = estimate(ANSWER, first, by=by, seed=1)
    two = estimate(ANSWER, second, by=by, seed=1)
    assert one.value == two.value
    assert np.array_equal(one.influence, two.influence)
    assert first.equals(before)
    assert second.equals(told)


def test_rows_are_matched_by_place_whatever_the_index_says() -> None:
    plain = estimate(ANSWER, people(), by=QUICK, seed=1)
    for index in (np.arange(200)[::-1], np.zeros(200, dtype=int), [f"r{i}" for i in range(200)]):
        odd = people().set_axis(index, axis=0)
        assert estimate(ANSWER, odd, by=QUICK, seed=1).value == plain.value


def test_a_row_that_carries_its_arm_is_told() -> None:
    chances = np.full(200, 0.5)
    frame = people()
    row = int(np.flatnonzero(frame["a"] == 0)[0])
    chances[row] = 0.9999
    task = QUICK.read(ANSWER, frame, Roles())
    split = Split(
        np.arange(200) % 2, np.column_stack([1 - chances, chances]), np.zeros((200, 2)), ()
    )
    nuisances = Nuisances((split,), "planted")
    told = AIPW(target=Treated()).effect(task, nuisances, 1)
    assert "a single row carries 9" in str(told)
    assert AIPW(target=Overlap()).effect(task, nuisances, 1).notes == ()
