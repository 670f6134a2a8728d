"""Laws of identification: every formula is right, and every refusal is justified."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph, Query, identify
from causalsim.identification import Unidentified
from causalsim.identification.verification import DiscreteModel, largest_error
from tests.oracles.graphs import admgs
from tests.oracles.tangents import determines

TOLERANCE = 1e-9


@st.composite
def questions(draw: st.DrawFn, conditional: bool) -> tuple[Graph, Query]:
    """A random graph of up to six nodes and a query about disjoint sets of them."""
    graph = draw(admgs(min_nodes=2, max_nodes=6).filter(lambda g: len(g.bidirected) <= 5))
    roles = draw(st.lists(st.sampled_from("xyzo"), min_size=len(graph), max_size=len(graph)))
    found = {
        role: [n for n, r in zip(graph.nodes, roles, strict=True) if r == role] for role in "xyz"
    }
    outcome = found["y"] or [graph.nodes[-1]]
    do = [name for name in found["x"] if name not in outcome]
    given_ = [name for name in found["z"] if name not in (*outcome, *do)] if conditional else []
    return graph, Query(outcome, do=do, given=given_)


@settings(max_examples=150, deadline=None)
@given(questions(conditional=False), st.integers(0, 10**6))
def test_an_identified_formula_is_the_truncated_factorisation(
    question: tuple[Graph, Query], seed: int
) -> None:
    graph, query = question
    answer = identify(graph, query)
    if answer.identified:
        assert largest_error(graph, query, answer.formula, seed) < TOLERANCE


@settings(max_examples=100, deadline=None)
@given(questions(conditional=True), st.integers(0, 10**6))
def test_a_conditional_formula_is_the_conditioned_truncated_factorisation(
    question: tuple[Graph, Query], seed: int
) -> None:
    graph, query = question
    answer = identify(graph, query)
    if answer.identified:
        assert largest_error(graph, query, answer.formula, seed) < TOLERANCE


@settings(max_examples=40, deadline=None)
@given(admgs(2, 4).filter(lambda g: len(g.bidirected) <= 3), st.integers(0, 10**6))
def test_a_refusal_means_that_the_observations_do_not_determine_the_effect(
    graph: Graph, seed: int
) -> None:
    for x, y in product(graph.nodes, repeat=2):
        if x != y:
            answer = identify(graph, Query(y, do=x))
            assert answer.identified is determines(graph, Query(y, do=x), seed)


@settings(max_examples=60, deadline=None)
@given(admgs(2, 5).filter(lambda g: len(g.bidirected) <= 5), st.integers(0, 10**6))
def test_a_latent_node_and_a_double_arrow_mean_the_same(graph: Graph, seed: int) -> None:
    drawn = Graph(
        [*graph.directed]
        + [(f"u{i}", end) for i, pair in enumerate(graph.bidirected) for end in pair],
        nodes=graph.nodes,
        latent=[f"u{i}" for i in range(len(graph.bidirected))],
    )
    query = Query(graph.nodes[-1], do=graph.nodes[0])
    short, long = identify(graph, query), identify(drawn, query)
    assert short.identified == long.identified
    if long.identified:
        assert largest_error(drawn, query, long.formula, seed) < TOLERANCE


def test_the_random_models_are_causal_models() -> None:
    """The oracle itself: its joint factorises, and doing nothing changes nothing."""
    graph = Graph("a -> b -> c; a <-> c")
    model = DiscreteModel.draw(graph, seed=3)
    joint = model.joint().values
    assert np.isclose(joint.sum(), 1.0)
    done = model.intervened(("b",)).values
    assert np.allclose(done.sum(axis=(0, 2)), 1.0)
    assert np.allclose(done.sum(axis=(1, 2))[:, None] / 2, joint.sum(axis=(1, 2))[:, None])


@pytest.mark.parametrize("text", ["x -> y; x <-> y", "z -> x -> y; x <-> y"])
def test_refusals_name_a_hedge(text: str) -> None:
    answer = identify(Graph(text), Query("y", do="x"))
    assert isinstance(answer, Unidentified)
    assert answer.hedge.inner == ("y",)
    assert answer.hedge.outer == ("x", "y")
