"""What every estimand, check and refuter reads: propensities and outcome regressions by row.

The nuisances of an effect under adjustment are the propensity of every arm, ``e_k(x)``, and the
mean outcome in every arm, ``mu_k(x)``; `causalsim.estimation.crossfitting.crossfit` predicts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.crossfitting.learners import Matrix


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The out-of-fold predictions of one random division into folds.

    Attributes:
        folds: The fold of each row; all zero when nothing was held out.
        propensity: ``e_k(x_i)``, one row a person, one column an arm; as predicted, not clipped.
        outcome: ``mu_k(x_i)``, in the outcome's unit.
        weights: For each arm the weight of every member of the outcome's stack.
    """

    folds: NDArray[np.int_]
    propensity: NDArray[np.float64]
    outcome: NDArray[np.float64]
    weights: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Clipping:
    """How many propensities were moved away from 0 and 1.

    Attributes:
        bound: The smallest propensity of an arm that was left as it is.
        touched: How many rows had a smaller one.
        rows: How many rows there are.
        least: The smallest propensity before clipping.
    """

    bound: float
    touched: int
    rows: int
    least: float

    def __str__(self) -> str:
        """One sentence."""
        if not self.touched:
            return f"no propensity was clipped (smallest {self.least:.3g}, bound {self.bound:g})"
        return (
            f"{self.touched} of {self.rows} propensities were clipped at {self.bound:g} "
            f"(smallest {self.least:.2g})"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Nuisances:
    """Propensities and outcome regressions of every arm, from one cross-fit.

    Attributes:
        splits: One or several random divisions; each is complete in itself.
        learners: What predicted the outcome and the treatment, in words.
    """

    splits: tuple[Split, ...]
    learners: str

    @property
    def propensity(self) -> NDArray[np.float64]:
        """``e_k(x_i)``: the mean over the splits on the logit scale, rows by arms."""
        logs = np.mean([np.log(np.maximum(one.propensity, 1e-300)) for one in self.splits], axis=0)
        shares = np.exp(logs)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)

    @property
    def outcome(self) -> NDArray[np.float64]:
        """``mu_k(x_i)``: the mean over the splits, rows by arms, in the outcome's unit."""
        return np.asarray(np.mean([one.outcome for one in self.splits], axis=0), dtype=np.float64)


def clipped(propensity: NDArray[np.float64], bound: float) -> tuple[Matrix, Clipping]:
    """Propensities no smaller than a bound, and how many had to be moved.

    Args:
        propensity: Rows by arms.
        bound: Between 0 (nothing is clipped) and 1 / arms.

    Returns:
        The new propensities (they need not add to one) and the report.

    >>> made, report = clipped(np.array([[0.999, 0.001], [0.5, 0.5]]), 0.01)
    >>> made[0].tolist(), report.touched
    ([0.999, 0.01], 1)
    """
    low = propensity < bound
    report = Clipping(bound, int(low.any(axis=1).sum()), len(propensity), float(propensity.min()))
    return np.where(low, bound, propensity), report


def clipping_notes(reports: Sequence[Clipping]) -> tuple[str, ...]:
    """What must be said about clipping: the division that was touched most, or nothing."""
    worst = max(reports, key=lambda report: report.touched)
    return (str(worst),) if worst.touched else ()
