"""Balance by hand, violations that were planted, and effects that have no weights."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from causalsim.checks.balancing import balance
from causalsim.checks.overlapping import overlap
from causalsim.checks.weights import effective_size
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, Overlap, Regression, Task, Treated


def people(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    age = rng.integers(20, 80, rows).astype(float)
    sex = rng.choice(["f", "m"], rows)
    quit_ = (rng.random(rows) < 1 / (1 + np.exp(-(age - 50) / 15))).astype(int)
    return pd.DataFrame({"age": age, "sex": sex, "quit": quit_, "gain": rng.normal(quit_ + age)})


FRAME = people()
TASK = Task.of(FRAME, Query("gain", do="quit"), ("age", "sex"))
SATURATED = IPW(propensity=DecisionTreeClassifier(), clip=0.0)


def test_standardised_differences_by_hand() -> None:
    effect = IPW(propensity=LogisticRegression()).fit(TASK, seed=1)
    made = balance(effect, FRAME)
    high, low = FRAME[FRAME.quit == 1], FRAME[FRAME.quit == 0]
    scale = np.sqrt((high.age.var(ddof=0) + low.age.var(ddof=0)) / 2)
    age = next(row for row in made.rows if row.column == "age")
    assert age.before == pytest.approx((high.age.mean() - low.age.mean()) / scale)
    assert age.before > 0.5
    e = effect.nuisances.propensity[:, 1]
    means = [
        np.average(part.age, weights=1 / (e if level else 1 - e)[FRAME.quit == level])
        for level, part in ((0, low), (1, high))
    ]
    assert age.after == pytest.approx((means[1] - means[0]) / scale)
    assert made.sizes == (len(low), len(high))
    assert {row.column for row in made.rows} == {"age", "sex=m"}
    assert "effective sample sizes" in str(made)
    assert made.to_frame().shape == (2, 2)
    assert made.to_dict()["sizes"] == [len(low), len(high)]
    assert made._repr_html_().count("<tr>") == 3


@pytest.mark.parametrize("target", [Treated(), Overlap()])
def test_saturated_weights_balance_every_target_exactly(target: Any) -> None:
    frame = FRAME.assign(age=(FRAME.age // 15).astype(int))
    task = Task.of(frame, Query("gain", do="quit"), ("age", "sex"))
    effect = IPW(propensity=DecisionTreeClassifier(), target=target).fit(task, seed=1)
    made = balance(effect, frame)
    assert made.worst < 1e-10
    assert made.passed


def test_what_is_still_unbalanced_is_named() -> None:
    effect = IPW(propensity=0.5).fit(TASK, seed=1)
    made = balance(effect, FRAME)
    assert not made.passed
    assert "still unbalanced: age +" in str(made)


def test_a_planted_violation_is_found_and_named() -> None:
    frame = FRAME.copy()
    frame.loc[frame.age > 70, "quit"] = 1
    frame["sick"] = (np.arange(600) < 30).astype(int)
    frame.loc[frame.sick == 1, "quit"] = 0
    frame.loc[(frame.sick == 1) & (frame.age > 70), "age"] = 60.0
    task = Task.of(frame, Query("gain", do="quit"), ("age", "sex", "sick"))
    effect = AIPW(folds=2, repeats=1).fit(task, seed=1)
    found = overlap(effect, frame)
    said = [str(one) for one in found.violations]
    old = int(((frame.age > 70) & (frame.quit == 1)).sum())
    assert f"nobody with quit = 0 has age above 70 ({old} with quit = 1 do)" in said
    assert "nobody with quit = 1 has sick = 1 (30 with quit = 0 do)" in said
    assert found.violations[0].rows == max(one.rows for one in found.violations)
    assert "nobody with quit = 0" in str(found)
    assert found._repr_html_().startswith("<ul>")
    assert found.to_dict()["violations"] == said


def test_good_overlap_passes_and_poor_overlap_does_not() -> None:
    even = FRAME.assign(quit=np.tile([0, 1], 300))
    task = Task.of(even, Query("gain", do="quit"), ("age",))
    assert overlap(IPW().fit(task, seed=1), even).passed
    torn = FRAME.assign(quit=(FRAME.age + np.random.default_rng(1).normal(0, 3, 600) > 50) * 1)
    task = Task.of(torn, Query("gain", do="quit"), ("age",))
    report = overlap(IPW().fit(task, seed=1), torn)
    assert not report.passed
    assert report.rare > 100


def test_effective_sizes() -> None:
    assert effective_size(np.ones(7)) == pytest.approx(7.0)
    assert effective_size(np.array([1.0, 0.0])) == 1.0
    assert effective_size(np.zeros(3)) == 0.0


def test_polars_frames_are_read_alike() -> None:
    shared = pl.DataFrame(FRAME.to_dict("list"))
    effect = IPW().fit(TASK, seed=1)
    assert balance(effect, shared) == balance(effect, FRAME)
    assert overlap(effect, shared).to_dict() == overlap(effect, FRAME).to_dict()


@pytest.mark.parametrize("check", [balance, overlap])
def test_effects_without_weights_have_neither(check: Any) -> None:
    with pytest.raises(EstimationError, match=r"has none[\s\S]*Hint: estimate by AIPW"):
        check(Regression().fit(TASK, seed=1), FRAME)
    with pytest.raises(EstimationError, match="effect is expected"):
        check(3.4, FRAME)
    one = IPW().fit(Task.of(FRAME, Query("gain", do={"quit": 1}), ("age",)), seed=1)
    with pytest.raises(EstimationError, match="holds it at one"):
        check(one, FRAME)


def test_a_column_that_varies_only_between_the_arms_is_unbalanced() -> None:
    frame = FRAME.assign(other=1.0 - FRAME.quit)
    task = Task.of(frame, Query("gain", do="quit"), ("age", "other"))
    made = balance(IPW(propensity=0.5).fit(task, seed=1), frame)
    deviation = float(frame.other.std(ddof=0))
    assert made.to_frame().loc["other", "after"] == pytest.approx(-1.0 / deviation)
    assert not made.passed


def test_every_category_is_compared_whatever_its_name() -> None:
    places = np.random.default_rng(3).choice(["east", "mid", "west"], 600)
    tables = []
    for names in ({}, {"east": "zone"}):
        frame = FRAME.assign(place=pd.Series(places).replace(names))
        task = Task.of(frame, Query("gain", do="quit"), ("place",))
        found = balance(IPW(propensity=0.5).fit(task, seed=1), frame).to_frame()
        tables.append(found.rename(index=lambda name: name.replace("zone", "east")))
    assert set(tables[0].index) == {"place=east", "place=mid", "place=west"}
    pd.testing.assert_frame_equal(tables[0].sort_index(), tables[1].sort_index())


def test_weights_that_make_it_worse_are_said_to() -> None:
    even = FRAME.assign(quit=np.tile([0, 1], 300))
    task = Task.of(even, Query("gain", do="quit"), ("age",))
    wrong = DummyClassifier(strategy="stratified", random_state=0)
    made = balance(IPW(propensity=wrong, clip=0.1).fit(task, seed=1), even)
    assert "rises from" in str(made)


def test_a_violation_of_many_rows_fails_though_propensities_are_smooth() -> None:
    frame = FRAME.assign(quit=np.tile([0, 1], 300) * (FRAME.age < 65))
    task = Task.of(frame, Query("gain", do="quit"), ("age",))
    report = overlap(IPW(propensity=0.4).fit(task, seed=1), frame)
    assert report.rare == 0
    assert not report.passed
    assert "nobody with quit = 1 has age above 64" in str(report)
