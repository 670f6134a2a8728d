"""Does the 95 % interval of AIPW hold the truth in 95 % of studies?

The tables of more estimands and more kinds of data are in ``docs/studies/coverage.md``
(``tests/benchmarks/study_coverage.py``); these run with ``-m slow``.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Effect, Nuisances, Task
from causalsim.estimation.crossfitting.nuisances import Split

REPLICATIONS = 200
LINEAR = AIPW(repeats=1, outcome=LinearRegression(), propensity=LogisticRegression(C=1e6))


@dataclass(frozen=True)
class Study:
    """One row of the table."""

    name: str
    rows: int
    bias: float
    spread: float
    error: float
    coverage: float


@dataclass(frozen=True)
class Oracle:
    """AIPW with the true regressions: what chance alone does to these very samples."""

    def fit(self, task: Task, seed: int) -> Effect:
        x1, x2, x3, _, x5 = task.design.matrix.T
        low = 2 * np.sin(2 * x1) + x2**2 + 0.5 * x3 + x1 * x5
        logit = 0.8 * np.sin(2 * x1) + 0.4 * (x2**2 - 1) + 0.5 * x1 * x5 - 0.25
        chance = expit(logit)
        split = Split(
            np.zeros(task.height, dtype=int),
            np.column_stack([1 - chance, chance]),
            np.column_stack([low, low + 1 + x3 + 0.5 * x5]),
            (),
        )
        return AIPW(clip=0.0).effect(task, Nuisances((split,), "known"), seed)


def study(name: str, estimator: AIPW | Oracle, rows: int) -> Study:
    """Estimate the same known effect in many independent samples."""
    values, errors, held = [], [], []
    for number in range(REPLICATIONS):
        data = nonlinear_confounding(rows, seed=number)
        task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        effect = estimator.fit(task, seed=number)
        values.append(effect.value)
        errors.append(effect.standard_error)
        held.append(data.ate in effect.interval())
    return Study(
        name,
        rows,
        float(np.mean(values)) - data.ate,
        float(np.std(values, ddof=1)),
        float(np.mean(errors)),
        float(np.mean(held)),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "most", "least"), [(500, 0.8, 0.9), (2000, 0.5, 0.92)])
def test_the_default_interval_covers(rows: int, most: float, least: float) -> None:
    found = study("default", AIPW(), rows)
    # 200 replications of a true 95 % leave 92 to 98 % in all but 1 of 20 cases. At 500 rows a
    # bias of a third of a standard deviation takes a point off that: 93 %, as last run.
    assert least <= found.coverage <= 0.985
    # What the learners leave of the confounding, in standard deviations; it shrinks with the rows.
    assert abs(found.bias) < most * found.spread
    assert found.error == pytest.approx(found.spread, rel=0.15)


@pytest.mark.slow
def test_with_the_true_regressions_it_covers() -> None:
    assert 0.92 <= study("known", Oracle(), 500).coverage <= 0.985


@pytest.mark.slow
def test_a_linear_model_does_not_cover_here() -> None:
    assert study("linear", LINEAR, 500).coverage < 0.5
