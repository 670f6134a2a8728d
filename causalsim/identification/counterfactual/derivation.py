"""Claims about several worlds as a formula in the data, with the steps that lead to it.

References:
    Correa, Lee and Bareinboim, "Nested counterfactual identification from arbitrary surrogate
    experiments" (2021), algorithms 1 and 2 (ctfID, conditional ctfID).
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from causalsim.errors import QueryError
from causalsim.estimand.expression import (
    ONE,
    ZERO,
    Bound,
    Expression,
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
from causalsim.identification.counterfactual.claims import Asked, Claim
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
    Contradiction,
    Response,
    Unsettled,
    Variable,
    Worlds,
)

Derived = tuple[Expression, tuple[str, ...]]


def derived(case: Case, asked: Asked) -> Derived:
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


def _wanted(worlds: Worlds, asked: Asked, symbols: Sequence[Bound]) -> dict[Slot, Slot]:
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
    case: Case, asked: Asked, responses: Sequence[Response], wanted: dict[Slot, Slot]
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


def _averaged(asked: Asked, distribution: Expression, wanted: dict[Slot, Slot]) -> Expression:
    """The mean of the outcome under a distribution of it."""
    (slot,) = wanted
    return Number(slot) if isinstance(slot, Value) else mean(asked.events[0].name, distribution)


def _separately(case: Case, asked: Asked) -> Derived:
    """P(events, given) / P(given), each by itself."""
    joint, steps = _joint(case, asked, (*asked.given, *asked.events))
    if asked.mean:
        joint = mean(asked.events[0].name, joint)
    if not asked.given:
        return joint, steps
    condition, why = _joint(case, asked, asked.given)
    return Ratio(joint, condition), tuple(dict.fromkeys((*steps, *why)))


def _joint(case: Case, asked: Asked, claims: tuple[Claim, ...]) -> Derived:
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


def _or_zero(case: Case, asked: Asked, claims: tuple[Claim, ...]) -> Derived:
    """The probability of events by their own factors; zero when they contradict each other."""
    try:
        return _whole(case, asked, _responses(case, claims))
    except Contradiction as found:
        return ZERO, (f"The events contradict each other: {found}.",)


def _whole(case: Case, asked: Asked, responses: Sequence[Response]) -> Derived:
    """The probability of events from all of their factors (algorithm 1)."""
    factors = factors_of(case.projected, responses)
    found = [formula_of(case, factor) for factor in factors]
    symbols = _in_order(case, {slot for factor in factors for slot in factor.symbols()})
    formula = summed([part for part, _ in found], [slot.variable for slot in symbols])
    steps = (*_opening(responses, factors), *(why for _, why in found))
    return formula, (*steps, *_any_value(asked, formula))


def _responses(case: Case, claims: Iterable[Claim]) -> list[Response]:
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


def _any_value(asked: Asked, formula: Expression) -> tuple[str, ...]:
    """A remark on variables of the formula that the question does not leave free."""
    claims = (*asked.events, *asked.given)
    named = {claim.name for claim in claims if claim.value is None}
    named |= {action.variable for claim in claims for action in claim.actions}
    extra = [name for name in free_variables(formula) if name not in named]
    return (f"Any level of {', '.join(extra)} gives the same value.",) if extra else ()
