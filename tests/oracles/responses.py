"""Random models by response functions: exact counterfactuals, and what a bound exhibits."""

from itertools import product
from typing import Any

import numpy as np

from causalsim.estimand.evaluation import Table, evaluate
from causalsim.graph.graph import Graph
from causalsim.identification.c_factors import identify_effect


class ResponseModel:
    """For each district a list of (probability, {variable: {parents' levels: level}})."""

    def __init__(self, graph: Graph, sizes: dict[str, int], districts: Any) -> None:
        self.graph, self.sizes, self.districts = graph, sizes, districts

    @classmethod
    def draw(
        cls, graph: Graph, seed: int, sizes: dict[str, int], types: int = 6
    ) -> "ResponseModel":
        """A few random types a district."""
        rng = np.random.default_rng(seed)
        found = []
        for district in graph.districts():
            weights = rng.dirichlet(np.ones(types))
            found.append(
                [
                    (
                        float(weight),
                        {
                            node: {
                                levels: int(rng.integers(sizes[node]))
                                for levels in product(
                                    *(range(sizes[p]) for p in graph.parents(node))
                                )
                            }
                            for node in district
                        },
                    )
                    for weight in weights
                ]
            )
        return cls(graph, sizes, found)

    def units(self) -> Any:
        """Every kind of unit with its probability."""
        for chosen in product(*self.districts):
            weight = float(np.prod([part[0] for part in chosen]))
            functions: dict[str, Any] = {}
            for _, part in chosen:
                functions.update(part)
            yield weight, functions

    def run(self, functions: Any, do: dict[str, int]) -> dict[str, int]:
        """What happens to a unit under an action."""
        values: dict[str, int] = {}
        for node in self.graph.order():
            parents = tuple(values[parent] for parent in self.graph.parents(node))
            values[node] = do[node] if node in do else functions[node][parents]
        return values

    def probability(self, worlds: Any, given: dict[str, int] | None = None) -> float:
        """P(all events | given), each event an (outcome, do) pair."""
        both = among = 0.0
        for weight, functions in self.units():
            natural = self.run(functions, {})
            if any(natural[n] != level for n, level in (given or {}).items()):
                continue
            among += weight
            if all(
                self.run(functions, do)[n] == level
                for outcome, do in worlds
                for n, level in outcome.items()
            ):
                both += weight
        return both / among

    def joint(self) -> Table:
        """The observational joint."""
        values = np.zeros([self.sizes[node] for node in self.graph.nodes])
        for weight, functions in self.units():
            natural = self.run(functions, {})
            values[tuple(natural[node] for node in self.graph.nodes)] += weight
        return Table.of(self.graph.nodes, values)


def attained(graph: Graph, extreme: Any, joint: Table) -> ResponseModel:
    """The model that a bound exhibits; other districts than the bound's get the data's own types.

    Every other district must consist of one variable, whose functions are drawn independently for
    each combination of its parents' levels.
    """
    sizes = dict(zip(joint.axes, joint.values.shape, strict=True))
    members = {name for name, _, _ in extreme.members[0][1][0][1]}
    districts: list[Any] = [_types(graph, extreme, sizes)]
    for district in graph.districts():
        if members.isdisjoint(district):
            (node,) = district
            parents = graph.parents(node)
            found = identify_effect(graph, [node], parents)
            table = evaluate(found, joint).at([*parents, node])
            cells = list(product(*(range(sizes[p]) for p in parents)))
            types = []
            for levels in product(range(sizes[node]), repeat=len(cells)):
                weight = float(
                    np.prod([table[(*c, v)] for c, v in zip(cells, levels, strict=True)])
                )
                types.append((weight, {node: dict(zip(cells, levels, strict=True))}))
            districts.append(types)
    return ResponseModel(graph, sizes, districts)


def _types(graph: Graph, extreme: Any, sizes: dict[str, int]) -> Any:
    """The types of the bound's own district, strata drawn independently of each other."""
    found: list[Any] = [(1.0, {})]
    for stratum, types in extreme.members:
        given = dict(stratum)
        grown = []
        for weight, functions in found:
            for share, answers in types:
                copy = {name: dict(part) for name, part in functions.items()}
                for name, parents, levels in answers:
                    part = copy.setdefault(name, {})
                    grid = product(*(range(sizes[p]) for p in parents))
                    for cell, level in zip(grid, levels, strict=True):
                        known = {**given, **dict(zip(parents, cell, strict=True))}
                        part[tuple(known[p] for p in graph.parents(name))] = level
                grown.append((weight * share, copy))
        found = grown
    return found


def clique_graph(rng: np.random.Generator, size: int) -> Graph:
    """A random graph in which every district shares one hidden cause."""
    names = [f"v{i}" for i in range(size)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    labels = rng.integers(0, size, size=size)
    together = [(a, b) for a, b in pairs if labels[int(a[1:])] == labels[int(b[1:])]]
    arrows = [pair for pair in pairs if rng.random() < 0.6]
    return Graph(arrows, nodes=names, bidirected=together)
