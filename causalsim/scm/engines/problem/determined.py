"""Observed numbers that follow from hidden ones without noise: solved for one of the hidden noises.

A guess of everything hidden never hits such a number. So for each of them one hidden noise is left
out of the guess and solved for: every root of ``f(u) = a``, weighted by ``p(u) / |f'(u)|``, one of
which is drawn and whose weights' sum scores the guess.

References:
    Karvanen, Tikka and Hyttinen, "Simulating counterfactuals" (2023).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.scm.domain import Levels
from causalsim.scm.engines.block import Block, filled
from causalsim.scm.mechanisms.written.inverse import solutions
from causalsim.scm.noise import has_quantiles, is_discrete, is_noiseless, quantiles
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True)
class Pivot:
    """A hidden noise that an observed number is solved for.

    Args:
        node: The observed variable, which has no noise of its own.
        latent: The hidden variable whose noise it determines.
    """

    node: str
    latent: str


def pivots(block: Block) -> tuple[Pivot, ...] | str:
    """For every observed number without noise the hidden noise to solve for, or why there is none.

    Each is the last hidden noise above it that no earlier number depends on, so that solving for
    one leaves the others as they are.
    """
    found: list[Pivot] = []
    settled: set[str] = set()
    for node in block.seen:
        mechanism = block.mechanisms[node]
        if not is_noiseless(mechanism.noise) or isinstance(mechanism.domain, Levels):
            continue
        above = _above(block, node)
        free = [n for n in block.latents if n in above and n not in settled]
        free = [n for n in free if _solvable(block, n)]
        if not free:
            return (
                f"{node!r} is determined by hidden variables, and no hidden noise is left that it "
                "could be solved for, so no guess can match it"
            )
        found.append(Pivot(node, free[-1]))
        settled |= above
    return tuple(found)


def solved(
    block: Block, noises: Mapping[str, Tensor], found: tuple[Pivot, ...], seed: Seed
) -> tuple[dict[str, Tensor], Tensor]:
    """The noises that the numbers without noise determine, given guesses of all others.

    Args:
        block: The block.
        noises: The guesses, of shape (guesses, units).
        found: What is solved for what.
        seed: Which root is taken.

    Returns:
        All noises, and the log weight of each guess: minus infinity where it has no root.
    """
    known = dict(noises)
    shape = next(iter(noises.values())).shape[:2] if noises else torch.Size((1, block.units))
    logs = torch.zeros(shape, dtype=torch.float64)
    for pivot in found:
        response = _Response(
            block,
            pivot,
            {node: _in_line(block, node, noise, shape) for node, noise in known.items()},
            {node: value.expand(shape).reshape(-1) for node, value in block.values.items()},
        )
        law = block.mechanisms[pivot.latent].noise
        roots = solutions(response, law, response.values[pivot.node], levels=False)
        count = len(response.values[pivot.node])
        drawn = roots.drawn(law, count, seed.child("root", pivot.node).torch()).reshape(shape)
        logs = logs + roots.log_density(count).reshape(shape)
        lost = drawn.isnan()
        logs = torch.where(lost, torch.full_like(logs, -torch.inf), logs)
        # Something must stand where there is no root; its weight is nothing.
        middle = quantiles(law, torch.tensor(0.5, dtype=torch.float64))
        known[pivot.latent] = torch.where(lost, middle, drawn)
    return known, logs


def _in_line(block: Block, node: str, noise: Tensor, shape: torch.Size) -> Tensor:
    """Guesses of one noise, one after the other; a noise of several numbers stays together."""
    event = block.mechanisms[node].noise.event_shape
    return noise.expand(*shape, *event).reshape(-1, *event)


@dataclass(frozen=True, slots=True, eq=False)
class _Response:
    """How an observed number would follow from other values of the noise that is solved for.

    Args:
        block: The block.
        pivot: The number, and the noise.
        noises: The guesses of all noises, laid out in a line.
        values: The observed values, laid out in the same line.
    """

    block: Block
    pivot: Pivot
    noises: Mapping[str, Tensor]
    values: Mapping[str, Tensor]

    def __call__(self, index: Tensor, noise: Tensor) -> Tensor:
        """The number for the guesses of these positions, under these noises."""
        above = _above(self.block, self.pivot.node)
        path = tuple(n for n in self.block.nodes if n in above or n == self.pivot.node)
        seen = {n: value[index] for n, value in self.values.items() if n != self.pivot.node}
        given = {n: guess[index] for n, guess in self.noises.items() if n in above}
        given[self.pivot.latent] = noise
        made = filled(Block(path, self.block.mechanisms, seen), given)
        return made[self.pivot.node].expand(noise.shape)


def _above(block: Block, node: str) -> set[str]:
    """The hidden variables that a variable listens to by way of hidden ones."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for parent in block.mechanisms[waiting.pop()].parents:
            if parent in block.hidden and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def _solvable(block: Block, node: str) -> bool:
    """Whether a noise is one continuous number with known quantiles that moves its variable."""
    mechanism = block.mechanisms[node]
    if isinstance(mechanism.domain, Levels) or mechanism.noise.event_shape:
        return False
    return not is_discrete(mechanism.noise) and has_quantiles(mechanism.noise)
