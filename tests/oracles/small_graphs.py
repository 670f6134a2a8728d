"""Every mixed graph on a few nodes, from the definitions: all paths listed, sets of nodes as bits.

The definitions are those of `tests.oracles.equivalence`, on integers and with every path of a graph
listed once, so that all graphs of a size can be gone through. A law compares the two.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations, product
from typing import NamedTuple

import networkx as nx

#: One end, the other, and whether there is an arrowhead at each.
Edge = tuple[int, int, bool, bool]
Edges = tuple[Edge, ...]
Model = tuple[int, ...]

FORWARD, BACKWARD, BOTH, PLAIN = (False, True), (True, False), (True, True), (False, False)


class Route(NamedTuple):
    """A path without its first node: inner nodes that are no colliders, colliders, all nodes."""

    others: int
    colliders: tuple[int, ...]
    nodes: int
    causal: bool


def below(size: int, edges: Edges) -> list[int]:
    """For each node its descendants, itself included."""
    found = [1 << node for node in range(size)]
    for _ in range(size):
        for one, other, at_one, at_other in edges:
            if at_other and not at_one:
                found[one] |= found[other]
            elif at_one and not at_other:
                found[other] |= found[one]
    return found


def routes(size: int, edges: Edges, start: int) -> list[list[Route]]:
    """Every path from a node, by its end; a path visits no node twice."""
    leaving: list[list[tuple[int, bool, bool]]] = [[] for _ in range(size)]
    for one, other, at_one, at_other in edges:
        leaving[one].append((other, at_one, at_other))
        leaving[other].append((one, at_other, at_one))
    found: list[list[Route]] = [[] for _ in range(size)]

    def extend(node: int, head: bool, seen: int, route: Route) -> None:
        for other, at_node, at_other in leaving[node]:
            if seen >> other & 1:
                continue
            others, colliders = route.others, route.colliders
            if node != start:
                if head and at_node:
                    colliders = (*colliders, node)
                else:
                    others |= 1 << node
            causal = route.causal and at_other and not at_node
            longer = Route(others, colliders, route.nodes | 1 << other, causal)
            found[other].append(longer)
            extend(other, at_other, seen | 1 << other, longer)

    extend(start, False, 1 << start, Route(0, (), 0, True))
    return found


def is_open(route: Route, down: list[int], given: int) -> bool:
    """Pearl, definition 1.2.3; Richardson and Spirtes (2002), section 3.4."""
    return not route.others & given and all(down[node] & given for node in route.colliders)


def subsets(mask: int) -> Iterator[int]:
    """Every subset of a set, the empty one first."""
    found = 0
    while True:
        yield found
        if found == mask:
            return
        found = (found - mask) & mask


def separators(size: int, edges: Edges, one: int, other: int) -> int:
    """Which sets separate two nodes: bit g stands for the set with the bits g."""
    down, between = below(size, edges), routes(size, edges, one)[other]
    rest = (1 << size) - 1 & ~(1 << one | 1 << other)
    return sum(
        1 << given
        for given in subsets(rest)
        if not any(is_open(route, down, given) for route in between)
    )


def is_ancestral(size: int, edges: Edges) -> bool:
    """Richardson and Spirtes (2002), definition 3.1."""
    down = below(size, edges)
    plain, headed = 0, 0
    for one, other, at_one, at_other in edges:
        plain |= (1 << one | 1 << other) if not at_one and not at_other else 0
        headed |= (at_one << one) | (at_other << other)
        if (at_one and down[one] >> other & 1) or (at_other and down[other] >> one & 1):
            return False
    return not plain & headed


def model_of_mag(size: int, edges: Edges) -> Model | None:
    """The separations of a maximal ancestral graph; None when the graph is none."""
    if not is_ancestral(size, edges):
        return None
    joined = {(one, other) for one, other, *_ in edges}
    found: list[int] = []
    for pair in combinations(range(size), 2):
        if pair not in joined:
            found.append(separators(size, edges, *pair))
            if not found[-1]:
                return None
    return tuple(found)


@cache
def skeletons(size: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """One undirected graph of each shape."""
    return tuple(
        tuple(sorted((min(pair), max(pair)) for pair in graph.edges))
        for graph in nx.graph_atlas_g()
        if graph.number_of_nodes() == size
    )


def classes(
    size: int, most: int, kinds: Iterable[tuple[bool, bool]] = (FORWARD, BACKWARD, BOTH)
) -> Iterator[list[Edges]]:
    """Every Markov equivalence class of MAGs with at most so many edges, up to the nodes' names.

    Members of a class have one skeleton, so one skeleton of each shape is enough.
    """
    marks = tuple(kinds)
    for skeleton in skeletons(size):
        if len(skeleton) > most:
            continue
        found: dict[Model, list[Edges]] = defaultdict(list)
        for choice in product(marks, repeat=len(skeleton)):
            edges = tuple((*pair, *kind) for pair, kind in zip(skeleton, choice, strict=True))
            model = model_of_mag(size, edges)
            if model is not None:
                found[model].append(edges)
        yield from found.values()


def mixed_graphs(size: int, most: int) -> Iterator[Edges]:
    """Every ADMG of at most so many joined pairs, up to the nodes' names."""
    for skeleton in skeletons(size):
        if len(skeleton) > most:
            continue
        kinds = ((FORWARD,), (BACKWARD,), (BOTH,), (FORWARD, BOTH), (BACKWARD, BOTH))
        for choice in product(kinds, repeat=len(skeleton)):
            edges = tuple(
                (*pair, *kind)
                for pair, several in zip(skeleton, choice, strict=True)
                for kind in several
            )
            down = below(size, edges)
            arrows = [(b, a) if at_a else (a, b) for a, b, at_a, at_b in edges if at_a != at_b]
            if not any(down[b] >> a & 1 for a, b in arrows):
                yield edges


