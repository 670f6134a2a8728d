"""Which DAGs are in a class: one of them, all of them one by one, and whether two are the same."""

from collections.abc import Iterator

from causalsim.errors.equivalence import EquivalenceError
from causalsim.graph.equivalence.classes import CPDAG, MAG, MPDAG, PAG
from causalsim.graph.equivalence.essential import essential_ends, extension, member_of_cpdag
from causalsim.graph.equivalence.hiding import mag_of, pag_of
from causalsim.graph.equivalence.marked import Ends, MarkedGraph
from causalsim.graph.equivalence.meek import Orientation
from causalsim.graph.equivalence.rules import member_of_pag
from causalsim.graph.graph import Graph
from causalsim.graph.notation.arrows import ARROW, TAIL

AnyGraph = Graph | CPDAG | MPDAG | MAG | PAG


def dag_member(graph: CPDAG | MPDAG) -> Graph:
    """One DAG of the class; always the same one.

    Args:
        graph: A class of DAGs.

    Raises:
        EquivalenceError: not a CPDAG or MPDAG.

    >>> print(dag_member(CPDAG("a -- b; b -- c")))
    a -> b
    b -> c

    References:
        Dor and Tarsi (1992); Tarjan and Yannakakis (1984) for a CPDAG, in linear time.
    """
    _check_class_of_dags(graph)
    return graph_of(graph.nodes, member_ends(graph))


def members(graph: CPDAG | MPDAG, *, limit: int | None = None) -> Iterator[Graph]:
    """The DAGs of a class one by one, each once, lazily.

    An undirected edge of a class closed under Meek's rules has both directions among the
    members, so directing one edge after another never runs into a dead end: the wait for the
    next member is polynomial, however many there are.

    Args:
        graph: A class of DAGs.
        limit: At most so many; all by default.

    Raises:
        EquivalenceError: not a CPDAG or MPDAG, or a limit that is no whole number.

    >>> for graph in members(CPDAG("a -- b; b -- c")):
    ...     print(repr(graph))
    Graph('a -> b; b -> c')
    Graph('b -> a; b -> c')
    Graph('b -> a; c -> b')

    References:
        Meek (1995), theorem 4.
    """
    _check_class_of_dags(graph)
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 0):
        raise EquivalenceError.bad_count("limit", limit)
    return _members(graph, limit)


def is_member(candidate: Graph | MAG, graph: CPDAG | MPDAG | PAG) -> bool:
    """Whether a DAG belongs to a CPDAG or MPDAG, or a MAG or graph with hidden causes to a PAG.

    Args:
        candidate: A DAG, a MAG, or for a PAG any causal graph.
        graph: The class.

    Raises:
        EquivalenceError: not a candidate, or not a class; a DAG with hidden causes for a CPDAG.

    >>> is_member(Graph("a <- b -> c"), CPDAG("a -- b; b -- c"))
    True
    """
    if isinstance(graph, PAG):
        if not isinstance(candidate, Graph | MAG):
            raise EquivalenceError.wrong_kind(candidate, "a Graph or a MAG")
        return pag_of(candidate) == graph
    _check_class_of_dags(graph)
    if not isinstance(candidate, Graph) or candidate.bidirected or candidate.latent:
        raise EquivalenceError.wrong_kind(candidate, "a Graph without hidden causes")
    if set(candidate.nodes) != set(graph.nodes):
        return False
    of_candidate = essential_ends(_in_order(candidate, graph.nodes).core)
    member = dag_member(graph)
    arrows = set(candidate.directed)
    return of_candidate == essential_ends(member.core) and all(
        (edge.one, edge.other) in arrows for edge in graph.edges if edge.mark_other == ARROW
    )


