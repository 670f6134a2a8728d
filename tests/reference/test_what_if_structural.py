"""What If, chapters 12, 14 and 15: structural models, censoring weights and propensities."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from causaldata import nhefs
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from causalsim.estimand.contrasts import average_effect
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation import IPW, OddsRatio, Regression, Task, estimate
from causalsim.estimation.sequences import MSM, GEstimation
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

PRINTED = json.loads((Path(__file__).parent / "what_if.json").read_text())["programs"]
SQUARED = ("age", "wt71", "smokeintensity", "smokeyrs")
CATEGORIES = ("education", "exercise", "active")
PLAIN = ("sex", "race")


def everyone() -> pd.DataFrame:
    """All 1,629 people, whether their weight in 1982 is known (``gone`` is 0) or not."""
    raw = nhefs.load_pandas().data.rename(columns={"qsmk": "quit", "wt82_71": "gain"})
    people = raw[[*PLAIN, *SQUARED, *CATEGORIES, "quit", "death", "gain"]].copy()
    people = people.assign(**{f"{name}_2": people[name] ** 2 for name in SQUARED})
    for name in CATEGORIES:
        people[name] = people[name].astype(int).astype(str)
    return people.assign(gone=people["gain"].isna().astype(int))


PEOPLE = everyone()
SEEN = PEOPLE[PEOPLE["gone"] == 0]
COVARIATES = (*PLAIN, *SQUARED, *CATEGORIES, *(f"{name}_2" for name in SQUARED))


def graph(outcome: str, *treatments: str) -> Graph:
    """Every covariate leads to every treatment and to the outcome; treatments in their order."""
    chain = (*treatments, outcome)
    arrows = [(name, later) for name in COVARIATES for later in chain]
    arrows += [(first, later) for k, first in enumerate(chain) for later in chain[k + 1 :]]
    return Graph(arrows)


GAIN = identify(graph("gain", "quit"), average_effect("gain", "quit"))


def maximum_likelihood() -> Any:
    """A logistic regression without penalty, on columns of like size."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000))


def check(effect: Any, program: str, half: float) -> None:
    """The estimate to three digits, the ends within half of what is told."""
    value, low, high = PRINTED[program]["computed"]
    assert effect.value == pytest.approx(value, abs=0.0006)
    inside = effect.interval()
    assert (inside.low, inside.high) == pytest.approx((low, high), abs=half)


def test_program_12_3_stabilised_weights() -> None:
    effect = estimate(GAIN, SEEN, by=MSM(folds=1, propensity=maximum_likelihood()))
    check(effect, "12.3", 0.001)
    assert "mean 0.999, largest 4.3" in effect.why


def test_program_12_5_a_marginal_structural_logistic_model() -> None:
    answer = identify(graph("death", "quit"), Query("death", do="quit"))
    by = IPW(propensity=maximum_likelihood(), contrast=OddsRatio())
    check(estimate(answer, SEEN, by=by), "12.5", 0.0005)
    stabilised = MSM(folds=1, propensity=maximum_likelihood(), contrast=OddsRatio())
    check(estimate(answer, SEEN, by=stabilised), "12.5", 0.0005)


def test_program_12_7_weights_for_treatment_and_for_censoring() -> None:
    asked = parse_query("E[gain(quit=1, gone=0) - gain(quit=0, gone=0)]")
    answer = identify(graph("gain", "quit", "gone"), asked)
    effect = estimate(answer, PEOPLE, by=MSM(folds=1, propensity=maximum_likelihood()))
    assert effect.n == 1629
    check(effect, "12.7", 0.001)


def weighed() -> pd.DataFrame:
    """Those whose weight is known, weighted for those whose weight is not."""
    columns = pd.get_dummies(PEOPLE[[*COVARIATES]], columns=list(CATEGORIES), drop_first=True)
    columns = columns.astype(float).assign(quit=PEOPLE["quit"])
    stays = maximum_likelihood().fit(columns, PEOPLE["gone"]).predict_proba(columns)[:, 0]
    return SEEN.assign(w=1.0 / stays[PEOPLE["gone"] == 0])


def test_program_14_2_g_estimation() -> None:
    effect = estimate(GAIN, weighed(), by=GEstimation(augmented=False), weights="w")
    assert effect.value == pytest.approx(PRINTED["14.2"]["computed"][0], abs=0.0005)
    inside = effect.interval()
    assert (inside.low, inside.high) == pytest.approx(PRINTED["14.2"]["printed"][1:], abs=0.15)


def test_program_14_3_g_estimation_of_two_parameters() -> None:
    rows = weighed()
    at_none, at_one = (
        estimate(
            GAIN,
            rows,
            by=GEstimation("smokeintensity", {"smokeintensity": cigarettes}, augmented=False),
            weights="w",
        ).value
        for cigarettes in (0.0, 1.0)
    )
    assert at_none == pytest.approx(PRINTED["14.3"]["computed"][0], abs=0.0005)
    assert at_one - at_none == pytest.approx(PRINTED["14.3"]["slope"], abs=0.00005)


@pytest.mark.parametrize(("program", "deciles"), [("15.3a", False), ("15.3b", True)])
def test_program_15_3_the_propensity_as_a_covariate(program: str, deciles: bool) -> None:
    task = Task.of(PEOPLE, Query("death", do="quit"), COVARIATES)
    score = IPW(propensity=maximum_likelihood()).fit(task, seed=1).nuisances.propensity[:, 1]
    found = pd.qcut(score, 10, labels=False).astype(str) if deciles else score
    rows = PEOPLE.assign(score=found)[PEOPLE["gone"] == 0]
    effect = Regression(interactions=()).fit(Task.of(rows, Query("gain", do="quit"), ("score",)), 1)
    check(effect, program, 0.1)  # robust here, classical in the book
