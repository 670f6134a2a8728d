"""Too few rows or clusters for the folds: the hint names the estimator, and works when typed."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim import Graph, Query, estimate, identify
from causalsim.errors.estimation import EstimationError
from causalsim.estimation import AIPW, IPW, PLR, TMLE
from causalsim.estimation.curves import DoseResponse, QuantileEffect
from causalsim.estimation.instruments import LATE, PLIV
from causalsim.identification.assuming import Linear, Monotone

LINE: dict[str, Any] = {"outcome": LinearRegression(), "propensity": LogisticRegression()}
TREATED = identify(Graph("x -> a; {x a} -> y"), Query("y", do="a"))
DOSED = identify(Graph("x -> d; {x d} -> y"), Query("y", do="d"))
MOVED = Graph("x -> z -> a -> y; x -> a; x -> y; a <-> y")
COMPLIERS = identify(MOVED, Query("y", do="a"), assuming=Monotone("z", "a"))
PARTIAL = identify(MOVED, Query("y", do="a"), assuming=Linear())


def people(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x, d = rng.normal(size=(2, rows))
    z = np.arange(rows) % 2
    a = np.where(np.arange(rows) % 4 < 3, z, 1 - z)
    y = x + a + rng.normal(size=rows)
    return pd.DataFrame({"x": x, "d": d, "z": z, "a": a, "y": y, "g": np.arange(rows) % 4})


WAYS = [
    (TREATED, AIPW(folds=5, repeats=1, **LINE)),
    (TREATED, TMLE(folds=5, repeats=1, **LINE)),
    (TREATED, IPW(folds=5, repeats=1, propensity=LogisticRegression())),
    (TREATED, QuantileEffect((0.5,), folds=5, repeats=1)),
    (DOSED, PLR(folds=5, repeats=1, outcome=LinearRegression(), dose=LinearRegression())),
    (DOSED, DoseResponse(folds=5, repeats=1, at=(0.0,))),
    (COMPLIERS, LATE(folds=5, repeats=1)),
    (PARTIAL, PLIV(folds=5, repeats=1)),
]


@pytest.mark.parametrize(("answer", "by"), WAYS, ids=[type(by).__name__ for _, by in WAYS])
@pytest.mark.parametrize("clustered", [False, True])
def test_the_hint_names_the_estimator_that_was_used(answer: Any, by: Any, clustered: bool) -> None:
    curve = isinstance(by, DoseResponse)
    frame = people(120 if clustered else 30 if curve else 16)
    arms = (0, 1) if curve else None
    with pytest.raises(EstimationError) as told:
        estimate(answer, frame, by=by, clusters="g" if clustered else None, arms=arms)
    assert f"by={type(by).__name__}(folds=" in str(told.value)
    assert ("4 clusters" in str(told.value)) == clustered


def test_what_the_hint_says_is_enough() -> None:
    frame = people(16)
    with pytest.raises(EstimationError) as told:
        estimate(TREATED, frame, by=AIPW(folds=5, repeats=1, **LINE))
    folds = int(re.findall(r"AIPW\(folds=(\d+)\)", str(told.value))[0])
    assert estimate(TREATED, frame, by=AIPW(folds=folds, repeats=1, **LINE)).n == 16


def test_no_folds_are_offered_where_none_would_do() -> None:
    frame = people(40).assign(a=lambda rows: (rows.index < 3).astype(int))
    with pytest.raises(EstimationError, match=r"Only 3 rows have 'a' = 1") as told:
        estimate(TREATED, frame, by=AIPW(folds=2, repeats=1, **LINE))
    assert "folds=" not in str(told.value)
    assert "leave out the rows with 'a' = 1" in str(told.value)
