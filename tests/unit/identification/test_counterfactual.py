"""Counterfactual identification: published verdicts and formulae by name."""

import numpy as np
import pytest

from causalsim.errors import QueryError
from causalsim.estimand import contrasts
from causalsim.estimand.evaluation import SourceTable, evaluate
from causalsim.estimand.events import Counterfactual, Event, Probability
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.paths import path_specific_effect
from causalsim.graph.graph import Graph
from causalsim.identification.counterfactual.answer import Conflict, NoData
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available
from tests.oracles.fuse import no_hang
from tests.oracles.response_models import ResponseModel

BOW = "X -> Y; X <-> Y"
FRONT_DOOR = "X -> M -> Y; X <-> Y"
MEDIATION = "X -> M -> Y; X -> Y"
#: Shpitser and Pearl (2008), figure 9 (a); also the first example of cfid's vignette.
SHPITSER_PEARL_9 = "X -> W -> Y <- Z <- D; X <-> Y"


@pytest.mark.parametrize(
    "graph, text, formula",
    [
        (BOW, "P(Y(X=0)=1 | X=0)", "P(Y=1 | X=0)"),
        (BOW, "P(Y(X=1)=1, X=1, Y=0)", "0"),
        (BOW, "P(X(Y=1)=1)", "P(X=1)"),
        ("X -> Y", "P(Y(X=1)=1)", "P(Y=1 | X=1)"),
        ("X -> Y", "P(Y(X=0)=1 | X=1)", "P(Y=1 | X=0)"),
        ("X -> Y", "P(Y(X=0) | X=1)", "P(Y | X=0)"),
        ("X -> Y", "E[Y(X=0) | X=1]", "E[Y | X=0]"),
        # Shpitser and Pearl (2009), effect of treatment on the treated through the front door.
        (FRONT_DOOR, "P(Y(X=1)=1 | X=0)", "Σ_M P(M | X=1) P(Y=1 | X=0, M)"),
        # Pearl (2001): natural effects without confounding.
        (MEDIATION, "P(Y(X=1, M(X=0))=1)", "Σ_M P(M | X=0) P(Y=1 | X=1, M)"),
        (MEDIATION, "E[Y(X=1, M(X=0))]", "Σ_Y Y Σ_M P(M | X=0) P(Y | X=1, M)"),
        (MEDIATION, "P(Y(M=1)=1, X=1)", "P(Y=1 | X=1, M=1) P(X=1)"),
        # The cross-world independence of the anchors' counterexample: P(Y=0, Y(X=1)=1).
        ("X -> Y", "P(Y=0, Y(X=1)=1)", None),
        # cfid's two wrong formulae of the survey.
        ("A -> B -> C", "P(B(C=1)=1, A(B=0)=1)", "P(B=1, A=1)"),
        ("B -> A -> C; B -> C", "P(C=1, A(C=1)=0)", "P(C=1, A=0)"),
    ],
)
def test_formulae(graph: str, text: str, formula: str | None) -> None:
    answer = identify_counterfactual(Graph(graph), parse_query(text))
    assert answer.identified is (formula is not None)
    if answer.identified:
        assert sorted(str(answer.formula).split()) == sorted(str(formula).split())


