"""Every minimal set of vertices that parts two sides of a network, one after the other."""

from collections.abc import Iterable, Iterator

from causalsim.graph.core import marks
from causalsim.graph.separation.families import Network


def minimal_cuts(between: Network) -> Iterator[list[int]]:
    """Each minimal set of allowed vertices that parts X from Y, once, nearest to X first.

    A minimal cut is known by its side, the vertices that X still reaches. From a cut S with side C
    the others are reached by pulling one vertex of S over to the side and taking the nearest cut
    again; a vertex that was tried is frozen, so that no cut comes twice. Between two cuts there
    are at most |S| such steps, each linear in the network: the delay is polynomial.

    References:
        Takata, "Space-optimal, backtracking algorithms to list the minimal vertex separators of a
        graph" (2010); van der Zander, Liśkiewicz and Textor (2019), section 4.4.
    """
    search, size = _Search(between), len(between.joined)
    side = bytearray(size)
    first = search.pulled(side, [], between.x, bytearray(size))
    if first is None:
        return
    yield first
    stack = [(side, first, bytearray(size), iter(first))]
    while stack:
        side, cut, frozen, waiting = stack[-1]
        vertex = next((v for v in waiting if not frozen[v]), None)
        if vertex is None:
            stack.pop()
            continue
        grown = bytearray(side)
        following = search.pulled(grown, [v for v in cut if v != vertex], [vertex], frozen)
        inherited = bytearray(frozen)
        frozen[vertex] = 1
        if following is not None:
            yield following
            stack.append((grown, following, inherited, iter(following)))


class _Search:
    """The network, with the far end and what may be removed."""

    __slots__ = ("allowed", "ends", "is_end", "joined")

    def __init__(self, between: Network) -> None:
        self.joined, self.ends, self.allowed = between.joined, between.y, between.allowed
        self.is_end = marks(len(between.joined), between.y)

    def pulled(
        self, side: bytearray, rest: list[int], new: Iterable[int], frozen: bytearray
    ) -> list[int] | None:
        """The cut nearest to a side grown by new vertices; the side grows in place.

        None when the side would touch the far end or a frozen vertex.
        """
        border = self._grow(side, new, frozen)
        if border is None:
            return None
        wall = bytearray(len(self.joined))
        for vertex in (*rest, *border):
            wall[vertex] = not side[vertex]
        touched = self._far_border(wall)
        inner = [v for v in dict.fromkeys((*rest, *border)) if not touched[v] and not side[v]]
        cut = [v for v in dict.fromkeys((*rest, *border)) if touched[v]]
        return cut if self._absorb(side, inner, touched, frozen) else None

    def _grow(self, side: bytearray, new: Iterable[int], frozen: bytearray) -> list[int] | None:
        """Take vertices to the side with all that cannot be removed; the vertices at its border."""
        stack, border = list(new), list[int]()
        for vertex in stack:
            if frozen[vertex] or self.is_end[vertex]:
                return None
            side[vertex] = 1
        while stack:
            for other in self.joined[stack.pop()]:
                if side[other]:
                    continue
                if self.is_end[other]:
                    return None
                if self.allowed[other]:
                    border.append(other)
                else:
                    side[other] = 1
                    stack.append(other)
        return border

    def _far_border(self, wall: bytearray) -> bytearray:
        """The wall's vertices that the far end touches."""
        seen, touched = bytearray(wall), bytearray(len(wall))
        stack = list(self.ends)
        for vertex in stack:
            seen[vertex] = 1
        while stack:
            for other in self.joined[stack.pop()]:
                if not seen[other]:
                    seen[other] = 1
                    stack.append(other)
                elif wall[other]:
                    touched[other] = 1
        return touched

    def _absorb(self, side: bytearray, inner: list[int], cut: bytearray, frozen: bytearray) -> bool:
        """Take to the side all that the cut parts from the far end; False at a frozen vertex."""
        # A frozen vertex stays in every later cut, so that only the old border can hold one.
        if any(frozen[vertex] for vertex in inner):
            return False
        stack = list(inner)
        for vertex in stack:
            side[vertex] = 1
        while stack:
            for other in self.joined[stack.pop()]:
                if not side[other] and not cut[other]:
                    side[other] = 1
                    stack.append(other)
        return True
