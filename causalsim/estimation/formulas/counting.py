"""A formula on the proportions of the rows, and how it moves with every row."""

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.plugin import PluginError
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimation.formulas.reading import PluginTask

_STEP = 1e-4


def value_of(task: PluginTask, flat: NDArray[np.float64]) -> float:
    """The formula on a joint distribution of the cells."""
    shape = task.cells.shape
    table = Table(task.cells.axes, (flat / flat.sum()).reshape(shape), task.cells.levels)
    found = sum(sign * float(evaluate(term, table).values) for sign, term in task.terms)
    if not np.isfinite(found):
        raise PluginError.empty_cell(str(task.terms[0][1]))
    return float(found)


def check_linear(task: PluginTask, value: float) -> None:
    """An outcome held by the ends of its range must enter linearly."""
    shares, axis = task.cells.shares, task.cells.outcome
    if shares is None or axis is None:
        return
    low = float(task.cells.levels[axis][0])
    base = sum(sign for sign, _ in task.terms) * low
    halved = value_of(task, task.cells.halved().flat())
    if not np.isclose(halved - base, 0.5 * (value - base), rtol=1e-6, atol=1e-9):
        raise PluginError.not_linear(task.cells.axes[axis])


def influence_of(
    task: PluginTask, flat: NDArray[np.float64], occupied: NDArray[np.int_]
) -> NDArray[np.float64]:
    """The derivative towards each row's cell, by central differences."""
    slopes = np.zeros(len(flat))
    for cell in occupied:
        # The step keeps the cell's own probability positive on both sides.
        step = _STEP * min(1.0, float(flat[cell]))
        towards = -step * flat
        towards[cell] += step
        slopes[cell] = (value_of(task, flat + towards) - value_of(task, flat - towards)) / (
            2 * step
        )
    found = task.cells.spread_over_rows(slopes) * task.cells.weights
    return np.asarray(found - found.mean(), dtype=np.float64)
