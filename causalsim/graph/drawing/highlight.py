"""Which nodes and edges of a drawing play a role: treatment, outcome, adjusted, causal, biasing."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from causalsim.errors.drawing import DrawingError
from causalsim.graph.core import Core
from causalsim.graph.drawing.diagram import Diagram, Drawable, Edge, Mark
from causalsim.graph.graph import Graph, Names, Pair
from causalsim.graph.separation.biasing import biasing_edges
from causalsim.graph.walk import ANCESTORS_AVOIDING, DESCENDANTS_AVOIDING, walk


class Role(Enum):
    """What a node is in the question that is asked; the value is the word in the legend."""

    NONE = "other"
    TREATMENT = "treatment"
    OUTCOME = "outcome"
    ADJUSTED = "adjusted"


class Path(Enum):
    """What an edge is in the question that is asked; the value is the word in the legend."""

    NONE = "other"
    CAUSAL = "causal path"
    BIASING = "biasing path"


@dataclass(frozen=True, slots=True, init=False)
class Highlight:
    """The roles to show in a drawing.

    The edges on proper causal paths (directed paths from the treatment to the outcome that meet
    the treatment only where they begin) follow from the graph. The edges on biasing paths are
    those given; `Highlight.asked` finds them.

    Attributes:
        treatment: The nodes acted upon.
        outcome: The nodes whose response is asked for.
        adjusted: The nodes conditioned on.
        biasing: Edges on open paths that are not causal: as pairs of nodes in either order, which
            stand for all edges between the two, or as edges of the diagram.

    >>> Highlight(treatment="smoking", outcome="cancer").treatment
    ('smoking',)
    """

    treatment: tuple[str, ...]
    outcome: tuple[str, ...]
    adjusted: tuple[str, ...]
    biasing: tuple[Pair | Edge, ...]

    def __init__(
        self,
        treatment: Names = (),
        outcome: Names = (),
        adjusted: Names = (),
        biasing: Iterable[Pair | Edge] = (),
    ) -> None:
        """Name the roles; one name or several.

        Raises:
            GraphError: no names, or no edges, where some are told.
        """
        put = object.__setattr__
        put(self, "treatment", _names("treatment", treatment))
        put(self, "outcome", _names("outcome", outcome))
        put(self, "adjusted", _names("adjusted", adjusted))
        if not isinstance(biasing, Iterable):
            raise DrawingError.no_edge(biasing)
        put(self, "biasing", tuple(_edge(edge) for edge in biasing))

    @classmethod
    def asked(
        cls, graph: Graph, treatment: Names, outcome: Names, adjusted: Names = ()
    ) -> "Highlight":
        """The roles in the question what the treatment does to the outcome, with what biases it.

        Args:
            graph: The causal graph.
            treatment: The node or nodes acted upon.
            outcome: The node or nodes whose response is asked for.
            adjusted: The nodes conditioned on.

        Raises:
            GraphError: an unknown node, an empty treatment or outcome, roles that overlap.

        >>> graph = Graph("x <- u -> y; x -> y; x <- v -> y")
        >>> [edge.text for edge in Highlight.asked(graph, "x", "y", adjusted="v").biasing]
        ['u -> x', 'u -> y']
        """
        found = biasing_edges(graph, treatment, outcome, adjusted)
        arrows = (Edge(one, other) for one, other in found.directed)
        shared = (Edge(one, other, Mark.ARROW) for one, other in found.bidirected)
        return cls(treatment, outcome, adjusted, (*arrows, *shared))

    @classmethod
    def chosen(cls, graph: Drawable, highlight: "Highlight | None") -> "Highlight":
        """The roles that a caller gives, else those of the graph itself.

        Raises:
            GraphError: something else than roles.
        """
        if highlight is None:
            return cls.of(graph)
        if not isinstance(highlight, Highlight):
            raise DrawingError.no_highlight(highlight)
        return highlight

    @classmethod
    def of(cls, graph: Drawable) -> "Highlight":
        """The roles that a graph's own notation marks, with what biases; else none."""
        if not isinstance(graph, Graph):
            return cls()
        roles = (graph.exposures, graph.outcomes, graph.adjusted)
        if graph.exposures and graph.outcomes and len({*chain(*roles)}) == sum(map(len, roles)):
            return cls.asked(graph, *roles)
        return cls(graph.exposures, graph.outcomes, graph.adjusted)

    def roles(self, diagram: Diagram) -> list[Role]:
        """The role of each node; treatment before outcome before adjusted where roles overlap.

        Raises:
            GraphError: a role names a node that the diagram does not have.
        """
        found = [Role.NONE] * len(diagram.nodes)
        for role, names in (
            (Role.ADJUSTED, self.adjusted),
            (Role.OUTCOME, self.outcome),
            (Role.TREATMENT, self.treatment),
        ):
            for node in diagram.indices(names):
                found[node] = role
        return found

    def paths(self, diagram: Diagram) -> list[Path]:
        """What each edge is: on a proper causal path, on a biasing one, or neither.

        Raises:
            GraphError: a role names a node that the diagram does not have.
        """
        pairs = [pair for pair in self.biasing if not isinstance(pair, Edge)]
        edges = {edge for edge in self.biasing if isinstance(edge, Edge)}
        diagram.indices(chain(*pairs, *((edge.start, edge.end) for edge in edges)))
        between = {frozenset(pair) for pair in pairs}
        causal = causal_edges(diagram, self.treatment, self.outcome)
        return [
            Path.CAUSAL
            if number in causal
            else Path.BIASING
            if edge in edges or frozenset((edge.start, edge.end)) in between
            else Path.NONE
            for number, edge in enumerate(diagram.edges)
        ]


