"""What every way of answering does with a query: check it, move conditions, put values in."""

from causalsim.errors import QueryError
from causalsim.estimand.expression import Expression, fix
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.surgery import without_arrows


def check_query(graph: Graph, query: Query) -> None:
    """Refuse a query whose variables are not all observed nodes of the graph.

    Raises:
        QueryError: no graph, no query, a variable that the graph lacks or that is latent.
    """
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


def exchanged(
    graph: Graph, query: Query
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Actions and conditions, after conditions became actions where rule 2 allows it.

    Returns:
        The actions, the conditions that remain, and the conditions that moved.

    References:
        Shpitser and Pearl, "Identification of conditional interventional distributions" (2006).
    """
    acts, given = list(query.treatments), list(query.conditions)
    moved: list[str] = []
    for name in query.conditions:
        rest = [other for other in given if other != name]
        cut = without_arrows(graph, into=acts, out_of=name)
        if separated(cut, query.outcome, name, (*acts, *rest)):
            moved.append(name)
            acts.append(name)
            given = rest
    return tuple(acts), tuple(given), tuple(moved)


def held(query: Query, formula: Expression) -> Expression:
    """The formula with the query's values put in."""
    values = {
        setting.variable: setting.value
        for setting in (*query.events, *query.do, *query.given)
        if setting.value is not None
    }
    return fix(formula, values)


def spoken(names: tuple[str, ...]) -> str:
    """Names joined as a sentence joins them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
