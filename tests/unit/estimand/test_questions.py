"""Questions: what is typed is what is meant, and prints back as it was."""

import contextlib
import itertools
import json
from typing import Any

import numpy as np
import pytest

from causalsim.errors import QueryError
from causalsim.estimand import contrasts, to_english, to_latex
from causalsim.estimand.events import (
    DEEPEST,
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Quotient,
    combination,
)
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.paths import path_specific_effect
from causalsim.estimand.query import Query, Setting
from causalsim.estimand.questions import question_to_english, question_to_latex
from causalsim.estimand.storage import question_from_dict
from causalsim.graph.graph import Graph
from tests.oracles.fuse import no_hang
from tests.oracles.graphs import random_graph
from tests.oracles.response_models import ResponseModel

Y1, Y0 = Counterfactual("Y", {"X": 1}), Counterfactual("Y", {"X": 0})
M0 = Counterfactual("M", {"X": 0})

READ = [
    ("P(Y)", Query("Y")),
    ("P(Y | do(X=1), Z)", Query("Y", do={"X": 1}, given="Z")),
    ("P(Y|do(X,W=2),Z=0)", Query("Y", do={"X": None, "W": 2}, given={"Z": 0})),
    ("P(Y=1, W | do(X))", Query({"Y": 1, "W": None}, do="X")),
    ('P("blood pressure"=high)', Query({"blood pressure": "high"})),
    ("P(Y=-0.5)", Query({"Y": -0.5})),
    ('P(Y="1")', Query({"Y": "1"})),
    ("P(Y=True)", Query({"Y": True})),
    ("P(Y(X=1)=1, Y(X=0)=0)", Probability([Event(Y1, 1), Event(Y0, 0)])),
    ("P(Y(X=0)=0 | X=1, Y=1)", Probability([Event(Y0, 0)], [Event("X", 1), Event("Y", 1)])),
    ("P(Y(X=1, M(X=0)))", Probability([Event(Counterfactual("Y", {"X": 1, "M": M0}))])),
    ("P(Y(M())=1)", Probability([Event("Y", 1, {"M": Counterfactual("M")})])),
    ("P(Y=1, Y=0)", Probability([Event("Y", 1), Event("Y", 0)])),
    ("E[Y]", Expectation("Y")),
    ("E[Y | do(X=1), Z=0]", Expectation(Y1, [Event("Z", 0, {"X": 1})])),
    ("E[Y(1) - Y(0)]", combination([(1, Expectation(Y1)), (-1, Expectation(Y0))])),
    (
        "E[Y(1) - Y(0) | X=0]",
        combination([(w, Expectation(y, [Event("X", 0)])) for w, y in ((1, Y1), (-1, Y0))]),
    ),
    ("P(Y(1)=1) / P(Y(0)=1)", Quotient(Probability([Event(Y1, 1)]), Probability([Event(Y0, 1)]))),
    ("2 * E[Y(1)] - 0.5 E[Y(0)]", Combination(((2.0, Expectation(Y1)), (-0.5, Expectation(Y0))))),
    ("-(E[Y(1)] - E[Y(0)])", Combination(((-1.0, Expectation(Y1)), (1.0, Expectation(Y0))))),
    ("E[Y] - E[Y] + P(Z)", Query("Z")),
]


@pytest.mark.parametrize("text, question", READ)
def test_reading(text: str, question: object) -> None:
    assert parse_query(text, treatment="X") == question


@pytest.mark.parametrize("text, question", READ)
def test_printed_questions_read_back(text: str, question: object) -> None:
    assert parse_query(str(question)) == question


@pytest.mark.parametrize(
    "text, column, found",
    [
        ("", 1, "the end"),
        ("P", 2, "the end"),
        ("P(", 3, "the end"),
        ("P()", 3, "')'"),
        ("P(Y", 4, "the end"),
        ("P(Y |)", 6, "')'"),
        ("P(Y=)", 5, "')'"),
        ("P(Y) P(Z)", 6, "'P'"),
        ("Q(Y)", 1, "'Q'"),
        ("P[Y]", 2, "'['"),
        ("E(Y)", 2, "'('"),
        ("E[Y(X=1) - ]", 12, "']'"),
        ("P(Y(X=))", 7, "')'"),
        ("P(Y(X=1)", 9, "the end"),
        ('P("Y)', 3, "'\"'"),
        ("P(1)", 3, "'1'"),
        ("P(Y / P(Z)", 5, "'/'"),
        ("P(Y))", 5, "')'"),
        ("P(Y=é!)", 6, "'!'"),
        ("P(Y=" + "9" * 200 + ")", 205, "')'"),
    ],
)
def test_unreadable_text_names_the_column(text: str, column: int, found: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert str(caught.value).startswith(f"Column {column}:")
    assert f"found {found}" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "text, message",
    [
        ("P(Y(1)=1)", "nothing says of which variable"),
        ("P(Y(low)=1)", "nothing says of which variable"),
        ("P(Y | Y)", "two|left without|twice"),
        ("P(Y | do(X=1), Z(X=1))", "stands beside"),
        ("P(Y, Y | do(X))", "stands beside"),
        ("P(Y | do(X=1, X=2))", "twice"),
        ("P(Y(X=1, X=2))", "twice"),
        ("E[Y | do(X)]", "a value for what is done"),
        ("P(Y(X=1), Y)", "left without a value"),
        ("E[Y] - E[Y]", "parts of the question cancel"),
        ("P(X | do(X))", "both"),
    ],
)
def test_bad_questions_say_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_query(text)


