"""Bounds over couplings: what is sharp, what is not, what is refused."""

import time

import numpy as np
import pytest

from causalsim import Graph
from causalsim.errors.contraction import ContractionError
from causalsim.errors.coupling import CouplingError
from causalsim.errors.model import ModelError
from causalsim.errors.query import QueryError
from causalsim.estimand.events import Event, Probability
from causalsim.scm import SCM, GumbelMax, Levels, Shift, Threshold, frequencies, linear, table
from causalsim.scm.coupling.couplings import bounds
from causalsim.scm.networks import Place, contract
from tests.oracles.coupling_cases import Made, model_of

BINARY = Levels((0, 1))


def _drug() -> SCM:
    rows = {(0,): [0.7, 0.3], (1,): [0.4, 0.6]}
    return SCM(
        Graph("x -> y"),
        {
            "x": frequencies({0: 0.5, 1: 0.5}),
            "y": table(["x"], rows, levels=[0, 1], domains=[BINARY]),
        },
    )


DRUG = _drug()


@pytest.mark.parametrize(
    "question, low, high",
    [
        ("P(y(x=1)=1, y(x=0)=0)", 0.3, 0.6),
        ("P(y(x=0)=0 | x=1, y=1)", 0.5, 1.0),
        ("P(y(x=1)=1 | x=0, y=0)", 0.3 / 0.7, 0.6 / 0.7),
        ("E[y(x=1) - y(x=0)]", 0.3, 0.3),
        ("E[y(x=1) - y(x=0) | x=1]", 0.3, 0.3),
        ("E[y(x=1) - y(x=0) | x=1, y=1]", 0.5, 1.0),
        ("P(y=1 | do(x=1))", 0.6, 0.6),
        ("P(x=1 | y(x=0)=1, y(x=1)=1)", 0.5, 0.5),
        ("P(y(x=1)=1 | y(x=0)=1)", 0.0, 1.0),
        ("P(y(x=1)=1, y(x=1)=0)", 0.0, 0.0),
        ("P(y(x=0)=1, y(x=0)=0 | x=1)", 0.0, 0.0),
    ],
)
def test_closed_forms(question: str, low: float, high: float) -> None:
    found = DRUG.bounds(question)
    assert found.sharp
    assert (found.lower, found.upper) == pytest.approx((low, high), abs=1e-9)


def test_a_question_as_a_value() -> None:
    events = [Event("y", 1, do={"x": 1}), Event("y", 0, do={"x": 0})]
    assert str(bounds(DRUG, Probability(events))) == "between 0.3 and 0.6"


def test_evidence_that_only_some_couplings_allow() -> None:
    rows = {(0,): [0.5, 0.5], (1,): [0.5, 0.5]}
    model = SCM(
        Graph("x -> y"),
        {
            "x": frequencies({0: 0.25, 1: 0.75}),
            "y": table(["x"], rows, levels=[0, 1], domains=[BINARY]),
        },
    )
    # Thresholds never move a unit here, so that this evidence is impossible under them.
    found = model.bounds("P(x=1 | y(x=0)=0, y(x=1)=1)")
    assert found.lower == pytest.approx(0.75)
    assert found.upper == pytest.approx(0.75)


def test_interval_over_couplings_holds_both_families() -> None:
    rows = np.array([[0.6, 0.2, 0.2], [0.1, 0.1, 0.8], [0.35, 0.35, 0.3]])
    made: Made = [("v0", (), np.array([[0.2, 0.3, 0.5]])), ("v1", ("v0",), rows)]
    text = "P(v1(v0=2)=1 | v0=0, v1=0)"
    found = model_of(made).bounds(text)
    assert found.sharp
    answers = []
    for family in (Threshold, GumbelMax):
        model = model_of(made, family)
        worlds = {"": model.mechanisms, "w": model.do(v0=2).mechanisms}
        seen = {Place("", "v0"): 0, Place("", "v1"): 0}
        answers.append(float(contract(worlds, [Place("w", "v1")], seen).probabilities[1]))
    assert all(answer in found for answer in answers)
    assert answers[0] != pytest.approx(answers[1], abs=0.01)
    assert "Balke" in found.why


