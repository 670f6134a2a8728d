"""Which paths lead from one set of nodes to another, and what opens or blocks each of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from causalsim.graph.core import Core, marks
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.criterion import disjoint
from causalsim.graph.walk import ANCESTORS, ANCESTORS_AVOIDING, walk


class Arrow(Enum):
    """An edge as a path passes it."""

    FORTH = "->"
    BACK = "<-"
    BOTH = "<->"

    @property
    def into_next(self) -> bool:
        """Whether it has an arrowhead at the node it leads to."""
        return self is not Arrow.BACK

    @property
    def into_last(self) -> bool:
        """Whether it has an arrowhead at the node it comes from."""
        return self is not Arrow.FORTH


class Role(Enum):
    """How the arrows of a path meet at a node."""

    CHAIN = "chain"
    FORK = "fork"
    COLLIDER = "collider"


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A node inside a path: its role there, whether it lets the path pass, and why.

    Attributes:
        node: The node.
        role: How the path's arrows meet at it.
        passes: Whether the path is open here.
        why: The reason, in words.
    """

    node: str
    role: Role
    passes: bool
    why: str

    def __str__(self) -> str:
        """The reason."""
        return self.why


@dataclass(frozen=True, slots=True)
class Path:
    """A path between two nodes, judged at each inner node given what is held.

    Attributes:
        nodes: The nodes in order; none occurs twice.
        arrows: The edges between them, one fewer.
        given: What is conditioned on.
        waypoints: The inner nodes, each with what it does to the path.
    """

    nodes: tuple[str, ...]
    arrows: tuple[Arrow, ...]
    given: tuple[str, ...]
    waypoints: tuple[Waypoint, ...]

    @property
    def open(self) -> bool:
        """Whether every inner node lets it pass."""
        return all(point.passes for point in self.waypoints)

    @property
    def causal(self) -> bool:
        """Whether every arrow points from its start to its end."""
        return all(arrow is Arrow.FORTH for arrow in self.arrows)

    @property
    def back_door(self) -> bool:
        """Whether its first arrow points into its start."""
        return self.arrows[0].into_last

    @property
    def why(self) -> str:
        """What opens it, or the nodes that block it, in words."""
        if not self.waypoints:
            return f"{self} is open: it is a single edge, with nothing on it to hold."
        blocks = [point.why for point in self.waypoints if not point.passes]
        if blocks:
            return f"{self} is blocked: {'; '.join(blocks)}."
        return f"{self} is open: {'; '.join(point.why for point in self.waypoints)}."

    def __str__(self) -> str:
        """The path as the arrow notation writes it."""
        parts = [self.nodes[0]]
        for arrow, node in zip(self.arrows, self.nodes[1:], strict=True):
            parts += [arrow.value, node]
        return " ".join(parts)


def paths(graph: Graph, x: Names, y: Names, given: Names = ()) -> Iterator[Path]:
    """Every path between X and Y, one after the other, each with what opens or blocks it.

    A path starts in X, ends in Y, and meets neither in between. Lazy: there can be exponentially
    many; the time to the next is O(n (n + m)) for n nodes and m edges. Take some with
    ``itertools.islice``; keep the open ones by ``if path.open``.

    Args:
        graph: The causal graph.
        x: One node or several.
        y: One node or several.
        given: What is conditioned on.

    Raises:
        GraphError: an unknown node, an empty ``x`` or ``y``, sets that overlap.

    >>> graph = Graph("u -> x -> m -> y <- u; m <-> y")
    >>> for path in paths(graph, "x", "y", given="m"):
    ...     print(path.why)
    x -> m -> y is blocked: m, a link of a chain, is held.
    x -> m <-> y is open: m is a collider, opened by being held.
    x <- u -> y is open: u, a common cause, is not held.
    """
    starts, ends, held = disjoint(graph, x, y, given)
    fixed = marks(len(graph), starts)

    def ahead(seen: bytearray, node: int) -> Iterator[tuple[Arrow, int]]:
        reach = _linked(graph.core, ends, seen)
        return ((arrow, other) for arrow, other in steps(graph.core, node) if reach[other])

    found = _listed(starts, marks(len(graph), ends), fixed, ahead)
    return (judged(graph, nodes, arrows, held) for nodes, arrows in found)


