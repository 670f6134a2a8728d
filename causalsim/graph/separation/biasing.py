"""Which edges carry bias: those on paths from X to Y that are open and not causal."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from causalsim.graph.core import Core, marks
from causalsim.graph.graph import Graph, Names, Pair
from causalsim.graph.separation.criterion import disjoint
from causalsim.graph.separation.paths import Arrow, steps
from causalsim.graph.walk import ANCESTORS, walk

#: How many steps along paths are taken before all edges that may be on one are taken for such.
_PATIENCE = 20_000

#: A node, whether it was come to by an arrowhead, and whether by arrows out of X all the way.
_State = tuple[int, bool, bool]
#: An arrow from one node to another, or, as a pair in rising order, a ``<->``.
_Edge = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class BiasingEdges:
    """The edges on open paths that are not causal.

    Attributes:
        directed: The arrows, each as (cause, effect).
        bidirected: The pairs that share a hidden cause.
    """

    directed: tuple[Pair, ...]
    bidirected: tuple[Pair, ...]


def biasing_edges(graph: Graph, x: Names, y: Names, given: Names = ()) -> BiasingEdges:
    """The edges on proper paths from X to Y that are not causal and that Z leaves open.

    A path starts in X, ends in Y, and meets neither in between. None is left exactly when Z blocks
    all of them. Time O(nodes + edges) for the edges on open walks; the paths among these are then
    listed, and where they are very many, edges on walks are taken for edges on paths.

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        given: What is conditioned on, Z.

    Raises:
        GraphError: an unknown node, an empty ``x`` or ``y``, sets that overlap.

    >>> graph = Graph("x <- u -> y; x -> m -> y; x <-> y; u -> w")
    >>> biasing_edges(graph, "x", "y").directed
    (('u', 'x'), ('u', 'y'))
    >>> biasing_edges(graph, "x", "y", given="u")
    BiasingEdges(directed=(), bidirected=(('x', 'y'),))
    """
    starts, ends, held = disjoint(graph, x, y, given)
    found = _Open.of(graph.core, starts, ends, held).edges()
    index = {name: number for number, name in enumerate(graph.nodes)}
    return BiasingEdges(
        tuple((a, b) for a, b in graph.directed if (index[a], index[b], False) in found),
        tuple(
            (a, b) for a, b in graph.bidirected if (*sorted((index[a], index[b])), True) in found
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """The open walks that are not causal.

    Attributes:
        core: The graph.
        starts: X.
        walls: One byte a node: X, which no walk enters.
        goal: One byte a node: Y, where walks end.
        held: One byte a node: Z.
        opened: One byte a node: Z and its ancestors, at which a collider is open.
        hopeful: The states from which an open walk leads to Y.
    """

    core: Core
    starts: list[int]
    walls: bytearray
    goal: bytearray
    held: bytearray
    opened: bytearray
    hopeful: set[_State] = field(default_factory=set)

    @classmethod
    def of(cls, core: Core, starts: list[int], ends: list[int], held: list[int]) -> "_Open":
        """Search forward from X, then back from Y."""
        walls, goal = marks(core.size, starts), marks(core.size, ends)
        opened = walk(core, ANCESTORS, held).tail
        found = cls(core, starts, walls, goal, marks(core.size, held), opened)
        before: dict[_State, list[_State]] = {}
        seen: set[_State] = set()
        queue = [after for start in starts for _, after in found.first(start)]
        for state in queue:
            if state not in seen:
                seen.add(state)
                for _, after in found.onward(state):
                    before.setdefault(after, []).append(state)
                    queue.append(after)
        stack = [state for state in seen if found.arrived(state)]
        found.hopeful.update(stack)
        while stack:
            for state in before.get(stack.pop(), ()):
                if state not in found.hopeful:
                    found.hopeful.add(state)
                    stack.append(state)
        return found

    def arrived(self, state: _State) -> bool:
        """Whether a walk ends here that is not causal."""
        return bool(self.goal[state[0]]) and not state[2]

    def first(self, start: int) -> Iterator[tuple[_Edge, _State]]:
        """The first steps."""
        for arrow, other in steps(self.core, start):
            if not self.walls[other]:
                after = (other, arrow.into_next, arrow is Arrow.FORTH)
                yield _edge(start, arrow, other), after

    def onward(self, state: _State) -> Iterator[tuple[_Edge, _State]]:
        """The steps that an open walk can take next; it ends in Y."""
        node, by_head, straight = state
        if self.goal[node]:
            return
        for arrow, other in steps(self.core, node):
            collider = by_head and arrow.into_last
            passes = self.opened[node] if collider else not self.held[node]
            if passes and not self.walls[other]:
                after = (other, arrow.into_next, straight and arrow is Arrow.FORTH)
                yield _edge(node, arrow, other), after

    def edges(self) -> set[_Edge]:
        """The edges on open paths; on open walks, when it takes too long to list the paths."""
        candidates = {
            edge
            for state in self.hopeful
            for edge, after in self.onward(state)
            if after in self.hopeful
        }
        candidates.update(
            edge for one in self.starts for edge, after in self.first(one) if after in self.hopeful
        )
        found: set[_Edge] = set()
        for count, edges in enumerate(self._ways()):
            found.update(edges)
            if len(found) == len(candidates) or count > _PATIENCE:
                return candidates
        return found

    def _ways(self) -> Iterator[list[_Edge]]:
        """The edges of each open path, and nothing for each step on the way to one."""
        for start in self.starts:
            seen = bytearray(self.walls)
            way: list[tuple[_Edge, int]] = []
            waiting = [self.first(start)]
            while waiting:
                step = next(waiting[-1], None)
                if step is None:
                    waiting.pop()
                    if way:
                        seen[way.pop()[1]] = 0
                    continue
                edge, state = step
                if seen[state[0]] or state not in self.hopeful:
                    continue
                if self.goal[state[0]]:
                    yield [*(one for one, _ in way), edge]
                    continue
                seen[state[0]] = 1
                way.append((edge, state[0]))
                waiting.append(self.onward(state))
                yield []


def _edge(node: int, arrow: Arrow, other: int) -> _Edge:
    """An edge, whichever way it is passed."""
    if arrow is Arrow.BOTH:
        return min(node, other), max(node, other), True
    return (node, other, False) if arrow is Arrow.FORTH else (other, node, False)
