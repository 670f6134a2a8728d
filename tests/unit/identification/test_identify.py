"""identify on the graphs of the literature, and on questions that cannot be asked."""

from typing import Any

import numpy as np
import pytest

from causalsim import Graph, Query, identify
from causalsim.errors import QueryError
from causalsim.estimand import contrasts, evaluate, parse_query
from causalsim.identification import (
    Adjustment,
    Available,
    Formula,
    FrontDoor,
    NoEffect,
    Unidentified,
)
from causalsim.identification.contrasting import Contrasted
from causalsim.identification.showing import hidden_edges
from causalsim.identification.verification import largest_error
from tests.oracles.fuse import no_hang
from tests.oracles.response_models import ResponseModel
from tests.oracles.sources import random_admg

X = ("y", "x")
#: name -> (graph, (outcome, treatment), answer, formula or None)
PUBLISHED: dict[str, tuple[str, tuple[str, str], type, str | None]] = {
    "bow arc": ("x -> y; x <-> y", X, Unidentified, None),
    "confounder": ("z -> x -> y; z -> y", X, Adjustment, "Σ_z P(y | x, z) P(z)"),
    "no confounder": ("x -> y", X, Adjustment, "P(y | x)"),
    "effect before cause": ("x -> y", ("x", "y"), NoEffect, "P(x)"),
    "M-bias (Greenland, Pearl, Robins 1999)": (
        "a -> x -> y; a -> m <- b -> y; a [latent]; b [latent]",
        X,
        Adjustment,
        "P(y | x)",
    ),
    "front door (Pearl 1995)": (
        "x -> m -> y; x <-> y",
        X,
        FrontDoor,
        "Σ_m P(m | x) Σ_x′ P(y | x′, m) P(x′)",
    ),
    "front door, latent drawn": (
        "u -> x -> m -> y <- u; u [latent]",
        X,
        FrontDoor,
        "Σ_m P(m | x) Σ_x′ P(y | x′, m) P(x′)",
    ),
    "napkin (Pearl and Mackenzie 2018, fig. 7.5)": (
        "w -> z -> x -> y; w <-> x; w <-> y",
        X,
        Formula,
        "[Σ_w P(y | w, z, x) P(x | w, z) P(w)] / [Σ_{y′,w} P(y′ | w, z, x) P(x | w, z) P(w)]",
    ),
    "instrument": ("z -> x -> y; x <-> y", X, Unidentified, None),
    "mediator confounded on both sides": (
        "x -> m -> y; x <-> m; m <-> y",
        X,
        Unidentified,
        None,
    ),
    "two mediators, crossed hidden causes": (
        "x -> z1 -> z2 -> y; x <-> z2; z1 <-> y",
        X,
        Formula,
        None,
    ),
    "hidden causes spread over a W": (
        "w1 -> x -> y1; w2 -> y2; w1 <-> x; w1 <-> w2; w2 <-> y2; w1 <-> y1",
        X,
        Unidentified,
        None,
    ),
    "front door beside an observed confounder": (
        "x -> z -> y; x <-> y; w -> x; w -> y",
        X,
        FrontDoor,
        None,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published(name: str) -> None:
    text, (outcome, treatment), kind, formula = PUBLISHED[name]
    graph = Graph(text)
    outcome = outcome if outcome in graph else "y1"
    query = Query(outcome, do=treatment)
    answer = identify(graph, query)
    assert isinstance(answer, kind)
    assert answer.why.endswith(".")
    if formula is not None:
        assert str(answer.formula) == formula
    if answer.identified:
        assert max(largest_error(graph, query, answer.formula, seed) for seed in range(3)) < 1e-9
    else:
        assert set(answer.hedge.inner) < set(answer.hedge.outer)


def test_values_stand_in_the_formula() -> None:
    answer = identify(Graph("z -> x -> y; z -> y"), Query({"y": 1}, do={"x": 0}))
    assert str(answer.formula) == "Σ_z P(y=1 | x=0, z) P(z)"


def test_conditional_effect_becomes_an_action_where_rule_2_allows() -> None:
    answer = identify(Graph("x -> y <- z"), Query("y", do="x", given="z"))
    assert str(answer.formula) == "P(y | x, z)"
    assert "rule 2" in answer.why


def test_conditioning_on_an_effect_of_the_outcome() -> None:
    graph, query = Graph("z -> x -> y -> s; z -> y"), Query("y", do="x", given="s")
    answer = identify(graph, query)
    assert isinstance(answer, Formula)
    assert largest_error(graph, query, answer.formula, seed=1) < 1e-9


def test_answers_are_plain_values() -> None:
    for text in ("x -> y; x <-> y", "z -> x -> y; z -> y", "x -> m -> y; x <-> y", "y -> x"):
        answer = identify(Graph(text), Query("y", do="x"))
        found = answer.to_dict()
        assert found["query"] == "P(y | do(x))"
        assert Graph(found["graph"]) == answer.graph
        assert str(answer)


@pytest.mark.parametrize(
    ("query", "found", "hint"),
    [
        (Query("y", do="dose"), "'dose'", "the nodes are"),
        (Query("y", do="xx"), "'xx'", "did you mean 'x'"),
        (Query("y", do="u"), "latent", "measured"),
        (Query("u", do="x"), "latent", "measured"),
    ],
)
def test_bad_queries(query: Query, found: str, hint: str) -> None:
    graph = Graph("u -> x -> y <- u; u [latent]")
    with pytest.raises(QueryError) as caught:
        identify(graph, query)
    assert found in str(caught.value)
    assert hint in caught.value.hint


def test_treatment_equal_to_outcome() -> None:
    with pytest.raises(QueryError, match="both outcome and do"):
        Query("y", do="y")


def test_things_that_are_no_graph_or_no_query() -> None:
    with pytest.raises(QueryError, match="causal graph"):
        identify("x -> y", Query("y", do="x"))  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="query is wanted"):
        identify(Graph("x -> y"), ("y", "x"))  # type: ignore[arg-type]


def test_a_question_may_be_text() -> None:
    graph = Graph("z -> x -> y; z -> y")
    assert identify(graph, "P(y | do(x))") == identify(graph, Query("y", do="x"))
    with pytest.raises(QueryError, match="Column"):
        identify(graph, "P(y | do(x)")


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("x -> y; x <-> y", ("measuring the common cause of x and y",)),
        (
            "z -> x -> y; x <-> y",
            (
                "measuring the common cause of x and y",
                "linearity: assuming=Linear()",
                'monotonicity, for the effect among compliers alone: assuming=Monotone("z", "x")',
            ),
        ),
        ("u -> x -> y <- u; u [latent]", ("measuring u",)),
        (
            "z -> x -> y; z <-> x; z <-> y",
            (
                "measuring the common cause of z and x",
                "measuring the common cause of z and y",
                "an experiment that sets z",
            ),
        ),
    ],
)
def test_a_refusal_says_what_would_help(text: str, help_: tuple[str, ...]) -> None:
    answer = identify(Graph(text), Query("y", do="x"))
    assert isinstance(answer, Unidentified)
    assert answer.help == help_
    assert "<svg" in answer._repr_svg_()


