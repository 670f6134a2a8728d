"""Random graphs: by seed, of the size and degree asked for, whatever these are."""

import numpy as np
import pytest

from causalsim.errors.randomness import RandomGraphError
from causalsim.graph.randomness import random_admg, random_dag, scale_free_dag


def test_the_seed_decides() -> None:
    assert random_dag(30, 4, seed=1) == random_dag(30, 4, seed=1)
    assert random_dag(30, 4, seed=1) != random_dag(30, 4, seed=2)
    assert random_admg(30, 4, 2, seed=1) == random_admg(30, 4, 2, seed=1)
    assert scale_free_dag(30, 2, seed=1) == scale_free_dag(30, 2, seed=1)
    assert scale_free_dag(30, 2, seed=1) != scale_free_dag(30, 2, seed=2)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 40])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_every_size_and_degree_that_can_be(size: int, share: float) -> None:
    degree = share * max(size - 1, 0)
    graph = random_admg(size, degree, degree, seed=5)
    assert graph.nodes == tuple(f"v{place}" for place in range(size))
    possible = size * (size - 1) // 2
    assert share not in (0.0, 1.0) or len(graph.directed) == share * possible
    assert share not in (0.0, 1.0) or len(graph.bidirected) == share * possible


def test_degrees_are_those_asked_for() -> None:
    # Edges of G(n, p) are binomial: the mean of 40 graphs, within 5 standard errors.
    counts = [len(random_dag(60, 3.0, seed=seed).directed) for seed in range(40)]
    possible, chance = 60 * 59 / 2, 3 / 59
    error = np.sqrt(possible * chance * (1 - chance) / 40)
    assert abs(np.mean(counts) - possible * chance) < 5 * error


def test_every_pair_and_every_direction_is_as_likely() -> None:
    count = np.zeros((5, 5))
    draws = 2000
    for seed in range(draws):
        for one, other in random_dag(5, 2.0, seed=seed).directed:
            count[int(one[1]), int(other[1])] += 1
    expected = draws * 0.5 / 2  # half the pairs, either way
    error = np.sqrt(draws * 0.25 * 0.75)
    off = ~np.eye(5, dtype=bool)
    assert (np.abs(count[off] - expected) < 5 * error).all()


def test_a_scale_free_graph_has_hubs() -> None:
    graph = scale_free_dag(2000, 3, seed=1)
    effects = sorted((len(graph.children(node)) for node in graph.nodes), reverse=True)
    causes = [len(graph.parents(node)) for node in graph.nodes]
    assert len(graph.directed) == 1 + 2 + 3 * 1997
    assert max(causes) == 3
    assert effects[0] > 40  # among as many arrows between any two, about 12 would be the most
    assert scale_free_dag(0, seed=1).nodes == ()
    assert scale_free_dag(1, seed=1).nodes == ("v0",)
    assert scale_free_dag(4, 9, seed=1).order()
    assert len(scale_free_dag(4, 9, seed=1).directed) == 6


@pytest.mark.parametrize(
    ("size", "degree"), [(5, 4.5), (5, -1), (0, 1), (1, 0.5), (5, float("nan"))]
)
def test_degrees_that_cannot_be(size: int, degree: float) -> None:
    with pytest.raises(RandomGraphError, match="0 to"):
        random_dag(size, degree, seed=1)


def test_sizes_that_cannot_be() -> None:
    with pytest.raises(RandomGraphError, match="size is -1"):
        random_dag(-1, 0, seed=1)
    with pytest.raises(RandomGraphError, match="attached is 0"):
        scale_free_dag(5, 0, seed=1)


def test_large_graphs_take_seconds() -> None:
    graph = random_dag(20_000, 6.0, seed=1)
    assert abs(len(graph.directed) - 60_000) < 5 * np.sqrt(60_000)


@pytest.mark.parametrize("wrong", [None, "3", 3.5, [3], True])
def test_counts_are_whole_numbers(wrong: object) -> None:
    with pytest.raises(RandomGraphError, match="Hint: pass"):
        random_dag(wrong, 0, seed=1)  # type: ignore[arg-type]
    with pytest.raises(RandomGraphError, match="Hint: pass"):
        scale_free_dag(5, wrong, seed=1)  # type: ignore[arg-type]
    if wrong != 3.5:
        with pytest.raises(RandomGraphError, match="Hint: pass"):
            random_admg(5, wrong, seed=1)  # type: ignore[arg-type]
