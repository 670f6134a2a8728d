"""Is it one of the classical cases: bounds as formulae for three small graphs.

References:
    Manski, "Nonparametric bounds on treatment effects" (1990); Balke and Pearl, "Bounds on
    treatment effects from studies with imperfect compliance" (1997); Tian and Pearl,
    "Probabilities of causation: bounds and identification" (2000), sections 4.2 and 4.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from causalsim.estimand.expression import (
    ZERO,
    Const,
    Expression,
    P,
    Ratio,
    Value,
    add,
    scaled,
)
from causalsim.estimand.query import Level, Query
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.effect_program import Term
from causalsim.identification.bounding.symbolic_bounds import (
    SymbolicBounds,
    confounded_bounds,
    confounded_effect_bounds,
    confounded_payoff_bounds,
    instrument_bounds,
    instrument_effect_bounds,
)
from causalsim.identification.fusing.one_source import projected

_TWO: tuple[Level, ...] = (0, 1)
Levels = Mapping[str, tuple[Level, ...]]


def effect_bounds(graph: Graph, terms: list[Term], levels: Levels) -> SymbolicBounds | None:
    """The formula for a weighted sum of effects of one variable on another, or None."""
    queries = [term.query for term in terms]
    pairs = {(q.outcome, q.treatments) for q in queries}
    if len(pairs) != 1 or any(q.given for q in queries):
        return None
    ((outcomes, treatments),) = pairs
    if len(outcomes) != 1 or len(treatments) != 1:
        return None
    y, x = outcomes[0], treatments[0]
    payoffs: dict[Level, dict[Level, float]] = {}
    for term in terms:
        action, event = term.query.do[0].value, term.query.events[0].value
        assert action is not None
        assert event is not None
        counts = payoffs.setdefault(action, {})
        counts[event] = counts.get(event, 0.0) + term.weight
    two = all(levels.get(name) == _TWO for name in (x, y))
    risk = two and payoffs == {1: {1: 1.0}, 0: {1: -1.0}}
    if _bow(graph, x, y):
        if risk:
            return confounded_effect_bounds(y, x)
        single = _single(payoffs)
        if single is not None:
            return confounded_bounds(y, x, *single)
        return confounded_payoff_bounds(y, x, payoffs, levels[y]) if y in levels else None
    z = _instrument(graph, x, y)
    if z is None or not two or levels.get(z) != _TWO:
        return None
    if risk:
        return instrument_effect_bounds(y, x, z)
    single = _single(payoffs)
    return instrument_bounds(y, x, z, int(single[0]), int(single[1])) if single else None


def free_bounds(graph: Graph, query: Query) -> SymbolicBounds | None:
    """The formula for P(y | do(x)) with free variables: that of the bow, in any levels."""
    if len(query.outcome) != 1 or len(query.treatments) != 1 or query.given:
        return None
    y, x = query.outcome[0], query.treatments[0]
    values = query.do[0].value, query.events[0].value
    return confounded_bounds(y, x, *values) if _bow(graph, x, y) else None


@dataclass(frozen=True, slots=True)
class Causes:
    """A treatment and an outcome, each with its level of absence and of presence."""

    treatment: str
    outcome: str
    low: Level
    high: Level
    otherwise: Level
    event: Level

    def cell(self, treated: bool, happens: bool) -> Expression:
        """P(y, x) of the observations."""
        return P((self.y(happens), self.x(treated)))

    def risk(self, treated: bool, happens: bool) -> Expression:
        """P(y | do(x)) of an experiment."""
        return P((self.y(happens),), (), (self.x(treated),))

    def rate(self, treated: bool, happens: bool) -> Expression:
        """P(y | x) of the observations."""
        return P((self.y(happens),), (self.x(treated),))

    def y(self, happens: bool) -> Value:
        """The outcome there or not."""
        return Value(self.outcome, self.event if happens else self.otherwise)

    def x(self, treated: bool) -> Value:
        """The treatment there or not."""
        return Value(self.treatment, self.high if treated else self.low)


def causation_bounds(
    graph: Graph, causes: Causes, kind: str, experiment: bool
) -> SymbolicBounds | None:
    """PN, PS or PNS as formulae: without confounding, with an experiment, or with neither.

    Args:
        graph: The causal graph.
        causes: Treatment and outcome.
        kind: Which of ``"PN"``, ``"PS"`` and ``"PNS"``.
        experiment: Whether P(y | do(x)) is known beside the observations.
    """
    x, y = causes.treatment, causes.outcome
    bow = _bow(graph, x, y)
    if experiment:
        why = "Observations and an experiment together (Tian and Pearl 2000, section 4.3)."
        return _experimental(causes, kind, bow, why)
    if _unconfounded(graph, x, y):
        why = "Nothing confounds the two (Tian and Pearl 2000, section 4.2)."
        return _exogenous(causes, kind, why)
    if not bow:
        return None
    why = "The two may be confounded, and no experiment is given (Tian and Pearl 2000)."
    high = add([causes.cell(True, True), causes.cell(False, False)]) if kind == "PNS" else Const(1)
    return SymbolicBounds((ZERO,), (high,), True, why)


def _exogenous(causes: Causes, kind: str, why: str) -> SymbolicBounds:
    """Without confounding, P(y | do(x)) = P(y | x)."""
    rate = causes.rate
    gain = add([rate(True, True), scaled(-1, rate(False, True))])
    limits = rate(True, True), rate(False, False)
    if kind == "PNS":
        return SymbolicBounds((ZERO, gain), limits, True, why)
    own, other = limits if kind == "PN" else limits[::-1]
    return SymbolicBounds((ZERO, Ratio(gain, own)), (Const(1), Ratio(other, own)), True, why)


def _experimental(causes: Causes, kind: str, sharp: bool, why: str) -> SymbolicBounds:
    """Their equations 25 to 27; each end is valid in any graph."""
    risk, cell = causes.risk, causes.cell
    happened = add([cell(True, True), cell(False, True)])
    effect = add([risk(True, True), scaled(-1, risk(False, True))])
    excess = add([happened, scaled(-1, risk(False, True))])
    lift = add([risk(True, True), scaled(-1, happened)])
    if kind == "PNS":
        agreeing = add([cell(True, True), cell(False, False)])
        rest = add([effect, cell(True, False), cell(False, True)])
        high = (risk(True, True), risk(False, False), agreeing, rest)
        return SymbolicBounds((ZERO, effect, excess, lift), high, sharp, why)
    if kind == "PN":
        top = add([risk(False, False), scaled(-1, cell(False, False))])
        gain, own = excess, cell(True, True)
    else:
        top = add([risk(True, True), scaled(-1, cell(True, True))])
        gain, own = lift, cell(False, False)
    return SymbolicBounds((ZERO, Ratio(gain, own)), (Const(1), Ratio(top, own)), sharp, why)


def _single(payoffs: Mapping[Level, Mapping[Level, float]]) -> tuple[Level, Level] | None:
    """The one probability that is asked, as the treatment's and the outcome's level."""
    cells = [(x, y, weight) for x, counts in payoffs.items() for y, weight in counts.items()]
    return cells[0][:2] if len(cells) == 1 and cells[0][2] == 1 else None


def _above(graph: Graph, y: str) -> Graph:
    """What lies above the outcome, without latent nodes."""
    small = projected(graph, graph.observed)
    return projected(small, small.ancestors(y))


def _bow(graph: Graph, x: str, y: str) -> bool:
    """Whether nothing bears on the outcome but the treatment and a cause hidden from both."""
    small = _above(graph, y)
    return set(small.directed) == {(x, y)} and small.siblings(x) == (y,) and len(small) == 2


def _unconfounded(graph: Graph, x: str, y: str) -> bool:
    """Whether nothing bears on the outcome but the treatment."""
    small = _above(graph, y)
    return set(small.directed) == {(x, y)} and not small.bidirected and len(small) == 2


def _instrument(graph: Graph, x: str, y: str) -> str | None:
    """The z of z -> x -> y, x <-> y when there is nothing else above the outcome."""
    small = _above(graph, y)
    others = [name for name in small.nodes if name not in (x, y)]
    if len(others) != 1 or set(small.directed) != {(others[0], x), (x, y)}:
        return None
    return others[0] if [set(pair) for pair in small.bidirected] == [{x, y}] else None
