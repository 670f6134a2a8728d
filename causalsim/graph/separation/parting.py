"""What it takes to part X from Y: the nearest and a minimal set of nodes, in linear time.

Separators and adjustment sets are the same task: both block every path that is not cut away
beforehand. For adjustment the first edges of proper causal paths are cut (``barred``) and their
nodes are not allowed.
"""

from dataclasses import dataclass

from causalsim.graph.core import Core, marks
from causalsim.graph.effects.proper import Effect, common, members
from causalsim.graph.walk import ANCESTORS, CONNECTED, Reached, walk


@dataclass(frozen=True, slots=True, eq=False)
class Parting:
    """The task to block every path from X to Y, on integers.

    Attributes:
        core: The graph.
        x: Where paths start.
        y: Where they end.
        barred: One byte a node: children that a path may not enter from X.
        needed: Nodes that every set must contain.
        above: One byte a node: X, Y, the needed nodes and their ancestors. Nothing else is of use
            (van der Zander, Liśkiewicz and Textor 2019, corollary 1).
        most: One byte a node: all that a set may contain, within ``above``.
    """

    core: Core
    x: list[int]
    y: list[int]
    barred: bytearray
    needed: list[int]
    above: bytearray
    most: bytearray

    def from_x(self, held: bytearray) -> Reached:
        """What X reaches given the held nodes."""
        return walk(self.core, CONNECTED, self.x, held, self.barred)

    def from_y(self, held: bytearray) -> Reached:
        """What Y reaches given the held nodes, where these block; no walk enters X."""
        fixed = bytearray(held)
        for node in self.x:
            fixed[node] = 1
        return walk(self.core, CONNECTED, self.y, fixed)


def parting(
    core: Core,
    x: list[int],
    y: list[int],
    needed: list[int],
    allowed: bytearray,
    barred: bytearray | None = None,
) -> Parting | None:
    """The task, or None when no allowed set parts X from Y.

    All that is allowed among the ancestors blocks whenever anything does.
    """
    above = walk(core, ANCESTORS, [*x, *y, *needed]).tail
    most = common(above, allowed)
    cut = bytearray(core.size) if barred is None else barred
    reached = walk(core, CONNECTED, x, most, cut, marks(core.size, y))
    if any(node in reached for node in y):
        return None
    return Parting(core, x, y, cut, needed, above, most)


def adjusting(question: Effect, needed: list[int], allowed: bytearray) -> Parting | None:
    """The task to block what is not causal, or None when no allowed set is valid."""
    if any(question.forbidden[node] for node in needed):
        return None
    permitted = bytearray(allowed)
    for node in members(question.forbidden):
        permitted[node] = 0
    core = question.graph.core
    return parting(core, question.x, question.y, needed, permitted, question.causal)


def nearest_to_x(task: Parting) -> list[int]:
    """The members that X reaches of all that is allowed (FINDNEARESTSEP), needed ones included."""
    return _kept(task, members(task.most), task.from_x(task.most))


def nearest_to_y(task: Parting) -> list[int]:
    """The members that Y reaches of all that is allowed, needed ones included."""
    return _kept(task, members(task.most), task.from_y(task.most))


def minimal_near_x(task: Parting) -> list[int]:
    """A minimal set as near to X as one can be (FINDMINSEP)."""
    near = nearest_to_x(task)
    return _kept(task, near, task.from_y(marks(task.core.size, near)))


def minimal_near_y(task: Parting) -> list[int]:
    """A minimal set as near to Y as one can be."""
    near = nearest_to_y(task)
    return _kept(task, near, task.from_x(marks(task.core.size, near)))


def _kept(task: Parting, found: list[int], reached: Reached) -> list[int]:
    """Of the nodes found those that are reached or needed."""
    needed = set(task.needed)
    return [node for node in found if node in reached or node in needed]
