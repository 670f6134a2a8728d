"""PN, PS and PNS: Tian and Pearl's results, and exact models in which the treatment never harms."""

import numpy as np
import pytest

from causalsim.errors import QueryError
from causalsim.estimand import contrasts
from causalsim.estimand.evaluation import SourceTable, Table, evaluate
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.counterfactual.causation import identify_causation
from causalsim.identification.fusing.available import Available
from tests.oracles.response_models import ResponseModel

BOW = Graph("X -> Y; X <-> Y")
PLAIN = Graph("X -> Y")
COVARIATE = Graph("Z -> X -> Y; Z -> Y")
NEVER_LOWERS = Monotone("X", "Y")
QUESTIONS = (
    contrasts.probability_of_necessity("Y", "X"),
    contrasts.probability_of_sufficiency("Y", "X"),
    contrasts.probability_of_necessity_and_sufficiency("Y", "X"),
)


def monotone_model(graph: Graph, seed: int) -> ResponseModel:
    """A random model in which Y never falls as X rises."""
    model = ResponseModel(graph, seed)
    axis = graph.parents("Y").index("X")
    model.tables["Y"] = np.sort(model.tables["Y"], axis=axis)
    return model


@pytest.mark.parametrize("graph", [PLAIN, COVARIATE, Graph("X -> Y <- Z; X <-> Z")])
@pytest.mark.parametrize("seed", range(5))
def test_monotone_formulae_from_observations_are_exact(graph: Graph, seed: int) -> None:
    model = monotone_model(graph, seed)
    found = identify_causation(graph, "Y", "X", NEVER_LOWERS)
    answers = (found.necessity, found.sufficiency, found.both)
    for question, answer in zip(QUESTIONS, answers, strict=True):
        value = evaluate(answer.formula, model.joint()).values
        np.testing.assert_allclose(value, model.truth(question), atol=1e-10)
        assert "never lowers" in answer.steps[0]


@pytest.mark.parametrize("seed", range(5))
def test_monotone_formulae_from_observations_and_an_experiment_are_exact(seed: int) -> None:
    model = monotone_model(BOW, seed)
    found = identify_causation(BOW, "Y", "X", NEVER_LOWERS, Available(experiments=["X"]))
    tables = [model.joint(), SourceTable(("X",), "", model.experiment(["X"]))]
    answers = (found.necessity, found.sufficiency, found.both)
    for question, answer in zip(QUESTIONS, answers, strict=True):
        value = evaluate(answer.formula, tables).values
        np.testing.assert_allclose(value, model.truth(question), atol=1e-10)


def test_tian_and_pearl_2000_the_legal_example() -> None:
    # Survivors and deaths of 1,000 with and without the drug, in the trial and outside it.
    trial = Table.of(["X", "Y"], np.array([[986, 14], [984, 16]]) / 1000)
    outside = Table.of(["X", "Y"], np.array([[972, 28], [998, 2]]) / 2000)
    found = identify_causation(BOW, "Y", "X", NEVER_LOWERS, Available(experiments=["X"]))
    answers = (found.necessity, found.sufficiency, found.both)
    tables = [outside, SourceTable(("X",), "", trial)]
    values = [float(evaluate(a.formula, tables).values) for a in answers]
    np.testing.assert_allclose(values, [1.0, 0.001 / 0.486, 0.002], rtol=1e-9)


def test_excess_risk_ratio_without_confounding() -> None:
    # PN = [P(y | x) - P(y | x')] / P(y | x) when nothing confounds (Tian and Pearl 2000).
    joint = Table.of(["X", "Y"], np.array([[0.4, 0.1], [0.2, 0.3]]))
    found = identify_causation(PLAIN, "Y", "X", NEVER_LOWERS)
    assert evaluate(found.necessity.formula, joint).values == pytest.approx((0.6 - 0.2) / 0.6)
    assert evaluate(found.sufficiency.formula, joint).values == pytest.approx((0.6 - 0.2) / 0.8)
    assert evaluate(found.both.formula, joint).values == pytest.approx(0.6 - 0.2)


@pytest.mark.parametrize("graph", [BOW, PLAIN, COVARIATE])
def test_nothing_is_identified_without_the_assumption(graph: Graph) -> None:
    found = identify_causation(graph, "Y", "X", available=Available(experiments=["X"]))
    assert not any(a.identified for a in (found.necessity, found.sufficiency, found.both))
    assert str(found).count("is not identified") == 3


def test_monotonicity_alone_does_not_help_where_the_effect_is_unknown() -> None:
    found = identify_causation(BOW, "Y", "X", NEVER_LOWERS)
    assert not any(a.identified for a in (found.necessity, found.sufficiency, found.both))


def test_a_treatment_that_never_raises_is_never_a_cause() -> None:
    found = identify_causation(BOW, "Y", "X", Monotone("X", "Y", increasing=False))
    for answer in (found.necessity, found.sufficiency, found.both):
        assert str(answer.formula) == "0"


def test_levels_have_names() -> None:
    found = identify_causation(
        PLAIN,
        "Y",
        "X",
        NEVER_LOWERS,
        levels=("placebo", "drug"),
        outcomes=("well", "ill"),
    )
    assert str(found.both.formula) == "P(Y=ill | X=drug) - P(Y=ill | X=placebo)"
    assert str(found.necessity.query) == "P(Y(X=placebo)=well | X=drug, Y=ill)"


def test_an_assumption_must_be_about_the_question() -> None:
    with pytest.raises(QueryError, match="but the question is about"):
        identify_causation(PLAIN, "Y", "X", Monotone("Z", "Y"))
