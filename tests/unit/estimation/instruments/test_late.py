"""The effect among compliers: a ratio of two effects of the instrument."""

import math
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.datasets.instruments import encouragement
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.instruments import InstrumentError
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Plugin, estimate
from causalsim.estimation.crossfitting.learners import Logistic, Mean, Ridge
from causalsim.estimation.instruments import LATE, anderson_rubin
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Levels, Linear, Monotone
from causalsim.identification.strategy import identify

GRAPH = Graph("x1 -> z <- x2; x1 -> y <- x2; z -> a -> y; a <-> y")
ANSWER = identify(GRAPH, Query("y", do="a"), assuming=Monotone("z", "a"))
PLAIN = identify(Graph("z -> a -> y; a <-> y"), Query("y", do="a"), assuming=Monotone("z", "a"))
QUICK = LATE(folds=2, repeats=1, outcome=Ridge(), treatment=Ridge(), instrument=Logistic())
LOTTERY = LATE(folds=1, repeats=1, outcome=Mean(), treatment=Mean(), instrument=0.5)


def lottery(seed: int, rows: int = 600, share: float = 0.5) -> pd.DataFrame:
    """A fair lottery; the effect among compliers is 2, always-takers have more anyway."""
    rng = np.random.default_rng(seed)
    z = rng.permutation(np.arange(rows) % 2)
    kind = rng.random(rows)
    always = kind < (1 - share) / 2
    a = np.where(always, 1, np.where(kind < (1 + share) / 2, z, 0))
    return pd.DataFrame({"z": z, "a": a, "y": 2.0 * a + 3.0 * always + rng.normal(size=rows)})


def test_the_effect_among_compliers_is_found_where_the_others_differ() -> None:
    data = encouragement(1500, seed=1)
    found = estimate(ANSWER, data.frame, by=LATE(), seed=1)
    assert abs(found.value - data.late) < 3 * found.standard_error
    assert found.standard_error < 0.3
    naive = data.frame.groupby("a").y.mean().diff().iloc[-1]
    assert naive - data.late > 5 * found.standard_error
    assert "compliers" in found.estimand
    share = re.search(r"([\d.]+)% are compliers", str(found))
    assert share is not None
    assert float(share[1]) == pytest.approx(50, abs=6)


def test_intervals_hold_the_effect_as_often_as_they_say() -> None:
    found = []
    for seed in range(40):
        data = encouragement(800, seed=seed)
        found.append(estimate(ANSWER, data.frame, by=QUICK, seed=seed))
    values = np.array([one.value for one in found])
    assert abs(values.mean() - 2.5) < 4 * values.std() / math.sqrt(40)
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.35)
    # 40 studies of a true 95 % give 33 or more but once in 2,000.
    assert sum(2.5 in one.interval() for one in found) >= 33


def test_without_covariates_it_is_walds_ratio_and_the_plug_in() -> None:
    frame = lottery(1)
    found = estimate(PLAIN, frame, by=LOTTERY)
    by_z = frame.groupby("z").mean()
    wald = (by_z.y[1] - by_z.y[0]) / (by_z.a[1] - by_z.a[0])
    assert found.value == pytest.approx(wald, rel=1e-12)
    coarse = frame.assign(y=(frame.y > 1).astype(int))
    found = estimate(PLAIN, coarse, by=LOTTERY)
    plugged = estimate(PLAIN, coarse, by=Plugin())
    assert found.value == pytest.approx(plugged.value, rel=1e-6)
    assert found.standard_error == pytest.approx(plugged.standard_error, rel=1e-3)


@pytest.mark.parametrize("right", ["regressions", "propensity"])
def test_either_half_of_the_nuisances_is_enough(right: str) -> None:
    data = encouragement(20_000, seed=3)
    good = right == "regressions"
    by = LATE(
        folds=2,
        repeats=1,
        outcome=Ridge() if good else Mean(),
        treatment=Ridge() if good else Mean(),
        instrument=0.5 if good else None,
    )
    found = estimate(ANSWER, data.frame, by=by, seed=1)
    assert abs(found.value - 2.5) < 4 * found.standard_error
    neither = LATE(folds=2, repeats=1, outcome=Mean(), treatment=Mean(), instrument=0.5)
    wrong = estimate(ANSWER, data.frame, by=neither, seed=1)
    assert abs(wrong.value - 2.5) > 10 * found.standard_error


def test_one_sided_noncompliance_is_the_effect_on_the_treated() -> None:
    frame = lottery(5)
    frame["a"] = frame.a * frame.z
    found = estimate(PLAIN, frame, by=QUICK, seed=1)
    assert math.isfinite(found.value)
    assert 0 < found.standard_error < 1


def test_fiellers_set_holds_when_hardly_anybody_complies() -> None:
    held = endless = 0
    for seed in range(120):
        frame = lottery(seed, rows=151, share=0.08)
        found = estimate(PLAIN, frame, by=LOTTERY)
        region = anderson_rubin(found, frame)
        held += 2.0 in region
        far = any(math.isinf(end) for piece in region.pieces for end in piece)
        # An endless set means a first stage within 1.96 standard errors of zero: F below 3.8.
        assert not far or f"gives one that is: {region}" in str(found)
        endless += far
    # 95 % of 120, less four standard errors.
    assert held >= 104
    assert endless > 60


def test_a_strong_instruments_set_is_nearly_the_interval() -> None:
    frame = lottery(7, rows=5000, share=0.8)
    found = estimate(PLAIN, frame, by=LOTTERY)
    ((low, high),) = anderson_rubin(found, frame).pieces
    inside = found.interval()
    assert (low, high) == pytest.approx((inside.low, inside.high), abs=0.05 * inside.length)
    assert "weak" not in str(found)


