"""The contraction of parallel worlds against brute force over response functions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalsim.scm import GumbelMax, Threshold
from causalsim.scm.engines.contraction import contract, contraction
from causalsim.scm.networks import products
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


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_tables_without_a_choice_may_be_multiplied_beforehand(seed: int) -> None:
    """The same answers whether they are all kept, multiplied at once, or tables first made one."""
    rng = np.random.default_rng(seed)
    model = model_of(tables(rng, 6, levels=3), Threshold)
    worlds = {"": model.mechanisms, "w": model.do(v1=0).mechanisms}
    known = [Place("", f"v{at}") for at in rng.permutation(6)[: rng.integers(1, 4)]]
    targets = [Place("w", f"v{at}") for at in rng.permutation(6)[: rng.integers(1, 3)]]
    sizes = {place: len(model.mechanisms[place.variable].domain.levels) for place in known}  # type: ignore[attr-defined]
    patterns = {place: rng.integers(size, size=9).astype(float) for place, size in sizes.items()}
    kept = contraction(worlds, targets, known)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(products, "_MOST_KEPT", 0)
        fewer = contraction(worlds, targets, known)
        patched.setattr(products, "_MOST_MET", 0)
        plain = contraction(worlds, targets, known)
    assert kept.product.kept is not None
    assert fewer.product.kept is None
    assert len(fewer.product.factors) <= len(plain.product.factors)
    one = {place: column[0] for place, column in patterns.items()}
    for ready in (fewer, plain):
        several = ready(patterns).joint
        np.testing.assert_allclose(several, kept(patterns).joint, rtol=0, atol=1e-14)
        np.testing.assert_allclose(ready(one).joint, several[0], rtol=0, atol=1e-14)
