"""From shared nuisances to a function of the covariates: the effect for people like these.

All read the same cross-fitted propensities ``e`` and arm regressions ``mu_0, mu_1``; they differ
in what they regress on the covariates. What regresses it is a learner of ours or any scikit-learn
regressor or pipeline.

References:
    S. Kuenzel, J. Sekhon, P. Bickel, B. Yu (2019), Metalearners for estimating heterogeneous
    treatment effects, PNAS 116 (S, T and X). X. Nie, S. Wager (2021), Quasi-oracle estimation of
    heterogeneous treatment effects, Biometrika 108 (R). E. Kennedy (2023), Towards optimal doubly
    robust estimation of heterogeneous causal effects, Electronic Journal of Statistics 17 (DR).
"""

from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from causalsim.estimation.crossfitting.fitting import as_learner, learnt
from causalsim.estimation.crossfitting.learners import (
    Boosting,
    Learner,
    Matrix,
    Pooled,
    Prediction,
    Ridge,
    RidgeThenBoosting,
)
from causalsim.seeds import Seed

_LEAST = 0.01
_SMOOTH = Ridge(products=True)
_JOINT = RidgeThenBoosting(boosting=Boosting(trees=120))


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
        adjustment: The whole adjustment set, where the effect is to be a function of other
            covariates; None where these are the same.
    """

    covariates: Matrix
    outcome: Matrix
    treated: NDArray[np.bool_]
    propensity: Matrix
    low: Matrix
    high: Matrix
    weights: Matrix
    adjustment: Matrix | None = None

    @property
    def confounders(self) -> Matrix:
        """The adjustment set."""
        return self.covariates if self.adjustment is None else self.adjustment

    @property
    def mean(self) -> Matrix:
        """``m = e mu_1 + (1 - e) mu_0``, the mean outcome given covariates alone."""
        return self.propensity * self.high + (1 - self.propensity) * self.low

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
            None if self.adjustment is None else self.adjustment[chosen],
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

    final: Any = _SMOOTH

    def __post_init__(self) -> None:
        """A scikit-learn regressor is one of ours from here on."""
        object.__setattr__(self, "final", as_learner(self.final, "effect"))

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        x, scores, weights = materials.covariates, materials.scores, materials.weights
        return learnt(self.final, "effect", x, scores, weights, seed)


@final
@dataclass(frozen=True, slots=True)
class RLearner:
    """Regress residuals on residuals, ``(Y - m) / (A - e)`` with weights ``(A - e)^2``.

    Args:
        final: What regresses them.
    """

    final: Any = _SMOOTH

    def __post_init__(self) -> None:
        """A scikit-learn regressor is one of ours from here on."""
        object.__setattr__(self, "final", as_learner(self.final, "effect"))

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        e = materials.propensity
        gap = materials.treated - e
        ratio = (materials.outcome - materials.mean) / gap
        weights = materials.weights * gap**2
        return learnt(self.final, "effect", materials.covariates, ratio, weights, seed)


@final
@dataclass(frozen=True, slots=True)
class XLearner:
    """Regress imputed effects in each arm, and trust each where the other arm is large.

    ``tau_1`` regresses ``Y - mu_0`` among the treated, ``tau_0`` regresses ``mu_1 - Y`` among the
    others, and the effect is ``e tau_0 + (1 - e) tau_1``; strong where one arm is small.

    Args:
        final: What regresses them.
    """

    final: Any = _SMOOTH

    def __post_init__(self) -> None:
        """A scikit-learn regressor is one of ours from here on."""
        object.__setattr__(self, "final", as_learner(self.final, "effect"))

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        x, weights, there = materials.covariates, materials.weights, materials.treated
        gained, missed = materials.outcome - materials.low, materials.high - materials.outcome
        high = learnt(self.final, "effect", x[there], gained[there], weights[there], seed)
        low = learnt(self.final, "effect", x[~there], missed[~there], weights[~there], seed)
        share = Ridge(products=False).fit(x, materials.propensity, weights, seed.number % 2**32)

        def effect(rows: Matrix) -> Matrix:
            e = np.clip(share(rows), _LEAST, 1 - _LEAST)
            return np.asarray(e * low(rows) + (1 - e) * high(rows), dtype=np.float64)

        return effect


@final
@dataclass(frozen=True, slots=True)
class TLearner:
    """The difference of the two arms' regressions: smooth, and as biased as they are.

    Either the difference of the shared ``mu_1`` and ``mu_0``, regressed on the covariates, or that
    of two regressions of its own, which takes nothing from the shared nuisances.

    Args:
        final: What regresses the difference; with an ``outcome`` only where the covariates are
            other than the adjustment set.
        outcome: What regresses the outcome in each arm; None takes the shared regressions.
    """

    final: Any = _SMOOTH
    outcome: Any = None

    def __post_init__(self) -> None:
        """A scikit-learn regressor is one of ours from here on."""
        object.__setattr__(self, "final", as_learner(self.final, "effect"))
        if self.outcome is not None:
            object.__setattr__(self, "outcome", as_learner(self.outcome, "outcome"))

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        x, weights, there = materials.confounders, materials.weights, materials.treated
        y = materials.outcome
        if self.outcome is None:
            gaps = materials.high - materials.low
            return learnt(self.final, "effect", materials.covariates, gaps, weights, seed)
        high = learnt(self.outcome, "outcome", x[there], y[there], weights[there], seed)
        low = learnt(self.outcome, "outcome", x[~there], y[~there], weights[~there], seed)
        return on_fewer(lambda rows: high(rows) - low(rows), materials, self.final, seed)


@final
@dataclass(frozen=True, slots=True)
class SLearner:
    """Regress the outcome on covariates and treatment at once, and switch the treatment.

    ``tau(x) = mu(x, 1) - mu(x, 0)``; what the covariates do alike in both arms is learnt once. It
    uses no propensity, so that whatever its regression misses of the confounding stays in it. An
    effect given fewer covariates than the adjustment set is its difference regressed on them.

    Args:
        outcome: What regresses the outcome.
        final: What regresses the difference on fewer covariates.
    """

    outcome: Any = _JOINT
    final: Any = _SMOOTH

    def __post_init__(self) -> None:
        """A scikit-learn regressor is one of ours from here on."""
        object.__setattr__(self, "final", as_learner(self.final, "effect"))
        object.__setattr__(self, "outcome", as_learner(self.outcome, "outcome"))

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        pooled = Pooled(self.outcome)
        wide = pooled.widened(materials.confounders, materials.treated.astype(np.int_), 2)
        made = learnt(self.outcome, "outcome", wide, materials.outcome, materials.weights, seed)
        high, low = pooled.in_arm(made, 1, 2), pooled.in_arm(made, 0, 2)
        return on_fewer(lambda rows: high(rows) - low(rows), materials, self.final, seed)


@final
@dataclass(frozen=True, slots=True)
class Same:
    """Everybody's effect is the average one: what a stack falls back on."""

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The average score."""
        mean = float(np.average(materials.scores, weights=materials.weights))
        return lambda rows: np.full(len(rows), mean)


def on_fewer(whole: Prediction, materials: Materials, final: Learner, seed: Seed) -> Prediction:
    """An effect given the whole adjustment set as one given the covariates that are asked for.

    Args:
        whole: The effect as a function of the adjustment set.
        materials: What it was learnt from.
        final: What regresses it on the covariates, where these are not the adjustment set.
        seed: Decides that regression's chance.
    """
    if materials.adjustment is None:
        return whole
    gaps = whole(materials.adjustment)
    return learnt(final, "effect", materials.covariates, gaps, materials.weights, seed)
