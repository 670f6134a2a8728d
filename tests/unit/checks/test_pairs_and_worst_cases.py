"""Signed ranks by enumeration, pairs by brute force, and the worst case by filling in."""

from itertools import permutations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, wilcoxon

from causalsim.checks.sensitivity import pair_differences, rosenbaum, worst_case
from causalsim.checks.sensitivity.partial import Range, critical
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation import IPW, Overlap, Regression, Task, Treated, Untreated
from causalsim.estimation.estimators import Matching, PropensityScore
from causalsim.estimation.reading.roles import Roles

QUERY = Query("y", do="a")


def enumerated(differences: list[float], gamma: float) -> float:
    """The largest p-value over every sign of every pair."""
    found = np.array(differences)
    ranks = pd.Series(np.abs(found)).rank().to_numpy()
    observed = ranks[found > 0].sum()
    ranks = ranks[found != 0]
    chance = gamma / (1 + gamma)
    total = 0.0
    for signs in product((0, 1), repeat=len(ranks)):
        if np.dot(signs, ranks) >= observed - 1e-9:
            total += chance ** sum(signs) * (1 - chance) ** (len(ranks) - sum(signs))
    return total


@pytest.mark.parametrize("gamma", [1.0, 1.7, 4.0])
@pytest.mark.parametrize(
    "differences",
    [[1.0, 2.0, -3.0, 4.0], [1.0, 1.0, -1.0, 2.0, 2.0], [0.0, 1.0, -2.0, 3.0, 3.0, 0.0, 5.0]],
)
def test_small_samples_are_exact(differences: list[float], gamma: float) -> None:
    found = rosenbaum(differences, gammas=(gamma,))
    assert found.largest[-1] == pytest.approx(enumerated(differences, gamma), abs=1e-12)
    assert found.smallest[-1] == pytest.approx(enumerated(differences, 1 / gamma), abs=1e-12)


def test_at_one_it_is_wilcoxon() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.normal(0.5, 1, 12), rng.normal(0.3, 1, 80)
    exact = wilcoxon(few, alternative="greater", method="exact").pvalue
    assert rosenbaum(few).largest[0] == pytest.approx(exact, rel=1e-9)
    normal = wilcoxon(many, alternative="greater", method="approx", correction=False).pvalue
    assert rosenbaum(many).largest[0] == pytest.approx(normal, rel=1e-9)
    assert rosenbaum(-many, harm=True).largest == rosenbaum(many).largest


def test_p_values_spread_and_pass_5_percent_at_the_limit() -> None:
    found = rosenbaum(np.random.default_rng(2).normal(1, 1, 60), gammas=(1, 2, 3, 4, 9))
    assert list(found.largest) == sorted(found.largest)
    assert list(found.smallest) == sorted(found.smallest, reverse=True)
    limit = rosenbaum(np.random.default_rng(2).normal(1, 1, 60), gammas=(found.limit,))
    assert limit.largest[-1] == pytest.approx(0.05, abs=1e-6)
    assert f"factor of {found.limit:.2f}" in str(found)
    assert found._repr_html_().count("<tr>") == 6
    assert set(found.to_dict()) == {"pairs", "gammas", "largest", "smallest", "limit", "harm"}
    assert "even if a coin" in str(rosenbaum([1.0, -2.0]))
    assert rosenbaum(np.arange(1.0, 4001.0)).limit > 500


def matched() -> tuple[pd.DataFrame, Task]:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(9)
    frame = pd.DataFrame({"x": x, "a": [1, 1, 1, 0, 0, 0, 0, 0, 0], "y": rng.standard_normal(9)})
    return frame, Task.of(frame, QUERY, ("x",))


@pytest.mark.parametrize("by", [Matching(), Matching(PropensityScore()), Regression()], ids=str)
def test_pairs_share_nobody_and_are_as_alike_as_can_be(by: Any) -> None:
    frame, task = matched()
    found = pair_differences(by.fit(task, seed=1), frame)
    likeness = by.likeness if isinstance(by, Matching) else Matching().likeness
    at = likeness.coordinates(task)[:, 0]
    apart = {
        chosen: sum(abs(at[i] - at[j]) for i, j in enumerate(chosen))
        for chosen in permutations(range(3, 9), 3)
    }
    # On a line several pairings may be as near as each other.
    best = [chosen for chosen, far in apart.items() if far <= min(apart.values()) * (1 + 1e-9)]
    expected = [[frame["y"][i] - frame["y"][j] for i, j in enumerate(one)] for one in best]
    assert any(np.sort(found) == pytest.approx(np.sort(one)) for one in expected)


def test_pairs_need_enough_others() -> None:
    frame, _ = matched()
    turned = Task.of(frame, QUERY, ("x",), Roles(arms=(1, 0)))
    with pytest.raises(EstimationError, match="found 6 with and 3 without"):
        pair_differences(Regression(interactions=()).fit(turned, seed=1), frame)


