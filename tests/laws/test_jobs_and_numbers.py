"""However many processes do the work, and wherever they run, the numbers are the same."""

import warnings

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Task


def task_of(rows: int, seed: int) -> Task:
    data = nonlinear_confounding(rows, seed=seed)
    return Task.of(data.frame, Query("y", do="a"), data.adjustment)


@settings(deadline=None, max_examples=3)
@given(seed=st.integers(0, 1000), jobs=st.sampled_from([2, 3, -1]))
def test_the_numbers_do_not_depend_on_the_number_of_jobs(seed: int, jobs: int) -> None:
    task = task_of(160, seed)
    alone = AIPW(folds=2, repeats=1).fit(task, seed)
    together = AIPW(folds=2, repeats=1, n_jobs=jobs).fit(task, seed)
    assert np.array_equal(together.influence, alone.influence)
    assert together.value == alone.value
    with joblib.parallel_config(backend="threading", n_jobs=2):
        configured = AIPW(folds=2, repeats=1).fit(task, seed)
    assert configured.value == alone.value


class Stubborn(LinearRegression):  # type: ignore[misc]
    def fit(self, *_: object, **__: object) -> "Stubborn":
        raise ValueError("I will not")


def test_an_error_in_another_process_is_told_as_here() -> None:
    with warnings.catch_warnings():
        # Classes of a test module travel by value, which joblib may remark on.
        warnings.simplefilter("ignore", UserWarning)
        with pytest.raises(EstimationError, match=r"I will not[\s\S]*Hint:"):
            AIPW(folds=2, repeats=1, n_jobs=2, outcome=Stubborn()).fit(task_of(160, 1), 1)


@pytest.mark.parametrize("wrong", [0, 1.5, "all"])
def test_a_number_of_jobs_is_a_whole_number_but_zero(wrong: object) -> None:
    with pytest.raises(EstimationError, match="n_jobs must be a whole number but 0"):
        AIPW(n_jobs=wrong)  # type: ignore[arg-type]
