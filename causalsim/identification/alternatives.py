"""Is there another way: every further adjustment set, the front door, the general formula."""

from itertools import islice

from causalsim.estimand.query import Query
from causalsim.graph.effects.adjustment import minimal_adjustment_sets
from causalsim.identification.answer import Adjustment, Answer
from causalsim.identification.ways import by_adjustment, by_c_factors, by_front_door

#: How many minimal adjustment sets are offered beside the answer.
LIMIT = 8


def alternatives(answer: Answer) -> tuple[Answer, ...]:
    """Other ways to the same effect, whose estimates must agree if the graph is right.

    Args:
        answer: An identified answer.

    Returns:
        Adjustment for other minimal sets (at most eight), the front door, and the formula of the
        general algorithm, those that exist and differ from the answer; none for a refusal, for no
        effect, for a query with conditions and for one about several worlds.

    >>> from causalsim.graph.graph import Graph
    >>> from causalsim.identification.strategy import identify
    >>> answer = identify(Graph("a -> x; a -> b -> y; x -> y"), Query("y", do="x"))
    >>> print(answer)
    identified by adjustment for {b}
    >>> [str(other) for other in alternatives(answer)][0]
    'identified by adjustment for {a}'
    """
    graph, query = answer.graph, answer.query
    alone = answer.identified and not answer.assumptions
    if not isinstance(query, Query) or not alone or query.given:
        return ()
    if not set(graph.descendants(query.treatments)) & set(query.outcome):
        return ()
    sets = islice(minimal_adjustment_sets(graph, query.treatments, query.outcome), LIMIT)
    found: list[Answer | None] = [by_adjustment(graph, query, z) for z in sets]
    found += [by_front_door(graph, query), by_c_factors(graph, query)]
    formulae = {_formula(answer)}
    others: list[Answer] = []
    for other in found:
        if other is not None and _formula(other) not in formulae:
            formulae.add(_formula(other))
            others.append(other)
    return tuple(others)


def _formula(answer: Answer) -> object:
    """What makes two ways different."""
    if isinstance(answer, Adjustment):
        return frozenset(answer.adjustment)
    return getattr(answer, "formula", None)
