"""Is there another way: every further adjustment set, the front door, the general formula."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from causalsim.estimand.query import Query
from causalsim.graph.effects.adjustment import minimal_adjustment_sets
from causalsim.identification.answer import Adjustment, Answer, Formula, FrontDoor
from causalsim.identification.contrasting import Contrasted, by_plain_questions
from causalsim.identification.ways import by_adjustment, by_c_factors, by_front_door

#: How many minimal adjustment sets are offered beside the answer.
LIMIT = 8


def alternatives(answer: Answer) -> tuple[Answer, ...]:
    """Other ways to the same effect, whose estimates must agree if the graph is right.

    Args:
        answer: An identified answer.

    Returns:
        Adjustment for other minimal sets (at most eight), the front door, and the formula of the
        general algorithm, those that exist and differ from the answer; for a contrast those of
        the plain question behind it; none for a refusal, for no effect, for a query with
        conditions, for one that joins worlds, and for answers from other data than
        observations.

    >>> from causalsim.graph.graph import Graph
    >>> from causalsim.identification.strategy import identify
    >>> answer = identify(Graph("a -> x; a -> b -> y; x -> y"), Query("y", do="x"))
    >>> print(answer)
    identified by adjustment for {b}
    >>> [str(other) for other in alternatives(answer)][0]
    'identified by adjustment for {a}'
    """
    if isinstance(answer, Contrasted):
        return tuple(_contrasts(answer))
    graph, query = answer.graph, answer.query
    # Other ways are through observations of everything: not those that other data called for.
    plain = isinstance(answer, Adjustment | FrontDoor | Formula)
    if not isinstance(query, Query) or not plain or query.given:
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


def _contrasts(answer: Contrasted) -> Iterator[Contrasted]:
    """The same contrast by every other way to the one question behind it."""
    if len(answer.parts) != 1:
        return
    for way in answer.parts[0].alternatives:
        found = by_plain_questions(answer.graph, answer.query, partial(_always, way))
        if isinstance(found, Contrasted):
            yield found


def _always(way: Answer, query: Query) -> Answer:
    """One answer, whatever is asked: there is only one plain question."""
    return way


def _formula(answer: Answer) -> object:
    """What makes two ways different."""
    if isinstance(answer, Adjustment):
        return frozenset(answer.adjustment)
    return getattr(answer, "formula", None)
