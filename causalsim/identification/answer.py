"""How a question is answered: a value that says by which way, or what forbids one."""

from dataclasses import dataclass
from typing import Protocol, final

from causalsim.errors.base import listed
from causalsim.estimand.expression import Expression
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.c_factors import Hedge


class Answer(Protocol):
    """What every answer tells."""

    @property
    def query(self) -> Query:
        """The question."""
        ...

    @property
    def graph(self) -> Graph:
        """The graph that it was put to."""
        ...

    @property
    def why(self) -> str:
        """The reason, in English."""
        ...

    @property
    def identified(self) -> bool:
        """Whether the observational distribution determines the answer."""
        ...


@final
@dataclass(frozen=True, slots=True)
class NoEffect:
    """The action does nothing to the outcome: no directed path leads to it."""

    query: Query
    graph: Graph
    formula: Expression
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """One line."""
        return f"no effect: {self.query} = {self.formula}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return _plain(self.query, self.graph, self.why, kind="no effect", formula=str(self.formula))


@final
@dataclass(frozen=True, slots=True)
class Adjustment:
    """The effect is the outcome's distribution in strata of a set, averaged over that set.

    Attributes:
        adjustment: The set Z of P(y | do(x)) = Σ_z P(y | x, z) P(z); empty when none is needed.
    """

    query: Query
    graph: Graph
    adjustment: tuple[str, ...]
    formula: Expression
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """One line."""
        if not self.adjustment:
            return "identified without adjustment"
        return f"identified by adjustment for {{{', '.join(self.adjustment)}}}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        found = _plain(self.query, self.graph, self.why, "adjustment", str(self.formula))
        return {**found, "adjustment": list(self.adjustment)}


@final
@dataclass(frozen=True, slots=True)
class FrontDoor:
    """The effect is carried, and made visible, by mediators nobody confounds.

    Attributes:
        mediators: The front-door set.
    """

    query: Query
    graph: Graph
    mediators: tuple[str, ...]
    formula: Expression
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """One line."""
        return f"identified through the front door {{{', '.join(self.mediators)}}}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        found = _plain(self.query, self.graph, self.why, "front door", str(self.formula))
        return {**found, "mediators": list(self.mediators)}


@final
@dataclass(frozen=True, slots=True)
class Formula:
    """The effect is a formula in the observational distribution, of no special form."""

    query: Query
    graph: Graph
    formula: Expression
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """One line."""
        return f"identified by the formula {self.formula}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return _plain(self.query, self.graph, self.why, "formula", str(self.formula))


@final
@dataclass(frozen=True, slots=True)
class Unidentified:
    """No formula in the observational distribution answers the question.

    Attributes:
        hedge: The two sets that prove it.
    """

    query: Query
    graph: Graph
    hedge: Hedge
    why: str
    identified: bool = False

    def __str__(self) -> str:
        """One line."""
        return f"not identified: {listed(self.hedge.outer)} form a hedge"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        found = _plain(self.query, self.graph, self.why, "unidentified", None)
        return {
            **found,
            "hedge": {"inner": list(self.hedge.inner), "outer": list(self.hedge.outer)},
        }


def _plain(
    query: Query, graph: Graph, why: str, kind: str, formula: str | None
) -> dict[str, object]:
    """What every answer says of itself."""
    return {
        "kind": kind,
        "query": query.to_dict(),
        "graph": str(graph),
        "formula": formula,
        "why": why,
    }
