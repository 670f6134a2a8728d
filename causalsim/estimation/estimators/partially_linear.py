"""The effect of a dose that adds the same with every unit: residuals on residuals."""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from threadpoolctl import threadpool_limits

from causalsim.errors.estimation import EstimationError
from causalsim.estimation.crossfitting.crossfit import CrossFit, out_of_fold
from causalsim.estimation.crossfitting.folds import check_clusters, dealt
from causalsim.estimation.effect import Effect, combined
from causalsim.estimation.reading.doses import DoseTask, check_left, little_left
from causalsim.estimation.reading.roles import Roles
from causalsim.estimation.recipe import Recipe
from causalsim.identification.answer import Adjustment
from causalsim.seeds import Seed, seeded

_SMALL = 1000
_REPEATS = 5


@final
@dataclass(frozen=True, slots=True)
class PLR:
    """Cross-fitted partially linear regression (double machine learning).

    If ``Y = theta D + g(X) + e`` with ``E[e | D, X] = 0``, then with ``l(X) = E[Y | X]`` and
    ``m(X) = E[D | X]``

        theta = E[(D - m)(Y - l)] / E[(D - m)^2],

    whose influence value is ``(D - m)(Y - l - theta (D - m)) / E[(D - m)^2]``. It is what one unit
    more of the dose adds. Where the effect differs between people it is an average of their
    slopes in which those count most whose dose the covariates predict least; where it bends, a
    weighted average of slopes along the curve. It takes a treatment of two levels too.

    Args:
        folds: How many parts the rows are divided into.
        repeats: How many random divisions; None means 1, or 5 with under 1,000 rows.
        outcome: A scikit-learn regressor of the outcome, or several to stack.
        dose: The same for the dose.

    Examples:
        >>> import numpy, pandas
        >>> from causalsim.estimand.query import Query
        >>> rng = numpy.random.default_rng(1)
        >>> x, e, f = rng.normal(size=(3, 500))
        >>> d = numpy.sin(2 * x) + e
        >>> rows = pandas.DataFrame({"x": x, "d": d, "y": 0.5 * d + x**2 + f})
        >>> task = DoseTask.of(rows, Query("y", do="d"), ("x",), Roles())
        >>> 0.5 in PLR(repeats=1).fit(task, seed=1).interval()
        True

    References:
        P. Robinson (1988), Root-n-consistent semiparametric regression, Econometrica 56.
        V. Chernozhukov et al. (2018), Double/debiased machine learning, equation 4.4.
    """

    folds: int = 5
    repeats: int | None = None
    outcome: Any = None
    dose: Any = None

    def __post_init__(self) -> None:
        """Check the settings."""
        CrossFit(self.folds, self.repeats, self.outcome)
        CrossFit(self.folds, self.repeats, self.dose)
        if self.folds < 2:
            raise EstimationError.bad_setting("folds", self.folds, "a whole number from 2")

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "PLR"

    @property
    def needs(self) -> str:
        """What an answer must have."""
        return "an adjustment set"

    def accepts(self, answer: Any) -> bool:  # noqa: ANN401
        """Whether the answer is an adjustment set."""
        return isinstance(answer, Adjustment)

    def read(self, answer: Adjustment, frame: Any, roles: Roles) -> DoseTask:  # noqa: ANN401
        """The data in their roles.

        Raises:
            EstimationError: Arms were named, which a slope does not have.
        """
        if roles.arms is not None:
            raise EstimationError.bad_setting(
                "arms", roles.arms, "None: a slope has no arms; DoseResponse() and AIPW() do"
            )
        return DoseTask.of(frame, answer.query, answer.adjustment, roles)

    def quick(self) -> "PLR":
        """Two folds, divided once."""
        return replace(self, folds=2, repeats=1)

    def fit(self, task: DoseTask, seed: int | Seed) -> Effect:
        """Take off what the covariates predict, and regress what is left.

        Args:
            task: The data in their roles.
            seed: Decides folds and learners.

        Raises:
            EstimationError: Too few rows or clusters for the folds, or a dose that the covariates
                predict all but exactly.
        """
        if task.height < 4 * self.folds:
            raise EstimationError.few_people(task.height, self.folds, 4, "PLR")
        check_clusters(task.clusters, self.folds, "PLR")
        repeats = self.repeats or (_REPEATS if task.height < _SMALL else 1)
        start = seeded(seed, "partially linear")
        with threadpool_limits(limits=1):
            found = [self._slope(task, start.child(f"split {turn}")) for turn in range(repeats)]
        told = little_left(task.query.treatments[0], [share for *_, share in found])
        made = combined([v for v, *_ in found], [psi for _, psi, _ in found], task.clusters)
        learners = "ridge/boosting stack" if self.outcome is None else str(self.outcome)
        times = f" x {repeats}" if repeats > 1 else ""
        return Effect(
            value=made.value,
            influence=made.influence,
            estimator=self.name,
            estimand="average effect of one unit",
            recipe=Recipe.of(
                task, self, seed, f"residuals by {learners}, {self.folds} folds{times}"
            ),
            clusters=task.clusters,
            spread=made.spread,
            notes=(*told, *task.notes),
        )

    def _slope(self, task: DoseTask, seed: Seed) -> tuple[float, np.ndarray, float]:
        """The slope, its influence values and the dose's share explained, from one division."""
        rng = seed.child("folds").numpy()
        folds = dealt(_fifths(task.dose), task.clusters, self.folds, rng)
        matrix, weights, share = task.design.matrix, task.weights, task.share
        given = (matrix, task.dose, weights, folds, self.dose, seed.child("dose"))
        usual = out_of_fold(*given)
        left, explained = task.dose - usual, task.explained(usual)
        check_left(task.query.treatments[0], explained)
        given = (matrix, task.outcome, weights, folds, self.outcome, seed.child("outcome"))
        gap = task.outcome - out_of_fold(*given)
        below = float(np.mean(share * left**2))
        value = float(np.mean(share * left * gap)) / below
        return value, share * left * (gap - value * left) / below, explained


def _fifths(dose: np.ndarray) -> np.ndarray:
    """Which fifth of the doses each row belongs to, so that folds have about the same doses."""
    cuts = np.unique(np.quantile(dose, [0.2, 0.4, 0.6, 0.8]))
    return np.searchsorted(cuts, dose)
