"""What is drawn: nodes and edges whose two ends carry marks, so that every class can be drawn."""

from dataclasses import dataclass
from enum import Enum
from math import isfinite

from causalsim.errors import GraphError
from causalsim.graph.equivalence.marked import MarkedGraph
from causalsim.graph.graph import Graph, Names, causal_graph


class Mark(Enum):
    """What stands at an end of an edge."""

    TAIL = "-"
    ARROW = ">"
    CIRCLE = "o"


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge with a mark at each end: ``->``, ``<->``, ``--``, ``o->`` or ``o-o``.

    >>> Edge("a", "b").text, Edge("a", "b", Mark.CIRCLE).text
    ('a -> b', 'a o-> b')
    """

    start: str
    end: str
    at_start: Mark = Mark.TAIL
    at_end: Mark = Mark.ARROW

    @property
    def text(self) -> str:
        """The edge in the arrow notation."""
        if self.at_start is Mark.TAIL and self.at_end is Mark.TAIL:
            return f"{self.start} -- {self.end}"
        before = {Mark.TAIL: "", Mark.ARROW: "<", Mark.CIRCLE: "o"}[self.at_start]
        after = "" if self.at_end is Mark.TAIL else self.at_end.value
        return f"{self.start} {before}-{after} {self.end}"

    @property
    def bidirected(self) -> bool:
        """Whether both ends carry an arrowhead."""
        return self.at_start is Mark.ARROW and self.at_end is Mark.ARROW


@dataclass(frozen=True, slots=True)
class Diagram:
    """Nodes, edges with end marks, hidden nodes and given positions: all that a drawing needs.

    A `Graph` is drawn through this; an equivalence class, which has ``--`` or ``o->``, makes one
    itself.

    Attributes:
        nodes: The names, in order.
        edges: The edges, in order.
        latent: The nodes drawn dashed.
        positions: Where nodes stand, in any unit, y downwards; empty for a layered drawing.

    >>> diagram = Diagram.of(Graph("a -> b; a <-> b"))
    >>> [edge.text for edge in diagram.edges]
    ['a -> b', 'a <-> b']
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...] = ()
    latent: tuple[str, ...] = ()
    positions: tuple[tuple[str, tuple[float, float]], ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that are not nodes, and loops."""
        known = set(self.nodes)
        placed = (name for name, _ in self.positions)
        for name in (*(end for edge in self.edges for end in (edge.start, edge.end)), *placed):
            if name not in known:
                raise GraphError.unknown_node(name, self.nodes)
        for edge in self.edges:
            if edge.start == edge.end:
                raise GraphError.self_loop(edge.start)

    @classmethod
    def of(cls, graph: "Drawable") -> "Diagram":
        """The diagram of a graph or a class; a diagram is its own.

        Raises:
            GraphError: nothing that can be drawn.
        """
        if isinstance(graph, Diagram):
            return graph
        if isinstance(graph, MarkedGraph):
            edges = (Edge(a, b, Mark(at_a), Mark(at_b)) for a, b, at_a, at_b in graph.edges)
            return cls(graph.nodes, tuple(edges))
        graph = causal_graph(graph)
        arrows = [Edge(one, other) for one, other in graph.directed]
        shared = [Edge(one, other, Mark.ARROW) for one, other in graph.bidirected]
        return cls(graph.nodes, (*arrows, *shared), graph.latent, graph.positions)

    def indices(self, names: Names) -> list[int]:
        """The numbers of nodes, each once, in the order of the diagram.

        Raises:
            GraphError: a name that the diagram does not have.
        """
        index = {name: number for number, name in enumerate(self.nodes)}
        wanted = (names,) if isinstance(names, str) else dict.fromkeys(names)
        for name in wanted:
            if name not in index:
                raise GraphError.unknown_node(name, self.nodes)
        return sorted(index[name] for name in wanted)

    def placed(self) -> dict[int, tuple[float, float]]:
        """The given positions that are finite numbers, by the number of the node."""
        index = {name: number for number, name in enumerate(self.nodes)}
        return {
            index[name]: (float(x), float(y))
            for name, (x, y) in self.positions
            if isfinite(x) and isfinite(y)
        }


#: What a picture can be made of.
Drawable = Graph | MarkedGraph | Diagram
