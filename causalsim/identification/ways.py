"""The ways to an answer, each tried on its own: no effect, adjustment, front door, c-factors."""

from causalsim.estimand.expression import (
    Expression,
    Ratio,
    free_variables,
    probability,
    product,
    total,
)
from causalsim.estimand.query import Query
from causalsim.graph.effects.adjustment import minimal_adjustment_set
from causalsim.graph.effects.frontdoor import explain_front_door, minimal_front_door_set
from causalsim.graph.effects.optimal import optimal_adjustment_set
from causalsim.graph.graph import Graph
from causalsim.graph.surgery import latent_projection
from causalsim.identification.answer import (
    Adjustment,
    Answer,
    Formula,
    FrontDoor,
    NoEffect,
    Unidentified,
)
from causalsim.identification.asking import exchanged, held, spoken
from causalsim.identification.c_factors import Hedge, identify_effect

#: In graphs with more hidden causes a minimal adjustment set is taken, not the most precise.
MOST_HIDDEN = 24


def by_no_effect(graph: Graph, query: Query) -> Answer | None:
    """P(y | do(x), z) = P(y | z), when no directed path leads from X to Y or Z (rule 3)."""
    told = (*query.outcome, *query.conditions)
    if set(graph.descendants(query.treatments)).intersection(told):
        return None
    formula = held(query, probability(query.outcome, query.conditions))
    why = (
        f"No directed path leads from {spoken(query.treatments)} to {spoken(told)}, so "
        "that setting the one leaves the other as it was (rule 3 of do-calculus)."
        if query.do
        else "Nothing is intervened on: the query is observational."
    )
    return NoEffect(query=query, graph=graph, formula=formula, why=why)


def by_best_adjustment(graph: Graph, query: Query) -> Answer | None:
    """By the optimal adjustment set where there is one, else by a minimal one, if there is any."""
    x, y = query.treatments, query.outcome
    # With many hidden causes the best set is a long search, and a valid one is enough.
    few = len(graph.bidirected) + len(graph.latent) <= MOST_HIDDEN
    best = optimal_adjustment_set(graph, x, y) if few else None
    found = best if best is not None else minimal_adjustment_set(graph, x, y)
    return None if found is None else by_adjustment(graph, query, found, best is not None)


def by_adjustment(
    graph: Graph, query: Query, adjustment: tuple[str, ...], best: bool = False
) -> Answer:
    """P(y | do(x)) = Σ_z P(y | x, z) P(z), for a set that is known to be valid."""
    x, y = query.treatments, query.outcome
    within = probability(y, given=(*x, *adjustment))
    formula = (
        total(adjustment, product([within, probability(adjustment)])) if adjustment else within
    )
    return Adjustment(
        query=query,
        graph=graph,
        adjustment=adjustment,
        formula=held(query, formula),
        why=_why_adjustment(query, adjustment, best),
    )


def _why_adjustment(query: Query, found: tuple[str, ...], best: bool) -> str:
    """The criterion, in words."""
    x, y = spoken(query.treatments), spoken(query.outcome)
    if not found:
        return (
            f"Every path from {x} to {y} that is not causal is blocked without conditioning on "
            "anything, so that the observed association is the effect."
        )
    choice = (
        "Among all such sets this is the one with the smallest asymptotic variance "
        "(Henckel, Perković and Maathuis 2022)."
        if best
        else "The set is minimal: without any one of its members it fails."
    )
    held, none = (
        ("blocks", "it does not lie") if len(found) == 1 else ("block", "none of them lies")
    )
    return (
        f"{spoken(found)} {held} every path between {x} and {y} that is not causal, and {none} "
        f"on or below a causal path (the complete adjustment criterion). {choice}"
    )


def by_front_door(graph: Graph, query: Query) -> Answer | None:
    """P(y | do(x)) = Σ_m P(m | x) Σ_x′ P(y | x′, m) P(x′), for a smallest front-door set."""
    x, y = query.treatments, query.outcome
    mediators = minimal_front_door_set(graph, x, y)
    if not mediators:
        return None
    inner = total(x, product([probability(y, given=(*x, *mediators)), probability(x)]))
    formula = total(mediators, product([probability(mediators, x), inner]))
    criterion = explain_front_door(graph, x, y, mediators)
    return FrontDoor(
        query=query,
        graph=graph,
        mediators=mediators,
        formula=held(query, formula),
        why=f"The front-door criterion holds (Pearl 1995): {criterion}",
    )


def by_c_factors(graph: Graph, query: Query) -> Answer:
    """Any formula, or the hedge that forbids one: the complete algorithm."""
    found = identify_effect(latent_projection(graph), query.outcome, query.treatments)
    if isinstance(found, Hedge):
        return _refused(graph, query, found)
    why = (
        "The effect splits into districts of the ancestors of the outcome, each of which the data "
        f"determine (Tian and Pearl 2002).{_any_value(query, found)}"
    )
    return Formula(query=query, graph=graph, formula=held(query, found), why=why)


def by_conditioning(graph: Graph, query: Query) -> Answer:
    """P(y | do(x), z): conditions become actions where rule 2 allows, then a ratio of effects."""
    projected = latent_projection(graph)
    x, z, moved = exchanged(projected, query)
    found = identify_effect(projected, (*query.outcome, *z), x)
    if isinstance(found, Hedge):
        return _refused(graph, query, found)
    formula = Ratio(found, total(query.outcome, found)) if z else found
    observed = (
        f"Observing {spoken(moved)} is here the same as setting it (rule 2 of do-calculus). "
        if moved
        else ""
    )
    joint = spoken((*query.outcome, *z))
    then = f", and is then conditioned on {spoken(z)}" if z else ""
    why = (
        f"{observed}The joint effect on {joint} is identified by its districts{then}."
        f"{_any_value(query, formula)}"
    )
    return Formula(query=query, graph=graph, formula=held(query, formula), why=why)


def _refused(graph: Graph, query: Query, hedge: Hedge) -> Unidentified:
    """The obstacle, in words."""
    why = (
        f"The hidden common causes joining {spoken(hedge.outer)} cannot be told apart from the "
        f"effect on {spoken(hedge.inner)}: two models exist with the same observations and a "
        f"different answer to {query} (the two sets form a hedge; Shpitser and Pearl 2006)."
    )
    return Unidentified(query=query, graph=graph, hedge=hedge, why=why)


def _any_value(query: Query, formula: Expression) -> str:
    """A remark on variables of the formula that the query does not name."""
    named = {*query.outcome, *query.treatments, *query.conditions}
    extra = tuple(name for name in free_variables(formula) if name not in named)
    return f" The formula has the same value for every level of {spoken(extra)}." if extra else ""
