"""Selection and missingness: published graphs, refusals in words, misuse."""

from typing import Any

import numpy as np
import pytest

from causalsim import identify
from causalsim.errors.base import CausalsimError
from causalsim.estimand import contrasts, evaluate, parse_query
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available, Domain
from causalsim.identification.fusing.combining import combine
from causalsim.identification.fusing.missing_data import recover_from_missing
from causalsim.identification.fusing.recovery import Recovered, Unrecovered
from causalsim.identification.fusing.selection_bias import recover_from_selection
from tests.oracles.incomplete import error
from tests.oracles.response_models import ResponseModel

EFFECT = Query("y", do="x")

SELECTED: dict[str, tuple[str, Query, Any, str]] = {
    "selection by the treatment (Bareinboim, Tian and Pearl 2014, figure 1a)": (
        "x -> y; x -> s", Query("y", given="x"), (), "P(y | x, s=1)",
    ),
    "the same, by an action": ("x -> y; x -> s", EFFECT, (), "P(y | x, s=1)"),
    "selection by a covariate with a census (their theorem 2)": (
        "x -> y; w -> y; w -> s", EFFECT, "w", "Σ_w P(y | w, x, s=1) P(w)",
    ),
    "a confounder known from a census": (
        "z -> x -> y; z -> y; z -> s", EFFECT, "z", "Σ_z P(z) P(y | z, x, s=1)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SELECTED)
def test_recovered_from_selection(name: str) -> None:
    source, query, told, formula = SELECTED[name]
    answer = recover_from_selection(Graph(source), query, "s", told)
    assert isinstance(answer, Recovered)
    assert str(answer.formula) == formula
    assert error(Graph(source), query, answer.formula, 1) < 1e-12


def test_known_districts_are_divided_out() -> None:
    """Algorithm RC needs its line 5: once x is divided out, a no longer links y to b."""
    graph = Graph("a -> x -> y; a <-> y; a <-> b; b -> s")
    answer = recover_from_selection(graph, EFFECT, "s")
    assert isinstance(answer, Recovered)
    assert "/ [P(x | a, s=1)]" in str(answer.formula) or "/ P(x | a, s=1)" in str(answer.formula)
    assert error(graph, EFFECT, answer.formula, 2) < 1e-9


def test_outcome_dependent_selection_is_refused_with_proof() -> None:
    answer = recover_from_selection(Graph("x -> y -> s"), Query("y", given="x"), "s")
    assert isinstance(answer, Unrecovered)
    assert answer.proven
    assert "dependent given x" in answer.why


def test_a_confounded_effect_is_refused_with_its_hedge() -> None:
    answer = recover_from_selection(Graph("x -> y; x <-> y; x -> s"), EFFECT, "s")
    assert isinstance(answer, Unrecovered)
    assert answer.proven
    assert "x, y form a hedge" in answer.why


MISSING: dict[str, tuple[str, Query, dict[str, str], str]] = {
    "MCAR": ("x -> y; ry", Query("y", given="x"), {"y": "ry"}, "P(y | x, ry=1)"),
    "MAR": ("x -> y; x -> ry", Query("y"), {"y": "ry"}, "Σ_x P(y | x, ry=1) P(x)"),
    "MAR, an effect": ("x -> y; x -> ry", EFFECT, {"y": "ry"}, "P(y | x, ry=1)"),
    "MNAR by the other variable (Mohan, Pearl and Tian 2013, theorem 2)": (
        "x -> y; x -> ry; y -> rx",
        Query(["x", "y"]),
        {"x": "rx", "y": "ry"},
        "[P(x, y, rx=1, ry=1)] / [P(rx=1 | y, ry=1) P(ry=1 | x, rx=1)]",
    ),
    "MNAR, but the effect conditions on what decides": (
        "x -> y; x -> rx", EFFECT, {"x": "rx"}, "P(y | x, rx=1)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
def test_recovered_from_missing(name: str) -> None:
    source, query, marks, formula = MISSING[name]
    answer = recover_from_missing(Graph(source), query, marks)
    assert isinstance(answer, Recovered)
    assert str(answer.formula) == formula
    assert error(Graph(source), query, answer.formula, 1) < 1e-12


def test_self_masking_is_refused_and_said() -> None:
    answer = recover_from_missing(Graph("x -> y -> ry"), Query("y"), {"y": "ry"})
    assert isinstance(answer, Unrecovered)
    assert not answer.proven
    assert "depends on its own value" in answer.why


def test_values_stand_in_the_formula() -> None:
    query = Query({"y": 1}, do={"x": 0})
    answer = recover_from_missing(Graph("x -> y; x -> ry"), query, {"y": "ry"})
    assert str(answer.formula) == "P(y=1 | x=0, ry=1)"
    assert answer.to_dict()["kind"] == "recovered"


CONTRASTS = [
    contrasts.average_effect("y", "x"),
    contrasts.risk_ratio("y", "x"),
    contrasts.risk_difference("y", "x"),
    contrasts.conditional_effect("y", "x", {"z": 1}),
    parse_query("P(y=1 | do(x=1)) - 0.5 * P(y=1 | do(x=0))"),
    parse_query("E[y | do(x=1), z=0]"),
    Query("y", do="x"),
    Query({"y": 1}, do={"x": 0}, given="z"),
]
DATA: dict[str, tuple[str, Available]] = {
    "a census beside the selected": (
        "z -> x -> y; z -> y; z -> s; x -> s",
        Available("z", selected="s"),
    ),
    "the selected alone": ("x -> y; z -> y; x -> s", Available(selected="s")),
    "values missing at random": ("z -> x -> y; z -> y; z -> ry", Available(missing={"y": "ry"})),
    "values missing not at random": (
        "z -> x -> y; z -> y; y -> rz; x -> ry",
        Available(missing={"z": "rz", "y": "ry"}),
    ),
}


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("question", CONTRASTS, ids=str)
def test_identify_recovers_questions_of_every_form(data: str, question: Any) -> None:
    source, available = DATA[data]
    graph = Graph(source)
    answer = identify(graph, question, available=available)
    assert isinstance(answer, Recovered)
    assert answer.query == question
    assert answer.available == available
    assert answer.why.endswith(".")
    assert answer.to_dict()["identified"]
    for seed in range(3):
        assert wrong(graph, question, answer.formula, seed) < 1e-10


def wrong(graph: Graph, question: Any, formula: Any, seed: int) -> float:
    """How far a formula on the joint with its indicators is from the truth."""
    if isinstance(question, Query):
        return error(graph, question, formula, seed)
    model = ResponseModel(graph, seed)
    return float(np.abs(evaluate(formula, model.joint()).values - model.truth(question)).max())


def test_one_part_that_is_lost_refuses_the_whole() -> None:
    source, available = DATA["a census beside the selected"]
    question = parse_query("P(y=1 | do(x=1)) - P(y=1)")
    answer = identify(Graph(source), question, available=available)
    assert isinstance(answer, Unrecovered)
    assert answer.why.startswith("Its part P(y=1) is not recovered.")
    assert answer.help == ("data on z, x from everyone, not only the selected",)


def test_identify_refuses_with_the_reason_and_what_would_help() -> None:
    graph = Graph("z -> x -> y; z -> y; z -> s")
    answer = identify(graph, EFFECT, available=Available(selected="s"))
    assert isinstance(answer, Unrecovered)
    assert "entangled with what decides s" in answer.why
    assert answer.help == ("data on z from everyone, not only the selected",)
    masked = identify(Graph("x -> y -> ry"), Query("y"), available=Available(missing={"y": "ry"}))
    assert masked.help == ("recording every value of y",)
    assert masked.to_dict()["formula"] is None


def test_several_worlds_are_refused() -> None:
    question = contrasts.probability_of_necessity("y", "x")
    answer = identify(Graph("x -> y; x -> s"), question, available=Available(selected="s"))
    assert isinstance(answer, Unrecovered)
    assert "joins several worlds" in answer.why
    among = parse_query("E[y(x=1) | z(x=1)=1] - E[y(x=0) | z(x=1)=1]")
    found = identify(Graph("x -> z -> y; x -> s"), among, available=Available(selected="s"))
    assert not found.identified


def test_only_what_the_data_show_is_testable() -> None:
    graph = Graph("z -> x -> y; z -> ry")
    answer = identify(graph, EFFECT, available=Available(missing={"y": "ry"}))
    assert [str(claim) for claim in answer.testable] == ["x ⊥ ry | z"]


def test_available_describes_holes() -> None:
    assert Available(selected="s").incomplete
    assert not Available().incomplete
    assert Available(selected="s").populations[0].observational == ()
    assert Available("z", selected="s").populations[0].observational == ("z",)
    assert Available(missing={"y": "ry"}).missing == (("y", "ry"),)


def ask(source: str, query: Any, selection: str = "s", told: Any = ()) -> Any:
    return recover_from_selection(Graph(source), query, selection, told)


def holes(source: str, query: Any, marks: dict[str, str]) -> Any:
    return recover_from_missing(Graph(source), query, marks)


MISUSE: dict[str, Any] = {
    "selection and an experiment": lambda: Available(experiments="x", selected="s"),
    "holes and another population": lambda: Available(domains=Domain("b"), missing={"y": "ry"}),
    "holes and selection": lambda: Available(selected="s", missing={"y": "ry"}),
    "holes in a list": lambda: Available(missing=["ry"]),  # type: ignore[arg-type]
    "holes combined": lambda: combine(Graph("x -> y; ry"), EFFECT, Available(missing={"y": "ry"})),
    "holes across worlds": lambda: identify_counterfactual(
        Graph("x -> y; x -> s"), EFFECT, Available(selected="s")
    ),
    "no such selection, by identify": lambda: identify(
        Graph("x -> y"), EFFECT, available=Available(selected="s")
    ),
    "no such indicator, by identify": lambda: identify(
        Graph("x -> y"), EFFECT, available=Available(missing={"y": "ry"})
    ),
    "no such selection": lambda: ask("x -> y", EFFECT),
    "selection with effects": lambda: ask("x -> s -> y", EFFECT),
    "selection latent": lambda: ask("x -> y; x -> s; s [latent]", EFFECT),
    "selection asked about": lambda: ask("x -> y; x -> s", Query("s", do="x")),
    "selection unbiased": lambda: ask("x -> y; x -> s", EFFECT, "s", ["s"]),
    "unknown outcome": lambda: ask("x -> y; x -> s", Query("w", do="x")),
    "latent treatment": lambda: ask("x -> y; x -> s; x [latent]", EFFECT),
    "census of nothing known": lambda: ask("x -> y; x -> s", EFFECT, "s", "w"),
    "no query": lambda: ask("x -> y; x -> s", "y"),
    "indicators in a list": lambda: holes("x -> y; ry", EFFECT, ["ry"]),  # type: ignore[arg-type]
    "no such indicator": lambda: holes("x -> y", EFFECT, {"y": "ry"}),
    "indicator with effects": lambda: holes("ry -> x -> y", EFFECT, {"y": "ry"}),
    "indicator shared": lambda: holes("x -> y; r", EFFECT, {"x": "r", "y": "r"}),
    "indicator asked about": lambda: holes("x -> y; ry", Query("ry"), {"y": "ry"}),
    "unknown variable": lambda: holes("x -> y; ry", EFFECT, {"w": "ry"}),
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_explained(name: str) -> None:
    with pytest.raises(CausalsimError) as caught:
        MISUSE[name]()
    assert "Hint:" in str(caught.value)
