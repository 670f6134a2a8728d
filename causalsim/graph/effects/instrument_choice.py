"""Which set of instruments, given what, makes two-stage least squares the most precise."""

from collections.abc import Iterable
from dataclasses import dataclass

from causalsim.errors.adjustment import AdjustmentError
from causalsim.graph.effects.proper import effect, members
from causalsim.graph.graph import Graph
from causalsim.graph.surgery import latent_projection
from causalsim.graph.walk import DESCENDANTS, walk


@dataclass(frozen=True, slots=True)
class InstrumentSet:
    """Instruments that are used together, with what they are conditioned on.

    Attributes:
        instruments: The instruments Z, in the graph's order.
        given: The conditioning set W, in the graph's order.
        optimal: Whether no other valid choice of nodes that x does not affect has a smaller
            asymptotic variance in every model.
    """

    instruments: tuple[str, ...]
    given: tuple[str, ...]
    optimal: bool

    def __str__(self) -> str:
        """The instruments, and after a bar what is held."""
        shown = ", ".join(self.instruments)
        return f"{shown} | {', '.join(self.given)}" if self.given else shown


def optimal_instruments(graph: Graph, x: str, y: str) -> InstrumentSet | None:
    """The instruments and the conditioning set that a graph recommends for two-stage least squares.

    With the descendants of x other than y hidden, W is what predicts y best when the effect of x
    is cut away, dis⁺(y) without x, and Z is what then still predicts x, dis⁺(x) without y and W;
    dis⁺ is a district with its parents. In a linear model the estimate of the total effect has the
    asymptotic variance σ²(y − τx | w) / (σ²(x | w) − σ²(x | z, w)): W makes the first small, Z the
    last. Where a parent or sibling of x is in Z, no other valid choice of nodes that x does not
    affect is more precise in every model; one may be in some models.

    Args:
        graph: The causal graph.
        x: The treatment.
        y: The outcome.

    Returns:
        The choice; None when no such Z is left (`instruments` may still list some), or when x does
        not affect y.

    Raises:
        GraphError: an unknown node; x is y; a latent x or y.

    >>> print(optimal_instruments(Graph("a -> x; b -> x -> y; c -> y; x <-> y"), "x", "y"))
    a, b | c

    References:
        Henckel, Buttenschön and Maathuis, "Graphical tools for selecting conditional instrumental
        sets" (2024), the graphically optimal conditional instrumental set.
    """
    for role, name in (("x", x), ("y", y)):
        if not isinstance(name, str):
            raise AdjustmentError.one_node(role, name)
    question = effect(graph, x, y)
    if not question.causal[question.y[0]]:
        return None
    below = walk(graph.core, DESCENDANTS, question.x).head
    for node in members(question.forbidden):
        below[node] = 1
    hidden = [name for name in graph.names(members(below)) if name not in (x, y)]
    seen = latent_projection(graph, hidden)
    arrows = [pair for pair in seen.directed if pair != (x, y)]
    cut = Graph(arrows, nodes=seen.nodes, bidirected=seen.bidirected)
    given = _predictors(cut, y, x)
    instruments = [name for name in _predictors(cut, x, y) if name not in given]
    if not instruments:
        return None
    beside = {*cut.parents(x), *cut.siblings(x)}
    return InstrumentSet(tuple(instruments), tuple(given), not beside.isdisjoint(instruments))


def _predictors(graph: Graph, node: str, without: str) -> list[str]:
    """The district of a node in the graph without another, and its parents: dis⁺."""
    found, queue = {node: None}, [node]
    for name in queue:
        for other in graph.siblings(name):
            if other != without and other not in found:
                found[other] = None
                queue.append(other)
    every = {*found, *_all_parents(graph, queue)} - {node, without}
    return [name for name in graph.nodes if name in every]


def _all_parents(graph: Graph, names: Iterable[str]) -> list[str]:
    """The parents of several nodes."""
    return [parent for name in names for parent in graph.parents(name)]