def causal_paths(graph: Graph, x: Names, y: Names, given: Names = ()) -> Iterator[Path]:
    """Every proper causal path from X to Y, one after the other.

    A path starts in X, follows the arrows, ends in Y, and meets neither in between. Lazy: there
    can be exponentially many; the time to the next is O(n + m).

    Args:
        graph: The causal graph.
        x: One node or several.
        y: One node or several.
        given: What is conditioned on.

    Raises:
        GraphError: an unknown node, an empty ``x`` or ``y``, sets that overlap.

    >>> [str(path) for path in causal_paths(Graph("x -> a -> y; x -> b -> y; x -> y"), "x", "y")]
    ['x -> a -> y', 'x -> b -> y', 'x -> y']
    """
    starts, ends, held = disjoint(graph, x, y, given)
    core, size = graph.core, len(graph)
    # From any ancestor of Y in which no start lies in between, every way down leads on to Y.
    above = walk(core, ANCESTORS_AVOIDING, ends, marks(size, starts)).tail

    def ahead(_: bytearray, node: int) -> Iterator[tuple[Arrow, int]]:
        return ((Arrow.FORTH, other) for other in core.children[node] if above[other])

    found = _listed(starts, marks(size, ends), marks(size, starts), ahead)
    return (judged(graph, nodes, arrows, held) for nodes, arrows in found)


def directed_path(
    graph: Graph, starts: list[int], ends: list[int], avoided: Iterable[int]
) -> Path | None:
    """A shortest directed path that meets no avoided node, or None."""
    seen, goal = marks(len(graph), [*avoided, *starts]), marks(len(graph), ends)
    came: dict[int, int] = {}
    queue = list(starts)
    for node in queue:
        if goal[node]:
            way = [node]
            while way[-1] in came:
                way.append(came[way[-1]])
            return judged(graph, way[::-1], [Arrow.FORTH] * (len(way) - 1), ())
        for child in graph.core.children[node]:
            if not seen[child]:
                seen[child] = 1
                came[child] = node
                queue.append(child)
    return None


def shortest_open_path(graph: Graph, x: Names, y: Names, given: Names = ()) -> Path | None:
    """A shortest path between X and Y that Z leaves open, or None when Z separates them.

    The path is a witness that `separated` is false. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: One node or several.
        y: One node or several.
        given: What is conditioned on, Z.

    Raises:
        GraphError: an unknown node, an empty ``x`` or ``y``, sets that overlap.

    >>> path = shortest_open_path(Graph("rain -> wet <- sprinkler; wet -> slip"),
    ...                           "rain", "sprinkler", given="slip")
    >>> print(path.why)
    rain -> wet <- sprinkler is open: wet is a collider, opened by its descendant slip.
    """
    starts, ends, held = disjoint(graph, x, y, given)
    return witness(graph, starts, ends, held)


def witness(
    graph: Graph,
    starts: Iterable[int],
    ends: Iterable[int],
    held: Iterable[int],
    barred: bytearray | None = None,
) -> Path | None:
    """A shortest open path that never returns to its starts; first steps avoid ``barred`` children.

    A shortest walk that passes colliders only where they have a held descendant is a path: were a
    node on it twice, the loop between could be cut out and the walk would still be open.
    """
    core, held = graph.core, list(held)
    opened = walk(core, ANCESTORS, held).tail
    fixed, goal = marks(core.size, held), marks(core.size, ends)
    came: dict[tuple[int, bool], tuple[tuple[int, bool] | None, Arrow | None]] = {}
    queue: list[tuple[int, bool]] = []
    first = list(starts)
    inside = marks(core.size, first)

    def enter(state: tuple[int, bool], origin: tuple[int, bool], arrow: Arrow) -> None:
        if state not in came and not inside[state[0]]:
            came[state] = (origin, arrow)
            queue.append(state)

    for node in first:
        came[node, False] = (None, None)
        for arrow, other in steps(core, node):
            if not (arrow is Arrow.FORTH and barred and barred[other]):
                enter((other, arrow.into_next), (node, False), arrow)
    for state in queue:
        node, by_head = state
        if goal[node]:
            return _retrace(graph, came, state, held)
        for arrow, other in steps(core, node):
            collider = by_head and arrow.into_last
            if opened[node] if collider else not fixed[node]:
                enter((other, arrow.into_next), state, arrow)
    return None


