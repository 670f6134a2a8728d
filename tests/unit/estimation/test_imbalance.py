"""An estimate by weights alone says which covariates its weights leave apart."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks.balancing import balance
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, Effect, Overlap, Task, Treated
from causalsim.estimation.comparison import compare
from causalsim.estimation.reading.roles import PLAIN, Roles
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

GRAPH = Graph("{age income town luck} -> a; {age income town} -> y; a -> y")


def people(rows: int = 2000) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    age, income, luck = rng.standard_normal((3, rows))
    town = rng.choice(["east", "west"], rows)
    logit = age - 0.7 * income + 0.5 * (town == "west")
    a = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)
    frame = pd.DataFrame({"age": age, "income": income, "luck": luck, "town": town, "a": a})
    return frame.assign(y=age + income + a + rng.standard_normal(rows), w=rng.uniform(1, 3, rows))


FRAME = people()
COVARIATES = ("age", "income", "luck", "town")
BLIND = DummyClassifier(strategy="prior")


def by_weights(query: Query, roles: Roles = PLAIN, **settings: Any) -> Effect:
    return IPW(**settings).fit(Task.of(FRAME, query, COVARIATES, roles), seed=1)


@pytest.mark.parametrize("roles", [PLAIN, Roles(weights="w")])
def test_a_propensity_that_saw_nothing_leaves_everything_apart(roles: Roles) -> None:
    effect = by_weights(Query("y", do="a"), roles, propensity=BLIND)
    (note,) = effect.notes
    measured = {row.column: row.after for row in balance(effect, FRAME).rows}
    worst = f"age {measured['age']:+.2f}, income {measured['income']:+.2f}, town=west +"
    assert f"the arms still differ in {worst}" in note
    assert "luck" not in note
    assert note in str(effect)


def test_only_the_worst_three_are_named() -> None:
    frame = FRAME.assign(**{f"x{n}": FRAME["age"] * n + FRAME["luck"] for n in range(1, 4)})
    task = Task.of(frame, Query("y", do="a"), ("age", "income", "x1", "x2", "x3"))
    (note,) = IPW(propensity=BLIND).fit(task, seed=1).notes
    assert "and 2 more (in standard deviations)" in note


@pytest.mark.parametrize("target", [None, Treated(), Overlap()])
def test_weights_that_balance_say_nothing(target: Any) -> None:
    settings: dict[str, Any] = {} if target is None else {"target": target}
    effect = by_weights(Query("y", do="a"), propensity=LogisticRegression(), **settings)
    assert balance(effect, FRAME).passed
    assert effect.notes == ()


def test_one_arm_s_mean_has_nobody_to_differ_from() -> None:
    assert by_weights(Query("y", do={"a": 1}), propensity=BLIND).notes == ()


def test_the_table_of_several_estimators_is_not_silent() -> None:
    found = compare(
        identify(GRAPH, Query("y", do="a")),
        FRAME,
        by=[AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=BLIND), IPW()],
        seed=1,
    )
    assert "the arms still differ in age" in str(found).splitlines()[1]
    assert "the arms still differ in age" not in str(found).splitlines()[0]
    assert "the arms still differ in age" in found._repr_html_()
    notes = found.to_frame()["notes"].tolist()
    assert notes[0] == ""
    assert "the arms still differ in age" in notes[1]


def test_a_covariate_that_varies_only_between_the_arms_is_apart() -> None:
    frame = FRAME.assign(copy=2.0 * FRAME["a"])
    settings: dict[str, Any] = {"propensity": LogisticRegression(C=1e-6), "clip": 0.0}
    task = Task.of(frame, Query("y", do="a"), ("luck", "copy"))
    effect = IPW(**settings).fit(task, seed=1)
    assert "copy +2.0" in effect.notes[-1]
