"""Every engine that applies gives the same answer, and it is the answer of brute force.

Random models of mixed mechanisms with hidden variables (`tests/oracles/hidden_blocks.py`); all are
judged at four standard errors, by the draws and by what they are worth.
"""

from collections.abc import Mapping

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from causalsim.scm.engines import (
    NUTS,
    SVI,
    Engine,
    Enumeration,
    Gaussian,
    Laplace,
    Particles,
)
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.engine import Inferred
from causalsim.scm.worlds import run
from causalsim.seeds import Seed
from tests.oracles.hidden_blocks import KINDS, grid_posterior, random_hidden

DRAWS = 2_000
#: The same examples every time, since they are judged by standard errors.
STATISTICAL = settings(max_examples=12, deadline=None, derandomize=True)
ENGINES: tuple[Engine, ...] = (Gaussian(), Enumeration(), Particles(), Laplace())
SEEDS = st.integers(0, 10_000)


def values_of(block: Block, noises: Mapping[str, Tensor], node: str) -> Tensor:
    """A variable's value in every draw, produced from the noises alone."""
    made = run(block.mechanisms, noises, {}, block.nodes)
    return made[node].expand(DRAWS, block.units)


def error_of(values: Tensor, found: Inferred) -> Tensor:
    """The standard error of each unit's mean, with the weights that the draws came from."""
    shares = 1.0 / len(values)
    if found.inference.ess is not None:
        shares = shares + 1.0 / found.inference.ess
    return values.std(dim=0) * shares**0.5


def near(values: Tensor, found: Inferred, expected: Tensor) -> None:
    apart = (values.mean(dim=0) - expected).abs()
    # A level that none of the draws shows may still have a probability of a few in DRAWS.
    assert bool((apart <= 4 * error_of(values, found) + 5 / DRAWS).all()), (
        found.inference.engine,
        apart,
        error_of(values, found),
    )


@STATISTICAL
@given(SEEDS, st.integers(1, 2))
def test_every_engine_gives_the_posterior_of_the_grid(seed: int, hidden: int) -> None:
    block = random_hidden(seed, kinds=KINDS, hidden=hidden).block
    expected = {node: grid_posterior(block, node) for node in block.hidden}
    applied = 0
    for engine in ENGINES:
        if engine.accepts(block) is not None:
            continue
        applied += 1
        found = engine.infer(block, draws=DRAWS, seed=Seed(seed))
        for node in block.hidden:
            near(values_of(block, found.noises, node), found, expected[node][0])
        log = found.inference.log_evidence
        ess = found.inference.ess
        assert log is not None
        slack = 1e-6 if ess is None else 4.0 / ess**0.5
        assert bool(((log - expected[block.hidden[0]][1]).abs() <= slack).all()), engine
    assert applied


@STATISTICAL
@given(SEEDS, st.integers(1, 2))
def test_every_draw_of_every_engine_reproduces_the_evidence(seed: int, hidden: int) -> None:
    """Consistency: the noises alone, run through the model, give the very values that were seen."""
    block = random_hidden(seed, kinds=KINDS, hidden=hidden).block
    for engine in ENGINES:
        if engine.accepts(block) is None:
            found = engine.infer(block, draws=DRAWS, seed=Seed(seed))
            for node in block.seen:
                again = values_of(block, found.noises, node)
                assert torch.allclose(again, block.values[node], atol=1e-8), engine


@STATISTICAL
@given(SEEDS)
def test_engines_agree_on_what_would_have_been(seed: int) -> None:
    """The mean of the last variable had the first been otherwise, engine against engine."""
    found = random_hidden(seed, kinds=KINDS, hidden=2, units=2)
    rows = {node: found.block.values[node].numpy() for node in found.block.seen}
    model, (target, *_, outcome) = found.model, found.block.seen
    import pandas

    frame = pandas.DataFrame(
        {
            node: model.mechanisms[node].domain.decode(torch.from_numpy(column))
            for node, column in rows.items()
        }
    )
    levels = getattr(model.mechanisms[target].domain, "levels", (0.5,))
    drawn: list[tuple[Tensor, Tensor]] = []
    for engine in (*ENGINES, None):
        if engine is None or engine.accepts(found.block) is None:
            result = model.counterfactual(
                frame, do={target: levels[-1]}, draws=DRAWS, by=engine, seed=seed
            )
            if outcome not in result.draws_of:
                return
            values = result.draws_of[outcome]
            ess = result.diagnostics.ess or float("inf")
            share = 1 / DRAWS + 1 / ess
            drawn.append((values.mean(dim=0), values.var(dim=0, correction=0) * share))
    assert len(drawn) > 1
    first, spread = drawn[0]
    for mean, variance in drawn[1:]:
        error = (spread + variance) ** 0.5
        assert bool(((mean - first).abs() <= 4 * error + 5 / DRAWS).all())


@pytest.mark.parametrize("seed", range(3))
def test_the_variational_engine_gives_the_posterior_of_the_grid(seed: int) -> None:
    block = random_hidden(seed, kinds=("line", "curve"), hidden=2, units=2).block
    found = SVI(steps=150).infer(block, draws=DRAWS, seed=Seed(seed))
    for node in block.hidden:
        near(values_of(block, found.noises, node), found, grid_posterior(block, node)[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 3])
def test_the_sampler_gives_the_posterior_of_the_grid(seed: int) -> None:
    """NUTS on mixed hidden variables: levels summed over, then drawn."""
    block = random_hidden(seed, kinds=("line", "curve", "binary"), hidden=2, units=2).block
    engine = NUTS()
    if engine.accepts(block) is None:
        found = engine.infer(block, draws=DRAWS, seed=Seed(seed))
        for node in block.hidden:
            near(values_of(block, found.noises, node), found, grid_posterior(block, node)[0])
