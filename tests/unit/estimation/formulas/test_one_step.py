"""The one-step correction: the derivatives of the formula, AIPW, and the truth of generators."""

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.datasets.hidden import napkin, two_treatments
from causalsim.datasets.mediators import (
    covariate_front_door,
    direct_and_indirect,
    hidden_confounding,
)
from causalsim.errors.estimation import EstimationError
from causalsim.errors.plugin import PluginError
from causalsim.estimand.contrasts import (
    controlled_direct_effect,
    effect_on_treated,
    natural_direct_effect,
)
from causalsim.estimand.events import Question
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Effect, Plugin, estimate
from causalsim.estimation.crossfitting.learners import Logistic, Ridge
from causalsim.estimation.mediators import DoublyRobustFrontDoor, MediatorCrossFit
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify
from tests.oracles.saturated import CellMeans, CellShares

FAST = Plugin(folds=2, outcome=Ridge(), propensity=Logistic())
EXACT = Plugin(folds=1, outcome=CellMeans(), propensity=CellShares())
FRONT = identify(Graph("a -> m -> y; a <-> y"), Query("y", do="a"))


def close(effect: Effect, truth: float, most: float) -> None:
    """Within three and a half standard errors, and these are small."""
    assert abs(effect.value - truth) < 3.5 * effect.standard_error
    assert effect.standard_error < most


def discrete(rows: int, seed: int) -> pd.DataFrame:
    """Binary variables from a model of none of the graphs, so that every factor matters."""
    rng = np.random.default_rng(seed)
    z, w = rng.integers(0, 2, (2, rows))
    x = (rng.random(rows) < 0.3 + 0.3 * z + 0.2 * w).astype(int)
    m = (rng.random(rows) < 0.2 + 0.3 * x + 0.2 * z + 0.1 * w).astype(int)
    y = 3.0 + m + 0.5 * x * m + 0.7 * z + 0.3 * w + rng.normal(size=rows)
    return pd.DataFrame({"z": z, "w": w, "x": x, "m": m, "y": y, "s": rng.random(rows) + 0.5})


@pytest.mark.parametrize(
    ("edges", "question"),
    [
        ("z -> x -> y; z -> y", Query("y", do="x")),
        ("z -> x -> y; z -> y", effect_on_treated("y", "x")),
        ("z -> x -> y; z -> y", parse_query("E[y(x=0) | x=1]")),
        ("x -> m -> y; x <-> y", Query("y", do="x")),
        ("x -> m -> y; x <-> y; z -> {x m y}", Query("y", do="x")),
        ("x -> m -> y; x <-> y; z -> {x m y}", parse_query("E[y(x=1) | z=1]")),
        ("z -> {x m y}; x -> m -> y; x -> y", natural_direct_effect("y", "x", "m")),
        ("x -> m -> z -> y; m <-> y", Query("y", do={"x": 1, "z": 0})),
    ],
    ids=[
        "back door",
        "treated",
        "their mean",
        "front door",
        "its covariate",
        "given",
        "direct",
        "two actions",
    ],
)
def test_it_is_the_derivative_of_the_formula(
    monkeypatch: pytest.MonkeyPatch, edges: str, question: Question
) -> None:
    frame, weights = discrete(1200, seed=2), "s"
    answer = identify(Graph(edges), question)
    exact = estimate(answer, frame, by=Plugin(), weights=weights, seed=1)
    monkeypatch.setattr("causalsim.estimation.estimators.plugin.countable", lambda *_: False)
    found = estimate(answer, frame, by=EXACT, weights=weights, seed=1)
    assert "one-step" in found.estimator
    # What is left are 4,000 draws in place of sums, and regressions on them.
    assert abs(found.value - exact.value) < 0.15 * exact.standard_error
    assert found.standard_error == pytest.approx(exact.standard_error, rel=0.05)
    assert np.corrcoef(found.influence, exact.influence)[0, 1] > 0.99


