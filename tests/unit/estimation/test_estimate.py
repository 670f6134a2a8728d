"""From graph to number in one line, and what is said when there is no number."""

import json
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.contrasts import average_effect
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW
from causalsim.estimation.estimating import estimate
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

DATA = nonlinear_confounding(600, seed=1)
QUICK = AIPW(repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())


def test_the_effect_knows_the_answer_it_came_from() -> None:
    answer = identify(Graph(DATA.graph), Query("y", do="a"))
    before = DATA.frame.copy(deep=True)
    effect = estimate(answer, DATA.frame, by=QUICK, seed=1, units="kg")
    assert DATA.frame.equals(before)
    assert effect.recipe.answer is answer
    assert set(effect.recipe.covariates) == set(answer.adjustment)
    assert str(effect).startswith(f"{effect.value:.2f} kg (95 % CI ")
    assert str(effect).endswith(", AIPW, n = 600")
    for part in ("average effect of a on y", "a = 1 minus a = 0", "kg", answer.why):
        assert part in effect.why
    told = json.loads(json.dumps(effect.to_dict()))
    assert told["value"] == effect.value
    assert told["recipe"]["covariates"] == list(answer.adjustment)
    assert "<table>" in effect._repr_html_()


@pytest.mark.parametrize(
    ("graph", "query", "message"),
    [
        ("a -> x1 -> y; a <-> y", Query("y", do="a"),
         r"AIPW needs an adjustment set, but this effect is identified through the front door "
         r"\{x1\}"),
        ("a -> y; a <-> y", Query("y", do="a"),
         r"There is no formula to estimate: not identified"),
    ],
)  # fmt: skip
def test_an_answer_it_cannot_use_is_named(graph: str, query: Query, message: str) -> None:
    answer = identify(Graph(graph), query)
    with pytest.raises(EstimationError, match=message) as caught:
        estimate(answer, DATA.frame, by=QUICK)
    assert "Hint:" in str(caught.value)


def test_no_effect_in_the_graph_is_exactly_zero_and_says_why() -> None:
    answer = identify(Graph("y -> a"), Query("y", do="a"))
    effect = estimate(answer, DATA.frame)
    assert (effect.value, effect.standard_error, effect.p_value) == (0.0, 0.0, 1.0)
    assert "doubt the graph" in str(effect)
    mean = estimate(identify(Graph("y -> a"), Query("y", do={"a": 1})), DATA.frame)
    y = DATA.frame["y"].to_numpy()
    assert mean.value == pytest.approx(y.mean())
    assert mean.standard_error == pytest.approx(y.std() / np.sqrt(len(y)))


@pytest.mark.parametrize("wrong", [None, "y ~ a", Query("y", do="a"), Graph("a -> y")])
def test_something_that_is_no_answer(wrong: Any) -> None:
    with pytest.raises(EstimationError, match=r"answer is expected[\s\S]*Hint: type answer = "):
        estimate(wrong, DATA.frame)


@pytest.mark.parametrize("wrong", ["aipw", AIPW, LinearRegression()])
def test_something_that_is_no_estimator(wrong: Any) -> None:
    answer = identify(Graph(DATA.graph), Query("y", do="a"))
    with pytest.raises(EstimationError, match=r"estimator is expected[\s\S]*Hint: pass an object"):
        estimate(answer, DATA.frame, by=wrong)


def test_the_average_effect_as_a_contrast_is_the_same_question() -> None:
    data = nonlinear_confounding(300, seed=2)
    graph = Graph(data.graph)
    by = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=0.5)
    plain = estimate(identify(graph, Query("y", do="a")), data.frame, by=by, seed=1)
    for to, baseline, sign in ((1, 0, 1.0), (0, 1, -1.0)):
        named = identify(graph, average_effect("y", "a", to, baseline))
        found = estimate(named, data.frame, by=by, seed=1)
        assert found.value == pytest.approx(sign * plain.value, rel=1e-12)
        assert found.recipe.answer is named
        assert found.recipe.read(data.frame).digest == found.recipe.digest
    flipped = identify(graph, average_effect("y", "a", 0, 1))
    with pytest.raises(EstimationError, match="AIPW needs"):
        estimate(flipped, data.frame, by=by, arms=(0, 1))
    missing = identify(graph, average_effect("y", "a", 2, 0))
    with pytest.raises(EstimationError, match="2"):
        estimate(missing, data.frame, by=by)


def test_an_effect_tells_itself_as_table_frame_and_picture() -> None:
    effect = estimate(identify(Graph(DATA.graph), Query("y", do="a")), DATA.frame, by=IPW(), seed=1)
    lines = dict(line.split(maxsplit=1) for line in effect.summary().splitlines())
    assert lines["estimator"] == f"IPW, n = {effect.n}"
    row = effect.to_frame().iloc[0]
    assert row["value"] == effect.value
    assert row["low"] == effect.interval().low
    label = effect.plot().get_yticklabels()[0].get_text()
    assert label == "IPW"
