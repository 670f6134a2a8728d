"""What a result says in closed form is what contraction, enumeration and draws say of each row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim import SCM, Graph
from causalsim.errors.model import ModelError
from causalsim.scm import GumbelMax, Shift, Threshold, linear, logistic
from causalsim.scm.engines import Elimination, Enumeration, Particles
from causalsim.scm.engines.contraction import contract
from causalsim.scm.networks.parallel import Place
from tests.oracles.coupling_cases import model_of
from tests.oracles.discrete_couplings import tables

FAMILIES = st.sampled_from([Threshold, GumbelMax])


def seen_rows(model: SCM, rng: np.random.Generator, units: int) -> pd.DataFrame:
    """Rows of the model with some of its columns gone, the last one never."""
    rows: pd.DataFrame = model.sample(units, seed=int(rng.integers(10**6)))
    hidden = [name for name in list(rows)[:-1] if rng.random() < 0.4]
    return rows.drop(columns=hidden)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), FAMILIES)
def test_probabilities_are_those_of_the_twin_network(
    seed: int, family: type[Threshold] | type[GumbelMax]
) -> None:
    rng = np.random.default_rng(seed)
    model = model_of(tables(rng, 4, levels=3), family)
    rows = seen_rows(model, rng, 5)
    target = str(rng.choice(list(model.graph.nodes)))
    level = model.mechanisms[target].domain.levels[0]  # type: ignore[attr-defined]
    result = model.counterfactual(rows, do={target: level})
    worlds = {"": model.mechanisms, "w": model.do({target: level}).mechanisms}
    for node in result.draws_of:
        levels = model.mechanisms[node].domain.levels  # type: ignore[attr-defined]
        found = np.stack([result.probability(node, one) for one in levels], axis=1)
        for row, probabilities in enumerate(found):
            evidence = {Place("", str(name)): rows[name].iloc[row] for name in rows}
            exact = contract(worlds, [Place("w", node)], evidence).probabilities
            np.testing.assert_allclose(probabilities, exact, atol=1e-12)
        points = model.mechanisms[node].domain.points.numpy()  # type: ignore[attr-defined]
        np.testing.assert_allclose(result.mean(node), found @ points, atol=1e-12)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), FAMILIES)
def test_draws_by_either_engine_come_to_the_closed_form(
    seed: int, family: type[Threshold] | type[GumbelMax]
) -> None:
    rng = np.random.default_rng(seed)
    model = model_of(tables(rng, 4, levels=3), family)
    rows = seen_rows(model, rng, 4)
    exact = model.counterfactual(rows, do={"v0": 0})
    draws = 4_000
    for engine in (Elimination(), Enumeration()):
        by = engine if set(rows) != set(model.graph.nodes) else None
        drawn = model.counterfactual(rows, do={"v0": 0}, draws=draws, by=by, seed=seed)
        for node in drawn.draws_of:
            chance = exact.probability(node, 1)
            share = (drawn.draws_of[node] == 1).double().mean(dim=0).numpy()
            slack = 4 * np.sqrt(chance * (1 - chance) / draws) + 1e-9
            assert (np.abs(share - chance) <= slack).all()


@pytest.fixture(scope="module")
def mixed() -> SCM:
    return SCM(
        Graph("a -> b -> c -> d <- a; b -> y"),
        {
            "a": logistic({}),
            "b": logistic({"a": 1.0}),
            "c": logistic({"b": -1.0}),
            "d": logistic({"a": 0.5, "c": 2.0}),
            "y": linear({"b": 2.0}),
        },
    )


def test_how_it_was_found_is_told(mixed: SCM) -> None:
    rows = mixed.sample(50, seed=2)[["a", "c", "d"]]
    exact = mixed.counterfactual(rows, do={"c": 1})
    assert exact.how("d") == "exact contraction of the twin network"
    assert exact.probability("d", 1).std() > 0.0
    number = mixed.counterfactual(mixed.sample(50, seed=2), do={"b": 1}, seed=1)
    assert number.how("y") == "the average of 1 draw, because 'y' has no levels"
    assert number.how("d").startswith("exact contraction")
    asked = mixed.counterfactual(rows, do={"c": 1}, by=Particles(500), draws=20, seed=1)
    assert asked.how("d") == "the average of 20 draws, because another engine was asked for"
    gaps = rows.assign(a=rows["a"].astype(float).where(rows.index % 3 > 0))
    holes = mixed.counterfactual(gaps, do={"c": 1}, draws=30, seed=1)
    assert "cells of 'a' are missing" in holes.how("d")
    units = mixed.counterfactual(rows, do={"c": [0, 1] * 25}, draws=30, seed=1)
    assert "one value a unit" in units.how("d")
    with pytest.raises(ModelError):
        exact.how("a")
    same = mixed.counterfactual(mixed.sample(9, seed=1), do={"y": Shift(1.0)})
    assert same.how("y") == "exact, since one answer is left"


def test_a_hundred_thousand_rows_are_quick_since_patterns_repeat(mixed: SCM) -> None:
    rows = mixed.sample(100_000, seed=3)[["a", "b", "c", "d"]]
    result = mixed.counterfactual(rows, do={"c": 0}, seed=1)
    found = result.probability("d", 1)
    table = rows.assign(p=found).groupby(["a", "b", "c", "d"])["p"].agg(["min", "max"])
    assert (table["max"] - table["min"]).max() < 1e-15
    # On average over rows a single draw is as good.
    assert abs(result["d"].mean() - found.mean()) < 4 * 0.5 / 100_000**0.5