def test_too_many_response_functions_give_a_wide_bound_that_says_so() -> None:
    rng = np.random.default_rng(0)
    made = [("v0", (), rng.dirichlet(np.ones(2), 1))]
    made += [(f"v{i}", ("v0",), rng.dirichlet(np.ones(3), 2)) for i in (1, 2)]
    made.append(("v3", ("v1", "v2"), rng.dirichlet(np.ones(3), 9)))
    made.append(("v4", ("v3", "v2", "v1"), rng.dirichlet(np.ones(2), 27)))
    text = "P(v4(v0=1)=1 | v0=0, v4=0)"
    model = model_of(made)
    began = time.process_time()
    found = model.bounds(text)
    assert time.process_time() - began < 5
    assert not found.sharp
    assert "Fréchet" in found.why
    assert 0 <= found.lower <= found.upper <= 1
    worlds = {"": model.mechanisms, "w": model.do(v0=1).mechanisms}
    seen = {Place("", "v0"): 0, Place("", "v4"): 0}
    assert float(contract(worlds, [Place("w", "v4")], seen).probabilities[1]) in found


@pytest.mark.parametrize(
    "question, error, match",
    [
        ("P(y(x=1) | x=0)", CouplingError, "no value is given for y"),
        ("P(y | do(x))", CouplingError, "no value is given"),
        ("P(y(x=1)=1) / P(y(x=0)=1)", CouplingError, "quotient"),
        ("E[y(x=1) | x=0] - E[y(x=0) | x=1]", CouplingError, "different units"),
        ("P(y(x=1)=1 | x=0, x=1)", CouplingError, "contradicts itself"),
        ("P(z(x=1)=1)", ModelError, "no variable 'z'"),
        ("P(y(z=1)=1)", ModelError, "no variable 'z'"),
        ("P(y(x=7)=1)", ModelError, "cannot be 7"),
        ("P(y(x=1)=7)", ModelError, "cannot be 7"),
        ("P(y(x=1)=1", QueryError, "Hint"),
        ("P(y(x=1)=1 | x=0, x(x=1)=0)", CouplingError, "probability zero"),
    ],
)
def test_refusals(question: str, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        DRUG.bounds(question)


def test_what_asks_nothing() -> None:
    with pytest.raises(CouplingError, match="found int"):
        DRUG.bounds(42)  # type: ignore[arg-type]


def test_continuous_variables_are_refused() -> None:
    model = SCM(Graph("x -> y"), {"x": linear({}), "y": linear({"x": 1.0})})
    with pytest.raises(ContractionError, match="continuous"):
        model.bounds("P(y(x=1)=1 | x=0)")


def test_names_have_no_mean() -> None:
    model = SCM(Graph([], nodes=["x"]), {"x": frequencies({"a": 0.5, "b": 0.5})})
    with pytest.raises(CouplingError, match="names"):
        model.bounds("E[x]")


def test_an_altered_natural_value_is_refused() -> None:
    rows = {(k,): [0.5, 0.3, 0.2] for k in (0, 1)}
    model = SCM(
        Graph("x -> y -> z"),
        {
            "x": frequencies({0: 0.5, 1: 0.5}),
            "y": table(["x"], rows, levels=[0, 1, 2], domains=[BINARY]),
            "z": table(
                ["y"],
                {(k,): [0.5, 0.5] for k in range(3)},
                levels=[0, 1],
                domains=[Levels((0, 1, 2))],
            ),
        },
    )
    with pytest.raises(CouplingError, match="natural value"):
        model.do(y=Shift(0)).bounds("P(z(x=1)=1, z(x=0)=0)")
