"""Positivity violations: planted ones are told in words, chance is not."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from causalsim.checks.violating import Violation, violations
from causalsim.estimand.query import Query
from causalsim.estimation import Task


def located(seed: int, rows: int, chance: object) -> tuple[Violation, ...]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 80, rows),
            "income": rng.lognormal(size=rows),
            "sex": rng.integers(0, 2, rows),
            "region": rng.choice(["north", "south"], rows),
        }
    )
    frame["a"] = (rng.random(rows) < chance(frame)).astype(int)  # type: ignore[operator]
    frame["y"] = rng.normal(size=rows)
    task = Task.of(frame, Query("y", do="a"), ("age", "income", "sex", "region"))
    return violations(task, frame)


def test_a_planted_combination_is_told_in_words() -> None:
    found = located(1, 2000, lambda rows: 0.5 * ~((rows.age > 49) & (rows.sex == 1)))
    assert len(found) == 1
    assert str(found[0]).startswith("nobody with a = 1 has age from 50 and sex = 1 (")
    assert found[0].rows == found[0].covered.sum() > 400


def test_a_single_covariate_is_told_once() -> None:
    found = located(2, 2000, lambda rows: 0.5 * (rows.age < 70))
    assert [str(one).split(" (")[0] for one in found] == ["nobody with a = 1 has age above 69"]


def test_a_category_that_one_arm_lacks_is_told_in_a_combination() -> None:
    found = located(3, 2000, lambda rows: 0.4 * ~((rows.region == "south") & (rows.age < 40)))
    assert [str(one).split(" (")[0] for one in found] == [
        "nobody with a = 1 has age up to 39 and region = south"
    ]


def test_arms_that_are_alike_have_no_violations_beyond_chance() -> None:
    told = [len(located(seed, 300, lambda _: 0.05)) for seed in range(150)]
    # Three numbers and one indicator, two sides each, two arms: at most 16 in a thousand samples.
    assert binomtest(sum(one > 0 for one in told), 150, 0.016, "greater").pvalue > 0.005


@pytest.mark.parametrize("alone", ["east", "mid", "west"])
def test_the_alphabet_does_not_decide_which_category_is_told(alone: str) -> None:
    rng = np.random.default_rng(5)
    places = rng.choice(["east", "mid", "west"], 600)
    frame = pd.DataFrame({"place": places, "a": rng.integers(0, 2, 600) * (places != alone)})
    frame["y"] = rng.normal(size=600)
    found = violations(Task.of(frame, Query("y", do="a"), ("place",)), frame)
    lacking = int((places == alone).sum())
    assert [str(one) for one in found] == [
        f"nobody with a = 1 has place = {alone} ({lacking} with a = 0 do)"
    ]


def test_treatment_in_one_place_only_is_one_violation() -> None:
    rng = np.random.default_rng(6)
    places = rng.choice(["east", "mid", "west"], 600)
    frame = pd.DataFrame({"place": places, "a": rng.integers(0, 2, 600) * (places == "mid")})
    frame["y"] = rng.normal(size=600)
    found = violations(Task.of(frame, Query("y", do="a"), ("place",)), frame)
    assert [str(one).split(" (")[0] for one in found] == [
        "nobody with a = 1 has place other than mid"
    ]


def test_missing_cells_that_one_arm_lacks_are_told_as_such() -> None:
    rng = np.random.default_rng(7)
    age = np.where(rng.random(600) < 0.3, np.nan, rng.normal(size=600))
    frame = pd.DataFrame({"age": age, "a": rng.integers(0, 2, 600) * ~np.isnan(age)})
    frame["y"] = rng.normal(size=600)
    found = violations(Task.of(frame, Query("y", do="a"), ("age",)), frame)
    assert [str(one).split(" (")[0] for one in found] == ["nobody with a = 1 has age missing"]


def test_a_combination_is_found_behind_stronger_covariates_and_in_any_unit() -> None:
    rng = np.random.default_rng(8)
    need, income = rng.normal(size=(2, 2000))
    age = rng.integers(20, 90, 2000)
    smoker = rng.choice(["no", "yes"], 2000)
    a = (rng.random(2000) < 1 / (1 + np.exp(-1.2 * need - 0.8 * income))).astype(int)
    a[(smoker == "yes") & (age > 60)] = 0
    for size in (1.0, 1e-9):
        frame = pd.DataFrame(
            {"need": need * size, "income": income, "age": age * size, "smoker": smoker, "a": a}
        )
        frame["y"] = rng.normal(size=2000)
        task = Task.of(frame, Query("y", do="a"), ("need", "income", "age", "smoker"))
        said = [str(one) for one in violations(task, frame)]
        bound = f"age from {61 * size:g} and smoker = yes ("
        assert any(one.startswith(f"nobody with a = 1 has {bound}") for one in said), said
