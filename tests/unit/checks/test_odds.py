"""The marginal sensitivity model beside a linear program, its laws, and what it refuses."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks.sensitivity import odds_sensitivity, worst_case
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import (
    AIPW,
    IPW,
    Effect,
    Overlap,
    Ratio,
    Task,
    Treated,
    Untreated,
)
from causalsim.estimation.reading.roles import Roles

QUERY = Query("y", do="a")
LIGHT = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())


def program(y: np.ndarray, gamma: float, sign: float) -> float:
    """The largest (sign 1) or least mean of y under weights in [1/gamma, gamma] with mean one."""
    n = len(y)
    found = linprog(-sign * y / n, A_eq=np.ones((1, n)), b_eq=[n], bounds=[(1 / gamma, gamma)] * n)
    return float(-sign * found.fun)


def by_program(frame: pd.DataFrame, gamma: float, sign: float, target: Any) -> float:
    """The end of the range, stratum by stratum, from linear programs."""
    total, members = 0.0, 0
    strata = frame.groupby("x") if "x" in frame else [(0, frame)]
    for _, part in strata:
        one, none = (part.loc[part["a"] == code, "y"].to_numpy(float) for code in (1, 0))
        if not isinstance(target, Untreated):
            total += one.sum() - len(one) * program(none, gamma, -sign)
            members += len(one)
        if not isinstance(target, Treated):
            total += len(none) * program(one, gamma, sign) - none.sum()
            members += len(none)
    return total / members


def saturated(frame: pd.DataFrame, target: Any = None) -> Effect:
    """AIPW whose regressions are the means of the strata, in sample."""
    names = ("x",) if "x" in frame else ()
    by = AIPW(
        folds=1,
        repeats=1,
        outcome=LinearRegression(),
        propensity=LogisticRegression(C=1e9, tol=1e-10),
        clip=0.0,
        **({} if target is None else {"target": target}),
    )
    return by.fit(Task.of(frame, QUERY, names), seed=1)


@pytest.mark.parametrize("target", [None, Treated(), Untreated()], ids=str)
@pytest.mark.parametrize("gamma", [1.0, 1.3, 2.0, 7.0])
def test_without_covariates_the_range_is_the_linear_program(gamma: float, target: Any) -> None:
    rng = np.random.default_rng(5)
    a = np.repeat([0, 1], [23, 17])
    frame = pd.DataFrame({"a": a, "y": rng.standard_normal(40) + 3 * a})
    found = odds_sensitivity(saturated(frame, target), frame, gammas=(gamma,)).ranges[-1]
    assert found.low == pytest.approx(by_program(frame, gamma, -1.0, target), abs=1e-7)
    assert found.high == pytest.approx(by_program(frame, gamma, 1.0, target), abs=1e-7)


@pytest.mark.parametrize("target", [None, Treated(), Untreated()], ids=str)
@pytest.mark.parametrize("gamma", [1.0, 1.3, 2.0, 7.0])
def test_zeros_and_ones_are_sharp_in_every_stratum(gamma: float, target: Any) -> None:
    rng = np.random.default_rng(6)
    x = rng.integers(0, 2, 300)
    a = (rng.random(300) < 0.3 + 0.4 * x).astype(int)
    y = (rng.random(300) < 0.2 + 0.3 * a + 0.2 * x).astype(int)
    frame = pd.DataFrame({"x": x, "a": a, "y": y})
    found = odds_sensitivity(saturated(frame, target), frame, gammas=(gamma,)).ranges[-1]
    assert found.low == pytest.approx(by_program(frame, gamma, -1.0, target), abs=1e-4)
    assert found.high == pytest.approx(by_program(frame, gamma, 1.0, target), abs=1e-4)


def test_numbers_are_valid_in_every_stratum_and_nearly_sharp_where_they_only_shift() -> None:
    rng = np.random.default_rng(7)
    x = rng.integers(0, 2, 4000)
    a = (rng.random(4000) < 0.3 + 0.4 * x).astype(int)
    frame = pd.DataFrame({"x": x, "a": a, "y": a + 2 * x + rng.standard_normal(4000)})
    for gamma in (1.5, 3.0):
        found = odds_sensitivity(saturated(frame), frame, gammas=(gamma,)).ranges[-1]
        low, high = (by_program(frame, gamma, sign, None) for sign in (-1.0, 1.0))
        assert found.low <= low + 1e-6
        assert found.high >= high - 1e-6
        assert found.low == pytest.approx(low, abs=0.02)
        assert found.high == pytest.approx(high, abs=0.02)


def confounded(rows: int, gamma: float, seed: int) -> tuple[pd.DataFrame, float]:
    """A hidden coin that changes the odds of treatment by ``gamma`` and the outcome by 3."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(rows)
    u = rng.integers(0, 2, rows)
    # With odds times sqrt(gamma) or divided by it, all odds lie within gamma of the marginal ones.
    odds = np.exp(0.5 * x + (u - 0.5) * np.log(gamma))
    a = (rng.random(rows) < odds / (1 + odds)).astype(int)
    y = 0.5 * a + x + 3.0 * u + rng.standard_normal(rows)
    return pd.DataFrame({"x": x, "a": a, "y": y}), 0.5


