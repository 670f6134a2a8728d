"""The districts that a node can have when only some nodes, with their ancestors, are looked at.

Sets of nodes are bits of integers.

References:
    Richardson, "Markov properties for acyclic directed mixed graphs" (2003), section 3.1; Jeong,
    Ejaz, Tian and Bareinboim, "Testing causal models with hidden variables in polynomial delay
    via conditional independencies" (2023), section 4, where they are ancestral c-components.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from causalsim.graph.bitsets import ancestor_sets, bits, descendant_sets
from causalsim.graph.core import Core


class AncestralDistricts:
    """Which districts nodes can have in ancestral sets of earlier nodes.

    Args:
        core: The graph.
        before: For each node asked about, the nodes that count, itself included, as bits: a set
            that with a node has all its ancestors in the graph.
    """

    __slots__ = ("_above", "_before", "_below", "_parents", "_siblings")

    def __init__(self, core: Core, before: Mapping[int, int]) -> None:
        self._above = ancestor_sets(core)
        self._below = descendant_sets(core)
        self._siblings = [sum(1 << other for other in found) for found in core.siblings]
        self._parents = [sum(1 << parent for parent in found) for found in core.parents]
        self._before = before

    def of(self, node: int) -> Iterator[int]:
        """Each district that the node has in some ancestral set before it, once.

        A partition: of a district and what may not join it, the next sibling joins or may not.
        """
        return self._search(node, lambda district, barred: True)

    def parted(self, node: int) -> Iterator[tuple[int, int, int]]:
        """Each such district that leaves something out, with its blanket and what that parts off.

        The blanket is the rest of the district and its parents; what it parts from the node is
        all else in the largest ancestral set. The time between two is polynomial.
        """

        def fruitful(district: int, barred: int) -> bool:
            if self._rest(node, district):
                return True
            # A larger district leaves the node w out exactly when the smallest does whose
            # ancestral set has w.
            for w in bits(self._before[node] & ~district):
                least = self.closed(district, node, self._above[w])
                if not least & barred and not (least | self._parents_of(least)) >> w & 1:
                    return True
            return False

        for district in self._search(node, fruitful):
            rest = self._rest(node, district)
            if rest:
                yield district, (district | self._parents_of(district)) & ~(1 << node), rest

    def _search(self, node: int, fruitful: Callable[[int, int], bool]) -> Iterator[int]:
        """The districts, without the branches that bear nothing."""
        waiting = [(self.closed(1 << node, node), 0)]
        while waiting:
            district, barred = waiting.pop()
            if not fruitful(district, barred):
                continue
            outside = self._spouses(district) & self._before[node] & ~district & ~barred
            for sibling in bits(outside):
                larger = self.closed(district | 1 << sibling, node)
                if not larger & barred:
                    waiting.append((larger, barred))
                barred |= 1 << sibling
            yield district

    def _rest(self, node: int, district: int) -> int:
        """What the blanket of a district parts from the node."""
        return self.around(node, district) & ~district & ~self._parents_of(district)

    def _parents_of(self, members: int) -> int:
        """The parents of any member."""
        found = 0
        for member in bits(members):
            found |= self._parents[member]
        return found

    def around(self, node: int, district: int) -> int:
        """The largest ancestral set before a node in which this is its district."""
        found = self._before[node]
        for sibling in bits(self._spouses(district) & ~district):
            found &= ~self._below[sibling]
        return found

    def closed(self, members: int, node: int, above: int = 0) -> int:
        """The smallest district of a node in an ancestral set that has these members.

        The ancestral set also has ``above``, which must be ancestral itself.

        It is ``members`` itself exactly when some ancestral set makes these a district.
        """
        while True:
            within = above
            for member in bits(members):
                within |= self._above[member]
            district, fresh = 1 << node, 1 << node
            while fresh:
                fresh = self._spouses(fresh) & within & ~district
                district |= fresh
            if district == members:
                return district
            members |= district

    def _spouses(self, members: int) -> int:
        """The nodes that share a hidden cause with any member."""
        found = 0
        for member in bits(members):
            found |= self._siblings[member]
        return found


def earlier(order: Iterable[int]) -> dict[int, int]:
    """For each node of a causal order, the nodes up to it."""
    found: dict[int, int] = {}
    passed = 0
    for node in order:
        passed |= 1 << node
        found[node] = passed
    return found
