"""Can the data answer it: the ways are tried in a fixed order, simplest first."""

from collections.abc import Callable

from causalsim.errors import QueryError
from causalsim.estimand.expression import (
    Expression,
    Ratio,
    fix,
    free_variables,
    probability,
    product,
    total,
)
from causalsim.estimand.query import Query
from causalsim.graph.adjustment import minimal_adjustment_set, optimal_adjustment_set
from causalsim.graph.graph import Graph
from causalsim.graph.separation import separated
from causalsim.graph.surgery import latent_projection, without_arrows
from causalsim.identification.answer import (
    Adjustment,
    Answer,
    Formula,
    FrontDoor,
    NoEffect,
    Unidentified,
)
from causalsim.identification.c_factors import Hedge, identify_effect


def identify(graph: Graph, query: Query) -> Answer:
    """Answer a causal question from the graph alone, or say what forbids an answer.

    Tried in turn: no effect (rule 3 of do-calculus), an adjustment set (the optimal one where it
    exists), the front door, and the complete algorithm for any other formula. Complete for
    P(y | do(x)) and for P(y | do(x), z) in graphs with hidden causes: `Unidentified` means that no
    formula exists, not that none was found.

    Args:
        graph: The causal graph; it may have ``<->`` and latent nodes.
        query: The question; its treatments, outcomes and conditions must be observed nodes.

    Returns:
        `NoEffect`, `Adjustment`, `FrontDoor`, `Formula` or `Unidentified`; all have ``.why``, and
        all but the last ``.formula``.

    Raises:
        QueryError: a variable that the graph lacks, or that is latent.

    >>> graph = Graph("smoking -> tar -> cancer; smoking <-> cancer")
    >>> answer = identify(graph, Query("cancer", do="smoking"))
    >>> print(answer)
    identified through the front door {tar}
    >>> print(answer.formula)
    Σ_tar P(tar | smoking) Σ_smoking′ P(cancer | smoking′, tar) P(smoking′)
    >>> print(identify(Graph("x -> y; x <-> y"), Query("y", do="x")))
    not identified: x, y form a hedge

    References:
        Shpitser and Pearl, "Identification of conditional interventional distributions" (2006).
    """
    _check(graph, query)
    if query.given:
        return _conditional(graph, query)
    for way in _WAYS:
        answer = way(graph, query)
        if answer is not None:
            return answer
    return _general(graph, query)


def _no_effect(graph: Graph, query: Query) -> Answer | None:
    """No directed path from any treatment to any outcome."""
    reached = set(graph.descendants(query.treatments))
    if reached.intersection(query.outcome):
        return None
    formula = _held(query, probability(query.outcome))
    if not query.do:
        return NoEffect(
            query, graph, formula, "Nothing is intervened on: the query is observational."
        )
    why = (
        f"No directed path leads from {_and(query.treatments)} to {_and(query.outcome)}, so that "
        "setting the one leaves the other as it was (rule 3 of do-calculus)."
    )
    return NoEffect(query, graph, formula, why)


def _adjustment(graph: Graph, query: Query) -> Answer | None:
    """A set that blocks every non-causal path and no causal one."""
    x, y = query.treatments, query.outcome
    found = optimal_adjustment_set(graph, x, y)
    best = found is not None
    if found is None:
        found = minimal_adjustment_set(graph, x, y)
    if found is None:
        return None
    within = probability(y, given=(*x, *found))
    formula = total(found, product([within, probability(found)])) if found else within
    return Adjustment(
        query, graph, found, _held(query, formula), _why_adjustment(query, found, best)
    )


def _why_adjustment(query: Query, found: tuple[str, ...], best: bool) -> str:
    """The criterion, in words."""
    x, y = _and(query.treatments), _and(query.outcome)
    if not found:
        return (
            f"Every path from {x} to {y} that is not causal is blocked without conditioning on "
            "anything, so that the observed association is the effect."
        )
    choice = (
        "Among all such sets it is the one with the smallest asymptotic variance "
        "(Henckel, Perković and Maathuis 2022)."
        if best
        else "It is minimal: without any one of its members it fails."
    )
    return (
        f"{_and(found)} block every path between {x} and {y} that is not causal, and none of them "
        f"lies on or below a causal path (the complete adjustment criterion). {choice}"
    )