def steps(core: Core, node: int) -> Iterator[tuple[Arrow, int]]:
    """The edges at a node, in the order children, siblings, parents."""
    for other in core.children[node]:
        yield Arrow.FORTH, other
    for other in core.siblings[node]:
        yield Arrow.BOTH, other
    for other in core.parents[node]:
        yield Arrow.BACK, other


def _retrace(
    graph: Graph,
    came: dict[tuple[int, bool], tuple[tuple[int, bool] | None, Arrow | None]],
    state: tuple[int, bool],
    held: list[int],
) -> Path:
    """The path that led to a state."""
    nodes, arrows = [state[0]], list[Arrow]()
    origin, arrow = came[state]
    while origin is not None and arrow is not None:
        nodes.append(origin[0])
        arrows.append(arrow)
        origin, arrow = came[origin]
    return judged(graph, nodes[::-1], arrows[::-1], held)


def judged(graph: Graph, nodes: list[int], arrows: list[Arrow], held: Iterable[int]) -> Path:
    """A path with what each of its inner nodes does."""
    given = graph.names(sorted(held))
    points = (
        _waypoint(graph, graph.nodes[node], before, after, given)
        for node, before, after in zip(nodes[1:-1], arrows, arrows[1:], strict=False)
    )
    return Path(graph.names(nodes), tuple(arrows), given, tuple(points))


def _waypoint(
    graph: Graph, node: str, before: Arrow, after: Arrow, given: tuple[str, ...]
) -> Waypoint:
    """What a node does to a path that arrives and leaves by two arrows."""
    if before.into_next and after.into_last:
        if node in given:
            return Waypoint(
                node, Role.COLLIDER, True, f"{node} is a collider, opened by being held"
            )
        below = set(graph.descendants(node))
        opener = next((other for other in given if other in below), None)
        if opener is not None:
            why = f"{node} is a collider, opened by its descendant {opener}"
            return Waypoint(node, Role.COLLIDER, True, why)
        why = f"{node} is a collider, and neither it nor a descendant of it is held"
        return Waypoint(node, Role.COLLIDER, False, why)
    into = before.into_next or after.into_last
    role, name = (Role.CHAIN, "link of a chain") if into else (Role.FORK, "common cause")
    if node in given:
        return Waypoint(node, role, False, f"{node}, a {name}, is held")
    return Waypoint(node, role, True, f"{node}, a {name}, is not held")


_Ahead = Callable[[bytearray, int], Iterator[tuple[Arrow, int]]]


def _listed(
    starts: list[int], ends: bytearray, fixed: bytearray, ahead: _Ahead
) -> Iterator[tuple[list[int], list[Arrow]]]:
    """Paths by depth-first search along steps that ``ahead`` knows to lead to an end."""
    for start in starts:
        seen = bytearray(fixed)
        nodes, arrows = [start], list[Arrow]()
        waiting = [ahead(seen, start)]
        while waiting:
            arrow, other = next(waiting[-1], (None, -1))
            if arrow is None:
                waiting.pop()
                left = nodes.pop()
                seen[left] = fixed[left]
                if arrows:
                    arrows.pop()
            elif not seen[other] and ends[other]:
                yield [*nodes, other], [*arrows, arrow]
            elif not seen[other]:
                seen[other] = 1
                nodes.append(other)
                arrows.append(arrow)
                waiting.append(ahead(seen, other))


def _linked(core: Core, ends: list[int], walls: bytearray) -> bytearray:
    """The nodes linked to an end by edges of any kind without passing a wall."""
    found = marks(core.size, ends)
    stack = list(ends)
    while stack:
        node = stack.pop()
        for near in (core.children[node], core.parents[node], core.siblings[node]):
            for other in near:
                if not found[other] and not walls[other]:
                    found[other] = 1
                    stack.append(other)
    return found