@pytest.mark.parametrize(
    ("differences", "gammas", "message"),
    [
        ([0.0, 0.0], (1,), "no pair that differs"),
        ([], (1,), "no pair that differs"),
        ([1.0, np.nan], (1,), "missing or infinite"),
        (["a"], (1,), "must be numbers"),
        ([1.0], (0.5,), "finite factors from 1"),
        ([1.0], ("x",), "finite factors from 1"),
    ],
)
def test_what_are_no_pairs(differences: Any, gammas: Any, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        rosenbaum(differences, gammas)


def people(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    a = rng.integers(0, 2, rows)
    y = (rng.random(rows) < 0.3 + 0.3 * a).astype(int)
    return pd.DataFrame({"a": a, "y": y, "w": rng.uniform(0.5, 2, rows)})


@pytest.mark.parametrize("roles", [{}, {"weights": "w"}])
@pytest.mark.parametrize("target", [None, Treated(), Untreated()], ids=str)
def test_the_worst_case_fills_in_what_nobody_saw(target: Any, roles: Any) -> None:
    frame = people()
    task = Task.of(frame, QUERY, (), Roles(**roles))
    by = Regression() if target is None else Regression(target=target)
    found = worst_case(by.fit(task, seed=1), frame)
    ends = []
    for seen_low, seen_high in ((0, 1), (1, 0)):
        treated = np.where(frame["a"] == 1, frame["y"], seen_low)
        untreated = np.where(frame["a"] == 0, frame["y"], seen_high)
        member = np.ones(60, bool) if target is None else frame["a"] == isinstance(target, Treated)
        share = frame["w"] if roles else np.ones(60)
        ends.append(np.average((treated - untreated)[member], weights=share[member]))
    assert (found.low, found.high) == pytest.approx(tuple(ends))
    assert found.high - found.low == pytest.approx(1.0)
    inside = found.interval()
    assert inside.low < found.low < found.high < inside.high
    if target is None:
        assert found.low <= 0 <= found.high


def test_the_interval_of_imbens_and_manski_covers_the_ends() -> None:
    rng = np.random.default_rng(9)
    held = np.zeros(2)
    for _ in range(400):
        a = rng.integers(0, 2, 300)
        y = (rng.random(300) < 0.3 + 0.3 * a).astype(int)
        frame = pd.DataFrame({"a": a, "y": y})
        effect = Regression().fit(Task.of(frame, QUERY, ()), seed=1)
        inside = worst_case(effect, frame).interval()
        held += [inside.low <= -0.35, inside.high >= 0.65]
    # E[Y A] = .3 and E[Y (1 - A)] = .15, so that the ends are .3 - .15 - .5 and .3 + .5 - .15.
    assert (held >= 400 * 0.95 - 3 * np.sqrt(400 * 0.05 * 0.95)).all()
    reach = critical(0.5, 0.5, 0.95)
    assert norm.cdf(reach + 1.0) - norm.cdf(-reach) == pytest.approx(0.95)


def test_a_number_needs_bounds_that_hold_it() -> None:
    frame = people().assign(y=np.linspace(-1, 5, 60))
    effect = Regression().fit(Task.of(frame, QUERY, ()), seed=1)
    assert worst_case(effect, frame, bounds=(-1, 5)).high > 0
    for bounds, message in (
        (None, "pass bounds"),
        ((0, 1), "beyond the bounds 0 to 1"),
        ((1, 0), "bounds must be"),
        (("a", "b"), "bounds must be"),
        (7, "bounds must be"),
    ):
        with pytest.raises(EstimationError, match=message):
            worst_case(effect, frame, bounds=bounds)  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="made for differences"):
        worst_case(IPW(target=Overlap()).fit(Task.of(people(), QUERY, ()), 1), people())


def test_a_range_says_what_is_assumed() -> None:
    made = Range(-0.2, 0.4, 0.1, 0.1, "with nothing assumed")
    assert str(made).startswith("with nothing assumed, the effect lies between -0.2 and 0.4 (95 %")
    assert 0.0 in made
    assert 0.5 not in made
    assert made.to_dict()["low"] == -0.2
    with pytest.raises(EstimationError, match="level"):
        made.interval(1.5)


def test_pairs_with_the_opposite_sign_are_not_said_to_show_nothing() -> None:
    found = rosenbaum(np.random.default_rng(4).normal(-1, 1, 40))
    assert found.limit == 1.0
    assert "theirs are smaller: rosenbaum(..., harm=True)" in str(found)
    assert "theirs are" not in str(rosenbaum([1.0, -1.2, 0.3]))
    assert str(rosenbaum([5.0])).startswith("1 pair ")
