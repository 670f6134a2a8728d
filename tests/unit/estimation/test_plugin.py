"""Any formula on the proportions of the rows: right value, right interval, right refusals."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim.errors.estimation import EstimationError
from causalsim.errors.plugin import PluginError
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.expression import fix
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Plugin, Regression, estimate
from causalsim.graph.graph import Graph
from causalsim.identification.answer import FrontDoor
from causalsim.identification.strategy import identify

FRONT = identify(Graph("s -> t -> c; s <-> c"), Query("c", do="s"))
NAPKIN = identify(Graph("w -> r -> x -> y; w <-> x; w <-> y"), Query("y", do="x"))


def smoking(rows: int, seed: int) -> pd.DataFrame:
    """Front door: the effect of s on c is 0.5 x 0.5 = 0.25."""
    u, v, w, q = np.random.default_rng(seed).random((4, rows))
    s = (v < 0.2 + 0.6 * (u > 0.5)).astype(int)
    t = (w < 0.1 + 0.5 * s).astype(int)
    return pd.DataFrame({"s": s, "t": t, "c": (q < 0.1 + 0.5 * t + 0.2 * (u > 0.5)).astype(int)})


def test_front_door_by_hand() -> None:
    frame = smoking(500, seed=2)
    assert isinstance(FRONT, FrontDoor)
    share = frame.s.value_counts(normalize=True)

    def risk(s: int) -> float:
        found = 0.0
        for t in (0, 1):
            inner = sum(
                frame[(frame.s == other) & (frame.t == t)].c.mean() * share[other]
                for other in (0, 1)
            )
            found += (frame[frame.s == s].t == t).mean() * inner
        return found

    effect = estimate(FRONT, frame, by=Plugin(), seed=1)
    assert effect.value == pytest.approx(risk(1) - risk(0), rel=1e-12)
    assert "front-door criterion" in effect.why


@pytest.mark.parametrize("level", [0, 1])
def test_any_formula_is_what_evaluate_gives(level: int) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.integers(0, 2, (600, 4)), columns=["w", "r", "x", "y"])
    joint = np.zeros((2, 2, 2, 2))
    np.add.at(joint, tuple(frame.to_numpy().T), 1 / 600)
    table = Table.of(["w", "r", "x", "y"], joint)
    assert NAPKIN.formula is not None
    free = evaluate(fix(NAPKIN.formula, {"x": level, "y": 1}), table)
    # The napkin's formula holds at every level of r; its values there are averaged.
    assert free.axes == ("r",)
    found = free.values @ joint.sum(axis=(0, 2, 3))
    query = Query({"y": 1}, do={"x": level})
    effect = estimate(identify(NAPKIN.graph, query), frame, by=Plugin(), seed=1)
    assert effect.value == pytest.approx(found, rel=1e-10)


def test_with_few_cells_it_is_the_saturated_regression() -> None:
    rng = np.random.default_rng(6)
    z = rng.integers(0, 3, 900)
    a = (rng.random(900) < 0.2 + 0.2 * z).astype(int)
    y = rng.normal(size=900) + z * (1 + a)
    frame = pd.DataFrame({"z": [f"z{level}" for level in z], "a": a, "y": y})
    answer = identify(Graph("a <- z -> y; a -> y"), Query("y", do="a"))
    one = estimate(answer, frame, by=Plugin(), seed=1)
    two = estimate(answer, frame, by=Regression(), seed=1)
    assert one.value == pytest.approx(two.value, rel=1e-9)
    assert one.standard_error == pytest.approx(two.standard_error, rel=1e-4)


def test_intervals_are_those_of_repeated_studies() -> None:
    found = [estimate(FRONT, smoking(1000, seed), by=Plugin(), seed=1) for seed in range(150)]
    values = np.array([one.value for one in found])
    errors = np.mean([one.standard_error for one in found])
    assert abs(values.mean() - 0.25) < 4 * values.std() / 150**0.5
    assert errors == pytest.approx(values.std(), rel=0.24)
    covered = np.mean([0.25 in one.interval() for one in found])
    # 150 studies of a true 95 % lie within four standard errors, 7 points.
    assert 0.88 <= covered <= 1.0


def test_a_bootstrap_agrees_with_the_derivatives(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = smoking(1000, seed=3)
    exact = estimate(FRONT, frame, by=Plugin(), seed=1)
    monkeypatch.setattr("causalsim.estimation.estimators.plugin._MOST_DERIVATIVES", 0)
    drawn = estimate(FRONT, frame, by=Plugin(bootstraps=400), seed=1)
    assert drawn.value == exact.value
    assert drawn.standard_error == pytest.approx(exact.standard_error, rel=0.15)


def test_counterfactual_questions() -> None:
    rng = np.random.default_rng(5)
    u = rng.random(4000)
    x = (rng.random(4000) < 0.5).astype(int)
    frame = pd.DataFrame({"x": x, "y": (u < 0.3 + 0.4 * x).astype(int)})
    answer = identify(Graph("x -> y"), parse_query("P(y(x=0)=1 | x=1)"))
    effect = estimate(answer, frame, by=Plugin(), seed=1)
    assert effect.value == pytest.approx(frame[frame.x == 0].y.mean(), rel=1e-12)
    assert abs(effect.value - 0.3) < 4 * effect.standard_error
    treated = identify(Graph("z -> x -> y <- z"), parse_query("E[y(x=1) - y(x=0) | x=1]"))
    z = (rng.random(4000) < 0.5).astype(int)
    x = (rng.random(4000) < 0.2 + 0.5 * z).astype(int)
    y = (rng.random(4000) < 0.1 + 0.2 * z + 0.3 * x * z + 0.1 * x).astype(int)
    found = estimate(treated, pd.DataFrame({"z": z, "x": x, "y": y}), by=Plugin(), seed=1)
    truth = 0.1 + 0.3 * 0.7 / (0.7 + 0.2)
    assert abs(found.value - truth) < 4 * found.standard_error


def test_weights_and_clusters() -> None:
    frame = smoking(300, seed=8)
    twice = pd.concat([frame, frame], ignore_index=True).assign(row=np.tile(np.arange(300), 2))
    once = estimate(FRONT, frame, by=Plugin(), seed=1)
    again = estimate(FRONT, twice, by=Plugin(), clusters="row", seed=1)
    assert again.value == pytest.approx(once.value, rel=1e-12)
    correction = (300 / 299) ** 0.5
    assert again.standard_error == pytest.approx(once.standard_error * correction, rel=1e-6)
    heavy = frame.assign(w=np.where(frame.c == 1, 3.0, 1.0))
    copied = frame.loc[frame.index.repeat(np.where(frame.c == 1, 3, 1))]
    weighted = estimate(FRONT, heavy, by=Plugin(), weights="w", seed=1)
    repeated = estimate(FRONT, copied, by=Plugin(), seed=1)
    assert weighted.value == pytest.approx(repeated.value, rel=1e-12)


def test_polars_and_several_arms() -> None:
    rng = np.random.default_rng(1)
    z = rng.integers(0, 2, 600)
    dose = rng.choice(["full", "half", "none"], 600)
    y = z + np.where(dose == "full", 2.0, 0.0) + rng.normal(size=600)
    answer = identify(Graph("z -> y <- dose; z -> dose"), Query("y", do="dose"))
    frame = pl.DataFrame({"z": z, "dose": dose, "y": y})
    found = estimate(answer, frame, by=Plugin(), arms=("none", "full"), seed=1)
    assert abs(found.value - 2.0) < 4 * found.standard_error
    with pytest.raises(EstimationError, match="3 levels"):
        estimate(answer, frame, by=Plugin())


def test_a_rotten_frame_is_refused() -> None:
    frame = smoking(200, seed=1)
    with pytest.raises(PluginError, match=r"missing in 't' \(1 of 200\)"):
        estimate(FRONT, frame.assign(t=frame.t.where(frame.index > 0)), by=Plugin())
    with pytest.raises(PluginError, match="no row"):
        estimate(FRONT, frame.assign(t=frame.s), by=Plugin())
    with pytest.raises(EstimationError, match="one value only"):
        estimate(FRONT, frame.assign(s=1), by=Plugin())


def test_what_is_not_identified_is_refused_and_aipw_points_here() -> None:
    frame = smoking(200, seed=1)
    bow = identify(Graph("s -> c; s <-> c; t"), Query("c", do="s"))
    with pytest.raises(EstimationError, match="not identified"):
        estimate(bow, frame, by=Plugin())
    with pytest.raises(EstimationError, match=r"front door \{t\}[\s\S]*by=Plugin"):
        estimate(FRONT, frame, by=AIPW())


def test_a_question_that_is_a_table_says_what_to_hold() -> None:
    frame = smoking(200, seed=1)
    answer = identify(Graph("s -> c <- t"), Query("c", do="s", given="t"))
    with pytest.raises(PluginError, match="every level of s, t"):
        estimate(answer, frame, by=Plugin())


def test_a_mediator_that_never_varies_is_no_evidence_of_no_effect() -> None:
    frame = smoking(300, seed=2).assign(t=1)
    with pytest.raises(PluginError, match="without any error, which is no evidence"):
        estimate(FRONT, frame, by=Plugin())
