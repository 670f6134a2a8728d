"""Augmented inverse-probability weighting: right when either of two regressions is."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.nuisances import Clipping, CrossFit, Nuisances, Split, clipped
from causalsim.estimation.recipe import Recipe
from causalsim.estimation.task import Task
from causalsim.identification.answer import Adjustment
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True)
class AIPW:
    """Cross-fitted augmented inverse-probability weighting of the average effect.

    For each arm ``k`` the mean outcome, had everyone been in it, is the mean over rows of

        phi_k = mu_k(X) + 1{A = k} / e_k(X) * (Y - mu_k(X)),

    and the effect is the contrast of these means. It is consistent when either the outcome
    regressions ``mu`` or the propensities ``e`` are, and efficient when both are; its interval
    needs the product of their errors to vanish faster than ``1/sqrt(n)``. It fails where people
    of some kind never get one of the treatments: small propensities are clipped and the clipping
    is printed with the effect.

    Args:
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 3 when an arm has under 500 rows.
        outcome: A scikit-learn regressor, or several to stack; None is the default stack.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        clip: The smallest propensity that is divided by.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimation.task import Task
        >>> from causalsim.estimand.query import Query
        >>> data = nonlinear_confounding(400, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> effect = AIPW(repeats=1).fit(task, seed=1)
        >>> bool(abs(effect.value - data.ate) < 4 * effect.standard_error)
        True

    References:
        J. Robins, A. Rotnitzky, L. Zhao (1994), Estimation of regression coefficients when some
        regressors are not always observed, JASA 89.
        V. Chernozhukov et al. (2018), Double/debiased machine learning, equation 5.3.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    propensity: Any = None
    clip: float = 0.01

    def __post_init__(self) -> None:
        """Check the settings."""
        if not 0.0 <= self.clip < 0.5:
            raise EstimationError.bad_setting("clip", self.clip, "a number from 0 to below 0.5")
        _ = self.crossfit

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "AIPW"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "an adjustment set"

    @property
    def crossfit(self) -> CrossFit:
        """The recipe of the nuisances."""
        return CrossFit(self.folds, self.repeats, self.outcome, self.propensity)

    def quick(self) -> "AIPW":
        """Two folds, divided once."""
        return replace(self, folds=min(2, self.folds), repeats=1)

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is an adjustment set."""
        return isinstance(answer, Adjustment)

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Fit the nuisances and estimate.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            EstimationError: Arms too small for the folds, or no overlap and no clipping.
        """
        return self.effect(task, self.crossfit.fit(task, seed), seed)

    def effect(self, task: Task, nuisances: Nuisances, seed: int | Seed) -> Effect:
        """Estimate from nuisances that are already there.

        Args:
            task: The data in their roles.
            nuisances: A cross-fit of the same task.
            seed: Written into the recipe.
        """
        scored = [scores(task, split, self.clip) for split in nuisances.splits]
        values, influences = [], []
        weights = np.ones(task.height) if task.weights is None else task.weights
        for phi, _ in scored:
            contrast = phi @ np.array(task.contrast)
            value = float(np.average(contrast, weights=weights))
            values.append(value)
            influences.append(weights / weights.mean() * (contrast - value))
        found = combined(values, influences, task.clusters)
        return Effect(
            value=found.value,
            influence=found.influence,
            estimator=self.name,
            estimand="average effect" if task.low is not None else "mean",
            recipe=Recipe.of(task, self, seed, nuisances.learners),
            clusters=task.clusters,
            spread=found.spread,
            notes=_notes([report for _, report in scored]),
        )


def scores(task: Task, split: Split, clip: float) -> tuple[NDArray[np.float64], Clipping]:
    """``phi_k`` of every row and arm, and what was clipped.

    Args:
        task: The data in their roles.
        split: One division's nuisances.
        clip: The smallest propensity that is divided by.

    Returns:
        Rows by arms, in the outcome's unit; and the report.

    Raises:
        EstimationError: A propensity of zero, and no clipping.
    """
    propensity, report = clipped(split.propensity, clip)
    if (propensity <= 0.0).any():
        count = int((propensity <= 0.0).any(axis=1).sum())
        raise EstimationError.no_overlap(task.treatment, count, task.height)
    taken = np.stack([task.indicator(code) for code in range(len(task.levels))], axis=1)
    residual = task.outcome[:, None] - split.outcome
    return split.outcome + taken / propensity * residual, report


def _notes(reports: list[Clipping]) -> tuple[str, ...]:
    """What must be said about clipping: the division that was touched most."""
    worst = max(reports, key=lambda report: report.touched)
    return (str(worst),) if worst.touched else ()
