"""The joint law of one variable in two worlds, in closed form, when its noise is shared."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def threshold_pair(one: Array, other: Array) -> Array:
    """P(x, x') when one uniform noise meets two rows of cumulative probabilities.

    The overlap of two intervals: ``max(0, min(F_x, F'_x') - max(F_{x-1}, F'_{x'-1}))``.

    Args:
        one: Probabilities of shape (C, K).
        other: Of shape (C, K').

    Returns:
        Of shape (C, K, K').

    >>> threshold_pair(np.array([[0.75, 0.25]]), np.array([[0.5, 0.5]])).tolist()
    [[[0.5, 0.25], [0.0, 0.25]]]
    """
    low, high = _edges(one)
    low_other, high_other = _edges(other)
    upper = np.minimum(high[:, :, None], high_other[:, None])
    lower = np.maximum(low[:, :, None], low_other[:, None])
    return np.asarray(np.maximum(upper - lower, 0.0))


def gumbel_pair(one: Array, other: Array) -> Array:
    """P(x = a, x' = b) when Gumbel noises are shared.

    With ``p`` and ``q`` the two rows it is ``1 / Σ_i max(p_i / p_a, q_i / q_a)`` where ``a = b``,
    else the integral of ``1 / D(t)²`` over ``p_b / p_a < t < q_b / q_a`` with
    ``D(t) = 1 + t + Σ_{i ≠ a, b} max(p_i / p_a, t q_i / q_b)``, which is linear piece by piece.

    Args:
        one: Probabilities of shape (C, K).
        other: Of shape (C, K).

    Returns:
        Of shape (C, K, K).

    References:
        Oberst and Sontag (2019), section 4; the integral is over the ratio of the exponential
        noises ``exp(-G)`` of the two winners.

    >>> gumbel_pair(np.array([[0.75, 0.25]]), np.array([[0.5, 0.5]])).round(12).tolist()
    [[[0.5, 0.25], [0.0, 0.25]]]
    """
    count, size = one.shape
    found = np.zeros((count, size, size))
    with np.errstate(divide="ignore", invalid="ignore"):
        for a in range(size):
            same = np.fmax(one / one[:, [a]], other / other[:, [a]]).sum(axis=1)
            possible = (one[:, a] > 0) & (other[:, a] > 0)
            found[:, a, a] = np.where(possible, 1 / same, 0.0)
            for b in range(size):
                if a != b:
                    found[:, a, b] = _moved(one, other, a, b)
    return found


def _moved(p: Array, q: Array, a: int, b: int) -> Array:
    """The integral for two different winners, piece by piece."""
    low = p[:, b] / p[:, a]
    high = np.where(q[:, a] > 0, q[:, b] / q[:, a], np.inf)
    rest = [i for i in range(p.shape[1]) if i not in (a, b)]
    level = p[:, rest] / p[:, [a]]
    slope = q[:, rest] / q[:, [b]]
    breaks = np.where(slope > 0, level / slope, np.inf)
    inner = np.clip(breaks, low[:, None], np.maximum(low, high)[:, None])
    cuts = np.sort(np.column_stack([low, inner, high]), axis=1)

    def below(t: Array) -> Array:
        falling = np.where(slope[:, None] > 0, t[:, :, None] * slope[:, None], 0.0)
        return np.asarray(1 + t + np.maximum(level[:, None], falling).sum(axis=-1))

    bottom = below(cuts)
    start, stop = cuts[:, :-1], cuts[:, 1:]
    finite = (stop - start) / (bottom[:, :-1] * bottom[:, 1:])
    # Without an end D(t) grows by (1 - q_a) / q_b = 1 / q_b a step: the integral is q_b / D(start).
    endless = np.where(np.isinf(start), 0.0, q[:, [b]] / bottom[:, :-1])
    pieces = np.where(np.isinf(stop), endless, finite)
    possible = (p[:, a] > 0) & (q[:, b] > 0) & (high > low)
    return np.where(possible, np.where(stop > start, pieces, 0.0).sum(axis=1), 0.0)


def _edges(rows: Array) -> tuple[Array, Array]:
    """The lower and the upper cumulative probability of each level, the last exactly one."""
    upper = np.minimum(rows.cumsum(axis=1), 1.0)
    upper[:, -1] = 1.0
    lower = np.concatenate([np.zeros((len(rows), 1)), upper[:, :-1]], axis=1)
    return lower, upper
