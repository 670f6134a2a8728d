"""The effect of one unit through instruments: two stages, with one instrument or several."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import chi2
from sklearn.linear_model import LinearRegression

from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.instruments import InstrumentError
from causalsim.estimand.query import Query
from causalsim.estimation import PLR, estimate
from causalsim.estimation.crossfitting.learners import Ridge
from causalsim.estimation.estimators.covariances import Covariances
from causalsim.estimation.instruments import PLIV, TwoStage, anderson_rubin, overidentification
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Linear
from causalsim.identification.strategy import identify

GRAPH = Graph(
    "w -> z1 -> x -> y; w -> z2 -> x; w -> z3 -> x; w -> y; x <-> y; z1 <-> z2; bad -> y; bad -> x"
)
ANSWER = identify(GRAPH, Query("y", do="x"), assuming=Linear())
BOTH = ("z1", "z2")
SMOOTH = Ridge()


def study(
    seed: int, rows: int = 600, strength: float = 1.0, third: float = 0.0, bend: float = 0.0
) -> pd.DataFrame:
    """The effect of x on y is 2; ``third`` is a direct effect of z2, ``bend`` that of sin(2 w)."""
    rng = np.random.default_rng(seed)
    w, u, e, a, b, c = rng.normal(size=(6, rows))
    shape = w + bend * np.sin(2 * w)
    z1, z2 = shape + a, 0.5 * a - shape + b
    x = strength * (z1 + 0.5 * z2) + shape + u
    y = 2 * x + 3 * u + shape + third * z2 + (1 + np.abs(z1)) * e
    return pd.DataFrame({"w": w, "z1": z1, "z2": z2, "z3": z1 + z2, "bad": c, "x": x, "y": y})


def by_hand(frame: pd.DataFrame, names: tuple[str, ...]) -> tuple[float, float]:
    """Two-stage least squares with White's errors, in matrices."""
    ones = np.ones(len(frame))
    first = np.column_stack([frame[list(names)], frame.w, ones])
    wide = np.column_stack([frame.x, frame.w, ones])
    fitted = first @ np.linalg.lstsq(first, wide, rcond=None)[0]
    bread = np.linalg.inv(fitted.T @ wide)
    slopes = bread @ fitted.T @ frame.y.to_numpy()
    left = frame.y.to_numpy() - wide @ slopes
    meat = (fitted * left[:, None]).T @ (fitted * left[:, None])
    return float(slopes[0]), math.sqrt((bread @ meat @ bread.T)[0, 0])


@pytest.mark.parametrize("names", [("z1",), BOTH])
def test_it_is_two_stage_least_squares(names: tuple[str, ...]) -> None:
    frame = study(1)
    found = estimate(ANSWER, frame, by=TwoStage(names))
    assert (found.value, found.standard_error) == pytest.approx(by_hand(frame, names), rel=1e-9)


def test_with_one_instrument_it_is_the_ratio_of_covariances() -> None:
    frame = study(2)
    one, other = (estimate(ANSWER, frame, by=by) for by in (TwoStage(), Covariances()))
    assert one.value == pytest.approx(other.value, rel=1e-9)
    assert one.standard_error == pytest.approx(other.standard_error, rel=1e-4)
    low, high = anderson_rubin(one, frame).pieces[0]
    assert anderson_rubin(other, frame).pieces[0] == pytest.approx((low, high), rel=1e-9)


def test_pliv_needs_no_form_of_the_covariates() -> None:
    frame = study(3, rows=2500, bend=2.0)
    bent = estimate(ANSWER, frame, by=PLIV(BOTH, outcome=SMOOTH, dose=SMOOTH, instrument=SMOOTH))
    assert abs(bent.value - 2.0) < 4 * bent.standard_error
    straight = estimate(ANSWER, frame, by=TwoStage(BOTH))
    assert abs(straight.value - 2.0) > 5 * bent.standard_error


def test_pliv_with_linear_learners_is_nearly_two_stages() -> None:
    frame = study(4, rows=4000)
    line = LinearRegression()
    once = estimate(ANSWER, frame, by=PLIV(BOTH, outcome=line, dose=line, instrument=line), seed=1)
    twice = estimate(ANSWER, frame, by=TwoStage(BOTH))
    assert once.value == pytest.approx(twice.value, abs=0.1 * twice.standard_error)
    assert once.standard_error == pytest.approx(twice.standard_error, rel=0.02)


def test_intervals_and_the_test_of_agreement_hold_their_level() -> None:
    held, rejected = 0, 0
    for seed in range(100):
        frame = study(seed, rows=300)
        found = estimate(ANSWER, frame, by=TwoStage(BOTH))
        held += 2.0 in found.interval()
        rejected += overidentification(found, frame).p_value < 0.05
    # Four standard errors of 100 studies are 9 points.
    assert held / 100 >= 0.86
    assert 0.0 < rejected / 100 <= 0.14


def test_an_instrument_that_acts_on_the_outcome_is_found_out() -> None:
    frame = study(5, third=1.0)
    found = estimate(ANSWER, frame, by=TwoStage(BOTH))
    told = overidentification(found, frame)
    assert told.p_value < 0.001
    assert told.freedom == 1
    assert "disagree" in str(told)
    assert anderson_rubin(found, frame).pieces == ()
    assert told.to_dict()["instruments"] == ["z1", "z2"]


