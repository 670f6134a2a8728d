"""What would have been, from what is known: counterfactual questions as formulae in the data.

The events and their ancestors are brought to ctf-factors (`counterfactual_worlds`); hidden causes
divide these into districts; in each district the worlds must agree, for no unit is seen in two; and
what is left are c-factors, each of which one of the data sets must determine. All of these steps
are necessary as well as sufficient, when the number of levels of the variables is not known.

References:
    Correa, Lee and Bareinboim, "Nested counterfactual identification from arbitrary surrogate
    experiments" (2021), theorems 1 to 5 and algorithms 1 and 2 (ctfID, conditional ctfID);
    Shpitser and Pearl, "Complete identification methods for the causal hierarchy" (2008).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from causalsim.errors import QueryError
from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
)
from causalsim.estimand.expression import (
    ONE,
    ZERO,
    Bound,
    Expression,
    Free,
    Number,
    Ratio,
    Slot,
    Value,
    add,
    fix,
    free_variables,
    mean,
    scaled,
)
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
from causalsim.identification.counterfactual.factors import (
    Blocked,
    Case,
    Factor,
    factors_of,
    formula_of,
    linked,
    summed,
)
from causalsim.identification.counterfactual.worlds import (
    Action,
    Contradiction,
    Response,
    Unsettled,
    Variable,
    Worlds,
)
from causalsim.identification.fusing.available import Available

Derived = tuple[Expression, tuple[str, ...]]
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


@dataclass(frozen=True, slots=True)
class _Claim:
    """A variable, what is done in its world, and its value there (None when it is left free)."""

    name: str
    actions: tuple[Action, ...]
    value: Level | None

    @property
    def slot(self) -> Slot:
        """Its value as a slot."""
        return Free(self.name) if self.value is None else Value(self.name, self.value)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, in one form: a conjunction, its conditions, and whether a mean is wanted."""

    events: tuple[_Claim, ...]
    given: tuple[_Claim, ...]
    mean: bool = False

    @classmethod
    def of(cls, question: Query | Probability | Expectation) -> "_Asked":
        """The same form for every question."""
        match question:
            case Query():
                roles = (question.events, question.given)
                one, other = (
                    tuple(_Claim(s.variable, question.do, s.value) for s in role) for role in roles
                )
                return cls(one, other)
            case Probability(events, given):
                return cls(_claims(events), _claims(given))
            case Expectation(of, given):
                return cls(_claims((Event(of),)), _claims(given), mean=True)


def _claims(events: Iterable[Event]) -> tuple[_Claim, ...]:
    """Events as claims."""
    return tuple(_Claim(event.variable, event.of.do, event.value) for event in events)


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
    asked = _Asked.of(question)
    _check(case.graph, (*asked.events, *asked.given))
    try:
        formula, steps = _identified(case, asked)
    except Blocked as blocked:
        return refused(question, case.graph, blocked.obstacle, (blocked.why,))
    return answered(question, case.graph, simplify(formula, steps=_STEPS), steps)


def _identified(case: Case, asked: _Asked) -> Derived:
    """The formula and the steps to it.

    Raises:
        Blocked: there is none.
        QueryError: the conditions contradict each other.
    """
    try:
        _responses(case, asked.given)
    except Contradiction as found:
        raise QueryError.contradictory_evidence(str(found)) from None
    try:
        if not asked.mean:
            _responses(case, (*asked.given, *asked.events))
    except Contradiction as found:
        return ZERO, (f"The events contradict each other: {found}.",)
    if not (asked.given or asked.mean):
        return _joint(case, asked, asked.events)
    # Outcomes are symbols at first, so that the same factors serve above and below the line.
    worlds = Worlds(case.projected)
    symbols = [worlds.symbol(event.name) for event in asked.events]
    try:
        for claim in asked.given:
            worlds.state(claim.name, claim.actions, claim.slot)
        for claim, symbol in zip(asked.events, symbols, strict=True):
            worlds.state(claim.name, claim.actions, symbol)
        responses = worlds.responses()
        wanted = _wanted(worlds, asked, symbols)
    except Contradiction as found:
        return ZERO, (f"The events contradict each other: {found}.",)
    try:
        return _conditional(case, asked, responses, wanted)
    except Blocked:
        # Each of P(events, given) and P(given) may still be determined by itself.
        with suppress(Blocked, Contradiction, Unsettled):
            return _separately(case, asked)
        raise


def _wanted(worlds: Worlds, asked: _Asked, symbols: Sequence[Bound]) -> dict[Slot, Slot]:
    """What each outcome's value is to be; those that the conditions settle are left out.

    Raises:
        Contradiction: the conditions settle it otherwise, or two outcomes are one variable.
    """
    found: dict[Slot, Slot] = {}
    for claim, symbol in zip(asked.events, symbols, strict=True):
        slot = worlds.resolved(symbol)
        if not isinstance(slot, Bound) and asked.mean:
            found[slot] = slot
            continue
        other = found.setdefault(slot, claim.slot) if isinstance(slot, Bound) else slot
        if other != claim.slot:
            found_in = worlds.unnested(claim.name, claim.actions)
            known = found_in if isinstance(found_in, Variable) else Variable(claim.name, ())
            raise Contradiction(known, other, claim.slot)
    return found


