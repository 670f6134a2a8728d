"""Linear models: verdicts against ranks on all small graphs, formulae against random parameters."""

from collections import Counter

import numpy as np
import pytest

from causalsim.identification.linear.half_trek import Verdict, half_treks
from causalsim.identification.linear.linear_effects import (
    UnidentifiedCoefficient,
    identify_coefficient,
    total_effect,
)
from causalsim.identification.linear.linear_model import LinearModel
from causalsim.identification.linear.treks import covariance_polynomial
from tests.oracles.linear import every_graph, finite_to_one
from tests.oracles.sources import random_admg

#: How many graphs on nodes in a given order have each verdict; with 3 nodes the rank decides all.
COUNTS = {2: (3, 1, 0), 3: (31, 33, 0)}
FOUR = (1246, 2844, 6)


@pytest.mark.parametrize("size", COUNTS)
def test_every_small_graph(size: int) -> None:
    found: Counter[Verdict] = Counter()
    for number, graph in enumerate(every_graph(size)):
        verdict = half_treks(graph).verdict
        found[verdict] += 1
        finite = finite_to_one(graph)
        assert verdict is not Verdict.IDENTIFIED or finite
        assert verdict is not Verdict.INFINITE_TO_ONE or not finite
        assert half_treks(graph, decompose=False).verdict is verdict
        model = LinearModel.draw(graph, number)
        for pair, value in half_treks(graph).coefficients(model.covariance()).items():
            assert value == pytest.approx(model.coefficient(*pair), abs=1e-6)
    order = (Verdict.IDENTIFIED, Verdict.INFINITE_TO_ONE, Verdict.INCONCLUSIVE)
    assert tuple(found[verdict] for verdict in order) == COUNTS[size]


@pytest.mark.slow
def test_every_graph_of_four_nodes() -> None:
    found: Counter[tuple[str, bool]] = Counter()
    for graph in every_graph(4):
        found[half_treks(graph).verdict.name, finite_to_one(graph)] += 1
    assert found == {
        ("IDENTIFIED", True): FOUR[0],
        ("INFINITE_TO_ONE", False): FOUR[1],
        ("INCONCLUSIVE", True): FOUR[2],
    }


@pytest.mark.parametrize("seed", range(40))
def test_identified_values_are_right(seed: int) -> None:
    rng = np.random.default_rng([seed, 8])
    graph = random_admg(rng, int(rng.integers(3, 7)), 0.5, 0.3)
    model = LinearModel.draw(graph, seed)
    covariance = model.covariance()
    for cause, effect in graph.directed:
        answer = identify_coefficient(graph, cause, effect)
        if not isinstance(answer, UnidentifiedCoefficient):
            expected = model.coefficient(cause, effect)
            assert answer.evaluate(covariance) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    for cause in graph.nodes:
        for effect in graph.nodes:
            if cause != effect:
                total = total_effect(graph, cause, effect)
                i, j = graph.indices([cause, effect])
                if not isinstance(total, UnidentifiedCoefficient):
                    expected = float(model.effects()[i, j])
                    assert total.evaluate(covariance) == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("seed", range(15))
def test_treks_sum_to_the_covariance(seed: int) -> None:
    rng = np.random.default_rng([seed, 9])
    graph = random_admg(rng, 5, 0.5, 0.3)
    model = LinearModel.draw(graph, seed)
    covariance, symbols = model.covariance(), model.symbols()
    for one in graph.nodes:
        for other in graph.nodes:
            value = covariance.of(one, other)
            full = covariance_polynomial(graph, one, other).evaluate(symbols)
            assert full == pytest.approx(value)
            if one != other:
                simple = covariance_polynomial(graph, one, other, simple=True).evaluate(symbols)
                assert simple == pytest.approx(value)
