"""Random graphs with selection or missing values, and formulae checked against exact tables."""

from typing import Any

import numpy as np

from causalsim.estimand.evaluation import evaluate
from causalsim.estimand.expression import Expression, P, Value, parts
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.verification import DiscreteModel
from tests.oracles.sources import random_admg


def selection_graph(rng: np.random.Generator, size: int) -> Graph:
    """A random graph with a selection node s, sometimes confounded with what is measured."""
    base = random_admg(rng, size, 0.5, 0.3)
    into = [name for name in base.nodes if rng.random() < 0.4] or [base.nodes[0]]
    shared = [("s", name) for name in base.nodes if rng.random() < 0.1]
    return Graph(
        [*base.directed, *((name, "s") for name in into)],
        nodes=[*base.nodes, "s"],
        bidirected=[*base.bidirected, *shared],
    )


def missingness_graph(rng: np.random.Generator, size: int) -> tuple[Graph, dict[str, str]]:
    """A random missingness graph and its indicators; one in five masks itself."""
    base = random_admg(rng, size, 0.6, 0.15)
    holes = [name for name in base.nodes if rng.random() < 0.6]
    marks = {name: f"r_{name}" for name in holes}
    edges = [
        (cause, marks[name])
        for name in holes
        for cause in base.nodes
        if cause != name and rng.random() < 0.3
    ]
    edges += [
        (marks[a], marks[b])
        for i, a in enumerate(holes)
        for b in holes[i + 1 :]
        if rng.random() < 0.2
    ]
    if holes and rng.random() < 0.2:
        edges.append((holes[0], marks[holes[0]]))
    graph = Graph(
        [*base.directed, *edges], nodes=[*base.nodes, *marks.values()], bidirected=base.bidirected
    )
    return graph, marks


def random_question(rng: np.random.Generator, names: list[str], acts: float = 0.7) -> Query:
    """One outcome, perhaps an action, perhaps a condition."""
    pick = [str(name) for name in rng.permutation(names)]
    count = int(rng.integers(0, 2)) if len(pick) > 2 else 0
    return Query(pick[0], do=pick[1] if rng.random() < acts else (), given=pick[2 : 2 + count])


def error(graph: Graph, query: Query, formula: Expression, seed: int) -> float:
    """The largest difference between a formula on the joint with its indicators and the truth."""
    model = DiscreteModel.draw(graph, seed)
    truth, claimed = model.answer(query), evaluate(formula, model.joint())
    order = [name for name in truth.axes if name in claimed.axes]
    extra = [name for name in claimed.axes if name not in truth.axes]
    values = claimed.at([*order, *extra])
    index = tuple(slice(None) if n in claimed.axes else np.newaxis for n in truth.axes)
    expected = truth.values.reshape(truth.values.shape + (1,) * len(extra))
    return float(np.abs(values[index] - expected).max())


def terms(formula: Expression) -> list[tuple[set[str], dict[str, Any]]]:
    """For each distribution in a formula the variables it is about and those held at a value."""
    found = []
    for part in parts(formula):
        if isinstance(part, P):
            slots = (*part.heads, *part.given)
            held = {slot.variable: slot.level for slot in slots if isinstance(slot, Value)}
            found.append(({slot.variable for slot in slots} - set(held), held))
    return found
