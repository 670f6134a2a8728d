"""How many DAGs are in a class, and a fair draw from them."""

from collections.abc import Iterator
from random import Random

from causalsim.errors.equivalence import EquivalenceError
from causalsim.graph.equivalence.classes import CPDAG, MPDAG
from causalsim.graph.equivalence.cliques import Census
from causalsim.graph.equivalence.essential import (
    components,
    directed_by,
    undirected,
)
from causalsim.graph.equivalence.marked import Ends
from causalsim.graph.equivalence.meek import Orientation
from causalsim.graph.equivalence.membership import graph_of
from causalsim.graph.graph import Graph
from causalsim.graph.notation.arrows import ARROW, TAIL


def count_members(graph: CPDAG | MPDAG, *, limit: int = 100_000) -> int:
    """How many DAGs are in the class, exactly.

    For a CPDAG in polynomial time: the product over its undirected components, each counted by
    clique-picking. With background knowledge counting is #P-hard: an MPDAG is split edge by edge
    until its parts have none, and the number of splits is limited.

    Args:
        graph: A class of DAGs.
        limit: For an MPDAG, at most so many parts to look at.

    Raises:
        EquivalenceError: not a CPDAG or MPDAG; more parts than ``limit``.

    >>> count_members(CPDAG("a -- b; b -- c; c -- d"))
    4
    >>> count_members(CPDAG("a -- b; b -- c; c -- a"))
    6

    References:
        Wienöbst, Bannach and Liśkiewicz (AAAI 2021), theorem 3; the same, "Extendability of
        causal graphical models" (UAI 2021).
    """
    _check(graph)
    return _Counter(limit).count(graph.ends)


def sample_members(graph: CPDAG | MPDAG, size: int = 1, *, seed: int) -> Iterator[Graph]:
    """DAGs drawn from a class, each member with the same probability, independently.

    Args:
        graph: A class of DAGs.
        size: How many to draw.
        seed: The same seed gives the same graphs.

    Raises:
        EquivalenceError: not a CPDAG or MPDAG, a size that is no whole number, or an MPDAG with
            too many parts to count.

    >>> [repr(graph) for graph in sample_members(CPDAG("a -- b"), 2, seed=1)]
    ["Graph('a -> b')", "Graph('a -> b')"]

    References:
        Wienöbst, Bannach and Liśkiewicz (AAAI 2021), section 6.
    """
    _check(graph)
    for name, number in (("size", size), ("seed", seed)):
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise EquivalenceError.bad_count(name, number)
    counter = _Counter()
    counter.count(graph.ends)
    return _draws(graph, counter, size, Random(seed))


def _draws(graph: CPDAG | MPDAG, counter: "_Counter", size: int, random: Random) -> Iterator[Graph]:
    """The draws, one by one."""
    for _ in range(size):
        yield graph_of(graph.nodes, counter.draw(graph.ends, random))


def _check(graph: object) -> None:
    """An error unless this is a class of DAGs."""
    if not isinstance(graph, CPDAG | MPDAG):
        raise EquivalenceError.wrong_kind(graph, "a CPDAG or an MPDAG")


class _Counter:
    """Counts of the parts met so far; a part is an undirected component with its arrows."""

    def __init__(self, limit: int = 100_000) -> None:
        self.limit = limit
        self.steps = 0
        self.known: dict[tuple[object, ...], int] = {}
        self.censuses: dict[tuple[int, ...], Census] = {}

    def count(self, ends: Ends) -> int:
        """The product over the undirected components, which are directed independently."""
        found = 1
        plain = undirected(ends)
        for part in components(plain):
            found *= self._count_part(ends, plain, part)
        return found

    def draw(self, ends: Ends, random: Random) -> Ends:
        """One member, each with the same probability."""
        while True:
            plain = undirected(ends)
            parts = components(plain)
            order: list[int] = []
            split = None
            for part in parts:
                if _arrows_within(ends, part):
                    split = part
                else:
                    order += self._census(plain, part).draw(part, random)
            inside = set(order)
            rest = [node for node in range(len(ends)) if node not in inside]
            if split is None:
                return directed_by(ends, [*order, *rest])
            # Direct one edge of a part with arrows, in proportion to what each way leaves.
            ways = _both_ways(ends, split)
            counts = [self.count(way) for way in ways]
            ends = ways[0] if random.randrange(sum(counts)) < counts[0] else ways[1]

    def _count_part(self, ends: Ends, plain: list[list[int]], part: list[int]) -> int:
        """The orientations of one undirected component."""
        arrows = _arrows_within(ends, part)
        if not arrows:
            return self._census(plain, part).counts[tuple(part)]
        key = (tuple(part), *arrows)
        if key not in self.known:
            self.steps += 1
            if self.steps > self.limit:
                raise EquivalenceError.too_many(self.limit)
            local = _induced(ends, part)
            self.known[key] = sum(self.count(way) for way in _both_ways(local, part))
        return self.known[key]

    def _census(self, plain: list[list[int]], part: list[int]) -> Census:
        """The clique-picking of a component without arrows."""
        key = tuple(part)
        if key not in self.censuses:
            self.censuses[key] = Census.of(plain, part)
        return self.censuses[key]


def _arrows_within(ends: Ends, part: list[int]) -> list[tuple[int, int]]:
    """The arrows between nodes of one undirected component; a CPDAG has none."""
    inside = set(part)
    return [(a, b) for a in part for b, mark in ends[a].items() if mark == ARROW and b in inside]


def _induced(ends: Ends, part: list[int]) -> Ends:
    """The edges within a set of nodes; every other node stands alone."""
    inside = set(part)
    return [
        {b: mark for b, mark in around.items() if b in inside} if a in inside else {}
        for a, around in enumerate(ends)
    ]


def _both_ways(ends: Ends, part: list[int]) -> list[Ends]:
    """The first undirected edge of a part directed each way, with all that follows."""
    inside = set(part)
    one, other = next(
        (a, b)
        for a in part
        for b, mark in ends[a].items()
        if mark == TAIL and ends[b][a] == TAIL and b in inside
    )
    found = []
    for tail, head in ((one, other), (other, one)):
        state = Orientation([dict(around) for around in ends])
        state.direct(tail, head)
        found.append(state.ends)
    return found
