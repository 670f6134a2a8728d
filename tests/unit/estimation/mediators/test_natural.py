"""Natural effects: equal to the formula, multiply robust, and the same as the model's answer."""

import numpy as np
import pandas as pd
import pytest
import torch
from pyro.distributions import Bernoulli, Normal, Uniform
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from causalsim.datasets.mediators import direct_and_indirect
from causalsim.errors.estimation import EstimationError
from causalsim.errors.mediators import MediatorError
from causalsim.estimand.contrasts import (
    average_effect,
    controlled_direct_effect,
    natural_direct_effect,
    natural_indirect_effect,
)
from causalsim.estimand.events import Question
from causalsim.estimand.parsing import parse_query
from causalsim.estimation import AIPW, Plugin, estimate
from causalsim.estimation.mediators import (
    JointActions,
    MediatorCrossFit,
    NaturalEffects,
    decompose,
    natural_roles,
)
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify
from causalsim.scm.model import SCM
from tests.oracles.saturated import CellMeans, CellShares

LINEAR, LOGISTIC = LinearRegression(), LogisticRegression()
FAST = MediatorCrossFit(2, 1, LINEAR, LINEAR, LOGISTIC, LOGISTIC)
BENT = make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=2000))
NOTHING, NOBODY = DummyRegressor(), DummyClassifier(strategy="prior")
SATURATED = MediatorCrossFit(1, 1, CellMeans(), CellMeans(), CellShares(), CellShares(), clip=1e-6)
GRAPH = Graph("c -> {a m y}; a -> m -> y; a -> y")
DIRECT = natural_direct_effect("y", "a", "m")
INDIRECT = natural_indirect_effect("y", "a", "m")


def discrete(rows: int, seed: int) -> pd.DataFrame:
    """A binary mediator and a binary confounder, with interactions."""
    rng = np.random.default_rng(seed)
    c = rng.integers(0, 2, rows)
    a = (rng.random(rows) < 0.3 + 0.4 * c).astype(int)
    m = (rng.random(rows) < 0.2 + 0.4 * a + 0.2 * c).astype(int)
    y = (rng.random(rows) < 0.1 + 0.2 * a + 0.2 * m + 0.3 * a * m + 0.1 * c).astype(int)
    return pd.DataFrame({"c": c, "a": a, "m": m, "y": y, "w": rng.random(rows) + 0.5})


@pytest.mark.parametrize(
    "question",
    [
        DIRECT,
        INDIRECT,
        parse_query("E[y(a=1)] - E[y(a=1, m(a=0))]"),
        parse_query("E[y(a=1, m(a=0))]"),
    ],
    ids=str,
)
@pytest.mark.parametrize("weights", [None, "w"])
def test_with_cell_means_it_is_the_formula(question: Question, weights: str | None) -> None:
    frame = discrete(700, seed=2)
    answer = identify(GRAPH, question)
    exact = estimate(answer, frame, by=Plugin(), weights=weights, seed=1)
    found = estimate(answer, frame, by=NaturalEffects(SATURATED), weights=weights, seed=1)
    assert found.value == pytest.approx(exact.value, rel=1e-10)
    assert np.allclose(found.influence, exact.influence, atol=1e-4)


@pytest.mark.parametrize(
    ("outcome", "means", "propensity", "reverse"),
    [
        (LINEAR, NOTHING, LOGISTIC, NOBODY),
        (NOTHING, NOTHING, LOGISTIC, LOGISTIC),
        (LINEAR, LINEAR, NOBODY, NOBODY),
    ],
    ids=["outcome and propensity", "both propensities", "outcome and its means"],
)
@pytest.mark.parametrize("question", [DIRECT, INDIRECT], ids=str)
def test_two_parts_of_three_are_enough(
    outcome: object, means: object, propensity: object, reverse: object, question: Question
) -> None:
    data = direct_and_indirect(20_000, seed=4)
    crossfit = MediatorCrossFit(2, 1, outcome, means, propensity, reverse, clip=0.001)
    effect = estimate(identify(GRAPH, question), data.frame, by=NaturalEffects(crossfit), seed=1)
    truth = data.direct if question is DIRECT else data.indirect
    assert abs(effect.value - truth) < 3.5 * effect.standard_error
    assert effect.standard_error < 0.08


def test_with_nothing_right_it_is_wrong() -> None:
    data = direct_and_indirect(20_000, seed=4)
    crossfit = MediatorCrossFit(2, 1, NOTHING, NOTHING, NOBODY, NOBODY)
    effect = estimate(identify(GRAPH, DIRECT), data.frame, by=NaturalEffects(crossfit), seed=1)
    assert abs(effect.value - data.direct) > 10 * effect.standard_error


def test_the_parts_add_up_to_the_total() -> None:
    data = direct_and_indirect(3000, seed=2)
    for question in (DIRECT, INDIRECT, parse_query("E[y(a=1)] - E[y(a=1, m(a=0))]")):
        answer = identify(GRAPH, question)
        found = decompose(answer, data.frame, by=NaturalEffects(FAST), seed=1)
        assert found.direct.value + found.indirect.value == pytest.approx(found.total.value)
        whole = found.direct + found.indirect
        assert np.allclose(whole.influence, found.total.influence)
        assert abs(found.total.value - data.total) < 3.5 * found.total.standard_error
    more = found.indirect.value - found.interaction.value
    assert abs(more - data.indirect) < 3.5 * found.indirect.standard_error
    assert found.share.value == pytest.approx(found.indirect.value / found.total.value)
    plain = estimate(
        identify(GRAPH, average_effect("y", "a")),
        data.frame,
        by=AIPW(2, 1, LINEAR, LOGISTIC),
        seed=1,
    )
    assert abs(plain.value - found.total.value) < plain.standard_error
    assert "would remain" in found.why
    assert set(found.to_dict()) == {"total", "direct", "indirect", "interaction"}
    assert "interaction" in found._repr_html_()


