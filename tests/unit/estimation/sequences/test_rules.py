"""Rules that fail, look ahead or were learnt from incomplete rows."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim.datasets.sequences import two_visits
from causalsim.errors.sequences import SequenceError
from causalsim.estimand.query import Query
from causalsim.estimation.estimating import estimate
from causalsim.estimation.sequences import SDR, Regime, Rule, learn_regime, when
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

DATA = two_visits(400, seed=1)
FRAME = DATA.frame
GRAPH = Graph(DATA.graph)
ANSWER = identify(GRAPH, Query("y", do=["a0", "a1"]))


def by(regime: Regime) -> SDR:
    return SDR(
        folds=2,
        repeats=1,
        regime=regime,
        outcome=LinearRegression(),
        propensity=LogisticRegression(),
    )


def test_a_rule_that_stops_is_told_by_name() -> None:
    broken = Regime({"a0": 1, "a1": Rule("l1", lambda known: known["l2"] > 0)})
    with pytest.raises(SequenceError, match=r"rule of 'a1' stopped with KeyError: 'l2'"):
        estimate(ANSWER, FRAME, by=by(broken))
    words = FRAME.assign(l1=np.where(FRAME.l1 > 0, "high", "low"))
    with pytest.raises(SequenceError, match=r"'a1' stopped with ValueError[\s\S]*when\(\) is for"):
        estimate(ANSWER, words, by=by(Regime({"a0": 1, "a1": when("l1", above=0)})))


@pytest.mark.parametrize("late", ["l1", "y"])
def test_a_rule_that_looks_ahead_is_refused_as_such(late: str) -> None:
    regime = Regime({"a0": when(late, above=0), "a1": 1})
    with pytest.raises(SequenceError, match=f"{late} > 0 .*not known when its treatment is taken"):
        estimate(ANSWER, FRAME, by=by(regime))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: when("l1", above="a"), "above must be a number"),  # type: ignore[arg-type]
        (lambda: when("l1", below=float("nan")), "below must be a number"),
        (lambda: when("l1", above=3, below=1), "below must be greater than above=3"),
        (lambda: Regime([1, 0]), "for each treatment what is done"),  # type: ignore[arg-type]
        (lambda: Regime({}), "for each treatment what is done"),
    ],
)
def test_rules_that_say_nothing(call: Any, words: str) -> None:
    with pytest.raises(SequenceError, match=words):
        call()


def test_a_rule_learnt_where_only_strangers_lack_a_value_decides_for_everyone() -> None:
    answer = identify(GRAPH, Query("y", do={"a0": 1, "a1": 1}))
    holes = FRAME.copy()
    holes.loc[(FRAME.a0 == 0) & (np.arange(400) % 2 == 0), "l1"] = np.nan
    learnt = learn_regime(answer, holes, seed=1)
    rule = learnt.regime.step("a1")
    assert isinstance(rule, Rule)
    decided = rule.decide({name: FRAME[name].to_numpy() for name in rule.reads})
    assert 0.5 < decided.mean() < 0.98
    effect = estimate(answer, FRAME, by=by(learnt.regime), seed=1)
    assert np.isfinite(effect.value)
