"""The largest, a minimal and every front-door set, on integers and in linear time each.

References:
    Wienöbst, van der Zander and Liśkiewicz, "Linear-time algorithms for front-door adjustment in
    causal graphs" (2024).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from causalsim.graph.core import Core, marks
from causalsim.graph.effects.proper import common, members
from causalsim.graph.walk import ANCESTORS_AVOIDING, DESCENDANTS_AVOIDING, walk


@dataclass(frozen=True, slots=True, eq=False)
class Mediation:
    """A front-door question on integers: X, Y, the nodes that must be in a set and that may.

    No back-door path from X reaches an allowed node (condition 2).
    """

    core: Core
    x: list[int]
    y: list[int]
    needed: list[int]
    allowed: bytearray

    def largest(self, allowed: bytearray, needed: list[int]) -> bytearray | None:
        """The largest front-door set within ``allowed``, or None when there is none."""
        found = _not_confounded(self.core, self.x, self.y, allowed)
        if not all(found[node] for node in needed):
            return None
        return found if intercepts(self.core, self.x, self.y, found) else None

    def smallest(self, largest: bytearray) -> bytearray:
        """A minimal front-door set within the largest one."""
        core, size = self.core, self.core.size
        # Z_An: from these a directed path leads to Y past every other member.
        walls = marks(size, [*members(largest), *self.x])
        last = common(walk(core, ANCESTORS_AVOIDING, self.y, walls).tail, largest)
        # Z_XY: the first of them on directed paths from X.
        stops = marks(size, [*members(last), *self.needed])
        down = walk(core, DESCENDANTS_AVOIDING, self.x, stops)
        first = common(down.head, last)
        # Z_ZY: those that a back-door path from a member reaches must be members too.
        found = marks(size, [*self.needed, *members(first)])
        fixed = marks(size, self.x)
        starts = members(found)
        while starts:
            # Members are marked, so that no walk passes them; X is marked as given. A member as a
            # collider stays shut: it is no ancestor of X.
            reached = _back_doors(core, starts, fixed, last, found)
            starts = [node for node in reached if not found[node]]
            for node in starts:
                found[node] = 1
        return found

    def every(self) -> Iterator[bytearray]:
        """Each front-door set, by leaving out or taking in one node after the other."""
        start = self.largest(self.allowed, self.needed)
        stack = [] if start is None else [(start, self.needed)]
        while stack:
            most, needed = stack.pop()
            taken = marks(self.core.size, needed)
            node = next((n for n in members(most) if not taken[n]), None)
            if node is None:
                yield most
                continue
            stack.append((most, [*needed, node]))
            less = bytearray(most)
            less[node] = 0
            smaller = self.largest(less, needed)
            if smaller is not None:
                stack.append((smaller, needed))


def intercepts(core: Core, x: list[int], y: list[int], through: bytearray) -> bool:
    """Whether every directed path from X to Y passes a node of Z (condition 1)."""
    reached = walk(core, DESCENDANTS_AVOIDING, x, through, until=marks(core.size, y))
    return not any(node in reached for node in y)


def _not_confounded(core: Core, x: list[int], y: list[int], allowed: bytearray) -> bytearray:
    """The largest subset of which X blocks every back-door path to Y (condition 3).

    A walk from Y, against which the members are closed from below: arrows out of a member do not
    count as long as it is one. A member that the walk enters by an arrowhead has an open back-door
    path, is struck out, and lets the walk pass from then on, late arrivals included.
    """
    found = bytearray(allowed)
    fixed = marks(core.size, x)
    tail, head, late = (bytearray(core.size) for _ in range(3))
    stack: list[tuple[int, bool]] = []

    def by_tail(node: int) -> None:
        if found[node]:
            late[node] = 1
        elif not tail[node]:
            tail[node] = 1
            stack.append((node, False))

    def by_head(node: int) -> None:
        if not head[node]:
            head[node] = 1
            stack.append((node, True))
            if found[node]:
                found[node] = 0
                if late[node]:
                    by_tail(node)

    for node in y:
        tail[node] = head[node] = 1
    stack.extend((node, False) for node in y)
    while stack:
        for other, into in _onward(core, *stack.pop(), fixed):
            (by_head if into else by_tail)(other)
    return found


def _onward(core: Core, node: int, by_head: bool, fixed: bytearray) -> Iterator[tuple[int, bool]]:
    """Where an open walk may go from a node, and whether it arrives there by an arrowhead."""
    if bool(fixed[node]) == by_head:
        yield from ((other, False) for other in core.parents[node])
        yield from ((other, True) for other in core.siblings[node])
    if not fixed[node]:
        yield from ((other, True) for other in core.children[node])


def _back_doors(
    core: Core, starts: list[int], fixed: bytearray, stops: bytearray, walls: bytearray
) -> list[int]:
    """The stops that back-door walks from the starts come to, not passing stops or walls."""
    tail, head = bytearray(core.size), bytearray(core.size)
    stack: list[tuple[int, bool]] = []
    found: dict[int, None] = {}

    def enter(node: int, by_head: bool) -> None:
        seen = head if by_head else tail
        if seen[node] or walls[node]:
            return
        seen[node] = 1
        if stops[node]:
            found[node] = None
        else:
            stack.append((node, by_head))

    for node in starts:
        for other in core.parents[node]:
            enter(other, False)
        for other in core.siblings[node]:
            enter(other, True)
    while stack:
        for other, into in _onward(core, *stack.pop(), fixed):
            enter(other, into)
    return list(found)
