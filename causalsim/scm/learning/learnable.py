"""One mechanism to be learnt: what its rows and its prior say about its parameters."""

from typing import Any, Protocol

from torch import Tensor

from causalsim.scm.learning.algebra import Algebra
from causalsim.scm.mechanism import Mechanism
from causalsim.seeds import Seed


class Learnable(Protocol):
    """A prior and a likelihood; engines ask it for a closed form, or for a log density.

    Parameters are those that a reader knows (slopes, probabilities, standard deviations);
    coordinates are unbounded numbers in which numerical engines move. Coordinates may be fewer:
    what has a closed form given the others is integrated out of the density and drawn by `finish`.
    """

    @property
    def node(self) -> str:
        """The variable."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        ...

    @property
    def beliefs(self) -> str:
        """The prior in words."""
        ...

    @property
    def start(self) -> Tensor:
        """Coordinates from which a search for the mode starts, of shape (size,)."""
        ...

    @property
    def work(self) -> int:
        """About how many numbers one evaluation of the density makes."""
        ...

    def log_density(self, at: Any, algebra: Algebra) -> Any:  # noqa: ANN401
        """The log posterior density up to a constant, for each row of coordinates."""
        ...

    def finish(self, at: Tensor, seed: Seed) -> Tensor:
        """Parameters of shape (draws, names) from coordinates of shape (draws, size)."""
        ...

    def closed_form(self, draws: int, seed: Seed) -> Tensor | str:
        """Independent draws of the parameters, or why there is no closed form."""
        ...

    def prior(self, draws: int, seed: Seed) -> Tensor:
        """Draws of the parameters from the prior, of shape (draws, names)."""
        ...

    def mechanism(self, parameters: Tensor) -> Mechanism:
        """The mechanism with these parameters, of shape (names,)."""
        ...
