"""Exact random structural models with several worlds, written from the definitions.

Every node is a random table of its parents, of the hidden causes it shares, and of a noise of its
own; the joint distribution over worlds comes from listing every state of all noises.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from causalsim import Graph

Values = dict[str, NDArray[np.int64]]


class ExactModel:
    """A random binary model of a graph: all noise states with their probabilities."""

    def __init__(self, graph: Graph, seed: int, levels: int = 3) -> None:
        rng = np.random.default_rng(seed)
        self.graph = graph
        sizes = [levels] * len(graph) + [2] * len(graph.bidirected)
        self.states = np.array(list(product(*(range(size) for size in sizes))))
        weights = [rng.dirichlet(np.full(size, 3.0)) for size in sizes]
        self.chance = np.ones(len(self.states))
        for column, weight in enumerate(weights):
            self.chance *= weight[self.states[:, column]]
        self.tables = {
            node: rng.integers(
                0, 2, [2] * (len(graph.parents(node)) + len(graph.siblings(node))) + [levels]
            )
            for node in graph.nodes
        }

    def world(self, do: Mapping[str, int]) -> tuple[Values, Values]:
        """Each node's value after an action, and the value it would take by itself there."""
        graph = self.graph
        values: Values = {}
        natural: Values = {}
        for node in graph.order():
            shared = [
                self.states[:, len(graph) + place]
                for other in graph.siblings(node)
                for place, pair in enumerate(graph.bidirected)
                if set(pair) == {node, other}
            ]
            inputs = [values[parent] for parent in graph.parents(node)]
            own = self.states[:, graph.nodes.index(node)]
            natural[node] = self.tables[node][(*inputs, *shared, own)]
            values[node] = np.full(len(self.states), do[node]) if node in do else natural[node]
        return values, natural

    def independent(
        self,
        one: Sequence[NDArray[np.int64]],
        other: Sequence[NDArray[np.int64]],
        given: Sequence[NDArray[np.int64]] = (),
    ) -> bool:
        """Whether P(one, other, given) P(given) = P(one, given) P(other, given) everywhere."""
        a, b, c = (_coded(columns, len(self.states)) for columns in (one, other, given))
        table = np.zeros((a.max() + 1, b.max() + 1, c.max() + 1))
        np.add.at(table, (a, b, c), self.chance)
        left = table * table.sum((0, 1), keepdims=True)
        right = table.sum(1, keepdims=True) * table.sum(0, keepdims=True)
        return bool(np.allclose(left, right, atol=1e-12))


def _coded(columns: Sequence[NDArray[np.int64]], size: int) -> NDArray[np.int64]:
    """Several binary columns as one number."""
    code = np.zeros(size, dtype=np.int64)
    for column in columns:
        code = 2 * code + column
    return code