@pytest.mark.parametrize(
    "graph, text, identified",
    [
        (SHPITSER_PEARL_9, "P(Y(X=1)=1, X=0, Z(D=1)=0, D=1)", True),
        (SHPITSER_PEARL_9, "P(Y(X=1)=1 | X=0, Z(D=1)=0, D=1)", True),
        (SHPITSER_PEARL_9, "P(Y(X=1)=1, Y(X=0)=0)", False),
        (SHPITSER_PEARL_9 + "; W <-> Y", "P(Y(X=1)=1 | X=0)", False),
        # Effect of treatment on the treated.
        (BOW, "P(Y(X=0)=1 | X=1)", False),
        ("Z -> X -> Y; Z -> Y", "P(Y(X=0)=1 | X=1)", True),
        ("Z -> X -> Y; X <-> Y", "P(Y(X=0)=1 | X=1, Z=1)", False),
        # Natural effects (Pearl 2001; Avin, Shpitser and Pearl 2005).
        (MEDIATION, "P(Y(X=1, M(X=0))=1)", True),
        (MEDIATION + "; M <-> Y", "P(Y(X=1, M(X=0))=1)", False),
        (MEDIATION + "; X <-> M", "P(Y(X=1, M(X=0))=1)", False),
        (MEDIATION + "; X <-> Y", "P(Y(X=1, M(X=0))=1)", False),
        ("X -> L -> M -> Y; X -> Y; L -> Y", "P(Y(X=1, M(X=0))=1)", False),
        ("X -> L -> M -> Y; X -> Y; L -> Y", "P(Y(X=1, M(X=0), L(X=0))=1)", True),
        # Shpitser and Pearl (2008): the W graph and the zig-zag of joint responses.
        ("X -> Y; X -> Z; Y <-> Z", "P(Y(X=1)=1, Z(X=0)=1)", False),
        ("X -> Y; X -> Z", "P(Y(X=1)=1, Z(X=0)=1)", True),
        ("X -> Y; X -> Z; Y <-> Z", "P(Y(X=1)=1, Z(X=1)=1)", True),
        # One variable in two worlds that do not differ for it.
        ("X -> Y <- Z", "P(Y(X=1)=1, Z(X=0)=1, Z(X=1)=1)", True),
        # Napkin: the joint of two worlds where the effect alone is identified.
        ("W -> R -> X -> Y; W <-> X; W <-> Y", "P(Y(X=1)=1)", True),
        ("W -> R -> X -> Y; W <-> X; W <-> Y", "P(Y(X=1)=1, X=0)", False),
    ],
)
def test_published_verdicts(graph: str, text: str, identified: bool) -> None:
    question = parse_query(text)
    answer = identify_counterfactual(Graph(graph), question)
    assert answer.identified is identified
    if answer.identified:
        model = ResponseModel(Graph(graph), seed=4)
        values = evaluate(answer.formula, model.joint()).values
        np.testing.assert_allclose(values, model.truth(question), atol=1e-10)


def test_recanting_witness_of_avin_shpitser_and_pearl() -> None:
    graph = Graph("X -> W -> Z -> Y; W -> Y; X -> Y")
    for along, identified in (
        ("X -> W -> Y", False),
        ("X -> W -> Z -> Y", False),
        ("X -> Y", True),
        (["X -> W -> Y", "X -> W -> Z -> Y"], True),
    ):
        question = path_specific_effect(graph, "Y", "X", along)
        answer = identify_counterfactual(graph, question)
        assert answer.identified is identified
        if not answer.identified:
            assert isinstance(answer.obstacle, Conflict)
            assert answer.obstacle.variable == "X"
            assert answer.obstacle.values in {("0", "1"), ("1", "0")}
            assert "W(X=1)" in answer.why
        else:
            model = ResponseModel(graph, seed=2)
            values = evaluate(answer.formula, model.joint()).values
            np.testing.assert_allclose(values, model.truth(question), atol=1e-10)


def test_correa_lee_bareinboim_2021_experiments_identify_a_nested_counterfactual() -> None:
    # Their running example: with M and Y confounded the natural direct effect needs experiments,
    # and no experiment on X alone will do, since M must be set apart from how X moves it.
    graph = Graph(MEDIATION + "; X <-> Y; X <-> M")
    question = parse_query("P(Y(X=1, M(X=0))=1)")
    assert not identify_counterfactual(graph, question).identified
    one = identify_counterfactual(graph, question, Available(experiments=["X"]))
    assert one.identified
    assert "do(X" in str(one.formula)
    model = ResponseModel(graph, seed=1)
    trial = SourceTable(("X",), "", model.experiment(["X"]))
    values = evaluate(one.formula, [model.joint(), trial]).values
    np.testing.assert_allclose(values, model.truth(question), atol=1e-10)
    confounded = Graph(MEDIATION + "; M <-> Y")
    both = Available(experiments=["X", ("X", "M")])
    refused = identify_counterfactual(confounded, question, both)
    assert isinstance(refused.obstacle, Conflict)


