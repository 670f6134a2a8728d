"""Augmented inverse-probability weighting: right when either of two regressions is."""

from dataclasses import dataclass
from typing import final

from causalsim.estimation.averaging.targets import ArmMeans, weighted_means
from causalsim.estimation.crossfitting.learners import Matrix
from causalsim.estimation.crossfitting.nuisances import Split
from causalsim.estimation.estimators.crossfitted import CrossFitted
from causalsim.estimation.reading.task import Task


@final
@dataclass(frozen=True, slots=True)
class AIPW(CrossFitted):
    """Cross-fitted augmented inverse-probability weighting of the average effect.

    For each arm ``k`` the mean outcome, had everyone been in it, is the mean over rows of

        phi_k = mu_k(X) + 1{A = k} / e_k(X) * (Y - mu_k(X)),

    and the effect is the contrast of these means; for other targets than everyone the rows are
    weighted as `causalsim.estimation.averaging.targets` describes. It is consistent when either the
    outcome regressions ``mu`` or the propensities ``e`` are, and efficient when both are; its
    interval needs the product of their errors to vanish faster than ``1/sqrt(n)``. It fails where
    people of some kind never get one of the treatments: small propensities are clipped and the
    clipping is printed with the effect.

    Args:
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 5 when an arm has under 500 rows.
        outcome: A scikit-learn regressor, or several to stack; None is the default stack.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        clip: The smallest propensity that is divided by; None leaves it to the target (0.01 for
            everyone, no clipping for the others).
        target: Over whom the effect is averaged.
        contrast: How the arms are compared.
        n_jobs: How many folds are fitted at a time; the numbers are the same for any.
        progress: Whether a bar shows how many folds are done.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimation.reading.task import Task
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

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "AIPW"

    def check(self) -> None:
        """Every setting has a use."""

    def arm_means(self, task: Task, split: Split, propensity: Matrix) -> ArmMeans:
        """The target's mean outcome in every arm."""
        return weighted_means(task, propensity, split.outcome, self.target)
