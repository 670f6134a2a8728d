"""What incomplete data still tell: an answer in their own terms, or what forbids one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from causalsim.estimand.events import Question
from causalsim.estimand.expression import Expression
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer
from causalsim.identification.fusing.available import Available

if TYPE_CHECKING:
    from causalsim.graph.claims.independencies import Independence


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered(Answer):
    """The answer is a formula in what the incomplete data show.

    Attributes:
        formula: Its terms name the event that units are in the data, such as ``s=1``.
        available: The data at hand; None when they were described otherwise.
    """

    formula: Expression
    available: Available | None = None
    kind: ClassVar[str] = "recovered"

    def __str__(self) -> str:
        """One line."""
        return f"recovered: {self.formula}"

    @property
    def testable(self) -> "tuple[Independence, ...]":
        """What the graph claims of the data at hand, in which units or values are missing."""
        return _shown(self.graph, self.available)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecovered(Answer):
    """No formula in what the incomplete data show was found.

    Attributes:
        part: The variables at which the search failed.
        proven: Whether no formula exists, or merely none was found.
        available: The data at hand; None when they were described otherwise.
    """

    part: tuple[str, ...]
    proven: bool
    available: Available | None = None
    kind: ClassVar[str] = "unrecovered"
    identified: ClassVar[bool] = False

    def __str__(self) -> str:
        """One line."""
        verdict = "not recoverable" if self.proven else "no formula found"
        return f"{verdict}: the part of {', '.join(self.part)}"

    @property
    def testable(self) -> "tuple[Independence, ...]":
        """What the graph claims of the data at hand, in which units or values are missing."""
        return _shown(self.graph, self.available)

    def _details(self) -> dict[str, object]:
        return {"part": list(self.part), "proven": self.proven}


def recovered(query: Question, graph: Graph, formula: Expression, why: str) -> Recovered:
    """The answer that is a formula."""
    return Recovered(query=query, graph=graph, formula=formula, why=why)


def unrecovered(
    query: Question, graph: Graph, part: tuple[str, ...], proven: bool, why: str
) -> Unrecovered:
    """The answer that is a refusal."""
    return Unrecovered(query=query, graph=graph, part=part, proven=proven, why=why)


def _shown(graph: Graph, available: Available | None) -> "tuple[Independence, ...]":
    """Independencies that can be seen although units or values are missing."""
    from causalsim.graph.claims.independencies import pairwise_independencies

    if available is None:
        return ()
    holes = {name for name, _ in available.missing}
    found = []
    for claim in pairwise_independencies(graph):
        names = {*claim.x, *claim.y, *claim.given}
        among = available.selected is None or available.selected in claim.given
        if among and not holes & names:
            found.append(claim)
    return tuple(found)
