"""Graphical criteria written plainly from their definitions: every path, every subset."""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, pairwise

from causalsim import Graph

#: A path: nodes, and for each edge the pair of marks ("tail" or "head") at its two ends.
Edge = tuple[str, str, str, str]
Trail = tuple[Edge, ...]


def edges_of(graph: Graph) -> list[Edge]:
    forth = [(a, b, "tail", "head") for a, b in graph.directed]
    both = [(a, b, "head", "head") for a, b in graph.bidirected]
    return [*forth, *both, *((b, a, n, m) for a, b, m, n in (*forth, *both))]


def all_paths(graph: Graph, x: Iterable[str], y: Iterable[str]) -> Iterator[Trail]:
    """Every path from a node of X to a node of Y, over distinct nodes; parallel edges differ."""
    edges, ends = edges_of(graph), set(y)

    def extend(trail: Trail, node: str, seen: frozenset[str]) -> Iterator[Trail]:
        if node in ends and trail:
            yield trail
        for edge in edges:
            if edge[0] == node and edge[1] not in seen:
                yield from extend((*trail, edge), edge[1], seen | {edge[1]})

    for start in x:
        yield from extend((), start, frozenset({start}))


def descendants(graph: Graph, nodes: Iterable[str]) -> set[str]:
    found = set(nodes)
    while True:
        more = {b for a, b in graph.directed if a in found} - found
        if not more:
            return found
        found |= more


def path_nodes(trail: Trail) -> list[str]:
    return [trail[0][0], *(edge[1] for edge in trail)]


def is_open(graph: Graph, trail: Trail, z: Iterable[str]) -> bool:
    """Definition: no non-collider in Z; every collider in Z or with a descendant in Z."""
    held = set(z)
    for before, after in pairwise(trail):
        node = before[1]
        if before[3] == "head" and after[2] == "head":
            if not descendants(graph, {node}) & held:
                return False
        elif node in held:
            return False
    return True


def is_causal(trail: Trail) -> bool:
    return all((m, n) == ("tail", "head") for _, _, m, n in trail)


def is_proper(trail: Trail, x: Iterable[str]) -> bool:
    return not set(path_nodes(trail)[1:]) & set(x)


def separated(graph: Graph, x: Iterable[str], y: Iterable[str], z: Iterable[str]) -> bool:
    return not any(is_open(graph, trail, z) for trail in all_paths(graph, x, y))


def causal_nodes(graph: Graph, x: Iterable[str], y: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for trail in all_paths(graph, x, y):
        if is_causal(trail) and is_proper(trail, x):
            found |= set(path_nodes(trail)[1:])
    return found


class Adjustment:
    """The adjustment criterion for one question, its paths listed once."""

    def __init__(self, graph: Graph, x: Iterable[str], y: Iterable[str]) -> None:
        self.graph, self.x, self.y = graph, tuple(x), tuple(y)
        self.causal = causal_nodes(graph, x, y)
        self.forbidden = descendants(graph, self.causal)
        self.others = [
            trail
            for trail in all_paths(graph, self.x, self.y)
            if is_proper(trail, self.x) and not is_causal(trail)
        ]
        taken = {*self.x, *self.y}
        self.candidates = [node for node in graph.observed if node not in taken]

    def valid(self, z: Iterable[str]) -> bool:
        if set(z) & (self.forbidden | set(self.graph.latent)):
            return False
        return not any(is_open(self.graph, trail, z) for trail in self.others)

    def every(self) -> list[frozenset[str]]:
        """Every valid set."""
        return [frozenset(z) for z in subsets(self.candidates) if self.valid(z)]


def subsets(nodes: Iterable[str]) -> Iterator[tuple[str, ...]]:
    found = list(nodes)
    return chain.from_iterable(combinations(found, size) for size in range(len(found) + 1))


def minimal(sets: Iterable[frozenset[str]], must: Iterable[str] = ()) -> set[frozenset[str]]:
    """The sets that contain ``must`` and no smaller set of the list that does."""
    fitting = [z for z in sets if z >= frozenset(must)]
    return {z for z in fitting if not any(other < z for other in fitting)}
