"""How a counterfactual question is answered: a formula, or what stands in its way."""

from dataclasses import dataclass
from typing import final

from causalsim.estimand.events import Question
from causalsim.estimand.expression import Expression
from causalsim.graph.graph import Graph
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
@dataclass(frozen=True, slots=True)
class CounterfactualFormula:
    """The question is answered by a formula in the data.

    Attributes:
        question: What was asked.
        graph: The graph that it was put to.
        formula: The answer.
        steps: How it was found, one sentence a step.
    """

    question: Question
    graph: Graph
    formula: Expression
    steps: tuple[str, ...]
    identified: bool = True

    @property
    def why(self) -> str:
        """The steps as one text."""
        return " ".join(self.steps)

    def __str__(self) -> str:
        """One line."""
        return f"{self.question} = {self.formula}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "kind": "counterfactual formula",
            "question": str(self.question),
            "graph": str(self.graph),
            "formula": str(self.formula),
            "why": self.why,
        }


@final
@dataclass(frozen=True, slots=True)
class CounterfactualUnidentified:
    """No formula in the data answers the question, whatever the variables' levels.

    Attributes:
        question: What was asked.
        graph: The graph that it was put to.
        obstacle: What stands in the way.
        steps: How it was found, one sentence a step.
    """

    question: Question
    graph: Graph
    obstacle: Conflict | NoData
    steps: tuple[str, ...]
    identified: bool = False

    @property
    def why(self) -> str:
        """The steps as one text."""
        return " ".join(self.steps)

    def __str__(self) -> str:
        """One line."""
        return f"{self.question} is not identified: {self.steps[-1]}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "kind": "counterfactual unidentified",
            "question": str(self.question),
            "graph": str(self.graph),
            "formula": None,
            "why": self.why,
        }


CounterfactualAnswer = CounterfactualFormula | CounterfactualUnidentified
