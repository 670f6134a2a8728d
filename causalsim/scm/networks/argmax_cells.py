"""Which level wins under which probabilities, when the Gumbel noises are shared.

With ``E_k = exp(-G_k)``, independent and exponential, ``argmax_k (log p_k + G_k)`` is
``argmin_k E_k / p_k``. That level ``k`` wins under a row ``p`` says ``E_i >= (p_i / p_k) E_k`` for
all ``i``: bounds on ratios. So the noises with one winner under each of several rows are those with
``E_i >= M_ij E_j``, and their probability is an integral of exponentials, one noise at a time. The
joint law of the winners is therefore exact for any number of rows, and C rows over K levels leave
at most ``(C + K - 1)! / (C! (K - 1)!)`` cells.

References:
    Oberst and Sontag, "Counterfactual off-policy evaluation with Gumbel-max structural causal
    models" (2019); Maddison, Tarlow and Minka, "A* sampling" (2014); Develin and Sturmfels,
    "Tropical convexity" (2004), on the cells that such bounds make.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim.errors.contraction import ContractionError

Array = NDArray[np.float64]
#: Cells in which a ratio can vary by no more than this, relatively, come from rounding.
_NARROWEST = 1e-14
#: The largest number of terms of the integrals, and what a term costs beside its cells.
_MOST_TERMS = 2_000_000
_OVERHEAD = 100


def argmax_cells(node: str, rows: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The cells of Gumbel noise within which each row of probabilities has one winner.

    Args:
        node: The variable, for messages.
        rows: Of shape (C, K), each summing to one.
        most: The largest number of cells, and of terms of their probabilities.

    Returns:
        The probability of each cell, of shape (R,); and a noise in it, of shape (R, K).

    Raises:
        ContractionError: There are more cells.

    >>> chances, noises = argmax_cells("x", torch.tensor([[0.25, 0.75], [0.5, 0.5]]), 100)
    >>> [round(float(chance), 6) for chance in chances]
    [0.25, 0.25, 0.5]
    >>> (torch.tensor([0.25, 0.75]).log() + noises).argmax(dim=-1).tolist()
    [0, 1, 1]
    """
    table = np.unique(rows.detach().numpy().astype(np.float64), axis=0)
    bounds = np.zeros((1, table.shape[1], table.shape[1]))
    for row in table:
        bounds = np.concatenate([_won(bounds, row, k) for k in range(len(row)) if row[k] > 0])
        if len(bounds) > most:
            raise ContractionError.too_large(
                f"The joint law of the winners of {node!r}", len(bounds), most
            )
    work = _Work(node)
    chances = _shares(bounds, np.ones(bounds.shape[:2]), list(range(bounds.shape[1])), work)
    return torch.from_numpy(chances), torch.from_numpy(-_inside(bounds))


@dataclass(slots=True)
class _Work:
    """How many terms the integrals have had so far: with many levels there may be too many.

    Args:
        node: The variable, for messages.
        terms: The count.
    """

    node: str
    terms: int = 0

    def more(self, cells: int) -> None:
        """One more term for so many cells."""
        self.terms += cells + _OVERHEAD
        if self.terms > _MOST_TERMS:
            raise ContractionError.too_large(
                f"The integrals over the Gumbel noises of {self.node!r}", self.terms, _MOST_TERMS
            )


def _won(bounds: Array, row: Array, winner: int) -> Array:
    """The cells in which a level wins this row, those that are empty left out."""
    found = bounds.copy()
    found[:, :, winner] = np.maximum(found[:, :, winner], row / row[winner])
    return found[_closed(found)]


def _closed(bounds: Array) -> NDArray[np.bool_]:
    """Bounds made as tight as they imply, in place (Floyd 1962); which cells are not empty."""
    size = bounds.shape[1]
    every = np.arange(size)
    bounds[:, every, every] = 1.0
    for k in range(size):
        np.maximum(bounds, bounds[:, :, k, None] * bounds[:, None, k], out=bounds)
    # E_i >= M_ij E_j and E_j >= M_ji E_i leave room where M_ij M_ji < 1.
    room = bounds * bounds.transpose(0, 2, 1)
    room[:, every, every] = 0.0
    return np.asarray((room < 1 - _NARROWEST).all(axis=(1, 2)))


def _shares(bounds: Array, rates: Array, alive: list[int], work: _Work) -> Array:
    """The integral of ``exp(-Σ rate_i E_i)`` over each cell, the last noise integrated first.

    Between its greatest lower bound ``a E_j`` and its least upper bound ``b E_k`` a noise with rate
    r gives ``(exp(-r a E_j) - exp(-r b E_k)) / r``: the rates of j and of k grow instead.
    """
    work.more(len(bounds))
    *rest, last = alive
    if not rest:
        return np.asarray(1.0 / rates[:, last])
    found = np.zeros(len(bounds))
    for j in (None, *rest):
        for k in (None, *rest):
            cells = _which(bounds, last, j, k, rest)
            if not len(cells):
                continue
            tighter = bounds[cells]
            _require_order(tighter, last, j, k, rest)
            open_ = _closed(tighter)
            cells, tighter = cells[open_], tighter[open_]
            if not len(cells):
                continue
            rate = rates[cells, last]
            lower, upper = rates[cells].copy(), rates[cells].copy()
            if j is not None:
                lower[:, j] += rate * bounds[cells, last, j]
            if k is None:
                found[cells] += _shares(tighter, lower, rest, work) / rate
                continue
            upper[:, k] += rate / bounds[cells, k, last]
            twice = np.concatenate([tighter] * 2)
            both = _shares(twice, np.concatenate([lower, upper]), rest, work)
            found[cells] += (both[: len(cells)] - both[len(cells) :]) / rate
    return found


def _which(
    bounds: Array, last: int, j: int | None, k: int | None, rest: list[int]
) -> NDArray[np.int64]:
    """The cells in which a noise has a lower bound by j (or none) and an upper one by k."""
    below, above = bounds[:, last][:, rest] > 0, bounds[:, rest, last] > 0
    fits = ~below.any(axis=1) if j is None else bounds[:, last, j] > 0
    fits = fits & (~above.any(axis=1) if k is None else bounds[:, k, last] > 0)
    return np.flatnonzero(fits)


def _require_order(bounds: Array, last: int, j: int | None, k: int | None, rest: list[int]) -> None:
    """The part of each cell in which j gives the greatest lower bound, k the least upper one."""
    for i in rest:
        if j is not None and i != j:
            ratio = bounds[:, last, i] / bounds[:, last, j]
            bounds[:, j, i] = np.maximum(bounds[:, j, i], ratio)
        if k is not None and i != k:
            ratio = bounds[:, i, last] / bounds[:, k, last]
            bounds[:, i, k] = np.maximum(bounds[:, i, k], ratio)
    # The noise that is integrated out bounds the others no more than they do themselves.
    bounds[:, last] = 0.0
    bounds[:, :, last] = 0.0


def _inside(bounds: Array) -> Array:
    """The logarithms of a point inside each cell: the mean of its corners, one a noise."""
    size = bounds.shape[1]
    with np.errstate(divide="ignore"):
        logs = np.log(bounds)
    finite = np.isfinite(logs)
    # What is not bounded gets a bound too weak to bind.
    depth = (size - 1) * np.abs(np.where(finite, logs, 0.0)).max(axis=(1, 2)) + 7.0
    logs = np.where(finite, logs, -depth[:, None, None])
    for k in range(size):
        logs = np.maximum(logs, logs[:, :, k, None] + logs[:, None, k])
    return np.asarray(logs.mean(axis=2))
