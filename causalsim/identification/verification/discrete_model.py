"""Random discrete models for questions about one world: tables, and sums over hidden causes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.estimand.evaluation import Table
from causalsim.estimand.query import Level, Query
from causalsim.graph.graph import Graph

Array = NDArray[np.float64]
Levels = Mapping[str, tuple[Level, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class DiscreteModel:
    """A random discrete causal model of a graph, small enough to be summed over outright.

    Every node has a table P(node | parents, hidden causes); every ``<->`` is a hidden variable of
    its own. All tables are strictly positive.

    Attributes:
        graph: The causal graph.
        axes: The name of every axis: the nodes, then one hidden axis for each ``<->``.
        tables: For each axis its conditional table and the axes of that table, own axis first.
        levels: The levels of a node, where they are not 0, 1, ….
    """

    graph: Graph
    axes: tuple[str, ...]
    tables: tuple[tuple[tuple[int, ...], Array], ...]
    levels: Levels = field(default_factory=dict)

    @classmethod
    def draw(
        cls, graph: Graph, seed: int, levels: int | Levels = 2, hidden_levels: int = 3
    ) -> "DiscreteModel":
        """A model with independent Dirichlet(1) tables.

        Args:
            graph: The causal graph.
            seed: Of the random numbers.
            levels: How many levels every node has, or the levels of each.
            hidden_levels: How many levels the cause behind each ``<->`` has.

        >>> model = DiscreteModel.draw(Graph("x -> y; x <-> y"), seed=1)
        >>> bool(np.isclose(model.joint().values.sum(), 1.0))
        True
        """
        rng = np.random.default_rng(seed)
        core, count = graph.core, len(graph)
        links = [graph.indices(pair) for pair in graph.bidirected]
        hidden: list[list[int]] = [[] for _ in range(count)]
        for number, pair in enumerate(links):
            for node in pair:
                hidden[node].append(count + number)
        named = {} if isinstance(levels, int) else levels
        size = [levels if isinstance(levels, int) else len(levels[node]) for node in graph.nodes]
        size += [hidden_levels] * len(links)
        tables: list[tuple[tuple[int, ...], Array]] = []
        for axis in range(len(size)):
            parents = (*core.parents[axis], *hidden[axis]) if axis < count else ()
            table = _random_table(rng, tuple(size[one] for one in (axis, *parents)))
            tables.append(((axis, *parents), table))
        names = (*graph.nodes, *(f"{a}<->{b}" for a, b in graph.bidirected))
        return cls(graph, names, tuple(tables), named)

    @staticmethod
    def count(graph: Graph, levels: Levels) -> int:
        """How many combinations of levels, hidden ones included, a model of the graph has."""
        hidden = [3] * len(graph.bidirected)
        return prod([*(len(levels[node]) for node in graph.nodes), *hidden])

    def differing(self, nodes: Iterable[str], seed: int) -> "DiscreteModel":
        """Another population: some nodes have tables of their own, all else is the same."""
        rng = np.random.default_rng(seed)
        tables = list(self.tables)
        for node in self.graph.indices(nodes):
            axes, values = tables[node]
            tables[node] = axes, _random_table(rng, values.shape)
        return replace(self, tables=tuple(tables))

    def joint(self) -> Table:
        """The observational joint of the observed nodes."""
        return self.intervened(())

    def intervened(self, treatments: Iterable[str]) -> Table:
        """P(observed | do(treatments)), by the truncated factorisation.

        The axes of the treatments index what they are set to.
        """
        cut = set(self.graph.indices(treatments))
        operands: list[Any] = []
        for axes, values in self.tables:
            if axes[0] not in cut:
                operands += [values, list(axes)]
        kept = self.graph.indices(self.graph.observed)
        for axis in cut - {used for axes, _ in self.tables if axes[0] not in cut for used in axes}:
            operands += [np.ones(self.tables[axis][1].shape[0]), [axis]]
        result = np.einsum(*operands, kept, optimize="greedy")
        return Table.of(self.graph.observed, result, self.levels)

    def answer(self, query: Query) -> Table:
        """P(outcome | do, given) from the model itself, for all levels of what is left free."""
        table = self.intervened(query.treatments)
        wanted = (*query.outcome, *query.treatments, *query.conditions)
        rest = tuple(i for i, name in enumerate(table.axes) if name not in wanted)
        values = table.values.sum(axis=rest)
        kept = [name for name in table.axes if name in wanted]
        values = values.transpose([kept.index(name) for name in wanted])
        if query.given:
            heads = tuple(range(len(query.outcome)))
            values = values / values.sum(axis=heads, keepdims=True)
        settings = (*query.events, *query.do, *query.given)
        levels = dict(zip(table.axes, table.levels, strict=True))
        index = tuple(
            slice(None) if one.value is None else levels[one.variable].index(one.value)
            for one in settings
        )
        free = [one.variable for one in settings if one.value is None]
        return Table.of(free, values[index], self.levels)


def _random_table(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A positive distribution along the first axis for every place on the others."""
    values = rng.dirichlet(np.ones(shape[0]), size=shape[1:])
    values = (values + 0.02) / (1 + 0.02 * shape[0])
    found: Array = np.moveaxis(values, -1, 0)
    return found
