"""The one walk: each graphical criterion is a small table of which step may follow which.

A walk is at a node, having arrived by the tail or by the head of an edge. Whether it may go on to
a parent, a child, a sibling (``<->``) or a neighbour (``--``) depends only on how it arrived and on
whether the node is marked. So a criterion is a table of gates, and one linear-time closure over the
states (node, arrived by tail or head) reads every one of them. A path criterion becomes a walk
criterion because a walk may go down to a marked descendant of a collider, turn, and come back.

References:
    Shachter, "Bayes-Ball" (1998), theorem 1; van der Zander, Liśkiewicz and Textor, "Separators
    and adjustment sets in causal graphs" (Artificial Intelligence 270, 2019); Wienöbst, Weichwald
    and Henckel, "Linear-time primitives for algorithm development in graphical causal inference"
    (2025), for criteria written as tables of rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from causalsim.graph.core import Adjacency, Core


class Gate(Enum):
    """When a step may be taken, given whether the node it leaves is marked."""

    NEVER = (False, False)
    ALWAYS = (True, True)
    UNMARKED = (True, False)
    MARKED = (False, True)


@dataclass(frozen=True, slots=True)
class Steps:
    """The gate of each step that leaves a node."""

    parent: Gate = Gate.NEVER
    child: Gate = Gate.NEVER
    sibling: Gate = Gate.NEVER
    neighbour: Gate = Gate.NEVER


@dataclass(frozen=True, slots=True)
class Rules:
    """One graphical criterion: the steps open at the start, after a tail, and after a head."""

    start: Steps
    tail: Steps
    head: Steps


_ANY = Steps(Gate.ALWAYS, Gate.ALWAYS, Gate.ALWAYS, Gate.ALWAYS)
_UNMARKED = Steps(Gate.UNMARKED, Gate.UNMARKED, Gate.UNMARKED, Gate.UNMARKED)

#: m-connection given the marked nodes: a chain or fork passes where unmarked, a collider where
#: marked (a collider with a marked descendant is passed by walking down to it and back).
CONNECTED = Rules(
    start=_ANY,
    tail=_UNMARKED,
    head=Steps(Gate.MARKED, Gate.UNMARKED, Gate.MARKED, Gate.UNMARKED),
)
#: The same, with only back-door starts: the first edge points into the start.
BACK_DOOR = Rules(
    start=Steps(parent=Gate.ALWAYS, sibling=Gate.ALWAYS),
    tail=CONNECTED.tail,
    head=CONNECTED.head,
)
#: Against the arrows.
ANCESTORS = Rules(Steps(parent=Gate.ALWAYS), Steps(parent=Gate.ALWAYS), Steps())
#: Along the arrows.
DESCENDANTS = Rules(Steps(child=Gate.ALWAYS), Steps(), Steps(child=Gate.ALWAYS))
#: Against the arrows, not through marked nodes (a marked node is reached, not left).
ANCESTORS_AVOIDING = Rules(Steps(parent=Gate.ALWAYS), Steps(parent=Gate.UNMARKED), Steps())
#: Along the arrows, not through marked nodes.
DESCENDANTS_AVOIDING = Rules(Steps(child=Gate.ALWAYS), Steps(), Steps(child=Gate.UNMARKED))
#: Along bidirected edges.
DISTRICT = Rules(Steps(sibling=Gate.ALWAYS), Steps(), Steps(sibling=Gate.ALWAYS))


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """The states a walk reached: one byte a node, by tail and by head; starts count as both."""

    tail: bytearray
    head: bytearray

    def nodes(self) -> list[int]:
        """The nodes reached by either, in order."""
        return [
            node for node, state in enumerate(zip(self.tail, self.head, strict=True)) if any(state)
        ]

    def __contains__(self, node: int) -> bool:
        """Whether the walk came to this node."""
        return bool(self.tail[node] or self.head[node])


_Move = tuple[Adjacency, bytearray, list[int]]


def walk(
    core: Core,
    rules: Rules,
    starts: Iterable[int],
    marked: bytearray | None = None,
    barred: bytearray | None = None,
    until: bytearray | None = None,
) -> Reached:
    """Every state that a walk under ``rules`` comes to, in time O(nodes + edges).

    A walk never re-enters a start: what it could reach from there it reaches by starting there.

    Args:
        core: The graph.
        rules: The criterion.
        starts: Nodes where walks begin.
        marked: One byte a node, read by the gates; none marked by default.
        barred: One byte a node: nodes that a *first* step to a child may not enter. This cuts the
            first edges of proper causal paths, so that the proper back-door graph need not be
            built.
        until: One byte a node: the walk stops as soon as it comes to one of these, and what it
            has reached is then incomplete.
    """
    marked = bytearray(core.size) if marked is None else marked
    goal = bytearray(core.size) if until is None else until
    tails: list[int] = []
    heads: list[int] = []
    reached = Reached(bytearray(core.size), bytearray(core.size))
    first, after_tail, after_head = (
        _moves(core, steps, reached, tails, heads)
        for steps in (rules.start, rules.tail, rules.head)
    )
    _begin(core, list(starts), first, marked, barred, reached)
    while tails or heads:
        if heads:
            node = heads.pop()
            moves = after_head[marked[node]]
        else:
            node = tails.pop()
            moves = after_tail[marked[node]]
        if goal[node]:
            break
        for adjacency, seen, stack in moves:
            for other in adjacency[node]:
                if not seen[other]:
                    seen[other] = 1
                    stack.append(other)
    return reached


def _moves(
    core: Core, steps: Steps, reached: Reached, tails: list[int], heads: list[int]
) -> tuple[list[_Move], list[_Move]]:
    """The adjacency lists to follow from an unmarked and from a marked node."""
    by_tail, by_head = (reached.tail, tails), (reached.head, heads)
    moves: list[tuple[Gate, _Move]] = [
        (steps.parent, (core.parents, *by_tail)),
        (steps.child, (core.children, *by_head)),
    ]
    if core.has_siblings:
        moves.append((steps.sibling, (core.siblings, *by_head)))
    if core.has_neighbours:
        moves.append((steps.neighbour, (core.neighbours, *by_tail)))
    unmarked, marked = ([move for gate, move in moves if gate.value[mark]] for mark in (0, 1))
    return unmarked, marked


def _begin(
    core: Core,
    starts: list[int],
    first: tuple[list[_Move], list[_Move]],
    marked: bytearray,
    barred: bytearray | None,
    reached: Reached,
) -> None:
    """The first step from every start; starts count as reached and are not re-entered."""
    for node in starts:
        reached.tail[node] = reached.head[node] = 1
    for node in starts:
        for adjacency, seen, stack in first[marked[node]]:
            skip = barred if adjacency is core.children else None
            for other in adjacency[node]:
                if not seen[other] and not (skip and skip[other]):
                    seen[other] = 1
                    stack.append(other)
