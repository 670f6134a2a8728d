"""How a counterfactual question is answered: a formula, or what stands in its way."""

from dataclasses import dataclass
from typing import ClassVar, final

from causalsim.estimand.events import Question
from causalsim.estimand.expression import Expression
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer
from causalsim.identification.c_factors import Hedge


@final
@dataclass(frozen=True, slots=True)
class Conflict:
    """Two worlds that would have to be seen in one unit.

    Attributes:
        variable: What must stand at two values at once.
        values: The two values, as text.
        events: The events that no data join, as text; hidden causes connect them.
    """

    variable: str
    values: tuple[str, str]
    events: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class NoData:
    """Events of one world that none of the data show.

    Attributes:
        events: The events, as text.
        hedge: The hedge in the observational distribution, when that was at hand.
    """

    events: tuple[str, ...]
    hedge: Hedge | None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class CounterfactualFormula(Answer):
    """The question is answered by a formula in the data.

    Attributes:
        steps: How it was found, one sentence a step.
    """

    formula: Expression
    steps: tuple[str, ...]
    kind: ClassVar[str] = "counterfactual formula"

    def __str__(self) -> str:
        """One line."""
        return f"{self.query} = {self.formula}"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class CounterfactualUnidentified(Answer):
    """No formula in the data answers the question, whatever the variables' levels.

    Attributes:
        obstacle: What stands in the way.
        steps: How it was found, one sentence a step.
    """

    obstacle: Conflict | NoData
    steps: tuple[str, ...]
    kind: ClassVar[str] = "counterfactual unidentified"
    identified: ClassVar[bool] = False

    def __str__(self) -> str:
        """One line."""
        return f"{self.query} is not identified: {self.steps[-1]}"


CounterfactualAnswer = CounterfactualFormula | CounterfactualUnidentified


def answered(
    question: Question, graph: Graph, formula: Expression, steps: tuple[str, ...]
) -> CounterfactualFormula:
    """The answer that is a formula."""
    why = " ".join(steps)
    return CounterfactualFormula(query=question, graph=graph, why=why, formula=formula, steps=steps)


def refused(
    question: Question, graph: Graph, obstacle: Conflict | NoData, steps: tuple[str, ...]
) -> CounterfactualUnidentified:
    """The answer that is a refusal."""
    why = " ".join(steps)
    return CounterfactualUnidentified(
        query=question, graph=graph, why=why, obstacle=obstacle, steps=steps
    )
