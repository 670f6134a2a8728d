"""Two models of a graph that agree on all that is seen and differ in an effect: why it is refused.

From a random positive model a step is taken in a direction that leaves the observations as they are
to first order and moves the effect; Newton's method then brings the observations back exactly.
"""

import numpy as np

from causalsim import Graph, Query
from causalsim.identification.verification.discrete_model import Array, DiscreteModel
from tests.oracles.tangents import jacobians


def two_models(graph: Graph, query: Query) -> tuple[DiscreteModel, DiscreteModel] | None:
    """Two strictly positive models with one observational joint and different effects, if found."""
    for seed, hidden_levels in enumerate((2, 2, 3, 3, 4)):
        first = DiscreteModel.draw(graph, seed, hidden_levels=hidden_levels)
        seen, effect = jacobians(first, query)
        _, sizes, rows = np.linalg.svd(seen, full_matrices=True)
        hidden = rows[int((sizes > sizes[0] * 1e-9).sum()) :]
        moved = effect @ hidden.T
        if not moved.size or np.abs(moved).max() < 1e-6:
            continue
        # The combination of hidden directions that moves the effect the most.
        direction = np.linalg.svd(moved)[2][0] @ hidden
        for step in (0.3, 0.1, 0.03, 0.01):
            second = _brought_back(first, shifted(first, step * direction), query)
            if second is not None and differ(first, second, query) > 1e-4:
                return first, second
    return None


def differ(one: DiscreteModel, other: DiscreteModel, query: Query) -> float:
    """The largest difference between the effects of two models."""
    return float(np.abs(one.answer(query).values - other.answer(query).values).max())


def shifted(model: DiscreteModel, change: Array) -> DiscreteModel:
    """The model with its tables moved by what `jacobians` calls the parameters."""
    tables, place = [], 0
    for axes, values in model.tables:
        found = values.copy()
        for cell in np.ndindex(values.shape[1:]):
            for level in range(1, values.shape[0]):
                found[(0, *cell)] -= change[place]
                found[(level, *cell)] += change[place]
                place += 1
        tables.append((axes, found))
    return DiscreteModel(model.graph, model.axes, tuple(tables))


def _brought_back(
    first: DiscreteModel, second: DiscreteModel, query: Query
) -> DiscreteModel | None:
    """The second model moved so that it shows what the first one shows; it must stay positive."""
    for _ in range(12):
        if min(values.min() for _, values in second.tables) < 1e-4:
            return None
        gap = (second.joint().values - first.joint().values).ravel()
        if np.abs(gap).max() < 1e-13:
            return second
        seen, _ = jacobians(second, query)
        second = shifted(second, -np.linalg.lstsq(seen, gap, rcond=1e-10)[0])
    return None
