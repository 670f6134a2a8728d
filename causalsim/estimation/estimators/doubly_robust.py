"""Augmented inverse-probability weighting: right when either of two regressions is."""

from dataclasses import dataclass, replace
from typing import Any

from causalsim.estimation.assembly import assembled, check_aim, check_clip
from causalsim.estimation.contrasts import DIFFERENCE, Contrast
from causalsim.estimation.crossfit import CrossFit
from causalsim.estimation.effect import Effect
from causalsim.estimation.nuisances import Nuisances, clipped, clipping_notes
from causalsim.estimation.roles import Roles
from causalsim.estimation.targets import EVERYONE, Target, weighted_means
from causalsim.estimation.task import Task
from causalsim.identification.answer import Adjustment
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True)
class AIPW:
    """Cross-fitted augmented inverse-probability weighting of the average effect.

    For each arm ``k`` the mean outcome, had everyone been in it, is the mean over rows of

        phi_k = mu_k(X) + 1{A = k} / e_k(X) * (Y - mu_k(X)),

    and the effect is the contrast of these means; for other targets than everyone the rows are
    weighted as `causalsim.estimation.targets` describes. It is consistent when either the outcome
    regressions ``mu`` or the propensities ``e`` are, and efficient when both are; its interval
    needs the product of their errors to vanish faster than ``1/sqrt(n)``. It fails where people
    of some kind never get one of the treatments: small propensities are clipped and the clipping
    is printed with the effect.

    Args:
        folds: How many parts the rows are divided into; each is predicted from the others.
        repeats: How many random divisions; None means 1, or 5 when an arm has under 500 rows.
        outcome: A scikit-learn regressor, or several to stack; None is the default stack.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        clip: The smallest propensity that is divided by; None leaves it to the target (0.01 for
            everyone, no clipping for the others).
        target: Over whom the effect is averaged.
        contrast: How the arms are compared.

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
    clip: float | None = None
    target: Target = EVERYONE
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check the settings."""
        check_clip(self.clip)
        check_aim(self.target, self.contrast)
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

    def on(self, crossfit: CrossFit) -> "AIPW":
        """The same estimator with the folds and learners of another cross-fit."""
        return replace(
            self,
            folds=crossfit.folds,
            repeats=crossfit.repeats,
            outcome=crossfit.outcome,
            propensity=crossfit.propensity,
        )

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is an adjustment set."""
        return isinstance(answer, Adjustment)

    def read(self, answer: Adjustment, frame: Any, roles: Roles) -> Task:  # noqa: ANN401
        """The data in their roles."""
        return Task.of(frame, answer.query, answer.adjustment, roles)

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
        bound = self.target.clip if self.clip is None else self.clip
        means, reports = [], []
        for split in nuisances.splits:
            propensity, report = clipped(split.propensity, bound)
            means.append(weighted_means(task, propensity, split.outcome, self.target))
            reports.append(report)
        return assembled(
            task,
            means,
            self.target,
            self.contrast,
            self,
            seed,
            nuisances,
            notes=clipping_notes(reports),
        )
