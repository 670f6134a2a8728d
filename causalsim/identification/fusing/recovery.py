"""What incomplete data still tell: an answer in their own terms, or what forbids one."""

from dataclasses import dataclass
from typing import final

from causalsim.estimand.expression import Expression
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph


@final
@dataclass(frozen=True, slots=True)
class Recovered:
    """The answer is a formula in what the incomplete data show.

    Attributes:
        formula: Its terms name the event that units are in the data, such as ``s=1``.
        why: How it was found, in English.
    """

    query: Query
    graph: Graph
    formula: Expression
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """One line."""
        return f"recovered: {self.formula}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "kind": "recovered",
            "query": self.query.to_dict(),
            "graph": str(self.graph),
            "formula": str(self.formula),
            "why": self.why,
        }


@final
@dataclass(frozen=True, slots=True)
class Unrecovered:
    """No formula in what the incomplete data show was found.

    Attributes:
        part: The variables at which the search failed.
        proven: Whether no formula exists, or merely none was found.
        why: What stands in the way, in English.
    """

    query: Query
    graph: Graph
    part: tuple[str, ...]
    proven: bool
    why: str
    identified: bool = False

    def __str__(self) -> str:
        """One line."""
        verdict = "not recoverable" if self.proven else "no formula found"
        return f"{verdict}: the part of {', '.join(self.part)}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "kind": "unrecovered",
            "query": self.query.to_dict(),
            "graph": str(self.graph),
            "formula": None,
            "part": list(self.part),
            "proven": self.proven,
            "why": self.why,
        }
