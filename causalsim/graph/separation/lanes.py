"""All partners of one node at once: a walk for each, side by side in the bits of integers.

The walks for the pairs (one, other) differ in where they end and in which ancestors count, but
follow the same edges. So each state of `causalsim.graph.walk` holds one integer whose bit (lane)
for each partner says whether the walk of that pair came there, and an edge is followed by all
walks in one operation on integers.
"""

from dataclasses import dataclass
from typing import NamedTuple

from causalsim.graph.core import Core
from causalsim.graph.walk import ANCESTORS, walk


class Separated(NamedTuple):
    """The pairs of one node, as lanes.

    Attributes:
        partners: The pairs that no edge joins.
        exists: Of these the pairs that some allowed set separates.
        members: For each node of a minimal separator the pairs whose separator it is in.
    """

    partners: int
    exists: int
    members: dict[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """A graph prepared for walks side by side.

    The lane of node k is bit ``size - 1 - k``, so that the later nodes' integers are short.

    Attributes:
        core: The graph.
        near: For each node the lanes of the nodes that an edge joins it to.
        above: For each node one byte a node: its ancestors, itself included.
        below: For each node the lanes of its descendants, itself included.
        from_below: For each node the lanes of its children.
        from_above: For each node the lanes of its parents and siblings.
    """

    core: Core
    near: list[int]
    above: list[bytearray]
    below: list[int]
    from_below: list[int]
    from_above: list[int]

    @classmethod
    def of(cls, core: Core) -> "Lanes":
        """Prepare an acyclic graph; time O(nodes (nodes + edges))."""
        order = core.order() or []
        size = core.size
        lane = [1 << size - 1 - node for node in range(size)]
        from_below = [sum(lane[n] for n in found) for found in core.children]
        from_above = [
            sum(lane[n] for n in {*up, *beside})
            for up, beside in zip(core.parents, core.siblings, strict=True)
        ]
        below = list(lane)
        for node in reversed(order):
            for child in core.children[node]:
                below[node] |= below[child]
        return cls(
            core,
            [down | up for down, up in zip(from_below, from_above, strict=True)],
            [walk(core, ANCESTORS, [node]).tail for node in range(size)],
            below,
            from_below,
            from_above,
        )

    def separated(self, one: int, partners: int, allowed: bytearray) -> Separated:
        """A minimal separator, near to the first node, for it and each partner it is not joined to.

        References:
            van der Zander and Liśkiewicz, "Finding minimal d-separators in linear time and
            applications" (2020): FINDNEARESTSEP from the one node, of which FINDMINSEP keeps what
            the other reaches.
        """
        size, above = self.core.size, self.above[one]
        lanes = partners & ~self.near[one]
        # Only the ancestors of the pair count: a node's lanes are the pairs it is an ancestor in.
        within = [lanes if above[n] else lanes & self.below[n] for n in range(size)]
        tails, heads = [0] * size, [0] * size
        for node in self.core.parents[one]:
            tails[node] = lanes
        for node in (*self.core.children[one], *self.core.siblings[one]):
            heads[node] = within[node]
        spread(self.core, tails, heads, [lanes if found else 0 for found in allowed], within)
        reached = {n: tails[n] | heads[n] for n in range(size) if tails[n] or heads[n]}
        joined = sum(found & 1 << size - 1 - n for n, found in reached.items())
        exists = lanes & ~joined
        nearest = {
            node: found & exists
            for node, found in reached.items()
            if allowed[node] and node != one and found & exists
        }
        return Separated(lanes, exists, self._kept(one, nearest, within))

    def _kept(self, one: int, nearest: dict[int, int], within: list[int]) -> dict[int, int]:
        """Of the members of each pair's nearest separator those that its other node reaches."""
        lanes = 0
        for found in nearest.values():
            lanes |= found
        if not lanes:
            return {}
        held = [0] * self.core.size
        for node, found in nearest.items():
            held[node] = found
        held[one] = lanes
        tails = [found & lanes for found in self.from_below]
        heads = [
            found & inside & lanes for found, inside in zip(self.from_above, within, strict=True)
        ]
        spread(self.core, tails, heads, held, within)
        kept = {node: found & (tails[node] | heads[node]) for node, found in nearest.items()}
        return {node: found for node, found in kept.items() if found}


def spread(
    core: Core, tails: list[int], heads: list[int], held: list[int], within: list[int]
) -> None:
    """Walk on in all lanes until nothing new is reached, up and down the causal order in turn.

    The gates are those of `causalsim.graph.walk.CONNECTED`, with a held node being a marked one.
    Only a collider that is held leads up again.

    Args:
        core: An acyclic graph.
        tails: For each node the lanes that came to it by a tail; added to.
        heads: For each node the lanes that came to it by an arrowhead; added to.
        held: For each node the lanes in which it is held.
        within: For each node the lanes in which it may be entered by an arrowhead.
    """
    order, size = core.order() or [], core.size
    backward = order[::-1]
    risen, fallen = [0] * size, [0] * size
    turned = True
    while turned:
        turned = False
        for node in backward:
            up = (tails[node] & ~held[node]) | (heads[node] & held[node])
            if up != risen[node]:
                risen[node] = up
                for other in core.parents[node]:
                    tails[other] |= up
                for other in core.siblings[node]:
                    new = up & within[other] & ~heads[other]
                    if new:
                        heads[other] |= new
                        turned = turned or bool(new & held[other])
        for node in order:
            down = (tails[node] | heads[node]) & ~held[node]
            if down != fallen[node]:
                fallen[node] = down
                for other in core.children[node]:
                    new = down & within[other] & ~heads[other]
                    if new:
                        heads[other] |= new
                        turned = turned or bool(new & held[other])
