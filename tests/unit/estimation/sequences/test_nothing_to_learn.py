"""Sequences that hold no comparison: decided treatments, outcomes that say nothing."""

from typing import Any

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from causalsim.datasets.sequences import two_visits
from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimand.query import Query
from causalsim.estimation.estimating import estimate
from causalsim.estimation.sequences import LTMLE, MSM, SDR, DynamicDML, GEstimation, GFormula
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

DATA = two_visits(400, seed=1)
FRAME = DATA.frame
ANSWER = identify(Graph(DATA.graph), Query("y", do=["a0", "a1"]))
ALL = (
    LTMLE(folds=2, repeats=1),
    SDR(folds=2, repeats=1),
    GFormula(),
    MSM(folds=2),
    GEstimation(),
    DynamicDML(folds=2),
)


@pytest.mark.parametrize("by", ALL, ids=lambda by: by.name)
def test_an_outcome_that_never_varies_or_is_a_treatment(by: Any) -> None:
    with pytest.raises(EstimationError, match="1 in every row"):
        estimate(ANSWER, FRAME.assign(y=1.0), by=by)
    with pytest.raises(ReadingError, match="one value in each arm of 'a1'"):
        estimate(ANSWER, FRAME.assign(y=3.0 - FRAME["a1"]), by=by)


@pytest.mark.parametrize(
    "by", [by for by in ALL if not isinstance(by, MSM)], ids=lambda by: by.name
)
def test_a_history_that_decides_a_treatment(by: Any) -> None:
    with pytest.raises(EstimationError, match=r"tell which value|not told by|predict 'a1' exactly"):
        estimate(ANSWER, FRAME.assign(l1=FRAME["a1"] * 2.0), by=by)


def test_people_who_could_hardly_go_on_are_counted() -> None:
    rng = np.random.default_rng(2)
    never = rng.random(400) < 0.15
    frame = FRAME.assign(l1=np.where(never, 12.0, FRAME["l1"].clip(-3, 3)))
    frame["a1"] = np.where(never, 0, frame["a1"])
    by = SDR(folds=2, repeats=1, propensity=DecisionTreeClassifier(max_depth=3, min_samples_leaf=5))
    effect = estimate(ANSWER, frame, by=by, seed=1)
    assert any("had a chance under 1 % to go on" in note for note in effect.notes)
    plain = estimate(ANSWER, FRAME, by=SDR(folds=2, repeats=1), seed=1)
    assert not any("to go on" in note for note in plain.notes)