def test_the_range_holds_the_truth_when_the_hidden_cause_is_as_strong_as_said() -> None:
    held, naive = 0, 0
    for seed in range(30):
        frame, truth = confounded(600, 2.0, seed)
        effect = LIGHT.fit(Task.of(frame, QUERY, ("x",)), seed=seed)
        found = odds_sensitivity(effect, frame, gammas=(2.0,))
        inside = found.ranges[-1].interval()
        held += inside.low <= truth <= inside.high
        naive += truth in effect.interval()
    assert held >= 28
    assert naive <= 12


FRAME, _ = confounded(500, 2.0, 99)
TASK = Task.of(FRAME, QUERY, ("x",))
EFFECT = LIGHT.fit(TASK, seed=1)


@pytest.mark.parametrize("target", [None, Treated(), Untreated()], ids=str)
@pytest.mark.parametrize("roles", [{}, {"weights": "w"}, {"clusters": "c"}])
def test_at_one_the_range_is_the_estimate_and_its_interval(target: Any, roles: Any) -> None:
    rng = np.random.default_rng(2)
    frame = FRAME.assign(w=rng.uniform(0.5, 2, 500), c=np.arange(500) // 5)
    task = Task.of(frame, QUERY, ("x",), Roles(**roles))
    for repeats in (1, 3):
        by = AIPW(folds=2, repeats=repeats, outcome=LinearRegression())
        by = by if target is None else AIPW(folds=2, repeats=repeats, target=target)
        effect = by.fit(task, seed=1)
        one = odds_sensitivity(effect, frame).ranges[0]
        assert one.low == pytest.approx(effect.value, rel=1e-9)
        assert one.high == pytest.approx(effect.value, rel=1e-9)
        assert one.interval().low == pytest.approx(effect.interval().low, rel=1e-6)


def test_ranges_widen_and_stay_within_the_worst_case() -> None:
    found = odds_sensitivity(EFFECT, FRAME, gammas=(1, 1.01, 1.2, 2, 4, 20, 500))
    lows, highs = ([getattr(one, end) for one in found.ranges] for end in ("low", "high"))
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs)
    y = FRAME["y"]
    span = y.max() - y.min()
    widest = worst_case(EFFECT, FRAME, bounds=(y.min() - span, y.max() + span))
    assert widest.low < lows[-1] < highs[-1] < widest.high


def test_the_factor_at_which_the_interval_holds_no_effect() -> None:
    found = odds_sensitivity(EFFECT, FRAME)
    assert 1.0 < found.limit < found.explained
    at = odds_sensitivity(EFFECT, FRAME, gammas=(found.limit, found.explained))
    assert at.ranges[1].interval().low == pytest.approx(0.0, abs=0.01)
    assert at.ranges[2].low == pytest.approx(0.0, abs=0.01)
    assert f"factor of {found.limit:.2f}" in str(found)
    negative = LIGHT.fit(Task.of(FRAME, QUERY, ("x",), Roles(arms=(1, 0))), seed=1)
    assert odds_sensitivity(negative, FRAME).limit == pytest.approx(found.limit, rel=1e-3)


def test_it_shows_itself() -> None:
    found = odds_sensitivity(EFFECT, FRAME)
    assert found.to_frame().shape == (5, 4)
    assert found._repr_html_().count("<tr>") == 6
    assert set(found.to_dict()) == {"gammas", "ranges", "explained", "limit"}
    assert "odds of treatment" in found.plot().get_xlabel()
    nothing = LIGHT.fit(TASK.with_treatment(np.arange(500) % 2), seed=1)
    frame = FRAME.assign(a=np.arange(500) % 2)
    assert "even without any hidden cause" in str(odds_sensitivity(nothing, frame))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: odds_sensitivity(3.4, FRAME), "effect is expected"),
        (lambda: odds_sensitivity(IPW().fit(TASK, 1), FRAME), "does not apply to IPW"),
        (
            lambda: odds_sensitivity(AIPW(repeats=1, target=Overlap()).fit(TASK, 1), FRAME),
            "made for differences, for everyone",
        ),
        (
            lambda: odds_sensitivity(
                AIPW(repeats=1, contrast=Ratio()).fit(
                    Task.of(FRAME.assign(y=1 + (FRAME["y"] > 0)), QUERY, ("x",)), 1
                ),
                FRAME.assign(y=1 + (FRAME["y"] > 0)),
            ),
            "made for differences",
        ),
        (lambda: odds_sensitivity(EFFECT, FRAME, gammas=(0.5,)), "finite factors from 1"),
        (lambda: odds_sensitivity(EFFECT, FRAME, gammas=("two",)), "finite factors from 1"),
        (lambda: odds_sensitivity(EFFECT, FRAME, gammas=(np.inf,)), "finite factors from 1"),
        (lambda: odds_sensitivity(EFFECT, FRAME.iloc[::-1]), "does not hold the outcomes"),
    ],
)
def test_questions_without_an_answer(call: Any, message: str) -> None:
    with pytest.raises(EstimationError, match=message) as caught:
        call()
    assert "Hint:" in str(caught.value)


def test_three_arms_are_refused() -> None:
    frame = FRAME.assign(a=np.arange(500) % 3)
    effect = LIGHT.fit(Task.of(frame, QUERY, ("x",), Roles(arms=(0, 1))), seed=1)
    with pytest.raises(EstimationError, match="compares two arms"):
        odds_sensitivity(effect, frame)
