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
        for column in np.moveaxis(by_chain(learnt), 2, 0):
            if float(column.std()) == 0.0:
                found.append((np.nan, np.nan, np.nan))
                continue
            sizes = [float(arviz.ess(column, method=method)) for method in ("bulk", "tail")]
            found.append((float(arviz.rhat(column)), sizes[0], sizes[1]))
    return found


def doubts_about(all_learnt: Mapping[str, Learnt]) -> tuple[str, ...]:
    """What speaks against the draws, a sentence each; empty where nothing does."""
    found: list[str] = []
    for node, learnt in all_learnt.items():
        if learnt.caution:
            found.append(f"{node}: {learnt.caution}")
        if learnt.khat is not None and not learnt.khat <= _WORST_SHAPE:
            found.append(
                f"{node}: k̂ {learnt.khat:.2f} is above {_WORST_SHAPE}, so its posterior is not "
                "close to Normal; type by=NUTS()"
            )
        found += _chain_doubts(node, learnt) if learnt.chains > 1 else _size_doubts(node, learnt)
    counts = {learnt.divergences for learnt in all_learnt.values() if learnt.divergences}
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


def _chain_doubts(node: str, learnt: Learnt) -> list[str]:
    """Chains that disagree or that hang together too much."""
    numbers = measured(learnt)
    rhats = [rhat for rhat, _, _ in numbers if isfinite(rhat)]
    sizes = [size for _, *pair in numbers for size in pair if isfinite(size)]
    found = []
    if max(rhats, default=1.0) > _WORST_RHAT:
        found.append(f"{node}: R-hat {max(rhats):.3f} is above {_WORST_RHAT}")
    if min(sizes, default=float(_FEWEST)) < _FEWEST:
        found.append(f"{node}: effective sample size {min(sizes):.0f} is below {_FEWEST}")
    return found


def _size_doubts(node: str, learnt: Learnt) -> list[str]:
    """Independent draws that are few, or weights that leave few."""
    size = learnt.ess if learnt.ess is not None else float(len(learnt.parameters))
    if size < _FEWEST:
        return [f"{node}: effective sample size {size:.0f} is below {_FEWEST}"]
    return []
