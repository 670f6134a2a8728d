"""The largest number of disjoint routes through a network whose edges each carry one."""

from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(slots=True)
class UnitFlow:
    """A network of unit edges, grown edge by edge, and the flow through it."""

    edges: dict[int, dict[int, int]] = field(default_factory=dict)
    names: dict[object, int] = field(default_factory=dict)

    def node(self, name: object) -> int:
        """The number of a node, made when it is new."""
        if name not in self.names:
            self.names[name] = len(self.names)
            self.edges[self.names[name]] = {}
        return self.names[name]

    def join(self, tail: object, head: object, capacity: int = 1) -> None:
        """An edge."""
        a, b = self.node(tail), self.node(head)
        self.edges[a][b] = capacity
        self.edges[b].setdefault(a, 0)

    def run(self, source: object, sink: object) -> int:
        """The largest flow (Ford and Fulkerson, by breadth-first augmentation)."""
        start, end = self.node(source), self.node(sink)
        count = 0
        while (route := self._route(start, end)) is not None:
            for tail, head in pairwise(route):
                self.edges[tail][head] -= 1
                self.edges[head][tail] += 1
            count += 1
        return count

    def used(self, tail: object, head: object) -> bool:
        """Whether an edge of capacity one carries flow."""
        return self.edges[self.node(tail)][self.node(head)] == 0

    def _route(self, start: int, end: int) -> list[int] | None:
        """A shortest way along edges with room."""
        came = {start: start}
        queue = [start]
        for node in queue:
            for other, room in self.edges[node].items():
                if room and other not in came:
                    came[other] = node
                    queue.append(other)
                    if other == end:
                        route = [end]
                        while route[-1] != start:
                            route.append(came[route[-1]])
                        return route[::-1]
        return None
