"""What surgery keeps: separations, ancestors, and the truth about several worlds."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.separation.moral import moral_edges
from causalsim.graph.surgery import (
    ancestral,
    canonical,
    do,
    induced,
    latent_projection,
    transitive_closure,
    transitive_reduction,
    without_arrows,
)
from causalsim.graph.worlds import parallel_worlds, swig, twin
from tests.oracles.graph_criteria import all_paths, is_causal, is_open, path_nodes, subsets
from tests.oracles.graphs import admgs, dags
from tests.oracles.worlds import ExactModel

FEW = settings(max_examples=60, deadline=None)


def separations(graph: Graph, nodes: tuple[str, ...]) -> set[tuple[str, str, tuple[str, ...]]]:
    """Every separation among some nodes."""
    return {
        (a, b, z)
        for a, b in combinations(nodes, 2)
        for z in subsets([node for node in nodes if node not in (a, b)])
        if separated(graph, a, b, z)
    }


@FEW
@given(admgs(1, 6, latent=True), st.data())
def test_projection_keeps_separations_and_ancestors(graph: Graph, data: st.DataObject) -> None:
    hiding = (
        data.draw(st.lists(st.sampled_from(graph.observed), unique=True, max_size=2))
        if (graph.observed)
        else []
    )
    projected = latent_projection(graph, hiding)
    kept = tuple(node for node in graph.observed if node not in hiding)
    assert projected.nodes == kept
    assert projected.latent == ()
    assert separations(projected, kept) == separations(graph, kept)
    for node in kept:
        assert set(projected.ancestors(node)) == set(graph.ancestors(node)) & set(kept)


@FEW
@given(dags(1, 6, latent=True))
def test_hiding_one_after_the_other_is_hiding_at_once(graph: Graph) -> None:
    at_once = latent_projection(graph)
    step = Graph(graph.directed, nodes=graph.nodes, bidirected=graph.bidirected)
    for node in graph.latent:
        step = latent_projection(step, node)
    assert step == at_once


@FEW
@given(admgs(1, 6))
def test_projection_undoes_canonical(graph: Graph) -> None:
    explicit = canonical(graph)
    assert explicit.bidirected == ()
    assert latent_projection(explicit) == graph
    assert separations(explicit, graph.nodes) == separations(graph, graph.nodes)


@FEW
@given(admgs(1, 6), st.data())
def test_ancestral_graphs_keep_separations(graph: Graph, data: st.DataObject) -> None:
    nodes = tuple(data.draw(st.lists(st.sampled_from(graph.nodes), unique=True, min_size=1)))
    part = ancestral(graph, nodes)
    assert part == induced(graph, graph.ancestors(nodes))
    assert separations(part, nodes) == separations(graph, nodes)


@FEW
@given(admgs(2, 6), st.data())
def test_moral_graphs_separate_what_m_separation_does(graph: Graph, data: st.DataObject) -> None:
    a, b, *z = data.draw(st.lists(st.sampled_from(graph.nodes), unique=True, min_size=2))
    joined: dict[str, set[str]] = {node: set() for node in graph.nodes}
    for one, other in moral_edges(graph, of=[a, b, *z]):
        joined[one].add(other)
        joined[other].add(one)
    reached, waiting = {a}, [a]
    while waiting:
        for node in joined[waiting.pop()] - reached - set(z):
            reached.add(node)
            waiting.append(node)
    assert (b not in reached) == separated(graph, a, b, z)


@FEW
@given(admgs(1, 7), st.data())
def test_cutting(graph: Graph, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(graph.nodes), unique=True)
    into, out_of = set(data.draw(some)), set(data.draw(some))
    cut = without_arrows(graph, into=into, out_of=out_of)
    assert set(cut.directed) == {
        (a, b) for a, b in graph.directed if b not in into and a not in out_of
    }
    assert set(cut.bidirected) == {pair for pair in graph.bidirected if not into & set(pair)}
    acted = do(graph, into)
    assert all(not acted.parents(x) and not acted.siblings(x) for x in into)


@FEW
@given(admgs(1, 7))
def test_closure_and_reduction(graph: Graph) -> None:
    closure, reduction = transitive_closure(graph), transitive_reduction(graph)
    for node in graph.nodes:
        assert set(closure.parents(node)) == set(graph.ancestors(node)) - {node}
        assert reduction.ancestors(node) == graph.ancestors(node)
    assert transitive_reduction(closure) == reduction
    for arrow in reduction.directed:  # no arrow can be spared
        less = Graph([pair for pair in reduction.directed if pair != arrow], nodes=graph.nodes)
        assert arrow[0] not in less.ancestors(arrow[1])
    assert closure.bidirected == reduction.bidirected == graph.bidirected


def small(graph: Graph) -> bool:
    return len(graph.bidirected) <= 2


@settings(max_examples=25, deadline=None)
@given(admgs(2, 4).filter(small), st.integers(0, 10_000), st.booleans(), st.data())
def test_what_several_worlds_separate_is_independent_in_every_model(
    graph: Graph, seed: int, explicit: bool, data: st.DataObject
) -> None:
    action = st.dictionaries(st.sampled_from(graph.nodes), st.integers(0, 1), max_size=2)
    worlds = [{}, *data.draw(st.lists(action, min_size=1, max_size=2))]
    joined = parallel_worlds(graph, worlds, explicit=explicit)
    model = ExactModel(graph, seed)
    columns = {}
    for world in worlds:
        values, _ = model.world(world)
        alone = parallel_worlds(graph, [world])
        for node, label in zip(graph.nodes, alone.nodes, strict=True):
            if label in columns:  # merged: the same in both worlds, state by state
                assert (columns[label] == values[node]).all()
            columns[label] = values[node]
    free = [label for label in columns if label not in joined.adjusted]
    checked = list(combinations(free, 2))
    for a, b in checked[:12]:
        rest = [label for label in free if label not in (a, b)]
        for z in ((), *((label,) for label in rest[:3]), tuple(rest[:2])):
            if separated(joined, a, b, [*z, *joined.adjusted]):
                assert model.independent([columns[a]], [columns[b]], [columns[c] for c in z])


@settings(max_examples=25, deadline=None)
@given(admgs(2, 4).filter(small), st.integers(0, 10_000), st.data())
def test_what_a_swig_separates_is_independent_in_every_model(
    graph: Graph, seed: int, data: st.DataObject
) -> None:
    action = data.draw(
        st.dictionaries(st.sampled_from(graph.nodes), st.integers(0, 1), min_size=1, max_size=2)
    )
    split = swig(graph, action)
    model = ExactModel(graph, seed)
    _, natural = model.world(action)
    free = [label for label in split.nodes if label not in split.adjusted]
    columns = {label: natural[node] for node, label in zip(graph.nodes, free, strict=True)}
    for a, b in combinations(free, 2):
        for z in subsets([label for label in free if label not in (a, b)]):
            if separated(split, a, b, [*z, *split.adjusted]):
                assert model.independent([columns[a]], [columns[b]], [columns[c] for c in z])


@settings(max_examples=25, deadline=None)
@given(admgs(2, 4).filter(small), st.data())
def test_shared_noise_drawn_or_not_separates_alike(graph: Graph, data: st.DataObject) -> None:
    x = data.draw(st.sampled_from(graph.nodes))
    implicit, explicit = (twin(graph, {x: 1}, explicit=drawn) for drawn in (False, True))
    assert latent_projection(explicit) == latent_projection(implicit)
    assert separations(explicit, implicit.nodes) == separations(implicit, implicit.nodes)


@pytest.mark.parametrize("latent", [False, True])
@FEW
@given(data=st.data())
def test_projected_edges_are_the_paths_of_the_definition(latent: bool, data: st.DataObject) -> None:
    graph = data.draw(admgs(2, 5, latent=True) if latent else admgs(2, 5))
    projected = latent_projection(graph)
    hidden = set(graph.latent)
    for a, b in combinations(graph.observed, 2):
        direct = {(a, b): False, (b, a): False}
        shared = False
        for start, end in ((a, b), (b, a)):
            for trail in all_paths(graph, [start], [end]):
                if not set(path_nodes(trail)[1:-1]) <= hidden:
                    continue
                if is_causal(trail):
                    direct[start, end] = True
                # Open given nothing: no collider on the way.
                elif trail[0][2] == trail[-1][3] == "head" and is_open(graph, trail, ()):
                    shared = True
        assert ((a, b) in projected.directed) == direct[a, b]
        assert ((b, a) in projected.directed) == direct[b, a]
        assert (b in projected.siblings(a)) == shared