def test_errors_point_at_the_place() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query("P(Y | do(X=1) Z)")
    first, shown, caret = caught.value.message.splitlines()
    assert first == "Column 15: expected ')', found 'Z'."
    assert shown[caret.index("^")] == "Z"


LONG = 100_000


@pytest.mark.parametrize(
    "text",
    [
        "P(" * (LONG // 2),
        "(" * LONG,
        "P(Y(" + "Y(" * (LONG // 2),
        "P(" + ",".join(f"v{i}" for i in range(15_000)) + ")",
        "P(" + ",".join(f"v{i}(X=1)=1" for i in range(8_000)) + ")",
        "P(Y | " + ",".join(f"v{i}" for i in range(15_000)) + ")",
        "P(Y | do(" + ",".join(f"v{i}" for i in range(15_000)) + "))",
        "P(Y(" + ",".join(f"v{i}=1" for i in range(12_000)) + "))",
        "E[" + "Y(X=1)+" * 14_000 + "Y]",
        " " * LONG,
        '"' * LONG,
        'P("' + "\\" * LONG,
        "P(Y=" + "1" * LONG + ")",
        "P(Y=1" + "e" * LONG + ")",
        "- " * (LONG // 2),
        "P(" + "Y" * LONG + ")",
        "1 " * (LONG // 2),
        "P(Y)/" * (LONG // 5),
        "P(Y)+" * (LONG // 5) + "P(Y)",
        "P(Y|" * (LONG // 4),
    ],
)
def test_time_is_linear_in_the_text(text: str) -> None:
    with no_hang(), contextlib.suppress(QueryError):
        parse_query(text)


def test_nesting_has_a_limit_that_is_reached() -> None:
    deep = "Y(" * (DEEPEST - 1) + "X=1" + ")" * (DEEPEST - 1)
    question = parse_query(f"P({deep})")
    assert parse_query(str(question)) == question
    assert hash(question) == hash(parse_query(str(question)))
    with pytest.raises(QueryError, match="worlds inside one another"):
        parse_query(f"P(Y({deep}))")


@pytest.mark.parametrize(
    "question, text",
    [
        (contrasts.average_effect("Y", "X"), "E[Y(X=1)] - E[Y(X=0)]"),
        (contrasts.effect_on_treated("Y", "X"), "E[Y(X=1) | X=1] - E[Y(X=0) | X=1]"),
        (contrasts.effect_on_untreated("Y", "X"), "E[Y(X=1) | X=0] - E[Y(X=0) | X=0]"),
        (
            contrasts.conditional_effect("Y", "X", {"Z": None}, to="b", baseline="a"),
            "E[Y(X=b) | Z] - E[Y(X=a) | Z]",
        ),
        (contrasts.risk_difference("Y", "X"), "P(Y(X=1)=1) - P(Y(X=0)=1)"),
        (contrasts.risk_ratio("Y", "X"), "P(Y(X=1)=1) / P(Y(X=0)=1)"),
        (
            contrasts.controlled_direct_effect("Y", "X", {"M": 2}),
            "E[Y(M=2, X=1)] - E[Y(M=2, X=0)]",
        ),
        (contrasts.natural_direct_effect("Y", "X", "M"), "E[Y(M(X=0), X=1)] - E[Y(X=0)]"),
        (
            contrasts.natural_indirect_effect("Y", "X", ["M", "L"]),
            "E[Y(L(X=1), M(X=1), X=0)] - E[Y(X=0)]",
        ),
        (contrasts.probability_of_necessity("Y", "X"), "P(Y(X=0)=0 | X=1, Y=1)"),
        (contrasts.probability_of_sufficiency("Y", "X"), "P(Y(X=1)=1 | X=0, Y=0)"),
        (
            contrasts.probability_of_necessity_and_sufficiency("Y", "X"),
            "P(Y(X=1)=1, Y(X=0)=0)",
        ),
    ],
)
def test_named_contrasts(question: object, text: str) -> None:
    assert str(question) == text
    assert parse_query(text) == question


@pytest.mark.parametrize(
    "arrows, along, text",
    [
        ("X -> M -> Y; X -> Y", "X -> Y", "E[Y(M(X=0), X=1)] - E[Y(X=0)]"),
        ("X -> M -> Y; X -> Y", "X -> M -> Y", "E[Y(M(X=1), X=0)] - E[Y(X=0)]"),
        ("X -> M -> Y; X -> Y", ["X -> Y", "X->M->Y"], "E[Y(X=1)] - E[Y(X=0)]"),
        (
            # Avin, Shpitser and Pearl (2005), figure 2: W must respond and not respond.
            "X -> W -> Z -> Y; W -> Y; X -> Y",
            [("X", "W", "Y")],
            "E[Y(W(X=1), X=0, Z(X=0))] - E[Y(X=0)]",
        ),
        (
            "X -> W -> Z -> Y; W -> Y",
            "X -> W -> Z -> Y",
            "E[Y(W(X=0), Z(X=1))] - E[Y(X=0)]",
        ),
        ("X -> A -> B -> Y; X -> B", "X -> A -> B -> Y", "E[Y(B(A(X=1), X=0))] - E[Y(X=0)]"),
    ],
)
def test_path_specific_effects_unfold(arrows: str, along: object, text: str) -> None:
    assert str(path_specific_effect(Graph(arrows), "Y", "X", along)) == text


@pytest.mark.parametrize("seed", range(30))
def test_path_specific_effects_meet_total_and_direct_effects(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, 5, 2.8)
    order = graph.order()
    pairs = [(a, b) for a, b in graph.directed if len(graph.ancestors(b)) > 2]
    if not pairs:
        return
    x, y = pairs[int(rng.integers(len(pairs)))]

    def paths(node: str) -> list[tuple[str, ...]]:
        if node == y:
            return [(y,)]
        return [(node, *rest) for child in graph.children(node) for rest in paths(child)]

    assert order.index(x) < order.index(y)
    every = path_specific_effect(graph, y, x, paths(x))
    assert every == contrasts.average_effect(y, x)
    direct = path_specific_effect(graph, y, x, [(x, y)])
    through = [p for p in graph.parents(y) if p != x and p in graph.descendants(x)]
    model = ResponseModel(graph, seed)
    natural = contrasts.natural_direct_effect(y, x, through)
    assert model.truth(direct) == pytest.approx(model.truth(natural), abs=1e-12)


@pytest.mark.parametrize("along", ["X -> Z -> Y", "M -> Y", "X", "Y -> X", []])
def test_a_path_must_be_one_of_the_graph(along: object) -> None:
    with pytest.raises(QueryError, match="no directed path"):
        path_specific_effect(Graph("X -> M -> Y; Z"), "Y", "X", along)


def test_one_path_among_very_many_unfolds_at_once() -> None:
    layers = [[f"a{i}", f"b{i}"] for i in range(14)]
    edges = [("X", n) for n in layers[0]] + [(n, "Y") for n in layers[-1]]
    for one, other in itertools.pairwise(layers):
        edges += [(a, b) for a in one for b in other]
    straight = ("X", *(layer[0] for layer in layers), "Y")
    found = path_specific_effect(Graph(edges), "Y", "X", [straight])
    assert str(found).count("(") == 30


@pytest.mark.parametrize(
    "text, latex, english",
    [
        (
            "P(Y | do(X=1), Z)",
            r"P(Y \mid \mathrm{do}(X=1), Z)",
            "the distribution of Y if X were set to 1, among units with the same Z",
        ),
        (
            "P(Y(X=1)=1, Y(X=0)=0)",
            "P(Y_{X=1}=1, Y_{X=0}=0)",
            "the probability that Y would be 1 if X were 1 and Y would be 0 if X were 0",
        ),
        (
            "E[Y(X=1, M(X=0))]",
            r"\operatorname{E}[Y_{M_{X=0}, X=1}]",
            "the mean of Y if M were what it is if X were 0 and X were 1",
        ),
        (
            "2 E[dose_a | Z=0] - P(Y=1)",
            r"2 \cdot \operatorname{E}[\mathit{dose\_a} \mid Z=0] - P(Y=1)",
            "2 times the mean of dose_a, among units in which Z is 0, less the probability that "
            "Y is 1",
        ),
        (
            "P(Y(X=1)=1) / P(Y(X=0)=1)",
            r"\frac{P(Y_{X=1}=1)}{P(Y_{X=0}=1)}",
            "the probability that Y would be 1 if X were 1, divided by the probability that Y "
            "would be 1 if X were 0",
        ),
    ],
)
def test_latex_and_english(text: str, latex: str, english: str) -> None:
    question = parse_query(text)
    assert question_to_latex(question) == latex
    assert question_to_english(question) == english


@pytest.mark.parametrize("text, question", READ)
def test_stored_questions_read_back(text: str, question: Any) -> None:
    assert question_from_dict(json.loads(json.dumps(question.to_dict()))) == question


@pytest.mark.parametrize(
    "plain, what",
    [
        ({}, "outcome"),
        ([], "found"),
        ({"kind": "doubt"}, "no question is a 'doubt'"),
        ({"kind": "probability", "events": [], "given": []}, "names no outcome"),
        ({"outcome": {"y": [1]}, "do": {}, "given": {}}, "for a level"),
        ({"outcome": {"y": 1}, "do": {"y": 1}, "given": {}}, "both outcome and do"),
        ({"kind": "combination", "terms": []}, "no terms"),
        ({"kind": "combination", "terms": [[True, {}]]}, "for a weight"),
    ],
)
def test_what_is_no_stored_question_is_refused(plain: Any, what: str) -> None:
    with pytest.raises(QueryError, match="This is no stored question") as caught:
        question_from_dict(plain)
    assert what in str(caught.value)


def test_every_question_is_said_in_latex_and_in_english() -> None:
    question = contrasts.average_effect("Y", "X")
    assert to_latex(question) == question_to_latex(question)
    assert to_english(question) == question_to_english(question)


def test_bad_building_blocks() -> None:
    with pytest.raises(QueryError, match="sets variables to levels"):
        Counterfactual("Y", {"M": Counterfactual("X")})
    with pytest.raises(QueryError, match="sets variables to levels"):
        Counterfactual("Y", [Setting("X")])
    with pytest.raises(QueryError, match="A level of 'X'"):
        Counterfactual("Y", {"X": object()})
    with pytest.raises(QueryError, match="A level of 'Y'"):
        Event("Y", object())
    with pytest.raises(QueryError, match="sets variables to levels"):
        Counterfactual("Y", "X")
    with pytest.raises(QueryError, match="names no outcome"):
        Probability([])
    with pytest.raises(QueryError, match="left without a value"):
        Expectation("Y", [Event("Y")])
    with pytest.raises(QueryError, match="Variables are given as"):
        Expectation("Y", 3)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="Variables are given as"):
        Probability([("Y", 1)])  # type: ignore[list-item]


@pytest.mark.parametrize("level", [float("nan"), [1], np.ones(2)])
def test_a_level_can_be_looked_up(level: Any) -> None:
    with pytest.raises(QueryError, match="A level of 'X'"):
        Query("Y", do={"X": level})
    with pytest.raises(QueryError, match="A level of 'X'"):
        contrasts.average_effect("Y", "X", to=level)
    with pytest.raises(QueryError, match="A level of 'X'"):
        Event("X", level)


def test_a_contrast_is_of_different_variables_and_levels() -> None:
    with pytest.raises(QueryError, match="X is both outcome and treatment"):
        contrasts.average_effect("X", "X")
    for mediators, role in (("X", "treatment"), (["M", "Y"], "outcome")):
        for effect in (contrasts.natural_direct_effect, contrasts.natural_indirect_effect):
            with pytest.raises(QueryError, match=f"both {role} and mediator"):
                effect("Y", "X", mediators)
    with pytest.raises(QueryError, match="both treatment and mediator"):
        contrasts.controlled_direct_effect("Y", "X", {"X": 0})
    with pytest.raises(QueryError, match="parts of the question cancel"):
        contrasts.average_effect("Y", "X", to=1, baseline=1)


def test_conditions_are_given_by_name_too() -> None:
    free = contrasts.conditional_effect("Y", "X", [Event("Z")])
    assert contrasts.conditional_effect("Y", "X", "Z") == free
    assert contrasts.conditional_effect("Y", "X", ["Z"]) == free
    assert str(Probability({"Y": 1}, ["Z", Event("W", 0)])) == "P(Y=1 | Z, W=0)"
    assert Probability(Event("Y", 1)) == Probability([Event("Y", 1)])


def test_order_in_a_world_does_not_matter() -> None:
    assert Counterfactual("Y", {"A": 1, "B": 2}) == Counterfactual("Y", {"B": 2, "A": 1})