def test_alternatives_are_right_and_different() -> None:
    graph = Graph("a -> x; a -> b -> y; x -> m -> y")
    query = Query("y", do="x")
    answer = identify(graph, query)
    others = answer.alternatives
    assert {str(other) for other in others} >= {
        "identified by adjustment for {a}",
        "identified through the front door {m}",
    }
    for other in others:
        assert largest_error(graph, query, other.formula, seed=1) < 1e-9


def test_no_alternative_needs_data_that_are_not_there() -> None:
    graph, query = Graph("a -> x; a -> b -> y; x -> y; b -> s"), Query("y", do="x")
    for available in (Available("a", selected="s"), Available(["x", "y", "a"]), Available()):
        assert identify(graph, query, available=available).alternatives == ()


def test_what_the_graph_claims_can_be_tested() -> None:
    answer = identify(Graph("a -> x -> y; a -> b -> y"), Query("y", do="x"))
    assert [str(claim) for claim in answer.testable] == ["a ⊥ y | x, b", "x ⊥ b | a"]


CONTRASTS = [
    contrasts.average_effect("y", "x"),
    contrasts.average_effect("y", "x", to=0, baseline=1),
    contrasts.risk_difference("y", "x"),
    contrasts.risk_ratio("y", "x"),
    parse_query("E[y | do(x=1)]"),
    parse_query("2 * E[y(x=1)] - E[y]"),
    parse_query("P(y=1 | do(x=1)) - P(y=1 | do(x=0))"),
    parse_query("P(y(x=1)=1, c(x=1)=0)"),
    parse_query("E[y(x=1) - y(x=0) | c=1]"),
    parse_query("E[y(x=1) | c(x=1)=0]"),
]


