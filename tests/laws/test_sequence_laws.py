"""Laws of treatments in sequence: the stages are right, and estimators are the formula."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from causalsim.estimand.expression import Expression, probability, product, total
from causalsim.estimand.query import Query
from causalsim.estimation import OddsRatio, Plugin, Ratio, estimate
from causalsim.estimation.sequences import LTMLE, MSM, SDR, GFormula
from causalsim.graph.graph import Graph
from causalsim.identification.sequential import Stage, treatment_stages
from causalsim.identification.strategy import identify
from causalsim.identification.verification import largest_error
from tests.oracles.graphs import admgs

VISITS = Graph("l0 -> {a0 l1 a1 y}; a0 -> {l1 a1 y}; l1 -> {a1 y}; a1 -> y; l1 <-> y")
CELLS = {"folds": 1, "outcome": DecisionTreeRegressor(), "propensity": DecisionTreeClassifier()}


def formula(outcome: str, stages: tuple[Stage, ...]) -> Expression:
    """Σ_h P(y | h, x) Π_k P(h_k | h_<k, x_<k)."""
    known: list[str] = []
    factors: list[Expression] = []
    over: list[str] = []
    for stage in stages:
        if stage.learnt:
            factors.append(probability(stage.learnt, tuple(known)))
            over.extend(stage.learnt)
        known.extend((*stage.learnt, stage.treatment))
    inner = product([probability(outcome, tuple(known)), *factors])
    return total(over, inner) if over else inner


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(0, 10**6))
def test_stages_give_the_truncated_factorisation(data: st.DataObject, seed: int) -> None:
    graph = data.draw(admgs(min_nodes=3, max_nodes=6).filter(lambda g: len(g.bidirected) <= 4))
    outcome = graph.nodes[-1]
    others = [name for name in graph.nodes if name != outcome]
    treatments = tuple(data.draw(st.permutations(others)))[: data.draw(st.integers(2, 3))]
    stages = treatment_stages(graph, outcome, treatments)
    if stages is None:
        return
    query = Query(outcome, do=treatments)
    assert {stage.treatment for stage in stages} == set(treatments)
    assert identify(graph, query).identified
    assert largest_error(graph, query, formula(outcome, stages), seed) < 1e-9


def cells(seed: int, rows: int = 600) -> pd.DataFrame:
    """Random 0/1 columns in which every combination occurs."""
    rng = np.random.default_rng(seed)
    names = ("l0", "a0", "l1", "a1")
    frame = pd.DataFrame(rng.integers(0, 2, (rows, 4)), columns=names)
    slopes = rng.normal(0, 0.7, 4)
    for place, name in enumerate(names[1:], start=1):
        push = frame[list(names[:place])].to_numpy() @ slopes[:place] - slopes[:place].sum() / 2
        frame[name] = (rng.random(rows) < 1 / (1 + np.exp(-push))).astype(int)
    chance = 1 / (1 + np.exp(-(frame.to_numpy() @ slopes)))
    return frame.assign(y=(rng.random(rows) < chance).astype(int), w=rng.integers(1, 4, rows))


ESTIMATORS = [
    LTMLE(**CELLS, clip=0.0),
    SDR(**CELLS, clip=0.0),
    SDR(**CELLS, clip=0.0, pooled=True),
    GFormula(order=4),
    MSM(folds=1, propensity=DecisionTreeClassifier()),
]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_on_saturated_data_every_estimator_is_the_formula(seed: int, weighted: bool) -> None:
    frame = cells(seed)
    weights = "w" if weighted else None
    answer = identify(VISITS, Query("y", do={"a0": 1, "a1": 0}))
    plugin = estimate(answer, frame, by=Plugin(), seed=1, weights=weights)
    # The plug-in answers with a distribution's value: ask for y = 1.
    for by in ESTIMATORS:
        effect = estimate(answer, frame, by=by, seed=1, weights=weights)
        assert effect.value == pytest.approx(plugin.value, rel=1e-6)
        if by.name != "MSM":  # whose weights are taken as known
            assert effect.influence == pytest.approx(plugin.influence, abs=1e-4)


@pytest.mark.parametrize("by", ESTIMATORS[:4], ids=lambda by: f"{by.name}")
def test_ratios_are_ratios_of_the_means(by: LTMLE) -> None:
    from dataclasses import replace

    frame = cells(7)
    free = identify(VISITS, Query("y", do=["a0", "a1"]))
    means = [
        estimate(identify(VISITS, Query("y", do={"a0": level, "a1": level})), frame, by=by, seed=1)
        for level in (1, 0)
    ]
    plain = estimate(free, frame, by=by, seed=1)
    assert plain.value == pytest.approx(means[0].value - means[1].value, rel=1e-9)
    assert plain.standard_error == pytest.approx((means[0] - means[1]).standard_error, rel=1e-9)
    ratio = estimate(free, frame, by=replace(by, contrast=Ratio()), seed=1)
    assert ratio.value == pytest.approx(means[0].value / means[1].value, rel=1e-9)
    assert ratio.standard_error == pytest.approx((means[0] / means[1]).standard_error, rel=1e-6)
    odds = estimate(free, frame, by=replace(by, contrast=OddsRatio()), seed=1)
    high, low = (one.value / (1 - one.value) for one in means)
    assert odds.value == pytest.approx(high / low, rel=1e-9)
