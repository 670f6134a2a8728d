"""Any scikit-learn regressor as what a metalearner regresses with."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from causalsim.datasets.generators import uneven_effects
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Task
from causalsim.estimation.crossfitting import learners
from causalsim.estimation.crossfitting.learners import ScikitLearner
from causalsim.estimation.heterogeneity import (
    BCF,
    DRLearner,
    RLearner,
    SLearner,
    TLearner,
    XLearner,
    conditional_effects,
)
from causalsim.estimation.heterogeneity.metalearners import Materials, MetaLearner
from causalsim.estimation.reading.roles import Roles
from causalsim.seeds import seeded

Way = Callable[[Any], MetaLearner]
FINAL: tuple[Way, ...] = (DRLearner, RLearner, XLearner, TLearner)
BY_OUTCOME: tuple[Way, ...] = (SLearner, lambda one: TLearner(outcome=one))
NAMES = ("DR", "R", "X", "T", "S", "T by outcome")
EVERY = pytest.mark.parametrize("way", FINAL + BY_OUTCOME, ids=NAMES)
NEIGHBOURS = KNeighborsRegressor(n_neighbors=50)


def materials(weights: np.ndarray | None = None, rows: int = 1500) -> Materials:
    """What an oracle would know; the effect is x."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=rows)
    e = 1 / (1 + np.exp(-x))
    treated = rng.random(rows) < e
    y = 1 + treated * x + rng.normal(size=rows)
    share = np.ones(rows) if weights is None else weights
    return Materials(x[:, None], y, treated, e, np.ones(rows), 1 + x, share)


@EVERY
@pytest.mark.parametrize(
    "regressor",
    [
        make_pipeline(StandardScaler(), PolynomialFeatures(2), LinearRegression()),
        make_pipeline(StandardScaler(), make_pipeline(PolynomialFeatures(2), Ridge(alpha=0.1))),
        RandomForestRegressor(60, min_samples_leaf=40),
        GridSearchCV(
            RandomForestRegressor(20, random_state=1), {"min_samples_leaf": [40, 80]}, cv=2
        ),
    ],
    ids=["pipeline", "pipeline in a pipeline", "forest", "search"],
)
def test_any_regressor_finds_the_effect(way: Way, regressor: Any) -> None:
    made = materials()
    x = made.covariates[:, 0]
    found = way(regressor).learn(made, seeded(1))(made.covariates)
    middle = np.abs(x) < 1.5
    # The effects of these people have a standard deviation of 0.8.
    assert np.sqrt(np.mean((found - x)[middle] ** 2)) < 0.4
    again = way(regressor).learn(made, seeded(1))(made.covariates)
    assert (found == again).all()
    assert not hasattr(regressor, "n_features_in_")


@EVERY
def test_wrapped_by_hand_it_is_the_same(way: Way) -> None:
    assert way(LinearRegression()) != way(Ridge())
    line = LinearRegression()
    assert way(line) == way(ScikitLearner(line))


@EVERY
@pytest.mark.parametrize("piped", [False, True])
def test_weights_are_passed(way: Way, piped: bool) -> None:
    """A row that counts twice is a row that is there twice."""
    twice = np.arange(400) % 3 == 0
    plain = materials(rows=400)
    plain = replace(plain, high=plain.high + plain.covariates[:, 0] ** 2)  # no line fits it
    once = replace(plain, weights=1.0 + twice)
    repeated = plain.rows(np.repeat(np.arange(400), 1 + twice))
    line = make_pipeline(StandardScaler(with_std=False), LinearRegression())
    by = way(line if piped else LinearRegression())
    places = np.array([[-1.0], [0.5]])
    np.testing.assert_allclose(
        by.learn(once, seeded(1))(places), by.learn(repeated, seeded(1))(places), atol=0.002
    )
    unweighted = by.learn(plain, seeded(1))(places)
    assert np.abs(by.learn(once, seeded(1))(places) - unweighted).max() > 0.005


@pytest.mark.parametrize("by", [NEIGHBOURS, make_pipeline(StandardScaler(), NEIGHBOURS)])
def test_an_estimator_without_weights_serves_where_rows_count_alike(by: Any) -> None:
    made = materials()
    weighted = materials(np.linspace(0.5, 1.5, 1500))
    for way in (DRLearner, XLearner, TLearner, SLearner):
        found = way(by).learn(made, seeded(1))(np.array([[-1.0], [1.0]]))
        assert found == pytest.approx([-1.0, 1.0], abs=0.6)
        with pytest.raises(EstimationError, match=r"takes no sample_weight[\s\S]*Hint: use a"):
            way(by).learn(weighted, seeded(1))
    # Squared residuals of the treatment are weights too.
    with pytest.raises(EstimationError, match=r"KNeighborsRegressor.* takes no sample_weight"):
        RLearner(by).learn(made, seeded(1))


