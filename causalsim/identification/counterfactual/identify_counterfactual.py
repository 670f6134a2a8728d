"""What would have been, from what is known: counterfactual questions as formulae in the data.

The events and their ancestors are brought to ctf-factors (`worlds`, `derivation`); hidden causes
divide these into districts; in each district the worlds must agree, for no unit is seen in two; and
what is left are c-factors, each of which one of the data sets must determine. All of these steps
are necessary as well as sufficient, when the number of levels of the variables is not known.

References:
    Correa, Lee and Bareinboim, "Nested counterfactual identification from arbitrary surrogate
    experiments" (2021), theorems 1 to 5 and algorithms 1 and 2 (ctfID, conditional ctfID);
    Shpitser and Pearl, "Complete identification methods for the causal hierarchy" (2008).
"""

from collections.abc import Iterable, Mapping

from causalsim.errors import QueryError
from causalsim.estimand.events import Combination, Expectation, Probability, Question, Quotient
from causalsim.estimand.expression import Expression, Ratio, add, scaled
from causalsim.estimand.query import Level, Query
from causalsim.estimand.simplification import simplify
from causalsim.graph.graph import Graph
from causalsim.graph.surgery import latent_projection
from causalsim.identification.counterfactual.answer import (
    CounterfactualAnswer,
    CounterfactualFormula,
    CounterfactualUnidentified,
    answered,
    refused,
)
from causalsim.identification.counterfactual.claims import Asked, check_claims
from causalsim.identification.counterfactual.derivation import derived
from causalsim.identification.counterfactual.factors import Blocked, Case
from causalsim.identification.fusing.available import Available

#: How long a formula is simplified; a bound on time, not on what is found.
_STEPS = 5_000


def identify_counterfactual(
    graph: Graph,
    question: Question,
    available: Available | None = None,
    levels: Mapping[str, Iterable[Level]] | None = None,
) -> CounterfactualAnswer:
    """Answer a question about any number of worlds, or say what forbids an answer.

    Formulae hold in every distribution that gives every combination of levels a positive
    probability. Refusals are final when nothing is said about levels; with ``levels`` a few more
    questions are answered, and a refusal says that no way was found.

    Args:
        graph: The causal graph; it may have ``<->`` and latent nodes.
        question: What is asked; see `causalsim.estimand.parse_query` and
            `causalsim.estimand.contrasts`. Events that contradict each other have probability 0.
        available: The data at hand; observations of everything, when left out. Each factor of the
            formula uses the first data set that serves.
        levels: Every level of a variable, for those where that is known: what a unit is not then
            says what it is, as with the effect on the treated from an experiment.

    Returns:
        `CounterfactualFormula`, or `CounterfactualUnidentified` with the events that stand in the
        way. A contrast is refused when one of its parts is.

    Raises:
        QueryError: a variable that the graph lacks or that is latent; conditions that contradict
            each other.

    >>> from causalsim.estimand.parsing import parse_query
    >>> graph = Graph("Z -> X -> Y; Z -> Y")
    >>> answer = identify_counterfactual(graph, parse_query("P(Y(X=0)=1 | X=1)"))
    >>> print(answer.formula)
    [Σ_Z P(X=1, Z) P(Y=1 | Z, X=0)] / [P(X=1)]
    >>> bow = Graph("X -> Y; X <-> Y")
    >>> print(identify_counterfactual(bow, parse_query("P(Y(X=1)=1, Y=0, X=1)")).formula)
    0
    >>> print(identify_counterfactual(bow, parse_query("P(Y(X=0)=1, X=1)")).why)
    X=1 and Y(X=0)=1 share their hidden causes, and need X at 1 and at 0 in one unit, which no \
data show.
    """
    if not isinstance(graph, Graph):
        raise QueryError.not_a_graph(graph)
    sources = (available or Available()).sources(graph)
    known = {name: tuple(found) for name, found in (levels or {}).items()}
    return _answered(Case(graph, latent_projection(graph), sources, known), question)


def _answered(case: Case, question: Question) -> CounterfactualAnswer:
    """A question of any form."""
    match question:
        case Combination(terms):
            answers = [_answered(case, part) for _, part in terms]
        case Quotient(numerator, denominator):
            answers = [_answered(case, numerator), _answered(case, denominator)]
        case Query() | Probability() | Expectation():
            return _atom(case, question)
        case _:
            raise QueryError.not_a_query(question)
    found: list[CounterfactualFormula] = []
    for answer in answers:
        if isinstance(answer, CounterfactualUnidentified):
            steps = (f"Its part {answer.query} is not identified.", *answer.steps)
            return refused(question, case.graph, answer.obstacle, steps)
        found.append(answer)
    if isinstance(question, Quotient):
        formula: Expression = Ratio(found[0].formula, found[1].formula)
    else:
        weights = [weight for weight, _ in question.terms]
        formula = add(scaled(w, a.formula) for w, a in zip(weights, found, strict=True))
    steps = tuple(dict.fromkeys(step for answer in found for step in answer.steps))
    return answered(question, case.graph, formula, steps)


def _atom(case: Case, question: Query | Probability | Expectation) -> CounterfactualAnswer:
    """P(events | given) or E[of | given] (algorithms 1 and 2)."""
    asked = Asked.of(question)
    check_claims(case.graph, (*asked.events, *asked.given))
    try:
        formula, steps = derived(case, asked)
    except Blocked as blocked:
        return refused(question, case.graph, blocked.obstacle, (blocked.why,))
    return answered(question, case.graph, simplify(formula, steps=_STEPS), steps)
