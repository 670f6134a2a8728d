"""The batch of `pair_separators`, compiled by numba; imported only when a large batch is asked for.

The same walk and the same two passes as `causalsim.graph.separation.parting`, on flat arrays.
"""

from typing import Any

import numba
import numpy as np

Array = Any  # numba types these functions itself


def _walked(
    start: int,
    goal: int,
    fixed: Array,
    above_one: Array,
    above_other: Array,
    edges: Array,
    seen: Array,
    stamp: int,
    queue: Array,
) -> int:
    """Walk from a node through the ancestors; how many states were queued, -1 at the goal."""
    parent_at, parents, child_at, children, sibling_at, siblings = edges
    size = len(fixed)
    seen[start] = stamp
    seen[size + start] = stamp
    queue[0] = start
    count, at = 1, 0
    while at < count:
        state = queue[at]
        node, by_head = state % size, state >= size
        if node == goal:
            return -1
        held = fixed[node] != 0 and at > 0
        if held == by_head:
            for k in range(parent_at[node], parent_at[node + 1]):
                other = parents[k]
                if seen[other] != stamp:
                    seen[other] = stamp
                    queue[count] = other
                    count += 1
            for k in range(sibling_at[node], sibling_at[node + 1]):
                other = siblings[k]
                if seen[size + other] != stamp and (above_one[other] or above_other[other]):
                    seen[size + other] = stamp
                    queue[count] = size + other
                    count += 1
        if not held:
            for k in range(child_at[node], child_at[node + 1]):
                other = children[k]
                if seen[size + other] != stamp and (above_one[other] or above_other[other]):
                    seen[size + other] = stamp
                    queue[count] = size + other
                    count += 1
        at += 1
    return count


walked: Any = numba.njit(cache=True)(_walked)


def _joined(one: int, edges: Array, adjacent: Array) -> None:
    """Write a node's number to every node that an edge joins it to."""
    for kind in range(3):
        begins, others = edges[2 * kind], edges[2 * kind + 1]
        for k in range(begins[one], begins[one + 1]):
            adjacent[others[k]] = one


def _gathered(
    count: int, queue: Array, allowed: Array, near: Array, members: Array, total: int
) -> int:
    """Append the allowed nodes of a walk to the members and mark them; the new total."""
    for at in range(1, count):
        node = queue[at] % len(allowed)
        if allowed[node] and not near[node]:
            near[node] = 1
            members[total] = node
            total += 1
    return total


def _pruned(begin: int, total: int, near: Array, seen: Array, stamp: int, members: Array) -> int:
    """Keep the members that a walk saw, in order, and unmark all; the new total."""
    kept = begin
    for at in range(begin, total):
        node = members[at]
        near[node] = 0
        if seen[node] == stamp or seen[len(near) + node] == stamp:
            members[kept] = node
            kept += 1
    members[begin:kept].sort()
    return kept


joined: Any = numba.njit(cache=True)(_joined)
gathered: Any = numba.njit(cache=True)(_gathered)
pruned: Any = numba.njit(cache=True)(_pruned)


def _all_pairs(edges: Array, above: Array, observed: Array, allowed: Array) -> Array:
    """A minimal separator of every observed pair without an edge, as flat arrays."""
    size = len(observed)
    seen, near = np.zeros(2 * size, np.int64), np.zeros(size, np.uint8)
    queue, stamp, total, pairs = np.zeros(2 * size + 2, np.int64), 0, 0, 0
    adjacent = np.full(size, -1, np.int64)
    most = size * (size - 1) // 2
    one_of, other_of = np.empty(most, np.int32), np.empty(most, np.int32)
    ends, exists = np.zeros(most + 1, np.int64), np.zeros(most, np.uint8)
    members = np.empty(4 * most + size, np.int32)
    for one in range(size):
        if not observed[one]:
            continue
        joined(one, edges, adjacent)
        for other in range(one + 1, size):
            if not observed[other] or adjacent[other] == one:
                continue
            if total + size > len(members):
                members = np.concatenate((members, np.empty_like(members)))
            rows = above[one], above[other]
            one_of[pairs], other_of[pairs] = one, other
            # FINDNEARESTSEP from the one; FINDMINSEP keeps of that what the other reaches.
            stamp += 2
            count = walked(one, other, allowed, *rows, edges, seen, stamp, queue)
            if count >= 0:
                exists[pairs] = 1
                begin = total
                total = gathered(count, queue, allowed, near, members, total)
                near[one] = 1
                walked(other, -1, near, *rows, edges, seen, stamp + 1, queue)
                near[one] = 0
                total = pruned(begin, total, near, seen, stamp + 1, members)
            pairs += 1
            ends[pairs] = total
    return one_of[:pairs], other_of[:pairs], ends[: pairs + 1], exists[:pairs], members[:total]


all_pairs: Any = numba.njit(cache=True)(_all_pairs)
