"""Linear effects from covariances: the same as least squares, honest when instruments are weak."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, estimate
from causalsim.estimation.estimators.covariances import Covariances
from causalsim.estimation.instruments import anderson_rubin
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Linear
from causalsim.identification.assuming.linearity import by_linearity
from causalsim.identification.strategy import identify

IV = identify(Graph("z -> x -> y; x <-> y"), Query("y", do="x"), assuming=Linear())


def study(seed: int, strength: float = 1.0, rows: int = 500) -> pd.DataFrame:
    """The effect of x on y is 2; a hidden cause of both adds to it."""
    rng = np.random.default_rng(seed)
    z, u, e = rng.normal(size=(3, rows))
    x = strength * z + u
    return pd.DataFrame({"z": z, "x": x, "y": 2 * x + 3 * u + e})


def test_a_coefficient_is_least_squares_with_whites_errors() -> None:
    rng = np.random.default_rng(1)
    w = rng.normal(size=800)
    x = w + rng.normal(size=800)
    y = 1.5 * x - w + np.abs(x) * rng.normal(size=800)
    frame = pd.DataFrame({"w": w, "x": x, "y": y})
    graph = Graph("x <- w -> y; x -> y")
    answer = by_linearity(graph, Query("y", do="x"), Linear())
    found = estimate(answer, frame, by=Covariances())
    fitted = sm.OLS(y, sm.add_constant(frame[["x", "w"]])).fit(cov_type="HC0")
    assert found.value == pytest.approx(fitted.params["x"], rel=1e-9)
    assert found.standard_error == pytest.approx(fitted.bse["x"], rel=1e-4)


def test_units_of_measurement_do_not_matter() -> None:
    frame = study(1)
    once = estimate(IV, frame, by=Covariances())
    scaled = estimate(IV, frame.assign(y=frame.y * 1e6, z=frame.z * 1e-4), by=Covariances())
    assert scaled.value == pytest.approx(once.value * 1e6, rel=1e-6)
    assert scaled.standard_error == pytest.approx(once.standard_error * 1e6, rel=1e-4)


def test_intervals_of_a_strong_instrument_hold_the_effect() -> None:
    found = [estimate(IV, study(seed), by=Covariances()) for seed in range(200)]
    values = np.array([one.value for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.2)
    assert np.mean([2.0 in one.interval() for one in found]) >= 0.89


def test_anderson_rubin_holds_the_effect_however_weak_the_instrument() -> None:
    held, wald, endless = 0, 0, 0
    for seed in range(300):
        frame = study(seed, strength=0.05, rows=200)
        found = estimate(IV, frame, by=Covariances())
        region = anderson_rubin(found, frame)
        held += 2.0 in region
        wald += 2.0 in found.interval()
        endless += math.isinf(region.pieces[0][0])
    # 300 studies of a true 95 % lie within four standard errors, 5 points.
    assert held / 300 >= 0.90
    assert wald / 300 < held / 300
    assert endless > 150


def test_a_front_door_of_paths() -> None:
    rng = np.random.default_rng(3)
    u, a, b, c = rng.normal(size=(4, 3000))
    s = u + a
    t = 0.5 * s + b
    frame = pd.DataFrame({"s": s, "t": t, "y": 2 * t + u + c})
    graph = Graph("s -> t -> y; s <-> y")
    answer = by_linearity(graph, Query("y", do="s"), Linear())
    found = estimate(answer, frame, by=Covariances())
    assert abs(found.value - 1.0) < 4 * found.standard_error


def test_what_is_wrong_is_said() -> None:
    frame = study(1)
    with pytest.raises(EstimationError, match="one value in every row"):
        estimate(IV, frame.assign(z=1.0), by=Covariances())
    with pytest.raises(EstimationError, match="covariances of these rows"):
        estimate(IV, frame.assign(y=frame.x), by=Covariances())
    with pytest.raises(EstimationError, match="AIPW needs an adjustment set"):
        estimate(IV, frame, by=AIPW())
    plain = identify(Graph("x -> y"), Query("y", do="x"))
    with pytest.raises(EstimationError, match="assuming=Linear"):
        estimate(plain, frame, by=Covariances())
    adjusted = estimate(
        plain, frame.assign(x=(frame.x > 0) * 1), by=AIPW(folds=2, repeats=1), seed=1
    )
    with pytest.raises(EstimationError, match="one instrument alone"):
        anderson_rubin(adjusted, frame)