def _front_door(graph: Graph, query: Query) -> Answer | None:
    """Mediators that meet the front-door criterion for one treatment and one outcome."""
    if len(query.treatments) != 1 or len(query.outcome) != 1:
        return None
    x, y = query.treatments[0], query.outcome[0]
    mediators = tuple(
        node
        for node in graph.observed
        if node in graph.descendants(x) and node in graph.ancestors(y) and node not in (x, y)
    )
    if not mediators or not _is_front_door(graph, x, y, mediators):
        return None
    inner = total(x, product([probability(y, given=(x, *mediators)), probability(x)]))
    formula = total(mediators, product([probability(mediators, x), inner]))
    why = (
        f"{_and(mediators)} lie on every causal path from {x} to {y}; no back door from {x} to "
        f"them is open; and {x} blocks every back door from them to {y} (Pearl 1995)."
    )
    return FrontDoor(query, graph, mediators, _held(query, formula), why)


def _is_front_door(graph: Graph, x: str, y: str, mediators: tuple[str, ...]) -> bool:
    """The three conditions of Pearl's front-door criterion, with sets of mediators."""
    bypass = without_arrows(graph, out_of=mediators)
    if y in bypass.descendants(x):
        return False
    return separated(without_arrows(graph, out_of=x), x, mediators) and separated(
        without_arrows(graph, out_of=mediators), mediators, y, x
    )


def _general(graph: Graph, query: Query) -> Answer:
    """The complete algorithm: a formula or a hedge."""
    found = identify_effect(latent_projection(graph), query.outcome, query.treatments)
    if isinstance(found, Hedge):
        return Unidentified(query, graph, found, _why_hedge(query, found))
    why = (
        "No adjustment set and no front door exist; the effect splits into districts of the "
        "ancestors of the outcome, each of which the data determine (Tian and Pearl 2002)."
    )
    return Formula(query, graph, _held(query, found), why + _any_value(query, found))


def _conditional(graph: Graph, query: Query) -> Answer:
    """P(y | do(x), z): conditions become actions where rule 2 allows, then a ratio of effects."""
    projected = latent_projection(graph)
    x, z = list(query.treatments), list(query.conditions)
    moved: list[str] = []
    for name in query.conditions:
        rest = [other for other in z if other != name]
        cut = without_arrows(without_arrows(projected, into=x), out_of=name)
        if separated(cut, query.outcome, name, (*x, *rest)):
            moved.append(name)
            x.append(name)
            z = rest
    found = identify_effect(projected, (*query.outcome, *z), x)
    if isinstance(found, Hedge):
        return Unidentified(query, graph, found, _why_hedge(query, found))
    formula = Ratio(found, total(query.outcome, found)) if z else found
    exchanged = (
        f"Observing {_and(tuple(moved))} is here the same as setting it (rule 2 of do-calculus). "
        if moved
        else ""
    )
    why = (
        f"{exchanged}The joint effect on {_and((*query.outcome, *z))} is identified "
        "by its districts" + (f", and is then conditioned on {_and(tuple(z))}." if z else ".")
    )
    return Formula(query, graph, _held(query, formula), why + _any_value(query, formula))


def _why_hedge(query: Query, hedge: Hedge) -> str:
    """The obstacle, in words."""
    return (
        f"The hidden common causes joining {_and(hedge.outer)} cannot be told apart from the "
        f"effect on {_and(hedge.inner)}: two models exist with the same observations and a "
        f"different answer to {query} (the two sets form a hedge; Shpitser and Pearl 2006)."
    )


def _any_value(query: Query, formula: Expression) -> str:
    """A remark on variables of the formula that the query does not name."""
    named = {*query.outcome, *query.treatments, *query.conditions}
    extra = tuple(name for name in free_variables(formula) if name not in named)
    return f" The formula has the same value for every level of {_and(extra)}." if extra else ""


def _held(query: Query, formula: Expression) -> Expression:
    """The formula with the query's values put in."""
    values = {
        setting.variable: setting.value
        for setting in (*query.events, *query.do, *query.given)
        if setting.value is not None
    }
    return fix(formula, values)


def _check(graph: Graph, query: Query) -> None:
    """Every variable of the query is an observed node."""
    if not isinstance(graph, Graph):
        raise QueryError.not_a_graph(graph)
    if not isinstance(query, Query):
        raise QueryError.not_a_query(query)
    roles = (
        ("outcome", query.outcome),
        ("treatment", query.treatments),
        ("condition", query.conditions),
    )
    for role, names in roles:
        for name in names:
            if name not in graph:
                raise QueryError.unknown_variable(name, graph.nodes)
            if name in graph.latent:
                raise QueryError.latent_variable(name, role)


def _and(names: tuple[str, ...]) -> str:
    """Names joined as a sentence joins them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


_WAYS: tuple[Callable[[Graph, Query], Answer | None], ...] = (_no_effect, _adjustment, _front_door)
