"""Which nodes and edges of a drawing play a role: treatment, outcome, adjusted, causal, biasing."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from causalsim.graph.core import Core
from causalsim.graph.drawing.diagram import Diagram, Mark
from causalsim.graph.graph import Graph, Names, Pair
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
    given, since which paths are open is for the caller to say.

    Attributes:
        treatment: The nodes acted upon.
        outcome: The nodes whose response is asked for.
        adjusted: The nodes conditioned on.
        biasing: Edges on open paths that are not causal, as pairs of nodes in either order.

    >>> Highlight(treatment="smoking", outcome="cancer").treatment
    ('smoking',)
    """

    treatment: tuple[str, ...]
    outcome: tuple[str, ...]
    adjusted: tuple[str, ...]
    biasing: tuple[Pair, ...]

    def __init__(
        self,
        treatment: Names = (),
        outcome: Names = (),
        adjusted: Names = (),
        biasing: Iterable[Pair] = (),
    ) -> None:
        """Name the roles; one name or several."""
        put = object.__setattr__
        put(self, "treatment", _names(treatment))
        put(self, "outcome", _names(outcome))
        put(self, "adjusted", _names(adjusted))
        put(self, "biasing", tuple((one, other) for one, other in biasing))

    @classmethod
    def of(cls, graph: Graph | Diagram) -> "Highlight":
        """The roles that the graph's own notation marks; none for a bare diagram."""
        if isinstance(graph, Diagram):
            return cls()
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
        diagram.indices(name for pair in self.biasing for name in pair)
        biasing = {frozenset(pair) for pair in self.biasing}
        causal = causal_edges(diagram, self.treatment, self.outcome)
        return [
            Path.CAUSAL
            if number in causal
            else Path.BIASING
            if frozenset((edge.start, edge.end)) in biasing
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


def _names(names: Names) -> tuple[str, ...]:
    """One name or several, as a tuple without repeats."""
    return (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))
