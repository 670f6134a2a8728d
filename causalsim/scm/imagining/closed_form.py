"""Exact probabilities of what each unit would have been, where all that matters has levels.

Draws of the noise give such a probability up to their number. The twin network gives it in closed
form: what would have been is one variable of it, what was seen are others, and the noise that both
share is summed out (Rao and Blackwell).

References:
    Balke and Pearl, "Probabilistic evaluation of counterfactual queries" (1994).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from causalsim import frames
from causalsim.errors.contraction import ContractionError
from causalsim.scm.domain import Levels
from causalsim.scm.engines.contraction import contraction
from causalsim.scm.imagining.abduction import read_evidence
from causalsim.scm.imagining.counterfactual import prepared
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.networks.parallel import Place


@dataclass(frozen=True, slots=True, eq=False)
class ClosedForm:
    """The probabilities of the levels of one world's variables, given each row of what was seen.

    Args:
        worlds: The mechanisms of each world; the first has evidence.
        world: The world that is asked about.
        evidence: For some of the worlds the frame that was seen there.
        found: What was asked for so far.
    """

    worlds: Mapping[str, Mapping[str, Mechanism]]
    world: str
    evidence: Mapping[str, Any]
    found: dict[str, Tensor | str] = field(default_factory=dict)

    def chances(self, variable: str) -> Tensor | str:
        """The probability of each level for each unit, (units, levels); or why it is not known."""
        if variable not in self.found:
            self.found[variable] = self._chances(variable)
        return self.found[variable]

    def _chances(self, variable: str) -> Tensor | str:
        """By contraction of the twin network, each pattern of evidence once."""
        if not isinstance(self.worlds[self.world][variable].domain, Levels):
            return f"{variable!r} has no levels"
        columns = {world: frames.names(frame) for world, frame in self.evidence.items()}
        ready = prepared(self.worlds, columns, spots=[(self.world, variable)])
        spots = [Place(*ready.seen[node][0]) for node in ready.found.read]
        for spot in spots:
            if frames.missing(self.evidence[spot.world], spot.variable).any():
                return f"cells of {spot.variable!r} are missing"
        try:
            ask = contraction(self.worlds, [Place(self.world, variable)], spots)
            known = {spot: self._column(spot) for spot in spots}
            answer = ask(known)
        except ContractionError as error:
            return error.message.rstrip(".")
        units = frames.height(next(iter(self.evidence.values())))
        levels = answer.probabilities.reshape(-1, len(answer.levels[0].levels))
        return torch.from_numpy(levels).expand(units, -1)

    def _column(self, spot: Place) -> Tensor:
        """What was seen of a variable."""
        seen = read_evidence(self.evidence[spot.world], self.worlds[spot.world], [spot.variable])
        return seen[spot.variable]
