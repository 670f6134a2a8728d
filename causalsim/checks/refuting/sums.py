"""What every row adds to an estimate of two arms, so that one product reads all draws at once.

With propensities and regressions held, AIPW of two arms is a ratio of sums over the rows,

    value = sum N / sum D,    N = D gain ± (D + f x) (y - mu),    x = h / e - D,

with the error ``sqrt(sum (N - value D)^2) / sum D``; the factor ``f`` of an arm makes its ``x`` add
to what they stand for (`causalsim.estimation.averaging.targets`). What a row adds depends on its
arm and its outcome alone. Where these are drawn from a few states a row, all sums are linear in
bits that tell the states; where an outcome is drawn from a pool, in it and its square.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.averaging.targets import Everyone
from causalsim.estimation.intervals import standard_error
from causalsim.estimation.reading.task import Task

_ROWS_AT_ONCE = 2048
_ROUNDING = 1e-12
Matrix = NDArray[np.float64]
Arms = NDArray[np.integer[Any]]
Bits = NDArray[np.uint8]
#: An estimate and its standard error.
Reading = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class TwoArms:
    """AIPW of a difference between two arms, with everything computed that no draw changes.

    Attributes:
        task: The data in their roles.
        mu: The regression in each arm.
        gain: ``sum_k sign_k mu_k``.
        below: ``D`` of a row in each arm, its weight in the sample included.
        beyond: ``x`` of a row in each arm, likewise.
        everyone: Whether the effect is that on everyone, so that ``D`` is the same in both arms.
    """

    task: Task
    mu: tuple[Matrix, Matrix]
    gain: Matrix
    below: tuple[Matrix, Matrix]
    beyond: tuple[Matrix, Matrix]
    everyone: bool

    @classmethod
    def of(cls, task: Task, estimator: Any, propensity: Matrix, outcome: Matrix) -> "TwoArms":  # noqa: ANN401
        """The arms as an estimator weighs them."""
        target, signs, share = estimator.target, task.contrast, task.share
        e = np.maximum(propensity, bound_of(estimator))
        everyone = isinstance(target, Everyone)
        tilt = np.ones(1) if everyone else target.tilt(e, task)
        below = (share, share)
        if not everyone:
            slope = target.slope(e, task)
            start = tilt - (slope * e).sum(axis=1)
            below = (share * (start + slope[:, 0]), share * (start + slope[:, 1]))
        mu = (np.ascontiguousarray(outcome[:, 0]), np.ascontiguousarray(outcome[:, 1]))
        gain = signs[0] * mu[0] + signs[1] * mu[1]
        beyond = (share * tilt / e[:, 0] - below[0], share * tilt / e[:, 1] - below[1])
        return cls(task, mu, gain, below, beyond, everyone)

    def read(self, arm: Arms, y: Matrix) -> Reading:
        """The estimate for any arms and outcomes."""
        high = arm.astype(bool, copy=False)
        below = np.where(high, self.below[1], self.below[0])
        top = below * self.gain
        top += self.weights(high) * (y - np.where(high, self.mu[1], self.mu[0]))
        total = float(below.sum())
        value = float(top.sum()) / total
        top -= value * below
        return value, standard_error(top, self.task.clusters) * self.task.height / total

    def weights(self, high: NDArray[np.bool_]) -> Matrix:
        """What the residual of each row is multiplied by, given who is in the second arm."""
        made = np.empty(len(high))
        for code, rows in ((0, ~high), (1, high)):
            beyond, below = self.beyond[code][rows], self.below[code][rows]
            others = float(self.below[1 - code][~rows].sum())
            factor = rescaling(others, float(beyond.sum()), float(below.sum()))
            made[rows] = self.task.contrast[code] * (below + factor * beyond)
        return made

    def arm_readings(self, y: Matrix, arms: Bits) -> list[Reading]:
        """The estimates for these outcomes and many draws of the arms, a line of bits each."""
        start = self._start

        def adds(rows: slice) -> Matrix:
            low, high = (self._moments(code, y[rows], rows, start) for code in (0, 1))
            return np.stack([low, high - low])

        return _read(_summed(adds, [arms], self.task.height), start)

    def world_readings(
        self, outcomes: Sequence[Sequence[Matrix]], arms: Bits, coins: Bits
    ) -> list[Reading]:
        """The estimates for many draws of arms and coins that outcomes follow from.

        Args:
            outcomes: The outcome of every row for each arm and each side of its coin.
            arms: The arms, a line of bits a draw.
            coins: The coins, likewise.
        """
        start = self._start

        def adds(rows: slice) -> Matrix:
            neither, high, coin, both = (
                self._moments(code, outcomes[code][side][rows], rows, start)
                for side in (0, 1)
                for code in (0, 1)
            )
            return np.stack([neither, high - neither, coin - neither, both - high - coin + neither])

        return _read(_summed(adds, [arms, coins, arms & coins], self.task.height), start)

    def outcome_reader(self, arm: Arms, middle: float) -> Callable[[Matrix], Reading]:
        """From outcomes to the estimate, the arms being these.

        Args:
            arm: The arm of each row.
            middle: About where outcomes lie.
        """
        high = arm.astype(bool)
        weight = self.weights(high)
        below = np.where(high, self.below[1], self.below[0])
        total, start = float(below.sum()), self._start
        still = (self.gain - start) * below
        still += weight * (middle - np.where(high, self.mu[1], self.mu[0]))
        base = np.array([still.sum(), still @ still, still @ below])
        steps = np.stack([weight, 2.0 * still * weight, weight * below])
        squares, spread = weight**2, float(below @ below)

        def read(y: Matrix) -> Reading:
            away = y - middle
            top, twice, mixed = base + steps @ away
            away *= away
            return _ratio(start, top, twice + squares @ away, mixed, total, spread)

        return read

    @property
    def _start(self) -> float:
        """About the estimate, which is taken off so that squares stay small."""
        both = self.below[0] + self.below[1]
        return float(both @ self.gain) / float(both.sum())

    def _moments(self, code: int, y: Matrix, rows: slice, start: float) -> Matrix:
        """What is summed over rows in an arm: what needs no factor, then what does, arm by arm."""
        below, beyond = self.below[code][rows], self.beyond[code][rows]
        away = self.task.contrast[code] * (y - self.mu[code][rows])
        own = below * (self.gain[rows] - start + away)
        far = beyond * away
        made = np.zeros((17, len(y)))
        made[:5] = own, own**2, own * below, below, below**2
        first = 5 + 6 * code
        made[first : first + 6] = far, own * far, far**2, far * below, beyond, below
        return made


def bound_of(estimator: Any) -> float:  # noqa: ANN401
    """The smallest propensity that an estimator divides by."""
    found = estimator.target.clip if estimator.clip is None else estimator.clip
    return max(float(found), 1e-300)


def rescaling(wanted: float, found: float, own: float) -> float:
    """The factor that makes what rows stand for beyond themselves add to what it should."""
    return wanted / found if found > _ROUNDING * (found + own) else 1.0


def in_pieces(height: int) -> Iterator[slice]:
    """The rows, as many at a time as stay in the cache and fill whole bytes of bits."""
    for start in range(0, height, _ROWS_AT_ONCE):
        yield slice(start, min(start + _ROWS_AT_ONCE, height))


def unpacked(bits: Bits, rows: slice) -> Matrix:
    """The bits of some rows as 0 and 1, draws by rows."""
    some = np.unpackbits(bits[:, rows.start // 8 : (rows.stop + 7) // 8], axis=1)
    return some[:, : rows.stop - rows.start].astype(np.float64)


def _summed(adds: Callable[[slice], Matrix], drawn: Sequence[Bits], height: int) -> Matrix:
    """Sums over rows, draws by sums: what each adds anyway, and what with each of its bits."""
    base: Matrix = np.zeros(17)
    made: Matrix = np.zeros((len(drawn[0]), 17))
    for rows in in_pieces(height):
        first, *steps = adds(rows)
        base += first.sum(axis=1)
        for bits, step in zip(drawn, steps, strict=True):
            made += unpacked(bits, rows) @ step.T
    return base + made


def _read(sums: Matrix, start: float) -> list[Reading]:
    """The estimate and its standard error for every draw."""
    made = []
    for line in sums.tolist():
        top, square, mixed, total, spread = line[:5]
        for far, here, there in ((line[5:11], line[10], line[16]), (line[11:], line[16], line[10])):
            factor = rescaling(there, far[4], here)
            top += factor * far[0]
            square += 2.0 * factor * far[1] + factor**2 * far[2]
            mixed += factor * far[3]
        made.append(_ratio(start, top, square, mixed, total, spread))
    return made


def _ratio(
    start: float, top: float, square: float, mixed: float, total: float, spread: float
) -> Reading:
    """``sum N / sum D`` and its standard error, from the sums of N, N^2, N D, D and D^2."""
    off = top / total
    squares = square - 2.0 * off * mixed + off**2 * spread
    return start + off, float(np.sqrt(max(squares, 0.0))) / total
