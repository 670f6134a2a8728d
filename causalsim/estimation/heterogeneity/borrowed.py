"""Metalearners that other packages compute: forests and linear models of econml, BCF of stochtree.

Each reads the shared nuisances, so that no propensity or outcome regression is fitted again. Their
own intervals are left aside: at 2,000 rows those of forests hold 69 to 82 % of the true effects
where they claim 95 %; `ConditionalEffects.at` makes its own.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from causalsim.errors.estimation import EstimationError
from causalsim.errors.heterogeneity import HeterogeneityError
from causalsim.estimation.crossfitting.fitting import as_learner
from causalsim.estimation.crossfitting.known import Known
from causalsim.estimation.crossfitting.learners import Matrix, Prediction, Ridge
from causalsim.estimation.heterogeneity.metalearners import Materials, on_fewer
from causalsim.estimation.reading.scaling import Scaling
from causalsim.seeds import Seed

_SMOOTH = Ridge(products=True)


@final
@dataclass(frozen=True, slots=True)
class CausalForest:
    """A forest that splits where the effect differs, on residuals of outcome and treatment.

    econml's ``grf.CausalForest``: each leaf regresses ``Y - m(X)`` on ``A - e(X)``, and the rows
    that choose the splits are not those that fill the leaves. It bends to sharp interactions and
    is slow to follow a slope; small samples leave it flat.

    Args:
        trees: How many trees, a multiple of four.
        least: The fewest rows of a leaf.

    References:
        S. Athey, J. Tibshirani, S. Wager (2019), Generalized random forests, Annals of
        Statistics 47, section 6.
    """

    trees: int = 500
    least: int = 5

    def __post_init__(self) -> None:
        """A number of trees that the forest can be made of."""
        if not isinstance(self.trees, int) or self.trees < 4 or self.trees % 4:
            raise EstimationError.bad_setting("trees", self.trees, "a multiple of four")
        if not isinstance(self.least, int) or self.least < 1:
            raise EstimationError.bad_setting("least", self.least, "a whole number from 1")

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        from econml.grf import CausalForest as Forest

        model = Forest(
            n_estimators=self.trees,
            min_samples_leaf=self.least,
            inference=False,
            n_jobs=1,
            random_state=seed.number % 2**32,
        )
        scaled = Scaling.of(materials.covariates, materials.weights)
        model.fit(
            scaled(materials.covariates),
            materials.treated - materials.propensity,
            materials.outcome - materials.mean,
            sample_weight=materials.weights,
        )

        def whole(rows: Matrix) -> Matrix:
            found = model.predict(scaled(rows))
            return np.asarray(found, dtype=np.float64).reshape(len(rows))

        return whole


@final
@dataclass(frozen=True, slots=True)
class LinearDML:
    """The effect as a linear function, by regression of residuals on residuals.

    econml's ``LinearDML``: least squares of ``Y - m(X)`` on ``(A - e(X)) (1, X)``. The same as
    ``RLearner(LinearRegression())``; where the effect is not linear it is the best line among
    people who could have had either treatment.

    References:
        V. Chernozhukov et al. (2018), Double/debiased machine learning, section 4.1.
    """

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        from econml.dml import LinearDML as Linear

        number = seed.number % 2**32
        height = len(materials.outcome)
        everyone = np.arange(height)
        scaled = Scaling.of(materials.covariates, materials.weights)
        halves = everyone[::2], everyone[1::2]
        model = Linear(
            model_y=Known(materials.mean),
            model_t=Known(materials.propensity),
            cv=[halves, halves[::-1]],  # of no consequence: nothing is learnt on either
            random_state=number,
        )
        model.fit(
            materials.outcome,
            materials.treated.astype(np.float64),
            X=scaled(materials.covariates),
            W=everyone[:, None].astype(np.float64),
            sample_weight=materials.weights,
            inference=None,
        )
        return lambda rows: np.asarray(model.const_marginal_effect(scaled(rows))).reshape(len(rows))


@final
@dataclass(frozen=True, slots=True)
class BCF:
    """Bayesian causal forests: one ensemble of trees for the outcome, one for the effect.

    ``Y = mu(X, e(X)) + tau(X) A + noise`` with priors that shrink ``tau`` to the same for everyone;
    the posterior mean of ``tau``, by stochtree (``pip install causalsim[bart]``). It had the
    smallest error of all in our trials, at several times the cost. It is for outcomes with
    about normal noise. An effect given fewer covariates than the adjustment set is its ``tau``
    regressed on them.

    Args:
        draws: How many draws from the posterior are averaged.
        burn: How many draws are thrown away before, by growing trees from the root.
        final: What regresses ``tau`` on fewer covariates.

    References:
        P. Hahn, J. Murray, C. Carvalho (2020), Bayesian regression tree models for causal
        inference, Bayesian Analysis 15.
    """

    draws: int = 200
    burn: int = 10
    final: Any = _SMOOTH

    def __post_init__(self) -> None:
        """At least one draw, and a learner."""
        object.__setattr__(self, "final", as_learner(self.final, "effect"))
        if not isinstance(self.draws, int) or self.draws < 1:
            raise EstimationError.bad_setting("draws", self.draws, "a whole number from 1")
        if not isinstance(self.burn, int) or self.burn < 1:
            raise EstimationError.bad_setting("burn", self.burn, "a whole number from 1")

    def learn(self, materials: Materials, seed: Seed) -> Prediction:
        """The effect as a function of rows of covariates."""
        try:
            from stochtree import BCFModel
        except ImportError as missing:
            raise HeterogeneityError.not_installed("BCF()", "stochtree", "bart") from missing
        number = seed.number % 2**31
        scaled = Scaling.of(materials.confounders, materials.weights)
        model = BCFModel()
        model.sample(
            X_train=scaled(materials.confounders),
            Z_train=materials.treated.astype(np.float64),
            y_train=materials.outcome,
            propensity_train=materials.propensity,
            observation_weights=materials.weights,
            num_gfr=self.burn,
            num_mcmc=self.draws,
            general_params={"random_seed": number, "num_threads": 1},
        )

        def whole(rows: Matrix) -> Matrix:
            # The propensity enters mu alone, so that any number does where only tau is asked for.
            any_share = np.full(len(rows), 0.5)
            found = model.predict(
                X=scaled(rows), Z=np.ones(len(rows)), propensity=any_share, type="mean", terms="tau"
            )
            return np.asarray(found, dtype=np.float64).reshape(len(rows))

        return on_fewer(whole, materials, self.final, seed)
