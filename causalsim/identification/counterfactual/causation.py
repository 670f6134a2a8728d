"""Was it the cause: probabilities of necessity and sufficiency as formulae, or why there are none.

Without assumptions they are seldom identified. When the treatment never works against the outcome
in any unit (monotonicity, which only the caller can state), they are differences of risks.

References:
    Tian and Pearl, "Probabilities of causation: bounds and identification" (2000), identification
    under monotonicity; Pearl, "Causality" (2009), section 9.2.
"""

from dataclasses import dataclass
from typing import final

from causalsim.errors import QueryError
from causalsim.estimand.contrasts import (
    probability_of_necessity,
    probability_of_necessity_and_sufficiency,
    probability_of_sufficiency,
)
from causalsim.estimand.events import Event, Probability, Question, Quotient, combination
from causalsim.estimand.expression import ZERO
from causalsim.estimand.query import Level
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.counterfactual.answer import (
    CounterfactualAnswer,
    CounterfactualFormula,
    answered,
)
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available


@final
@dataclass(frozen=True, slots=True)
class Causation:
    """The three probabilities of causation of a treatment and an outcome of two levels each.

    Attributes:
        necessity: PN = P(Y(X=0)=0 | X=1, Y=1), of those who had both.
        sufficiency: PS = P(Y(X=1)=1 | X=0, Y=0), of those who had neither.
        both: PNS = P(Y(X=1)=1, Y(X=0)=0), of everyone.
    """

    necessity: CounterfactualAnswer
    sufficiency: CounterfactualAnswer
    both: CounterfactualAnswer

    def __str__(self) -> str:
        """One line each."""
        return "\n".join(
            f"{name}: {answer}"
            for name, answer in (
                ("PN", self.necessity),
                ("PS", self.sufficiency),
                ("PNS", self.both),
            )
        )


def identify_causation(
    graph: Graph,
    outcome: str,
    treatment: str,
    assuming: Monotone | None = None,
    available: Available | None = None,
    *,
    levels: tuple[Level, Level] = (0, 1),
    outcomes: tuple[Level, Level] = (0, 1),
) -> Causation:
    """PN, PS and PNS as formulae in the data.

    Both variables must have just the two levels named: "not 1" is read as 0.

    Args:
        graph: The causal graph.
        outcome: Y.
        treatment: X.
        assuming: ``Monotone(treatment, outcome)`` when X never works against Y in any unit;
            left out when nothing is assumed.
        available: The data at hand; observations of everything, when left out.
        levels: The treatment's levels, without and with it.
        outcomes: The outcome's levels, without and with it.

    Returns:
        Three answers, each a formula or a refusal.

    Raises:
        QueryError: a variable that the graph lacks; an assumption about other variables.

    >>> found = identify_causation(Graph("X -> Y"), "Y", "X", Monotone("X", "Y"))
    >>> print(found.both.formula)
    P(Y=1 | X=1) - P(Y=1 | X=0)
    >>> print(found.necessity.formula)
    [P(Y=1, X=1) - P(X=1) P(Y=1 | X=0)] / [P(Y=1, X=1)]
    >>> identify_causation(Graph("X -> Y"), "Y", "X").both.identified
    False
    """
    if assuming is not None and (assuming.cause, assuming.effect) != (treatment, outcome):
        raise QueryError.other_assumption(str(assuming), treatment, outcome)
    pair = _Pair(outcome, treatment, *levels, *outcomes)
    asked = (pair.necessity(), pair.sufficiency(), pair.both())
    if assuming is None:
        return Causation(*(identify_counterfactual(graph, each, available) for each in asked))
    # A treatment that never raises the outcome is never necessary or sufficient for it.
    spelt: tuple[tuple[Question, ...], ...] = ((), (), ())
    if assuming.increasing:
        spelt = pair.monotone()
    found = [
        _first(graph, question, ways, str(assuming), available)
        for question, ways in zip(asked, spelt, strict=True)
    ]
    return Causation(*found)


def _first(
    graph: Graph,
    question: Probability,
    ways: tuple[Question, ...],
    assumption: str,
    available: Available | None,
) -> CounterfactualAnswer:
    """The first way of writing the question, under the assumption, that is identified."""
    blocked: CounterfactualAnswer | None = None
    for way in ways:
        answer = identify_counterfactual(graph, way, available)
        if isinstance(answer, CounterfactualFormula):
            steps = (f"Assumed: {assumption}; then {question} = {way}.", *answer.steps)
            return answered(question, graph, answer.formula, steps)
        blocked = blocked or answer
    if not ways:
        steps = (f"Assumed: {assumption}; so {question} = 0.",)
        return answered(question, graph, ZERO, steps)
    assert blocked is not None
    return blocked


@dataclass(frozen=True, slots=True)
class _Pair:
    """A treatment and an outcome, each with its two levels."""

    outcome: str
    treatment: str
    baseline: Level
    to: Level
    otherwise: Level
    event: Level

    def necessity(self) -> Probability:
        """PN."""
        return probability_of_necessity(*self._arguments())

    def sufficiency(self) -> Probability:
        """PS."""
        return probability_of_sufficiency(*self._arguments())

    def both(self) -> Probability:
        """PNS."""
        return probability_of_necessity_and_sufficiency(*self._arguments())

    def _arguments(self) -> tuple[str, str, Level, Level, Level, Level]:
        return (
            self.outcome,
            self.treatment,
            self.to,
            self.baseline,
            self.event,
            self.otherwise,
        )

    def risk(self, treatment: Level, *facts: Event) -> Probability:
        """P(Y(X=x)=event, facts)."""
        return Probability([Event(self.outcome, self.event, {self.treatment: treatment}), *facts])

    def monotone(self) -> tuple[tuple[Question, ...], ...]:
        """PN, PS and PNS when Y(X=0)=1 implies Y(X=1)=1: each in one or two ways.

        The second way needs less of the graph and uses that the treatment has two levels.
        """
        treated, untreated = Event(self.treatment, self.to), Event(self.treatment, self.baseline)
        ill, well = Event(self.outcome, self.event), Event(self.outcome, self.otherwise)
        exposed = Probability([ill, treated])
        spared = Probability([well, untreated])
        all_ill = Probability([ill])
        with_it, without_it = self.risk(self.to), self.risk(self.baseline)
        among_treated = self.risk(self.baseline, treated)
        among_untreated = self.risk(self.to, untreated)
        factual = Probability([ill, untreated])
        return (
            (
                Quotient(combination([(1, exposed), (-1, among_treated)]), exposed),
                Quotient(combination([(1, all_ill), (-1, without_it)]), exposed),
            ),
            (
                Quotient(combination([(1, among_untreated), (-1, factual)]), spared),
                Quotient(combination([(1, with_it), (-1, all_ill)]), spared),
            ),
            (combination([(1, with_it), (-1, without_it)]),),
        )
