"""Missing cells drawn from what the model says about them given the rest of their rows.

This is abduction, by the engines that answer counterfactuals where they are exact. Elsewhere
guesses are weighed as `Particles` weighs them, and the cell of the round before is one of them
(iterated sampling importance resampling): that leaves the very distribution of the cell as it is,
however few guesses there are, so a round needs some thirty instead of thousands.

References:
    Andrieu, Doucet and Holenstein, "Particle Markov chain Monte Carlo methods" (2010); Andrieu, Lee
    and Vihola, "Uniform ergodicity of the iterated conditional SMC" (2018).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.block import Block, filled
from causalsim.scm.engines.choosing import choose
from causalsim.scm.engines.engine import Engine
from causalsim.scm.engines.enumeration import Enumeration
from causalsim.scm.engines.gaussian import Gaussian
from causalsim.scm.engines.guesses.weights import normalised, resampled
from causalsim.scm.engines.particles import Particles
from causalsim.scm.engines.problem.density import log_evidence
from causalsim.scm.imagining.abduction import infer
from causalsim.scm.imagining.planning import Plan, plan
from causalsim.scm.learning.missing.gaps import Component, Gaps, Pattern, patterns_of
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.noise import draw
from causalsim.scm.worlds import run
from causalsim.seeds import Seed

_GUESSES = 30
_BEGUN = Particles(300)


@dataclass(frozen=True, slots=True, eq=False)
class Imputer:
    """Draws the missing cells of a component, round by round.

    Args:
        gaps: The columns.
        patterns: The rows by what they lack.
        plans: What hangs together in each pattern.
        engines: For each block of each pattern the engine; None for guesses with the last cell.
    """

    gaps: Gaps
    patterns: tuple[Pattern, ...]
    plans: tuple[Plan, ...]
    engines: tuple[tuple[Engine | None, ...], ...]

    @classmethod
    def made(
        cls,
        gaps: Gaps,
        component: Component,
        mechanisms: Mapping[str, Mechanism],
        by: Engine | None,
    ) -> "Imputer":
        """How the cells of each pattern are drawn.

        Args:
            gaps: The columns.
            component: What hangs together.
            mechanisms: Of its factors; those of later rounds are of the same families.
            by: The engine asked for; None for the cheapest exact one, else guesses.
        """
        patterns, plans, engines = [], [], []
        for pattern in patterns_of(gaps, component):
            if not pattern.absent:
                continue
            factual, values = _known(gaps, pattern, mechanisms)
            found = plan(factual, values.keys(), noises=(), values=pattern.absent, checked=())
            values.update(run(factual, {}, values, found.settled))
            patterns.append(pattern)
            plans.append(found)
            engines.append(
                tuple(by or _engine(_block(factual, values, nodes)) for nodes in found.blocks)
            )
        return cls(gaps, tuple(patterns), tuple(plans), tuple(engines))

    def drawn(
        self, mechanisms: Mapping[str, Mechanism], before: Mapping[str, Tensor], seed: Seed
    ) -> dict[str, Tensor]:
        """One draw of the missing cells, in whole columns.

        Args:
            mechanisms: The current ones.
            before: The draw of the round before; empty in the first.
            seed: Root of the draws.

        Raises:
            InferenceError: The engine asked for does not apply.
            ModelError: The mechanisms give a row's observed cells probability zero.
        """
        columns: dict[str, Tensor] = {}
        for pattern, found, engines in zip(self.patterns, self.plans, self.engines, strict=True):
            stream = seed.child(*pattern.absent, "of", *pattern.factors)
            factual, values = _known(self.gaps, pattern, mechanisms)
            values.update(run(factual, {}, values, found.settled))
            noises: dict[str, Tensor] = {}
            again: Mapping[str, Tensor] | None
            last = {node: before[node][pattern.rows] for node in pattern.absent if node in before}
            for nodes, engine in zip(found.blocks, engines, strict=True):
                known = _block(factual, values, nodes)
                again = _renewed(known, last, stream) if engine is None and last else None
                if again is None:
                    by = engine or _BEGUN
                    again = infer(factual, values, nodes, by, draws=1, seed=stream)[0]
                noises.update(again)
            produced = {**values, **run(factual, noises, values, found.hidden)}
            for node in pattern.absent:
                cells = produced[node].to(DTYPE).expand(1, len(pattern.rows))[0]
                columns.setdefault(node, self.gaps.values[node].clone())[pattern.rows] = cells
        return columns


def _known(
    gaps: Gaps, pattern: Pattern, mechanisms: Mapping[str, Mechanism]
) -> tuple[dict[str, Mechanism], dict[str, Tensor]]:
    """The mechanisms of a pattern, and the observed values that they concern."""
    factual = {node: mechanisms[node] for node in pattern.factors}
    names = dict.fromkeys(name for node in factual for name in gaps.family(node))
    seen = [name for name in names if name not in pattern.absent]
    return factual, {name: gaps.values[name][pattern.rows] for name in seen}


def _block(
    factual: Mapping[str, Mechanism], values: Mapping[str, Tensor], nodes: Sequence[str]
) -> Block:
    """What an engine is asked."""
    order = tuple(node for node in factual if node in set(nodes))
    needed = dict.fromkeys(n for node in order for n in (node, *factual[node].parents))
    return Block(order, factual, {name: values[name] for name in needed if name in values})


def _engine(block: Block) -> Engine | None:
    """The cheapest exact engine; None for guesses; or what else there is."""
    for engine in (Gaussian(), Enumeration()):
        if engine.accepts(block) is None:
            return engine
    return None if _BEGUN.accepts(block) is None else choose(block, None)[0]


def _renewed(block: Block, last: Mapping[str, Tensor], seed: Seed) -> Mapping[str, Tensor] | None:
    """Noises of the hidden nodes: new guesses and the last cell, drawn by how well they explain.

    None where all of them leave the evidence of some row impossible.
    """
    stream = seed.child("renewed", *block.nodes).torch()
    cells = {node: last[node] for node in block.hidden}
    known = {**block.values, **cells}
    noises = {}
    for node in block.latents:
        mechanism = block.mechanisms[node]
        kept = mechanism.abduct(known, known[node].unsqueeze(0), stream)
        fresh = draw(mechanism.noise, (_GUESSES, block.units), stream)
        # Where the new parameters make the last cell impossible it is no guess any more.
        kept = torch.where(kept.isnan(), fresh[:1], kept)
        noises[node] = torch.cat([kept, fresh])
    logs = log_evidence(block, filled(block, noises)).expand(_GUESSES + 1, block.units)
    weights, total = normalised(logs)
    if not bool(total.isfinite().all()):
        return None
    chosen = resampled(weights, 1, stream)
    found = {}
    for node, noise in noises.items():
        place = chosen.reshape(*chosen.shape, *([1] * (noise.dim() - 2)))
        found[node] = noise.gather(0, place.expand(1, *noise.shape[1:]))
    return found


def drift(traces: Tensor, cells: Tensor) -> float:
    """How far the second half of a chain has moved from the first, in standard errors.

    Args:
        traces: The mean of some imputed cells in each round.
        cells: These cells in one of the rounds: the standard error of their mean is the unit.

    >>> drift(torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.tensor([1.0, 3.0, 1.0, 3.0]))
    2.0
    """
    half = len(traces) // 2
    away = float((traces[half:].mean() - traces[:half].mean()).abs())
    error = float(cells.std(correction=0)) / len(cells) ** 0.5
    return away / error if error > 0 else 0.0
