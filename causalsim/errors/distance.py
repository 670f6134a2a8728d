"""What can be wrong when two graphs are compared."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.graph import GraphError


class DistanceError(GraphError):
    """Two graphs between which there is no distance."""

    @classmethod
    def other_nodes(cls, missing: Iterable[str], extra: Iterable[str]) -> Self:
        """The graphs are over different nodes."""
        said = [
            f"only the {which} has {listed(found, 6)}"
            for which, found in (("first", list(missing)), ("second", list(extra)))
            if found
        ]
        return cls(
            f"The graphs have different nodes: {'; '.join(said)}.",
            "compare graphs of the same variables; add those without edges by Graph(…, nodes=[…]).",
        )

    @classmethod
    def not_a_dag(cls, which: str, hidden: Iterable[str]) -> Self:
        """Hidden causes where a DAG of observed nodes is wanted."""
        return cls(
            f"Adjustment is compared between DAGs; the {which} graph has hidden causes "
            f"({listed(hidden, 6)}).",
            "compare them by shd(true, guess), or drop what is hidden.",
        )