def test_directions_levels_and_outcomes_at_a_value() -> None:
    frame = lottery(8).assign(b=lambda d: (d.y > 1).astype(int))
    up = estimate(PLAIN, frame, by=LOTTERY)
    graph = Graph("z -> a -> y; a <-> y")
    down = Monotone("z", "a", increasing=False)
    other = identify(graph, Query("y", do="a"), assuming=down)
    flipped = estimate(other, frame.assign(z=1 - frame.z), by=LOTTERY)
    assert flipped.value == pytest.approx(up.value, rel=1e-9)
    told = estimate(other, frame, by=LOTTERY)
    assert "contradicted" in str(told)
    words = Levels({"a": ["none", "drug"], "z": ["control", "offer"]})
    texts = frame.assign(
        a=frame.a.map({0: "none", 1: "drug"}), z=frame.z.map({0: "control", 1: "offer"})
    )
    question = parse_query("E[y(a=drug) - y(a=none) | a(z=offer)=drug, a(z=control)=none]")
    named = identify(graph, question, assuming=(Monotone("z", "a"), words))
    assert estimate(named, texts, by=LOTTERY).value == pytest.approx(up.value, rel=1e-9)
    graph = Graph("z -> a -> b; a <-> b")
    question = parse_query("P(b(a=1)=1 | a(z=1)=1, a(z=0)=0) - P(b(a=0)=1 | a(z=1)=1, a(z=0)=0)")
    risk = identify(graph, question, assuming=Monotone("z", "a"))
    assert LATE().accepts(risk)
    assert 0 < estimate(risk, frame, by=LOTTERY).value < 1


def test_weights_clusters_polars() -> None:
    frame = lottery(9).assign(w=1.0, g=lambda d: np.arange(len(d)) // 4)
    plain = estimate(PLAIN, frame, by=LOTTERY)
    same = estimate(PLAIN, pl.from_pandas(frame), by=LOTTERY, weights="w")
    assert same.value == pytest.approx(plain.value, rel=1e-12)
    # A row that weighs three times as much is three rows, and three alike are one cluster.
    times = np.where(frame.y > 1, 3, 1)
    thrice = frame.loc[np.repeat(frame.index, times)].assign(i=lambda d: d.index)
    once = estimate(PLAIN, frame.assign(w=times), by=LOTTERY, weights="w")
    again = estimate(PLAIN, thrice, by=LOTTERY, clusters="i")
    assert once.value == pytest.approx(again.value, rel=1e-9)
    assert once.standard_error == pytest.approx(again.standard_error, rel=0.01)
    twice = pd.concat([frame, frame], ignore_index=True).assign(i=list(range(600)) * 2)
    grouped = estimate(PLAIN, twice, by=LOTTERY, clusters="i")
    assert grouped.standard_error == pytest.approx(plain.standard_error, rel=0.01)
    assert anderson_rubin(grouped, twice).pieces[0] == pytest.approx(
        anderson_rubin(plain, frame).pieces[0], rel=0.01
    )


def test_what_it_takes_and_what_it_refuses() -> None:
    frame = lottery(10)
    assert not LATE().accepts(identify(GRAPH, Query("y", do="a"), assuming=Linear()))
    assert not LATE().accepts(identify(GRAPH, Query("y", do="z")))
    with pytest.raises(EstimationError, match="LATE needs compliers"):
        estimate(identify(GRAPH, Query("y", do="z")), frame, by=LATE())
    with pytest.raises(EstimationError, match=r"AIPW needs an adjustment set(.|\n)*by=LATE\(\)"):
        estimate(PLAIN, frame, by=AIPW())
    with pytest.raises(InstrumentError, match="two levels, 0, 1; 'a' has 3"):
        estimate(PLAIN, frame.assign(a=np.arange(600) % 3), by=LATE())
    with pytest.raises(InstrumentError, match="moves nobody's 'a'"):
        estimate(PLAIN, frame.assign(a=[0, 0, 1, 1] * 150, z=[0, 1] * 300), by=LOTTERY)
    with pytest.raises(EstimationError, match="one value only"):
        estimate(PLAIN, frame.assign(z=1), by=LATE())
    with pytest.raises(EstimationError, match="the question names them"):
        estimate(PLAIN, frame, by=LATE(), arms=(0, 1))
    with pytest.raises(DataError, match="'z'"):
        estimate(PLAIN, frame.rename(columns={"z": "zz"}), by=LATE())
    with pytest.raises(EstimationError, match="folds"):
        LATE(folds=0)
    with pytest.raises(EstimationError, match="learner of the propensity"):
        LATE(instrument=LinearRegression())
    holes = frame.assign(a=frame.a.where(frame.index > 3))
    with pytest.raises(DataError, match="missing"):
        estimate(PLAIN, holes, by=LATE())


def test_words_and_the_same_numbers_again() -> None:
    frame = encouragement(600, seed=2).frame
    by = LATE(folds=2, repeats=2, outcome=Ridge(), treatment=LogisticRegression())
    one, two = (estimate(ANSWER, frame, by=by, seed=4) for _ in range(2))
    assert one.value == two.value
    assert one.recipe.covariates == ("x1", "x2")
    assert "no answer to it" in one.why
    assert one.to_dict()["estimand"] == "average effect among compliers"
    with pytest.raises(EstimationError, match="does not hold"):
        anderson_rubin(one, frame.assign(y=frame.y + 1))


def test_it_is_the_default_for_compliers() -> None:
    frame = lottery(11)
    assert estimate(PLAIN, frame, seed=1).estimator == "LATE"
