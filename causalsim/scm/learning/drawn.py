"""Units under many draws of the parameters: posterior and prior predictive, counterfactuals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Domain, Level, Levels
from causalsim.scm.learning.uncertain import Uncertain


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Drawn:
    """Variables of units, under each draw of the parameters and of the noise.

    ``drawn["y"]`` is an `Uncertain` number, so contrasts are arithmetic:
    ``posterior.do(x=1).sample(1000)["y"] - posterior.do(x=0).sample(1000)["y"]``.

    Args:
        values: For each variable an array of shape (parameter draws, noise draws, units).
        domains: The domain of each of them.
        like: A frame of the kind that `frame` takes.
        said: What was drawn, in words.
    """

    values: Mapping[str, NDArray[np.float64]]
    domains: Mapping[str, Domain]
    like: Any
    said: str

    def __getitem__(self, name: str) -> Uncertain:
        """A variable that has numbers.

        Raises:
            ModelError: No such variable, or names instead of numbers.
        """
        found = self._values(name)
        domain = self.domains[name]
        if isinstance(domain, Levels) and domain.named:
            raise ModelError.names_have_no_mean(name, domain.levels)
        return Uncertain(found)

    def probability(self, name: str, level: Level) -> Uncertain:
        """Whether the variable has this level: its mean is the probability.

        Raises:
            ModelError: No such variable or level.
        """
        found = self._values(name)
        code = float(self.domains[name].encode(name, level))
        return Uncertain((found == code).astype(np.float64))

    def frame(self, draw: int = 0) -> Any:  # noqa: ANN401
        """The units under one draw of the parameters."""
        columns = {
            name: self.domains[name].decode(torch.from_numpy(np.array(found[draw, 0])))
            for name, found in self.values.items()
        }
        return frames.build(self.like, columns)

    @property
    def why(self) -> str:
        """What was drawn."""
        return self.said

    def to_dict(self) -> dict[str, object]:
        """Means and spreads of the variables that have numbers."""
        numeric = [
            name
            for name, domain in self.domains.items()
            if not (isinstance(domain, Levels) and domain.named)
        ]
        return {name: self[name].to_dict() for name in numeric}

    def __str__(self) -> str:
        """In a few words."""
        draws, noises, units = next(iter(self.values.values())).shape
        times = "" if noises == 1 else f" and {noises} of the noise"
        return f"{units} units under {draws} draws of the parameters{times} ({self.said})"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The first draw under a line that says what it is."""
        from html import escape

        return f"<p>{escape(str(self))}; the first draw:</p>{self.frame()._repr_html_()}"

    def _values(self, name: str) -> NDArray[np.float64]:
        """The draws of a variable."""
        if name not in self.values:
            raise ModelError.not_drawn(name, self.values)
        return self.values[name]
