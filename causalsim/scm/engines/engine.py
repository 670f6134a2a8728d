"""What every way of inferring hidden noise can be asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from causalsim.scm.engines.block import Block
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """How a block was inferred, and how far to trust it.

    Args:
        block: The variables.
        engine: What was done, in words.
        exact: Whether the draws come from the very posterior, not from an approximation of it.
        ess: The effective sample size of each unit, where guesses were weighted.
        k_hat: The Pareto shape of each unit's weights, where it was looked at: below .7 averages
            over the weights can be trusted.
        log_evidence: The log density of each unit's evidence given its observed parents, where the
            engine knows it.
        r_hat: The greatest disagreement between chains, where there are chains.
        doubts: What speaks against the answer, one sentence each.
    """

    block: tuple[str, ...]
    engine: str
    exact: bool = False
    ess: Tensor | None = None
    k_hat: Tensor | None = None
    log_evidence: Tensor | None = None
    r_hat: float | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Inferred:
    """Draws of the noises of a block from their distribution given the evidence.

    Every draw of a unit counts the same: engines that weigh their guesses resample them. So the
    draws of independent blocks can be put side by side, which weights could not.

    Args:
        noises: For each node with noise a tensor of shape (draws, units), and the noise's own
            dimensions behind.
        inference: How they were found.
    """

    noises: Mapping[str, Tensor]
    inference: Inference


@runtime_checkable
class Engine(Protocol):
    """A way of inferring the noises of a block; a frozen value that a user can pass as ``by=``."""

    def accepts(self, block: Block) -> str | None:
        """Why it cannot infer this block; None if it can."""
        ...

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws of the block's noises given the evidence.

        Args:
            block: One that it accepts.
            draws: How many draws a unit.
            seed: Root of the draws.

        Raises:
            ModelError: Evidence of probability zero.
        """
        ...
