"""Mediators that never vary, covariates that decide the treatment, identifiers as mediators."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.datasets.mediators import direct_and_indirect, hidden_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimand.contrasts import natural_direct_effect
from causalsim.estimand.query import Query
from causalsim.estimation import Plugin
from causalsim.estimation.estimating import estimate
from causalsim.estimation.mediators import (
    DoublyRobustFrontDoor,
    MediatorCrossFit,
    NaturalEffects,
)
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

FIT = MediatorCrossFit(
    2, 1, LinearRegression(), LinearRegression(), LogisticRegression(), LogisticRegression()
)
DOOR = hidden_confounding(200, seed=1)
THROUGH = identify(Graph(DOOR.graph), Query("y", do="a"))


def test_a_mediator_that_never_varies_carries_nothing() -> None:
    with pytest.raises(EstimationError, match="'m' has one value"):
        estimate(THROUGH, DOOR.frame.assign(m=2.0), by=DoublyRobustFrontDoor(FIT))


def test_an_identifier_is_no_mediator() -> None:
    names = [f"person {number}" for number in range(200)]
    for by in (DoublyRobustFrontDoor(FIT), Plugin(folds=2)):
        with pytest.raises(ReadingError, match="'m' has 200 categories in 200 rows"):
            estimate(THROUGH, DOOR.frame.assign(m=names), by=by)


def test_covariates_that_decide_the_treatment_leave_no_comparison() -> None:
    data = direct_and_indirect(300, seed=1)
    answer = identify(Graph(data.graph), natural_direct_effect("y", "a", "m"))
    (covariate,) = [name for name in data.frame if name not in ("a", "m", "y")][:1]
    noise = np.random.default_rng(1).normal(size=300)
    decided = data.frame.assign(**{covariate: 10.0 * data.frame["a"] + noise})
    with pytest.raises(ReadingError, match="tell which value of 'a'"):
        estimate(answer, decided, by=NaturalEffects(FIT))
