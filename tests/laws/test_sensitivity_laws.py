"""What is true of every sensitivity analysis: nothing at no confounding, wider with more of it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.checks.sensitivity import (
    Robustness,
    e_value,
    odds_sensitivity,
    rosenbaum,
    worst_case,
)
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Effect, Task
from causalsim.estimation.recipe import Recipe

LIGHT = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=LogisticRegression())
QUERY = Query("y", do="a")
SEEDS = st.integers(0, 10_000)
GAMMAS = st.lists(st.floats(1.0, 30.0), min_size=2, max_size=5)


def study(seed: int, binary: bool) -> tuple[pd.DataFrame, Effect]:
    """A small study by AIPW, with one covariate."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(80)
    a = (x + rng.logistic(size=80) > 0).astype(int)
    a[:8] = np.arange(8) % 2
    y = x + a + rng.standard_normal(80)
    frame = pd.DataFrame({"x": x, "a": a, "y": (y > 0).astype(float) if binary else y})
    return frame, LIGHT.fit(Task.of(frame, QUERY, ("x",)), seed=seed)


@given(SEEDS, st.booleans(), GAMMAS)
@settings(deadline=None, max_examples=15)
def test_odds_give_the_estimate_at_one_and_widen(
    seed: int, binary: bool, gammas: list[float]
) -> None:
    frame, effect = study(seed, binary)
    found = odds_sensitivity(effect, frame, gammas)
    assert found.ranges[0].low == pytest.approx(effect.value, rel=1e-9, abs=1e-12)
    assert found.ranges[0].high == pytest.approx(effect.value, rel=1e-9, abs=1e-12)
    for before, after in zip(found.ranges, found.ranges[1:], strict=False):
        assert after.low <= before.low
        assert before.high <= after.high
    assert 1.0 <= found.limit <= found.explained


@given(SEEDS, st.floats(1.0, 50.0))
@settings(deadline=None, max_examples=15)
def test_without_covariates_odds_stay_within_the_worst_case_and_are_sharp(
    seed: int, gamma: float
) -> None:
    rng = np.random.default_rng(seed)
    a = np.concatenate([[0, 1] * 3, rng.integers(0, 2, 14)])
    y = rng.uniform(-1, 1, 20)
    frame = pd.DataFrame({"a": a, "y": y})
    by = AIPW(folds=1, repeats=1, clip=0.0)
    effect = by.fit(Task.of(frame, QUERY, ()), seed=1)
    found = odds_sensitivity(effect, frame, (gamma,)).ranges[-1]
    widest = worst_case(effect, frame, bounds=(-1.0, 1.0))
    assert widest.low - 1e-9 <= found.low <= found.high <= widest.high + 1e-9

    def extreme(rows: np.ndarray, sign: float) -> float:
        n = len(rows)
        made = linprog(
            -sign * rows / n, A_eq=np.ones((1, n)), b_eq=[n], bounds=[(1 / gamma, gamma)] * n
        )
        return float(-sign * made.fun)

    p, one, none = a.mean(), y[a == 1], y[a == 0]
    high = p * (one.mean() - extreme(none, -1)) + (1 - p) * (extreme(one, 1) - none.mean())
    assert found.high == pytest.approx(high, abs=1e-7)


@given(st.lists(st.floats(-5, 5).filter(lambda d: abs(d) > 1e-3), min_size=3, max_size=25), GAMMAS)
@settings(deadline=None, max_examples=30)
def test_p_values_of_pairs_spread(differences: list[float], gammas: list[float]) -> None:
    found = rosenbaum(differences, gammas)
    assert found.largest[0] == found.smallest[0]
    assert all(a <= b + 1e-12 for a, b in zip(found.largest, found.largest[1:], strict=False))
    assert all(a >= b - 1e-12 for a, b in zip(found.smallest, found.smallest[1:], strict=False))
    assert all(0 <= p <= 1 for p in found.largest + found.smallest)


@given(st.floats(-5, 5), st.floats(0.01, 2), st.floats(0.5, 20), st.floats(0, 0.9), st.floats(0, 1))
@settings(deadline=None, max_examples=50)
def test_stronger_confounders_move_more(
    value: float, error: float, scale: float, a: float, y: float
) -> None:
    made = Robustness(value, error, scale)
    share = made.robustness_value()
    assert made.bias(share, share) == pytest.approx(abs(value), abs=1e-9)
    assert made.bias(a, y) <= made.bias(min(a + 0.05, 0.95), min(y + 0.05, 1.0))
    assert made.bounds(0.0, y).low == pytest.approx(value)
    assert made.robustness_limit() <= share + 1e-12
    assert made.bounds(a, y).low <= value <= made.bounds(a, y).high


@given(st.floats(0.05, 20.0))
@settings(deadline=None, max_examples=30)
def test_a_ratio_and_its_inverse_are_as_hard_to_explain(ratio: float) -> None:
    recipe = Recipe(None, "none", 1, Query("y", do="a"), 1, 0, (), "", "", "")
    one, other = (
        e_value(Effect(r, np.zeros(4), "IPW", "average ratio", recipe, multiplicative=True))
        for r in (ratio, 1 / ratio)
    )
    assert one.value == pytest.approx(other.value)
    assert one.value >= max(ratio, 1 / ratio) - 1e-12
