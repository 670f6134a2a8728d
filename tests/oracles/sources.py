"""Random exact data sets of a graph's populations, and the truth they should give."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causalsim.estimand.evaluation import SourceTable, Table, evaluate
from causalsim.estimand.expression import Expression, P, parts
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.fusing.available import Available, Domain, Experiment
from causalsim.identification.verification import DiscreteModel
from tests.oracles.binary_models import BinaryModel


def random_admg(
    rng: np.random.Generator, size: int, arrows: float = 0.45, shared: float = 0.3
) -> Any:
    """A random graph on v0..v(size-1), whose order is causal."""
    names = [f"v{i}" for i in range(size)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    return Graph(
        [pair for pair in pairs if rng.random() < arrows],
        nodes=names,
        bidirected=[pair for pair in pairs if rng.random() < shared],
    )


def random_query(rng: np.random.Generator, graph: Graph, conditions: int = 0) -> Any:
    """One outcome, one or two treatments, a few conditions."""
    names = list(rng.permutation(graph.observed))
    acts = int(rng.integers(1, min(3, len(names) - conditions)))
    return Query(names[0], do=names[1 : 1 + acts], given=names[1 + acts : 1 + acts + conditions])


def random_available(
    rng: np.random.Generator, graph: Graph, domains: bool = False, partial: bool = False
) -> Any:
    """Observations or not, up to three experiments, and up to two other populations."""
    names = list(graph.observed)

    def measured(left: list[str]) -> Any:
        if not partial or rng.random() < 0.4:
            return None
        return [name for name in left if rng.random() < 0.75] or left[:1]

    def experiments(limit: int) -> Any:
        found = []
        for _ in range(int(rng.integers(0, limit + 1))):
            do = [str(n) for n in rng.choice(names, size=int(rng.integers(1, 3)), replace=False)]
            found.append(Experiment(do, measured([n for n in names if n not in do])))
        return found

    def observed() -> Any:
        if rng.random() < 0.4:
            return False
        kept = measured(names)
        return True if kept is None else kept

    others = [
        Domain(
            f"p{i}",
            differs=[n for n in names if rng.random() < 0.35],
            observational=observed(),
            experiments=experiments(2),
        )
        for i in range(int(rng.integers(1, 3)) if domains else 0)
    ]
    watched, done = observed(), experiments(3)
    if watched is False and not done and not others:
        watched = True
    if (
        watched is False
        and not done
        and all(d.observational == () and not d.experiments for d in others)
    ):
        watched = True
    return Available(watched, done, others)


@dataclass
class Populations:
    """One random model for our population, and one for each other, different where it may be."""

    graph: Graph
    available: Available
    models: dict[str, BinaryModel]

    @classmethod
    def draw(cls, graph: Graph, available: Available, seed: int) -> Any:
        ours = BinaryModel(graph, np.random.default_rng(seed))
        models = {"": ours}
        for number, domain in enumerate(available.populations[1:]):
            other = BinaryModel(graph, np.random.default_rng([seed, number]))
            changed = {node: other.factors[node] for node in domain.differs}
            other.factors = {**ours.factors, **changed}
            models[domain.name] = other
        return cls(graph, available, models)

    def tables(self, formula: Expression) -> Any:
        """The exact table of every data set that a formula names."""
        terms = [part for part in parts(formula) if isinstance(part, P)]
        named = {(term.domain, frozenset(slot.variable for slot in term.do)) for term in terms}
        found = []
        for source in self.available.sources(self.graph):
            if (source.domain, frozenset(source.do)) not in named:
                continue
            kept = [n for n in self.graph.nodes if n in (*source.measured, *source.do)]
            values = self.over(source.domain, source.do, kept)
            found.append(SourceTable(source.do, source.domain, Table.of(kept, values)))
        return found

    def over(self, domain: str, do: Iterable[str], kept: Sequence[str]) -> Any:
        """P(kept | do) of a population; ``kept``, the names of its axes, has what is set."""
        model = self.models[domain]
        whole = np.broadcast_to(model.joint(do=do), [2] * len(self.graph))
        rest = tuple(i for i, name in enumerate(self.graph.nodes) if name not in kept)
        order = [name for name in self.graph.nodes if name in kept]
        return whole.sum(axis=rest).transpose([order.index(name) for name in kept])

    def error(self, query: Query, formula: Expression) -> Any:
        """The largest difference between a formula on the data sets and the truth."""
        names = (*query.outcome, *query.treatments, *query.conditions)
        truth = self.over("", query.treatments, names)
        heads = tuple(range(len(query.outcome)))
        truth = truth / truth.sum(axis=heads, keepdims=True)
        claimed = evaluate(formula, self.tables(formula))
        order = [name for name in names if name in claimed.axes]
        extra = [name for name in claimed.axes if name not in names]
        values = claimed.at([*order, *extra])
        index = tuple(slice(None) if n in claimed.axes else np.newaxis for n in names)
        expected = truth.reshape(truth.shape + (1,) * len(extra))
        return float(np.abs(values[index] - expected).max())


def undetermined(
    graph: Graph, query: Query, available: Available, seed: int, hidden_levels: int = 4
) -> Any:
    """How far the query's gradient lies outside the span of the data sets' gradients.

    At a generic model of the graph, a positive value means that the model can be moved so that
    every data set stays and the query changes: a proof that no formula exists. Gradients are by
    complex steps in the logits of the tables.
    """
    rng = np.random.default_rng(seed)
    shapes = DiscreteModel.draw(graph, 0, hidden_levels=hidden_levels).tables
    names = [domain.name for domain in available.populations]
    slots, start = {}, 0
    for name, domain in zip(names, available.populations, strict=True):
        changed = set(graph.indices(domain.differs))
        for axis, (_, values) in enumerate(shapes):
            if not name or axis in changed:
                slots[name, axis] = slice(start, start + values.size)
                start += values.size
    logits = rng.normal(size=start)
    sources = available.sources(graph)
    axes_count = [values.shape[0] for _, values in shapes]

    def intervened(
        point: np.ndarray, domain: str, do: tuple[str, ...], wanted: tuple[str, ...]
    ) -> Any:
        """P(wanted | do) as a flat vector over wanted and do."""
        cut = set(graph.indices(do))
        operands = []
        for axis, (axes, values) in enumerate(shapes):
            if axis in cut:
                operands += [np.ones(axes_count[axis], dtype=complex), [axis]]
                continue
            part = point[slots.get((domain, axis), slots["", axis])].reshape(values.shape)
            weights = np.exp(part)
            operands += [weights / weights.sum(axis=0), list(axes)]
        kept = graph.indices((*wanted, *do))
        return np.einsum(*operands, kept, optimize="greedy").ravel()

    def data(point: np.ndarray) -> Any:
        return np.concatenate([intervened(point, s.domain, s.do, s.measured) for s in sources])

    def asked(point: np.ndarray) -> Any:
        both = (*query.outcome, *query.conditions)
        joint = intervened(point, "", query.treatments, both)
        if not query.given:
            return joint
        joint = joint.reshape(axes_count[graph.indices(query.outcome)[0]], -1)
        return (joint / joint.sum(axis=0)).ravel()

    steps = logits + 1e-30j * np.eye(start)
    jacobian = np.array([data(step).imag for step in steps]) / 1e-30
    target = np.array([asked(step).imag for step in steps]) / 1e-30
    solution = np.linalg.lstsq(jacobian, target, rcond=1e-10)[0]
    return float(np.abs(jacobian @ solution - target).max())
