"""What one more covariate that is a coin does to AIPW of everyone, for many coins at once.

A coin ``w = ±1`` moves the regression of arm ``k`` by ``b_k w`` and its propensity by ``c_k w`` on
the logit scale. With two arms ``1 / e_k - 1`` becomes ``o_k exp(d_k w)``, where ``o_k = e_j / e_k``
and ``d_k = c_j - c_k``, and since ``exp(d w) = cosh d + w sinh d`` and ``w^2 = 1`` the sums over
the arm of

    r - b_k w,    o_k exp(d_k w),    o_k exp(d_k w) (r - b_k w),        r = y - mu_k,

are linear in those of ``w``, ``w o_k`` and ``w o_k r``. Those of all coins are one product of
matrices. Only rows whose propensity may be clipped are looked at coin by coin.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.refuting.sums import Bits, TwoArms, bound_of, in_pieces, rescaling, unpacked

Matrix = NDArray[np.float64]


def tossed(count: int, height: int, rng: np.random.Generator) -> Bits:
    """Coins for every row, eight in a byte, one line for each time all are tossed."""
    size = (height + 7) // 8
    made = np.empty((count, size), dtype=np.uint8)
    for turn in range(count):
        made[turn] = rng.integers(0, 256, size, dtype=np.uint8)
    return made


def shown(coins: Bits, height: int) -> Matrix:
    """The coins of one toss, as 1 and -1."""
    return np.asarray(2.0 * np.unpackbits(coins)[:height] - 1.0, dtype=np.float64)


def estimates_with(arms: TwoArms, propensity: Matrix, estimator: object, coins: Bits) -> Matrix:
    """The effect on everyone with each coin among the covariates.

    Args:
        arms: The scores of an estimator of the effect on everyone.
        propensity: ``e_k``, rows by arms, not clipped.
        estimator: That estimator, whose bound is kept to.
        coins: As `tossed` makes them.
    """
    sides = [_Side.of(arms, propensity, code) for code in (0, 1)]
    sums = _swung(coins, np.column_stack([part for side in sides for part in side.columns]))
    found = (sums[:, :5], sums[:, 5:])
    share = arms.task.share
    total = np.full(len(coins), float(share @ arms.gain))
    for code, side in enumerate(sides):
        slope, apart = found[code][:, 0], found[1 - code][:, 1] - found[code][:, 1]
        others, far = side.beyond(found[code], slope, apart)
        edge = side.edge(float(np.abs(apart).max()), bound_of(estimator))
        if len(edge):
            less = side.clipped(edge, coins, slope, apart, bound_of(estimator))
            others, far = others + less[0], far + less[1]
        wanted, own = float(sides[1 - code].share.sum()), float(side.share.sum())
        factor = np.array([rescaling(wanted, float(one), own) for one in others])
        everybody = found[0][:, 2] + found[1][:, 2]  # whose regression the coin moves
        moved = slope * (everybody - found[code][:, 2])
        added = float(side.share @ side.left) + moved + factor * far
        total += arms.task.contrast[code] * added
    return np.asarray(total / float(share.sum()), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One arm.

    Attributes:
        taken: 1 for its rows, 0 for the others.
        share: The weight of each row, zero in the other arm.
        left: What its regression leaves over.
        odds: The propensity of the other arm over its own.
        surprise: ``1{A = k} - e_k`` over its variance: a coin's step in Newton's method.
    """

    taken: Matrix
    share: Matrix
    left: Matrix
    odds: Matrix
    surprise: Matrix

    @classmethod
    def of(cls, arms: TwoArms, propensity: Matrix, code: int) -> "_Side":
        """One arm of the scores."""
        taken, e = arms.task.indicator(code), propensity[:, code]
        surprise = (taken - e) / max(float((e * (1.0 - e)).sum()), 1e-300)
        left = taken * (arms.task.outcome - arms.mu[code])
        odds = taken * propensity[:, 1 - code] / np.maximum(e, 1e-300)
        return cls(taken, arms.task.share * taken, left, odds, surprise)

    @property
    def columns(self) -> list[Matrix]:
        """What is summed under the signs of the coins: slope, step, w, w o and w o r."""
        weighted = self.share * self.odds
        slope = self.left / self.taken.sum()
        return [slope, self.surprise, self.share, weighted, weighted * self.left]

    def beyond(self, sums: Matrix, slope: Matrix, apart: Matrix) -> tuple[Matrix, Matrix]:
        """The sums of ``1 / e - 1`` and of it times what is left over, nothing clipped."""
        even, odd = np.cosh(apart), np.sinh(apart)
        weighted = self.share * self.odds
        still, left = float(weighted.sum()), float(weighted @ self.left)
        others = even * still + odd * sums[:, 3]
        far = even * left + odd * sums[:, 4] - slope * (even * sums[:, 3] + odd * still)
        return others, far

    def edge(self, most: float, bound: float) -> NDArray[np.int_]:
        """The rows whose propensity some coin may bring under the bound."""
        return np.flatnonzero(self.odds * np.exp(most) > (1.0 - bound) / bound)

    def clipped(
        self, edge: NDArray[np.int_], coins: Bits, slope: Matrix, apart: Matrix, bound: float
    ) -> tuple[Matrix, Matrix]:
        """What clipping these rows adds to the two sums."""
        share, left, odds = self.share[edge], self.left[edge], self.odds[edge]
        byte, place = edge >> 3, (7 - (edge & 7)).astype(np.uint8)
        others, far = np.empty(len(coins)), np.empty(len(coins))
        for turn, line in enumerate(coins):
            w = 2.0 * ((line[byte] >> place) & 1) - 1.0
            over = odds * np.exp(w * apart[turn])
            less = share * (np.minimum(over, (1.0 - bound) / bound) - over)
            others[turn], far[turn] = less.sum(), less @ (left - slope[turn] * w)
        return others, far


def _swung(coins: Bits, columns: Matrix) -> Matrix:
    """The sums of the columns under the signs of every coin, tosses by columns."""
    made: Matrix = np.zeros((len(coins), columns.shape[1]))
    for rows in in_pieces(len(columns)):
        made += unpacked(coins, rows) @ columns[rows]
    return np.asarray(2.0 * made - columns.sum(axis=0), dtype=np.float64)
