"""Without by=, the estimator follows from the kind of the answer."""

import numpy as np
import pandas as pd
import pytest

from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import estimate
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    hidden = rng.random(3000) < 0.5
    x = (rng.random(3000) < 0.3 + 0.4 * hidden).astype(int)
    m = (rng.random(3000) < 0.2 + 0.5 * x).astype(int)
    y = (rng.random(3000) < 0.1 + 0.4 * m + 0.3 * hidden).astype(int)
    return pd.DataFrame({"x": x, "m": m, "y": y})


def test_an_adjustment_is_estimated_by_aipw(rows: pd.DataFrame) -> None:
    answer = identify(Graph("x -> m -> y; x -> y"), Query("y", do="m"))
    assert estimate(answer, rows, seed=1).estimator == "AIPW"


def test_an_answer_without_adjustment_set_finds_an_estimator(rows: pd.DataFrame) -> None:
    answer = identify(Graph("x -> m -> y; x <-> y"), Query("y", do="x"))
    effect = estimate(answer, rows, seed=1)
    assert 0.2 in effect.interval(0.999)


def test_an_unidentified_effect_has_none(rows: pd.DataFrame) -> None:
    answer = identify(Graph("x -> y; x <-> y"), Query("y", do="x"))
    with pytest.raises(EstimationError, match="not identified"):
        estimate(answer, rows, seed=1)


def test_several_treatments_without_effect_leave_the_mean(rows: pd.DataFrame) -> None:
    answer = identify(Graph("x -> m; y"), Query("y", do={"x": 1, "m": 1}))
    effect = estimate(answer, rows, seed=1)
    assert effect.value == pytest.approx(rows["y"].mean())
    assert "do(x=1, m=1)" in effect.recipe.contrast