def test_an_average_by_an_estimator_without_weights_is_refused_alike() -> None:
    frame = uneven_effects(200, seed=1).frame.assign(w=lambda d: 1.0 + np.arange(len(d)) % 2)
    task = Task.of(frame, Query("y", do="a"), ("x1",), Roles(weights="w"))
    with pytest.raises(EstimationError, match="takes no sample_weight"):
        AIPW(folds=2, repeats=1, outcome=NEIGHBOURS).fit(task, seed=1)


class Stubborn(BaseEstimator):  # type: ignore[misc]
    """Will not."""

    def fit(self, matrix: Any, target: Any, sample_weight: Any = None) -> None:
        raise ValueError("I will not")

    def predict(self, matrix: Any) -> Any:
        return matrix


class Nowhere(Stubborn):
    """Predicts nothing."""

    def fit(self, matrix: Any, target: Any, sample_weight: Any = None) -> "Nowhere":
        return self

    def predict(self, matrix: Any) -> Any:
        return np.full(len(matrix), np.nan)


@EVERY
def test_what_goes_wrong_inside_is_told_with_its_name(way: Way) -> None:
    with pytest.raises(EstimationError, match=r"Stubborn\(\).* stopped: I will not"):
        way(Stubborn()).learn(materials(), seeded(1))
    with pytest.raises(EstimationError, match="missing or infinite"):
        way(Nowhere()).learn(materials(), seeded(1))(np.zeros((3, 1)))


class Alien:
    """Has the two methods of a regressor, with scikit-learn's arguments."""

    def fit(self, matrix: Any, target: Any) -> "Alien":
        return self

    def predict(self, matrix: Any) -> Any:
        return matrix


WRONG = (
    LinearRegression,
    learners.Ridge,
    StandardScaler(),
    KMeans(2),
    IsolationForest(),
    "forest",
    3,
    (LinearRegression(),),
    Alien(),
    learners.Pooled(LinearRegression()),
)


@pytest.mark.parametrize("way", (*FINAL, *BY_OUTCOME, lambda one: BCF(final=one)))
@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: str(one)[:30])
def test_anything_else_is_refused_when_it_is_typed(way: Way, wrong: Any) -> None:
    with pytest.raises(EstimationError, match=r"must have the methods fit and[\s\S]*Hint: pass a"):
        way(wrong)


@pytest.mark.parametrize("way", FINAL, ids=NAMES[:4])
def test_effects_are_no_classes(way: Way) -> None:
    with pytest.raises(EstimationError, match=r"predict of a regressor; found LogisticRegression"):
        way(LogisticRegression())
    with pytest.raises(EstimationError, match="of the effect must have"):
        way(None)


@pytest.mark.parametrize("way", BY_OUTCOME, ids=NAMES[4:])
def test_an_outcome_may_be_a_class(way: Way) -> None:
    rng = np.random.default_rng(2)
    rows = 4000
    treated = rng.random(rows) < 0.5
    y = (rng.random(rows) < np.where(treated, 0.7, 0.4)).astype(float)
    half, x = np.full(rows, 0.5), rng.normal(size=(rows, 1))
    made = Materials(x, y, treated, half, half, half, np.ones(rows))
    found = way(LogisticRegression()).learn(made, seeded(1))(np.zeros((1, 1)))
    # The standard error of a difference of shares is about 0.015.
    assert found == pytest.approx([0.3], abs=0.06)


def test_names_are_those_of_the_regressions() -> None:
    data = uneven_effects(300, seed=1)
    effect = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=0.5).fit(
        Task.of(data.frame, Query("y", do="a"), ("x1", "x2")), seed=1
    )
    line = make_pipeline(StandardScaler(), LinearRegression())
    found = conditional_effects(
        effect,
        data.frame,
        by=(DRLearner(LinearRegression()), DRLearner(line), TLearner(outcome=line), RLearner(line)),
        parts=2,
        seed=1,
    )
    assert [name for name, _ in found.shares] == [
        "DRLearner (LinearRegression)",
        "DRLearner (StandardScaler + LinearRegression)",
        "TLearner (StandardScaler + LinearRegression of the outcome)",
        "RLearner (StandardScaler + LinearRegression)",
    ]
    assert "ScikitLearner" not in found.why
    assert np.isfinite(found.at(data.frame.head(3)).effect).all()
