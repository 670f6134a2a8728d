"""Where covariates begin, and in what unit they are measured, changes nothing."""

from typing import Any

import numpy as np
import pytest

from causalsim.datasets.sequences import two_visits
from causalsim.estimand.query import Query
from causalsim.estimation.estimating import estimate
from causalsim.estimation.reading.scaling import Scaling
from causalsim.estimation.sequences import GEstimation, GFormula
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

DATA = two_visits(500, seed=1)
ANSWER = identify(Graph(DATA.graph), Query("y", do=["a0", "a1"]))
UNITS = [(1e-5, 0.0), (1e5, 0.0), (1.0, 1e4), (100.0, 2e5)]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("by", [GFormula(), GFormula(order=1), GEstimation()], ids=str)
def test_other_units_give_the_same_effect(by: Any, unit: tuple[float, float]) -> None:
    size, start = unit
    moved = DATA.frame.assign(l0=DATA.frame.l0 * size + start, l1=DATA.frame.l1 * size - start)
    one, other = (estimate(ANSWER, frame, by=by) for frame in (DATA.frame, moved))
    assert other.value == pytest.approx(one.value, rel=1e-5)
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-5)


@pytest.mark.parametrize("unit", UNITS)
def test_blips_at_a_modifier_are_those_at_the_same_person(unit: tuple[float, float]) -> None:
    size, start = unit
    moved = DATA.frame.assign(l0=DATA.frame.l0 * size + start)
    one = estimate(ANSWER, DATA.frame, by=GEstimation("l0", at={"l0": 0.7}))
    other = estimate(ANSWER, moved, by=GEstimation("l0", at={"l0": 0.7 * size + start}))
    assert other.value == pytest.approx(one.value, rel=1e-5)
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-5)


def test_slopes_are_told_in_the_unit_of_the_columns() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal([5.0, -3.0, 2.0], [2.0, 0.1, 0.0], (50, 3))
    share = rng.uniform(0.5, 2.0, 50)
    scaled = Scaling.of(rows, share)
    assert np.average(scaled(rows)[:, :2], axis=0, weights=share) == pytest.approx(0.0, abs=1e-9)
    slopes = rng.normal(size=4)
    here = np.column_stack([np.ones(50), scaled(rows)]) @ slopes
    there = np.column_stack([np.ones(50), rows]) @ (scaled.turn @ slopes)
    assert here == pytest.approx(there)
