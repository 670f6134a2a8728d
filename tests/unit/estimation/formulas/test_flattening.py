"""A formula laid out as chains of draws has the value that it had."""

import numpy as np
import pytest

from causalsim.errors.plugin import PluginError
from causalsim.estimand.contrasts import (
    effect_on_treated,
    natural_direct_effect,
)
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.events import Question
from causalsim.estimand.expression import (
    Bound,
    Const,
    Expression,
    Free,
    Number,
    P,
    Product,
    Ratio,
    Sum,
    add,
    fix,
    free_variables,
    mean,
    probability,
    product,
    scaled,
    total,
)
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.estimation.formulas.flattening import Flat, flattened
from causalsim.graph.graph import Graph
from causalsim.identification.strategy import identify

BACK = "z -> x -> y; z -> y"
CASES: list[tuple[str, Question, dict[str, int]]] = [
    (BACK, Query("y", do="x"), {"x": 1}),
    (BACK, Query({"y": 1}, do={"x": 0}), {}),
    (BACK, effect_on_treated("y", "x"), {}),
    ("x -> m -> y; x <-> y; z -> {x m y}", Query("y", do="x"), {"x": 1}),
    ("x -> m -> y; x <-> y; z -> {x m y}", parse_query("E[y(x=1) | z=1]"), {}),
    ("z -> {x m y}; x -> m -> y; x -> y", natural_direct_effect("y", "x", "m"), {}),
    ("x -> m -> z -> y; m <-> y", Query("y", do={"x": 1, "z": 0}), {}),
    ("x -> y; z", parse_query("P(y(x=0)=1)"), {}),
]


def scalar(edges: str, question: Question, values: dict[str, int]) -> Expression:
    """The formula of a question as a number."""
    formula = identify(Graph(edges), question).formula
    assert isinstance(formula, Expression)
    outcome = question.events[0] if isinstance(question, Query) else None
    if outcome is not None and outcome.value is None:
        formula = mean("y", formula)
    return fix(formula, values)


def again(flat: Flat) -> Expression:
    """A flat formula as an expression."""
    bound = tuple(slot for factor in flat.factors for slot in factor.drawn)
    parts = [P(factor.heads, factor.given) for factor in flat.factors]
    body = product([*(Number(slot) for slot in flat.numbers), *parts])
    return scaled(flat.scale, Sum(bound, body) if bound else body)


def joint(seed: int) -> Table:
    """A positive joint distribution of five binary variables."""
    names = ["x", "m", "y", "z", "w"]
    values = np.random.default_rng(seed).dirichlet(np.full(32, 2.0)).reshape((2,) * 5)
    return Table.of(names, values)


@pytest.mark.parametrize(("edges", "question", "values"), CASES, ids=lambda case: str(case)[:40])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_value_stays(edges: str, question: Question, values: dict[str, int], seed: int) -> None:
    formula = scalar(edges, question, values)
    assert not free_variables(formula)
    table = joint(seed)
    parts = [
        Ratio(add(map(again, one.above)), add(map(again, one.below)))
        if one.below
        else add(map(again, one.above))
        for one in flattened(formula)
    ]
    expected = float(evaluate(formula, table).values)
    assert float(evaluate(add(parts), table).values) == pytest.approx(expected, rel=1e-10)


def test_each_factor_draws_after_what_it_is_conditioned_on() -> None:
    for case in CASES:
        for one in flattened(scalar(*case)):
            for flat in (*one.above, *one.below):
                known: set[Bound] = set()
                for factor in flat.factors:
                    assert set(factor.loose) <= known
                    known.update(factor.drawn)


def test_the_napkin_is_a_ratio_of_averages() -> None:
    formula = scalar("w -> z -> x -> y; w <-> x; w <-> y", Query("y", do="x"), {"x": 1})
    assert free_variables(formula) == ("z",)
    (one,) = flattened(formula)
    assert len(one.above) == len(one.below) == 1
    assert {slot.variable for f in one.above[0].factors for slot in f.drawn} == {"w", "z", "y"}
    # What is summed over and occurs nowhere else adds up to one.
    assert {slot.variable for f in one.below[0].factors for slot in f.drawn} == {"w", "z"}


def test_products_of_sums_over_one_variable_stay_apart() -> None:
    share = total("z", product([probability("y", "z"), probability("z")]))
    squared = total("y", product([Number(Free("y")), share, total("z", product([
        probability("x", "z"), probability("z")
    ]))]))  # fmt: skip
    formula = fix(squared, {"x": 1})
    (one,) = flattened(formula)
    table = joint(3)
    assert float(evaluate(again(one.above[0]), table).values) == pytest.approx(
        float(evaluate(formula, table).values), rel=1e-12
    )


def test_what_is_divided_by_and_multiplied_cancels() -> None:
    over = total(
        "w", product([probability("y", ["z", "w"]), probability("m", "w"), probability("w")])
    )
    under = total("y", over)
    share = total(["m", "y"], over)
    telescope = product([Ratio(over, under), Ratio(under, share), share, probability("z")])
    formula = mean("y", total(["z", "m"], telescope))
    (one,) = flattened(formula)
    assert not one.below
    table = joint(4)
    assert float(evaluate(again(one.above[0]), table).values) == pytest.approx(
        float(evaluate(formula, table).values), rel=1e-12
    )


@pytest.mark.parametrize(
    "formula",
    [
        # a ratio whose denominator depends on what is summed over
        total("z", Ratio(probability("z"), product([probability("m", "z"), Const(2.0)]))),
        # two distributions of one variable
        total("z", product([probability("z"), probability("z", "x")])),
        # a sum over something that no distribution draws
        total("z", Product((probability("y", "z"), Const(1.0)))),
    ],
    ids=["divides inside a sum", "two distributions", "nothing draws it"],
)
def test_what_cannot_be_drawn_is_refused(formula: Expression) -> None:
    with pytest.raises(PluginError, match=r"(?s)The formula .* cut the columns"):
        flattened(formula)
