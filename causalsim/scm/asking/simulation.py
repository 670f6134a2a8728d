"""Answers by simulation: draws of the noise given what is known, counted in every world."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.errors.asking import AskingError
from causalsim.scm.asking.estimate import Estimate, exactly
from causalsim.scm.asking.exact import position, told
from causalsim.scm.asking.expansion import Leaf, Spot, Worlds
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.domain import Levels
from causalsim.scm.engines.block import Block
from causalsim.scm.engines.choosing import LADDER
from causalsim.scm.engines.engine import Engine, Inferred
from causalsim.scm.engines.particles import Particles
from causalsim.scm.imagining.abduction import Diagnostics
from causalsim.scm.imagining.counterfactual import imagine
from causalsim.scm.parallel.asking import frame_like, prior_noises
from causalsim.scm.parallel.nodes import side_by_side
from causalsim.scm.parallel.running import produce_all
from causalsim.seeds import Seed

Array = NDArray[np.float64]
Given = tuple[tuple[Spot, object], ...]
_MOST_GUESSES = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """Draws of everything that was asked under one kind of evidence.

    Args:
        name: What tells this simulation from others.
        values: For each variable in a world its draws, of shape (draws,).
        size: How many independent draws they are worth.
        engine: How the noise was found.
        couplings: How drawn noises are tied to their values.
        exact: Whether the evidence leaves one answer, so that all draws are the same.
    """

    name: str
    values: Mapping[Spot, Tensor]
    size: float
    engine: str
    couplings: Mapping[str, str]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The engines that would be chosen by themselves, with as many guesses as draws.

    One unit is asked about, so that guesses are cheap, and few of them would be all that the
    error rests on.

    Args:
        count: How many guesses.
    """

    count: int

    def accepts(self, block: Block) -> str | None:
        """Why none of the engines applies; None if one does."""
        reasons = [engine.accepts(block) for engine in self._engines()]
        return None if None in reasons else "; ".join(dict.fromkeys(filter(None, reasons)))

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """By the first engine that applies."""
        chosen = next(engine for engine in self._engines() if engine.accepts(block) is None)
        return chosen.infer(block, draws=draws, seed=seed)

    def _engines(self) -> tuple[Engine, ...]:
        """From the cheapest exact one to the most general."""
        guesses = Particles(min(max(self.count, Particles().count), _MOST_GUESSES))
        return (*(engine for engine in LADDER if not isinstance(engine, Particles)), guesses)


def simulate(
    leaf: Leaf,
    asked: Iterable[Spot],
    worlds: Worlds,
    *,
    draws: int,
    by: Engine | None,
    seed: Seed,
) -> Simulated:
    """Draws under the evidence of a leaf.

    Args:
        leaf: Whose evidence it is.
        asked: All variables in worlds that are wanted under this evidence.
        worlds: The worlds of the question.
        draws: How many draws.
        by: The engine for what is hidden.
        seed: Root of the draws.
    """
    name = ", ".join(told(leaf))
    spots = list(dict.fromkeys(asked))
    if not leaf.given:
        return _from_prior(spots, worlds, draws, seed)
    rows: dict[str, dict[str, object]] = {}
    for (world, variable), value in leaf.given:
        row = rows.setdefault(world, {})
        if row.setdefault(variable, value) != value:
            raise AskingError.probability_zero(told(leaf))
    like = frame_like(worlds.model.like)
    evidence = {
        world: frames.build(like, {v: np.asarray([value]) for v, value in row.items()})
        for world, row in rows.items()
    }
    first = next(iter(evidence))
    every = {first: worlds.made[first], **worlds.made}
    engine = by or Cheapest(draws)
    found = imagine(every, evidence, draws=draws, by=engine, seed=seed, spots=spots, strict=True)
    values: dict[Spot, Tensor] = {}
    for world, variable in spots:
        drawn = found.values[world].get(variable)
        if drawn is None:
            known = dict(leaf.given)[world, variable]
            drawn = worlds.model.mechanisms[variable].domain.encode(variable, known).reshape(1, 1)
        values[world, variable] = drawn.expand(draws, 1)[:, 0]
    told_by = found.diagnostics
    ties = {node: tie.value for node, tie in told_by.couplings}
    size = _size(told_by, draws)
    words = told_by.engine if by is not None else told_by.engine.replace(" as asked", "")
    return Simulated(name, values, size, words, ties, told_by.exact)


def _from_prior(spots: list[Spot], worlds: Worlds, draws: int, seed: Seed) -> Simulated:
    """Draws where nothing is known."""
    parallel = side_by_side(worlds.made)
    place = {(world, variable): parallel.places[world][variable] for world, variable in spots}
    wanted = parallel.ancestors(place.values())
    with threads_for(draws * len(wanted)):
        noises = prior_noises(parallel, wanted, (draws,), seed)
        made = produce_all(parallel, noises, {}, wanted)
    values = {spot: made[node].expand(1, draws)[0] for spot, node in place.items()}
    return Simulated("", values, float(draws), f"{draws} draws of all noises", {})


def _size(found: Diagnostics, draws: int) -> float:
    """How many independent draws resampled ones are worth."""
    if found.ess is None:
        return float(draws)
    return 1.0 / (1.0 / draws + 1.0 / max(found.ess, 1.0))


def counted(leaf: Leaf, found: Simulated, worlds: Worlds) -> Estimate:
    """The leaf's number or table, from the draws."""
    if leaf.mean is not None:
        numbers = found.values[leaf.mean].numpy().astype(np.float64)
        return _estimated(numbers, found)
    draws = len(next(iter(found.values.values())))
    hits: Array = np.ones((1, draws))
    shape: list[int] = []
    for (world, variable), value in leaf.events:
        drawn = found.values[world, variable]
        domain = worlds.model.mechanisms[variable].domain
        if value is not None:
            hits = hits * (drawn == domain.encode(variable, value)).numpy()
            continue
        assert isinstance(domain, Levels)
        shape.append(len(domain.levels))
        at = [position(variable, level, domain) for level in domain.levels]
        each = np.stack([(drawn == domain.points[place]).numpy() for place in at])
        hits = (hits[:, np.newaxis] * each[np.newaxis]).reshape(-1, draws)
    hits = hits if found.exact else _doubted(hits, found.size)
    return _estimated(hits.reshape(*shape, draws), found)


def _doubted(hits: Array, size: float) -> Array:
    """Hits of which some rows never vary, their next draw (Laplace's rule) told by their spread.

    That none of the draws hit, or all did, does not make the probability zero or one.
    """
    sure = hits.min(axis=1) == hits.max(axis=1)
    if hits.shape[1] < 2 or not sure.any():
        return hits
    signs = np.where(np.arange(hits.shape[1]) % 2, 1.0, -1.0)
    signs = (signs - signs.mean()) / (size + 2.0) ** 0.5
    return np.asarray(np.where(sure[:, np.newaxis], hits + signs, hits))


def _estimated(numbers: Array, found: Simulated) -> Estimate:
    """The mean over draws, with what each draw adds to it."""
    mean = np.asarray(numbers.mean(axis=-1))
    if found.exact:
        return exactly(mean)
    moved = numbers - mean[..., np.newaxis]
    return Estimate(mean, {found.name: moved}, {found.name: found.size})
