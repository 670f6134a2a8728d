"""Adjustment for any graph: a causal graph, or a class of graphs that data cannot tell apart.

The same five questions, whatever is known: `causalsim.graph.effects.adjustment` answers them for
one causal graph, `causalsim.graph.equivalence.adjustment` for a CPDAG, MPDAG, MAG or PAG, where a
set must be valid in every member.
"""

from collections.abc import Iterator

from causalsim.graph.effects import adjustment as in_graph
from causalsim.graph.effects import optimal
from causalsim.graph.effects.adjustment import AdjustmentVerdict
from causalsim.graph.equivalence import adjustment as in_class
from causalsim.graph.equivalence.adjustment import ClassVerdict
from causalsim.graph.equivalence.classes import CPDAG, MAG, MPDAG, PAG
from causalsim.graph.graph import Graph, Names

AnyGraph = Graph | CPDAG | MPDAG | MAG | PAG


def is_adjustment_set(graph: AnyGraph, x: Names, y: Names, z: Names = ()) -> bool:
    """Whether P(y | do(x)) = Σ_z P(y | x, z) P(z) in every model of the graph or class.

    Args:
        graph: A causal graph, or a CPDAG, MPDAG, MAG or PAG.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        z: The set in question, Z.

    Raises:
        GraphError: an unknown node, an empty X or Y, sets that overlap.

    >>> is_adjustment_set(Graph("a -> x -> y; a -> y"), "x", "y", "a")
    True
    >>> is_adjustment_set(CPDAG("a -- x -- y"), "x", "y", "a")
    False

    References:
        van der Zander, Liśkiewicz and Textor (2019); Perković, Textor, Kalisch and Maathuis (2018).
    """
    if isinstance(graph, Graph):
        return in_graph.is_adjustment_set(graph, x, y, z)
    return in_class.is_adjustment_set(graph, x, y, z)


def explain_adjustment(
    graph: AnyGraph, x: Names, y: Names, z: Names = ()
) -> AdjustmentVerdict | ClassVerdict:
    """Whether a set is valid and, if not, which path, edge or forbidden node spoils it.

    Arguments and errors as for `is_adjustment_set`.

    >>> print(explain_adjustment(Graph("a -> x -> y; a -> y"), "x", "y"))
    x <- a -> y is open: a, a common cause, is not held.
    """
    if isinstance(graph, Graph):
        return in_graph.explain_adjustment(graph, x, y, z)
    return in_class.explain_adjustment(graph, x, y, z)


def minimal_adjustment_set(
    graph: AnyGraph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """One valid set of which nothing outside ``must`` can be left out; None when there is none.

    Args:
        graph: A causal graph, or a CPDAG, MPDAG, MAG or PAG.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that the set must contain.
        may: Nodes that it may contain; every observed one by default.

    Raises:
        GraphError: an unknown node, an empty X or Y, sets that overlap.

    >>> minimal_adjustment_set(Graph("a -> x -> y; a -> y"), "x", "y")
    ('a',)
    """
    if isinstance(graph, Graph):
        return in_graph.minimal_adjustment_set(graph, x, y, must, may)
    return in_class.minimal_adjustment_set(graph, x, y, must, may)


def minimal_adjustment_sets(
    graph: AnyGraph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> Iterator[tuple[str, ...]]:
    """Every minimal valid set, one after the other, each once.

    Arguments and errors as for `minimal_adjustment_set`.

    >>> list(minimal_adjustment_sets(Graph("a -> x; a -> b -> y; x -> y"), "x", "y"))
    [('a',), ('b',)]
    """
    if isinstance(graph, Graph):
        return in_graph.minimal_adjustment_sets(graph, x, y, must, may)
    return in_class.minimal_adjustment_sets(graph, x, y, must, may)


def optimal_adjustment_set(graph: AnyGraph, x: Names, y: Names) -> tuple[str, ...] | None:
    """The valid set whose estimate has the least asymptotic variance, where one set has it.

    None where no set is valid, or where hidden variables leave no set the best in every model.
    Arguments and errors as for `is_adjustment_set`.

    >>> optimal_adjustment_set(Graph("a -> x; a -> b -> y; x -> y"), "x", "y")
    ('b',)

    References:
        Henckel, Perković and Maathuis (2022).
    """
    if isinstance(graph, Graph):
        return optimal.optimal_adjustment_set(graph, x, y)
    return in_class.optimal_adjustment_set(graph, x, y)
