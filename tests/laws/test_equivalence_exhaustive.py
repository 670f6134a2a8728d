"""Every MAG and PAG on three and four nodes against the definitions; larger ones in a long run."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.benchmarks import cases_ancestral
from tests.benchmarks.cases_ancestral import Names, Verdicts
from tests.oracles import equivalence as plain
from tests.oracles import small_graphs as oracle
from tests.oracles.graphs import random_graph

_ALL = [oracle.FORWARD, oracle.BACKWARD, oracle.BOTH, oracle.PLAIN]


def random_mixed(rng: np.random.Generator, size: int) -> oracle.Edges:
    """A graph with any marks, which need not be ancestral."""
    return tuple(
        (a, b, *_ALL[int(rng.integers(4))])
        for b in range(size)
        for a in range(b)
        if rng.random() < 0.5
    )


def test_the_oracle_on_bits_is_the_plain_one() -> None:
    rng = np.random.default_rng(20260105)
    found = 0
    for _ in range(150):
        size = int(rng.integers(2, 5))
        edges, names = random_mixed(rng, size), Names(size, rng)
        model = oracle.model_of_mag(size, edges)
        assert (model is not None) == plain.is_mag(names.of, names.marks(edges))
        found += model is not None
    assert found > 30
    for _ in range(60):
        size = int(rng.integers(2, 5))
        graph = random_graph(rng, size, 1.5, shared=1.0, latent=0.2)
        edges = tuple(
            (graph.nodes.index(a), graph.nodes.index(b), at_a, True)
            for at_a, pairs in ((False, graph.directed), (True, graph.bidirected))
            for a, b in pairs
        )
        kept = sum(1 << graph.nodes.index(node) for node in graph.observed)
        names = Names(size, rng)
        names.of = list(graph.nodes)
        assert names.marks(oracle.projected(size, edges, kept)) == plain.projected(graph)
        for (x, y), answer in zip(
            oracle.questions(size), oracle.adjusting(size, edges), strict=True
        ):
            for z in oracle.subsets((1 << size) - 1 & ~(x | y)):
                right = plain.valid_in_admg(graph, names.set(x), names.set(y), names.set(z))
                assert bool(answer.valid >> z & 1) == right


@pytest.mark.parametrize("selection", [False, True])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_every_pag(size: int, selection: bool) -> None:
    rng = np.random.default_rng(size)
    kinds = cases_ancestral.EVERY_MARK[: 4 if selection else 3]
    verdicts = list(cases_ancestral.pags_of(rng, lambda: True, size, 6, kinds))
    assert all(verdicts)
    assert len(verdicts) >= {2: 4, 3: 32, 4: 561}[size]


@pytest.mark.parametrize(
    ("question", "share", "least"),
    [
        (cases_ancestral.mags, 0.0005, 300),
        (cases_ancestral.adjustment_of_mags, 0.006, 500),
        (cases_ancestral.adjustment_of_pags, 0.01, 300),
    ],
)
def test_some_of_every_question(
    question: Callable[[np.random.Generator, cases_ancestral.Sampled], Verdicts],
    share: float,
    least: int,
) -> None:
    rng = np.random.default_rng(20260106)
    verdicts = list(question(rng, lambda: bool(rng.random() < share)))
    assert all(verdicts)
    assert len(verdicts) >= least
