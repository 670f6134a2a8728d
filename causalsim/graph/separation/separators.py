"""What separates X from Y: nearest, minimal, cheapest and all minimal separators."""

from collections.abc import Iterator

from causalsim.errors.adjustment import AdjustmentError
from causalsim.graph.core import marks
from causalsim.graph.effects.proper import candidates, members
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.cheapest_cut import cheapest_cut
from causalsim.graph.separation.costs import Costs, whole_costs
from causalsim.graph.separation.criterion import disjoint
from causalsim.graph.separation.families import network
from causalsim.graph.separation.minimal_cuts import minimal_cuts
from causalsim.graph.separation.parting import Parting, minimal_near_x, nearest_to_x, parting


def nearest_separator(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """The separator of X and Y nearest to X: the nodes that X reaches of all that may separate.

    No other separator within ``may`` and the ancestors of X, Y and ``must`` leaves X fewer nodes
    in reach. It need not be minimal. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: One node or several, X.
        y: One node or several, Y.
        must: Nodes that the separator must contain.
        may: Nodes that it may contain; every observed one by default.

    Returns:
        The separator in the graph's order, maybe empty; None when no allowed set separates.

    Raises:
        GraphError: a node of X is adjacent to one of Y; an unknown node; X, Y and ``must``
            overlap; a latent node in ``must``, or one that is not in ``may``.

    >>> nearest_separator(Graph("a -> b -> c -> d"), "a", "d")
    ('b',)
    >>> nearest_separator(Graph("a -> b -> c -> d"), "d", "a")
    ('c',)

    References:
        van der Zander and Liśkiewicz, "Finding minimal d-separators in linear time and
        applications" (2020), algorithm FINDNEARESTSEP.
    """
    task = _task(graph, x, y, must, may)
    return None if task is None else graph.names(nearest_to_x(task))


def minimal_separator(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """One separator of X and Y of which no member outside ``must`` can be left out.

    Among the minimal ones it is as near to X as one can be. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: One node or several, X.
        y: One node or several, Y.
        must: Nodes that the separator must contain.
        may: Nodes that it may contain; every observed one by default.

    Returns:
        The separator in the graph's order, empty when X and Y are separated as it is; None when
        no allowed set separates.

    Raises:
        GraphError: a node of X is adjacent to one of Y; an unknown node; X, Y and ``must``
            overlap; a latent node in ``must``, or one that is not in ``may``.

    >>> graph = Graph("a -> b -> d; a -> c -> d")
    >>> minimal_separator(graph, "a", "d"), minimal_separator(graph, "b", "c")
    (('b', 'c'), ('a',))
    >>> minimal_separator(Graph("a -> c <- b"), "a", "b")
    ()

    References:
        van der Zander and Liśkiewicz (2020), algorithm FINDMINSEP.
    """
    task = _task(graph, x, y, must, may)
    return None if task is None else graph.names(minimal_near_x(task))


def minimum_separator(
    graph: Graph,
    x: Names,
    y: Names,
    must: Names = (),
    may: Names | None = None,
    costs: Costs | None = None,
) -> tuple[str, ...] | None:
    """A separator of X and Y with the fewest members, or with the least total cost.

    A minimum vertex cut of the moral graph of the ancestors, by maximum flow.

    Args:
        graph: The causal graph.
        x: One node or several, X.
        y: One node or several, Y.
        must: Nodes that the separator must contain.
        may: Nodes that it may contain; every observed one by default.
        costs: What a node costs, positive; 1 for the nodes not named.

    Returns:
        The separator in the graph's order, maybe empty; None when no allowed set separates. Among
        the cheapest it is the one nearest to Y.

    Raises:
        GraphError: a node of X is adjacent to one of Y; an unknown node; X, Y and ``must``
            overlap; a latent node in ``must``, or one that is not in ``may``; a cost that is not
            positive.

    >>> graph = Graph("a -> b -> d; a -> c -> d; d -> e")
    >>> minimum_separator(graph, "a", "e"), minimum_separator(graph, "a", "e", costs={"d": 3})
    (('d',), ('b', 'c'))

    References:
        van der Zander, Liśkiewicz and Textor, "Separators and adjustment sets in causal graphs"
        (2019), section 4.3.
    """
    task = _task(graph, x, y, must, may)
    if task is None:
        return None
    whole = whole_costs(graph, costs, members(task.most))
    return graph.names(cheapest(task, whole))


def minimal_separators(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> Iterator[tuple[str, ...]]:
    """Every minimal separator of X and Y, one after the other, each once.

    Lazy: there can be exponentially many; the time between two is polynomial. Take some with
    ``itertools.islice``.

    Args:
        graph: The causal graph.
        x: One node or several, X.
        y: One node or several, Y.
        must: Nodes that every separator must contain; minimal then means that no other member can
            be left out.
        may: Nodes that a separator may contain; every observed one by default.

    Returns:
        The separators, each in the graph's order; none when no allowed set separates.

    Raises:
        GraphError: a node of X is adjacent to one of Y; an unknown node; X, Y and ``must``
            overlap; a latent node in ``must``, or one that is not in ``may``.

    >>> list(minimal_separators(Graph("a -> b -> c -> d"), "a", "d"))
    [('b',), ('c',)]

    References:
        van der Zander, Liśkiewicz and Textor (2019), section 4.4; Takata (2010).
    """
    task = _task(graph, x, y, must, may)
    return iter(()) if task is None else (graph.names(found) for found in every_minimal(task))


def every_minimal(task: Parting) -> Iterator[list[int]]:
    """Each minimal set that does the task, in order of nodes, needed ones included."""
    between = network(task)
    for cut in minimal_cuts(between):
        yield sorted({*(between.nodes[vertex] for vertex in cut), *task.needed})


def cheapest(task: Parting, costs: dict[int, int]) -> list[int]:
    """The cheapest set that does the task, nearest to Y among the cheapest."""
    between = network(task)
    prices = {
        vertex: costs[node]
        for vertex, node in enumerate(between.nodes)
        if between.allowed[vertex] and between.joined[vertex]
    }
    cut = cheapest_cut(between, prices)
    return sorted({*(between.nodes[vertex] for vertex in cut), *task.needed})


def _task(graph: Graph, x: Names, y: Names, must: Names, may: Names | None) -> Parting | None:
    """The task to separate two sets of nodes of which no two are adjacent."""
    starts, ends, _ = disjoint(graph, x, y)
    refuse_adjacent(graph, starts, ends)
    needed, allowed = candidates(graph, starts, ends, must, may)
    return parting(graph.core, starts, ends, needed, allowed)


def refuse_adjacent(graph: Graph, x: list[int], y: list[int]) -> None:
    """Nodes that an edge joins cannot be separated: that is a mistake, not an answer."""
    core, ends = graph.core, marks(len(graph), y)
    for node in x:
        kinds = (
            ("->", core.children[node]),
            ("<-", core.parents[node]),
            ("<->", core.siblings[node]),
        )
        for edge, others in kinds:
            for other in others:
                if ends[other]:
                    raise AdjustmentError.adjacent(graph.nodes[node], graph.nodes[other], edge)
