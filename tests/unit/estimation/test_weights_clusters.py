"""Sampling weights count rows as often as they say; clusters count once."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from causalsim.checks import PlaceboTreatment, RandomCommonCause
from causalsim.checks.balancing import balance
from causalsim.checks.refuting import refute
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, Overlap, Regression, Task, Treated
from causalsim.estimation.comparison import compare
from causalsim.estimation.crossfitting.folds import dealt, one_fold_arms
from causalsim.estimation.estimating import estimate
from causalsim.estimation.reading.roles import Roles
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

QUERY = Query("y", do="a")
PLAIN: dict[str, Any] = {"outcome": LinearRegression(), "propensity": LogisticRegression()}
SATURATED: dict[str, Any] = {"folds": 1, "propensity": DecisionTreeClassifier(), "clip": 0.0}


def people() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x = rng.choice(["a", "b", "c"], 240)
    a = (rng.random(240) < np.select([x == "a", x == "b"], [0.3, 0.5], 0.7)).astype(int)
    y = rng.normal(a * (1 + (x == "c")) + (x == "b"))
    times = rng.integers(1, 4, 240)
    return pd.DataFrame({"x": x, "a": a, "y": y, "w": times, "g": np.repeat(np.arange(60), 4)})


FRAME = people()


@pytest.mark.parametrize(
    "estimator",
    [
        AIPW(**SATURATED, outcome=LinearRegression()),
        AIPW(**SATURATED, outcome=LinearRegression(), target=Treated()),
        AIPW(**SATURATED, outcome=LinearRegression(), target=Overlap()),
        IPW(**SATURATED),
        Regression(),
        Regression(target=Treated()),
        Regression(interactions=()),
    ],
    ids=["AIPW", "AIPW treated", "AIPW overlap", "IPW", "regression", "treated", "no products"],
)
def test_a_weight_of_three_is_three_equal_rows_in_one_cluster(estimator: Any) -> None:
    frame = FRAME.assign(row=np.arange(240))
    weighted = estimator.fit(Task.of(frame, QUERY, ("x",), Roles(weights="w")), seed=1)
    copied = frame.loc[frame.index.repeat(frame["w"])]
    repeated = estimator.fit(Task.of(copied, QUERY, ("x",), Roles(clusters="row")), seed=1)
    assert weighted.value == pytest.approx(repeated.value, rel=1e-9)
    grown = np.sqrt(240 / 239)  # the correction for a finite number of clusters
    assert repeated.standard_error == pytest.approx(grown * weighted.standard_error, rel=1e-9)
    plain = estimator.fit(Task.of(frame, QUERY, ("x",)), seed=1)
    assert plain.value != pytest.approx(weighted.value, rel=1e-3)


def test_clustered_errors_are_those_of_statsmodels() -> None:
    effect = Regression(interactions=()).fit(
        Task.of(FRAME, QUERY, ("w",), Roles(clusters="g")), seed=1
    )
    rows = sm.add_constant(FRAME[["a", "w"]].astype(float))
    fitted = sm.OLS(FRAME["y"], rows).fit(
        cov_type="cluster", cov_kwds={"groups": FRAME["g"], "use_correction": False}
    )
    assert effect.value == pytest.approx(fitted.params["a"], rel=1e-10)
    grown = np.sqrt(60 / 59)
    assert effect.standard_error == pytest.approx(grown * fitted.bse["a"], rel=1e-8)


def test_folds_keep_clusters_whole_and_learners_see_the_weights() -> None:
    task = Task.of(FRAME, QUERY, ("x",), Roles(weights="w", clusters="g"))
    made = AIPW(folds=3, repeats=2).crossfit.fit(task, seed=1)
    for split in made.splits:
        assert all(len(set(split.folds[FRAME["g"] == g])) == 1 for g in range(60))
    without = AIPW(folds=3, repeats=2).crossfit.fit(
        Task.of(FRAME, QUERY, ("x",), Roles(clusters="g")), 1
    )
    assert np.array_equal(made.splits[0].folds, without.splits[0].folds)
    assert not np.allclose(made.outcome, without.outcome)
    assert not np.allclose(made.propensity, without.propensity)


def test_the_verbs_pass_them_on_and_the_checks_read_them_again() -> None:
    answer = identify(Graph("x -> a -> y; x -> y"), QUERY)
    quick = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())
    effect = estimate(answer, FRAME, by=quick, seed=1, weights="w", clusters="g")
    assert effect.recipe.roles == Roles(weights="w", clusters="g")
    assert effect.to_dict()["recipe"]["clusters"] == "g"
    by = (PlaceboTreatment(repetitions=2), RandomCommonCause(repetitions=2))
    assert len(refute(effect, FRAME, by=by, seed=1)) == 2
    exact = estimate(answer, FRAME, by=IPW(**SATURATED), seed=1, weights="w")
    assert balance(exact, FRAME).worst < 1e-10
    found = compare(answer, FRAME, by=[quick, Regression()], seed=1, weights="w", clusters="g")
    assert found[0].value == effect.value
    assert found[1].clusters is not None
    nothing = estimate(identify(Graph("y -> a"), Query("y", do={"a": 1})), FRAME, weights="w")
    assert nothing.value == pytest.approx(np.average(FRAME["y"], weights=FRAME["w"]))


def test_few_clusters_are_said() -> None:
    frame = FRAME.assign(g=np.arange(240) // 40)
    effect = Regression().fit(Task.of(frame, QUERY, ("x",), Roles(clusters="g")), seed=1)
    assert "only 6 clusters" in str(effect)
    quick = AIPW(folds=5, repeats=1, **PLAIN)
    assert "only 6 clusters" in str(
        quick.fit(Task.of(frame, QUERY, ("x",), Roles(clusters="g")), 1)
    )
    frame = FRAME.assign(g=np.arange(240) // 60)
    with pytest.raises(EstimationError, match=r"(?s)4 clusters .* 5 folds.*AIPW\(folds=4\)"):
        quick.fit(Task.of(frame, QUERY, ("x",), Roles(clusters="g")), seed=1)


def test_an_arm_in_one_cluster_cannot_be_learnt_elsewhere() -> None:
    frame = FRAME.assign(g=np.arange(240) // 12, a=(np.arange(240) // 12 == 3).astype(int))
    task = Task.of(frame, QUERY, ("x",), Roles(clusters="g"))
    with pytest.raises(EstimationError, match="'a' = 1 lie in so few clusters"):
        AIPW(folds=2, repeats=1, **PLAIN).fit(task, seed=1)
    frame = frame.assign(a=np.isin(np.arange(240) // 12, (3, 4)).astype(int))
    task = Task.of(frame, QUERY, ("x",), Roles(clusters="g"))
    for seed in range(20):  # two clusters are dealt into two folds, whatever the chance
        folds = dealt(task.arm, task.clusters, 5, np.random.default_rng(seed))
        assert not one_fold_arms(task.arm, folds).size


@pytest.mark.parametrize(
    ("frame", "roles", "kind", "message"),
    [
        (FRAME.assign(w=0.0), {"weights": "w"}, DataError, r"above zero; 'w' is not in 240 of 240"),
        (FRAME.assign(w=-FRAME["w"]), {"weights": "w"}, DataError, r"above zero"),
        (FRAME.assign(w="a"), {"weights": "w"}, DataError, "'w' must be numeric"),
        (FRAME, {"weights": "ww"}, DataError, "did you mean 'w'"),
        (FRAME, {"clusters": "gg"}, DataError, "did you mean 'g'"),
        (FRAME.assign(g=1), {"clusters": "g"}, EstimationError, "one cluster only"),
        (FRAME.assign(g=None), {"clusters": "g"}, DataError, r"'g' \(240 of 240\)"),
    ],
)
def test_bad_weights_and_clusters(
    frame: Any, roles: dict[str, str], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        Task.of(frame, QUERY, ("x",), Roles(**roles))
    assert "Hint:" in str(caught.value)