def test_a_back_door_is_aipw() -> None:
    data = nonlinear_confounding(3000, seed=2)
    answer = identify(Graph(data.graph), Query("y", do="a"))
    one = estimate(answer, data.frame, by=FAST, seed=1)
    two = estimate(
        answer,
        data.frame,
        by=AIPW(folds=2, repeats=1, outcome=Ridge(), propensity=Logistic()),
        seed=1,
    )
    gap = one - two
    assert abs(gap.value) < 3.5 * gap.standard_error
    assert np.corrcoef(one.influence, two.influence)[0, 1] > 0.9
    close(one, data.ate, 0.2)


def test_a_front_door_is_the_doubly_robust_one() -> None:
    data = hidden_confounding(2500, seed=2)
    one = estimate(FRONT, data.frame, by=FAST, seed=1)
    fit = MediatorCrossFit(2, 1, Ridge(), Ridge(), Logistic(), Logistic())
    two = estimate(FRONT, data.frame, by=DoublyRobustFrontDoor(fit), seed=1)
    assert abs(one.value - two.value) < 0.5 * two.standard_error
    assert np.corrcoef(one.influence, two.influence)[0, 1] > 0.9
    close(one, data.effect, 0.1)
    naive = data.frame.groupby("a").y.mean().diff().iloc[-1]
    assert naive not in one.interval()
    assert "one-step correction for every factor" in one.why


def test_a_front_door_with_covariates_and_two_mediators() -> None:
    data = covariate_front_door(2500, seed=2)
    answer = identify(Graph(data.graph), Query("y", do="a"))
    close(estimate(answer, data.frame, by=FAST, seed=1), data.effect, 0.15)


def test_the_napkin() -> None:
    data = napkin(2500, seed=5)
    answer = identify(Graph(data.graph), Query("y", do="x"))
    effect = estimate(answer, data.frame, by=FAST, seed=1)
    close(effect, data.truth, 0.2)
    naive = data.frame.groupby("x").y.mean().diff().iloc[-1]
    assert naive not in effect.interval()


def test_two_treatments_in_time() -> None:
    data = two_treatments(2500, seed=2)
    answer = identify(Graph(data.graph), Query("y", do={"a": 1, "c": 1}))
    effect = estimate(answer, data.frame, by=FAST, seed=1)
    close(effect, data.truth, 0.1)
    both = data.frame[(data.frame.a == 1) & (data.frame.c == 1)]
    assert both.y.mean() not in effect.interval()


def test_counterfactual_questions_on_continuous_columns() -> None:
    data = direct_and_indirect(2500, seed=2)
    graph = Graph(data.graph)
    direct = estimate(
        identify(graph, natural_direct_effect("y", "a", "m")), data.frame, by=FAST, seed=1
    )
    close(direct, data.direct, 0.1)
    back = nonlinear_confounding(2500, seed=3)
    treated = estimate(
        identify(Graph(back.graph), effect_on_treated("y", "a")), back.frame, by=FAST, seed=1
    )
    truth = float(back.effect[back.frame.a == 1].mean())
    close(treated, truth, 0.35)


def test_the_default_learners_and_repeats() -> None:
    data = hidden_confounding(600, seed=4)
    effect = estimate(FRONT, data.frame, by=Plugin(folds=2), seed=1)
    close(effect, data.effect, 0.25)
    assert "splines and boosting (2 folds)" in effect.why
    twice = Plugin(folds=2, repeats=2, outcome=Ridge(), propensity=Logistic())
    again = estimate(FRONT, data.frame, by=twice, seed=1)
    assert "(2 folds x 2)" in again.why
    assert again.value == estimate(FRONT, data.frame, by=twice, seed=1).value


