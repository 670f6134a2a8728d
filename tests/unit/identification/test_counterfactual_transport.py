"""Counterfactual questions answered with the help of a trial in another population."""

import numpy as np
import pytest

from causalsim.estimand.evaluation import SourceTable, evaluate
from causalsim.estimand.parsing import parse_query
from causalsim.graph.graph import Graph
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available, Domain
from tests.oracles.response_models import ResponseModel

GRAPH = Graph("X -> M -> Y; X -> Y; X <-> Y; Z -> X; Z -> Y")
QUESTION = parse_query("P(Y(X=1, M(X=0))=1)")


def elsewhere(model: ResponseModel, differs: str, seed: int) -> ResponseModel:
    """The same mechanisms, but for one variable, whose noise is distributed differently."""
    other = ResponseModel(model.graph, seed)
    column = model.graph.nodes.index(differs)
    fresh = np.random.default_rng(seed + 1).dirichlet(np.full(len(model.weights[column]), 2.0))
    ratio = (fresh / model.weights[column])[model.grid[:, column]]
    other.chance = model.chance * ratio
    return other


@pytest.mark.parametrize(
    "differs, identified", [("X", True), ("Z", True), ("M", True), ("Y", False)]
)
def test_a_trial_elsewhere_answers_what_does_not_differ_there(
    differs: str, identified: bool
) -> None:
    trial = Domain("trial", differs=differs, observational=False, experiments=["X"])
    answer = identify_counterfactual(GRAPH, QUESTION, Available(domains=[trial]))
    assert answer.identified is identified
    assert not identify_counterfactual(GRAPH, QUESTION).identified
    if not answer.identified:
        assert "may differ" in answer.why
        return
    ours = ResponseModel(GRAPH, seed=6)
    theirs = elsewhere(ours, differs, seed=6)
    assert not np.allclose(ours.joint().values, theirs.joint().values)
    tables = [
        ours.joint(),
        SourceTable(("X",), "trial", theirs.experiment(["X"])),
    ]
    found = evaluate(answer.formula, tables).values
    np.testing.assert_allclose(found, ours.truth(QUESTION), atol=1e-10)
