"""Tetrads vanish in random linear models exactly when they are listed."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import Graph
from causalsim.graph.claims.tetrads import vanishing_tetrads
from causalsim.graph.separation.criterion import separated
from tests.oracles.graphs import admgs


def covariance(graph: Graph, rng: np.random.Generator) -> np.ndarray:
    """The covariance of a random linear Gaussian model: (I - B)^-T Ω (I - B)^-1."""
    size = len(graph)
    place = {node: number for number, node in enumerate(graph.nodes)}
    paths, noise = np.eye(size), np.diag(rng.uniform(3, 4, size))
    for a, b in graph.directed:
        paths[place[a], place[b]] = -rng.uniform(0.5, 1.5) * rng.choice([-1, 1])
    for a, b in graph.bidirected:
        noise[place[a], place[b]] = noise[place[b], place[a]] = rng.uniform(0.2, 0.5)
    inverse = np.linalg.inv(paths)
    return inverse.T @ noise @ inverse


def truth(graph: Graph, seed: int) -> set[tuple[frozenset[str], frozenset[str]]]:
    """The tetrads whose determinant is zero in three random models."""
    found = None
    for model in range(3):
        sigma = covariance(graph, np.random.default_rng([seed, model]))
        scale = np.sqrt(np.diag(sigma))
        sigma = sigma / np.outer(scale, scale)
        zero = set()
        index = {node: number for number, node in enumerate(graph.nodes)}
        for a, b, c, d in combinations(graph.observed, 4):
            for one, other in (((a, b), (c, d)), ((a, c), (b, d)), ((a, d), (b, c))):
                block = sigma[np.ix_([index[n] for n in one], [index[n] for n in other])]
                if abs(np.linalg.det(block)) < 1e-12:
                    zero.add((frozenset(one), frozenset(other)))
        found = zero if found is None else found & zero
    assert found is not None
    return found


@settings(max_examples=120, deadline=None)
@given(admgs(4, 7, latent=True), st.integers(0, 1000))
def test_listed_exactly_when_zero_in_random_models(graph: Graph, seed: int) -> None:
    listed = list(vanishing_tetrads(graph))
    assert {(frozenset(t.one), frozenset(t.other)) for t in listed} == truth(graph, seed)
    for tetrad in listed:
        (i, k), (j, m) = tetrad.one, tetrad.other
        zero = [separated(graph, *pair) for pair in ((i, j), (k, m), (i, m), (k, j))]
        assert tetrad.trivial == ((zero[0] or zero[1]) and (zero[2] or zero[3]))
        assert (tetrad.choke is None) == all(zero)


def pairs(graph: Graph) -> set[tuple[frozenset[str], frozenset[str]]]:
    return {(frozenset(t.one), frozenset(t.other)) for t in vanishing_tetrads(graph)}


def test_spearmans_general_factor() -> None:
    graph = Graph("g -> {a b c d e}", latent="g")
    found = list(vanishing_tetrads(graph))
    assert len(found) == 15  # three for each of five fours
    assert {tetrad.choke for tetrad in found} == {"g"}
    assert not any(tetrad.trivial for tetrad in found)


def test_two_factors_keep_one_tetrad_of_three() -> None:
    # Two correlated factors with two indicators each: only the one across both vanishes.
    graph = Graph("f <-> g; f -> {a b}; g -> {c d}", latent=["f", "g"])
    assert pairs(graph) == {(frozenset("ab"), frozenset("cd"))}


def test_a_correlated_error_breaks_two() -> None:
    graph = Graph("g -> {a b c d}; a <-> b", latent="g")
    assert pairs(graph) == {(frozenset("ab"), frozenset("cd"))}


def test_only_what_is_measured() -> None:
    graph = Graph("g -> {a b c d e}", latent="g")
    assert len(list(vanishing_tetrads(graph, ["a", "b", "c", "d"]))) == 3
    assert list(vanishing_tetrads(Graph("a -> b -> c"))) == []
