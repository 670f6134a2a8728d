"""The contraction of parallel worlds against brute force over response functions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim.scm import GumbelMax, Threshold
from causalsim.scm.engines.contraction import contract
from causalsim.scm.networks.parallel import Place
from tests.benchmarks.cases_contraction import error_of
from tests.oracles.coupling_cases import model_of
from tests.oracles.discrete_couplings import tables


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_contraction_is_brute_force(seed: int) -> None:
    error, _ = error_of(seed, most_nodes=5)
    assert error < 1e-12


@pytest.mark.parametrize("family", [Threshold, GumbelMax])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_consistency_and_averaging(family: type[Threshold] | type[GumbelMax], seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = tables(rng, 4, levels=3)
    model = model_of(made, family)
    level = int(rng.integers(made[0][2].shape[1]))
    worlds = {"": model.mechanisms, "w": model.do(v0=level).mechanisms}
    seen = {Place("", "v0"): level, Place("", "v3"): 1}
    same = contract(worlds, [Place("w", "v3")], seen).probabilities
    # Consistency: had v0 been what it was, v3 would have been what it was.
    assert same[1] == pytest.approx(1.0, abs=1e-12)
    both = contract(worlds, [Place("w", "v3"), Place("", "v2")], {}).probabilities
    # Averaging over what might be seen gives back the action.
    acted = contract({"": model.do(v0=level).mechanisms}, [Place("", "v3")], {}).probabilities
    assert both.sum(axis=1) == pytest.approx(acted, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_couplings_agree_on_what_can_be_seen_and_done(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = tables(rng, 4, levels=3)
    found = []
    for family in (Threshold, GumbelMax):
        world = {"": model_of(made, family).do(v1=0).mechanisms}
        found.append(contract(world, [Place("", "v3"), Place("", "v0")], {}).probabilities)
    assert found[0] == pytest.approx(found[1], abs=1e-12)


@pytest.mark.parametrize("family", [Threshold, GumbelMax])
def test_draws_of_the_noise_agree(family: type[Threshold] | type[GumbelMax]) -> None:
    draws = 20_000
    for seed in range(4):
        rng = np.random.default_rng(seed)
        made = tables(rng, 4, levels=3)
        model = model_of(made, family)
        row = model.sample(1, seed=seed)
        result = model.counterfactual(row, do={"v0": 1}, draws=draws, seed=seed)
        worlds = {"": model.mechanisms, "w": model.do(v0=1).mechanisms}
        seen = {Place("", name): int(row[name].iloc[0]) for name, _, _ in made}
        exact = contract(worlds, [Place("w", "v3")], seen).probabilities
        if "v3" not in result.draws_of:
            continue
        for level, chance in enumerate(exact):
            error = np.sqrt(max(chance * (1 - chance), 0.0) / draws)
            share = float(result.probability("v3", level)[0])
            assert abs(share - chance) <= 4.5 * error + 1e-9
