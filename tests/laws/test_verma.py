"""Verma constraints hold in models with hidden causes, and not in distributions without reason."""

from itertools import islice

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.graph.claims.kernels import Factors, Kernel
from causalsim.graph.claims.verma import verma_constraints
from tests.oracles.graphs import admgs, dags, random_graph
from tests.oracles.kernels import evaluated


def markov_joint(graph: Graph, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, int]]:
    """The exact positive joint of binary nodes, each `<->` a hidden cause with three levels."""
    size, hidden = len(graph), len(graph.bidirected)
    shape = [2] * size + [3] * hidden
    joint = np.ones(shape)
    for place, pair in enumerate(graph.bidirected):
        weights = rng.dirichlet(np.full(3, 2.0))
        joint = joint * weights.reshape(
            [3 if axis == size + place else 1 for axis in range(joint.ndim)]
        )
        assert set(pair) <= set(graph.nodes)
    for node in graph.nodes:
        axis = graph.nodes.index(node)
        inputs = [graph.nodes.index(parent) for parent in graph.parents(node)]
        inputs += [size + p for p, pair in enumerate(graph.bidirected) if node in pair]
        table = rng.uniform(0.1, 0.9, [shape[a] if a in inputs else 1 for a in range(len(shape))])
        joint = joint * np.concatenate([table, 1 - table], axis=axis)
    return joint.sum(tuple(range(size, size + hidden))), {n: i for i, n in enumerate(graph.nodes)}


def spread(kernel: Kernel, joint: np.ndarray, axes: dict[str, int], free: tuple[str, ...]) -> float:
    """How much a formula changes when the variables it should be free of do."""
    value = evaluated(kernel, joint, axes)
    assert all(value.shape[axes[name]] > 1 for name in free)  # they are mentioned
    return max(float(np.ptp(value, axis=axes[name]).max()) for name in free)


@settings(max_examples=80, deadline=None)
@given(admgs(3, 6), st.integers(0, 1000))
def test_claims_hold_exactly(graph: Graph, seed: int) -> None:
    if len(graph.bidirected) > 6:
        return
    joint, axes = markov_joint(graph, np.random.default_rng(seed))
    for claim in islice(verma_constraints(graph), 10):
        assert claim.free_of
        assert not set(claim.free_of) & {*claim.kernel, *claim.given}
        assert spread(claim.formula, joint, axes, claim.free_of) < 1e-9
        # The formula is a distribution of the kernel, whatever the rest.
        total = evaluated(claim.formula, joint, axes).sum(
            tuple(axes[name] for name in claim.kernel)
        )
        assert np.allclose(total, 1)


def test_claims_with_sums_and_with_divisions_hold() -> None:
    # Few small random graphs have any claim; these have both kinds, and it is made sure of.
    rng = np.random.default_rng(3)
    counted = {"sum": 0, "division": 0}
    while min(counted.values()) < 15:
        graph = random_graph(rng, 7, 2.0, 1.5)
        if len(graph.bidirected) <= 6:
            joint, axes = markov_joint(graph, rng)
            for claim in islice(verma_constraints(graph), 10):
                assert spread(claim.formula, joint, axes, claim.free_of) < 1e-9
                divides = isinstance(claim.formula, Factors) and claim.formula.below
                counted["division" if divides else "sum"] += 1


@settings(max_examples=30, deadline=None)
@given(dags(1, 6))
def test_without_hidden_causes_there_is_none(graph: Graph) -> None:
    assert list(verma_constraints(graph)) == []


def test_claims_are_not_true_of_everything() -> None:
    # A distribution that keeps every independency of the graph, and breaks the claim: the same
    # graph with an arrow that no independency misses.
    graph, more = Graph("a -> b -> c -> d; b <-> d"), Graph("a -> b -> c -> d; b <-> d; a -> d")
    (claim,) = verma_constraints(graph)
    assert not list(verma_constraints(more))
    joint, axes = markov_joint(more, np.random.default_rng(1))
    assert spread(claim.formula, joint, axes, claim.free_of) > 0.01
