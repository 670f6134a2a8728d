"""How far draws can be trusted: R-hat and effective sample sizes by ArviZ."""

import warnings
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.scm.learning.learnt import Learnt

_WORST_RHAT = 1.01
_FEWEST = 400
_WORST_SHAPE = 0.7


def by_chain(learnt: Learnt) -> NDArray[np.float64]:
    """The parameters, of shape (chains, draws, names)."""
    found = learnt.parameters.numpy()
    return np.asarray(found.reshape(learnt.chains, -1, found.shape[1]))


def measured(learnt: Learnt) -> list[tuple[float, float, float]]:
    """R-hat, bulk and tail effective sample size of each parameter.

    A parameter that does not vary has none of them (NaN).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz

        found = []
        chains = by_chain(learnt)
        if len(chains) == 1:  # ArviZ compares at least two: the halves of one will do
            half = chains.shape[1] // 2
            chains = np.concatenate([chains[:, :half], chains[:, half : 2 * half]])
        for column in np.moveaxis(chains, 2, 0):
            if float(column.std()) == 0.0:
                found.append((np.nan, np.nan, np.nan))
                continue
            sizes = [float(arviz.ess(column, method=method)) for method in ("bulk", "tail")]
            found.append((float(arviz.rhat(column)), sizes[0], sizes[1]))
    return found


def doubts_about(all_learnt: Mapping[str, Learnt]) -> tuple[str, ...]:
    """What speaks against the draws, a sentence each; empty where nothing does."""
    found = list(dict.fromkeys(one.caution for one in all_learnt.values() if one.caution))
    shapes = {n: one.khat for n, one in all_learnt.items() if one.khat is not None}
    far = {node: shape for node, shape in shapes.items() if not shape <= _WORST_SHAPE}
    if far:
        node = max(far, key=lambda name: far[name])
        found.append(
            f"k̂ {far[node]:.2f} of {node} is above {_WORST_SHAPE}, so its posterior is not close "
            "to the draws' own shape; type by=NUTS()"
        )
    found += _numeric_doubts(all_learnt)
    counts = {one.divergences for one in all_learnt.values() if one.divergences}
    found += [f"{count} divergent trajectories" for count in sorted(counts)]
    return tuple(found)


def table(
    all_learnt: Mapping[str, Learnt], intervals: Sequence[tuple[float, float]]
) -> dict[str, list[Any]]:
    """A row a parameter: where it lies and how well that is known."""
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            "parameter",
            "mean",
            "sd",
            "low",
            "high",
            "r_hat",
            "ess_bulk",
            "ess_tail",
            "engine",
        )
    }
    ends = iter(intervals)
    for node, learnt in all_learnt.items():
        numbers = zip(learnt.part.names, learnt.parameters.T, measured(learnt), strict=True)
        for name, drawn, (rhat, bulk, tail) in numbers:
            low, high = next(ends)
            row = (f"{node}.{name}", float(drawn.mean()), float(drawn.std()), low, high)
            for key, value in zip(columns, (*row, rhat, bulk, tail, learnt.engine), strict=True):
                columns[key].append(value)
    return columns


def _numeric_doubts(all_learnt: Mapping[str, Learnt]) -> list[str]:
    """Chains that disagree, or draws that are worth too few independent ones."""
    rhats: dict[str, float] = {}
    sizes: dict[str, float] = {}
    for node, one in all_learnt.items():
        if one.chains == 1:
            sizes[node] = one.ess if one.ess is not None else float(len(one.parameters))
            continue
        for name, (rhat, bulk, tail) in zip(one.part.names, measured(one), strict=True):
            if isfinite(rhat):
                rhats[f"{node}.{name}"] = rhat
                sizes[f"{node}.{name}"] = min(bulk, tail)
    found = []
    worst = max(rhats, key=lambda name: rhats[name], default="")
    if worst and rhats[worst] > _WORST_RHAT:
        found.append(f"R-hat {rhats[worst]:.3f} of {worst} is above {_WORST_RHAT}")
    least = min(sizes, key=lambda name: sizes[name], default="")
    if least and sizes[least] < _FEWEST:
        found.append(f"effective sample size {sizes[least]:.0f} of {least} is below {_FEWEST}")
    return found
