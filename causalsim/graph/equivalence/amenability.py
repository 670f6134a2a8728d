"""Is the effect of X on Y the same question in every member of a class, and on which nodes."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from causalsim.errors.equivalence import EquivalenceError
from causalsim.errors.graph import GraphError
from causalsim.graph.core import marks
from causalsim.graph.effects.proper import Effect, common, effect, members
from causalsim.graph.equivalence.classes import CPDAG, MPDAG
from causalsim.graph.equivalence.essential import directed_core
from causalsim.graph.equivalence.marked import Ends, MarkedEdge, Names
from causalsim.graph.equivalence.meek import Orientation
from causalsim.graph.equivalence.membership import graph_of, member_ends
from causalsim.graph.equivalence.possible import (
    Class,
    check_class,
    is_visible,
    possible_steps,
    possible_steps_back,
    reach,
    search,
    uncovered_in,
)
from causalsim.graph.graph import Graph
from causalsim.graph.notation.arrows import ARROW, CIRCLE, TAIL, quote


@dataclass(frozen=True, slots=True, eq=False)
class ClassEffect:
    """The question what X does to Y, put to all members of a class at once, on integers.

    Attributes:
        graph: The class.
        in_member: The same question in one member; what it does not decide, the masks do.
        causal: One byte a node: on a proper possibly causal path from X to Y, X left out.
        forbidden: One byte a node: possibly causal, or possibly below such a node.
        unclear: A possibly causal path whose first edge is not an arrow out of X in every
            member (or not visible); empty when there is none, that is when G is amenable.
    """

    graph: Class
    in_member: Effect
    causal: bytearray
    forbidden: bytearray
    unclear: tuple[int, ...]

    def edge(self, one: int, other: int) -> MarkedEdge:
        """The edge between two nodes."""
        nodes, ends = self.graph.nodes, self.graph.ends
        return MarkedEdge(nodes[one], nodes[other], ends[other][one], ends[one][other])

    def shown(self, path: tuple[int, ...] | list[int]) -> str:
        """A path as the notation writes it."""
        text = quote(self.graph.nodes[path[0]])
        for one, other in pairwise(path):
            text += f" {_sign(self.graph.ends, one, other)} {quote(self.graph.nodes[other])}"
        return text

    def why_forbidden(self, node: int) -> str:
        """Where a forbidden node stands to the possibly causal paths."""
        graph = self.graph
        barred, covered = marks(len(graph), self.in_member.x), uncovered_in(graph)
        steps = _prepared(_Same(graph))
        on_paths = [other for other in range(len(graph)) if self.causal[other]]
        way = search(steps.forward, on_paths, None, covered).way(node)
        on_path = way[0]
        path = search(steps.down, self.in_member.x, barred).way(on_path)
        path += search(steps.back, self.in_member.y, barred, covered).way(on_path)[::-1][1:]
        name, shown = self.graph.nodes[node], self.shown(path)
        if node == on_path:
            return f"{name} lies on the path {shown}, which may be causal."
        return (
            f"{name} may be a descendant of {self.graph.nodes[on_path]} ({self.shown(way)}), "
            f"which lies on the path {shown}, which may be causal."
        )


def class_effect(graph: Class, x: Names, y: Names) -> ClassEffect:
    """The question what X does to Y in every member of a class, checked.

    Raises:
        EquivalenceError: not a class, or a MAG or PAG with selection.
        GraphError: an unknown node, an empty or overlapping ``x`` and ``y``.
    """
    check_class(graph)
    starts, ends = graph.indices(x, "x"), graph.indices(y, "y")
    both = set(starts) & set(ends)
    if both:
        raise GraphError.overlap(graph.names(sorted(both)), "x", "y")
    _refuse_selection(graph)
    size = len(graph)
    treated = marks(size, starts)
    covered = uncovered_in(graph)
    steps = _prepared(_Same(graph))
    up = reach(steps.back, ends, treated, covered)
    down = reach(steps.down, starts, treated)
    for node in starts:
        down[node] = 0
    causal = common(down, up)
    unclear = _unclear(graph, steps, starts, ends, up)
    if unclear and isinstance(graph, CPDAG | MPDAG):
        causal = _also_causal(graph, starts, ends, causal)
    below = reach(steps.forward, members(causal), None, covered)
    member = effect(steps.member, graph.names(starts), graph.names(ends))
    return ClassEffect(graph, member, causal, below, unclear)


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """What every question to a class needs: where edges may lead, and one member.

    ``down`` leads from X to the nodes on possibly causal paths. Two possibly causal paths that
    meet need not join to one: x -- a and a -- b -> y with b -> x. But in an amenable class of DAGs
    every node that some member puts on a causal path is below X by arrows alone, and such a path
    joins any possibly causal one.
    """

    forward: list[list[int]]
    back: list[list[int]]
    down: list[list[int]]
    member: Graph


class _Same:
    """A class as the very object it is: equal ones may number their nodes otherwise."""

    __slots__ = ("graph",)

    def __init__(self, graph: Class) -> None:
        """Hold the class."""
        self.graph = graph

    def __eq__(self, other: object) -> bool:
        """Whether both hold one object."""
        return isinstance(other, _Same) and other.graph is self.graph

    def __hash__(self) -> int:
        """Consistent with equality."""
        return id(self.graph)


@lru_cache(maxsize=8)
def _prepared(same: _Same) -> _Steps:
    """The steps and the member of a class; the last few classes are kept, as they never change."""
    graph = same.graph
    member = graph_of(graph.nodes, member_ends(graph))
    forward = possible_steps(graph)
    of_dags = isinstance(graph, CPDAG | MPDAG)
    down = directed_core(graph.ends).children if of_dags else forward
    return _Steps(forward, possible_steps_back(graph), down, member)


def _also_causal(
    graph: CPDAG | MPDAG, starts: list[int], goals: list[int], causal: bytearray
) -> bytearray:
    """The nodes on possibly causal paths of a class of DAGs that is not amenable.

    Each undirected edge out of X in turn is made an arrow; then what follows is below X by arrows.
    """
    treated = marks(len(graph), starts)
    found = bytearray(causal)
    for start in starts:
        for other, mark in graph.ends[start].items():
            if treated[other] or not mark == graph.ends[other][start] == TAIL:
                continue
            state = Orientation([dict(around) for around in graph.ends])
            state.direct(start, other)
            known = MPDAG.trusted(graph.nodes, state.ends)
            down = reach(directed_core(state.ends).children, [other], treated)
            up = reach(possible_steps_back(known), goals, treated, state.ends)
            for node in members(common(down, up)):
                found[node] = 1
    return found


def _unclear(
    graph: Class, steps: _Steps, starts: list[int], goals: list[int], up: bytearray
) -> tuple[int, ...]:
    """A proper possibly causal path that does not start with a (visible) arrow, or nothing."""
    ends, of_dags = graph.ends, isinstance(graph, CPDAG | MPDAG)
    treated = marks(len(graph), starts)
    for start in starts:
        for other in steps.forward[start]:
            if treated[other] or not up[other]:
                continue
            clear = ends[other][start] == TAIL and ends[start][other] == ARROW
            if clear and (of_dags or is_visible(ends, start, other)):
                continue
            barred = bytearray(treated)
            if isinstance(graph, MPDAG):
                # The whole path counts: no later node of it may point back to its start.
                for parent, mark in ends[start].items():
                    if mark == TAIL and ends[parent][start] == ARROW:
                        barred[parent] = 1
            onward = search(steps.forward, [other], barred, uncovered_in(graph))
            for goal in goals:
                if goal in onward:
                    return (start, *onward.way(goal))
    return ()


def _refuse_selection(graph: Class) -> None:
    """Adjustment is not defined where the sample was selected."""
    if isinstance(graph, CPDAG | MPDAG):
        return
    found = [
        str(edge)
        for edge in graph.edges
        if edge.mark_one == TAIL and edge.mark_other in (TAIL, CIRCLE)
    ]
    if found:
        raise EquivalenceError.selection(found)


def _sign(ends: Ends, one: int, other: int) -> str:
    """The edge between two nodes in the direction it is read."""
    near, far = ends[other][one], ends[one][other]
    left = {TAIL: "", ARROW: "<", CIRCLE: "o"}[near]
    right = {TAIL: "", ARROW: ">", CIRCLE: "o"}[far]
    return f"{left}-{right}" if left or right else "--"