def markov_equivalent(one: AnyGraph, other: AnyGraph) -> bool:
    """Whether two graphs imply exactly the same independencies among the measured nodes.

    Graphs without hidden causes are compared by their CPDAGs, all others by their PAGs.

    Args:
        one: A causal graph or an equivalence class.
        other: Another over the same measured nodes.

    Raises:
        EquivalenceError: not graphs, or graphs over other nodes.

    >>> markov_equivalent(Graph("a -> b -> c"), Graph("a <- b <- c"))
    True
    >>> markov_equivalent(Graph("a -> b -> c"), Graph("a -> b <- c"))
    False

    References:
        Verma and Pearl (1990); Spirtes and Richardson (1996); Zhang (2008).
    """
    for graph in (one, other):
        if not isinstance(graph, Graph | MarkedGraph):
            raise EquivalenceError.wrong_kind(graph, "a Graph or an equivalence class")
    names = [_measured(one), _measured(other)]
    apart = [name for name in (*names[0], *names[1]) if (name in names[0]) != (name in names[1])]
    if apart:
        raise EquivalenceError.other_nodes(apart)
    return _pag(one) == _pag(other) if _hides(one) or _hides(other) else _same(one, other)


def _same(one: AnyGraph, other: AnyGraph) -> bool:
    """Whether two graphs without hidden causes have the same CPDAG."""
    first, second = _dag(one), _dag(other)
    return essential_ends(first.core) == essential_ends(_in_order(second, first.nodes).core)


def _members(graph: CPDAG | MPDAG, limit: int | None) -> Iterator[Graph]:
    """Direct the first undirected edge both ways, and so on; a stack of what is left to do."""
    edges = [
        (one, other)
        for one, around in enumerate(graph.ends)
        for other in around
        if one < other and around[other] == TAIL and graph.ends[other][one] == TAIL
    ]
    waiting = [(graph.ends, 0)]
    given = 0
    while waiting and (limit is None or given < limit):
        ends, at = waiting.pop()
        while at < len(edges) and not Orientation(ends).plain(*edges[at]):
            at += 1
        if at == len(edges):
            given += 1
            yield graph_of(graph.nodes, ends)
            continue
        one, other = edges[at]
        for tail, head in ((other, one), (one, other)):
            state = Orientation([dict(around) for around in ends])
            state.direct(tail, head)
            waiting.append((state.ends, at + 1))


def member_ends(graph: CPDAG | MPDAG | MAG | PAG) -> Ends:
    """One member of a class, on integers; it separates what every member separates."""
    if isinstance(graph, CPDAG):
        return member_of_cpdag(graph.ends)
    if isinstance(graph, MPDAG):
        found, _ = extension(graph.ends)
        assert found is not None  # checked when the class was made
        return found
    return graph.ends if isinstance(graph, MAG) else member_of_pag(graph.ends)


def graph_of(nodes: tuple[str, ...], ends: Ends) -> Graph:
    """A graph of arrows and ``<->`` from its marks."""
    arrows = [
        (nodes[tail], nodes[head])
        for tail, around in enumerate(ends)
        for head, mark in around.items()
        if mark == ARROW and ends[head][tail] == TAIL
    ]
    shared = [
        (nodes[one], nodes[other])
        for one, around in enumerate(ends)
        for other, mark in around.items()
        if one < other and mark == ends[other][one] == ARROW
    ]
    return Graph(arrows, nodes=nodes, bidirected=shared)


def _check_class_of_dags(graph: object) -> None:
    """An error unless this is a CPDAG or MPDAG."""
    if not isinstance(graph, CPDAG | MPDAG):
        raise EquivalenceError.wrong_kind(graph, "a CPDAG or an MPDAG")


def _in_order(graph: Graph, nodes: tuple[str, ...]) -> Graph:
    """The same DAG with its nodes in another order."""
    return graph if graph.nodes == nodes else Graph(graph.directed, nodes=nodes)


def _measured(graph: AnyGraph) -> dict[str, None]:
    """The nodes that independencies are about."""
    return dict.fromkeys(graph.observed if isinstance(graph, Graph) else graph.nodes)


def _hides(graph: AnyGraph) -> bool:
    """Whether a graph can have hidden causes."""
    if isinstance(graph, Graph):
        return bool(graph.bidirected or graph.latent)
    return isinstance(graph, MAG | PAG)


def _dag(graph: AnyGraph) -> Graph:
    """A DAG that stands for a graph without hidden causes."""
    if isinstance(graph, Graph):
        return graph
    assert isinstance(graph, CPDAG | MPDAG)
    return dag_member(graph)


def _pag(graph: AnyGraph) -> PAG:
    """The PAG of any graph."""
    if isinstance(graph, PAG):
        return graph
    return pag_of(graph if isinstance(graph, MAG) else mag_of(_dag(graph)))
