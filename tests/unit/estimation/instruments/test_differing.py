"""For which compliers the effect is larger."""

import numpy as np
import pandas as pd
import pytest

from causalsim.datasets.instruments import encouragement
from causalsim.errors.estimation import EstimationError
from causalsim.errors.instruments import InstrumentError
from causalsim.estimand.query import Query
from causalsim.estimation import estimate
from causalsim.estimation.crossfitting.learners import Logistic, Mean, Ridge
from causalsim.estimation.instruments import LATE, TwoStage, conditional_late
from causalsim.graph.graph import Graph
from causalsim.identification.assuming import Linear, Monotone
from causalsim.identification.strategy import identify

GRAPH = Graph("x1 -> z <- x2; x1 -> y <- x2; z -> a -> y; a <-> y")
ANSWER = identify(GRAPH, Query("y", do="a"), assuming=Monotone("z", "a"))
QUICK = LATE(folds=2, repeats=1, outcome=Ridge(), treatment=Ridge(), instrument=Logistic())


@pytest.mark.slow
def test_the_slope_is_found_and_holds_as_often_as_it_says() -> None:
    held, slopes, errors = 0, [], []
    for seed in range(30):
        frame = encouragement(1200, seed=seed).frame
        effect = estimate(ANSWER, frame, by=QUICK, seed=seed)
        found = conditional_late(effect, frame, on=["x2"])
        rows = found.at(pd.DataFrame({"x2": [0.0, 1.0]}))
        held += rows.low[1] <= 3.0 <= rows.high[1]
        slopes.append(found.coefficients[1])
        errors.append(found.spread[1, 1] ** 0.5)
    # Thirty studies of a true 95 % give 24 or more but once in 2,000.
    assert held >= 24
    assert abs(np.mean(slopes) - 1.0) < 4 * np.std(slopes) / np.sqrt(30)
    assert np.mean(errors) == pytest.approx(np.std(slopes), rel=0.45)


def test_within_the_levels_of_a_column_it_is_walds_ratio_there() -> None:
    """With one half drawn alone, a line over two levels is their own two ratios."""
    rng = np.random.default_rng(1)
    g, k = rng.integers(0, 2, 4000), rng.random(4000)
    z = rng.permutation(np.arange(4000) % 2)
    a = np.where(k < 0.3, 1, np.where(k < 0.8, z, 0))
    frame = pd.DataFrame({"g": g, "z": z, "a": a, "y": a * (1 + 2 * g) + rng.normal(size=4000)})
    answer = identify(Graph("z -> a -> y; a <-> y; g -> y"), Query("y", do="a"),
                      assuming=Monotone("z", "a"))  # fmt: skip
    by = LATE(folds=1, repeats=1, outcome=Mean(), treatment=Mean(), instrument=0.5)
    effect = estimate(answer, frame, by=by)
    found = conditional_late(effect, frame, on=["g"]).at(pd.DataFrame({"g": [0, 1]}))
    for level in (0, 1):
        part = frame[frame.g == level]
        alone = estimate(answer, part, by=by)
        assert found.effect[level] == pytest.approx(alone.value, abs=0.15)
        reach = (found.high - found.low)[level] / 3.92
        assert reach == pytest.approx(alone.standard_error, rel=0.2)


def test_units_weights_and_categories() -> None:
    frame = encouragement(1000, seed=3).frame.assign(kind=lambda d: np.where(d.x2 > 0, "b", "a"))
    effect = estimate(ANSWER, frame, by=QUICK, seed=1)
    once = conditional_late(effect, frame, on=["x1", "x2"])
    scaled = frame.assign(far=1000 * frame.x1 - 5)
    again = conditional_late(effect, scaled, on=["far", "kind"])
    assert again.columns == ("far", "kind=b")
    assert again.coefficients[1] == pytest.approx(once.coefficients[1] / 1000, rel=1e-9)
    assert again.coefficients[2] == pytest.approx(once.coefficients[2], rel=1e-9)
    ends = (once.at(frame.head(5)).low, again.at(scaled.head(5)).low)
    assert ends[0].to_numpy() == pytest.approx(ends[1].to_numpy(), rel=1e-9)
    ones = frame.assign(w=2.0)
    weighted = estimate(ANSWER, ones, by=QUICK, seed=1, weights="w")
    same = conditional_late(weighted, ones, on=["x1", "x2"])
    assert same.coefficients == pytest.approx(once.coefficients, rel=1e-6)
    assert "kind=b" in str(again)
    assert again.to_dict()["columns"] == ["far", "kind=b"]


def test_what_it_refuses() -> None:
    frame = encouragement(600, seed=4).frame.assign(one=1.0, twin=lambda d: 2 * d.x1)
    effect = estimate(ANSWER, frame, by=QUICK, seed=1)
    with pytest.raises(InstrumentError, match="determine each other"):
        conditional_late(effect, frame, on=["x1", "twin"])
    with pytest.raises(EstimationError, match="one value in every row"):
        conditional_late(effect, frame, on=["one"])
    with pytest.raises(EstimationError, match="at least one covariate"):
        conditional_late(effect, frame, on=[])
    linear = identify(GRAPH, Query("y", do="a"), assuming=Linear())
    with pytest.raises(EstimationError, match="an effect by LATE"):
        conditional_late(estimate(linear, frame, by=TwoStage()), frame, on=["x1"])
