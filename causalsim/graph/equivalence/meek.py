"""What follows from the arrows that are known: Meek's four orientation rules, on integers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from causalsim.graph.equivalence.marked import Ends
from causalsim.graph.notation.arrows import ARROW, TAIL

#: What each rule avoids, for the reader of an explanation.
REASONS = {
    "rule 1": "or else {0} -> {1} <- {2} would be a new collider",
    "rule 2": "or else the arrows through {0} would form a cycle",
    "rule 3": "or else {0} or {1} would make a cycle or a new collider",
    "rule 4": "or else {0} and {1} would make a cycle or a new collider",
}


#: An arrow to draw, tail and head, with its rule and the nodes of the rule's reason.
Step = tuple[int, int, str, tuple[int, ...]]


@dataclass(slots=True)
class Orientation:
    """Edges being directed: the marks so far, and why each arrow was directed.

    ``why[tail, head]`` is the rule and the nodes that its sentence in `REASONS` names.
    """

    ends: Ends
    why: dict[tuple[int, int], tuple[str, tuple[int, ...]]] = field(default_factory=dict)

    def arrow(self, tail: int, head: int) -> bool:
        """Whether ``tail -> head``."""
        return self.ends[tail].get(head) == ARROW and self.ends[head][tail] == TAIL

    def plain(self, one: int, other: int) -> bool:
        """Whether ``one -- other``."""
        return self.ends[one].get(other) == TAIL and self.ends[other][one] == TAIL

    def direct(self, tail: int, head: int, rule: str = "known", by: tuple[int, ...] = ()) -> None:
        """Direct an undirected edge, and then all that follows."""
        if not self.plain(tail, head):
            return
        self._turn(tail, head, rule, by)
        self.close([(tail, head)])

    def close(self, fresh: list[tuple[int, int]]) -> None:
        """Apply the rules until none applies; only new arrows can let a rule apply."""
        while fresh:
            tail, head = fresh.pop()
            for one, other, rule, by in [*self._follows(tail, head)]:
                if self.plain(one, other):
                    self._turn(one, other, rule, by)
                    fresh.append((one, other))

    def all_arrows(self) -> list[tuple[int, int]]:
        """Every arrow there is."""
        return [
            (a, b)
            for a, around in enumerate(self.ends)
            for b, mark in around.items()
            if mark == ARROW and self.ends[b][a] == TAIL
        ]

    def _turn(self, tail: int, head: int, rule: str, by: tuple[int, ...]) -> None:
        self.ends[tail][head] = ARROW
        self.why[tail, head] = (rule, by)

    def _follows(self, tail: int, head: int) -> Iterator[Step]:
        """The edges that the arrow ``tail -> head`` directs, with the rule."""
        ends = self.ends
        around_tail, around_head = ends[tail], ends[head]
        for other, mark in around_head.items():
            if mark == TAIL and ends[other][head] == TAIL:
                if other not in around_tail:
                    # Rule 1: tail -> head -- other, tail and other not adjacent.
                    yield head, other, "rule 1", (tail, head, other)
                elif self.arrow(other, tail):
                    # Rule 2: other -> tail -> head and other -- head.
                    yield other, head, "rule 2", (tail,)
                elif self.plain(other, tail):
                    yield from self._rule_3(other, tail, head)
                if other in around_tail:
                    yield from self._rule_4(other, tail, head)
            elif mark == ARROW and self.plain(tail, other):
                # Rule 2: tail -> head -> other and tail -- other.
                yield tail, other, "rule 2", (head,)
            if mark == ARROW and other not in around_tail:
                # Rule 4: tail -> head -> other, and a node joined to all three.
                for node in ends[other]:
                    if self.plain(node, other) and self.plain(node, tail) and node in around_head:
                        yield node, other, "rule 4", (tail, head)

    def _rule_3(self, node: int, one: int, head: int) -> Iterator[Step]:
        """Rule 3: node -- one -> head <- second -- node, one and second not adjacent."""
        ends = self.ends
        for second, mark in ends[head].items():
            if (
                mark == TAIL
                and ends[second][head] == ARROW
                and second != one
                and second not in ends[one]
                and self.plain(node, second)
            ):
                yield node, head, "rule 3", (one, second)
                return

    def _rule_4(self, node: int, middle: int, head: int) -> Iterator[Step]:
        """Rule 4: first -> middle -> head, node -- first, node -- head, first, head not joined."""
        ends = self.ends
        for first, mark in ends[middle].items():
            if (
                mark == TAIL
                and ends[first][middle] == ARROW
                and first not in ends[head]
                and self.plain(node, first)
            ):
                yield node, head, "rule 4", (first, middle)
                return
