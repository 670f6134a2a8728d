"""Every engine that applies gives the same answer, and it is the answer of brute force.

Random models of mixed mechanisms with hidden variables (`tests/oracles/hidden_blocks.py`); all are
judged at four standard errors, by the draws and by what they are worth.
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from causalsim.scm import Levels, frequencies, table
from causalsim.scm.engines import (
    NUTS,
    SVI,
    Elimination,
    Engine,
    Enumeration,
    Gaussian,
    Laplace,
    Particles,
)
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.engine import Inferred
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.worlds import run
from causalsim.seeds import Seed
from tests.oracles.hidden_blocks import KINDS, grid_posterior, random_hidden

DRAWS = 2_000
#: The same examples every time, since they are judged by standard errors.
STATISTICAL = settings(max_examples=12, deadline=None, derandomize=True)
ENGINES: tuple[Engine, ...] = (Gaussian(), Elimination(), Enumeration(), Particles(), Laplace())
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


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 5), st.data())
def test_contraction_is_enumeration(seed: int, hidden: int, data: st.DataObject) -> None:
    """The probability of all that may be seen is the same to 1e-12, so every conditional is."""
    block = random_hidden(seed, kinds=("binary", "ordered", "gumbel"), hidden=hidden).block
    told = data.draw(st.sets(st.sampled_from(block.hidden)).filter(lambda s: len(s) < hidden))
    levels: dict[str, Tensor] = {}
    for node in sorted(told):
        domain = block.mechanisms[node].domain
        assert isinstance(domain, Levels)
        levels[node] = domain.points[data.draw(st.integers(0, len(domain.levels) - 1))].reshape(1)
    found = replace(block, values={**block.values, **levels})
    one = Elimination().infer(found, draws=1, seed=Seed(seed)).inference.log_evidence
    other = Enumeration().infer(found, draws=1, seed=Seed(seed)).inference.log_evidence
    assert one is not None
    assert other is not None
    torch.testing.assert_close(one.exp(), other.exp(), rtol=1e-12, atol=1e-12)


def test_contraction_of_a_chain_that_no_list_could_hold() -> None:
    """Forty hidden coins in a row: 2^40 combinations, tables of four numbers; by forward sums."""
    count = 40
    stay = {(0,): [0.9, 0.1], (1,): [0.2, 0.8]}
    shown = {(0,): [0.7, 0.3], (1,): [0.1, 0.9]}
    coin = Levels((0, 1))
    mechanisms: dict[str, Mechanism] = {"h0": frequencies({0: 0.5, 1: 0.5})}
    for at in range(1, count):
        mechanisms[f"h{at}"] = table([f"h{at - 1}"], stay, levels=[0, 1], domains=[coin])
    for at in range(count):
        mechanisms[f"x{at}"] = table([f"h{at}"], shown, levels=[0, 1], domains=[coin])
    seen = {f"x{at}": torch.tensor([float(at % 3 == 0), 1.0]).double() for at in range(count)}
    block = Block(tuple(mechanisms), mechanisms, seen)
    step, emit = torch.tensor([*stay.values()]).double(), torch.tensor([*shown.values()]).double()
    forward = torch.full((2, 2), 0.5).double()  # units, levels
    kept = []
    for at in range(count):
        forward = (forward if at == 0 else forward @ step) * emit[:, seen[f"x{at}"].long()].T
        kept.append(forward)
    backward, smoothed = torch.ones(2, 2).double(), [kept[-1]]
    both = torch.zeros(2).double()
    for at in range(count - 1, 0, -1):
        ahead = backward * emit[:, seen[f"x{at}"].long()].T
        if at == 20:
            both = kept[19][:, 1] * step[1, 1] * ahead[:, 1] / forward.sum(dim=1)
        backward = ahead @ step.T
        smoothed.insert(0, kept[at - 1] * backward)
    found = Elimination().infer(block, draws=DRAWS, seed=Seed(3))
    assert Enumeration().accepts(block) is not None
    assert found.inference.log_evidence is not None
    assert torch.allclose(found.inference.log_evidence, forward.sum(dim=1).log(), atol=1e-12)
    for at in (0, 1, 7, 20, 38, 39):
        chance = smoothed[at][:, 1] / smoothed[at].sum(dim=1)
        drawn = values_of(block, found.noises, f"h{at}").mean(dim=0)
        assert bool(((drawn - chance).abs() < 4 * (chance * (1 - chance) / DRAWS) ** 0.5).all())
    pair = values_of(block, found.noises, "h19") * values_of(block, found.noises, "h20")
    assert bool(((pair.mean(dim=0) - both).abs() < 4 * (both * (1 - both) / DRAWS) ** 0.5).all())


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
    engine = NUTS(chains=2)
    if engine.accepts(block) is None:
        found = engine.infer(block, draws=DRAWS, seed=Seed(seed))
        for node in block.hidden:
            near(values_of(block, found.noises, node), found, grid_posterior(block, node)[0])