def projected(size: int, edges: Edges, kept: int, selected: int = 0) -> Edges:
    """The MAG over the kept nodes: joined where no set separates, marks by ancestry."""
    down, found = below(size, edges), []
    for one in range(size):
        if not kept >> one & 1:
            continue
        ways = routes(size, edges, one)
        for other in range(one + 1, size):
            if not kept >> other & 1:
                continue
            rest = kept & ~(1 << one | 1 << other)
            if all(
                any(is_open(route, down, given | selected) for route in ways[other])
                for given in subsets(rest)
            ):
                at_one = not down[one] & (1 << other | selected)
                at_other = not down[other] & (1 << one | selected)
                found.append((one, other, at_one, at_other))
    return tuple(found)


def behind(size: int, mag: Edges) -> Iterator[Edges]:
    """Every ADMG whose MAG is the given one, which has no ``--``.

    An edge of the ADMG joins nodes that no set separates, and an arrow is an ancestry, so only the
    edges of the MAG, and arrows along its own, come in question.
    """
    choices = [
        ((), (BOTH,)) if at_one and at_other else ((), (arrow,), (BOTH,), (arrow, BOTH))
        for _, _, at_one, at_other in mag
        for arrow in [(at_one, at_other)]
    ]
    whole = (1 << size) - 1
    for choice in product(*choices):
        edges = tuple(
            (one, other, *kind)
            for (one, other, *_), several in zip(mag, choice, strict=True)
            for kind in several
        )
        if projected(size, edges, whole) == mag:
            yield edges


@cache
def questions(size: int) -> list[tuple[int, int]]:
    """Every two disjoint sets X and Y that are not empty."""
    whole = (1 << size) - 1
    return [(x, y) for x in range(1, whole + 1) for y in subsets(whole & ~x) if y]


class Adjusting(NamedTuple):
    """The answer to a question: valid sets (set z as bit z), and the nodes on causal paths."""

    valid: int
    causal: int


def adjusting(size: int, edges: Edges) -> list[Adjusting]:
    """The answer to each question in an ADMG.

    The criterion by listing paths (Shpitser, VanderWeele and Robins 2010).
    """
    down = below(size, edges)
    ways = [routes(size, edges, start) for start in range(size)]
    return [_answered(size, down, ways, x, y) for x, y in questions(size)]


def _answered(
    size: int, down: list[int], ways: list[list[list[Route]]], x: int, y: int
) -> Adjusting:
    between = [
        route
        for one in range(size)
        if x >> one & 1
        for other in range(size)
        if y >> other & 1
        for route in ways[one][other]
        if not route.nodes & x
    ]
    causal, spoilt = 0, 0
    for route in between:
        if route.causal:
            causal |= route.nodes
    for node in range(size):
        spoilt |= down[node] if causal >> node & 1 else 0
    barriers = [route for route in between if not route.causal]
    rest = (1 << size) - 1 & ~(x | y | spoilt)
    valid = sum(
        1 << z for z in subsets(rest) if not any(is_open(route, down, z) for route in barriers)
    )
    return Adjusting(valid, causal)


def largest(found: Iterable[Edges]) -> list[Edges]:
    """The graphs whose edges are no part of another's."""
    sets = [frozenset(edges) for edges in found]
    return [tuple(sorted(one)) for one in sets if not any(one < other for other in sets)]


def adjusting_behind(size: int, mag: Edges, every: bool = True) -> list[Adjusting]:
    """The answer to each question in all ADMGs behind a MAG: valid in each, causal in some.

    A subgraph has some of a graph's paths and descendants, so a set valid in the graph is valid in
    it; unless ``every`` one is to be judged, the largest are enough.
    """
    candidates = list(behind(size, mag))
    judged = candidates if every else largest(candidates)
    return agreed(adjusting(size, edges) for edges in judged)


def agreed(found: Iterable[list[Adjusting]]) -> list[Adjusting]:
    """The answers of several graphs as one: valid in each, causal in some."""
    first, *others = found
    for other in others:
        first = [
            Adjusting(a.valid & b.valid, a.causal | b.causal)
            for a, b in zip(first, other, strict=True)
        ]
    return first
