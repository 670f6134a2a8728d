"""Is the formula right: an answer against random discrete models of its graph."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors import QueryError
from causalsim.errors.verification import VerificationError
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.expression import Expression, Sum, free_variables, parts
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.graph.surgery import ancestral

Array = NDArray[np.float64]
#: How far a right formula may be off, by rounding alone.
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class DiscreteModel:
    """A random discrete causal model of a graph, small enough to be summed over outright.

    Every node has a table P(node | parents, hidden causes); every ``<->`` is a hidden variable of
    its own. All tables are strictly positive.

    Attributes:
        graph: The causal graph.
        axes: The name of every axis: the nodes, then one hidden axis for each ``<->``.
        tables: For each axis its conditional table and the axes of that table, own axis first.
    """

    graph: Graph
    axes: tuple[str, ...]
    tables: tuple[tuple[tuple[int, ...], Array], ...]

    @classmethod
    def draw(
        cls, graph: Graph, seed: int, levels: int = 2, hidden_levels: int = 3
    ) -> "DiscreteModel":
        """A model with independent Dirichlet(1) tables.

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
        size = [levels] * count + [hidden_levels] * len(links)
        tables: list[tuple[tuple[int, ...], Array]] = []
        for axis in range(len(size)):
            parents = (*core.parents[axis], *hidden[axis]) if axis < count else ()
            shape = tuple(size[parent] for parent in parents)
            values = rng.dirichlet(np.ones(size[axis]), size=shape)
            values = (values + 0.02) / (1 + 0.02 * size[axis])
            tables.append(((axis, *parents), np.moveaxis(values, -1, 0)))
        names = (*graph.nodes, *(f"{a}<->{b}" for a, b in graph.bidirected))
        return cls(graph, names, tuple(tables))

    def joint(self) -> Table:
        """The observational joint of the observed nodes."""
        return self.intervened(())

    def intervened(self, treatments: tuple[str, ...]) -> Table:
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
        return Table.of(self.graph.observed, result)

    def answer(self, query: Query) -> Table:
        """P(outcome | do, given) for every level, from the model itself."""
        table = self.intervened(query.treatments)
        wanted = (*query.outcome, *query.treatments, *query.conditions)
        rest = tuple(i for i, name in enumerate(table.axes) if name not in wanted)
        values = table.values.sum(axis=rest)
        kept = [name for name in table.axes if name in wanted]
        values = values.transpose([kept.index(name) for name in wanted])
        if query.given:
            heads = tuple(range(len(query.outcome)))
            values = values / values.sum(axis=heads, keepdims=True)
        return Table.of(wanted, values)


#: The largest number of variables, hidden ones included, whose joint table is worth summing.
LARGEST = 16


def verified(graph: Graph, query: Query, formula: Expression, models: int = 2) -> str:
    """Check a formula on random models of the part of the graph that matters.

    Args:
        graph: The causal graph.
        query: The question, without values.
        formula: What is claimed to answer it.
        models: How many random models.

    Returns:
        A sentence that says that the formula was verified, or why it was not tried.

    Raises:
        VerificationError: the formula is wrong in a random model.

    >>> from causalsim.identification.strategy import identify
    >>> napkin = Graph("w -> z -> x -> y; w <-> x; w <-> y")
    >>> identify(napkin, Query("y", do="x"), verify=True).why.split(". ")[-1]
    'Verified: on 2 random models the formula equals the truth to 1e-09.'
    """
    named = (*query.outcome, *query.treatments, *query.conditions, *free_variables(formula))
    bound = [
        slot.variable for part in parts(formula) if isinstance(part, Sum) for slot in part.over
    ]
    graph = ancestral(graph, dict.fromkeys((*named, *bound)))
    size = len(graph) + len(graph.bidirected)
    if size > LARGEST:
        return f"Not verified: {size} variables are too many to sum over (at most {LARGEST})."
    for seed in range(models):
        error = largest_error(graph, query, formula, seed)
        if not error < TOLERANCE:
            raise VerificationError.wrong(str(query), str(formula), error, str(graph))
    return f"Verified: on {models} random models the formula equals the truth to {TOLERANCE}."


def largest_error(graph: Graph, query: Query, formula: Expression, seed: int) -> float:
    """The largest difference between a formula and the truth in one random model.

    The formula is evaluated on the observational joint alone; the truth is the model's own
    truncated factorisation. Variables of the formula that the query does not name are tried at
    every level.

    Args:
        graph: The causal graph.
        query: A query without values, so that every level is compared.
        formula: What is claimed to answer it.
        seed: Of the random model.

    Raises:
        QueryError: the query names a variable that the graph lacks.

    >>> from causalsim.estimand.expression import probability
    >>> graph = Graph("z -> x -> y; z -> y")
    >>> largest_error(graph, Query("y", do="x"), probability("y", "x"), seed=0) > 0.01
    True
    """
    for name in (*query.outcome, *query.treatments, *query.conditions):
        if name not in graph:
            raise QueryError.unknown_variable(name, graph.nodes)
    model = DiscreteModel.draw(graph, seed)
    truth = model.answer(query)
    claimed = evaluate(formula, model.joint())
    extra = [name for name in claimed.axes if name not in truth.axes]
    order = [name for name in truth.axes if name in claimed.axes]
    values = claimed.at([*order, *extra])
    index = tuple(slice(None) if name in claimed.axes else np.newaxis for name in truth.axes) + (
        slice(None),
    ) * len(extra)
    expected = truth.values.reshape(truth.values.shape + (1,) * len(extra))
    return float(np.abs(values[index] - expected).max())
