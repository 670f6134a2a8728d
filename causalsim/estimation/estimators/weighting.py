"""Inverse-probability weighting, and overlap weights."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from causalsim.errors.targets import TargetError
from causalsim.estimation.averaging.assembly import check_aim, check_clip, from_splits
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.averaging.imbalance import imbalance_notes
from causalsim.estimation.averaging.targets import (
    EVERYONE,
    InSample,
    Target,
    hajek_means,
    row_weights,
)
from causalsim.estimation.crossfitting.crossfit import PARAMETRIC, CrossFit
from causalsim.estimation.crossfitting.learners import TREATMENT_MEMBERS, Matrix, Mean
from causalsim.estimation.crossfitting.nuisances import Nuisances, clipped
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.adjusting import Adjusting
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True)
class IPW(Adjusting):
    """Normalised inverse-probability weighting (Hájek).

    The mean of arm ``k`` is that of its own rows, weighted by ``h(X) / e_k(X)``; with
    ``target=Overlap()`` these are the overlap weights. It leans on the propensity alone: it is
    right only when that is (covariates that its weights leave unbalanced are told with the
    effect), and its interval takes the propensity as known, which is too wide
    rather than too narrow for everyone's effect with a propensity fitted by maximum likelihood,
    and is not justified for slowly converging learners: prefer AIPW there.

    Args:
        propensity: A scikit-learn classifier, or the known probability of the higher level; None
            is logistic regression on splines.
        folds: 1 fits on the rows that are weighted, as parametric models should be.
        repeats: How many random divisions, when there are several folds.
        clip: The smallest propensity that is divided by; None leaves it to the target.
        target: Over whom the effect is averaged.
        contrast: How the arms are compared.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> data = nonlinear_confounding(1000, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = IPW().fit(task, seed=1)
        >>> bool(abs(effect.value - data.ate) < 4 * effect.standard_error)
        True

    References:
        M. Hernán, J. Robins (2020), Causal Inference: What If, section 12.2.
        F. Li, K. Morgan, A. Zaslavsky (2018), Balancing covariates via propensity score
        weighting, JASA 113.
    """

    propensity: Any = None
    folds: int = 1
    repeats: int | None = None
    clip: float | None = None
    target: Target = EVERYONE
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check the settings."""
        check_clip(self.clip)
        check_aim(self.target, self.contrast)
        if isinstance(self.target, InSample):
            raise TargetError.no_sample(self.name)
        _ = self.crossfit

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "IPW"

    @property
    def crossfit(self) -> CrossFit:
        """The recipe of the propensity; there is no outcome regression."""
        learner = PARAMETRIC if self.propensity is None else self.propensity
        return CrossFit(self.folds, self.repeats, Mean(), learner)

    @property
    def own_propensity(self) -> Any:  # noqa: ANN401
        """The learner or the number that it was given, beside which no known one is taken."""
        return self.propensity

    def on(self, crossfit: CrossFit) -> "IPW":
        """The same estimator with the folds and the propensity of another cross-fit."""
        learner = TREATMENT_MEMBERS if crossfit.propensity is None else crossfit.propensity
        return replace(self, folds=crossfit.folds, repeats=crossfit.repeats, propensity=learner)

    def quick(self) -> "IPW":
        """Divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Fit the propensity and weight.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            EstimationError: Arms too small for the folds, or no overlap and no clipping.
        """
        return self.effect(task, self.crossfit.fit(task, seed, type(self).__name__), seed)

    def effect(self, task: Task, nuisances: Nuisances, seed: int | Seed) -> Effect:
        """Weight by a propensity that is already there.

        Args:
            task: The data in their roles.
            nuisances: A cross-fit of the same task.
            seed: Written into the recipe.

        Returns:
            The effect, with a note where the weights leave the arms apart in what was measured.
        """
        made = from_splits(
            task,
            nuisances,
            self,
            seed,
            lambda split, propensity: hajek_means(task, propensity, self.target),
        )
        told = imbalance_notes(task, self._weights(task, nuisances))
        return replace(made, notes=(*made.notes, *told))

    def _weights(self, task: Task, nuisances: Nuisances) -> Matrix:
        """The weight of every row in its own arm, over all divisions, rows by arms."""
        bound = self.target.clip if self.clip is None else self.clip
        propensity, _ = clipped(nuisances.propensity, bound)
        weights = row_weights(task, propensity, self.target.tilt(propensity, task))
        return np.asarray(task.share[:, None] * weights, dtype=np.float64)
