"""The two engines agree: a model answers what the formula of the same question gives.

The oracle lists every state of all noises; the model is asked by contraction and by simulation.
"""

import numpy as np
import pytest

from causalsim import Graph, Query, identify
from causalsim.errors.asking import AskingError
from causalsim.estimand import evaluate
from causalsim.estimand.contrasts import effect_on_treated, natural_direct_effect, risk_ratio
from causalsim.scm import SCM, Particles
from tests.laws.test_scm_worlds import LEVELS, mechanism
from tests.oracles.counterfactual_questions import random_question
from tests.oracles.graphs import random_graph
from tests.oracles.response_models import ResponseModel
from tests.oracles.response_scm import scm_of


def small_graph(rng: np.random.Generator) -> Graph:
    while True:
        graph = random_graph(rng, int(rng.integers(2, 5)), 2.0, float(rng.choice([0, 0.8])))
        if len(graph.bidirected) <= 3:
            return graph


def test_random_counterfactual_questions_have_the_answer_that_listing_all_noises_gives() -> None:
    asked = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        graph = small_graph(rng)
        truth = ResponseModel(graph, seed)
        model = scm_of(truth)
        question = random_question(rng, graph.nodes)
        if not truth.possible(question):
            with pytest.raises(AskingError, match="probability zero"):
                model.answer(question)
            continue
        answer = model.answer(question)
        assert answer.exact
        assert answer.value == pytest.approx(truth.truth(question), abs=1e-9), str(question)
        asked += 1
    assert asked > 40


def test_what_is_identified_by_a_formula_is_what_the_model_answers() -> None:
    """Every pair of variables of each graph, with and without conditions."""
    identified = refused = 0
    for seed in range(40):
        rng = np.random.default_rng(100 + seed)
        graph = small_graph(rng)
        model = scm_of(ResponseModel(graph, seed))
        joint = model.answer(Query(list(graph.nodes))).table
        for cause, outcome in (rng.permutation(graph.nodes)[:2].tolist() for _ in range(3)):
            rest = [node for node in graph.nodes if node not in (cause, outcome)]
            given = [node for node in rest if rng.random() < 0.3]
            query = Query(outcome, do=cause, given=given)
            found = identify(graph, query)
            if not found.identified:
                refused += 1
                continue
            identified += 1
            answer = model.answer(query)
            by_formula = evaluate(found.formula, joint)
            axes = [name for name in answer.axes if name in by_formula.axes]
            expected = by_formula.at(axes)
            for name in answer.axes:
                if name not in by_formula.axes:
                    expected = np.expand_dims(expected, answer.axes.index(name))
            assert np.allclose(answer.values, expected, atol=1e-9, equal_nan=True), str(query)
    assert identified > 60
    assert refused > 3


QUESTIONS = (
    "P(v1(v0=1)=1)",
    "P(v2=1 | do(v0=1), v1=0)",
    "P(v2(v0=0)=0 | v0=1, v2=1)",
    "P(v2(v0=1)=1, v2(v0=0)=0)",
    "P(v2(v0=1)=1 | v2(v0=0)=0, v1=1)",
    "E[v2(v0=1) - v2(v0=0) | v0=1]",
    "E[v2(v0=1, v1(v0=0)) - v2(v0=0)]",
    "P(v2(v0=1)=1) / P(v2(v0=0)=1)",
)


def random_levels_model(seed: int) -> SCM:
    """Three variables on 0 and 1 or on 0, 1 and 2, by tables and log-odds."""
    rng = np.random.default_rng(seed)
    found, domains = {}, {}
    for node, parents in {"v0": [], "v1": ["v0"], "v2": ["v0", "v1"]}.items():
        found[node] = mechanism(rng, "table", parents, domains)
        domains[node] = LEVELS["table"]
    return SCM(Graph("v0 -> v1 -> v2 <- v0"), found)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("question", QUESTIONS)
def test_draws_agree_with_the_exact_answer(question: str, seed: int) -> None:
    model = random_levels_model(seed)
    exact = model.answer(question)
    drawn = model.answer(question, by=Particles(4000), draws=4000, seed=seed)
    assert exact.exact
    assert not drawn.exact
    assert abs(drawn.value - exact.value) < 4 * drawn.error


def scores(question: object, seed: int) -> np.ndarray:
    """How many standard errors sixty answers are off."""
    model = random_levels_model(seed)
    truth = model.answer(question).value
    many = [model.answer(question, by=Particles(1000), draws=1000, seed=n) for n in range(60)]
    return np.array([(one.value - truth) / one.error for one in many])


@pytest.mark.parametrize(
    "question",
    [risk_ratio("v2", "v0"), natural_direct_effect("v2", "v0", "v1")],
    ids=["ratio", "nested"],
)
def test_standard_errors_are_those_of_repeated_answers(question: object) -> None:
    found = scores(question, 7)
    # The spread of 60 standard scores lies within 0.64 and 1.37 at four standard errors.
    assert 0.6 < found.std() < 1.4
    assert abs(found.mean()) < 4 / 60**0.5


@pytest.mark.parametrize("question", [effect_on_treated("v2", "v0"), "P(v2(v0=0)=0 | v2=1)"])
def test_standard_errors_under_evidence_are_no_smaller_than_the_errors(question: object) -> None:
    """Resampling spreads its draws evenly, so that the error stated is often too careful."""
    found = scores(question, 7)
    assert 0.2 < found.std() < 1.4
    assert abs(found.mean()) < 4 / 60**0.5