def test_a_dose_is_smoothed_with_a_bootstrap() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=800)
    x = z + rng.normal(size=800)
    y = x + 0.5 * x**2 + z + rng.normal(size=800)
    frame = pd.DataFrame({"z": z, "x": x, "y": y})
    graph = Graph("z -> x -> y; z -> y")
    by = Plugin(bootstraps=50)
    one = estimate(identify(graph, Query("y", do={"x": 1.0})), frame, by=by, seed=1)
    close(one, 1.5, 0.2)
    assert "bootstrap" in str(one)
    pair = estimate(identify(graph, Query("y", do="x")), frame, by=by, arms=(0.0, 1.0), seed=1)
    close(pair, 1.5, 0.25)
    with pytest.raises(PluginError, match=r"(?s)many values.*arms="):
        estimate(identify(graph, Query("y", do="x")), frame, by=by)
    with pytest.raises(PluginError, match="beyond the values seen"):
        estimate(identify(graph, Query("y", do={"x": 100.0})), frame, by=by)
    cde = identify(
        Graph(direct_and_indirect(10, 1).graph), controlled_direct_effect("y", "a", {"m": 1.0})
    )
    held = estimate(cde, direct_and_indirect(800, seed=5).frame, by=by, seed=1)
    close(held, 1.0, 0.25)  # 0.5 + 0.5 m


def test_clusters_and_weights() -> None:
    frame = hidden_confounding(900, seed=6).frame
    once = estimate(FRONT, frame, by=FAST, seed=1)
    twice = pd.concat([frame, frame], ignore_index=True).assign(row=np.tile(np.arange(900), 2))
    again = estimate(FRONT, twice, by=FAST, clusters="row", seed=1)
    # Other folds are another draw of the learners' errors, within the standard error.
    assert abs(again.value - once.value) < once.standard_error
    assert again.standard_error == pytest.approx(once.standard_error, rel=0.1)
    copies = np.where(frame.m > 0.5, 2, 1)
    heavy = estimate(FRONT, frame.assign(w=copies), by=FAST, weights="w", seed=1)
    repeated = frame.loc[frame.index.repeat(copies)].assign(row=np.repeat(np.arange(900), copies))
    copied = estimate(FRONT, repeated, by=FAST, clusters="row", seed=1)
    assert abs(heavy.value - copied.value) < 0.5 * once.standard_error
    assert heavy.standard_error == pytest.approx(copied.standard_error, rel=0.15)
    assert abs(heavy.value - once.value) > 0.5 * once.standard_error


def test_names_and_polars_frames() -> None:
    data = covariate_front_door(1200, seed=7)
    frame = data.frame.assign(
        a=np.where(data.frame.a == 1, "yes", "no"), m2=np.where(data.frame.m2 == 1, "up", "down")
    )
    answer = identify(Graph(data.graph), Query("y", do="a"))
    named = estimate(
        answer, pl.DataFrame(frame.to_dict("list")), by=FAST, arms=("no", "yes"), seed=1
    )
    close(named, data.effect, 0.15)


def test_a_rotten_frame_is_refused() -> None:
    frame = hidden_confounding(300, seed=1).frame
    with pytest.raises(PluginError, match=r"missing in 'm' \(1 of 300\)"):
        estimate(FRONT, frame.assign(m=frame.m.where(frame.index > 0)), by=FAST)
    with pytest.raises(EstimationError, match="one value only"):
        estimate(FRONT, frame.assign(a=1), by=FAST)
    with pytest.raises(PluginError, match=r"(?s)Rows are found for only about .*P\(y . a, m\)"):
        estimate(FRONT, frame.assign(m=frame.m + 100 * frame.a), by=FAST)
    apart = estimate(FRONT, frame.assign(m=frame.m + 1.2 * frame.a), by=FAST)
    assert any("extrapolates" in note for note in apart.notes)
    by = replace(FAST, folds=3)
    with pytest.raises(EstimationError, match="2 clusters cannot be divided into 3 folds"):
        estimate(FRONT, frame.assign(g=frame.index % 2), by=by, clusters="g")
    rare = frame.assign(a=np.where(frame.index < 4, 1, 0))
    with pytest.raises(PluginError, match="rows have a = 1"):
        estimate(FRONT, rare, by=FAST)
    with pytest.raises(PluginError, match=r"(?s)exactly 0.5.*range"):
        estimate(identify(FRONT.graph, Query({"y": 0.5}, do={"a": 1})), frame, by=FAST)
    for setting in ({"folds": 0}, {"repeats": 0}, {"bootstraps": 3}):
        with pytest.raises(EstimationError, match=next(iter(setting))):
            Plugin(**setting)
    with pytest.raises(EstimationError, match="outcome"):
        Plugin(outcome=3)
