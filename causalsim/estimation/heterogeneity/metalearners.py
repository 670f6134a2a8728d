"""From shared nuisances to a function of the covariates: the effect for people like these.

All read the same cross-fitted propensities ``e`` and arm regressions ``mu_0, mu_1``; they differ
in what they regress on the covariates.

References:
    S. Kuenzel, J. Sekhon, P. Bickel, B. Yu (2019), Metalearners for estimating heterogeneous
    treatment effects, PNAS 116 (T and X). X. Nie, S. Wager (2021), Quasi-oracle estimation of
    heterogeneous treatment effects, Biometrika 108 (R). E. Kennedy (2023), Towards optimal doubly
    robust estimation of heterogeneous causal effects, Electronic Journal of Statistics 17 (DR).
"""

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.crossfitting.learners import Learner, Matrix, Prediction, Ridge
from causalsim.seeds import Seed

_LEAST = 0.01
_SMOOTH = Ridge(products=True)


@dataclass(frozen=True, slots=True, eq=False)
class Materials:
    """What every metalearner reads; one entry a row.

    Attributes:
        covariates: ``X``, of which the effect is to be a function; rows by columns.
        outcome: ``Y``.
        treated: Whether the row is in the high arm.
        propensity: ``e``, the probability of the high arm, clipped away from 0 and 1.
        low: ``mu_0``.
        high: ``mu_1``.
        weights: A weight a row.
    """

    covariates: Matrix
    outcome: Matrix
    treated: NDArray[np.bool_]
    propensity: Matrix
    low: Matrix
    high: Matrix
    weights: Matrix

    @property
    def scores(self) -> Matrix:
        """The doubly robust score, whose conditional mean is the conditional effect."""
        own = np.where(self.treated, self.high, self.low)
        sign = np.where(self.treated, 1 / self.propensity, -1 / (1 - self.propensity))
        return np.asarray(self.high - self.low + sign * (self.outcome - own), dtype=np.float64)

    def rows(self, chosen: NDArray[np.int_]) -> "Materials":
        """The materials of some rows."""
        return Materials(
            self.covariates[chosen],
            self.outcome[chosen],
            self.treated[chosen],
            self.propensity[chosen],
            self.low[chosen],
            self.high[chosen],
            self.weights[chosen],
        )


@runtime_checkable
class MetaLearner(Protocol):
    """A way from the materials to the effect as a function of the covariates."""

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""


@final
@dataclass(frozen=True, slots=True)
class DRLearner:
    """Regress the doubly robust scores; right when either nuisance is, noisy where overlap is weak.

    Args:
        final: What regresses them.
    """

    final: Learner = _SMOOTH

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        return self.final.fit(
            materials.covariates, materials.scores, materials.weights, seed.number % 2**32
        )


@final
@dataclass(frozen=True, slots=True)
class RLearner:
    """Regress residuals on residuals, ``(Y - m) / (A - e)`` with weights ``(A - e)^2``.

    Args:
        final: What regresses them.
    """

    final: Learner = _SMOOTH

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        e = materials.propensity
        gap = materials.treated - e
        mean = e * materials.high + (1 - e) * materials.low
        return self.final.fit(
            materials.covariates,
            (materials.outcome - mean) / gap,
            materials.weights * gap**2,
            seed.number % 2**32,
        )


@final
@dataclass(frozen=True, slots=True)
class XLearner:
    """Regress imputed effects in each arm, and trust each where the other arm is large.

    ``tau_1`` regresses ``Y - mu_0`` among the treated, ``tau_0`` regresses ``mu_1 - Y`` among the
    others, and the effect is ``e tau_0 + (1 - e) tau_1``; strong where one arm is small.

    Args:
        final: What regresses them.
    """

    final: Learner = _SMOOTH

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        x, weights, number = materials.covariates, materials.weights, seed.number % 2**32
        there = materials.treated
        high = self.final.fit(
            x[there], (materials.outcome - materials.low)[there], weights[there], number
        )
        low = self.final.fit(
            x[~there], (materials.high - materials.outcome)[~there], weights[~there], number
        )
        share = Ridge(products=False).fit(x, materials.propensity, weights, number)

        def effect(rows: Matrix) -> Matrix:
            e = np.clip(share(rows), _LEAST, 1 - _LEAST)
            return np.asarray(e * low(rows) + (1 - e) * high(rows), dtype=np.float64)

        return effect


@final
@dataclass(frozen=True, slots=True)
class TLearner:
    """Regress the difference of the two arms' predictions: smooth, and as biased as they are.

    Args:
        final: What regresses it.
    """

    final: Learner = _SMOOTH

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        return self.final.fit(
            materials.covariates,
            materials.high - materials.low,
            materials.weights,
            seed.number % 2**32,
        )


@final
@dataclass(frozen=True, slots=True)
class Same:
    """Everybody's effect is the average one: what a stack falls back on."""

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The average score."""
        mean = float(np.average(materials.scores, weights=materials.weights))
        return lambda rows: np.full(len(rows), mean)
