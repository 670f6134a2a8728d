"""Posteriors in closed form: independent, exact draws."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from causalsim.errors.learning import LearningError
from causalsim.errors.model import ModelError
from causalsim.scm.learning.learnable import Learnable
from causalsim.scm.learning.learnt import Learnt
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True)
class Conjugate:
    """Independent draws from closed-form posteriors: linear Gaussian mechanisms and tables.

    Fails, and says so, where a likelihood has no conjugate prior (log-odds, log rates) or a prior
    is of another kind; `Laplace` takes those in as well.

    Args:
        draws: How many.

    Examples:
        >>> import pandas
        >>> from causalsim import SCM, Graph
        >>> rows = pandas.DataFrame({"x": [0.1 * i for i in range(40)]})
        >>> rows["y"] = 2 * rows["x"] + (rows.index % 3)
        >>> posterior = SCM.fit(Graph("x -> y"), rows, by=Conjugate(draws=400), seed=1)
        >>> low, high = posterior.interval("y.x")
        >>> low < 2 < high
        True

    References:
        Gelman et al., *Bayesian Data Analysis* (2013), sections 3.4 and 14.8.
    """

    draws: int = 1000

    def __post_init__(self) -> None:
        """Check what was given."""
        require_count("draws", self.draws)

    def learn(self, parts: Sequence[Learnable], seed: Seed) -> tuple[Learnt, ...]:
        """Draws for each mechanism."""
        found = []
        for part in parts:
            drawn = part.closed_form(self.draws, seed.child(part.node))
            if isinstance(drawn, str):
                raise LearningError.not_conjugate(part.node, drawn)
            found.append(exactly(part, drawn))
        return tuple(found)


def exactly(part: Learnable, drawn: Tensor) -> Learnt:
    """Draws from a closed form."""
    return Learnt(part, drawn, "closed form", exact=True)


def require_count(what: str, found: object, least: int = 1) -> None:
    """Refuse what is no whole number from ``least``."""
    if isinstance(found, bool) or not isinstance(found, int) or found < least:
        if least == 1:
            raise ModelError.bad_size(what, found)
        raise ModelError.bad_parameter(what, found, f"a whole number from {least}")
