"""The moral graph without its marriages: nodes joined through the families they belong to.

In the moral (augmented) graph of a set of ancestors every district with its parents is a clique. A
clique is written here as a star round one extra vertex, the family, so that the whole has as many
edges as the graph and nothing grows quadratically. Families can never be removed; parting X from Y
in this network by removing nodes is m-separation in the graph (Richardson 2003, theorem 1).
"""

from dataclasses import dataclass

from causalsim.graph.core import Core, marks
from causalsim.graph.effects.proper import members
from causalsim.graph.separation.parting import Parting


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The part of the families between X and Y.

    Attributes:
        nodes: The node that each vertex 0 .. len(nodes) - 1 stands for; the others are families.
        joined: The vertices next to each vertex.
        x: The vertices of X.
        y: The vertices of Y.
        allowed: One byte a vertex: whether it may be removed.
    """

    nodes: list[int]
    joined: list[list[int]]
    x: list[int]
    y: list[int]
    allowed: bytearray


def network(task: Parting) -> Network:
    """The families of the nodes that matter to a task; needed nodes are removed beforehand."""
    core, above = task.core, bytearray(task.above)
    family = _families(core, above)
    for node in task.needed:
        above[node] = 0
    nodes = members(above)
    vertex = {node: number for number, node in enumerate(nodes)}
    count = len(nodes)
    hub = {found: count + number for number, found in enumerate(dict.fromkeys(family.values()))}
    joined: list[list[int]] = [[] for _ in range(count + len(hub))]
    starts = marks(core.size, task.x)
    for node in nodes:
        own = [node, *core.children[node]]
        if starts[node]:
            own = [child for child in own if not task.barred[child]]
        hubs = dict.fromkeys(hub[family[other]] for other in own if other in family)
        number = vertex[node]
        joined[number] = list(hubs)
        for found in hubs:
            joined[found].append(number)
    x, y = [vertex[node] for node in task.x], [vertex[node] for node in task.y]
    allowed = marks(len(joined), (vertex[node] for node in nodes if task.most[node]))
    return Network(nodes, _between(joined, x, y), x, y, allowed)


def _between(joined: list[list[int]], x: list[int], y: list[int]) -> list[list[int]]:
    """Without what cannot lie between X and Y."""
    left, right = _spread(joined, x, y), _spread(joined, y, x)
    keep = [bool(a and b) for a, b in zip(left, right, strict=True)]
    return [
        [other for other in near if keep[other]] if kept else []
        for near, kept in zip(joined, keep, strict=True)
    ]


def _spread(joined: list[list[int]], starts: list[int], walls: list[int]) -> bytearray:
    """The vertices that can be reached without passing a wall, starts and walls included."""
    seen = marks(len(joined), (*starts, *walls))
    stack = list(starts)
    while stack:
        for other in joined[stack.pop()]:
            if not seen[other]:
                seen[other] = 1
                stack.append(other)
    return seen


def _families(core: Core, above: bytearray) -> dict[int, int]:
    """The family of each node above: the first node of its district there."""
    family: dict[int, int] = {}
    for node in members(above):
        if node in family:
            continue
        family[node] = node
        stack = [node] if core.has_siblings else []
        while stack:
            for other in core.siblings[stack.pop()]:
                if above[other] and other not in family:
                    family[other] = node
                    stack.append(other)
    return family
