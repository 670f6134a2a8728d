"""Sensitivity with sampling weights, several arms, and estimators that lack what it needs."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks import e_value, linear_robustness, refute, robustness
from causalsim.checks.sensitivity import benchmarks, odds_sensitivity, worst_case
from causalsim.errors.checking import CheckError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, IPW, OddsRatio, Task, Treated
from causalsim.estimation.reading.roles import Roles

QUERY = Query("y", do="a")
PLAIN = AIPW(folds=1, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression(C=1e6))
ATT = AIPW(
    folds=1,
    repeats=1,
    outcome=LinearRegression(),
    propensity=LogisticRegression(C=1e6),
    target=Treated(),
)


def people() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    x, z, noise = rng.standard_normal((3, 400))
    a = (rng.random(400) < 1 / (1 + np.exp(-x))).astype(int)
    w = rng.choice([1.0, 2.0, 3.0], 400)
    return pd.DataFrame({"x": x, "z": z, "a": a, "w": w, "y": a + x + z + w * noise})


FRAME = people()
COPIES = FRAME.loc[FRAME.index.repeat(FRAME["w"].astype(int))].rename_axis("id").reset_index()


@pytest.mark.parametrize("by", [PLAIN, ATT])
@pytest.mark.parametrize(
    "check",
    [
        lambda effect, frame: robustness(effect, frame).scale,
        lambda effect, frame: robustness(effect, frame).robustness_value(),
        lambda effect, frame: robustness(effect, frame).robustness_limit(),
        lambda effect, frame: linear_robustness(effect, frame)[0].value,
        lambda effect, frame: linear_robustness(effect, frame)[0].extreme_share * 5,
        lambda effect, frame: linear_robustness(effect, frame, ("x",), (1.0,))[1][0].outcome_share,
        lambda effect, frame: benchmarks(effect, frame, ("x",))[0].outcome_share,
        lambda effect, frame: benchmarks(effect, frame, ("x",))[0].treatment_share,
        lambda effect, frame: worst_case(effect, frame, (-20, 20)).low,
        lambda effect, frame: odds_sensitivity(effect, frame, (2.0,)).ranges[-1].low,
        lambda effect, frame: e_value(effect, frame).value,
    ],
)
def test_a_weight_of_three_is_three_people(by: AIPW, check: Any) -> None:
    covariates = ("x", "z")
    one = by.fit(Task.of(FRAME, QUERY, covariates, Roles(weights="w")), seed=1)
    copies = by.fit(Task.of(COPIES, QUERY, covariates, Roles(clusters="id")), seed=1)
    # Degrees of freedom and n - 1 are counted in rows.
    assert check(one, FRAME) == pytest.approx(check(copies, COPIES), rel=4e-3)


def test_the_line_of_two_arms_reads_no_third() -> None:
    rng = np.random.default_rng(5)
    arm = rng.choice(["low", "mid", "top"], 600)
    frame = pd.DataFrame({"arm": arm, "x": rng.standard_normal(600)})
    frame["y"] = 1.0 * (arm == "top") + 50.0 * (arm == "mid") + frame.x + rng.normal(size=600)
    asked = Roles(arms=("low", "top"))
    effect = AIPW(folds=2, repeats=1).fit(
        Task.of(frame, Query("y", do="arm"), ("x",), asked), seed=1
    )
    found, _ = linear_robustness(effect, frame)
    assert abs(found.value - 1.0) < 4 * found.error
    two = frame[frame["arm"] != "mid"]
    alone = AIPW(folds=2, repeats=1).fit(Task.of(two, Query("y", do="arm"), ("x",)), seed=1)
    assert found == linear_robustness(alone, two)[0]


def test_weights_alone_leave_nothing_of_the_outcome_to_share() -> None:
    effect = IPW().fit(Task.of(FRAME, QUERY, ("x", "z")), seed=1)
    for check in (robustness, lambda effect, frame: benchmarks(effect, frame, ("x",))):
        with pytest.raises(CheckError, match="covariates leave of the outcome"):
            check(effect, FRAME)


def test_a_covariate_that_decides_the_treatment_leaves_nothing() -> None:
    frame = FRAME.assign(s=FRAME["a"] * 2.0)
    known = AIPW(folds=2, repeats=1, propensity=0.5)
    effect = known.fit(Task.of(frame, QUERY, ("x", "s")), seed=1)
    with pytest.raises(EstimationError, match="decide the treatment"):
        linear_robustness(effect, frame)


def test_the_mean_of_an_arm_and_a_difference_of_chances_have_no_e_value() -> None:
    mean = PLAIN.fit(Task.of(FRAME, Query("y", do={"a": 1}), ("x",)), seed=1)
    with pytest.raises(EstimationError, match="holds it at one"):
        e_value(mean, FRAME)
    binary = FRAME.assign(y=(FRAME["y"] > 0).astype(int))
    chance = AIPW(folds=2, repeats=1).fit(Task.of(binary, QUERY, ("x",)), seed=1)
    with pytest.raises(CheckError, match=r"difference of chances[\s\S]*contrast=Ratio"):
        e_value(chance, binary)


def test_the_odds_of_a_rare_outcome_are_its_chance() -> None:
    rare = FRAME.assign(y=(FRAME["y"] > 3.5).astype(int))
    assert 0.02 < rare["y"].mean() < 0.15
    odds = AIPW(folds=2, repeats=1, contrast=OddsRatio())
    effect = odds.fit(Task.of(rare, QUERY, ("x",)), seed=1)
    assert e_value(effect).ratio == pytest.approx(np.sqrt(effect.value))
    assert e_value(effect, rare).ratio == pytest.approx(effect.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda found: found.bounds("a", 0.1), "share must be"),
        (lambda found: found.contour(most="a"), "most must be"),
        (lambda found: found.benchmark("x", 0.1, 0.1, times=0.0), "times must be"),
        (lambda found: found.benchmark("x", 1.0, 1.0), "explain more of the treatment"),
    ],
)
def test_settings_of_another_kind_are_refused(call: Any, words: str) -> None:
    effect = PLAIN.fit(Task.of(FRAME, QUERY, ("x", "z")), seed=1)
    with pytest.raises(EstimationError, match=words):
        call(robustness(effect, FRAME))


def test_one_name_is_one_covariate() -> None:
    frame = FRAME.rename(columns={"x": "age"})
    effect = PLAIN.fit(Task.of(frame, QUERY, ("age", "z")), seed=1)
    assert benchmarks(effect, frame, "age") == benchmarks(effect, frame, ("age",))
    assert [one.covariate for one in linear_robustness(effect, frame, "age", (1.0,))[1]] == ["age"]


def test_no_attempt_is_no_proof() -> None:
    effect = PLAIN.fit(Task.of(FRAME, QUERY, ("x", "z")), seed=1)
    with pytest.raises(EstimationError, match="one or several attempts"):
        refute(effect, FRAME, by=[])
