"""A formula that does not hold: a defect of the package, told so that it can be reported."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import CausalsimError, listed


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

    @classmethod
    def unavailable(cls, query: str, formula: str, term: str, present: Iterable[str]) -> Self:
        """The formula needs a distribution that is not among the data."""
        return cls(
            f"The formula {formula} for {query} needs {term}, which none of the data hold: "
            f"{listed(present)}.",
            "this is a defect of causalsim: please report the graph, the query and the data.",
        )
