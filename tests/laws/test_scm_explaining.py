"""A change of a mean in linear models: the closed form is the Shapley value, drawn or counted."""

import itertools
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import SCM, Graph
from causalsim.scm import frequencies, linear, logistic
from causalsim.scm.explaining import explain_change
from causalsim.scm.explaining.linear_changes import linear_shares
from causalsim.scm.mechanism import Mechanism

Weights = dict[str, tuple[float, dict[str, float]]]


def lines(rng: np.random.Generator, count: int) -> Weights:
    """An intercept and slopes for each variable, on earlier ones."""
    return {
        f"v{i}": (
            float(rng.normal()),
            {f"v{j}": float(rng.normal()) for j in range(i) if rng.random() < 0.7},
        )
        for i in range(count)
    }


def changed(rng: np.random.Generator, weights: Weights) -> Weights:
    """Some of the variables with other intercepts and slopes, arrows gone and new ones."""
    other = lines(rng, len(weights))
    return {node: other[node] if rng.random() < 0.6 else weights[node] for node in weights}


def model(weights: Weights) -> SCM:
    mechanisms: dict[str, Mechanism] = {
        node: linear(slopes, intercept=centre, scale=0.5)
        for node, (centre, slopes) in weights.items()
    }
    arrows = [(parent, node) for node, (_, slopes) in weights.items() for parent in slopes]
    return SCM(Graph(arrows, nodes=list(weights)), mechanisms)


def mean_of(weights: Weights) -> float:
    means: dict[str, float] = {}
    for node, (centre, slopes) in weights.items():
        means[node] = centre + sum(slope * means[name] for name, slope in slopes.items())
    return means[node]


def counted(old: Weights, new: Weights) -> dict[str, float]:
    """Shapley values by their definition: every coalition, each worth its mean."""
    players = list(old)
    count = len(players)

    def worth(some: frozenset[str]) -> float:
        return mean_of({node: new[node] if node in some else old[node] for node in players})

    found = {}
    for player in players:
        rest = [node for node in players if node != player]
        found[player] = sum(
            factorial(size)
            * factorial(count - size - 1)
            / factorial(count)
            * (worth(frozenset({*some, player})) - worth(frozenset(some)))
            for size in range(count)
            for some in itertools.combinations(rest, size)
        )
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 7))
def test_the_closed_form_is_the_shapley_value(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    old = lines(rng, count)
    new = changed(rng, old)
    target = f"v{count - 1}"
    found = explain_change(model(old), model(new), target)
    assert found.exact
    expected = counted(old, new)
    assert dict(found.parts) == pytest.approx(
        {node: expected[node] for node in found.parts}, rel=1e-9, abs=1e-9
    )
    assert found.total == pytest.approx(mean_of(new) - mean_of(old), rel=1e-9, abs=1e-9)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_the_closed_form_is_what_draws_say(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    old = lines(rng, count)
    new = changed(rng, old)
    both = model(old), model(new), f"v{count - 1}"
    exact = explain_change(*both)
    drawn = explain_change(*both, measure=lambda y: y.mean(axis=-1), draws=20_000, seed=seed)
    assert not drawn.exact
    for part, value in exact.parts.items():
        assert abs(drawn[part] - value) <= 4 * drawn.errors[part] + 1e-9


def test_a_root_with_levels_has_a_mean_and_a_curve_has_no_closed_form() -> None:
    graph = Graph("t -> y")
    old = SCM(graph, {"t": frequencies({0: 0.8, 1: 0.2}), "y": linear({"t": 2.0})})
    new = SCM(graph, {"t": frequencies({0: 0.5, 1: 0.5}), "y": linear({"t": 4.0})})
    found = explain_change(old, new, "y")
    assert found.exact
    assert dict(found.parts) == pytest.approx({"t": 0.3 * 3.0, "y": 2.0 * 0.35})
    bent: dict[str, Mechanism] = {"t": linear({}), "y": logistic({"t": 1.0})}
    assert linear_shares(bent, bent, "y") is None
