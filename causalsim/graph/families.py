"""The moral graph without its marriages: nodes joined through the families they belong to.

In the moral (augmented) graph of a set of ancestors every district with its parents is a clique. A
clique is written here as a star round one extra vertex, the family, so that the whole has as many
edges as the graph and nothing grows quadratically. Families can never be removed; parting X from Y
in this network by removing nodes is m-separation in the graph (Richardson 2003, theorem 1).
"""

from causalsim.graph.core import Core
from causalsim.graph.parting import Parting
from causalsim.graph.proper import members

Network = list[list[int]]


def network(task: Parting) -> Network:
    """The vertices next to each: nodes 0 .. n-1, families n .. 2n-1; needed nodes are removed."""
    core, size, above = task.core, task.core.size, task.above
    found: Network = [[] for _ in range(2 * size)]
    family = _families(core, above)
    removed, starts = set(task.needed), set(task.x)
    for node in members(above):
        if node in removed:
            continue
        below = [child for child in core.children[node] if above[child]]
        if node in starts:
            below = [child for child in below if not task.barred[child]]
        joined = [family[node], *(family[child] for child in below)]
        found[node] = list(dict.fromkeys(joined)) if core.has_siblings else joined
        for vertex in found[node]:
            found[vertex].append(node)
    return found


def between(joined: Network, x: list[int], y: list[int]) -> Network:
    """The network without what cannot lie between X and Y."""
    left, right = _spread(joined, x, y), _spread(joined, y, x)
    keep = [bool(a and b) for a, b in zip(left, right, strict=True)]
    for vertex in (*x, *y):
        keep[vertex] = True
    return [
        [other for other in near if keep[other]] if kept else []
        for near, kept in zip(joined, keep, strict=True)
    ]


def _spread(joined: Network, starts: list[int], walls: list[int]) -> bytearray:
    """The vertices that can be reached without passing a wall."""
    seen = bytearray(len(joined))
    for vertex in (*starts, *walls):
        seen[vertex] = 1
    stack = list(starts)
    while stack:
        for other in joined[stack.pop()]:
            if not seen[other]:
                seen[other] = 1
                stack.append(other)
    return seen


def _families(core: Core, above: bytearray) -> list[int]:
    """The family of each node: that of the first node of its district among the ancestors."""
    family = list(range(core.size, 2 * core.size))
    if not core.has_siblings:
        return family
    seen = bytearray(core.size)
    for node in members(above):
        if seen[node]:
            continue
        seen[node] = 1
        stack = [node]
        while stack:
            for other in core.siblings[stack.pop()]:
                if above[other] and not seen[other]:
                    seen[other] = 1
                    family[other] = family[node]
                    stack.append(other)
    return family
