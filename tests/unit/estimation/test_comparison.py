"""Several estimators, one cross-fit."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, CrossFit, Overlap, Regression, Treated
from causalsim.estimation.comparison import compare
from causalsim.estimation.estimating import estimate
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

DATA = nonlinear_confounding(500, seed=1)
ANSWER = identify(Graph(DATA.graph), Query("y", do="a"))
SETTINGS: dict[str, Any] = {
    "folds": 2,
    "repeats": 1,
    "outcome": LinearRegression(),
    "propensity": LogisticRegression(),
}


def test_the_nuisances_are_fitted_once_and_read_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    fit = CrossFit.fit
    monkeypatch.setattr(CrossFit, "fit", lambda *given: calls.append(1) or fit(*given))
    before = DATA.frame.copy(deep=True)
    by = [
        Regression(),
        IPW(),
        AIPW(**SETTINGS),
        AIPW(**SETTINGS, target=Treated()),
        AIPW(target=Overlap()),
    ]
    found = compare(ANSWER, DATA.frame, by=by, seed=3)
    assert DATA.frame.equals(before)
    assert len(calls) == 1
    assert [one.estimator for one in found] == ["regression", "IPW", "AIPW", "AIPW", "AIPW"]
    nuisances = [one.nuisances for one in found][1:]
    assert all(one is nuisances[0] for one in nuisances)
    assert len(found) == 5
    assert str(found).count("\n") == 4
    assert found.to_frame().shape == (5, 8)
    assert len(found.to_dict()["effects"]) == 5
    assert found._repr_html_().count("<tr>") == 6


def test_each_entry_is_what_its_recipe_gives_alone() -> None:
    found = compare(ANSWER, DATA.frame, by=[AIPW(**SETTINGS), IPW(), Regression()], seed=3)
    for one in found:
        alone = estimate(ANSWER, DATA.frame, by=one.recipe.estimator, seed=3)
        assert alone.value == one.value
        assert np.array_equal(alone.influence, one.influence)


def test_the_difference_between_two_estimators_is_an_effect() -> None:
    aipw, line = compare(ANSWER, DATA.frame, by=[AIPW(repeats=1), Regression()], seed=3)
    change = line - aipw
    assert change.standard_error < np.hypot(aipw.standard_error, line.standard_error)
    assert change.p_value < 0.05  # the linear regression is biased here, AIPW is not


@pytest.mark.parametrize("by", [[], "AIPW", [AIPW, IPW], [AIPW(), 3]])
def test_something_that_is_no_list_of_estimators(by: Any) -> None:
    with pytest.raises(EstimationError, match=r"estimator is expected[\s\S]*Hint:"):
        compare(ANSWER, DATA.frame, by=by)


def test_an_answer_nobody_can_use() -> None:
    answer = identify(Graph("a -> x1 -> y; a <-> y"), Query("y", do="a"))
    with pytest.raises(EstimationError, match="regression needs an adjustment set"):
        compare(answer, DATA.frame, by=[Regression(), AIPW()])
