"""One case of each question about sets of nodes, judged by brute force; the laws and the long runs
draw the cases."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from causalsim import Graph
from causalsim.errors import GraphError
from causalsim.graph.effects import (
    adjustment,
    direct,
    frontdoor,
    instrument_choice,
    instruments,
    optimal,
)
from causalsim.graph.separation import paths as trails
from causalsim.graph.separation import separators
from tests.oracles import graph_criteria as oracle
from tests.oracles.binary_models import BinaryModel
from tests.oracles.front_door import Instruments, is_front_door, without
from tests.oracles.graphs import random_graph, random_roles
from tests.oracles.linear_models import LinearModel

Names = tuple[str, ...]


def random_case(rng: np.random.Generator, max_each: int = 2) -> tuple[Graph, Names, Names]:
    """A graph of two to seven nodes, often with ``<->`` and latent nodes, and two sets in it.

    Half of the questions are causal, from one node to a descendant; in half of these the two share
    a hidden cause and are not joined by an arrow, so that front doors and instruments occur.
    """
    while True:
        graph = random_graph(
            rng,
            int(rng.choice([2, 3, 4, 5, 6, 7], p=[0.03, 0.07, 0.1, 0.25, 0.3, 0.25])),
            degree=rng.uniform(1, 3.5),
            shared=rng.uniform(0, 2) * (rng.random() < 0.5),
            latent=0.2 * (rng.random() < 0.3),
        )
        seen = set(graph.observed)
        pairs = [
            (x, y) for x in graph.observed for y in graph.descendants(x) if y != x and y in seen
        ]
        if pairs and rng.random() < 0.5:
            x, y = pairs[int(rng.integers(len(pairs)))]
            if rng.random() < 0.5:
                graph = _confounded(graph, x, y)
            return graph, (x,), (y,)
        if len(graph.observed) > 1:
            return graph, *random_roles(rng, graph, max_each)


def _confounded(graph: Graph, x: str, y: str) -> Graph:
    """The graph with ``x <-> y`` and, where another way remains, without ``x -> y``."""
    arrows = [pair for pair in graph.directed if pair != (x, y)]
    shared = [pair for pair in graph.bidirected if set(pair) != {x, y}]
    without_arrow = Graph(arrows, nodes=graph.nodes)
    if y not in without_arrow.descendants(x):
        arrows = list(graph.directed)
    return Graph(arrows, nodes=graph.nodes, bidirected=[*shared, (x, y)], latent=graph.latent)


def restrictions(rng: np.random.Generator, candidates: list[str]) -> tuple[Names, list[str] | None]:
    """What a set must and may contain; often nothing and everything."""
    must: Names = ()
    if candidates and rng.random() < 0.5:
        must = tuple(rng.permutation(candidates)[: rng.integers(0, 3)].tolist())
    if rng.random() < 0.5:
        return must, None
    return must, [name for name in candidates if rng.random() < 0.7 or name in must]


def within(sets: list[frozenset[str]], must: Names, may: list[str] | None) -> list[frozenset[str]]:
    return [z for z in sets if z >= set(must) and (may is None or z <= set(may))]


def _costs(rng: np.random.Generator, candidates: list[str]) -> dict[str, float]:
    return {name: float(rng.choice([0.1, 0.5, 1, 2, 3])) for name in candidates}


def _total(costs: dict[str, float], z: frozenset[str]) -> float:
    return sum(costs[name] for name in sorted(z))


def _listed(found: list[Names]) -> set[frozenset[str]]:
    sets = [frozenset(z) for z in found]
    assert len(sets) == len(set(sets)), "a set is listed twice"
    return set(sets)


def check_separators(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """Nearest, minimal, cheapest and all minimal separators against every subset."""
    joined = {frozenset(pair) for pair in (*graph.directed, *graph.bidirected)}
    if any(frozenset((one, other)) in joined for one in x for other in y):
        for question in (
            separators.minimal_separator,
            separators.nearest_separator,
            separators.minimum_separator,
            separators.minimal_separators,
        ):
            with pytest.raises(GraphError, match="adjacent"):
                question(graph, x, y)
        apart = [pair for pair in combinations(graph.observed, 2) if frozenset(pair) not in joined]
        if not apart:
            return
        one, other = apart[int(rng.integers(len(apart)))]
        x, y = (one,), (other,)
    taken = {*x, *y}
    candidates = [name for name in graph.observed if name not in taken]
    must, may = restrictions(rng, candidates)
    between = list(oracle.all_paths(graph, x, y))
    valid = [
        frozenset(z)
        for z in oracle.subsets(candidates)
        if not any(oracle.is_open(graph, trail, z) for trail in between)
    ]
    fitting = within(valid, must, may)
    minimal = oracle.minimal(fitting, must)
    found = list(separators.minimal_separators(graph, x, y, must, may))
    assert _listed(found) == minimal
    costs = _costs(rng, candidates)
    near_x = separators.minimal_separator(graph, x, y, must, may)
    near = separators.nearest_separator(graph, x, y, must, may)
    small = separators.minimum_separator(graph, x, y, must, may)
    cheap = separators.minimum_separator(graph, x, y, must, may, costs)
    if not fitting:
        assert (near_x, near, small, cheap) == (None, None, None, None)
        return
    assert None not in (near_x, near, small, cheap)
    assert frozenset(near_x) in minimal
    assert frozenset(near) in fitting
    assert frozenset(small) in minimal
    assert len(small) == min(len(z) for z in minimal)
    assert frozenset(cheap) in minimal
    least = min(_total(costs, z) for z in minimal)
    assert _total(costs, frozenset(cheap)) == pytest.approx(least)


def check_adjustment(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """Verdicts on every subset; minimal, cheapest and all minimal sets; causal, forbidden nodes."""
    truth = oracle.Adjustment(graph, x, y)
    assert set(adjustment.causal_nodes(graph, x, y)) == truth.causal
    assert set(adjustment.forbidden(graph, x, y)) == truth.forbidden
    every = truth.every()
    for z in oracle.subsets([name for name in graph.nodes if name not in {*x, *y}]):
        verdict = adjustment.explain_adjustment(graph, x, y, z)
        valid = truth.valid(z)
        assert adjustment.is_adjustment_set(graph, x, y, z) == valid == verdict.valid
        if verdict.path is not None:
            assert verdict.path.open
            assert verdict.path.nodes[0] in x
            assert verdict.path.nodes[-1] in y
            causal = verdict.path.causal and not set(verdict.path.nodes[1:]) & set(x)
            assert not causal
        assert valid or verdict.path or verdict.forbidden or verdict.latent
    must, may = restrictions(rng, truth.candidates)
    minimal = oracle.minimal(within(every, must, may), must)
    assert _listed(list(adjustment.minimal_adjustment_sets(graph, x, y, must, may))) == minimal
    costs = _costs(rng, truth.candidates)
    one = adjustment.minimal_adjustment_set(graph, x, y, must, may)
    near = optimal.optimal_minimal_adjustment_set(graph, x, y, must, may)
    small = optimal.minimum_adjustment_set(graph, x, y, must, may)
    cheap = optimal.minimum_adjustment_set(graph, x, y, must, may, costs)
    if not minimal:
        assert (one, near, small, cheap) == (None, None, None, None)
        return
    assert None not in (one, near, small, cheap)
    assert {frozenset(one), frozenset(near), frozenset(small), frozenset(cheap)} <= minimal
    assert len(small) == min(len(z) for z in minimal)
    least = min(_total(costs, z) for z in minimal)
    assert _total(costs, frozenset(cheap)) == pytest.approx(least)


def check_adjusted_estimand(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """In an exact model the adjusted estimand is the effect for valid sets, and for them only."""
    model, generic = BinaryModel(graph, rng), BinaryModel(graph, rng)
    effects = model.effect(x, y), generic.effect(x, y)
    taken = {*x, *y}
    for z in oracle.subsets([name for name in graph.observed if name not in taken]):
        equal = all(
            np.allclose(each.adjusted(x, y, z), effect, rtol=0, atol=1e-10)
            for each, effect in zip((model, generic), effects, strict=True)
        )
        assert equal == adjustment.is_adjustment_set(graph, x, y, z), z


def check_precision(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """In linear models no valid set beats the optimal one among those it is said to be best of."""
    truth = oracle.Adjustment(graph, x, y)
    every = truth.every()
    verdict = optimal.explain_optimality(graph, x, y)
    best = optimal.optimal_adjustment_set(graph, x, y)
    assert best == (verdict.adjustment if verdict.everywhere else None)
    if not every:
        assert verdict.adjustment is None
        return
    minimal = list(oracle.minimal(every))
    near = optimal.optimal_minimal_adjustment_set(graph, x, y)
    costs = _costs(rng, truth.candidates)
    cheap = optimal.minimum_adjustment_set(graph, x, y, costs=costs)
    least = min(_total(costs, z) for z in minimal)
    equals = [z for z in minimal if _total(costs, z) == pytest.approx(least)]
    above = set(graph.ancestors([*x, *y]))
    model = LinearModel(graph, rng)
    rivals = [
        (verdict.adjustment, every if verdict.everywhere else [z for z in every if z <= above]),
        (near, minimal),
        (cheap, equals),
    ]
    for found, others in rivals:
        assert found is not None
        assert frozenset(found) in every
        variances = model.variances(x, y, found)
        for z in others:
            assert (variances <= model.variances(x, y, sorted(z)) * (1 + 1e-8)).all(), sorted(z)


def check_front_door(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """Front-door sets against every subset, and their formula against the truncated product."""
    taken = {*x, *y}
    candidates = [name for name in graph.observed if name not in taken]
    valid = []
    for z in oracle.subsets(candidates):
        truth = is_front_door(graph, x, y, z)
        assert frontdoor.is_front_door_set(graph, x, y, z) == truth
        assert bool(frontdoor.explain_front_door(graph, x, y, z)) == truth
        if truth:
            valid.append(frozenset(z))
    must, may = restrictions(rng, candidates)
    fitting = within(valid, must, may)
    assert _listed(list(frontdoor.front_door_sets(graph, x, y, must, may))) == set(fitting)
    largest = frontdoor.maximal_front_door_set(graph, x, y, must, may)
    smallest = frontdoor.minimal_front_door_set(graph, x, y, must, may)
    if not fitting:
        assert (largest, smallest) == (None, None)
        return
    assert frozenset(largest) == frozenset().union(*fitting)
    assert frozenset(smallest) in oracle.minimal(fitting, must)
    model = BinaryModel(graph, rng)
    for z in {largest, smallest}:
        np.testing.assert_allclose(model.front_door(x, y, z), model.effect(x, y), atol=1e-10)


def check_instruments(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """Instruments against every conditioning set, and their ratio against the linear effect."""
    truth, (one,), (end,) = Instruments(graph, x[0], y[0]), x[:1], y[:1]
    found = {each.node: each.given for each in instruments.instruments(graph, one, end)}
    model = LinearModel(graph, rng)
    effect = model.effects([one], [end])[0, 0]
    exists = False
    for z in truth.candidates:
        valid = []
        for given in oracle.subsets([name for name in truth.candidates if name != z]):
            right = truth.valid(z, given)
            assert instruments.is_instrument(graph, one, end, z, given) == right
            assert bool(instruments.explain_instrument(graph, one, end, z, given)) == right
            if right:
                valid.append(frozenset(given))
                shared = model.partial([z, one, end], given)[0]
                assert abs(shared[2] - effect * shared[1]) < 1e-8
        exists = exists or bool(valid)
        above = set(graph.ancestors([z, end]))
        if z in found:
            assert frozenset(found[z]) in valid
        else:
            assert not any(given <= above for given in valid)
    assert bool(found) == exists, "van der Zander and others (2015): ancestral ones suffice"


def check_direct(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """Single-door sets against every subset and the coefficient; controlled ones against truth."""
    (one,), (end,) = x[:1], y[:1]
    cut = without(graph, [(one, end)])
    below = oracle.descendants(graph, {end})
    model = LinearModel(graph, rng)
    coefficient = model.coefficients[model.rows([end])[0], model.rows([one])[0]]
    candidates = [name for name in graph.observed if name not in (one, end)]
    valid = []
    for z in oracle.subsets(candidates):
        right = not set(z) & below and oracle.separated(cut, [one], [end], z)
        assert direct.is_direct_effect_set(graph, one, end, z) == right
        if right:
            valid.append(frozenset(z))
            assert model.regression([one], [end], z)[0, 0] == pytest.approx(coefficient, abs=1e-8)
    must, may = restrictions(rng, candidates)
    minimal = oracle.minimal(within(valid, must, may), must)
    found = direct.minimal_direct_effect_set(graph, one, end, must, may)
    assert (found is None) == (not minimal)
    assert found is None or frozenset(found) in minimal
    if candidates:
        held = candidates[0]
        z = direct.controlled_direct_adjustment_set(graph, one, end, held)
        truth = oracle.Adjustment(graph, (one, held), (end,))
        assert (z is None) == (not truth.every())
        assert z is None or truth.valid(z)


def check_instrument_choice(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """The recommended instruments are valid; no other valid choice beats them in every model."""
    one, end = x[0], y[0]
    found = instrument_choice.optimal_instruments(graph, one, end)
    if found is None or end not in graph.descendants(one):
        assert found is None
        return
    below = set(graph.descendants(one))
    choices = [(z, w) for z, w in Instruments(graph, one, end).choices() if not below & {*z, *w}]
    chosen = (frozenset(found.instruments), frozenset(found.given))
    assert chosen in {(frozenset(z), frozenset(w)) for z, w in choices}
    if not found.optimal:
        return
    beating = set(choices)
    for _ in range(200):
        if not beating:
            return
        model = LinearModel(graph, rng, spread=1.5)
        best = model.instrument_variance(one, end, found.instruments, found.given)
        beating = {
            (z, w)
            for z, w in beating
            if model.instrument_variance(one, end, z, w) < best * (1 - 1e-9)
        }
    assert not beating


def check_paths(graph: Graph, x: Names, y: Names, rng: np.random.Generator) -> None:
    """Every path between two sets, which of them are open, and a shortest open one."""
    taken = {*x, *y}
    held = tuple(name for name in graph.nodes if name not in taken and rng.random() < 0.3)
    inner = [
        trail
        for trail in oracle.all_paths(graph, x, y)
        if not set(oracle.path_nodes(trail)[1:-1]) & taken and trail[-1][1] not in x
    ]
    expected = {_key(trail): oracle.is_open(graph, trail, held) for trail in inner}
    found = list(trails.paths(graph, x, y, held))
    assert len(found) == len(expected)
    for path in found:
        marks = tuple((arrow.into_last, arrow.into_next) for arrow in path.arrows)
        assert expected[path.nodes, marks] == path.open
        assert [str(point) for point in path.waypoints if not point.passes] or path.open
    causal = {str(path) for path in trails.causal_paths(graph, x, y)}
    assert causal == {str(path) for path in found if path.causal}
    shortest = trails.shortest_open_path(graph, x, y, held)
    lengths = [len(trail) for trail in inner if expected[_key(trail)]]
    assert (shortest is None) == (not lengths)
    if shortest is not None:
        assert shortest.open
        assert len(shortest.arrows) == min(lengths)
        assert len(list(pairwise(shortest.nodes))) == len(shortest.arrows)


def _key(trail: oracle.Trail) -> tuple[Names, tuple[tuple[bool, bool], ...]]:
    marks = tuple((edge[2] == "head", edge[3] == "head") for edge in trail)
    return tuple(oracle.path_nodes(trail)), marks
