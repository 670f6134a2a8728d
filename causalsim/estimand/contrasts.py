"""The contrasts with names, each spelt out as probabilities and means of counterfactual events.

References:
    Pearl, "Direct and indirect effects" (2001), for CDE, NDE and NIE; Tian and Pearl,
    "Probabilities of causation: bounds and identification" (2000), for PN, PS and PNS.
"""

from collections.abc import Iterable, Mapping

from causalsim.errors import QueryError
from causalsim.estimand.events import (
    Counterfactual,
    Event,
    Events,
    Expectation,
    Probability,
    Question,
    Quotient,
    combination,
    events_of,
)
from causalsim.estimand.query import Level

Names = str | Iterable[str]


def average_effect(outcome: str, treatment: str, to: Level = 1, baseline: Level = 0) -> Question:
    """The average treatment effect ATE = E[Y(X=to) - Y(X=baseline)].

    >>> print(average_effect("recovery", "drug"))
    E[recovery(drug=1)] - E[recovery(drug=0)]
    """
    return conditional_effect(outcome, treatment, (), to, baseline)


def conditional_effect(
    outcome: str, treatment: str, given: Events, to: Level = 1, baseline: Level = 0
) -> Question:
    """The effect among some units, CATE = E[Y(X=to) - Y(X=baseline) | given].

    A condition without a value makes the effect a function of it.

    >>> print(conditional_effect("recovery", "drug", {"sex": "f"}))
    E[recovery(drug=1) | sex=f] - E[recovery(drug=0) | sex=f]
    >>> print(conditional_effect("recovery", "drug", "age"))
    E[recovery(drug=1) | age] - E[recovery(drug=0) | age]
    """
    _refuse_shared(outcome, treatment, ())
    known = events_of(given)
    one = Expectation(Counterfactual(outcome, {treatment: to}), known)
    other = Expectation(Counterfactual(outcome, {treatment: baseline}), known)
    return combination([(1, one), (-1, other)])


def effect_on_treated(outcome: str, treatment: str, to: Level = 1, baseline: Level = 0) -> Question:
    """The effect among those who took the treatment, ATT = ETT = E[Y(to) - Y(baseline) | X=to].

    >>> print(effect_on_treated("recovery", "drug"))
    E[recovery(drug=1) | drug=1] - E[recovery(drug=0) | drug=1]
    """
    return conditional_effect(outcome, treatment, {treatment: to}, to, baseline)


def effect_on_untreated(
    outcome: str, treatment: str, to: Level = 1, baseline: Level = 0
) -> Question:
    """The effect among those who did not, ATU = E[Y(to) - Y(baseline) | X=baseline].

    >>> print(effect_on_untreated("recovery", "drug"))
    E[recovery(drug=1) | drug=0] - E[recovery(drug=0) | drug=0]
    """
    return conditional_effect(outcome, treatment, {treatment: baseline}, to, baseline)


def risk_difference(
    outcome: str, treatment: str, to: Level = 1, baseline: Level = 0, event: Level = 1
) -> Question:
    """The difference of two risks, P(Y(to)=event) - P(Y(baseline)=event).

    >>> print(risk_difference("death", "drug"))
    P(death(drug=1)=1) - P(death(drug=0)=1)
    """
    risks = _risk(outcome, treatment, to, event), _risk(outcome, treatment, baseline, event)
    return combination([(1, risks[0]), (-1, risks[1])])


def risk_ratio(
    outcome: str, treatment: str, to: Level = 1, baseline: Level = 0, event: Level = 1
) -> Question:
    """The ratio of two risks, P(Y(to)=event) / P(Y(baseline)=event).

    >>> print(risk_ratio("death", "drug"))
    P(death(drug=1)=1) / P(death(drug=0)=1)
    """
    return Quotient(
        _risk(outcome, treatment, to, event), _risk(outcome, treatment, baseline, event)
    )


def controlled_direct_effect(
    outcome: str,
    treatment: str,
    mediators: Mapping[str, Level],
    to: Level = 1,
    baseline: Level = 0,
) -> Question:
    """The effect while mediators are held, CDE(m) = E[Y(to, m) - Y(baseline, m)].

    >>> print(controlled_direct_effect("Y", "X", {"M": 0}))
    E[Y(M=0, X=1)] - E[Y(M=0, X=0)]
    """
    _refuse_shared(outcome, treatment, mediators)
    one = Counterfactual(outcome, {**mediators, treatment: to})
    other = Counterfactual(outcome, {**mediators, treatment: baseline})
    return combination([(1, Expectation(one)), (-1, Expectation(other))])


