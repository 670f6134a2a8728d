"""What an engine is asked: variables that hang together, some observed and some hidden."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from causalsim.errors.model import ModelError
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.noise import NOTHING, is_noiseless


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Variables tied together by what is hidden, with the evidence on them, for many units.

    Args:
        nodes: Hidden and observed, in causal order.
        mechanisms: Those of the world in which the values were observed.
        values: Observed values of shape (units,) or (): the block's observed nodes, and the
            observed parents of any node of the block. A node without a value is hidden.
        first: The number of the first unit, for messages.
    """

    nodes: tuple[str, ...]
    mechanisms: Mapping[str, Mechanism]
    values: Values
    first: int = 0

    @property
    def units(self) -> int:
        """How many units there are."""
        return max((v.shape[-1] if v.dim() else 1 for v in self.values.values()), default=1)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The nodes without a value."""
        return tuple(node for node in self.nodes if node not in self.values)

    @property
    def seen(self) -> tuple[str, ...]:
        """The nodes with a value."""
        return tuple(node for node in self.nodes if node in self.values)

    @property
    def latents(self) -> tuple[str, ...]:
        """The hidden nodes that have a noise."""
        return tuple(n for n in self.hidden if not is_noiseless(self.mechanisms[n].noise))

    @property
    def noisy(self) -> tuple[str, ...]:
        """All nodes that have a noise."""
        return tuple(n for n in self.nodes if not is_noiseless(self.mechanisms[n].noise))

    def rows(self, start: int, stop: int) -> "Block":
        """The same block for some of the units."""
        part = {node: value.expand(self.units)[start:stop] for node, value in self.values.items()}
        return replace(self, values=part, first=self.first + start)

    def chosen(self, index: Tensor) -> "Block":
        """The same block for the units of these numbers."""
        part = {node: value.expand(self.units)[index] for node, value in self.values.items()}
        return replace(self, values=part)

    def parts(self, step: int) -> Iterator["Block"]:
        """The block in parts of at most ``step`` units, so that memory stays bounded."""
        units = self.units
        for start in range(0, units, step):
            yield self.rows(start, min(start + step, units))


def filled(block: Block, noises: Values, imposed: Values | None = None) -> dict[str, Tensor]:
    """The observed values, and the hidden ones that these noises give.

    Args:
        block: The block.
        noises: The noise of each hidden node that has one and is not imposed.
        imposed: Values that hidden nodes have whatever their noise.
    """
    known = dict(block.values) | dict(imposed or {})
    for node in block.nodes:
        if node not in known:
            known[node] = block.mechanisms[node].produce(known, noises.get(node, NOTHING))
    return known


def require_possible(block: Block, nodes: tuple[str, ...], possible: Tensor) -> None:
    """Refuse units whose evidence the model gives probability zero.

    Args:
        block: The block.
        nodes: The variables to name.
        possible: One truth value a unit.

    Raises:
        ModelError: Naming the variables and the first such row.
    """
    if not bool(possible.all()):
        lost = torch.nonzero(~possible)
        raise ModelError.impossible(", ".join(nodes), len(lost), block.first + int(lost[0]))
