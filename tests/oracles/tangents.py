"""Does the observational distribution determine an effect: by the tangent space of random models.

At a random model, move its parameters in every direction. If some direction leaves every observed
probability unchanged to first order and yet changes the effect, two models nearby agree on what is
seen and differ on the effect: it is not identified. If none does, at a random point, the effect is
a function of the observations there. The hidden variables need enough levels for this to be sharp.
"""

import numpy as np

from causalsim import Graph, Query
from causalsim.identification.verification.discrete_model import Array, DiscreteModel


def determines(graph: Graph, query: Query, seed: int) -> bool:
    """Whether no first-order change of the model moves the effect and leaves what is seen."""
    model = DiscreteModel.draw(graph, seed, hidden_levels=4)
    seen, effect = jacobians(model, query)
    # Directions in the null space of what is seen, to the precision of the arithmetic.
    _, sizes, rows = np.linalg.svd(seen, full_matrices=True)
    rank = int((sizes > sizes[0] * 1e-9).sum())
    hidden = rows[rank:]
    moved = np.abs(effect @ hidden.T).max(initial=0.0)
    return bool(moved < 1e-7 * max(1.0, np.abs(effect).max()))


def jacobians(model: DiscreteModel, query: Query) -> tuple[Array, Array]:
    """Derivatives of the joint and of the effect in every parameter, by exact differences.

    Both are linear in each single table, so that replacing one table by a direction that sums to
    zero over its own axis is the derivative itself.
    """
    seen, effect = [], []
    for number, (axes, values) in enumerate(model.tables):
        for cell in np.ndindex(values.shape[1:]):
            for level in range(1, values.shape[0]):
                change = np.zeros_like(values)
                change[(0, *cell)], change[(level, *cell)] = -1.0, 1.0
                tables = list(model.tables)
                tables[number] = (axes, change)
                moved = DiscreteModel(model.graph, model.axes, tuple(tables))
                seen.append(moved.joint().values.ravel())
                if axes[0] in model.graph.indices(query.treatments):
                    effect.append(np.zeros_like(model.answer(query).values.ravel()))
                else:
                    effect.append(moved.answer(query).values.ravel())
    return np.array(seen).T, np.array(effect).T