def natural_direct_effect(
    outcome: str, treatment: str, mediators: Names, to: Level = 1, baseline: Level = 0
) -> Question:
    """The effect around the mediators, NDE = E[Y(to, M(baseline)) - Y(baseline)].

    >>> print(natural_direct_effect("Y", "X", "M"))
    E[Y(M(X=0), X=1)] - E[Y(X=0)]
    """
    kept = _mediated(outcome, treatment, mediators, direct=to, through=baseline)
    return combination(
        [(1, Expectation(kept)), (-1, Expectation(Counterfactual(outcome, {treatment: baseline})))]
    )


def natural_indirect_effect(
    outcome: str, treatment: str, mediators: Names, to: Level = 1, baseline: Level = 0
) -> Question:
    """The effect through the mediators, NIE = E[Y(baseline, M(to)) - Y(baseline)].

    The total effect to -> baseline is NDE minus the NIE of the reverse change (Pearl 2001).

    >>> print(natural_indirect_effect("Y", "X", "M"))
    E[Y(M(X=1), X=0)] - E[Y(X=0)]
    """
    moved = _mediated(outcome, treatment, mediators, direct=baseline, through=to)
    return combination(
        [(1, Expectation(moved)), (-1, Expectation(Counterfactual(outcome, {treatment: baseline})))]
    )


def probability_of_necessity(
    outcome: str,
    treatment: str,
    to: Level = 1,
    baseline: Level = 0,
    event: Level = 1,
    otherwise: Level = 0,
) -> Probability:
    """Would it not have happened otherwise: PN = P(Y(X=0)=0 | X=1, Y=1).

    >>> print(probability_of_necessity("Y", "X"))
    P(Y(X=0)=0 | X=1, Y=1)
    """
    fact = [Event(treatment, to), Event(outcome, event)]
    return Probability([Event(outcome, otherwise, {treatment: baseline})], fact)


def probability_of_sufficiency(
    outcome: str,
    treatment: str,
    to: Level = 1,
    baseline: Level = 0,
    event: Level = 1,
    otherwise: Level = 0,
) -> Probability:
    """Would it have happened: PS = P(Y(X=1)=1 | X=0, Y=0).

    >>> print(probability_of_sufficiency("Y", "X"))
    P(Y(X=1)=1 | X=0, Y=0)
    """
    fact = [Event(treatment, baseline), Event(outcome, otherwise)]
    return Probability([Event(outcome, event, {treatment: to})], fact)


def probability_of_necessity_and_sufficiency(
    outcome: str,
    treatment: str,
    to: Level = 1,
    baseline: Level = 0,
    event: Level = 1,
    otherwise: Level = 0,
) -> Probability:
    """Does the outcome respond both ways: PNS = P(Y(X=1)=1, Y(X=0)=0).

    >>> print(probability_of_necessity_and_sufficiency("Y", "X"))
    P(Y(X=1)=1, Y(X=0)=0)
    """
    worlds = (to, event), (baseline, otherwise)
    return Probability(Event(outcome, level, {treatment: x}) for x, level in worlds)


def _risk(outcome: str, treatment: str, level: Level, event: Level) -> Probability:
    """P(Y(X=x)=y)."""
    return Probability([Event(outcome, event, {treatment: level})])


def _mediated(
    outcome: str, treatment: str, mediators: Names, direct: Level, through: Level
) -> Counterfactual:
    """Y(X=direct, M(X=through))."""
    names = (mediators,) if isinstance(mediators, str) else tuple(mediators)
    _refuse_shared(outcome, treatment, names)
    natural = {name: Counterfactual(name, {treatment: through}) for name in names}
    return Counterfactual(outcome, {treatment: direct, **natural})


def _refuse_shared(outcome: str, treatment: str, mediators: Iterable[str]) -> None:
    """Outcome, treatment and mediators are different variables."""
    if outcome == treatment:
        raise QueryError.two_roles([outcome], "outcome", "treatment")
    for name in mediators:
        if name in (outcome, treatment):
            role = "outcome" if name == outcome else "treatment"
            raise QueryError.two_roles([name], role, "mediator")
