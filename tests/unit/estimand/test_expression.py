"""Formulae print, simplify, compare, store and evaluate as the textbooks' do."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from causalsim.errors import ExpressionError
from causalsim.estimand.canonical import equivalent, size
from causalsim.estimand.evaluation import SourceTable, Table, evaluate
from causalsim.estimand.expression import (
    ONE,
    ZERO,
    Add,
    Const,
    Free,
    Number,
    P,
    Product,
    Ratio,
    Value,
    add,
    difference,
    fix,
    mean,
    probability,
    product,
    scaled,
    total,
)
from causalsim.estimand.mathml import to_html
from causalsim.estimand.query import Query
from causalsim.estimand.simplification import simplify
from causalsim.estimand.storage import from_dict, to_dict
from causalsim.estimand.wording import to_english, to_latex, to_text
from causalsim.graph.graph import Graph
from tests.oracles.fuse import no_hang

y_x, y_xz, z = probability("y", "x"), probability("y", ["x", "z"]), probability("z")
BACKDOOR = total("z", product([y_xz, z]))
NAPKIN = Ratio(
    total("w", product([probability(["x", "y"], ["r", "w"]), probability("w")])),
    total("w", product([probability("x", ["r", "w"]), probability("w")])),
)
EFFECT = difference(
    mean("y", fix(BACKDOOR, {"x": 1})),
    mean("y", fix(BACKDOOR, {"x": 0})),
)


@pytest.mark.parametrize(
    "formula, text",
    [
        (BACKDOOR, "Σ_z P(y | x, z) P(z)"),
        (NAPKIN, "[Σ_w P(x, y | r, w) P(w)] / [Σ_w P(x | r, w) P(w)]"),
        (mean("y", y_x), "E[y | x]"),
        (mean("y", fix(y_x, {"x": 1})), "E[y | x=1]"),
        (EFFECT, "Σ_y y Σ_z P(y | x=1, z) P(z) - Σ_y y Σ_z P(y | x=0, z) P(z)"),
        (difference(ONE, y_x), "1 - P(y | x)"),
        (scaled(-2, y_x), "-2 P(y | x)"),
        (add([scaled(-1, y_x), z]), "-P(y | x) + P(z)"),
        (product([add([y_x, z]), z]), "[P(y | x) + P(z)] P(z)"),
        (Ratio(difference(y_x, z), z), "[P(y | x) - P(z)] / [P(z)]"),
        (add([]), "0"),
        (ONE, "1"),
        (Number(Value("y", 3)), "y=3"),
        (P((Free("y"),), (), (Value("x", 1),), "trial"), "P^trial(y | do(x=1))"),
    ],
)
def test_text(formula: object, text: str) -> None:
    assert to_text(formula) == text


def test_latex_and_english_of_a_mean_and_a_difference() -> None:
    formula = difference(mean("y", y_x), mean("y", probability("y")))
    assert to_latex(formula) == r"\operatorname{E}[y \mid x] - \operatorname{E}[y]"
    assert to_english(formula) == "the mean of y among units with the same x, less the mean of y"


def test_mathml_is_well_formed_and_escapes_names() -> None:
    from xml.etree import ElementTree

    for formula in (BACKDOOR, NAPKIN, EFFECT, probability("a<b", "x&y"), scaled(-2, y_x)):
        ElementTree.fromstring(to_html(formula))
    assert "a&lt;b" in to_html(probability("a<b"))


@pytest.mark.parametrize(
    "formula, simple",
    [
        (total("y", y_x), "1"),
        (total("y", probability(["y", "z"], "x")), "P(z | x)"),
        (total("z", product([y_xz, probability("z", "x")])), "P(y | x)"),
        (Ratio(probability(["y", "z"], "x"), probability("z", "x")), "P(y | z, x)"),
        (Ratio(product([y_x, z]), product([z, probability("x")])), "[P(y | x)] / [P(x)]"),
        (product([y_xz, probability("z", "x"), probability("x")]), "P(y, z, x)"),
        (Ratio(Ratio(y_x, z), Ratio(y_x, z)), "1"),
        (total("w", product([y_x, probability("w", "x")])), "P(y | x)"),
        (BACKDOOR, "Σ_z P(y | x, z) P(z)"),
        (NAPKIN, str(NAPKIN)),
        (product([ZERO, y_x]), "0"),
    ],
)
def test_rules_of_probability(formula: object, simple: str) -> None:
    assert to_text(simplify(formula)) == simple


def test_tikka_and_karvanen_2017_a_sum_is_taken_with_the_independences_of_the_graph() -> None:
    # Their introductory example: Σ_w P(y | x, w, z) P(w | z) in a graph where w and x are
    # independent given z is P(y | x, z).
    graph = Graph("z -> w -> y; z -> x -> y")
    formula = total("w", product([probability("y", ["x", "w", "z"]), probability("w", "z")]))
    assert to_text(simplify(formula)) == to_text(formula)
    assert to_text(simplify(formula, graph)) == "P(y | x, z)"


def test_irrelevant_conditions_are_dropped_only_with_a_graph() -> None:
    graph = Graph("z -> x -> y")
    assert to_text(simplify(y_xz, graph)) == "P(y | x)"
    assert to_text(simplify(y_xz)) == "P(y | x, z)"


def test_levels_are_not_counted_when_everything_cancels() -> None:
    formula = total("z", Ratio(product([y_x, z]), z))
    joint = Table.of(["x", "y", "z"], np.full((2, 2, 3), 1 / 12))
    np.testing.assert_allclose(evaluate(simplify(formula), joint).values, 1.5)


@pytest.mark.parametrize(
    "one, other, same",
    [
        (product([y_xz, z]), product([z, y_xz]), True),
        (probability("y", ["x", "z"]), probability("y", ["z", "x"]), True),
        (add([y_x, z]), add([z, y_x]), True),
        (y_x, fix(y_x, {"x": 1}), False),
        (fix(y_x, {"x": 1}), fix(y_x, {"x": "1"}), False),
        (BACKDOOR, total("z", product([z, y_xz])), True),
        (Ratio(y_x, z), Ratio(z, y_x), False),
    ],
)
def test_equivalence_is_up_to_order_and_bound_names(one: object, other: object, same: bool) -> None:
    assert equivalent(one, other) is same


def test_shared_parts_cost_nothing_twice() -> None:
    formula = probability("y", "x")
    for _ in range(60):
        formula = Product((formula, formula))
    with no_hang():
        assert len(to_dict(formula)["parts"]) == 61
        assert from_dict(json.loads(json.dumps(to_dict(formula)))).factors[0] is not None
        assert size(formula) > 10**18
        joint = Table.of(["x", "y"], np.array([[0.5, 0.0], [0.0, 0.5]]))
        np.testing.assert_allclose(evaluate(formula, joint).at(["x", "y"]), np.eye(2))


def test_a_sum_over_twenty_variables_is_never_laid_out() -> None:
    names = [f"v{i}" for i in range(21)]
    chain = [probability(b, a) for a, b in pairwise(names)]
    formula = total(names[1:20], product(chain))
    pair = np.array([[0.45, 0.05], [0.05, 0.45]])
    joint = pair
    for _ in range(19):
        joint = joint[..., None] * (pair / pair.sum(axis=1, keepdims=True))
    table = Table.of(names, joint)
    with no_hang():
        found = evaluate(formula, table).at(["v0", "v20"])
    np.testing.assert_allclose(found[0, 0], 0.5 * (1 + 0.8**20), rtol=1e-12)


def test_undefined_times_zero_is_zero_and_undefined_alone_is_nan() -> None:
    joint = Table.of(["z", "x", "y"], np.array([[[0.5, 0.5], [0.0, 0.0]], [[0, 0], [0, 0]]]))
    # P(y | x, z) is undefined at z=1, where P(z) is exactly zero; at x=1 nothing helps.
    found = evaluate(BACKDOOR, joint).at(["x", "y"])
    np.testing.assert_allclose(found[0], [0.5, 0.5])
    assert np.isnan(found[1]).all()


def test_experiments_answer_interventional_terms() -> None:
    joint = Table.of(["x", "y"], np.full((2, 2), 0.25))
    done = Table.of(["x", "y"], np.array([[0.1, 0.9], [0.8, 0.2]]))
    formula = difference(probability("y", do="x"), probability("y"))
    found = evaluate(formula, [joint, SourceTable(("x",), "", done)])
    np.testing.assert_allclose(found.at(["x", "y"]), done.values - 0.5)
    with pytest.raises(ExpressionError, match=r"needs the table of P.y . do.x"):
        evaluate(formula, joint)


def test_data_of_several_populations() -> None:
    ours = Table.of(["z"], np.array([0.3, 0.7]))
    values = np.array([[[0.2, 0.8], [0.5, 0.5]], [[0.6, 0.4], [0.1, 0.9]]]) / 2
    trial = SourceTable(("x",), "π", Table.of(["x", "z", "y"], values))
    y, z, x = Free("y"), Free("z"), Free("x")
    formula = total("z", product([P((z,)), P((y,), (z,), (x,), "π")]))
    moved = add([mean("y", formula), Const(-1.0)])
    found = evaluate(moved, [ours, trial]).at(["x"])
    np.testing.assert_allclose(found, [0.3 * 0.8 + 0.7 * 0.5 - 1, 0.3 * 0.4 + 0.7 * 0.9 - 1])


def test_tables_must_agree_on_levels_and_sum_to_one() -> None:
    one = Table.of(["x"], np.array([0.5, 0.5]), {"x": ("a", "b")})
    other = SourceTable((), "π", Table.of(["x"], np.array([0.5, 0.5]), {"x": ("b", "a")}))
    with pytest.raises(ExpressionError, match="a, b in one table and b, a in another"):
        evaluate(probability("x"), [one, other])
    with pytest.raises(ExpressionError, match=r"sums to 0.9"):
        evaluate(probability("x"), Table.of(["x"], np.array([0.5, 0.4])))
    with pytest.raises(ExpressionError, match="joint Table"):
        evaluate(probability("x"), [])


HALVES = np.full((2, 2), 0.25)


@pytest.mark.parametrize(
    "names, values, levels, what",
    [
        (["x"], HALVES, {}, "2 axes, named x"),
        (["x", "x"], HALVES, {}, "2 axes, named x, x"),
        (["x", "y"], HALVES, {"x": (0, 1, 2)}, "axis of x is 2 long for 0, 1, 2"),
        (["x", "y"], HALVES, {"x": (1, 1)}, "axis of x is 2 long for 1, 1"),
        (["x", "y"], HALVES.astype(str), {}, "not numbers"),
        (["x", "y"], HALVES * 1j, {}, "not numbers"),
    ],
)
def test_a_table_has_one_name_an_axis_and_one_level_a_position(
    names: list[str], values: Any, levels: Any, what: str
) -> None:
    with pytest.raises(ExpressionError, match=what):
        Table.of(names, values, levels)


def test_only_formulae_are_evaluated_and_only_on_tables() -> None:
    joint = Table.of(["x", "y"], HALVES)
    with pytest.raises(ExpressionError, match="A formula is wanted; found NoneType"):
        evaluate(None, joint)  # type: ignore[arg-type]
    with pytest.raises(ExpressionError, match="A formula is wanted; found NoneType"):
        simplify(None)  # type: ignore[arg-type]
    with pytest.raises(ExpressionError, match="A formula is wanted; found Query"):
        equivalent(Query("y", do="x"), probability("y"))  # type: ignore[arg-type]
    for data in (None, {"x": [0, 1]}, HALVES):
        with pytest.raises(ExpressionError, match="A table is wanted"):
            evaluate(probability("x"), data)  # type: ignore[arg-type]


def test_a_mean_needs_numbers() -> None:
    levels = {"y": ("low", "high")}
    joint = Table.of(["y"], np.array([0.5, 0.5]), levels)
    with pytest.raises(ExpressionError, match="levels that are numbers"):
        evaluate(mean("y", probability("y")), joint)
    numbers = Table.of(["y"], np.array([0.5, 0.5]), {"y": (10, 20)})
    assert evaluate(mean("y", probability("y")), numbers).values == 15


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"formula": 1},
        {"formula": 1, "parts": []},
        {"formula": 1, "parts": [{"kind": "Odd"}]},
        {"formula": 1, "parts": [{"kind": "Ratio", "of": [0, -1]}]},
        {"formula": 1, "parts": [{"kind": "P", "heads": ["y"], "given": [], "do": []}]},
        {"formula": 1, "parts": [{"kind": "Const", "value": "1"}]},
        [],
    ],
)
def test_bad_storage_is_refused(plain: object) -> None:
    with pytest.raises(ExpressionError, match="no stored formula"):
        from_dict(plain)


def test_simplification_ends_within_its_steps() -> None:
    names = [f"v{i}" for i in range(60)]
    formula = total(
        names[:-1], product([probability(n, [m for m in names if m != n]) for n in names])
    )
    with no_hang():
        assert size(simplify(formula, steps=500)) <= size(formula)


def test_constants() -> None:
    assert scaled(0, y_x) == ZERO == add([])
    assert add([ZERO, y_x]) == y_x
    assert isinstance(add([y_x, Const(1.0)]), Add)


def test_what_names_no_variables_is_refused() -> None:
    with pytest.raises(ExpressionError, match=r"found None[\s\S]*probability\("):
        probability(None)  # type: ignore[arg-type]
