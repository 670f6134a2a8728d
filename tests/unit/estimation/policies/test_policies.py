"""Policies: their values against the truth, trees that find it, and honest valuation."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression

from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.policies import PolicyError
from causalsim.estimand.query import Query
from causalsim.estimation import AIPW, Regression, Task
from causalsim.estimation.policies import (
    Aim,
    Always,
    Leaf,
    PolicyForest,
    PolicyTree,
    Rule,
    Split,
    learn_policy,
    policy_value,
)
from causalsim.estimation.policies.rules import Policy
from causalsim.estimation.policies.trees import decided, pruned
from causalsim.estimation.reading.roles import Roles


def trial(rows: int, seed: int) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Three arms given at random; the drug helps the old, surgery helps men; truth by arm."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(20, 80, rows)
    sex = rng.choice(["female", "male"], rows)
    means = {
        "drug": age / 40 + 1.5 * (age > 50),
        "none": age / 40 + 0.5,
        "surgery": age / 40 + 2.5 * (sex == "male") - 1.0,
    }
    arm = rng.choice(list(means), rows)
    y = np.choose(pd.Categorical(arm).codes, list(means.values())) + rng.normal(size=rows)
    return pd.DataFrame({"age": age, "sex": sex, "arm": arm, "y": y}), means


ESTIMATOR = AIPW(folds=3, repeats=1, outcome=LinearRegression())
FRAME, MEANS = trial(3000, 1)
EFFECT = ESTIMATOR.fit(
    Task.of(FRAME, Query("y", do="arm"), ("age", "sex"), Roles(arms=("none", "drug"))), seed=1
)
SMART = Rule(
    "the best for each",
    lambda rows: np.where(
        rows["sex"] == "male", "surgery", np.where(rows["age"] > 50, "drug", "none")
    ),
)
LEARNT = learn_policy(EFFECT, FRAME, by=PolicyTree(depth=2), parts=3, seed=1)


def true_value(policy: Policy, rows: int = 200_000) -> float:
    """The mean outcome under a policy in a large new population."""
    new, means = trial(rows, 99)
    arms = policy.arms(new, tuple(means))
    return float(np.mean(np.choose(arms, list(means.values()))))


@pytest.mark.parametrize("policy", [Always("drug"), Always("surgery"), SMART], ids=str)
def test_values_are_those_of_the_population(policy: Policy) -> None:
    found = policy_value(EFFECT, FRAME, policy)
    assert abs(found.value - true_value(policy)) < 4 * found.standard_error
    assert found.standard_error < 0.1
    assert str(policy) in found.estimand


def test_treating_all_against_none_is_the_average_effect() -> None:
    gain = policy_value(EFFECT, FRAME, Always("drug")) - policy_value(EFFECT, FRAME, Always("none"))
    assert gain.value == pytest.approx(EFFECT.value, rel=1e-9)
    assert gain.standard_error == pytest.approx(EFFECT.standard_error, rel=1e-9)
    assert "minus" in gain.estimand


def test_the_same_decisions_have_the_same_value_and_differ_by_exactly_nothing() -> None:
    again = Rule("drug", lambda rows: np.full(len(rows), "drug"))
    gap = policy_value(EFFECT, FRAME, Always("drug")) - policy_value(EFFECT, FRAME, again)
    assert gap.value == 0.0
    assert gap.standard_error == 0.0


def test_a_tree_finds_who_gains_from_what() -> None:
    assert isinstance(LEARNT.tree, Split)
    best = true_value(SMART)
    # Depth 2 suffices here: it is off by the place of the cut at 50 years only.
    assert true_value(LEARNT) > best - 0.05
    assert abs(LEARNT.value.value - best) < 4 * LEARNT.value.standard_error + 0.05
    assert all(gain.interval().low > 0.0 for gain in LEARNT.gains)
    told = LEARNT.in_words()
    assert "surgery" in told
    assert "sex is" in told
    assert "does better than" in LEARNT.why
    assert sum(LEARNT.shares) == pytest.approx(1.0)


def test_decisions_for_new_people_come_from_the_tree_and_from_either_kind_of_frame() -> None:
    new, _ = trial(400, 5)
    chosen = LEARNT.decide(new)
    male = (new["sex"] == "male").to_numpy()
    assert (chosen[male] == "surgery").mean() > 0.95
    assert (chosen == LEARNT.decide(pl.DataFrame(new.to_dict("list")))).all()
    with pytest.raises(DataError, match="other"):
        LEARNT.decide(new.assign(sex="other"))


def test_no_gain_is_found_where_there_is_none() -> None:
    """Cross-fitted gains are centred at or below zero where everybody gains alike."""
    gains, errors = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("uvw"))
        frame["a"] = rng.integers(0, 2, 400)
        frame["y"] = frame["u"] + rng.normal(size=400)
        task = Task.of(frame, Query("y", do="a"), ("u", "v", "w"))
        effect = AIPW(folds=2, repeats=1, outcome=LinearRegression(), propensity=0.5).fit(task, 1)
        found = learn_policy(effect, frame, parts=3, seed=seed)
        gain = (found.gains[0] + found.gains[1]) * 0.5
        gains.append(gain.value)
        errors.append(gain.standard_error)
    # Learnt and valued on the same rows the mean gain would be about +0.1.
    assert abs(np.mean(gains)) < 4 * np.mean(errors) / 12**0.5
    assert np.mean(gains) < 0.05


def test_costs_move_the_border() -> None:
    dear = learn_policy(EFFECT, FRAME, aim=Aim(cost={"drug": 10.0, "surgery": 10.0}), seed=1)
    assert isinstance(dear.tree, Leaf)
    assert dear.in_words() == "none for everyone"
    free = policy_value(EFFECT, FRAME, Always("drug"))
    paid = policy_value(EFFECT, FRAME, Always("drug"), Aim(cost={"drug": 2.0}))
    assert (free - paid).value == pytest.approx(2.0)
    billed = FRAME.assign(price=2.0)
    column = policy_value(EFFECT, billed, Always("drug"), Aim(cost={"drug": "price"}))
    assert column.value == pytest.approx(paid.value)


def test_less_can_be_better() -> None:
    flipped = FRAME.assign(y=-FRAME["y"])
    task = Task.of(flipped, Query("y", do="arm"), ("age", "sex"), Roles(arms=("none", "drug")))
    effect = ESTIMATOR.fit(task, seed=1)
    aim = Aim(smaller_is_better=True, cost={"surgery": 0.5})
    found = learn_policy(effect, flipped, aim=aim, parts=3, seed=1)
    other = learn_policy(EFFECT, FRAME, aim=Aim(cost={"surgery": 0.5}), parts=3, seed=1)
    assert found.tree == other.tree
    assert found.value.value == pytest.approx(-other.value.value)
    for one, two in zip(found.gains, other.gains, strict=True):
        assert one.value == pytest.approx(two.value)


def test_a_forest_decides_without_a_tree() -> None:
    found = learn_policy(EFFECT, FRAME, by=PolicyForest(trees=20), parts=2, seed=1)
    assert found.tree is None
    assert true_value(found, 5000) > true_value(Always("drug"), 5000)
    assert "forest over age, sex" in found.in_words()
    with pytest.raises(PolicyError, match="no tree"):
        found.plot()


def test_the_tree_is_drawn() -> None:
    drawn = [text.get_text() for text in LEARNT.plot().texts]
    assert drawn[0] in ("sex is male?", "sex is female?")
    assert sum(text.endswith("%") for text in drawn) == 4
    shares = [int(text.split("\n")[1][:-1]) for text in drawn if text.endswith("%")]
    assert abs(sum(shares) - 100) <= 2


def test_weights_count_rows_as_often_as_copies() -> None:
    copies = np.random.default_rng(2).integers(1, 4, len(FRAME))
    known = AIPW(folds=1, repeats=1, outcome=LinearRegression())
    weighted = FRAME.assign(w=copies.astype(float))
    roles = Roles(weights="w", arms=("none", "drug"))
    one = known.fit(Task.of(weighted, Query("y", do="arm"), (), roles), 1)
    repeated = FRAME.loc[FRAME.index.repeat(copies)].reset_index(drop=True)
    two = known.fit(Task.of(repeated, Query("y", do="arm"), (), Roles(arms=("none", "drug"))), 1)
    first = policy_value(one, weighted, SMART)
    assert first.value == pytest.approx(policy_value(two, repeated, SMART).value, rel=1e-6)
    tree = learn_policy(one, weighted, on=("age", "sex"), parts=2, seed=1).tree
    same = learn_policy(two, repeated, on=("age", "sex"), parts=2, seed=1).tree
    assert isinstance(tree, Split)
    assert isinstance(same, Split)
    assert tree.place == same.place
    assert tree.share == pytest.approx(1.0)


def test_clusters_widen_the_interval() -> None:
    pairs = pd.concat([FRAME, FRAME], ignore_index=True).assign(
        home=np.tile(np.arange(len(FRAME)), 2)
    )
    task = Task.of(
        pairs, Query("y", do="arm"), ("age", "sex"), Roles(clusters="home", arms=("none", "drug"))
    )
    effect = ESTIMATOR.fit(task, seed=1)
    gap = policy_value(effect, pairs, SMART).standard_error
    assert gap == pytest.approx(policy_value(EFFECT, FRAME, SMART).standard_error, rel=0.05)
    learn_policy(effect, pairs, parts=2, seed=1)


def test_pruning_keeps_every_decision() -> None:
    matrix = np.random.default_rng(1).normal(size=(500, 2))
    read = LEARNT.tree
    assert isinstance(read, Split)
    column = read.column
    deep = Split(
        column,
        0,
        0.0,
        Split(column, 1, 0.5, Leaf("a", 0.2), Leaf("a", 0.3)),
        Split(column, 1, 0.0, Leaf("a", 0.2), Leaf("b", 0.3)),
    )
    short = pruned(deep)
    assert isinstance(short, Split)
    assert short.below == Leaf("a", 0.5)
    assert (decided(deep, matrix, ("a", "b")) == decided(short, matrix, ("a", "b"))).all()


def test_results_are_plain_and_the_same_again() -> None:
    import json

    json.dumps(LEARNT.to_dict())
    assert "gain over none" in LEARNT._repr_html_()
    again = learn_policy(EFFECT, FRAME, by=PolicyTree(depth=2), parts=3, seed=1)
    assert again.tree == LEARNT.tree
    assert again.value.value == LEARNT.value.value
    assert str(again).startswith(again.in_words())


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (Always("druk"), "druk.*nobody.*had"),
        (Rule("broken", lambda rows: rows["aeg"]), "'broken' stopped"),
        (Rule("one", lambda rows: np.array(["drug"])), r"shape \(1,\) for 3000 rows"),
        (Rule("strange", lambda rows: ["gin"] * len(rows)), "'gin'"),
        (Rule("yes or no", lambda rows: rows["age"] > 50), "there are 3 treatments"),
        (Always, "A policy is expected"),
        ("drug", "A policy is expected"),
        (LEARNT, "learnt from these very rows"),
    ],
)
def test_what_is_no_policy_is_said(policy: object, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        policy_value(EFFECT, FRAME, policy)  # type: ignore[arg-type]


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(PolicyError, match="'drugg'"):
        policy_value(EFFECT, FRAME, Always("drug"), Aim(cost={"drugg": 1.0}))
    with pytest.raises(PolicyError, match="finite"):
        policy_value(EFFECT, FRAME, Always("drug"), Aim(cost={"drug": float("nan")}))
    with pytest.raises(DataError, match="prize"):
        policy_value(EFFECT, FRAME, Always("drug"), Aim(cost={"drug": "prize"}))
    with pytest.raises(EstimationError, match="an Aim"):
        policy_value(EFFECT, FRAME, Always("drug"), {"drug": 1.0})  # type: ignore[arg-type]
    with pytest.raises(PolicyError, match="PolicyTree"):
        learn_policy(EFFECT, FRAME, by=PolicyTree)  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="depth"):
        PolicyTree(depth=0)
    with pytest.raises(EstimationError, match="trees"):
        PolicyForest(trees=0)
    with pytest.raises(EstimationError, match="parts"):
        learn_policy(EFFECT, FRAME, parts=1)
    with pytest.raises(EstimationError, match="at least one covariate"):
        learn_policy(EFFECT, FRAME, on=())
    with pytest.raises(EstimationError, match="'arm' is the treatment"):
        learn_policy(EFFECT, FRAME, on=("age", "arm"))
    with pytest.raises(DataError, match="aeg"):
        learn_policy(EFFECT, FRAME, on=("aeg",))
    with pytest.raises(EstimationError, match="policies are read off"):
        policy_value(Regression().fit(TWO, 1), FRAME[FRAME["arm"] != "surgery"], Always("drug"))
    with pytest.raises(EstimationError):
        policy_value(EFFECT, FRAME.assign(y=0.0), Always("drug"))


TWO = Task.of(FRAME[FRAME["arm"] != "surgery"], Query("y", do="arm"), ("age", "sex"))
