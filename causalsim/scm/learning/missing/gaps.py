"""A frame with gaps: which cells are missing, and which of these matter.

Given a row's other cells, a missing cell with nothing observed below it has no bearing on any
other: its density integrates to one, and its mechanism learns nothing from the row. Such a cell is
barren. Leaving it out is exact, and often leaves nothing latent at all.

References:
    Rubin, "Inference and missing data" (1976); Shachter, "Evaluating influence diagrams" (1986),
    for barren nodes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.learning import LearningError
from causalsim.errors.model import ModelError
from causalsim.graph.graph import Graph
from causalsim.scm.domain import DTYPE, Domain, as_numbers, infer
from causalsim.scm.fitting import FEWEST_ROWS, require_all_observed
from causalsim.scm.mechanism import Values
from causalsim.scm.recipe import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """The columns of a graph's nodes, with gaps.

    Args:
        parents: The causes of each node; nodes in causal order.
        values: Of shape (rows,); NaN where a cell is missing.
        domains: The domain that the observed cells suggest.
        absent: For each node, where its cell is missing and matters.
        barren: For each node, where its cell is missing and nothing below it was observed.
        height: How many rows there are.
    """

    parents: Mapping[str, tuple[str, ...]]
    values: Values
    domains: Mapping[str, Domain]
    absent: Mapping[str, Tensor]
    barren: Mapping[str, Tensor]
    height: int

    def family(self, node: str) -> tuple[str, ...]:
        """The node and its causes."""
        return (node, *self.parents[node])

    def latent(self, node: str) -> tuple[str, ...]:
        """Which of the node and its causes lack cells in rows that say anything about it."""
        counts = ~self.barren[node]
        return tuple(n for n in self.family(node) if bool((self.absent[n] & counts).any()))

    def incomplete(self, node: str) -> Tensor:
        """The rows that say something about the node and lack a cell of its family."""
        lacking = torch.stack([self.absent[name] for name in self.family(node)]).any(dim=0)
        return lacking & ~self.barren[node]

    def rows(self, node: str, where: Tensor, values: Values | None = None) -> Rows:
        """The node's part of some rows."""
        names = self.family(node)
        found = self.values if values is None else values
        columns = {name: found[name][where] for name in names}
        return Rows(node, self.parents[node], columns, {name: self.domains[name] for name in names})

    def complete(self, node: str) -> Rows:
        """The rows in which the node and all its causes were observed.

        Raises:
            LearningError: Too few of them.
        """
        where = ~(self.incomplete(node) | self.barren[node])
        if int(where.sum()) < FEWEST_ROWS:
            raise LearningError.rarely_together(
                node, self.parents[node], int(where.sum()), FEWEST_ROWS
            )
        return self.rows(node, where)


def has_gaps(frame: Any, nodes: Sequence[str]) -> bool:  # noqa: ANN401
    """Whether any of these columns lacks a cell."""
    frames.require(frame, nodes)
    return any(bool(frames.missing(frame, node).any()) for node in nodes)


def read_gaps(graph: Graph, frame: Any) -> Gaps:  # noqa: ANN401
    """The columns of a graph's nodes, missing cells included.

    Raises:
        ModelError: Hidden causes, or too few rows.
        DataError: A column or a row without any value, or infinite values.
    """
    require_all_observed(graph)
    frames.require(frame, graph.nodes)
    height = frames.height(frame)
    if height < FEWEST_ROWS:
        raise ModelError.too_few_rows(height, FEWEST_ROWS)
    values: dict[str, Tensor] = {}
    domains: dict[str, Domain] = {}
    missing: dict[str, Tensor] = {}
    for node in graph.order():
        lacking = frames.missing(frame, node)
        if bool(lacking.all()):
            raise DataError.all_missing(node, height)
        seen = frames.values(frame, node)[~lacking]
        numbers = as_numbers(seen)
        if numbers is not None and not bool(torch.isfinite(numbers).all()):
            raise DataError.infinite_values(node, int((~torch.isfinite(numbers)).sum()))
        domains[node] = infer(node, seen, ranks=frames.ranks(frame, node))
        missing[node] = torch.from_numpy(np.array(lacking))
        values[node] = torch.full((height,), torch.nan, dtype=DTYPE)
        values[node][~missing[node]] = domains[node].encode(node, seen)
    empty = torch.stack(list(missing.values())).all(dim=0)
    if bool(empty.any()):
        raise DataError.empty_rows(int(empty.sum()), int(empty.nonzero()[0]), height)
    barren = _barren(graph, missing)
    absent = {node: missing[node] & ~barren[node] for node in missing}
    parents = {node: graph.parents(node) for node in graph.order()}
    return Gaps(parents, values, domains, absent, barren, height)


def _barren(graph: Graph, missing: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Where a cell is missing, and so is all that follows from it."""
    barren: dict[str, Tensor] = {}
    for node in reversed(graph.order()):
        found = missing[node]
        for child in graph.children(node):
            found = found & barren[child]
        barren[node] = found
    return barren


@dataclass(frozen=True, slots=True)
class Component:
    """Mechanisms that missing cells tie together: they are fitted jointly.

    Args:
        factors: The mechanisms, in causal order.
        latent: The variables among them and their causes that lack cells, in causal order.
    """

    factors: tuple[str, ...]
    latent: tuple[str, ...]


def components_of(gaps: Gaps) -> tuple[Component, ...]:
    """The mechanisms that read missing cells, in parts that share none of them."""
    touched = {node: set(gaps.latent(node)) for node in gaps.parents}
    waiting = [node for node in gaps.parents if touched[node]]
    found = []
    while waiting:
        factors, latent = {waiting[0]}, set(touched[waiting[0]])
        while more := {n for n in waiting if n not in factors and touched[n] & latent}:
            factors |= more
            latent.update(*(touched[node] for node in more))
        order = tuple(node for node in gaps.parents if node in factors)
        found.append(Component(order, tuple(n for n in gaps.parents if n in latent)))
        waiting = [node for node in waiting if node not in factors]
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Rows that lack the same cells of a component.

    Args:
        rows: Their numbers.
        factors: The mechanisms about which they say something.
        absent: The cells that they lack and that matter.
    """

    rows: Tensor
    factors: tuple[str, ...]
    absent: tuple[str, ...]


def patterns_of(gaps: Gaps, component: Component) -> tuple[Pattern, ...]:
    """The rows of a component by what they lack."""
    applies = torch.stack([~gaps.barren[node] for node in component.factors], dim=1)
    absent = torch.stack([gaps.absent[node] for node in component.latent], dim=1)
    # A cell may matter to other mechanisms only.
    bits = torch.cat([applies, absent], dim=1)
    kinds, which = torch.unique(bits, dim=0, return_inverse=True)
    found = []
    for number, kind in enumerate(kinds.tolist()):
        factors = tuple(n for n, on in zip(component.factors, kind, strict=False) if on)
        lacking = kind[len(component.factors) :]
        cells = tuple(n for n, on in zip(component.latent, lacking, strict=True) if on)
        if factors:
            rows = (which == number).nonzero().squeeze(-1)
            found.append(Pattern(rows, factors, cells))
    return tuple(found)
