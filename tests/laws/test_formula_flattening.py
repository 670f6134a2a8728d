"""Laws of flat formulae: laid out as chains of draws, a formula keeps its value in every model."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from causalsim import Graph, Query, identify
from causalsim.errors.plugin import PluginError
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.expression import (
    Expression,
    Number,
    P,
    Ratio,
    Sum,
    add,
    fix,
    free_variables,
    mean,
    product,
    scaled,
)
from causalsim.estimation.formulas.flattening import Flat, flattened
from tests.oracles.binary_models import BinaryModel
from tests.oracles.graphs import admgs


def expression(flat: Flat) -> Expression:
    """A flat formula as an expression."""
    bound = tuple(slot for factor in flat.factors for slot in factor.drawn)
    parts = [P(factor.heads, factor.given) for factor in flat.factors]
    body = product([*(Number(slot) for slot in flat.numbers), *parts])
    return scaled(flat.scale, Sum(bound, body) if bound else body)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Graph, Query]:
    """A graph, one outcome, one or two treatments at levels, perhaps a condition."""
    graph = draw(admgs(3, 6).filter(lambda g: len(g.bidirected) <= 4))
    order = draw(st.permutations(graph.nodes))
    treatments = order[1 : 1 + draw(st.integers(1, 2))]
    left = order[1 + len(treatments) :]
    given = {left[0]: draw(st.integers(0, 1))} if left and draw(st.booleans()) else {}
    return graph, Query(order[0], do={x: draw(st.integers(0, 1)) for x in treatments}, given=given)


@settings(max_examples=150, deadline=None)
@given(questions(), st.integers(0, 10**6))
def test_the_value_stays(question: tuple[Graph, Query], seed: int) -> None:
    graph, query = question
    answer = identify(graph, query)
    assume(answer.identified)
    assert isinstance(answer.formula, Expression)
    scalar = mean(query.outcome[0], answer.formula)
    model = BinaryModel(graph, np.random.default_rng(seed))
    table = Table.of(graph.nodes, model.joint())
    # A formula with a spare variable has one value at all of its levels.
    spare = dict.fromkeys(free_variables(scalar), 0)
    expected = float(evaluate(fix(scalar, spare), table).values)
    try:
        parts = flattened(scalar)
    except PluginError:  # a division inside a sum that nothing cancels
        assume(False)
    found = [
        Ratio(add(map(expression, one.above)), add(map(expression, one.below)))
        if one.below
        else add(map(expression, one.above))
        for one in parts
    ]
    assert float(evaluate(add(found), table).values) == pytest.approx(expected, rel=1e-9)
