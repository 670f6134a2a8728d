"""What may cause what in some member of a class, and which arrows exclude a hidden cause."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from causalsim.errors.equivalence import EquivalenceError
from causalsim.graph.equivalence.classes import CPDAG, MAG, MPDAG, PAG
from causalsim.graph.equivalence.marked import Ends, Names
from causalsim.graph.equivalence.uncovered import is_potentially_directed
from causalsim.graph.notation.arrows import ARROW, TAIL

Class = CPDAG | MPDAG | MAG | PAG
State = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Trails:
    """Where a search came, and by which way.

    A state is (the node before, the node); the node before is -1 where it does not matter.
    """

    came: dict[State, State | None]
    found: dict[int, State]

    def __contains__(self, node: int) -> bool:
        """Whether the search came to this node."""
        return node in self.found

    def marks(self, size: int) -> bytearray:
        """The nodes found as one byte a node."""
        found = bytearray(size)
        for node in self.found:
            found[node] = 1
        return found

    def way(self, node: int) -> list[int]:
        """A shortest way from a start to a node, both included."""
        state: State | None = self.found[node]
        nodes: list[int] = []
        while state is not None:
            nodes.append(state[1])
            state = self.came[state]
        return nodes[::-1]


def search(
    steps: list[list[int]],
    starts: Iterable[int],
    barred: bytearray | None = None,
    uncovered: Ends | None = None,
) -> Trails:
    """Follow steps from some nodes, never into a barred one.

    Args:
        steps: For each node where it leads.
        starts: Where to begin; these may be barred.
        barred: One byte a node.
        uncovered: The edges, when nodes two steps apart may not be adjacent; an MPDAG needs this,
            in the other classes it changes nothing.
    """
    came: dict[State, State | None] = {}
    found: dict[int, State] = {}
    queue: list[State] = []
    for node in starts:
        state = (-1, node)
        if state not in came:
            came[state] = None
            found[node] = state
            queue.append(state)
    for state in queue:
        before, node = state
        for other in steps[node]:
            if barred is not None and barred[other]:
                continue
            if uncovered is not None and before >= 0:
                if other == before or other in uncovered[before]:
                    continue
            elif uncovered is None and other in found:
                continue
            following = (node if uncovered is not None else -1, other)
            if following not in came:
                came[following] = state
                found.setdefault(other, following)
                queue.append(following)
    return Trails(came, found)


def reach(
    steps: list[list[int]],
    starts: Iterable[int],
    barred: bytearray | None = None,
    uncovered: Ends | None = None,
) -> bytearray:
    """Where `search` comes, as one byte a node; faster where the way does not matter."""
    if uncovered is not None:
        return search(steps, starts, barred, uncovered).marks(len(steps))
    # A barred node counts as seen until the end.
    seen = bytearray(len(steps)) if barred is None else bytearray(barred)
    found = bytearray(len(steps))
    stack = list(starts)
    for node in stack:
        seen[node] = found[node] = 1
    while stack:
        for other in steps[stack.pop()]:
            if not seen[other]:
                seen[other] = found[other] = 1
                stack.append(other)
    return found


def possible_steps(graph: Class) -> list[list[int]]:
    """For each node those that it points to in some member."""
    return _steps(graph, lambda one, other: (one, other))


def possible_steps_back(graph: Class) -> list[list[int]]:
    """For each node those that point to it in some member."""
    return _steps(graph, lambda one, other: (other, one))


def uncovered_in(graph: Class) -> Ends | None:
    """The edges, for a class in which possibly causal paths must be searched uncovered."""
    return graph.ends if isinstance(graph, MPDAG) else None


def possible_descendants(graph: Class, nodes: Names) -> tuple[str, ...]:
    """The nodes that some of ``nodes`` causes in some member of the class, those included.

    They are reached by a possibly causal path: no arrow on it points back to the start. Time is
    linear in the edges; for an MPDAG in the pairs of edges that meet.

    Args:
        graph: The class.
        nodes: One node or several.

    Raises:
        EquivalenceError: not a class.
        GraphError: an unknown node.

    >>> possible_descendants(CPDAG("a -- b; b -- c"), "b")
    ('a', 'b', 'c')
    >>> possible_descendants(MPDAG("a -> b; b -> c"), "b")
    ('b', 'c')

    References:
        Zhang, "Causal reasoning with ancestral graphs" (JMLR 2008), lemma 2; Perković, Kalisch
        and Maathuis (UAI 2017), lemma 3.6.
    """
    check_class(graph)
    return _closure(graph, nodes, possible_steps(graph))


def possible_ancestors(graph: Class, nodes: Names) -> tuple[str, ...]:
    """The nodes that cause some of ``nodes`` in some member of the class, those included.

    Args:
        graph: The class.
        nodes: One node or several.

    Raises:
        EquivalenceError: not a class.
        GraphError: an unknown node.

    >>> possible_ancestors(PAG("a o-> c <-o b; c -> d"), "d")
    ('a', 'c', 'b', 'd')

    References:
        Zhang (JMLR 2008), lemma 2; Perković, Kalisch and Maathuis (UAI 2017), lemma 3.6.
    """
    check_class(graph)
    return _closure(graph, nodes, possible_steps_back(graph))


def visible_edges(graph: MAG | PAG) -> tuple[tuple[str, str], ...]:
    """The arrows whose two ends share no hidden cause in any graph of the class.

    ``a -> b`` is visible when some c, not adjacent to b, has an edge into a, or a path of
    colliders into a each of which is a parent of b: a hidden cause of a and b would join c and b.

    Args:
        graph: A MAG or PAG.

    Raises:
        EquivalenceError: neither a MAG nor a PAG.

    >>> visible_edges(MAG("c -> a -> b"))
    (('a', 'b'),)

    References:
        Zhang, "Causal reasoning with ancestral graphs" (JMLR 2008), definition 8 and lemma 9.
    """
    if not isinstance(graph, MAG | PAG):
        raise EquivalenceError.wrong_kind(graph, "a MAG or a PAG")
    ends = graph.ends
    return tuple(
        (graph.nodes[a], graph.nodes[b])
        for a, around in enumerate(ends)
        for b, mark in around.items()
        if mark == ARROW and ends[b][a] == TAIL and is_visible(ends, a, b)
    )


def is_visible(ends: Ends, tail: int, head: int) -> bool:
    """Whether an arrow excludes a hidden cause of its two ends."""
    seen = {tail, head}
    queue = [tail]
    for node in queue:
        for other in ends[node]:
            if other in seen or ends[other][node] != ARROW:
                continue
            if other not in ends[head]:
                return True
            if (
                ends[node][other] == ARROW
                and ends[other][head] == ARROW
                and ends[head][other] == TAIL
            ):
                seen.add(other)
                queue.append(other)
    return False


def check_class(graph: object) -> None:
    """An error unless this is an equivalence class."""
    if not isinstance(graph, CPDAG | MPDAG | MAG | PAG):
        raise EquivalenceError.wrong_kind(graph, "a CPDAG, MPDAG, MAG or PAG")


def _steps(graph: Class, turn: Callable[[int, int], tuple[int, int]]) -> list[list[int]]:
    """The steps that are possible in some member, forward or back."""
    ends = graph.ends
    of_dags = isinstance(graph, CPDAG | MPDAG)
    found: list[list[int]] = [[] for _ in ends]
    for one, around in enumerate(ends):
        for other in around:
            # In a class of DAGs ``--`` may be an arrow either way; in a MAG or PAG it is none.
            if ends[other][one] == TAIL if of_dags else is_potentially_directed(ends, one, other):
                start, end = turn(one, other)
                found[start].append(end)
    return found


def _closure(graph: Class, nodes: Names, steps: list[list[int]]) -> tuple[str, ...]:
    """The nodes found, in order."""
    found = reach(steps, graph.indices(nodes), uncovered=uncovered_in(graph))
    return graph.names(node for node in range(len(graph)) if found[node])
