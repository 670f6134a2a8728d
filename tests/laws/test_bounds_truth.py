"""Bounds contain the truth, are attained by a model, and are a point where it is identified."""

from typing import Any

import numpy as np
import pytest

from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.bounds import bound, bound_counterfactual, bound_effect
from causalsim.identification.c_factors import Hedge, identify_effect
from causalsim.identification.verification import DiscreteModel
from tests.oracles.responses import ResponseModel, attained, clique_graph
from tests.oracles.sources import random_admg


def pair(rng: np.random.Generator, graph: Graph) -> tuple[str, str]:
    """A treatment and an outcome below it where there is one."""
    found = [(a, b) for a in graph.nodes for b in graph.descendants(a) if a != b]
    choice = found or [(a, b) for a in graph.nodes for b in graph.nodes if a != b]
    return choice[int(rng.integers(len(choice)))]


@pytest.mark.parametrize("seed", range(60))
def test_contain_the_truth_and_collapse_when_identified(seed: int) -> None:
    rng = np.random.default_rng([seed, 5])
    graph = random_admg(rng, int(rng.integers(2, 6)), 0.5, 0.5)
    x, y = pair(rng, graph)
    model = DiscreteModel.draw(graph, seed)
    truth = float(model.answer(Query(y, do=x)).at([y, x])[0, 1])
    found = bound(graph, Query({y: 0}, do={x: 1}), model.joint(), limit=3000)
    assert truth in found
    if not isinstance(identify_effect(graph, [y], [x]), Hedge):
        assert found.width < 1e-9
    else:
        assert found.width > 1e-6


@pytest.mark.parametrize("block", range(4))
def test_effects_and_strata_contain_the_truth(block: int) -> None:
    for number in range(15):
        rng = np.random.default_rng([number, block, 77])
        graph = random_admg(rng, int(rng.integers(3, 6)), 0.55, 0.5)
        y, *rest = (str(name) for name in rng.permutation(graph.nodes))
        acts = rest[: int(rng.integers(1, 3))]
        on, off = ((level,) * len(acts) for level in (1, 0))
        model = DiscreteModel.draw(graph, number)
        joint = model.joint()
        table = model.answer(Query(y, do=acts)).at([y, *acts])
        treated, control = dict.fromkeys(acts, 1), dict.fromkeys(acts, 0)
        found = bound_effect(graph, y, treated, control, joint, limit=2000)
        assert float(table[1, *on] - table[1, *off]) in found
        free = [n for n in graph.nodes if n not in graph.descendants(acts) and n != y]
        if free:
            truth = model.answer(Query(y, do=acts, given=free[0])).at([y, *acts, free[0]])
            query = Query({y: 1}, do=treated, given={free[0]: 1})
            assert float(truth[1, *on, 1]) in bound(graph, query, joint, limit=2000)


def exhibited(graph: Graph, found: Any, joint: Any, worlds: Any, given: Any) -> None:
    """Both ends are attained by a model that makes the data."""
    for extreme, value in zip(found.extremes, (found.lower, found.upper), strict=True):
        if np.prod([len(types) for _, types in extreme.members]) < 60:
            model = attained(graph, extreme, joint)
            assert np.abs(model.joint().values - joint.values).max() < 1e-8
            assert model.probability(worlds, given) == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize(
    "source",
    [
        "x -> y; x <-> y",
        "z -> x -> y; x <-> y",
        "c -> x -> y; c -> y; x <-> y",
        "z -> x -> y; x <-> y; z -> y",
        "x -> m -> y; x <-> m; x <-> y; m <-> y",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_are_attained(source: str, seed: int) -> None:
    graph = Graph(source)
    joint = ResponseModel.draw(graph, seed, dict.fromkeys(graph.nodes, 2), types=12).joint()
    found = bound(graph, Query({"y": 0}, do={"x": 1}), joint)
    assert found.sharp
    exhibited(graph, found, joint, [({"y": 0}, {"x": 1})], None)


@pytest.mark.parametrize("seed", range(25))
def test_counterfactuals_contain_the_truth(seed: int) -> None:
    rng = np.random.default_rng([seed, 6])
    graph = Graph(
        ["z -> x -> y; x <-> y", "c -> x -> y; c -> y; x <-> y", "x -> y; c -> y"][seed % 3]
    )
    sizes = {node: 2 + int(rng.integers(2)) for node in graph.nodes}
    model = ResponseModel.draw(graph, seed, sizes, types=14)
    given = {"x": 1, "y": 1}
    worlds = [({"y": 0}, {"x": 0})]
    joint = model.joint()
    if (
        joint.values.sum(axis=tuple(i for i, n in enumerate(joint.axes) if n not in given))[1, 1]
        == 0
    ):
        given = {"x": 1}
    truth = model.probability(worlds, given)
    found = bound_counterfactual(graph, [Query({"y": 0}, do={"x": 0})], joint, given=given)
    assert truth in found
    if max(sizes.values()) == 2:
        exhibited(graph, found, joint, worlds, given)


@pytest.mark.parametrize("seed", range(15))
def test_sharp_bounds_hold_in_graphs_of_cliques(seed: int) -> None:
    rng = np.random.default_rng([seed, 7])
    graph = clique_graph(rng, 3)
    x, y = pair(rng, graph)
    model = ResponseModel.draw(graph, seed, dict.fromkeys(graph.nodes, 2), types=10)
    truth = model.probability([({y: 0}, {x: 1})])
    assert truth in bound(graph, Query({y: 0}, do={x: 1}), model.joint())
