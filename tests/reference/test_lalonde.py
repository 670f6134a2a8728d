"""LaLonde's study: the experiment, and what observation makes of it.

Published values: Dehejia and Wahba (1999), Evaluating the causal effects of training programs,
JASA 94 (experiment 1,794 with standard error 671 by HC2); Imbens and Xu (2024), LaLonde (1986)
after nearly four decades, table B1, CPS1 controls (entropy balancing 1,406); regression on the
same rows 1,066.
"""

import causaldata
import pandas as pd
import pytest

from causalsim.estimand.query import Query
from causalsim.estimation import Regression, Treated
from causalsim.estimation.estimators.balancing import EntropyBalancing
from causalsim.estimation.reading.task import Task

COVARIATES = (
    "age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "u74", "u75",
)  # fmt: skip


@pytest.fixture(scope="module")
def trial() -> pd.DataFrame:
    return causaldata.nsw_mixtape.load_pandas().data


@pytest.fixture(scope="module")
def observed(trial: pd.DataFrame) -> pd.DataFrame:
    """The trial's treated beside people of a survey."""
    survey = causaldata.cps_mixtape.load_pandas().data
    rows = pd.concat([trial[trial.treat == 1], survey], ignore_index=True)
    return rows.assign(u74=(rows.re74 == 0) * 1, u75=(rows.re75 == 0) * 1)


def test_the_experiment(trial: pd.DataFrame) -> None:
    found = Regression().fit(Task.of(trial, Query("re78", do="treat"), ()), seed=1)
    assert found.value == pytest.approx(1794.34, abs=0.01)
    assert found.standard_error == pytest.approx(671.0, rel=0.005)


def test_regression_on_the_survey(observed: pd.DataFrame) -> None:
    task = Task.of(observed, Query("re78", do="treat"), COVARIATES)
    found = Regression(interactions=()).fit(task, seed=1)
    assert found.value == pytest.approx(1066.4, abs=0.1)
    assert found.standard_error == pytest.approx(627.0, rel=0.01)


def test_entropy_balancing_on_the_survey(observed: pd.DataFrame) -> None:
    task = Task.of(observed, Query("re78", do="treat"), COVARIATES)
    found = EntropyBalancing(target=Treated()).fit(task, seed=1)
    assert found.value == pytest.approx(1406.3, abs=0.1)
    assert found.standard_error == pytest.approx(655.0, rel=0.03)
