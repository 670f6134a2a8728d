"""Shpitser and Pearl's algorithms, line by line: their figures, and agreement with c-factors."""

import json

import numpy as np
import pytest

from causalsim.errors import GraphError, QueryError
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.c_factors import Hedge, identify_effect
from causalsim.identification.strategy import identify
from causalsim.identification.teaching import teach_identification
from causalsim.identification.verification import DiscreteModel, largest_error
from tests.oracles.graphs import random_graph

FRONT_DOOR = Graph("x -> m -> y; x <-> y")
NAPKIN = Graph("w -> r -> x -> y; w <-> x; w <-> y")
#: Shpitser and Pearl (2006), figure 1 (a): their running example; and (b), with its hedge.
FIGURE_1A = Graph("W1 -> X; X -> Y1; W2 -> Y2; W1 <-> Y1; W1 <-> W2; W2 <-> Y2")
FIGURE_1B = Graph("W1 -> X; X -> Y1; W2 -> Y2; W1 <-> Y1; W1 <-> W2; W2 <-> Y2; W1 <-> X")


@pytest.mark.parametrize(
    "graph, y, x, lines",
    [
        (Graph("x -> y"), "y", "x", [6]),
        (Graph("y -> x"), "y", "x", [2, 1]),
        (Graph("x -> y; x <-> y"), "y", "x", [5]),
        (FRONT_DOOR, "y", "x", [4, 2, 6, 7, 2, 1]),
        (NAPKIN, "y", "x", [3, 7, 2, 6]),
    ],
)
def test_the_lines_that_are_passed(graph: Graph, y: str, x: str, lines: list[int]) -> None:
    lesson = teach_identification(graph, y, x)
    assert [step.line for step in lesson.steps] == lines
    assert str(lesson).count("\n") == len(lines)


def test_shpitser_and_pearl_2006_figure_1() -> None:
    lesson = teach_identification(FIGURE_1A, ["Y1", "Y2"], "X")
    assert lesson.identified
    assert largest_error(FIGURE_1A, Query(["Y1", "Y2"], do="X"), lesson.formula, seed=1) < 1e-12
    refused = teach_identification(FIGURE_1B, ["Y1", "Y2"], "X")
    assert not refused.identified
    assert isinstance(refused.hedge, Hedge)
    assert "hedge" in str(refused)
    json.dumps([lesson.to_dict(), refused.to_dict()])


def test_the_napkin_is_a_true_ratio() -> None:
    # One peer prints P(y | x) here.
    lesson = teach_identification(NAPKIN, "y", "x")
    assert largest_error(NAPKIN, Query("y", do="x"), lesson.formula, seed=3) < 1e-12


def _close(one: Table, other: Table, names: list[str]) -> None:
    values = []
    for table in (one, other):
        extra = [axis for axis in table.axes if axis not in names]
        kept = [axis for axis in names if axis in table.axes]
        found = table.at([*extra, *kept])[(0,) * len(extra)]
        index = tuple(slice(None) if name in kept else np.newaxis for name in names)
        values.append(np.broadcast_to(found[index], [2] * len(names)))
    np.testing.assert_allclose(*values, atol=1e-9)


def test_equal_in_value_to_the_c_factor_algorithm_on_random_graphs() -> None:
    identified = refused = 0
    for seed in range(250):
        rng = np.random.default_rng(seed)
        graph = random_graph(rng, int(rng.integers(2, 7)), 2.5, float(rng.choice([0, 1, 1.5])))
        names = rng.permutation(graph.nodes).tolist()
        y, x = names[:1], names[1 : int(rng.integers(2, 4))]
        lesson, found = teach_identification(graph, y, x), identify_effect(graph, y, x)
        assert lesson.identified is not isinstance(found, Hedge), (graph, y, x)
        if isinstance(found, Hedge):
            refused += 1
            continue
        identified += 1
        joint = DiscreteModel.draw(graph, seed).joint()
        _close(evaluate(lesson.formula, joint), evaluate(found, joint), [*y, *x])
    assert identified > 100
    assert refused > 20


def test_idc_equals_the_conditional_answer_on_random_graphs() -> None:
    identified = refused = 0
    for seed in range(150):
        rng = np.random.default_rng(1000 + seed)
        graph = random_graph(rng, int(rng.integers(3, 7)), 2.5, float(rng.choice([0, 1, 1.5])))
        y, x, *rest = rng.permutation(graph.nodes).tolist()
        z = rest[: int(rng.integers(1, 3))]
        lesson = teach_identification(graph, y, x, z)
        answer = identify(graph, Query(y, do=x, given=z))
        assert lesson.identified == answer.identified, (graph, y, x, z)
        refused += not lesson.identified
        if lesson.identified:
            identified += 1
            joint = DiscreteModel.draw(graph, seed).joint()
            _close(evaluate(lesson.formula, joint), evaluate(answer.formula, joint), [y, x, *z])
    assert identified > 60
    assert refused > 10


def test_latent_nodes_are_projected_out() -> None:
    graph = Graph("x -> y; u -> x; u -> y; u [latent]")
    assert not teach_identification(graph, "y", "x").identified


@pytest.mark.parametrize(
    "y, x, z", [((), "x", ()), ("y", "y", ()), ("y", "x", "x"), ("u", "x", ()), ("y", "q", ())]
)
def test_bad_questions(y: object, x: object, z: object) -> None:
    with pytest.raises((QueryError, GraphError)):
        teach_identification(Graph("x -> y; u -> y; u [latent]"), y, x, z)
