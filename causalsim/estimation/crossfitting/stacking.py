"""How much each member of a stack counts: by its errors on rows that it never saw.

References:
    A. Ahrens, C. Hansen, M. Schaffer, T. Wiemann (2025), Model averaging and double machine
    learning, Journal of Applied Econometrics 40 (short-stacking).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, nnls

from causalsim.estimation.crossfitting.learners import Matrix


def mean_weights(guesses: Matrix, target: Matrix, weights: Matrix | None) -> Matrix:
    """Non-negative weights that add to one and minimise the squared error of the mixture.

    Args:
        guesses: Out-of-fold predictions, rows by members.
        target: What was to be predicted.
        weights: A weight a row, or None.

    Returns:
        One weight a member.

    >>> mean_weights(np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]), np.arange(3) * 2.0, None)
    array([1., 0.])
    """
    if guesses.shape[1] == 1:
        return np.ones(1)
    root = np.ones(len(target)) if weights is None else np.sqrt(weights)
    center = target.mean()
    left = (guesses - center) * root[:, None]
    right = (target - center) * root
    # A heavy extra row holds the sum of the weights at one.
    heavy = 1e3 * (np.abs(left).max() + np.abs(right).max() + 1e-12) * np.sqrt(len(right))
    mix, _ = nnls(np.vstack([left, np.full(guesses.shape[1], heavy)]), np.append(right, heavy))
    return np.asarray(np.round(mix / mix.sum(), 12), dtype=np.float64)


def mixed_shares(guesses: NDArray[np.float64], arm: NDArray[np.int_], weights: Matrix) -> Matrix:
    """The average of several classifiers on the logit scale that has the least log-loss.

    The weights are non-negative, add to one and minimise the out-of-fold log-loss, so that a bold
    classifier counts only as far as its boldness is borne out.

    Args:
        guesses: Out-of-fold probabilities, rows by members by arms.
        arm: The arm that each row had.
        weights: A weight a row.

    Returns:
        Probabilities, rows by arms.
    """
    return mixed(guesses, share_weights(guesses, arm, weights))


def share_weights(guesses: NDArray[np.float64], arm: NDArray[np.int_], weights: Matrix) -> Matrix:
    """The weights of that average, one a member.

    Args:
        guesses: Out-of-fold probabilities, rows by members by arms.
        arm: The arm that each row had.
        weights: A weight a row.
    """
    if guesses.shape[1] == 1:
        return np.ones(1)
    logs = np.log(np.clip(guesses, 1e-12, 1.0))
    rows = np.arange(len(arm))

    def loss(free: Matrix) -> float:
        made = _softmax(np.einsum("m,nmk->nk", _softmax(free), logs))
        return -float(np.average(np.log(made[rows, arm]), weights=weights))

    # The weights are a softmax; beyond e^-8 a member is out, and the bound keeps the search short.
    bounds = [(-8.0, 8.0)] * guesses.shape[1]
    found = minimize(loss, np.zeros(guesses.shape[1]), method="L-BFGS-B", bounds=bounds)
    return _softmax(found.x)


def mixed(guesses: NDArray[np.float64], mix: Matrix) -> Matrix:
    """The average of several classifiers on the logit scale, rows by arms.

    Args:
        guesses: Probabilities, rows by members by arms.
        mix: The weight of each member.

    >>> mixed(np.array([[[0.5, 0.5], [0.1, 0.9]]]), np.array([1.0, 0.0]))
    array([[0.5, 0.5]])
    """
    if guesses.shape[1] == 1:
        return guesses[:, 0]
    return _softmax(np.einsum("m,nmk->nk", mix, np.log(np.clip(guesses, 1e-12, 1.0))))


def _softmax(free: Matrix) -> Matrix:
    """Positive numbers that add to one along the last axis."""
    made = np.exp(free - free.max(axis=-1, keepdims=True))
    return np.asarray(made / made.sum(axis=-1, keepdims=True), dtype=np.float64)