def _conditional(
    case: Case, asked: _Asked, responses: Sequence[Response], wanted: dict[Slot, Slot]
) -> Derived:
    """P(events | given) from the factors that the outcomes reach (algorithm 2)."""
    factors = linked(factors_of(case.projected, responses), wanted)
    found = [formula_of(case, factor) for factor in factors]
    symbols = _in_order(case, {slot for factor in factors for slot in factor.symbols()})
    inner = [slot.variable for slot in symbols if slot not in wanted]
    outer = [slot.variable for slot in symbols if slot in wanted]
    above = summed([formula for formula, _ in found], inner)
    held = {s.variable: w.level for s, w in wanted.items() if isinstance(w, Value)}
    # What is known bears on the outcome only where a factor holds a head at a known value.
    whole = all(isinstance(r.value, Bound) for factor in factors for r in factor.responses)
    below = ONE if whole else summed([formula for formula, _ in found], [*inner, *outer])
    above = _averaged(asked, above, wanted) if asked.mean else fix(above, held)
    steps = (*_opening(responses, factors), *(why for _, why in found))
    return (above if below == ONE else Ratio(above, below)), (*steps, *_any_value(asked, above))


def _averaged(asked: _Asked, distribution: Expression, wanted: dict[Slot, Slot]) -> Expression:
    """The mean of the outcome under a distribution of it."""
    (slot,) = wanted
    return Number(slot) if isinstance(slot, Value) else mean(asked.events[0].name, distribution)


def _separately(case: Case, asked: _Asked) -> Derived:
    """P(events, given) / P(given), each by itself."""
    joint, steps = _joint(case, asked, (*asked.given, *asked.events))
    if asked.mean:
        joint = mean(asked.events[0].name, joint)
    if not asked.given:
        return joint, steps
    condition, why = _joint(case, asked, asked.given)
    return Ratio(joint, condition), tuple(dict.fromkeys((*steps, *why)))


def _joint(case: Case, asked: _Asked, claims: tuple[_Claim, ...]) -> Derived:
    """The probability of events by themselves, or through what they are not.

    Where X has the levels x and x', P(A, X=x) = P(A) - P(A, X=x').

    Raises:
        Blocked: neither way leads to a formula.
        Contradiction: the events contradict each other.
    """
    responses = _responses(case, claims)
    try:
        return _whole(case, asked, responses)
    except Blocked as blocked:
        for claim in claims:
            levels = case.levels.get(claim.name, ())
            if claim.value not in levels or len(claims) < 2:
                continue
            rest = tuple(other for other in claims if other != claim)
            others = [replace(claim, value=level) for level in levels if level != claim.value]
            ways = [rest, *((*rest, other) for other in others)]
            with suppress(Blocked):
                found = [_or_zero(case, asked, way) for way in ways]
                (whole, steps), *parts = found
                formula = add([whole, *(scaled(-1, part) for part, _ in parts)])
                said = f"{claim.name} is one of {', '.join(map(str, levels))}, so that what is not"
                opening = f"{said} {claim.value} is another."
                return formula, (opening, *steps, *(why for _, more in parts for why in more))
        raise blocked from None


def _or_zero(case: Case, asked: _Asked, claims: tuple[_Claim, ...]) -> Derived:
    """The probability of events by their own factors; zero when they contradict each other."""
    try:
        return _whole(case, asked, _responses(case, claims))
    except Contradiction as found:
        return ZERO, (f"The events contradict each other: {found}.",)


def _whole(case: Case, asked: _Asked, responses: Sequence[Response]) -> Derived:
    """The probability of events from all of their factors (algorithm 1)."""
    factors = factors_of(case.projected, responses)
    found = [formula_of(case, factor) for factor in factors]
    symbols = _in_order(case, {slot for factor in factors for slot in factor.symbols()})
    formula = summed([part for part, _ in found], [slot.variable for slot in symbols])
    steps = (*_opening(responses, factors), *(why for _, why in found))
    return formula, (*steps, *_any_value(asked, formula))


def _responses(case: Case, claims: Iterable[_Claim]) -> list[Response]:
    """Claims and their ancestors, each under the values of its parents."""
    worlds = Worlds(case.projected)
    for claim in claims:
        worlds.state(claim.name, claim.actions, claim.slot)
    return worlds.responses()


def _in_order(case: Case, symbols: set[Slot]) -> list[Slot]:
    """Symbols, effects before causes, so that sums are pushed in as far as they go."""
    place = {name: at for at, name in enumerate(case.projected.order())}
    return sorted(symbols, key=lambda slot: -place[slot.variable])


def _opening(responses: Sequence[Response], factors: Sequence[Factor]) -> tuple[str, ...]:
    """The ancestors, in words."""
    events = ", ".join(map(str, responses))
    used = sum(len(factor.responses) for factor in factors)
    rest = " The other events cancel." if used < len(responses) else ""
    return (f"With their ancestors, the events are {events}.{rest}",)


def _any_value(asked: _Asked, formula: Expression) -> tuple[str, ...]:
    """A remark on variables of the formula that the question does not leave free."""
    claims = (*asked.events, *asked.given)
    named = {claim.name for claim in claims if claim.value is None}
    named |= {action.variable for claim in claims for action in claim.actions}
    extra = [name for name in free_variables(formula) if name not in named]
    return (f"Any level of {', '.join(extra)} gives the same value.",) if extra else ()


def _check(graph: Graph, claims: Iterable[_Claim]) -> None:
    """Every variable of the question is an observed node."""
    pending: list[tuple[str, tuple[Action, ...]]] = [(c.name, c.actions) for c in claims]
    while pending:
        name, actions = pending.pop()
        if name not in graph:
            raise QueryError.unknown_variable(name, graph.nodes)
        if name in graph.latent:
            raise QueryError.latent_variable(name, "variable")
        for action in actions:
            inner = action.do if isinstance(action, Counterfactual) else ()
            pending.append((action.variable, inner))
