"""Shapley values: what each player adds, averaged over the orders in which they may arrive."""

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from causalsim.seeds import Seed

Array = NDArray[np.float64]
#: For coalitions, of shape (coalitions, players), their worth: (coalitions, ...).
Worth = Callable[[NDArray[np.bool_]], Array]

#: Up to this many players every coalition is asked for.
MOST_EXACT = 10
_ORDERS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """What each player adds.

    Args:
        values: Of shape (players, ...), as the worths have it behind the coalitions.
        errors: Standard errors from having drawn orders, of the same shape; zero where every
            coalition was asked for.
        coalitions: How many coalitions were asked for.
        exact: Whether every one was.
    """

    values: Array
    errors: Array
    coalitions: int
    exact: bool


def shapley(players: int, worth: Worth, seed: Seed) -> Shares:
    """The Shapley value of each player: ``Σ_S |S|! (k-|S|-1)! / k! · (v(S ∪ i) - v(S))``.

    Every coalition is asked for up to ten players; beyond, orders are drawn in pairs, each with
    its reverse. In both cases the values sum to the worth of all less the worth of none.

    Args:
        players: How many, at least one.
        worth: The worth of coalitions, all in one call.
        seed: Root of the orders.

    Examples:
        >>> from causalsim.seeds import Seed
        >>> glove = lambda coalitions: (coalitions[:, 0] & coalitions[:, 1:].any(1)).astype(float)
        >>> shapley(3, glove, Seed(0)).values.round(4).tolist()
        [0.6667, 0.1667, 0.1667]

    References:
        Shapley, "A value for n-person games" (1953); Castro, Gómez and Tejada, "Polynomial
        calculation of the Shapley value based on sampling" (2009).
    """
    return _exact(players, worth) if players <= MOST_EXACT else _sampled(players, worth, seed)


def _exact(players: int, worth: Worth) -> Shares:
    """By every coalition."""
    codes = np.arange(2**players)
    masks = (codes[:, np.newaxis] >> np.arange(players)) & 1 == 1
    worths = worth(masks)
    sizes = masks.sum(axis=1)
    weights = np.array(
        [factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)]
    )
    values = []
    for player in range(players):
        without = codes[~masks[:, player]]
        gains = worths[without | (1 << player)] - worths[without]
        values.append(np.tensordot(weights[sizes[without]], gains, axes=1))
    found = np.asarray(values)
    return Shares(found, np.zeros_like(found), len(codes), exact=True)


def _sampled(players: int, worth: Worth, seed: Seed) -> Shares:
    """By orders drawn at random, each with its reverse."""
    generator = seed.child("orders").numpy()
    drawn = np.array([generator.permutation(players) for _ in range(_ORDERS // 2)])
    orders = np.stack([drawn, drawn[:, ::-1]])
    # A player is in the coalition after step t if its rank in the order is below t.
    ranks = orders.argsort(axis=-1)
    steps = np.arange(players + 1)
    masks = ranks[:, :, np.newaxis, :] < steps[:, np.newaxis]
    different, places = np.unique(masks.reshape(-1, players), axis=0, return_inverse=True)
    worths = worth(different)[places.reshape(masks.shape[:-1])]
    gains = np.diff(worths, axis=2)
    index = ranks.reshape(*ranks.shape, *[1] * (gains.ndim - 3))
    by_player = np.take_along_axis(gains, index, axis=2)
    pairs = by_player.mean(axis=0)
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
    return Shares(pairs.mean(axis=0), errors, len(different), exact=False)