@pytest.mark.parametrize("question", CONTRASTS, ids=str)
@pytest.mark.parametrize(
    "source",
    [
        "c -> x -> y; c -> y",
        "x -> m -> y; x <-> y; c -> y",
        "w -> z -> x -> y; w <-> x; w <-> y; c",
    ],
)
def test_contrasts_are_answered_by_the_plain_questions_behind_them(
    source: str, question: Any
) -> None:
    graph = Graph(source)
    answer = identify(graph, question)
    assert isinstance(answer, Contrasted)
    assert all(part.identified for part in answer.parts)
    assert answer.to_dict()["query"] == str(question)
    for seed in range(2):
        model = ResponseModel(graph, seed)
        values = evaluate(answer.formula, model.joint()).values
        assert np.abs(values - model.truth(question)).max() < 1e-10


def test_a_contrast_reads_as_books_print_it_and_knows_its_alternatives() -> None:
    graph = Graph("a -> x; a -> b -> y; x -> y")
    answer = identify(graph, contrasts.average_effect("y", "x"))
    assert str(answer) == "E[y(x=1)] - E[y(x=0)]: identified by adjustment for {b}"
    assert str(answer.formula) == "Σ_b E[y | x=1, b] P(b) - Σ_b E[y | x=0, b] P(b)"
    assert "Σ_a E[y | x=1, a] P(a) - Σ_a E[y | x=0, a] P(a)" in [
        str(other.formula) for other in answer.alternatives
    ]
    model = ResponseModel(graph, 3)
    for other in answer.alternatives:
        values = evaluate(other.formula, model.joint()).values
        assert np.abs(values - model.truth(answer.query)).max() < 1e-10


def test_a_contrast_from_a_trial_and_what_joins_worlds() -> None:
    bow, trial = Graph("x -> y; x <-> y"), Available(experiments="x")
    answer = identify(bow, contrasts.average_effect("y", "x"), available=trial)
    assert isinstance(answer, Contrasted)
    assert str(answer.formula) == "E[y | do(x=1)] - E[y | do(x=0)]"
    assert not identify(bow, contrasts.effect_on_treated("y", "x")).identified


def test_a_contrast_is_refused_with_the_hedge_of_the_question_behind_it() -> None:
    question = contrasts.average_effect("y", "x")
    answer = identify(Graph("z -> x -> y; x <-> y"), question)
    assert isinstance(answer, Unidentified)
    assert answer.query == question
    assert answer.hedge.outer == ("x", "y")
    assert answer.why.startswith("P(y | do(x)) would have to be known.")
    assert answer.help[0] == "measuring the common cause of x and y"
    assert "biasing path" in answer._repr_svg_()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x -> y; x <-> y", ["not identified", "form a hedge", "would help", "<svg"]),
        ("c -> x -> y; c -> y", ["adjustment for {c}", "<math", "<svg"]),
    ],
)
def test_answers_show_themselves(text: str, words: list[str]) -> None:
    shown = identify(Graph(text), Query("y", do="x"))._repr_html_()
    for word in words:
        assert word in shown


def test_a_hedge_is_drawn_by_its_hidden_causes() -> None:
    graph = Graph("u -> x -> y <- u; u [latent]; x <-> z; z -> q; w <-> q")
    assert hidden_edges(graph, ("x", "y", "z")) == [("x", "z"), ("u", "x"), ("u", "y")]
    assert hidden_edges(graph, ("x", "z")) == [("x", "z")]


def test_hedges_of_other_refusals_are_drawn_too() -> None:
    bow = Graph("x -> y; x <-> y; z -> x")
    from_trial = identify(bow, Query("y", do="x"), available=Available(experiments="z"))
    nested = identify(bow, parse_query("P(y(x=x0)=1, z(x=x0)=1 | y=0)"))
    for answer in (from_trial, nested):
        assert not answer.identified
    assert "biasing path" in from_trial._repr_html_()


@pytest.mark.parametrize("size", [30, 60])
def test_an_answer_never_waits_for_the_most_precise_set(size: int) -> None:
    graph = random_admg(np.random.default_rng([1, size]), size, 4 / size, 3 / size)
    with no_hang():
        for x in graph.nodes[:4]:
            for y in graph.descendants(x)[1:4]:
                answer = identify(graph, Query(y, do=x))
                assert answer.identified or answer.help is not None


@pytest.mark.parametrize(
    "arrows, kind, formula",
    [
        ("y -> x; x <-> y; z -> y", NoEffect, "P(y | z)"),
        ("y -> x; z -> x; y <-> z", NoEffect, "P(y | z)"),
        ("x -> z; y -> z", Formula, "P(z | x, y)"),
    ],
)
def test_no_path_to_what_is_asked_or_known_is_no_effect(
    arrows: str, kind: type, formula: str
) -> None:
    answer = identify(Graph(arrows), Query("y", do="x", given="z"), verify=True)
    assert isinstance(answer, kind)
    assert formula in str(answer.formula)
    assert "Verified" in answer.why
