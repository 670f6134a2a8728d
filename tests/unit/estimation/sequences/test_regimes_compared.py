"""Regimes compared: found where the truth is known, robust where they should be."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
import torch
from pyro.distributions import Normal, Uniform
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from causalsim.datasets.sequences import two_visits
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.sequences import SequenceError
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, OddsRatio, estimate
from causalsim.estimation.choosing import default_for
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.sequences import (
    LTMLE,
    MSM,
    SDR,
    Additive,
    Cumulative,
    DynamicDML,
    GEstimation,
    GFormula,
    Regime,
    Rule,
    learn_regime,
    when,
)
from causalsim.estimation.sequences.marginal import stabilised
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify
from causalsim.scm import Policy
from causalsim.scm.model import SCM

DATA = two_visits(4000, seed=3)
GRAPH = Graph(DATA.graph)
FREE = identify(GRAPH, Query("y", do=["a0", "a1"]))
BENT = make_pipeline(PolynomialFeatures(2), LinearRegression())
LOGISTIC = LogisticRegression(C=np.inf)
NOTHING, NOBODY = DummyRegressor(), DummyClassifier(strategy="prior")
FAST: dict[str, Any] = {"folds": 2, "repeats": 1, "outcome": BENT, "propensity": LOGISTIC}
EVERY = [
    LTMLE(**FAST),
    SDR(**FAST),
    SDR(**FAST, pooled=True),
    GFormula(),
    MSM(folds=2, propensity=LOGISTIC),
]


@pytest.mark.parametrize("by", EVERY, ids=lambda by: f"{by.name}")
def test_always_against_never_is_found(by: Any) -> None:
    effect = estimate(FREE, DATA.frame, by=by, seed=1)
    assert abs(effect.value - DATA.always_never) < 3 * effect.standard_error
    assert effect.standard_error < 0.2
    one = estimate(identify(GRAPH, Query("y", do={"a0": 1, "a1": 1})), DATA.frame, by=by, seed=1)
    assert abs(one.value - DATA.always) < 3 * one.standard_error
    assert one.estimand == "mean under a0 = 1, a1 = 1"


def test_adjusting_for_everything_at_once_is_wrong_here() -> None:
    """The reason for all this: the first treatment acts through what the second is decided by."""
    rows = np.column_stack([np.ones(4000), DATA.frame[["l0", "a0", "l1", "a1"]]])
    slopes = np.linalg.lstsq(rows, DATA.frame["y"], rcond=None)[0]
    assert abs(slopes[2] + slopes[4] - DATA.always_never) > 0.3


def test_a_contrast_in_words_is_the_same_question() -> None:
    asked = identify(GRAPH, parse_query("E[y(a0=1, a1=1) - y(a0=0, a1=0)]"))
    effect = estimate(asked, DATA.frame, by=LTMLE(**FAST), seed=1)
    assert effect.value == estimate(FREE, DATA.frame, by=LTMLE(**FAST), seed=1).value
    assert "a1 within {l0, a0, l1}" in effect.why
    assert "average effect of a0 = 1, a1 = 1 against a0 = 0, a1 = 0" in effect.why
    assert effect.to_dict()["estimator"] == "LTMLE"
    assert default_for(asked).name == "LTMLE"


@pytest.mark.parametrize("by", [LTMLE(**FAST), SDR(**FAST)], ids=["LTMLE", "SDR"])
@pytest.mark.parametrize("wrong", ["outcome", "propensity"])
def test_either_nuisance_may_be_wrong(by: Any, wrong: str) -> None:
    """Four thousand rows: the bias of the wrong one alone is many standard errors."""
    worse = replace(by, outcome=NOTHING) if wrong == "outcome" else replace(by, propensity=NOBODY)
    effect = estimate(FREE, DATA.frame, by=worse, seed=1)
    assert abs(effect.value - DATA.always_never) < 3.5 * effect.standard_error
    both = replace(by, outcome=NOTHING, propensity=NOBODY)
    spoilt = estimate(FREE, DATA.frame, by=both, seed=1)
    assert abs(spoilt.value - DATA.always_never) > 6 * spoilt.standard_error


MANY = two_visits(8000, seed=5).frame


class Stagewise:
    """Right at one stage, told by the number of columns, and ignorant at the other."""

    def __init__(self, right: Any, wrong: Any, columns: tuple[int, ...]) -> None:
        self.right, self.wrong, self.columns = right, wrong, columns

    def fit(self, matrix: Any, target: Any, weights: Any, seed: int) -> Any:
        known = matrix.shape[1] in self.columns
        from sklearn.base import clone

        model = clone(self.right if known else self.wrong).fit(matrix, target)
        guess = getattr(model, "predict_proba", None) or model.predict
        return lambda rows: np.asarray(guess(rows), dtype=float)


@pytest.mark.parametrize("first_right", ["outcome", "propensity"])
def test_one_nuisance_right_at_each_stage_is_enough(first_right: str) -> None:
    """Sequential double robustness: the right one may change from stage to stage."""
    # Columns: propensities see 1 then 3, regressions (with the action) 2 then 4.
    outcome = Stagewise(BENT, NOTHING, (2,) if first_right == "outcome" else (4,))
    propensity = Stagewise(LOGISTIC, NOBODY, (3,) if first_right == "outcome" else (1,))
    for kind in (SDR, LTMLE):
        by = kind(folds=2, repeats=1, outcome=outcome, propensity=propensity)
        effect = estimate(FREE, MANY, by=by, seed=1)
        assert abs(effect.value - DATA.always_never) < 3.5 * effect.standard_error


def hospital() -> SCM:
    """Two visits as equations, the second treatment a decision."""
    normal = Normal(torch.tensor(0.0).double(), 1.0)
    coin = Uniform(torch.tensor(0.0).double(), 1.0)
    return SCM.from_equations(
        {
            "l0": lambda u=normal: 1.0 * u,
            "a0": lambda l0, u=coin: u < torch.sigmoid(0.6 * l0),
            "l1": lambda l0, a0, u=normal: 0.5 * l0 + a0 + u,
            "a1": lambda l1, a0, u=coin: u < torch.sigmoid(0.3 + 0.6 * l1 - 0.4 * a0),
            "y": lambda l0, a0, l1, a1, u=normal: (
                l0 + 0.7 * l1 + a0 * (l0 - 1.5) + a1 * (0.5 + l1) + u
            ),
        }
    )


def test_the_model_and_the_data_give_the_same_answer() -> None:
    model = hospital()
    frame = model.sample(4000, seed=1)
    answer = identify(model.graph, Query("y", do={"a0": 1, "a1": 1}))
    effect = estimate(answer, frame, by=LTMLE(**FAST), seed=1)
    simulated = model.do(a0=1, a1=1).sample(40_000, seed=2)["y"]
    error = np.hypot(effect.standard_error, simulated.std() / 200)
    assert abs(effect.value - simulated.mean()) < 3 * error


def test_a_rule_is_a_policy_of_the_model() -> None:
    model = hospital()
    frame = model.sample(4000, seed=3)
    answer = identify(model.graph, Query("y", do=["a0", "a1"]))
    regime = Regime({"a0": when("l0", above=0.0), "a1": when("l1", above=-0.5)})
    simulated = model.do(a0=Policy(lambda l0: l0 > 0.0), a1=Policy(lambda l1: l1 > -0.5))
    truth = simulated.sample(40_000, seed=2)["y"]
    for by in (LTMLE(**FAST, regime=regime), GFormula(regime=regime)):
        effect = estimate(answer, frame, by=by, seed=1)
        error = np.hypot(effect.standard_error, truth.std() / 200)
        assert abs(effect.value - truth.mean()) < 3 * error
        assert "1 if l1 > -0.5 else 0" in effect.estimand


def test_a_rule_may_read_the_treatment_before() -> None:
    once = Rule("a0", lambda known: 1 - known["a0"], "1 - a0")
    switch = LTMLE(**FAST, regime=Regime({"a0": 1, "a1": once}))
    plain = identify(GRAPH, Query("y", do={"a0": 1, "a1": 0}))
    found = estimate(FREE, DATA.frame, by=switch, seed=1)
    expected = estimate(plain, DATA.frame, by=LTMLE(**FAST), seed=1)
    assert found.value == pytest.approx(expected.value, rel=1e-9)


def test_the_learnt_rule_is_nearly_the_best() -> None:
    learnt = learn_regime(FREE, DATA.frame, seed=1)
    fresh = two_visits(200_000, seed=9).frame
    first, second = (learnt.regime.step(name) for name in ("a0", "a1"))
    assert isinstance(first, Rule)
    assert isinstance(second, Rule)
    columns = {name: fresh[name].to_numpy() for name in ("l0", "a0", "l1")}
    agree = first.decide(columns) == (columns["l0"] > -0.028)
    assert agree.mean() > 0.9
    assert (second.decide(columns) == (columns["l1"] > -0.5)).mean() > 0.9
    other = two_visits(4000, seed=11)
    worth = estimate(FREE, other.frame, by=LTMLE(**FAST, regime=learnt.regime), seed=1)
    assert abs(worth.value - other.best) < 3 * worth.standard_error + 0.03
    assert "Q-learning" in learnt.why
    assert "<table>" in learnt._repr_html_()
    assert learnt.to_dict()["maximise"] is True
    least = learn_regime(FREE, DATA.frame, seed=1, maximise=False)
    assert least.expected < learnt.expected


def test_g_estimation_finds_blips() -> None:
    rng = np.random.default_rng(2)
    l0, u, noise = rng.normal(size=(3, 4000))
    a0 = (rng.random(4000) < 1 / (1 + np.exp(-l0))).astype(int)
    l1 = 0.5 * l0 + a0 + u
    a1 = (rng.random(4000) < 1 / (1 + np.exp(-l1))).astype(int)
    frame = pd.DataFrame({"l0": l0, "a0": a0, "l1": l1, "a1": a1})
    frame["y"] = np.exp(l0 / 2) + u + a0 * (1 + l0) + 2 * a1 + noise
    for by in (GEstimation("l0"), GEstimation("l0", augmented=False)):
        effect = estimate(FREE, frame, by=by, seed=1)
        assert abs(effect.value - 3.0) < 3 * effect.standard_error
        at = replace(by, at={"l0": 2.0})
        assert abs(estimate(FREE, frame, by=at, seed=1).value - 5.0) < 0.6
        mean = identify(GRAPH, Query("y", do={"a0": 0, "a1": 0}))
        untreated = estimate(mean, frame, by=by, seed=1)
        assert abs(untreated.value - np.exp(1 / 8)) < 3.5 * untreated.standard_error
    with pytest.raises(SequenceError, match="learnt after the first treatment"):
        estimate(FREE, frame, by=GEstimation("l1"), seed=1)


def constant_blips(rows: int, seed: int) -> pd.DataFrame:
    """The first treatment adds one and through the covariate one more, the second adds two."""
    rng = np.random.default_rng(seed)
    l0, u, noise = rng.normal(size=(3, rows))
    a0 = (rng.random(rows) < 1 / (1 + np.exp(-l0))).astype(int)
    l1 = 0.5 * l0 + a0 + u
    a1 = (rng.random(rows) < 1 / (1 + np.exp(-l1))).astype(int)
    frame = pd.DataFrame({"l0": l0, "a0": a0, "l1": l1, "a1": a1})
    return frame.assign(y=np.exp(l0 / 2) + l1 + a0 + 2 * a1 + noise)


def test_dynamic_residuals_are_those_of_econml() -> None:
    from econml.panel.dml import DynamicDML as Borrowed

    frame = constant_blips(2000, 5)
    effect = estimate(FREE, frame, by=DynamicDML(2, 1, BENT, LOGISTIC), seed=1)
    assert abs(effect.value - 4.0) < 3 * effect.standard_error
    long = {
        "Y": np.repeat(frame["y"].to_numpy(), 2),
        "T": frame[["a0", "a1"]].to_numpy(dtype=float).ravel(),
        "W": np.stack(
            [
                np.column_stack([frame["l0"], np.zeros((2000, 2))]),
                frame[["l0", "a0", "l1"]].to_numpy(dtype=float),
            ],
            axis=1,
        ).reshape(4000, 3),
        "groups": np.repeat(np.arange(2000), 2),
    }
    theirs = Borrowed(model_y=BENT, model_t=BENT, cv=2, random_state=1).fit(**long)
    value = float(np.sum(theirs.intercept_))
    assert abs(effect.value - value) < 0.5 * effect.standard_error
    parametric = estimate(FREE, frame, by=GEstimation(), seed=1)
    assert abs(effect.value - parametric.value) < effect.standard_error
    assert effect.standard_error == pytest.approx(parametric.standard_error, rel=0.15)


def test_dynamic_intervals_hold_means_too() -> None:
    answer = identify(GRAPH, Query("y", do={"a0": 1, "a1": 0}))
    truth = np.exp(1 / 8) + 2.0
    by = DynamicDML(2, 1, BENT, LOGISTIC)
    held = 0
    for seed in range(30):
        found = estimate(answer, constant_blips(400, seed), by=by, seed=seed)
        held += truth in found.interval()
    assert held >= 25  # 30 of 95 % give fewer in one of a hundred such tests


def test_g_estimation_gains_from_learning_the_treatments() -> None:
    """Without modifiers both forms solve the same equations, so their errors must agree."""
    frame = constant_blips(3000, 7)
    plain = estimate(FREE, frame, by=GEstimation(augmented=False), seed=1)
    augmented = estimate(FREE, frame, by=GEstimation(), seed=1)
    assert plain.value == pytest.approx(augmented.value, abs=0.02)
    assert plain.standard_error == pytest.approx(augmented.standard_error, rel=0.03)


@pytest.mark.parametrize("shape", [Additive(), Cumulative()], ids=["additive", "cumulative"])
def test_marginal_models_are_weighted_least_squares_with_robust_errors(shape: Any) -> None:
    rng = np.random.default_rng(4)
    l0 = rng.normal(size=6000)
    a0 = (rng.random(6000) < 1 / (1 + np.exp(-l0))).astype(int)
    l1 = l0 + rng.normal(size=6000)
    a1 = (rng.random(6000) < 1 / (1 + np.exp(-0.7 * l1))).astype(int)
    frame = pd.DataFrame({"l0": l0, "a0": a0, "l1": l1, "a1": a1})
    frame["y"] = l0 + l1 + a0 + a1 + rng.normal(size=6000)
    by = MSM(shape, folds=2, propensity=LOGISTIC)
    effect = estimate(FREE, frame, by=by, seed=1)
    assert abs(effect.value - 2.0) < 3 * effect.standard_error
    task = by.read(FREE, frame, Roles())
    weights = stabilised(task, 2, LOGISTIC, 1)
    assert weights.mean() == pytest.approx(1.0, abs=0.05)
    columns = [a0, a1] if isinstance(shape, Additive) else [a0 + a1]
    fitted = sm.WLS(frame["y"], sm.add_constant(np.column_stack(columns)), weights).fit(
        cov_type="HC0"
    )
    lever = np.array([0.0, 1.0, 1.0]) if isinstance(shape, Additive) else np.array([0.0, 2.0])
    tested = fitted.t_test(lever)
    assert effect.value == pytest.approx(tested.effect[0], rel=1e-9)
    assert effect.standard_error == pytest.approx(float(tested.sd[0, 0]), rel=1e-9)


@pytest.mark.parametrize("by", EVERY, ids=lambda by: f"{by.name}")
def test_dropping_out_is_a_treatment(by: Any) -> None:
    """The outcome of those who dropped out is never read, nor what they would have told later."""
    data = two_visits(4000, seed=6)
    rng = np.random.default_rng(6)
    gone = rng.random(4000) < 1 / (1 + np.exp(2.0 - data.frame["l0"] - data.frame["a0"]))
    frame = data.frame.assign(gone=gone.astype(int))
    frame.loc[gone, ["l1", "a1", "y"]] = np.nan
    graph = Graph(f"{data.graph}; {{l0 a0}} -> gone; gone -> {{l1 a1 y}}")
    answer = identify(graph, Query("y", do={"a0": 1, "gone": 0, "a1": 1}))
    effect = estimate(answer, frame, by=by, seed=1)
    assert abs(effect.value - data.always) < 3.5 * effect.standard_error
    naive = frame[(frame.a0 == 1) & (frame.a1 == 1)]["y"].mean()
    assert abs(naive - data.always) > 0.3
    forgotten = identify(GRAPH, Query("y", do={"a0": 1, "a1": 1}))
    with pytest.raises(SequenceError, match="is missing in"):
        estimate(forgotten, frame, by=by, seed=1)


@pytest.mark.parametrize(
    "by", [*EVERY, DynamicDML(2, 1, BENT, LOGISTIC)], ids=lambda by: f"{by.name}"
)
def test_weights_and_clusters(by: Any) -> None:
    small = two_visits(400, seed=8).frame.assign(w=np.tile([1.0, 3.0], 200), g=np.arange(400) // 4)
    weighted = estimate(FREE, small, by=by, seed=1, weights="w")
    plain = estimate(FREE, small, by=by, seed=1)
    assert weighted.value != pytest.approx(plain.value, rel=1e-3)
    clustered = estimate(FREE, small, by=by, seed=1, clusters="g")
    totals = np.bincount(small["g"], clustered.influence)
    expected = np.sqrt(100 / 99 * np.sum(totals**2)) / 400
    assert np.sqrt(clustered.standard_error**2 - clustered.spread) == pytest.approx(expected)


@pytest.mark.parametrize("by", [GFormula(), GEstimation()], ids=["g-formula", "g-estimation"])
def test_a_weight_of_three_is_three_equal_rows(by: Any) -> None:
    small = two_visits(300, seed=8).frame.assign(w=np.tile([1, 3, 2], 100), row=np.arange(300))
    weighted = estimate(FREE, small, by=by, seed=1, weights="w")
    copied = small.loc[small.index.repeat(small["w"])]
    repeated = estimate(FREE, copied, by=by, seed=1, clusters="row")
    assert weighted.value == pytest.approx(repeated.value, rel=1e-8)
    grown = np.sqrt(300 / 299)
    assert repeated.standard_error == pytest.approx(grown * weighted.standard_error, rel=1e-7)


def test_levels_with_names_in_any_frame() -> None:
    names = np.array(["none", "some"])
    frame = DATA.frame.assign(a0=names[DATA.frame["a0"]], a1=names[DATA.frame["a1"]])
    answer = identify(GRAPH, Query("y", do={"a0": "some", "a1": "some"}))
    by = GFormula()
    found = estimate(answer, pl.DataFrame(frame.to_dict("list")), by=by, seed=1)
    plain = identify(GRAPH, Query("y", do={"a0": 1, "a1": 1}))
    assert found.value == pytest.approx(estimate(plain, DATA.frame, by=by, seed=1).value)


def test_several_levels() -> None:
    rng = np.random.default_rng(5)
    l0 = rng.normal(size=3000)
    a0 = np.digitize(l0 + rng.logistic(size=3000), [-0.7, 0.7])
    l1 = l0 + a0 + rng.normal(size=3000)
    a1 = np.digitize(l1 - 1 + 2 * rng.logistic(size=3000), [-0.7, 0.7])
    frame = pd.DataFrame({"l0": l0, "a0": a0, "l1": l1, "a1": a1})
    frame["y"] = l0 + l1 + a1**2 + rng.normal(size=3000)
    with pytest.raises(EstimationError, match="has 3 levels"):
        estimate(FREE, frame, by=GFormula(), seed=1)
    for by in (GFormula(), LTMLE(**FAST), MSM(folds=2)):
        effect = estimate(FREE, frame, by=by, seed=1, arms=(0, 2))
        assert abs(effect.value - 6.0) < 3.5 * effect.standard_error


@pytest.mark.parametrize(
    ("frame", "by", "words"),
    [
        (DATA.frame.drop(columns="l1"), LTMLE(), "no column 'l1'"),
        (DATA.frame.assign(a1=1), LTMLE(), "one value only"),
        (DATA.frame.assign(a1=DATA.frame.a0), LTMLE(regime=Regime({"a0": 1, "a1": 0})), "Only 0"),
        (DATA.frame.assign(a1=DATA.frame.l1), LTMLE(), "different values"),
        (DATA.frame.assign(y=np.nan), GFormula(), "is missing in"),
        (DATA.frame.assign(y=np.inf), GFormula(), "infinities"),
        (DATA.frame.assign(y="good"), GFormula(), "y"),
        (DATA.frame, LTMLE(regime=Regime({"a0": 1})), "The regime sets a0"),
        (DATA.frame, LTMLE(regime=Regime({"a0": 1, "a1": 7})), "nobody in the frame"),
        (DATA.frame, LTMLE(regime=Regime({"a0": when("l1", above=0), "a1": 1})), "not known when"),
        (DATA.frame, LTMLE(regime=Regime({"a0": 1, "a1": when("l2", above=0)})), "l2"),
        (DATA.frame, MSM(Additive(), truncate=0.9, contrast=OddsRatio()), "odds ratio needs"),
        (DATA.frame.iloc[:0], LTMLE(), "no rows"),
    ],
)
def test_what_cannot_be_estimated_is_told(frame: pd.DataFrame, by: Any, words: str) -> None:
    with pytest.raises((EstimationError, DataError), match=words):
        estimate(FREE, frame, by=by, seed=1)


def test_settings_are_checked() -> None:
    with pytest.raises(SequenceError, match="neither a level nor a rule"):
        Regime({"a0": [1]})  # type: ignore[dict-item]
    with pytest.raises(EstimationError, match="clip"):
        LTMLE(clip=0.7)
    with pytest.raises(EstimationError, match="against"):
        LTMLE(against=Regime({"a0": 1}))
    with pytest.raises(EstimationError, match="order"):
        GFormula(order=0)
    with pytest.raises(EstimationError, match="above"):
        when("x")
    with pytest.raises(EstimationError, match="model"):
        MSM(model="additive")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="truncate"):
        MSM(truncate=0.2)
    half = identify(GRAPH, Query("y", do={"a0": 1}))
    assert not LTMLE().accepts(half)
    with pytest.raises(EstimationError, match="several treatments"):
        estimate(half, DATA.frame, by=LTMLE())
    hidden = identify(Graph("a0 -> l1 -> y; a0 <-> y; a1 -> y"), Query("y", do=["a0", "a1"]))
    with pytest.raises(EstimationError, match=r"several treatments|AIPW"):
        estimate(hidden, DATA.frame, by=AIPW())


def test_equal_seeds_give_equal_numbers_and_nothing_is_changed() -> None:
    small = two_visits(300, seed=2).frame
    before = small.copy()
    first, second = (estimate(FREE, small, by=LTMLE(folds=2, repeats=1), seed=4) for _ in range(2))
    assert first.value == second.value
    pd.testing.assert_frame_equal(small, before)


def test_four_visits() -> None:
    """Each treatment adds a half, and through later covariates 0.2, 0.4, 0.8: 3.4 in all."""
    rng, rows, arrows = np.random.default_rng(103), 3000, []
    columns: dict[str, Any] = {}
    state, taken, total = rng.normal(size=rows), np.zeros(rows), np.zeros(rows)
    hidden = rng.normal(size=rows)
    for k in range(4):
        state = 0.5 * state + 0.8 * taken + 0.7 * rng.normal(size=rows) + 0.3 * hidden
        taken = (rng.random(rows) < 1 / (1 + np.exp(0.2 - 0.5 * state))).astype(int)
        columns |= {f"l{k}": state, f"a{k}": taken}
        total = total + taken
        arrows += [(f"l{k}", f"a{k}"), (f"a{k}", "y"), (f"l{k}", "y")]
        if k:
            before = [f"l{k - 1}", f"a{k - 1}"]
            arrows += [(name, later) for name in before for later in (f"l{k}", f"a{k}")]
    frame = pd.DataFrame(columns).assign(y=state + total / 2 + hidden + rng.normal(size=rows))
    shared = [(f"l{k}", "y") for k in range(4)]
    shared += [(f"l{j}", f"l{k}") for k in range(4) for j in range(k)]
    answer = identify(Graph(arrows, bidirected=shared), Query("y", do=[f"a{k}" for k in range(4)]))
    quick: dict[str, Any] = {**FAST, "outcome": LinearRegression()}
    for by in (
        LTMLE(**quick),
        SDR(**quick, pooled=True),
        GFormula(order=1),
        MSM(folds=2, propensity=LOGISTIC),
        DynamicDML(2, 1, LinearRegression(), LOGISTIC),
        GEstimation(),
    ):
        effect = estimate(answer, frame, by=by, seed=1)
        assert abs(effect.value - 3.4) < 3 * effect.standard_error
        assert effect.standard_error < 0.3
