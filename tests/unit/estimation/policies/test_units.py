"""Policies in other units, in another order, and by hand that name no treatment."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from causalsim.datasets.generators import uneven_effects
from causalsim.errors.policies import PolicyError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Task
from causalsim.estimation.heterogeneity import (
    CausalForest,
    LinearDML,
    calibration,
    conditional_effects,
)
from causalsim.estimation.policies import Aim, PolicyForest, PolicyTree, learn_policy, policy_value

DATA = uneven_effects(400, seed=1)
NAMES = tuple(f"x{place}" for place in range(1, 6))
BY = AIPW(folds=2, repeats=1, outcome=LinearRegression())
UNITS = [(1e-9, 0.0), (1e6, 0.0), (1.0, 1e7)]


def effect(frame: pd.DataFrame) -> Any:
    return BY.fit(Task.of(frame, Query("y", do="a"), NAMES), seed=1)


def moved(size: float, start: float) -> pd.DataFrame:
    return DATA.frame.assign(**{name: DATA.frame[name] * size + start for name in NAMES})


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("by", [PolicyTree(least=20), PolicyForest(trees=20)], ids=str)
def test_covariates_in_other_units_decide_alike(by: Any, unit: tuple[float, float]) -> None:
    found = []
    for frame in (DATA.frame, moved(*unit)):
        learnt = learn_policy(effect(frame), frame, by=by, aim=Aim(cost={1: 1.0}), parts=2, seed=1)
        found.append((learnt.decide(frame), learnt.value.value))
    assert 0.05 < found[0][0].mean() < 0.95
    # Nuisances differ by rounding, which may move a border by some rows.
    assert np.mean(found[0][0] == found[1][0]) > 0.9
    assert found[1][1] == pytest.approx(found[0][1], abs=0.15)


@pytest.mark.parametrize("unit", UNITS)
def test_metalearners_of_others_know_no_units(unit: tuple[float, float]) -> None:
    for by in (CausalForest(trees=100), LinearDML()):
        one, other = (
            conditional_effects(effect(frame), frame, by=by, parts=2, seed=1).held_out
            for frame in (DATA.frame, moved(*unit))
        )
        assert one.std() > 0.1
        assert np.corrcoef(one, other)[0, 1] > 0.99


def test_calibration_in_tiny_units_is_the_same() -> None:
    slopes = []
    for size in (1.0, 1e-10):
        frame = DATA.frame.assign(y=DATA.frame.y * size)
        learnt = conditional_effects(effect(frame), frame, by=LinearDML(), parts=2, seed=1)
        slopes.append(calibration(learnt).slope)
    assert slopes[1] == pytest.approx(slopes[0], rel=1e-6)


def test_a_threshold_is_told_as_it_decides() -> None:
    rng = np.random.default_rng(3)
    year = rng.integers(1990, 2040, 600)
    a = rng.integers(0, 2, 600)
    y = a * np.where(year <= 2015, 1.0, -1.0) + 0.1 * rng.normal(size=600)
    frame = pd.DataFrame({"year": year, "a": a, "y": y})
    made = AIPW(folds=2, repeats=1).fit(Task.of(frame, Query("y", do="a"), ("year",)), seed=1)
    learnt = learn_policy(made, frame, by=PolicyTree(depth=1), parts=2, seed=1)
    decided = learnt.decide(pd.DataFrame({"year": [2015, 2016]}))
    assert decided.tolist() == [1, 0]
    assert "2015.5" in learnt.in_words()  # four digits would say 2016 and mean less


def test_the_same_people_in_another_order_are_known() -> None:
    learnt = learn_policy(effect(DATA.frame), DATA.frame, parts=2, seed=1)
    other = DATA.frame.sample(frac=1.0, random_state=1)
    with pytest.raises(PolicyError, match="learnt from these very rows"):
        policy_value(effect(other), other, learnt)


class _Places:
    def __init__(self, places: Any) -> None:
        self.places = places

    def arms(self, frame: Any, levels: Any) -> Any:
        return self.places


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (np.full(400, -1), "-1"),
        (np.full(400, 2), "2"),
        (np.zeros(5, dtype=int), r"shape \(5,\)"),
        (["drug"] * 400, "drug"),
        (np.full(400, 0.5), "0.5"),
        (np.full(400, np.nan), "nan"),
    ],
)
def test_places_of_no_treatment_are_refused(places: Any, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        policy_value(effect(DATA.frame), DATA.frame, _Places(places))
