"""Every combination of the levels of what is hidden, weighed: the exact posterior table."""

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.engines.block import Block, filled, require_possible
from causalsim.scm.engines.engine import Inference, Inferred
from causalsim.scm.engines.guesses.own_noise import own_noises, shuffled
from causalsim.scm.engines.guesses.weights import resampled
from causalsim.scm.engines.problem.density import log_density, without_points
from causalsim.scm.noise import is_noiseless
from causalsim.seeds import Seed

#: Numbers held at once: units are taken in parts so that combinations x units stays below.
_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Enumeration:
    """The exact posterior of hidden variables that all have levels.

    ``P(h | x) ∝ Π_v P(v | pa(v))`` over every combination ``h`` of the hidden levels; each noise is
    then drawn given its variable's value and its parents'. Applies where everything hidden has
    levels (or follows from what has) and the combinations are few.

    Args:
        most: How many combinations there may be.

    Examples:
        >>> Enumeration()
        Enumeration(most=4096)

    References:
        Pearl, *Causality* (2009), theorem 7.1.7, step 1.
    """

    most: int = 4_096

    def __post_init__(self) -> None:
        """Check what was given."""
        if isinstance(self.most, bool) or not isinstance(self.most, int) or self.most < 1:
            raise ModelError.bad_size("most", self.most)

    def accepts(self, block: Block) -> str | None:
        """Why the hidden levels cannot be enumerated; None if they can."""
        for node in block.latents:
            if not isinstance(block.mechanisms[node].domain, Levels):
                return f"{node!r} is {block.mechanisms[node].domain}, not one of a few levels"
        for node in block.seen:
            mechanism = block.mechanisms[node]
            if is_noiseless(mechanism.noise) and not isinstance(mechanism.domain, Levels):
                # A number that follows from levels is certain or impossible: still a probability.
                continue
        count = combinations(block)
        if count > self.most:
            return f"the hidden levels have {count} combinations, more than {self.most}"
        return None

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws from the exact posterior."""
        count = combinations(block)
        step = max(1, _AT_ONCE // max(count, draws))
        noises: list[dict[str, Tensor]] = []
        logs: list[Tensor] = []
        for part in block.parts(step):
            drawn, log = _enumerated(part, draws, seed)
            noises.append(drawn)
            logs.append(log)
        words = (
            f"exact enumeration of the {count} combinations of "
            f"({', '.join(block.latents)}) behind ({', '.join(block.seen)})"
        )
        joined = {node: torch.cat([part[node] for part in noises], dim=1) for node in noises[0]}
        found = Inference(block.nodes, words, exact=True, log_evidence=torch.cat(logs))
        return Inferred(joined, found)


def combinations(block: Block) -> int:
    """How many combinations of levels the hidden variables with noise have."""
    return prod(len(_levels(block, node).levels) for node in block.latents)


def grid(block: Block, nodes: tuple[str, ...]) -> dict[str, Tensor]:
    """Every combination of the levels of these nodes, of shape (combinations, 1) each."""
    points = [_levels(block, node).points for node in nodes]
    if not points:
        return {}
    table = torch.cartesian_prod(*points).reshape(-1, len(points))
    return {node: table[:, at : at + 1] for at, node in enumerate(nodes)}


def _levels(block: Block, node: str) -> Levels:
    """The levels of a hidden node."""
    domain = block.mechanisms[node].domain
    assert isinstance(domain, Levels)
    return domain


def _enumerated(block: Block, draws: int, seed: Seed) -> tuple[dict[str, Tensor], Tensor]:
    """The same for a part of the units, with the log probability of each unit's evidence."""
    units = block.units
    every = grid(block, block.latents)
    known = filled(block, {}, every)
    logs = torch.zeros((max(combinations(block), 1), units), dtype=DTYPE)
    for node in (*block.latents, *block.seen):
        logs = logs + log_density(block.mechanisms[node], known, known[node])
    total = torch.logsumexp(logs, dim=0)
    require_possible(block, block.seen, total > -torch.inf)
    stream = seed.child("enumeration", *block.nodes, str(block.first))
    weights = (logs - total).exp()
    generator = stream.child("levels").torch()
    chosen = resampled(weights, draws, generator)
    drawn = {node: value.squeeze(-1)[chosen] for node, value in every.items()}
    known = filled(block, {}, drawn)
    nodes = tuple(node for node in block.nodes if node in drawn or node in block.values)
    noises = own_noises(block, known, nodes, (draws, units), stream)
    return shuffled(noises, stream), without_points(total)
