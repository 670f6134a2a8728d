"""An effect asked for whom it is larger: the same numbers as the functions, learnt once."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from causalsim import Graph, Query, estimate, identify
from causalsim.datasets.generators import uneven_effects
from causalsim.datasets.instruments import encouragement
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.parsing import parse_query
from causalsim.estimation import AIPW, TMLE, Task, by_group, compare, every_arm
from causalsim.estimation.estimators import EntropyBalancing
from causalsim.estimation.heterogeneity import conditional as learning
from causalsim.estimation.heterogeneity import conditional_effects
from causalsim.estimation.instruments import LATE
from causalsim.identification.assuming import Monotone

DATA = uneven_effects(300, seed=1)
FRAME = DATA.frame
GRAPH = Graph(DATA.graph)
ANSWER = identify(GRAPH, Query("y", do="a"))
QUICK = AIPW(folds=2, repeats=1, outcome=Ridge(), propensity=LogisticRegression())
EFFECT = estimate(ANSWER, FRAME, by=QUICK, seed=5)


def fresh(frame: Any, **roles: Any) -> Any:
    """The same effect of a frame that a test may do with as it likes."""
    return estimate(ANSWER, frame, by=QUICK, seed=5, **roles)


def test_it_says_what_the_functions_say() -> None:
    rows = FRAME.head(7)
    learnt = conditional_effects(EFFECT, FRAME, seed=5)
    pd.testing.assert_frame_equal(EFFECT.at(rows), learnt.at(rows))
    for level in (0.9, None):
        pd.testing.assert_frame_equal(EFFECT.at(rows, level=level), learnt.at(rows, level))
    one = conditional_effects(EFFECT, FRAME, on=("x1",), seed=5).at(rows)
    pd.testing.assert_frame_equal(EFFECT.given("x1").at(rows[["x1"]]), one)
    for column, groups in (("x5", 4), ("x1", 3)):
        found, made = EFFECT.by(column, groups), by_group(EFFECT, FRAME, column, groups)
        pd.testing.assert_frame_equal(found.to_frame(), made.to_frame())
        assert found.joint_intervals(seed=1) == made.joint_intervals(seed=1)


def test_it_is_learnt_once_for_each_choice_of_covariates(monkeypatch: Any) -> None:
    asked = []
    true = learning.conditional_effects

    def counted(*args: Any, **given: Any) -> Any:
        asked.append(given["on"])
        return true(*args, **given)

    monkeypatch.setattr(learning, "conditional_effects", counted)
    effect = fresh(FRAME)
    for _ in range(2):
        effect.at(FRAME.head(1))
        effect.given("x1").at(FRAME.head(1))
    assert effect.given() is effect.given()
    assert asked == [None, ("x1",)]
    # Another effect, if only by a note, is never answered for by this one's model.
    other = replace(effect, notes=("another",))
    assert other.given("x1").effect is other


def test_the_frame_is_lent_not_copied() -> None:
    frame = FRAME.copy()
    before = frame.copy()
    effect = fresh(frame)
    assert effect.people.frame is frame
    effect.at(frame.head(1))
    effect.by("x5")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.assign(x1=frame.x1 + 1), "have changed"),
        (lambda frame: frame.assign(w=frame.w[::-1].to_numpy()), "have changed"),
        (lambda frame: frame.assign(y=0.5 * frame.y), "does not hold the outcomes"),
        (lambda frame: frame.sort_values("y"), "does not hold the outcomes"),
    ],
)
def test_a_frame_that_was_changed_since_is_refused(change: Any, message: str) -> None:
    frame = FRAME.assign(w=np.linspace(1, 2, len(FRAME)))
    effect = fresh(frame, weights="w")
    changed = change(frame.copy())
    for name in frame.columns:
        frame[name] = changed[name].to_numpy()
    with pytest.raises(EstimationError, match=message):
        effect.at(FRAME.head(1))
    if "outcomes" in message:
        with pytest.raises(EstimationError, match=message):
            effect.by("x5")


def test_a_column_may_be_younger_than_the_effect() -> None:
    frame = FRAME.copy()
    effect = fresh(frame)
    frame["half"] = np.where(frame.x1 > 0, "upper", "lower")
    lower, upper = effect.by("half")
    assert lower.estimand.endswith("half = lower")
    assert upper.value > lower.value
    effect.at(frame.head(1))  # and the new column is no change of the covariates


def test_polars_gives_the_same() -> None:
    frame = pl.from_pandas(FRAME)
    effect = fresh(frame)
    found = effect.at(frame.head(3))
    assert isinstance(found, pl.DataFrame)
    assert found["low"].to_list() == pytest.approx(EFFECT.at(FRAME.head(3)).low.tolist())
    assert isinstance(effect.at(FRAME.head(3)), pd.DataFrame)
    values = [one.value for one in EFFECT.by("x5")]
    assert [one.value for one in effect.by("x5")] == pytest.approx(values)


def test_every_verb_that_reads_a_frame_keeps_it() -> None:
    tmle = replace(TMLE(folds=2, repeats=1), outcome=Ridge(), propensity=LogisticRegression())
    for effect in (*compare(ANSWER, FRAME, by=[QUICK, tmle]), *every_arm(ANSWER, FRAME, 0, QUICK)):
        assert len(effect.by("x5")) == 2
    # A question about two worlds comes down to the same adjustment.
    asked = identify(GRAPH, parse_query("E[y(a=1) - y(a=0)]"))
    effect = estimate(asked, FRAME, by=QUICK, seed=5)
    assert effect.at(FRAME.head(2)).equals(EFFECT.at(FRAME.head(2)))


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="x11"):
        EFFECT.by("x11")
    with pytest.raises(DataError, match="x11"):
        EFFECT.given("x11")
    with pytest.raises(DataError, match="x1"):
        EFFECT.at(FRAME[["x2"]])
    with pytest.raises(EstimationError, match="level"):
        EFFECT.at(FRAME, level=95)


def test_effects_that_know_nobody_say_so() -> None:
    computed = (2.0 * EFFECT, EFFECT - EFFECT, -EFFECT, EFFECT.by("x5")[0])
    for effect in computed:
        for ask in (lambda e: e.at(FRAME), lambda e: e.by("x5"), lambda e: e.given("x1")):
            with pytest.raises(EstimationError, match="was computed from other effects"):
                ask(effect)
    task = Task.of(FRAME, Query("y", do="a"), DATA.adjustment)
    with pytest.raises(EstimationError, match="does not know its rows") as told:
        QUICK.fit(task, 1).by("x5")
    assert "by_group(effect, frame, column)" in str(told.value)
    with pytest.raises(EstimationError, match=r"conditional_effects\(effect, frame\)"):
        QUICK.fit(task, 1).at(FRAME)
    weighted = estimate(ANSWER, FRAME, by=EntropyBalancing())
    with pytest.raises(EstimationError, match=r"by entropy balancing.*\n.*AIPW"):
        weighted.at(FRAME)
    with pytest.raises(EstimationError, match="by entropy balancing"):
        weighted.by("x5")
    lottery = encouragement(400, seed=1)
    answer = identify(Graph(lottery.graph), Query("y", do="a"), assuming=Monotone("z", "a"))
    by = LATE(folds=2, repeats=1, outcome=Ridge(), treatment=Ridge(), instrument=0.5)
    with pytest.raises(EstimationError, match="conditional_late"):
        estimate(answer, lottery.frame, by=by).at(lottery.frame)


def test_estimating_does_not_load_the_learners_of_differences() -> None:
    code = (
        "import sys, causalsim.estimation.estimating;"
        "print([m for m in sys.modules if m.startswith('causalsim.estimation.heterogeneity')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
