"""Positivity violations: planted ones are told in words, chance is not."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from causalsim.checks.violating import violations
from causalsim.estimand.query import Query
from causalsim.estimation import Task


def task(seed: int, rows: int, chance: object) -> Task:
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
    return Task.of(frame, Query("y", do="a"), ("age", "income", "sex", "region"))


def test_a_planted_combination_is_told_in_words() -> None:
    found = violations(task(1, 2000, lambda rows: 0.5 * ~((rows.age > 49) & (rows.sex == 1))))
    assert len(found) == 1
    assert str(found[0]).startswith("nobody with a = 1 has age from 50 and sex = 1 (")
    assert found[0].rows == found[0].covered.sum() > 400


def test_a_single_covariate_is_told_once() -> None:
    found = violations(task(2, 2000, lambda rows: 0.5 * (rows.age < 70)))
    assert [str(one).split(" (")[0] for one in found] == ["nobody with a = 1 has age above 69"]


def test_a_category_that_one_arm_lacks_is_told_in_a_combination() -> None:
    found = violations(
        task(3, 2000, lambda rows: 0.4 * ~((rows.region == "south") & (rows.age < 40)))
    )
    assert [str(one).split(" (")[0] for one in found] == [
        "nobody with a = 1 has age up to 39 and region=south = 1"
    ]


def test_arms_that_are_alike_have_no_violations_beyond_chance() -> None:
    told = [len(violations(task(seed, 300, lambda _: 0.05))) for seed in range(300)]
    # Three numbers and one indicator, two sides each, two arms: at most 16 in a thousand samples.
    assert binomtest(sum(one > 0 for one in told), 300, 0.016, "greater").pvalue > 0.005
