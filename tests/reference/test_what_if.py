"""The printed numbers of What If, chapters 12, 13, 15 and 16, from the study's own rows."""

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

from causalsim import Graph, Query, datasets, estimate, identify
from causalsim.estimation import AIPW, IPW, Regression, Task
from causalsim.estimation.estimators import Covariances
from causalsim.estimation.instruments import TwoStage, anderson_rubin
from causalsim.identification.assuming import Linear

PRINTED = json.loads((Path(__file__).parent / "what_if.json").read_text())["programs"]
SQUARED = ("age", "wt71", "smokeintensity", "smokeyrs")
CATEGORIES = ("education", "exercise", "active")


def book_frame() -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The columns of the book's models: linear and squared terms, categories as indicators."""
    people = datasets.quit_smoking()
    people = people.assign(**{f"{name}^2": people[name] ** 2 for name in SQUARED})
    people = people.astype(dict.fromkeys(CATEGORIES, "str"))
    return people, tuple(name for name in people.columns if name not in ("quit", "weight_gain"))


FRAME, COVARIATES = book_frame()
TASK = Task.of(FRAME, Query("weight_gain", do="quit"), COVARIATES)


def maximum_likelihood() -> Any:
    """A logistic regression without penalty, on columns of like size."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000))


def check(effect: Any, program: str, digits: int, half: float) -> None:
    """The estimate to so many digits, the ends within a share of the last printed one."""
    value, low, high = PRINTED[program]["computed"]
    assert effect.value == pytest.approx(value, abs=0.5 * 10**-digits)
    ends = (low, high) if low is not None else PRINTED[program]["printed"][1:]
    inside = effect.interval()
    assert (inside.low, inside.high) == pytest.approx(ends, abs=half)


def test_program_12_1_the_unadjusted_difference() -> None:
    effect = IPW(propensity=0.5).fit(Task.of(FRAME, Query("weight_gain", do="quit"), ()), seed=1)
    check(effect, "12.1", 3, 0.12)  # the book's interval assumes equal variances


def test_program_12_2_inverse_probability_weighting() -> None:
    effect = IPW(propensity=maximum_likelihood()).fit(TASK, seed=1)
    check(effect, "12.2", 3, 0.002)
    weights = 1 / effect.nuisances.propensity[np.arange(TASK.height), TASK.arm]
    assert weights.mean() == pytest.approx(1.996, abs=0.0005)  # the book prints 2.00
    assert weights.max() == pytest.approx(16.70, abs=0.005)


def test_program_13_3_standardisation() -> None:
    effect = Regression(interactions=("smokeintensity",)).fit(TASK, seed=1)
    check(effect, "13.3", 3, 0.1)  # the book's interval is a bootstrap, printed to one digit


def test_program_15_1_outcome_regression() -> None:
    effect = Regression(interactions=()).fit(TASK, seed=1)
    check(effect, "15.1a", 3, 0.1)  # robust here, classical in the book


def test_program_15_1_the_product_with_cigarettes() -> None:
    arrows = [(name, later) for name in COVARIATES for later in ("quit", "weight_gain")]
    answer = identify(Graph([*arrows, ("quit", "weight_gain")]), Query("weight_gain", do="quit"))
    effect = estimate(answer, FRAME, by=Regression(interactions=("smokeintensity",)))
    # Its square stays behind, which is right: only the product differs between the arms.
    found = effect.at(FRAME.head(2).assign(smokeintensity=[5, 40]))
    for place, program in enumerate(("15.1b at 5", "15.1b at 40")):
        value, low, high = PRINTED[program]["computed"]
        assert found.effect.iloc[place] == pytest.approx(value, abs=0.0005)
        # Robust here, classical in the book, and the spread differs more among heavy smokers.
        ends = (found.low.iloc[place], found.high.iloc[place])
        assert ends == pytest.approx((low, high), abs=0.015 if place == 0 else 0.4)


@pytest.mark.parametrize("cut", ["1.5", "1.6", "1.7", "1.8", "1.9"])
def test_program_16_4_cutting_the_price_elsewhere(cut: str) -> None:
    people = nhefs.load_pandas().data.dropna(subset=["wt82", "price82"])
    people = people.assign(dear=(people.price82 > float(cut)).astype(int))
    graph = Graph("dear -> qsmk -> wt82_71; qsmk <-> wt82_71")
    answer = identify(graph, Query("wt82_71", do="qsmk"), assuming=Linear())
    effects = [estimate(answer, people, by=by) for by in (TwoStage(), Covariances())]
    for effect in effects:
        assert effect.n == 1476
        assert effect.value == pytest.approx(PRINTED["16.4"]["computed"][cut], abs=0.0005)
        assert effect.value == pytest.approx(PRINTED["16.4"]["printed"][cut], abs=0.05)
        # The book warns that these mean nothing; here every one of them says so itself.
        assert effect.notes[0].startswith("weak instrument")
        assert str(anderson_rubin(effect, people)) == "every value: the instrument says nothing"


def test_the_default_aipw_on_the_same_columns_is_between_them() -> None:
    effect = AIPW(repeats=1).fit(TASK, seed=1)
    assert 3.2 < effect.value < 3.7
