"""How a question is answered: a value that says by which way, or what forbids one."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from causalsim.errors.base import listed
from causalsim.estimand.events import Question
from causalsim.estimand.expression import Expression
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.c_factors import Hedge

if TYPE_CHECKING:
    from causalsim.graph.claims.independencies import Independence
    from causalsim.identification.assuming.assumptions import Assumption
    from causalsim.identification.assuming.linear_formula import LinearFormula
    from causalsim.identification.bounding.symbolic_bounds import SymbolicBounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(ABC):
    """What every answer tells.

    Attributes:
        query: The question.
        graph: The graph that it was put to.
        why: The reason, in English.
        formula: The answer as a formula in the data; None where there is none.
        assumptions: What it rests on beside the graph, because the caller stated it.
        identified: Whether the data determine what was asked.
    """

    query: Question
    graph: Graph
    why: str
    formula: "Expression | LinearFormula | SymbolicBounds | None" = None
    assumptions: "tuple[Assumption, ...]" = ()
    kind: ClassVar[str]
    identified: ClassVar[bool] = True

    @abstractmethod
    def __str__(self) -> str:
        """One line."""

    @property
    def testable(self) -> "tuple[Independence, ...]":
        """What the graph claims of the observed variables, which data can contradict.

        One independence for each pair that some observed set separates; the answer is only as good
        as the graph.
        """
        from causalsim.graph.claims.independencies import pairwise_independencies

        return tuple(pairwise_independencies(self.graph))

    @property
    def alternatives(self) -> "tuple[Answer, ...]":
        """Other ways to the same answer, each with its own formula; none for a refusal."""
        from causalsim.identification.alternatives import alternatives

        return alternatives(self)

    @property
    def help(self) -> tuple[str, ...]:
        """What would make the question answerable, one sentence each; empty when it is answered.

        Measurements, experiments and assumptions: each is enough by itself.
        """
        from causalsim.identification.remedies import remedies

        return () if self.identified else remedies(self)

    def _repr_html_(self) -> str:
        """A small table for notebooks, and the graph."""
        from causalsim.identification.showing import answer_to_html

        return answer_to_html(self)

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "kind": self.kind,
            "identified": self.identified,
            "query": str(self.query),
            "graph": str(self.graph),
            "formula": None if self.formula is None else str(self.formula),
            "why": self.why,
            "assumptions": [str(assumed) for assumed in self.assumptions],
            **self._details(),
        }

    def _details(self) -> dict[str, object]:
        """What only this kind of answer tells."""
        return {}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class NoEffect(Answer):
    """The action does nothing to the outcome: no directed path leads to it."""

    query: Query
    formula: Expression
    kind: ClassVar[str] = "no effect"

    def __str__(self) -> str:
        """One line."""
        return f"no effect: {self.query} = {self.formula}"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment(Answer):
    """The effect is the outcome's distribution in strata of a set, averaged over that set.

    Attributes:
        adjustment: The set Z of P(y | do(x)) = Σ_z P(y | x, z) P(z); empty when none is needed.
    """

    adjustment: tuple[str, ...]
    query: Query
    formula: Expression
    kind: ClassVar[str] = "adjustment"

    def __str__(self) -> str:
        """One line."""
        if not self.adjustment:
            return "identified without adjustment"
        return f"identified by adjustment for {{{', '.join(self.adjustment)}}}"

    def _details(self) -> dict[str, object]:
        return {"adjustment": list(self.adjustment)}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoor(Answer):
    """P(y | do(x)) = Σ_m P(m | x) Σ_x′ P(y | x′, m) P(x′), by mediators nobody confounds.

    Attributes:
        mediators: The front-door set.
    """

    mediators: tuple[str, ...]
    query: Query
    formula: Expression
    kind: ClassVar[str] = "front door"

    def __str__(self) -> str:
        """One line."""
        return f"identified through the front door {{{', '.join(self.mediators)}}}"

    def _details(self) -> dict[str, object]:
        return {"mediators": list(self.mediators)}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Formula(Answer):
    """The effect is a formula in the observational distribution, of no special form."""

    query: Query
    formula: Expression
    kind: ClassVar[str] = "formula"

    def __str__(self) -> str:
        """One line."""
        return f"identified by the formula {self.formula}"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Unidentified(Answer):
    """No formula in the observational distribution answers the question.

    Attributes:
        hedge: The two sets that prove it.
    """

    hedge: Hedge
    kind: ClassVar[str] = "unidentified"
    identified: ClassVar[bool] = False

    def __str__(self) -> str:
        """One line."""
        return f"not identified: {listed(self.hedge.outer)} form a hedge"

    def _repr_svg_(self) -> str:
        """The graph, with the hidden causes that make the hedge marked."""
        from causalsim.identification.showing import answer_to_svg

        return answer_to_svg(self)

    def _details(self) -> dict[str, object]:
        return {
            "hedge": {"inner": list(self.hedge.inner), "outer": list(self.hedge.outer)},
            "help": list(self.help),
        }