def test_hansens_statistic_by_brute_force() -> None:
    frame = study(6)
    found = estimate(ANSWER, frame, by=TwoStage(BOTH))
    told = overidentification(found, frame)
    first = np.column_stack([np.ones(len(frame)), frame.w])
    clean = frame[["z1", "z2", "x", "y"]].to_numpy()
    clean = clean - first @ np.linalg.lstsq(first, clean, rcond=None)[0]
    z, x, y = clean[:, :2], clean[:, 2], clean[:, 3]

    def moments(effect: float) -> np.ndarray:
        return z * (y - effect * x)[:, None]

    middle = moments(found.value)
    weight = np.linalg.inv(np.cov(middle.T, bias=True))
    grid = np.linspace(told.effect - 0.02, told.effect + 0.02, 401)
    values = [moments(b).mean(axis=0) @ weight @ moments(b).mean(axis=0) for b in grid]
    assert told.statistic == pytest.approx(len(frame) * min(values), rel=1e-4)
    assert grid[int(np.argmin(values))] == pytest.approx(told.effect, abs=2e-4)
    assert told.p_value == pytest.approx(chi2.sf(told.statistic, 1))


def test_anderson_rubins_set_with_several_weak_instruments() -> None:
    held = endless = 0
    for seed in range(100):
        frame = study(seed, rows=200, strength=0.05)
        found = estimate(ANSWER, frame, by=TwoStage(BOTH))
        region = anderson_rubin(found, frame)
        held += 2.0 in region
        endless += any(math.isinf(end) for piece in region.pieces for end in piece)
        assert "weak instruments: the first-stage F of z1, z2" in str(found)
    # 95 % of 100, less four standard errors.
    assert held >= 87
    assert endless > 50


def test_ends_of_the_set_are_where_the_statistic_crosses() -> None:
    frame = study(7)
    by = TwoStage(BOTH)
    found = estimate(ANSWER, frame, by=by)
    moments = by.moments(found.recipe.read(frame), 0)
    ((low, high),) = anderson_rubin(found, frame).pieces
    for end in (low, high):
        rows = moments.top - end * moments.bottom
        g, v = rows.mean(axis=0), np.cov(rows.T, bias=True) / len(rows)
        assert g @ np.linalg.inv(v) @ g == pytest.approx(chi2.ppf(0.95, 2), rel=1e-6)


def test_scales_weights_clusters_polars() -> None:
    frame = study(8)
    by = TwoStage(BOTH)
    plain = estimate(ANSWER, frame, by=by)
    scaled = frame.assign(z1=1e5 * frame.z1 + 3, x=1e-3 * frame.x, w=1e6 * frame.w)
    turned = estimate(ANSWER, scaled, by=by)
    assert turned.value == pytest.approx(1e3 * plain.value, rel=1e-6)
    times = np.where(frame.w > 0, 3, 1)
    thrice = frame.loc[np.repeat(frame.index, times)].assign(i=lambda d: d.index)
    once = estimate(ANSWER, pl.from_pandas(frame.assign(m=times)), by=by, weights="m")
    again = estimate(ANSWER, thrice, by=by, clusters="i")
    assert once.value == pytest.approx(again.value, rel=1e-9)
    assert once.standard_error == pytest.approx(again.standard_error, rel=0.01)
    grouped = estimate(
        ANSWER, frame.assign(g=np.arange(600) // 5), by=PLIV(BOTH, folds=2, outcome=SMOOTH),
        clusters="g",
    )  # fmt: skip
    assert abs(grouped.value - 2.0) < 4 * grouped.standard_error


def test_what_it_refuses() -> None:
    frame = study(9)
    with pytest.raises(InstrumentError, match="'bad' is no instrument given"):
        estimate(ANSWER, frame, by=TwoStage(("z1", "bad")))
    with pytest.raises(InstrumentError, match="cause or the effect"):
        estimate(ANSWER, frame, by=TwoStage(("x",)))
    with pytest.raises(DataError, match="z2"):
        estimate(ANSWER, frame, by=TwoStage(("z22",)))
    with pytest.raises(InstrumentError, match="determine each other"):
        estimate(ANSWER, frame, by=TwoStage(("z1", "z2", "z3")))
    with pytest.raises(InstrumentError, match="tuple of different"):
        TwoStage(["z1"])  # type: ignore[arg-type]
    with pytest.raises(InstrumentError, match="tuple of different"):
        TwoStage(("z1", "z1"))
    with pytest.raises(InstrumentError, match="nothing is left to test"):
        overidentification(estimate(ANSWER, frame, by=TwoStage()), frame)
    with pytest.raises(EstimationError, match="one value in every row"):
        estimate(ANSWER, frame.assign(z1=1.0), by=TwoStage())
    with pytest.raises(EstimationError, match="predict 'z1' exactly"):
        estimate(ANSWER, frame.assign(z1=2 * frame.w + 1), by=TwoStage())
    with pytest.raises(EstimationError, match="2SLS needs an instrument"):
        estimate(identify(Graph("x -> y"), Query("y", do="x")), frame, by=TwoStage())
    with pytest.raises(EstimationError, match="PLR needs an adjustment set"):
        estimate(ANSWER, frame, by=PLR())
    with pytest.raises(EstimationError, match="folds"):
        PLIV(folds=1)
    with pytest.raises(EstimationError, match="no arms"):
        estimate(ANSWER, frame, by=TwoStage(), arms=(0, 1))
    with pytest.raises(EstimationError, match="7 rows"):
        estimate(ANSWER, frame.iloc[:7], by=PLIV())
    found = estimate(ANSWER, frame, by=TwoStage())
    with pytest.raises(EstimationError, match="does not hold"):
        anderson_rubin(found, frame.assign(x=frame.x * 2))
    with pytest.raises(EstimationError, match="An effect is expected"):
        overidentification(3.0, frame)  # type: ignore[arg-type]


def test_words() -> None:
    found = estimate(ANSWER, study(10), by=TwoStage(BOTH))
    assert found.estimand == "effect of one unit of x"
    assert "with z1, z2 as instrument" in found.why
    assert found.recipe.to_dict()["covariates"] == ["w"]
