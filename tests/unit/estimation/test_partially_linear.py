"""PLR: the slope of a dose, freed of what the covariates predict."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression

from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, PLR, estimate
from causalsim.estimation.reading.doses import DoseTask
from causalsim.estimation.reading.roles import Roles
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

ANSWER = identify(Graph("d <- x -> y; d -> y"), Query("y", do="d"))
LINEAR = PLR(folds=2, repeats=1, outcome=LinearRegression(), dose=LinearRegression())


def study(seed: int, rows: int = 500) -> pd.DataFrame:
    """One unit of d adds 0.5; x bends both."""
    x, e, f = np.random.default_rng(seed).normal(size=(3, rows))
    d = np.sin(2 * x) + e
    return pd.DataFrame({"x": x, "d": d, "y": 0.5 * d + 2 * np.sin(2 * x) + f})


def test_the_slope_is_found_where_a_linear_model_is_wrong() -> None:
    frame = study(1, rows=2000)
    found = estimate(ANSWER, frame, by=PLR(), seed=1)
    assert abs(found.value - 0.5) < 4 * found.standard_error
    rough = sm.OLS(frame.y, sm.add_constant(frame[["d", "x"]])).fit()
    assert abs(rough.params["d"] - 0.5) > 10 * rough.bse["d"]


def test_with_linear_learners_it_is_nearly_least_squares() -> None:
    x, e, f = np.random.default_rng(2).normal(size=(3, 5000))
    frame = pd.DataFrame({"x": x, "d": x + e, "y": 2 * (x + e) - x + f})
    found = estimate(ANSWER, frame, by=LINEAR, seed=1)
    fitted = sm.OLS(frame.y, sm.add_constant(frame[["d", "x"]])).fit(cov_type="HC0")
    assert found.value == pytest.approx(fitted.params["d"], abs=0.1 * found.standard_error)
    assert found.standard_error == pytest.approx(fitted.bse["d"], rel=0.02)


def test_standard_errors_are_those_of_repeated_studies() -> None:
    spline = PLR(folds=2, repeats=1, outcome=_curve(), dose=_curve())
    found = [estimate(ANSWER, study(seed), by=spline, seed=1) for seed in range(100)]
    values = np.array([one.value for one in found])
    # The spread of 100 studies is known to 7 %; four times that.
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.28)
    assert abs(values.mean() - 0.5) < 4 * values.std() / 10


def _curve() -> object:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import SplineTransformer

    return make_pipeline(SplineTransformer(n_knots=8), LinearRegression())


def test_scales_shift_through() -> None:
    frame = study(3)
    once = estimate(ANSWER, frame, by=LINEAR, seed=1)
    again = estimate(ANSWER, frame.assign(d=10 * frame.d + 3, y=2 * frame.y - 1), by=LINEAR, seed=1)
    assert again.value == pytest.approx(once.value / 5, rel=1e-9)


def test_weights_clusters_polars_and_words() -> None:
    frame = study(4).assign(w=1.0, g=lambda d: np.arange(len(d)) // 5)
    plain = estimate(ANSWER, frame, by=LINEAR, seed=1)
    weighted = estimate(ANSWER, pl.from_pandas(frame), by=LINEAR, weights="w", seed=1)
    assert weighted.value == pytest.approx(plain.value, rel=1e-12)
    grouped = estimate(ANSWER, frame, by=LINEAR, clusters="g", seed=1)
    assert grouped.clusters is not None
    assert abs(grouped.value - plain.value) < plain.standard_error
    assert "d = d + 1 minus d = d" in plain.why
    assert plain.to_dict()["estimand"] == "average effect of one unit"


@pytest.mark.parametrize(
    ("query", "change", "message"),
    [
        (Query("y", do={"d": 1}), {}, "holds 'd' at 1"),
        (Query("y", do="d"), {"d": 1.0}, "one value only"),
        (Query("y", do="d"), {"d": "x"}, "predict 'd' exactly"),
        (Query("y", do="d", given="x"), {}, "conditions on x"),
    ],
)
def test_what_has_no_slope(query: Query, change: dict[str, object], message: str) -> None:
    frame = study(5)
    for name, value in change.items():
        frame[name] = frame[value] if isinstance(value, str) else value
    with pytest.raises(EstimationError, match=message):
        LINEAR.fit(DoseTask.of(frame, query, ("x",), Roles()), seed=1)


def test_little_left_of_the_dose_is_told() -> None:
    x, e, f = np.random.default_rng(7).normal(size=(3, 500))
    frame = pd.DataFrame({"x": x, "d": x + 0.17 * e, "y": x + f})  # R2 = 1 / (1 + 0.17^2) = 0.97
    (told,) = estimate(ANSWER, frame, by=LINEAR, seed=1).notes
    assert "the covariates explain 97 % of d" in told
    assert not any("explain" in one for one in estimate(ANSWER, study(7), by=LINEAR, seed=1).notes)
    # Among those who count the covariates explain as much, among all rows they do not.
    counts = np.arange(500) < 250
    frame = frame.assign(d=x + np.where(counts, 0.17, 1.0) * e, w=np.where(counts, 1.0, 1e-9))
    assert not any("explain" in one for one in estimate(ANSWER, frame, by=LINEAR, seed=1).notes)
    counted = estimate(ANSWER, frame, by=LINEAR, weights="w", seed=1)
    assert any("the covariates explain 9" in one for one in counted.notes)


def test_bad_frames_and_settings() -> None:
    frame = study(6)
    with pytest.raises(DataError, match="'d' must be numeric"):
        estimate(ANSWER, frame.assign(d="much"), by=LINEAR)
    with pytest.raises(EstimationError, match="7 rows"):
        estimate(ANSWER, frame.iloc[:7], by=LINEAR)
    with pytest.raises(EstimationError, match="folds"):
        PLR(folds=1)
    with pytest.raises(EstimationError, match="by=PLR"):
        estimate(ANSWER, frame, by=AIPW())
