"""Grams or kilograms: an estimate in another unit is the same estimate."""

import numpy as np
import pytest

from causalsim.datasets.generators import nonlinear_confounding
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Task
from causalsim.estimation.crossfitting.learners import Ridge, RidgeThenBoosting

DATA = nonlinear_confounding(500, seed=1)
MATRIX = DATA.frame[list(DATA.adjustment)].to_numpy(dtype=float)
OUTCOME = DATA.frame["y"].to_numpy(dtype=float)


@pytest.mark.parametrize("learner", [Ridge(), Ridge(products=False), RidgeThenBoosting()])
@pytest.mark.parametrize(("factor", "shift"), [(0.001, 0.0), (1000.0, 5e4)])
def test_predictions_change_with_the_unit(learner: Ridge, factor: float, shift: float) -> None:
    plain = learner.fit(MATRIX, OUTCOME, None, 1)(MATRIX)
    other = learner.fit(MATRIX, factor * OUTCOME + shift, None, 1)(MATRIX)
    spread = OUTCOME.std()
    np.testing.assert_allclose((other - shift) / factor, plain, atol=1e-4 * spread)


def test_the_default_estimate_changes_with_the_unit() -> None:
    query, by = Query("y", do="a"), AIPW(repeats=1)
    plain = by.fit(Task.of(DATA.frame, query, DATA.adjustment), seed=1)
    grams = DATA.frame.assign(y=1000.0 * DATA.frame["y"])
    other = by.fit(Task.of(grams, query, DATA.adjustment), seed=1)
    assert other.value == pytest.approx(1000.0 * plain.value, abs=1e-3 * 1000 * plain.value)
    assert other.standard_error == pytest.approx(1000.0 * plain.standard_error, rel=1e-3)
