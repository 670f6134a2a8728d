"""Arms that share no kind of person have no survival curves to compare."""

from typing import Any

import numpy as np
import pytest

from causalsim.datasets.survival import informative_censoring
from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimand.query import Query
from causalsim.estimation.estimating import estimate
from causalsim.estimation.survival import AIPCW, IPCW, SurvivalAt, survival_curves
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify


@pytest.mark.parametrize("kind", [AIPCW, IPCW])
def test_covariates_that_decide_the_treatment_leave_no_comparison(kind: Any) -> None:
    data = informative_censoring(300, seed=1)
    answer = identify(Graph(data.graph), Query("time", do="a"))
    name = answer.adjustment[0]
    noise = np.random.default_rng(1).normal(size=300)
    decided = data.frame.assign(**{name: 10.0 * data.frame["a"] + noise})
    by = kind("died", SurvivalAt(2.0), folds=2, repeats=1)
    with pytest.raises(ReadingError, match="tell which value of 'a'"):
        estimate(answer, decided, by=by)
    with pytest.raises(ReadingError, match="tell which value of 'a'"):
        survival_curves(answer, decided, by)


@pytest.mark.parametrize("times", [[], "abc", 3])
def test_times_of_a_curve_are_numbers(times: Any) -> None:
    data = informative_censoring(200, seed=1)
    answer = identify(Graph(data.graph), Query("time", do="a"))
    with pytest.raises(EstimationError, match="times must be"):
        survival_curves(answer, data.frame, AIPCW("died", folds=2, repeats=1), times=times)
