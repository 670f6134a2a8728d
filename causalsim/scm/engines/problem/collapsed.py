"""What is left to infer once all that has a closed form is summed or integrated out.

The own noise of every observed variable is integrated out by scoring its value; hidden variables
with levels are summed over. What is left are the coordinates ``z`` of the continuous hidden noises:

    ``log p(z, x) = log p(z) + log Σ_h Π_v p(v | pa(v))``

with ``h`` over the combinations of hidden levels and ``v`` over hidden levels and evidence. It is
smooth, so that it has gradients.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from causalsim.errors.base import CausalsimError
from causalsim.scm.domain import Counts, Levels
from causalsim.scm.engines.block import Block, filled
from causalsim.scm.engines.enumeration import grid
from causalsim.scm.engines.guesses.own_noise import own_noises, shuffled
from causalsim.scm.engines.problem.coordinates import Coordinates, coordinates_of
from causalsim.scm.engines.problem.density import log_density
from causalsim.scm.noise import is_noiseless
from causalsim.scm.worlds import downstream
from causalsim.seeds import Seed

_MOST_COMBINATIONS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Collapsed:
    """The density of a block's continuous hidden noises and its evidence.

    Args:
        block: The block.
        coordinates: Those of the continuous hidden noises.
        summed: The hidden nodes with levels, summed over.
        levels: Their combinations, each of shape (combinations, 1).
    """

    block: Block
    coordinates: Coordinates
    summed: tuple[str, ...]
    levels: dict[str, Tensor]

    @property
    def combinations(self) -> int:
        """How many combinations of hidden levels there are."""
        return max((len(value) for value in self.levels.values()), default=1)

    def by_combination(self, z: Tensor) -> Tensor:
        """The log density at coordinates, for each combination of hidden levels.

        Args:
            z: Of shape (combinations or 1, guesses, units, width).

        Returns:
            A tensor of shape (combinations, guesses, units).
        """
        imposed = {node: value.unsqueeze(-1) for node, value in self.levels.items()}
        known = filled(self.block, self.coordinates.noises(z), imposed)
        logs = self.coordinates.log_prior(z)
        for node in (*self.summed, *self.block.seen):
            logs = logs + log_density(self.block.mechanisms[node], known, known[node])
        return logs.expand(self.combinations, *z.shape[1:-1])

    def __call__(self, z: Tensor) -> Tensor:
        """The log density at coordinates of shape (guesses, units, width), levels summed over."""
        return torch.logsumexp(self.by_combination(z.unsqueeze(0)), dim=0)

    def of(self, block: Block) -> "Collapsed":
        """The same for other units."""
        return Collapsed(block, self.coordinates, self.summed, self.levels)

    def noises(self, z: Tensor, seed: Seed) -> dict[str, Tensor]:
        """The noises of all nodes at draws of the coordinates, levels drawn given them.

        Args:
            z: Of shape (draws, units, width).
            seed: Root of the draws.
        """
        shape = (z.shape[0], z.shape[1])
        imposed: dict[str, Tensor] = {}
        if self.summed:
            logs = self.by_combination(z.unsqueeze(0)).movedim(0, -1)
            chances = torch.softmax(logs, dim=-1).reshape(-1, self.combinations)
            generator = seed.child("levels").torch()
            chosen = torch.multinomial(chances, 1, generator=generator).reshape(shape)
            imposed = {node: value.squeeze(-1)[chosen] for node, value in self.levels.items()}
        noises = self.coordinates.noises(z)
        known = filled(self.block, noises, imposed)
        own = (*self.summed, *self.block.seen)
        return shuffled(noises | own_noises(self.block, known, own, shape, seed), seed)


def collapsed(block: Block) -> Collapsed | str:
    """A block as a smooth density of its continuous hidden noises, or why it is none."""
    summed = tuple(n for n in block.latents if isinstance(block.mechanisms[n].domain, Levels))
    smooth = tuple(n for n in block.latents if n not in summed)
    if not smooth:
        return "nothing continuous in it is hidden, so levels can be enumerated exactly"
    coordinates = coordinates_of(block, smooth)
    if isinstance(coordinates, str):
        return coordinates
    if stepped := [axis.node for axis in coordinates.axes if not axis.smooth]:
        return f"the noise of {stepped[0]!r} moves in steps, so that it has no gradient"
    if reason := _stepped(block, smooth):
        return reason
    levels = grid(block, summed)
    found = Collapsed(block, coordinates, summed, levels)
    if found.combinations > _MOST_COMBINATIONS:
        return f"the hidden levels have {found.combinations} combinations, too many to sum over"
    return _flat(found) or found


def _stepped(block: Block, smooth: tuple[str, ...]) -> str:
    """Why some variable jumps when a continuous hidden noise moves; empty if none does."""
    mechanisms = {node: block.mechanisms[node] for node in block.nodes}
    moved = set(downstream(mechanisms, smooth))
    for node in block.nodes:
        mechanism = block.mechanisms[node]
        if node in block.values and is_noiseless(mechanism.noise):
            return f"{node!r} is determined by hidden variables, so it has no density"
        if node in block.values or node not in moved:
            continue
        if isinstance(mechanism.domain, Counts):
            return f"the hidden {node!r} counts, so that it moves in steps without end"
        if isinstance(mechanism.domain, Levels) and is_noiseless(mechanism.noise):
            return f"the hidden {node!r} jumps when what determines it moves"
    return ""


def _flat(found: Collapsed) -> str:
    """Why the density has no gradient; empty if it has one."""
    one = found.of(found.block.rows(0, 1))
    z = torch.full((1, 1, found.coordinates.width), 0.1, dtype=torch.float64, requires_grad=True)
    try:
        logs = one(z)
    except CausalsimError:
        raise
    except RuntimeError as error:
        return f"its density has no gradient ({str(error).splitlines()[0]})"
    if not logs.requires_grad:
        return "its density does not move with what is hidden"
    return ""
