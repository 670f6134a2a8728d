"""A formula that does not hold: a defect of the package, told so that it can be reported."""

from typing import Self

from causalsim.errors.base import CausalsimError


class VerificationError(CausalsimError):
    """A formula that a random model of its own graph contradicts."""

    @classmethod
    def wrong(cls, query: str, formula: str, error: float, graph: str) -> Self:
        """The formula and the truth differ."""
        return cls(
            f"The formula {formula} for {query} is wrong by {error:.3g} in a random model of the "
            f"graph {'; '.join(graph.splitlines())}.",
            "this is a defect of causalsim: please report the graph and the query.",
        )