def school() -> SCM:
    """A continuous mediator, a binary outcome and an interaction, as equations."""
    normal = Normal(torch.tensor(0.0).double(), 1.0)
    coin = Uniform(torch.tensor(0.0).double(), 1.0)
    return SCM.from_equations(
        {
            "c": Bernoulli(torch.tensor(0.4).double()),
            "a": lambda c, u=coin: u < 0.3 + 0.4 * c,
            "m": lambda a, c, u=normal: 0.7 * a + 0.5 * c + u,
            "y": lambda a, m, c, u=coin: u < torch.sigmoid(a + 0.8 * m + 0.5 * a * m + c - 1.0),
        }
    )


@pytest.mark.parametrize("question", [DIRECT, INDIRECT], ids=str)
def test_the_model_and_the_data_give_the_same_answer(question: Question) -> None:
    model = school()
    simulated = model.answer(question, draws=200_000, seed=1)
    frame = model.sample(8000, seed=2)[["c", "a", "m", "y"]].astype(float)
    answer = identify(GRAPH, question)
    effect = estimate(answer, frame, by=NaturalEffects(FAST), seed=1)
    assert abs(effect.value - simulated.value) < 3.5 * effect.standard_error
    assert effect.standard_error < 0.03
    # The two effects differ by far more than the error, so that the agreement says something.
    assert simulated.value > 8 * effect.standard_error


def test_the_controlled_direct_effect() -> None:
    frame = discrete(4000, seed=3)
    for level in (0, 1):
        answer = identify(GRAPH, controlled_direct_effect("y", "a", {"m": level}))
        exact = estimate(answer, frame, by=Plugin(), seed=1)
        found = estimate(
            answer, frame, by=JointActions(AIPW(1, 1, CellMeans(), CellShares())), seed=1
        )
        assert found.value == pytest.approx(exact.value, rel=1e-10)
        assert found.standard_error == pytest.approx(exact.standard_error, rel=1e-4)
        crossed = estimate(answer, frame, by=JointActions(AIPW(2, 1, LINEAR, LOGISTIC)), seed=1)
        assert abs(crossed.value - 0.2 - 0.3 * level) < 3.5 * crossed.standard_error
    asked = identify(GRAPH, controlled_direct_effect("y", "a", {"m": 7}))
    with pytest.raises(MediatorError, match=r"No row has a=., m=7[\s\S]*cut"):
        estimate(asked, frame, by=JointActions())


def test_several_mediators_are_taken_jointly() -> None:
    rng = np.random.default_rng(7)
    c = rng.normal(size=6000)
    a = (rng.random(6000) < 1 / (1 + np.exp(-c))).astype(int)
    m = a + c + rng.normal(size=6000)
    n = 0.5 * a + 0.5 * m + rng.normal(size=6000)
    y = a + m + n + 0.5 * a * n + c + rng.normal(size=6000)
    graph = Graph("a -> m -> n -> y; a -> n; m -> y; a -> y; c -> {a m y}")
    answer = identify(graph, natural_direct_effect("y", "a", ["m", "n"]))
    frame = pd.DataFrame({"c": c, "a": a, "m": m, "n": n, "y": y})
    effect = estimate(answer, frame, by=NaturalEffects(FAST), seed=1)
    # n(0) = 0.5 m(0) + noise with m(0) = c + noise: its mean is zero.
    assert abs(effect.value - 1.0) < 3.5 * effect.standard_error


def test_covariates_are_checked_in_the_graph() -> None:
    # A confounder of mediator and outcome that the treatment moves: not identified.
    moved = Graph("a -> l -> m -> y; l -> y; a -> m; a -> y")
    answer = identify(moved, DIRECT)
    assert not answer.identified
    assert natural_roles(answer) is None
    hidden = identify(Graph("a -> m -> y; a -> y; m <-> y"), DIRECT)
    assert natural_roles(hidden) is None
    # Two confounders of different pairs are both taken.
    two = identify(Graph("b -> m -> y; b -> y; c -> a -> m; c -> y; a -> y"), DIRECT)
    found = natural_roles(two)
    assert found is not None
    assert set(found[0].covariates) == {"b", "c"}


def test_its_recipe_reads_the_rows_again() -> None:
    frame = direct_and_indirect(300, seed=1).frame
    effect = estimate(identify(GRAPH, DIRECT), frame, by=NaturalEffects(FAST), seed=1)
    assert effect.recipe.read(frame).digest == effect.recipe.digest


def test_bad_input() -> None:
    frame = direct_and_indirect(300, seed=1).frame
    answer = identify(GRAPH, DIRECT)
    by = NaturalEffects(FAST)
    with pytest.raises(MediatorError, match="leave arms= out"):
        estimate(answer, frame, by=by, arms=(1, 0))
    with pytest.raises(MediatorError, match="all but decide 'a'"):
        estimate(answer, frame.assign(m=frame.m + 100 * frame.a), by=by)
    with pytest.raises(EstimationError, match="5"):
        estimate(identify(GRAPH, natural_direct_effect("y", "a", "m", to=5)), frame, by=by)
    with pytest.raises(EstimationError, match="needs a question"):
        estimate(identify(GRAPH, average_effect("y", "a")), frame, by=by)
    with pytest.raises(EstimationError, match="natural_direct_effect"):
        decompose(identify(GRAPH, average_effect("y", "a")), frame)
    with pytest.raises(EstimationError, match="crossfit"):
        NaturalEffects(AIPW())  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="AIPW"):
        JointActions(Plugin())  # type: ignore[arg-type]
