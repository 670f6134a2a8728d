"""Paths that orientation rules ask for: uncovered, potentially directed, discriminating.

A path is uncovered when nodes two steps apart on it are not adjacent. Such paths are searched by
their last edge, which takes polynomial time and needs no list of paths.
"""

from collections.abc import Iterator

from causalsim.graph.equivalence.marked import Ends
from causalsim.graph.notation.arrows import ARROW, CIRCLE, TAIL


def first_steps(ends: Ends, alpha: int, gamma: int) -> Iterator[int]:
    """Where a potentially directed path from alpha that avoids gamma can go first."""
    for beta in ends[alpha]:
        if beta != gamma and is_potentially_directed(ends, alpha, beta):
            yield beta


def is_potentially_directed(ends: Ends, one: int, other: int) -> bool:
    """Whether an edge is neither into ``one`` nor out of ``other``."""
    return ends[other][one] != ARROW and ends[one][other] != TAIL


def leads_uncovered(ends: Ends, alpha: int, beta: int, barred: int = -1) -> set[int]:
    """Where the uncovered potentially directed paths that begin alpha, beta can end.

    The search never turns back on an edge. It then finds paths alone: some member has ``->`` for
    every edge of an uncovered potentially directed walk, which therefore meets no node twice.
    """
    seen = {(alpha, beta)}
    queue = [(alpha, beta)]
    for before, node in queue:
        for other in ends[node]:
            if (
                other not in (alpha, before, barred)
                and other not in ends[before]
                and (node, other) not in seen
                and is_potentially_directed(ends, node, other)
            ):
                seen.add((node, other))
                queue.append((node, other))
    return {node for _, node in queue}


def circle_path(ends: Ends, alpha: int, beta: int) -> list[int]:
    """An uncovered path of circle edges from alpha to beta that closes a ring with their edge.

    The first inner node is not adjacent to beta, the last one not adjacent to alpha. Empty when
    there is none. A closed walk that meets a node twice, but never turns back on an edge, says the
    same as a ring: an arrow on it would force arrows all the way round.
    """
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    queue: list[tuple[int, int]] = []
    for gamma in _circled(ends, alpha):
        if gamma != beta and gamma not in ends[beta]:
            before[alpha, gamma] = None
            queue.append((alpha, gamma))
    for state in queue:
        last, node = state
        for other in _circled(ends, node):
            step = (node, other)
            if other in (alpha, last) or other in ends[last] or step in before:
                continue
            if other == beta:
                if node in ends[alpha]:
                    continue
                path = [beta, node]
                trace: tuple[int, int] | None = state
                while trace is not None:
                    path.append(trace[0])
                    trace = before[trace]
                return path[::-1]
            before[step] = state
            queue.append(step)
    return []


def _circled(ends: Ends, node: int) -> Iterator[int]:
    """The nodes joined to a node by ``o-o``."""
    for other, mark in ends[node].items():
        if mark == CIRCLE and ends[other][node] == CIRCLE:
            yield other


def discriminating_collider(ends: Ends, beta: int, gamma: int) -> int | None:
    """The node before beta on a discriminating path (theta, ..., alpha, beta, gamma), or None.

    Every node between theta and beta is a collider on the path and a parent of gamma; theta is
    not adjacent to gamma.
    """
    for alpha in ends[beta]:
        if alpha == gamma or ends[beta][alpha] != ARROW or not _parent(ends, alpha, gamma):
            continue
        seen = {alpha, beta, gamma}
        queue = [alpha]
        for node in queue:
            for other in ends[node]:
                if other in seen or ends[other][node] != ARROW:
                    continue
                if other not in ends[gamma]:
                    return alpha
                if ends[node][other] == ARROW and _parent(ends, other, gamma):
                    seen.add(other)
                    queue.append(other)
    return None


def _parent(ends: Ends, node: int, child: int) -> bool:
    """Whether ``node -> child``."""
    return ends[node].get(child) == ARROW and ends[child][node] == TAIL
