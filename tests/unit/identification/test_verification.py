"""A wrong formula is caught whatever the kind of question; what is too large is said to be."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from causalsim import Graph, Query, identify
from causalsim.errors import ExpressionError
from causalsim.errors.verification import VerificationError
from causalsim.estimand.contrasts import effect_on_treated, natural_direct_effect
from causalsim.estimand.events import Question
from causalsim.estimand.expression import (
    Expression,
    Free,
    P,
    Ratio,
    difference,
    fix,
    mean,
    probability,
    product,
    total,
)
from causalsim.estimand.parsing import parse_query
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.fusing.available import Available, Domain, Experiment
from causalsim.identification.verification import DiscreteModel, ResponseModel, verified
from tests.oracles.fuse import no_hang

BACKDOOR = Graph("z -> x -> y; z -> y")
MEDIATOR = Graph("x -> m -> y; x -> y")
TRIAL: Any = {"observational": False, "experiments": ["x"]}


def in_trial(heads: str, given: Any = ()) -> Expression:
    """P^π(heads | given, do(x))."""
    names = (given,) if isinstance(given, str) else given
    return P((Free(heads),), tuple(map(Free, names)), (Free("x"),), "π")


@dataclass(frozen=True)
class Case:
    """A question, the data at hand, and formulae that do not answer it."""

    graph: Graph
    question: Question
    wrong: tuple[Expression, ...]
    available: Available | None = None
    right: Expression | None = None
    told: dict[str, Any] = field(default_factory=dict)


CASES = {
    "one world": Case(
        BACKDOOR,
        Query("y", do="x"),
        (
            probability("y", "x"),
            total("z", product([probability("y", ["x", "z"]), probability("z", "x")])),
        ),
    ),
    "one world, at values": Case(
        BACKDOOR,
        Query({"y": "high"}, do={"x": "yes"}),
        (
            fix(probability("y", "x"), {"y": "high", "x": "yes"}),
            fix(probability("y"), {"y": "high"}),
        ),
    ),
    "one world, with conditions": Case(
        Graph("z -> x -> y; z -> y; w -> y; z -> w"),
        Query("y", do="x", given="w"),
        (probability("y", ["x", "w"]),),
    ),
    "a latent node": Case(
        Graph("u -> x -> m -> y; u -> y; u [latent]"),
        Query("y", do="x"),
        (probability("y", "x"),),
    ),
    "the treated": Case(
        BACKDOOR,
        parse_query("P(y(x=0)=1 | x=1)"),
        (
            fix(probability("y", "x"), {"y": 1, "x": 0}),
            identify(BACKDOOR, parse_query("P(y(x=0)=1)")).formula,
            fix(probability("y", "x"), {"y": 1, "x": 1}),
        ),
    ),
    "a mean among the treated": Case(
        BACKDOOR,
        effect_on_treated("y", "x", to=3, baseline=2),
        (
            difference(
                fix(mean("y", probability("y", "x")), {"x": 3}),
                fix(mean("y", probability("y", "x")), {"x": 2}),
            ),
        ),
    ),
    "a nested world": Case(
        MEDIATOR,
        parse_query("P(y(x=1, m(x=0))=1)"),
        (
            fix(probability("y", "x"), {"y": 1, "x": 1}),
            fix(probability("y", "x"), {"y": 1, "x": 0}),
        ),
    ),
    "a contrast": Case(
        MEDIATOR, natural_direct_effect("y", "x", "m"), (identify(MEDIATOR, Query("y")).formula,)
    ),
    "a question that leaves levels free": Case(
        BACKDOOR, parse_query("P(y(x=1) | z)"), (fix(probability("y", "x"), {"x": 1}),)
    ),
    "events that contradict each other": Case(
        BACKDOOR, parse_query("P(y(x=1)=1, x=1, y=0)"), (fix(probability("y"), {"y": 1}),)
    ),
    "an experiment": Case(
        Graph("z -> x -> y; z <-> x; z <-> y"),
        Query("y", do="x"),
        (probability("y", "x"), P((Free("y"),), (), (Free("z"),))),
        Available(experiments="z"),
    ),
    "another population": Case(
        Graph("z -> x -> y; z -> y; x <-> y"),
        Query("y", do="x"),
        (in_trial("y"), total("z", product([in_trial("y", "z"), in_trial("z")]))),
        Available(domains=Domain("π", "z", **TRIAL)),
    ),
    "data sets that measure a part": Case(
        Graph("x -> m -> y; x <-> m"),
        Query("y", do="x"),
        (total("m", product([probability("m"), probability("y", "m")])),),
        Available(["m", "y"], experiments=[Experiment("x", "m")]),
    ),
    "several worlds and an experiment": Case(
        Graph("x -> m -> y; x -> y; x <-> y; x <-> m"),
        parse_query("P(y(x=1, m(x=0))=1)"),
        (fix(P((Free("y"),), (), (Free("x"),)), {"y": 1, "x": 1}),),
        Available(experiments=["x"]),
    ),
    "several worlds and another population": Case(
        Graph("z -> x -> y; z -> y; x <-> y"),
        parse_query("P(y(x=1)=1, z=0)"),
        (
            fix(P((Free("y"), Free("z")), (), (Free("x"),), "π"), {"y": 1, "z": 0, "x": 1}),
            fix(probability(["y", "z"], "x"), {"y": 1, "z": 0, "x": 1}),
        ),
        Available(domains=Domain("π", "z", **TRIAL)),
    ),
    "selected units": Case(
        Graph("x -> y; x -> s"),
        Query("y", do="x"),
        (fix(probability("y", "s"), {"s": 1}),),
        Available(selected="s"),
    ),
    "missing values": Case(
        Graph("x -> y; x -> ry"),
        parse_query("E[y(x=1)] - E[y(x=0)]"),
        (fix(mean("y", probability("y", ["x", "ry"])), {"x": 1, "ry": 1}),),
        Available(missing={"y": "ry"}),
    ),
    "two levels and no others": Case(
        Graph("x -> y; x <-> y"),
        parse_query("P(y(x=0)=1 | x=1)"),
        (fix(P((Free("y"),), (), (Free("x"),)), {"y": 1, "x": 0}),),
        Available(experiments=["x"]),
        Ratio(
            fix(
                difference(P((Free("y"),), (), (Free("x"),)), probability(["y", "x"])),
                {"y": 1, "x": 0},
            ),
            fix(probability("x"), {"x": 1}),
        ),
        {"levels": {"x": (0, 1)}},
    ),
    "a treatment that never harms": Case(
        Graph("x -> m -> y; x -> y"),
        parse_query("P(y(x=1)=1, y(x=0)=0)"),
        (fix(probability("y", "x"), {"y": 1, "x": 1}),),
        None,
        difference(
            fix(probability("y", "x"), {"y": 1, "x": 1}),
            fix(probability("y", "x"), {"y": 1, "x": 0}),
        ),
        {"monotone": (Monotone("x", "y"),)},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_right_formula_passes_and_wrong_ones_are_caught(name: str) -> None:
    case = CASES[name]
    found = case.right or identify(case.graph, case.question, available=case.available).formula
    assert found is not None
    told = verified(case.graph, case.question, found, case.available, **case.told)
    assert told.startswith("Verified: on 2 random models")
    for wrong in case.wrong:
        with pytest.raises(VerificationError, match="is wrong by"):
            verified(case.graph, case.question, wrong, case.available, **case.told)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.right is None])
def test_identify_says_that_it_verified(name: str) -> None:
    case = CASES[name]
    answer = identify(case.graph, case.question, available=case.available, verify=True)
    assert "Verified: on 2 random models" in answer.why


@pytest.mark.parametrize("name", ["two levels and no others", "a treatment that never harms"])
def test_what_holds_under_an_assumption_alone_is_wrong_without_it(name: str) -> None:
    case = CASES[name]
    levels = {"x": (0, 1, 2)} if case.available else None
    with pytest.raises(VerificationError):
        verified(case.graph, case.question, case.right, case.available, levels=levels)


def test_the_effect_on_compliers_rests_on_its_assumption() -> None:
    graph = Graph("z -> x -> y; x <-> y")
    question = parse_query("E[y(x=1) - y(x=0) | x(z=1)=1, x(z=0)=0]")
    answer = identify(graph, question, assuming=Monotone("z", "x"), verify=True)
    assert "Verified: on 2 random models" in answer.why
    with pytest.raises(VerificationError):
        verified(graph, question, answer.formula)
    naive = mean("y", probability("y", "x"))
    wrong = difference(fix(naive, {"x": 1}), fix(naive, {"x": 0}))
    with pytest.raises(VerificationError):
        verified(graph, question, wrong, monotone=[Monotone("z", "x")])


def test_a_formula_must_be_in_the_data_at_hand() -> None:
    graph, query = Graph("x -> y; x <-> y; z"), Query("y", do="x")
    formula = P((Free("y"),), (), (Free("x"),))
    with pytest.raises(VerificationError, match="which none of the data hold"):
        verified(graph, query, formula)
    with pytest.raises(VerificationError, match="which none of the data hold"):
        verified(graph, query, formula, Available(experiments=[Experiment("x", "z")]))
    elsewhere = Available(domains=Domain("π", (), **TRIAL))
    with pytest.raises(VerificationError, match="which none of the data hold"):
        verified(graph, query, formula, elsewhere)


@pytest.mark.parametrize("available", [Available(selected="s"), Available(missing={"y": "s"})])
def test_incomplete_data_do_not_show_the_rest(available: Available) -> None:
    graph, query = Graph("x -> y; x -> s"), Query("y", do="x")
    right = fix(probability("y", ["x", "s"]), {"s": 1})
    assert verified(graph, query, right, available).startswith("Verified")
    for wrong in (probability("y", "x"), fix(probability("y", ["x", "s"]), {"s": 0})):
        with pytest.raises(VerificationError, match="which none of the data hold"):
            verified(graph, query, wrong, available)


LARGE = Graph("; ".join(f"c{i} -> x; c{i} -> y" for i in range(40)) + "; x -> y")


@pytest.mark.parametrize("question", [Query("y", do="x"), parse_query("P(y(x=0)=1 | x=1)")])
@pytest.mark.parametrize("available", [None, Available(experiments="c1")])
def test_too_large_is_said(question: Question, available: Available | None) -> None:
    with no_hang(20):
        answer = identify(LARGE, question, available=available, verify=True)
    assert answer.identified
    assert "Not verified: too large to verify by enumeration" in answer.why


def test_many_free_levels_are_too_many() -> None:
    names = [f"v{i}" for i in range(9)]
    graph = Graph(" -> ".join(names))
    question = parse_query(f"P({', '.join(f'{name}(v0=1)' for name in names[1:])})")
    with no_hang(20):
        answer = identify(graph, question, verify=True)
    assert "Not verified: too large to verify by enumeration" in answer.why


def test_a_small_part_of_a_large_graph_is_verified() -> None:
    graph = Graph(str(LARGE) + "\nx -> w <- a -> v")
    answer = identify(graph, parse_query("P(w(a=0)=1 | a=1)"), verify=True)
    assert "Not verified" in answer.why  # every c is an ancestor of w
    answer = identify(graph, parse_query("P(v(a=0)=1 | a=1)"), verify=True)
    assert "Verified: on" in answer.why


def test_what_cannot_happen_is_no_ground_for_a_verdict() -> None:
    question = parse_query("P(x=1 | y(x=0)=1, y(x=1)=0)")
    told = verified(
        Graph("x -> y"), question, fix(probability("x"), {"x": 1}), monotone=[Monotone("x", "y")]
    )
    assert told.startswith("Not verified: what the question takes as known has probability 0")


def test_levels_must_be_the_declared_ones() -> None:
    question = parse_query("P(y(x=5)=1)")
    formula = identify(BACKDOOR, question).formula
    with pytest.raises(ExpressionError, match="has no level 5"):
        verified(BACKDOOR, question, formula, levels={"x": (0, 1)})


def test_the_two_families_of_models_mean_the_same_by_a_graph() -> None:
    graph = Graph("a -> b -> c; a <-> c; d -> c")
    levels = {node: (0, 1, 2) if node == "b" else (0, 1) for node in graph.nodes}
    for model in (DiscreteModel.draw(graph, 3, levels), ResponseModel.draw(graph, 3, levels)):
        joint = model.joint().at("abcd")
        assert joint.shape == (2, 3, 2, 2)
        assert joint.min() > 0
        np.testing.assert_allclose(joint.sum(), 1.0)
        apart = joint.sum(axis=(1, 2))
        np.testing.assert_allclose(apart, np.outer(apart.sum(1), apart.sum(0)))
        done = model.intervened("b").at("abcd")
        np.testing.assert_allclose(done.sum(axis=(0, 2, 3)), 1.0)
        given_b = joint.sum(axis=(2, 3)) / joint.sum(axis=(0, 2, 3))
        assert np.abs(given_b - done.sum(axis=(2, 3))).max() > 1e-3  # seeing is not doing
        other = model.differing(["d"], 9)
        apart = [m.joint().at("abcd").sum(axis=(0, 1, 2)) for m in (model, other)]
        assert np.abs(apart[0] - apart[1]).max() > 1e-3
        same = [m.joint().at("abcd").sum(axis=(2, 3)) for m in (model, other)]
        np.testing.assert_allclose(*same)