def test_no_data_names_the_hedge() -> None:
    answer = identify_counterfactual(Graph(BOW), parse_query("P(Y(X=1)=1)"))
    assert isinstance(answer.obstacle, NoData)
    assert answer.obstacle.hedge is not None
    assert answer.obstacle.hedge.outer == ("X", "Y")
    assert "Y(X=1)=1" in str(answer)
    assert answer.to_dict()["formula"] is None


def test_steps_say_where_each_factor_comes_from() -> None:
    answer = identify_counterfactual(Graph(MEDIATION), parse_query("P(Y(X=1, M(X=0))=1)"))
    assert answer.steps == (
        "With their ancestors, the events are M(X=0)=m, Y(M=m, X=1)=1.",
        "P(M(X=0)=m) is read off P(X, M, Y).",
        "P(Y(M=m, X=1)=1) is read off P(X, M, Y).",
    )
    assert str(answer).startswith("P(Y(M(X=0), X=1)=1) = Σ_M ")
    assert answer.to_dict()["formula"] == str(answer.formula)


@pytest.mark.parametrize(
    "text, message",
    [
        ("P(W=1)", "does not have"),
        ("P(Y(W=1)=1)", "does not have"),
        ("P(Y(M(V=1))=1)", "does not have"),
        ("P(U=1 | Y(X=1)=1)", "latent"),
        ("P(X=1 | Y=1, Y=0)", "contradict"),
        ("P(X=1 | Y(X=1)=1, X=1, Y=0)", "contradict"),
        ("P(X=1 | M(M=1)=0)", "contradict"),
    ],
)
def test_bad_questions(text: str, message: str) -> None:
    graph = Graph("X -> M -> Y; X -> Y; U -> Y; U [latent]")
    with pytest.raises(QueryError, match=message):
        identify_counterfactual(graph, parse_query(text))
    with pytest.raises(QueryError, match="graph is wanted"):
        identify_counterfactual("X -> Y", parse_query("P(Y)"))


def test_contrasts_of_a_confounded_treatment() -> None:
    graph = Graph("Z -> X -> M -> Y; Z -> Y; X -> Y")
    model = ResponseModel(graph, seed=3)
    for question in (
        contrasts.average_effect("Y", "X"),
        contrasts.effect_on_treated("Y", "X"),
        contrasts.effect_on_untreated("Y", "X"),
        contrasts.conditional_effect("Y", "X", {"Z": 1}),
        contrasts.risk_ratio("Y", "X"),
        contrasts.controlled_direct_effect("Y", "X", {"M": 1}),
        contrasts.natural_direct_effect("Y", "X", "M"),
        contrasts.natural_indirect_effect("Y", "X", "M"),
    ):
        answer = identify_counterfactual(graph, question)
        values = evaluate(answer.formula, model.joint()).values
        np.testing.assert_allclose(values, model.truth(question), atol=1e-10)


def test_total_effect_is_direct_less_reversed_indirect() -> None:
    graph = Graph("X -> M -> Y; X -> Y; Z -> M; Z -> Y")
    joint = ResponseModel(graph, seed=5).joint()
    total, direct, back = (
        evaluate(identify_counterfactual(graph, question).formula, joint).values
        for question in (
            contrasts.average_effect("Y", "X"),
            contrasts.natural_direct_effect("Y", "X", "M"),
            contrasts.natural_indirect_effect("Y", "X", "M", to=0, baseline=1),
        )
    )
    np.testing.assert_allclose(total, direct - back, atol=1e-12)


def test_four_worlds_on_twenty_variables_are_quick() -> None:
    names = [f"v{i}" for i in range(20)]
    arrows = [(a, b) for i, a in enumerate(names) for b in names[i + 1 : i + 4]]
    graph = Graph(arrows, bidirected=[("v0", "v5"), ("v7", "v12")])
    worlds = [Event(Counterfactual(f"v{16 + k}", {f"v{9 + k}": k % 2}), 1) for k in range(4)]
    question = Probability(worlds)
    identify_counterfactual(graph, question)
    with no_hang():
        identify_counterfactual(graph, question)