def causal_edges(diagram: Diagram, treatment: Names, outcome: Names) -> frozenset[int]:
    """The numbers of the edges on proper causal paths from treatment to outcome.

    An arrow u -> v lies on one exactly when u is reached from the treatment, and the outcome from
    v, without entering the treatment again.

    >>> diagram = Diagram.of(Graph("x -> m -> y; x -> y; z -> y; m -> n"))
    >>> [diagram.edges[number].text for number in sorted(causal_edges(diagram, "x", "y"))]
    ['x -> m', 'm -> y', 'x -> y']

    References:
        Shpitser, VanderWeele and Robins, "On the validity of covariate adjustment for estimating
        causal effects" (2010), for proper causal paths.
    """
    index = {name: number for number, name in enumerate(diagram.nodes)}
    arrows: dict[int, tuple[int, int]] = {}
    for number, edge in enumerate(diagram.edges):
        if (edge.at_start, edge.at_end) == (Mark.TAIL, Mark.ARROW):
            arrows[number] = (index[edge.start], index[edge.end])
        elif (edge.at_start, edge.at_end) == (Mark.ARROW, Mark.TAIL):
            arrows[number] = (index[edge.end], index[edge.start])
    starts, goals = diagram.indices(treatment), diagram.indices(outcome)
    core = Core.build(len(index), arrows.values())
    barrier = bytearray(len(index))
    for node in starts:
        barrier[node] = 1
    after = walk(core, DESCENDANTS_AVOIDING, starts, barrier)
    before = walk(core, ANCESTORS_AVOIDING, [g for g in goals if not barrier[g]], barrier)
    return frozenset(
        number
        for number, (one, other) in arrows.items()
        if one in after and other in before and not barrier[other]
    )


def _names(role: str, names: Names) -> tuple[str, ...]:
    """One name or several, as a tuple without repeats."""
    try:
        return (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))
    except TypeError:
        raise DrawingError.no_names(role, names) from None


def _edge(found: Pair | Edge) -> Pair | Edge:
    """A biasing edge, checked."""
    if isinstance(found, Edge):
        return found
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise DrawingError.no_edge(found)
    return found[0], found[1]
