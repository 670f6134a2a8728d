"""An effect carried over to another population: the truth, robustness, and the formula itself."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from causalsim.datasets.transport import young_study
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.transport import TransportError
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Ratio, estimate
from causalsim.estimation.transport import Transport, carried
from causalsim.graph.graph import Graph
from causalsim.identification.fusing.available import Available, Domain, Experiment
from causalsim.identification.strategy import identify

NAMES = ["age", "frailty"]
DATA = young_study(3000, seed=1)
GRAPH = Graph(DATA.graph)
TRIAL = Available(NAMES, domains=Domain("trial", NAMES, observational=False, experiments=["a"]))
STUDY = Available(NAMES, domains=Domain("study", NAMES))
QUERY = Query("y", do="a")
ANSWER = identify(GRAPH, QUERY, available=TRIAL)
BENT = make_pipeline(PolynomialFeatures(2), LinearRegression())
LOGISTIC = LogisticRegression(C=np.inf)
NOTHING, NOBODY = DummyRegressor(), DummyClassifier(strategy="prior")
FAST: dict[str, Any] = {
    "folds": 2,
    "repeats": 1,
    "outcome": BENT,
    "propensity": LOGISTIC,
    "selection": LOGISTIC,
}


@pytest.mark.parametrize("randomised", [True, False])
def test_the_effect_in_the_target_is_found(randomised: bool) -> None:
    data = young_study(3000, seed=2, randomised=randomised, target_rows=2000)
    answer = identify(GRAPH, QUERY, available=TRIAL if randomised else STUDY)
    assert carried(answer).randomised is randomised
    effect = estimate(answer, data.study, by=Transport(data.target, **FAST), seed=1)
    assert abs(effect.value - data.effect) < 3 * effect.standard_error
    assert effect.n == 5000
    here = estimate(identify(GRAPH, QUERY), data.study, by=AIPW(2, 1, BENT, LOGISTIC), seed=1)
    assert abs(here.value - data.effect_in_study) < 3 * here.standard_error
    assert abs(here.value - data.effect) > 4 * here.standard_error
    assert "3000 study rows and 2000 target rows" in effect.why
    assert "average effect in the target population" in effect.why


def test_the_default_learners_find_it_too() -> None:
    by = Transport(DATA.target, repeats=1, folds=2, propensity=0.5)
    effect = estimate(ANSWER, DATA.study, by=by, seed=1)
    assert abs(effect.value - DATA.effect) < 3 * effect.standard_error


def test_either_side_may_be_wrong() -> None:
    right = Transport(DATA.target, **FAST)
    for by in (replace(right, outcome=NOTHING), replace(right, selection=NOBODY)):
        effect = estimate(ANSWER, DATA.study, by=by, seed=1)
        assert abs(effect.value - DATA.effect) < 3 * effect.standard_error
    both = estimate(
        ANSWER, DATA.study, by=replace(right, outcome=NOTHING, selection=NOBODY), seed=1
    )
    assert abs(both.value - DATA.effect) > 5 * both.standard_error


def cells(seed: int, rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A study and a target with one covariate of three levels."""
    rng = np.random.default_rng(seed)
    z = rng.choice(["p", "q", "r"], rows, p=[0.6, 0.3, 0.1])
    a = (rng.random(rows) < np.where(z == "p", 0.3, 0.6)).astype(int)
    y = rng.normal(a * (z == "r") + a, 1.0)
    study = pd.DataFrame({"z": z, "a": a, "y": y, "w": rng.integers(1, 4, rows)})
    there = rng.choice(["p", "q", "r"], rows // 2, p=[0.2, 0.3, 0.5])
    return study, pd.DataFrame({"z": there, "w": rng.integers(1, 4, rows // 2)})


@pytest.mark.parametrize("weighted", [False, True])
def test_on_cells_it_is_the_transport_formula(weighted: bool) -> None:
    study, target = cells(3, 600)
    if not weighted:
        study, target = study.assign(w=1), target.assign(w=1)
    graph = Graph("z -> {a y}; a -> y")
    answer = identify(graph, QUERY, available=Available("z", domains=Domain("study", "z")))
    by = Transport(
        target,
        folds=1,
        outcome=DecisionTreeRegressor(),
        propensity=DecisionTreeClassifier(),
        selection=DecisionTreeClassifier(),
        clip=0.0,
    )
    effect = estimate(answer, study, by=by, seed=1, weights="w" if weighted else None)
    expected = 0.0
    for level, share in (target.groupby("z")["w"].sum() / target["w"].sum()).items():
        rows = study[study["z"] == level]
        one, none = (
            np.average(rows["y"][rows["a"] == a], weights=rows["w"][rows["a"] == a]) for a in (1, 0)
        )
        expected += share * (one - none)
    assert effect.value == pytest.approx(expected, rel=1e-9)
    # Two independent samples: the variance is the sum of two variances.
    inside = np.arange(effect.n) < len(study)
    parts = [np.sum(effect.influence[rows] ** 2) for rows in (inside, ~inside)]
    assert effect.standard_error == pytest.approx(np.sqrt(sum(parts)) / effect.n)
    assert abs(effect.influence[inside].sum()) < 1e-8
    assert abs(effect.influence[~inside].sum()) < 1e-8


def test_single_means_ratios_and_contrasts() -> None:
    by = Transport(DATA.target, **FAST)
    one, none = (
        estimate(
            identify(GRAPH, Query("y", do={"a": a}), available=TRIAL), DATA.study, by=by, seed=1
        )
        for a in (1, 0)
    )
    assert abs(none.value - 0.5) < 3 * none.standard_error  # E[age + frailty² / 2]
    plain = estimate(ANSWER, DATA.study, by=by, seed=1)
    assert (one - none).value == pytest.approx(plain.value)
    assert (one - none).standard_error == pytest.approx(plain.standard_error)
    asked = identify(GRAPH, parse_query("E[y(a=1) - y(a=0)]"), available=TRIAL)
    assert estimate(asked, DATA.study, by=by, seed=1).value == pytest.approx(plain.value)
    ratio = estimate(ANSWER, DATA.study, by=replace(by, contrast=Ratio()), seed=1)
    assert ratio.value == pytest.approx(one.value / none.value)
    other = estimate(ANSWER, DATA.study, by=Transport(DATA.target.iloc[::-1], **FAST), seed=1)
    with pytest.raises(EstimationError, match="different rows"):
        _ = plain - other


def test_selected_units_speak_for_everyone() -> None:
    data = young_study(3000, seed=5, randomised=False)
    graph = Graph(f"{data.graph}; {{age frailty}} -> chosen")
    answer = identify(graph, QUERY, available=Available(NAMES, selected="chosen"))
    effect = estimate(answer, data.study, by=Transport(data.target, **FAST), seed=1)
    assert abs(effect.value - data.effect) < 3 * effect.standard_error


def test_clusters() -> None:
    data = young_study(400, seed=5)
    study, target = data.study.assign(g=np.arange(400) // 4), data.target.assign(g="b")
    target["g"] = [f"t{number // 4}" for number in range(400)]
    effect = estimate(ANSWER, study, by=Transport(target, **FAST), seed=1, clusters="g")
    assert effect.clusters is not None
    assert effect.clusters.max() + 1 == 200


@pytest.mark.parametrize(
    ("text", "available", "covariates"),
    [
        # What differs acts through age alone, and severity is known in the study only.
        ("age -> {sev a y}; sev -> {a y}; a -> y",
         Available("age", domains=Domain("t", "age", observational=False, experiments=["a"])),
         ("age",)),
        # The same from observations: severity confounds there and is not known here.
        ("age -> {sev a y}; sev -> {a y}; a -> y", Available("age", domains=Domain("t", "age")),
         None),
        # What differs is moved by the treatment.
        ("a -> m -> y; a -> y",
         Available("m", domains=Domain("t", "m", observational=False, experiments=["a"])), None),
        # Nothing differs that matters: no covariates are needed.
        ("age -> a -> y", Available(observational=False, domains=Domain("t", "a",
         observational=False, experiments=["a"])), ()),
        # Another variable is set as well.
        ("age -> {a y}; a -> y; b -> y", Available("age", domains=Domain("t", "age",
         observational=False, experiments=[Experiment(["a", "b"])])), None),
    ],
)  # fmt: skip
def test_what_carries_an_effect_over(text: str, available: Available, covariates: Any) -> None:
    answer = identify(Graph(text), QUERY, available=available)
    if covariates is None:
        with pytest.raises(TransportError):
            carried(answer)
        assert not Transport(DATA.target).accepts(answer)
    else:
        assert carried(answer).covariates == covariates


def test_people_the_study_has_none_of_are_said() -> None:
    some = np.arange(len(DATA.target)) % 3 == 0
    far = DATA.target.assign(age=DATA.target["age"] + 6.0 * some)
    effect = estimate(ANSWER, DATA.study, by=Transport(far, **FAST), seed=1)
    assert "target rows are of a kind that the study has hardly any of" in str(effect)
    with pytest.raises(TransportError, match="by age, frailty: any number would be extrapolation"):
        estimate(ANSWER, DATA.study, by=Transport(far[some], **FAST), seed=1)


def test_a_large_target_is_no_lack_of_overlap() -> None:
    """Copies of the target leave the estimate where it is: rarity is not the size of a sample."""
    study, target = DATA.study.head(600), DATA.target.head(600)
    many = pd.concat([target] * 30, ignore_index=True)
    by = {**FAST, "selection": LogisticRegression(C=1e6)}
    one, other = (
        estimate(ANSWER, study, by=Transport(rows, **by), seed=1) for rows in (target, many)
    )
    assert not any("clipped" in note or "hardly" in note for note in other.notes)
    assert abs(one.value - other.value) < 0.3 * one.standard_error
    assert other.standard_error > 0.5 * one.standard_error


def test_a_target_of_a_few_rows_is_no_population() -> None:
    with pytest.raises(TransportError, match="The target has 1 row, too few"):
        estimate(ANSWER, DATA.study, by=Transport(DATA.target.head(1), **FAST), seed=1)


def test_bad_input_is_told() -> None:
    with pytest.raises(TransportError, match="frame of the target"):
        Transport(None)
    with pytest.raises(EstimationError, match="selection must be"):
        Transport(DATA.target, selection=0.5)
    with pytest.raises(DataError, match="no column 'frailty'"):
        estimate(ANSWER, DATA.study, by=Transport(DATA.target[["age"]]), seed=1)
    with pytest.raises(DataError, match="missing"):
        estimate(ANSWER, DATA.study, by=Transport(DATA.target.assign(age=np.nan)), seed=1)
    study, target = cells(1, 60)
    graph = Graph("z -> {a y}; a -> y")
    answer = identify(graph, QUERY, available=Available("z", domains=Domain("study", "z")))
    with pytest.raises(DataError, match="'z' is 'new'"):
        estimate(answer, study, by=Transport(target.assign(z="new")), seed=1)
    with pytest.raises(EstimationError, match="transport needs"):
        estimate(identify(GRAPH, QUERY), DATA.study, by=Transport(DATA.target), seed=1)
    few = DATA.study.assign(a=(np.arange(3000) < 2).astype(int))
    with pytest.raises(EstimationError, match="Only 2 rows"):
        estimate(ANSWER, few, by=Transport(DATA.target), seed=1)
