"""The cheapest set of vertices that parts two sides of a network, by maximum flow."""

from causalsim.graph.separation.families import Network


class _Flow:
    """Arcs with what they can still carry; arc ``a`` and its reverse ``a ^ 1`` lie side by side."""

    __slots__ = ("heads", "leaving", "rest")

    def __init__(self, size: int) -> None:
        self.leaving: list[list[int]] = [[] for _ in range(size)]
        self.heads: list[int] = []
        self.rest: list[int] = []

    def add(self, tail: int, head: int, capacity: int) -> None:
        """An arc and its reverse."""
        self.leaving[tail].append(len(self.heads))
        self.leaving[head].append(len(self.heads) + 1)
        self.heads += [head, tail]
        self.rest += [capacity, 0]


def cheapest_cut(between: Network, costs: dict[int, int]) -> list[int]:
    """The cheapest vertices that part X from Y; of all such cuts the nearest to Y.

    Menger's theorem: the cost is the greatest flow from X to Y when each vertex carries at most
    its cost. Dinic's algorithm, on the network with every vertex split in two.

    Args:
        between: The network.
        costs: What the vertices that may be removed cost; positive integers. Some set of them must
            part X from Y.

    Returns:
        The vertices of the cut, in order.

    References:
        Ford and Fulkerson, "Flows in networks" (1962); Dinic (1970).
    """
    joined, size = between.joined, len(between.joined)
    endless = sum(costs.values()) + 1
    flow = _Flow(2 * size + 2)
    source, sink = 2 * size, 2 * size + 1
    for vertex, near in enumerate(joined):
        if near:
            flow.add(2 * vertex, 2 * vertex + 1, costs.get(vertex, endless))
        for other in near:
            flow.add(2 * vertex + 1, 2 * other, endless)
    for vertex in between.x:
        flow.add(source, 2 * vertex, endless)
    for vertex in between.y:
        flow.add(2 * vertex + 1, sink, endless)
    while (level := _levels(flow, source, sink)) is not None:
        _block(flow, level, source, sink)
    after = _reaching(flow, sink)
    return [v for v in sorted(costs) if after[2 * v + 1] and not after[2 * v]]


def _levels(flow: _Flow, source: int, sink: int) -> list[int] | None:
    """The distance of each end from the source along arcs with room, or None without a way."""
    level = [-1] * len(flow.leaving)
    level[source] = 0
    queue = [source]
    for end in queue:
        if end == sink:
            return level
        for arc in flow.leaving[end]:
            head = flow.heads[arc]
            if flow.rest[arc] and level[head] < 0:
                level[head] = level[end] + 1
                queue.append(head)
    return None


def _block(flow: _Flow, level: list[int], source: int, sink: int) -> None:
    """Send flow along shortest ways until none is left (a blocking flow)."""
    following = [0] * len(flow.leaving)
    way: list[int] = []
    end = source
    while True:
        if end == sink:
            amount = min(flow.rest[arc] for arc in way)
            for arc in way:
                flow.rest[arc] -= amount
                flow.rest[arc ^ 1] += amount
            way.clear()
            end = source
        arcs = flow.leaving[end]
        while following[end] < len(arcs):
            arc = arcs[following[end]]
            if flow.rest[arc] and level[flow.heads[arc]] == level[end] + 1:
                break
            following[end] += 1
        if following[end] < len(arcs):
            way.append(arcs[following[end]])
            end = flow.heads[way[-1]]
        elif way:
            end = flow.heads[way.pop() ^ 1]
            following[end] += 1
        else:
            return


def _reaching(flow: _Flow, sink: int) -> bytearray:
    """The ends from which an arc with room still leads towards the sink."""
    seen = bytearray(len(flow.leaving))
    seen[sink] = 1
    stack = [sink]
    while stack:
        for arc in flow.leaving[stack.pop()]:
            tail = flow.heads[arc]
            if flow.rest[arc ^ 1] and not seen[tail]:
                seen[tail] = 1
                stack.append(tail)
    return seen
