"""What an engine makes of a learnable mechanism: draws, and how far to trust them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.scm.learning.learnable import Learnable
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """Draws of the parameters of one mechanism.

    Args:
        part: What was learnt.
        parameters: Of shape (draws, names); chains one after another.
        engine: What made the draws, in words.
        exact: Whether they are independent draws from the posterior itself.
        chains: How many chains they are from; one for independent draws.
        ess: The effective sample size behind weighted draws.
        khat: The Pareto shape of the importance weights: above 0.7 they cannot be trusted.
        divergences: How many trajectories diverged.
        caution: What to know about the engine.
    """

    part: Learnable
    parameters: Tensor
    engine: str
    exact: bool = False
    chains: int = 1
    ess: float | None = None
    khat: float | None = None
    divergences: int | None = None
    caution: str = ""


@runtime_checkable
class Learner(Protocol):
    """A way to a posterior; frozen."""

    def learn(self, parts: Sequence[Learnable], seed: Seed) -> tuple[Learnt, ...]:
        """Draws for each mechanism, all with the same number of draws."""
        ...


def finished(part: Learnable, coordinates: Tensor, seed: Seed) -> Tensor:
    """The parameters at these coordinates, once they are numbers."""
    parameters = part.finish(coordinates, seed)
    if not bool(parameters.isfinite().all()):
        raise LearningError.stuck(part.node)
    return parameters
