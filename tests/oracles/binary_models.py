"""Exact random binary models of a graph: the joint, interventions by truncated factorisation."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from causalsim import Graph

Table = NDArray[np.float64]


class BinaryModel:
    """A joint over all nodes, two levels each; every ``<->`` is a hidden root of its own."""

    def __init__(self, graph: Graph, rng: np.random.Generator) -> None:
        self.nodes = graph.nodes
        hidden = [f"{a} <-> {b}" for a, b in graph.bidirected]
        self.axes = [*graph.nodes, *hidden]
        parents = {node: list(graph.parents(node)) for node in graph.nodes}
        for name, pair in zip(hidden, graph.bidirected, strict=True):
            parents[name] = []
            for node in pair:
                parents[node].append(name)
        self.factors = {node: self._factor(node, parents[node], rng) for node in self.axes}

    def _factor(self, node: str, parents: list[str], rng: np.random.Generator) -> Table:
        """P(node | parents) as an array over all axes, of length one where it does not vary."""
        family = sorted(self.axes.index(name) for name in (node, *parents))
        raw = rng.uniform(0.1, 1.0, [2] * len(family))
        raw /= raw.sum(axis=family.index(self.axes.index(node)), keepdims=True)
        shape = [2 if axis in family else 1 for axis in range(len(self.axes))]
        return raw.reshape(shape)

    def joint(self, do: Iterable[str] = ()) -> Table:
        """The product of the factors, those of ``do`` left out, summed to the graph's nodes.

        With nodes in ``do`` the entry at x is P(rest | do(x)): one distribution for each x.
        """
        left = set(do)
        table = np.ones([2] * len(self.axes))
        for node, factor in self.factors.items():
            if node not in left:
                table = table * factor
        return table.sum(axis=tuple(range(len(self.nodes), len(self.axes))))

    def marginal(self, table: Table, names: Iterable[str]) -> Table:
        """The table with all but some of its axes summed out; these keep their places."""
        keep = {self.nodes.index(name) for name in names}
        drop = tuple(axis for axis in range(len(self.nodes)) if axis not in keep)
        return table.sum(axis=drop, keepdims=True)

    def effect(self, x: Iterable[str], y: Iterable[str]) -> Table:
        """P(y | do(x))."""
        return self.marginal(self.joint(do=x), [*x, *y])

    def adjusted(self, x: Iterable[str], y: Iterable[str], z: Iterable[str]) -> Table:
        """Σ_z P(y | x, z) P(z)."""
        x, y, z = list(x), list(y), list(z)
        joint = self.joint()
        outer = self.marginal(joint, [*x, *y, *z]) / self.marginal(joint, [*x, *z])
        return self.marginal(outer * self.marginal(joint, z), [*x, *y])

    def front_door(self, x: Iterable[str], y: Iterable[str], z: Iterable[str]) -> Table:
        """Σ_z P(z | x) Σ_x′ P(y | x′, z) P(x′)."""
        x, y, z = list(x), list(y), list(z)
        joint = self.joint()
        within = self.marginal(joint, [*x, *y, *z]) / self.marginal(joint, [*x, *z])
        inner = self.marginal(within * self.marginal(joint, x), [*y, *z])
        outer = self.marginal(joint, [*x, *z]) / self.marginal(joint, x)
        return self.marginal(outer * inner, [*x, *y])
