"""Ancestral graphs on integers: who is above whom, and which pairs no set separates."""

from collections.abc import Iterator

from causalsim.graph.equivalence.essential import directed_core
from causalsim.graph.equivalence.marked import Ends
from causalsim.graph.notation.arrows import ARROW


def ancestor_sets(ends: Ends) -> list[int]:
    """For each node its ancestors, itself included, as the bits of an integer."""
    return ancestor_bits(directed_core(ends).parents, directed_core(ends).order() or [])


def ancestor_bits(parents: list[list[int]], order: list[int]) -> list[int]:
    """For each node its ancestors, itself included, as the bits of an integer."""
    above = [1 << node for node in range(len(parents))]
    for node in order:
        for parent in parents[node]:
            above[node] |= above[parent]
    return above


def unseparable(ends: Ends, above: list[int]) -> tuple[int, int] | None:
    """The first pair without an edge that no set separates, or None.

    Such a pair is joined by a primitive inducing path: every inner node is a collider on it and
    an ancestor of one of the two (Richardson and Spirtes 2002, theorem 4.2). Colliders next to
    each other are joined by ``<->``, so only nodes around districts need to be searched.
    """
    joined = [
        [b for b, mark in around.items() if mark == ARROW and ends[b][a] == ARROW]
        for a, around in enumerate(ends)
    ]
    if not any(joined):
        return None
    for one in range(len(ends)):
        everyone = -1
        for other in sorted(set(_collider_ends(ends, joined, one, everyone))):
            if other > one and other not in ends[one]:
                allowed = above[one] | above[other]
                if other in _collider_ends(ends, joined, one, allowed):
                    return one, other
    return None


def _collider_ends(ends: Ends, joined: list[list[int]], start: int, allowed: int) -> Iterator[int]:
    """Where a path of at least two colliders from ``start``, all of them allowed, can end."""
    seen = {start}
    queue = [
        node
        for node, mark in ends[start].items()
        if mark == ARROW and joined[node] and allowed >> node & 1
    ]
    seen.update(queue)
    for node in queue:
        for other in ends[node]:
            if other != start and ends[other][node] == ARROW:
                yield other
        for other in joined[node]:
            if other not in seen and allowed >> other & 1:
                seen.add(other)
                queue.append(other)
