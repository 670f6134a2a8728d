"""The integer adjacency that every graphical criterion walks on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

Adjacency = list[list[int]]


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """Who is adjacent to whom, with nodes as the integers 0 .. size-1.

    The lists are built once and never changed. ``neighbours`` holds undirected edges, which only
    equivalence classes and ancestral graphs have. ``causal_order`` is what `order` gives.
    """

    size: int
    parents: Adjacency
    children: Adjacency
    siblings: Adjacency
    neighbours: Adjacency
    has_siblings: bool
    has_neighbours: bool
    causal_order: list[int] | None

    @classmethod
    def build(
        cls,
        size: int,
        directed: Iterable[tuple[int, int]],
        bidirected: Iterable[tuple[int, int]] = (),
        undirected: Iterable[tuple[int, int]] = (),
    ) -> "Core":
        """Adjacency lists of the given edges, in the order given."""
        parents: Adjacency = [[] for _ in range(size)]
        children: Adjacency = [[] for _ in range(size)]
        for tail, head in directed:
            parents[head].append(tail)
            children[tail].append(head)
        shared, plain = list(bidirected), list(undirected)
        return cls(
            size,
            parents,
            children,
            _mutual(size, shared),
            _mutual(size, plain),
            has_siblings=bool(shared),
            has_neighbours=bool(plain),
            causal_order=_order(parents, children),
        )

    def order(self) -> list[int] | None:
        """A topological order (Kahn 1962), or None when the arrows form a cycle."""
        return self.causal_order

    def cycle(self) -> list[int]:
        """One directed cycle, for a core that has one."""
        waiting = set(range(self.size)).difference(_released(self.parents, self.children))
        # Every node that still waits has a parent that waits: going up must come round.
        node = min(waiting)
        trail: dict[int, int] = {}
        while node not in trail:
            trail[node] = len(trail)
            node = next(parent for parent in self.parents[node] if parent in waiting)
        return list(trail)[trail[node] :][::-1]


def marks(size: int, members: Iterable[int]) -> bytearray:
    """A set of nodes as one byte a node."""
    found = bytearray(size)
    for node in members:
        found[node] = 1
    return found


def repeated(size: int, ones: list[int], others: list[int]) -> tuple[int, int] | None:
    """The first pair of nodes that stands twice, or None."""
    codes = [one * size + other for one, other in zip(ones, others, strict=True)]
    if len(set(codes)) == len(codes):
        return None
    return divmod(next(code for code, count in Counter(codes).items() if count > 1), size)


def _mutual(size: int, pairs: list[tuple[int, int]]) -> Adjacency:
    """Adjacency lists of edges without a direction; one shared empty list where there is none."""
    if not pairs:
        nothing: list[int] = []
        return [nothing] * size
    found: Adjacency = [[] for _ in range(size)]
    for one, other in pairs:
        found[one].append(other)
        found[other].append(one)
    return found


def _order(parents: Adjacency, children: Adjacency) -> list[int] | None:
    """The nodes, causes first, or None when the arrows form a cycle."""
    order = _released(parents, children)
    return order if len(order) == len(parents) else None


def _released(parents: Adjacency, children: Adjacency) -> list[int]:
    """The nodes that come free when parents go first; nodes on or below a cycle never do."""
    waiting = [len(found) for found in parents]
    ready = [node for node, count in enumerate(waiting) if not count]
    for node in ready:
        for child in children[node]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return ready
