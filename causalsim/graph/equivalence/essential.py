"""The essential graph on integers: compelled arrows of a DAG, and one member of a class."""

from collections import deque

from causalsim.graph.core import Core
from causalsim.graph.equivalence.marked import Ends
from causalsim.graph.notation.arrows import ARROW, TAIL


def essential_ends(core: Core) -> Ends:
    """The CPDAG of a DAG, on integers (Chickering 1995, Order-Edges and Label-Edges).

    The incoming arrows of each node are labelled together, later nodes after earlier ones, so
    that every arrow that could compel one is labelled before it.
    """
    order = core.order()
    assert order is not None
    place = [0] * core.size
    for number, node in enumerate(order):
        place[node] = number
    compelled: list[set[int]] = [set() for _ in range(core.size)]  # the tails, for each head
    for head in order:
        _label(core, head, place, compelled)
    ends: Ends = [{} for _ in range(core.size)]
    for head in range(core.size):
        for tail in core.parents[head]:
            ends[tail][head] = ARROW if tail in compelled[head] else TAIL
            ends[head][tail] = TAIL
    return [dict(sorted(around.items())) for around in ends]


def _label(core: Core, head: int, place: list[int], compelled: list[set[int]]) -> None:
    """Decide which arrows into ``head`` are compelled (Label-Edges, for one node)."""
    tails = core.parents[head]
    if not tails:
        return
    known = set(tails)
    tail = max(tails, key=place.__getitem__)
    # A compelled w -> tail compels tail -> head, and with it all arrows into head, unless w is a
    # parent of head too; then it compels w -> head.
    if not compelled[tail] <= known:
        compelled[head] = known
        return
    compelled[head] = set(compelled[tail])
    # Another parent of head that is no parent of tail makes a collider there, or reaches tail
    # through one; then every arrow that is not labelled yet is compelled, otherwise none is.
    above = set(core.parents[tail])
    if any(other != tail and other not in above for other in tails):
        compelled[head] = known


def directed_core(ends: Ends) -> Core:
    """The arrows alone."""
    return Core.build(
        len(ends),
        (
            (tail, head)
            for tail, around in enumerate(ends)
            for head, mark in around.items()
            if mark == ARROW and ends[head][tail] == TAIL
        ),
    )


def undirected(ends: Ends) -> list[list[int]]:
    """For each node those joined to it by ``--``."""
    return [
        [b for b, mark in around.items() if mark == TAIL and ends[b][a] == TAIL]
        for a, around in enumerate(ends)
    ]


def components(adjacent: list[list[int]]) -> list[list[int]]:
    """The connected components that have at least two nodes, each in order."""
    seen = bytearray(len(adjacent))
    found: list[list[int]] = []
    for start, around in enumerate(adjacent):
        if seen[start] or not around:
            continue
        seen[start] = 1
        part = [start]
        for node in part:
            for other in adjacent[node]:
                if not seen[other]:
                    seen[other] = 1
                    part.append(other)
        found.append(sorted(part))
    return found


def cardinality_order(adjacent: list[list[int]]) -> list[int]:
    """Maximum cardinality search: always next the node with most visited neighbours.

    Of a chordal graph the order makes no new collider when each edge points forward.

    References:
        Tarjan and Yannakakis, "Simple linear-time algorithms to test chordality" (1984).
    """
    size = len(adjacent)
    visited = bytearray(size)
    weight = [0] * size
    shelves: list[list[int]] = [list(range(size - 1, -1, -1))]
    top = 0
    order: list[int] = []
    while len(order) < size:
        while not shelves[top]:
            top -= 1
        node = shelves[top].pop()
        # A node is put on a new shelf whenever its weight grows; older entries are stale.
        if visited[node] or weight[node] != top:
            continue
        visited[node] = 1
        order.append(node)
        for other in adjacent[node]:
            if not visited[other]:
                weight[other] += 1
                if weight[other] == len(shelves):
                    shelves.append([])
                shelves[weight[other]].append(other)
        top = min(top + 1, len(shelves) - 1)
    return order


def directed_by(ends: Ends, order: list[int]) -> Ends:
    """The same edges, each ``--`` pointing forward in an order."""
    place = [0] * len(ends)
    for number, node in enumerate(order):
        place[node] = number
    found: Ends = []
    for a, around in enumerate(ends):
        row = dict(around)
        for b, mark in around.items():
            if mark == TAIL and ends[b][a] == TAIL and place[a] < place[b]:
                row[b] = ARROW
        found.append(row)
    return found


def member_of_cpdag(ends: Ends) -> Ends:
    """One DAG of the class of a CPDAG, in linear time."""
    return directed_by(ends, cardinality_order(undirected(ends)))


def extension(ends: Ends) -> tuple[Ends | None, list[int]]:
    """A DAG with the same adjacencies, arrows and colliders, or None and the nodes left over.

    References:
        Dor and Tarsi, "A simple algorithm to construct a consistent extension of a partially
        oriented graph" (1992).
    """
    left: Ends = [dict(around) for around in ends]
    found: Ends = [dict(around) for around in ends]
    waiting = deque(range(len(ends)))
    queued = bytearray(b"\1") * len(ends)
    gone = bytearray(len(ends))
    while waiting:
        node = waiting.popleft()
        queued[node] = 0
        if gone[node] or not _removable(left, node):
            continue
        # Steps 2 and 3: all its undirected edges point into it; then it is taken away.
        gone[node] = 1
        for other in left[node]:
            found[other][node] = ARROW
            found[node][other] = TAIL
            del left[other][node]
            if not queued[other]:
                queued[other] = 1
                waiting.append(other)
        left[node] = {}
    rest = [node for node in range(len(ends)) if not gone[node]]
    return (None, rest) if rest else (found, [])


def _removable(left: Ends, node: int) -> bool:
    """Dor and Tarsi's step 1: a sink whose neighbours are joined to all that is adjacent to it."""
    around = left[node]
    if any(mark == ARROW for mark in around.values()):
        return False
    for other in around:
        if left[other][node] == TAIL:
            near = left[other]
            if any(third != other and third not in near for third in around):
                return False
    return True
