"""The front-door criterion and conditional instruments, plainly from their definitions."""

from collections.abc import Iterable

from causalsim import Graph
from tests.oracles import graph_criteria as oracle


def without(graph: Graph, arrows: Iterable[tuple[str, str]]) -> Graph:
    gone = set(arrows)
    kept = [pair for pair in graph.directed if pair not in gone]
    return Graph(kept, nodes=graph.nodes, bidirected=graph.bidirected, latent=graph.latent)


def out_of(graph: Graph, nodes: Iterable[str]) -> list[tuple[str, str]]:
    return [pair for pair in graph.directed if pair[0] in set(nodes)]


def is_front_door(graph: Graph, x: tuple[str, ...], y: tuple[str, ...], z: Iterable[str]) -> bool:
    """Jeong, Tian and Bareinboim (2022), definition 1: back doors are read in cut graphs."""
    z = set(z)
    if z & set(graph.latent):
        return False
    for trail in oracle.all_paths(graph, x, y):
        if oracle.is_causal(trail) and not set(oracle.path_nodes(trail)) & z:
            return False
    if not oracle.separated(without(graph, out_of(graph, x)), x, sorted(z), ()):
        return False
    return oracle.separated(without(graph, out_of(graph, z)), sorted(z), y, x)


class Instruments:
    """Conditional instruments for one treatment and one outcome."""

    def __init__(self, graph: Graph, x: str, y: str) -> None:
        self.graph, self.x, self.y = graph, x, y
        question = oracle.Adjustment(graph, (x,), (y,))
        self.candidates = question.candidates
        self.permitted = set(self.candidates) - question.forbidden
        arrows = [pair for pair in graph.directed if pair[0] == x and pair[1] in question.causal]
        self.cut = without(graph, arrows)

    def valid(self, z: str, given: Iterable[str]) -> bool:
        if not {z, *given} <= self.permitted:
            return False
        return oracle.separated(self.cut, [z], [self.y], given) and not oracle.separated(
            self.graph, [z], [self.x], given
        )

    def choices(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Every valid pair of instruments and conditioning set."""
        found = []
        for given in oracle.subsets(sorted(self.permitted)):
            rest = sorted(self.permitted - set(given))
            apart = [z for z in rest if oracle.separated(self.cut, [z], [self.y], given)]
            relevant = {z for z in apart if not oracle.separated(self.graph, [z], [self.x], given)}
            found += [(z, given) for z in oracle.subsets(apart) if relevant & set(z)]
        return found
