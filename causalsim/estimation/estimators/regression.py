"""Standardisation by linear regression: the parametric g-formula."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimation.averaging.assembly import apart, assembled, check_aim
from causalsim.estimation.averaging.contrasts import DIFFERENCE, Contrast, Difference
from causalsim.estimation.averaging.targets import (
    EVERYONE,
    ArmMeans,
    Everyone,
    Target,
    Treated,
    Untreated,
    arms_taken,
)
from causalsim.estimation.effect import Effect
from causalsim.estimation.estimators.adjusting import Adjusting
from causalsim.estimation.estimators.least_squares import LeastSquares, check_rows, crowded
from causalsim.estimation.intervals import pointwise, variance
from causalsim.estimation.reading.design import coding
from causalsim.estimation.reading.task import Task
from causalsim.seeds import Seed

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Regression(Adjusting):
    """Least squares on treatment and covariates, standardised to the target.

    The outcome is regressed on the treatment, the covariates as they are, and products of the
    treatment with some or all of them; the mean of arm ``k`` is the mean prediction with
    everyone's treatment set to ``k``. With all products it is a separate regression in each arm,
    with none the treatment's coefficient. It is right only when the regression is: curved
    relations need curved columns in the frame. The interval is heteroscedasticity-robust (HC0)
    and counts the covariates as drawn from a population. ``effect.at(rows)`` is the difference
    that the products make for people with given covariates.

    Args:
        interactions: The covariates whose product with the treatment enters; None is all.
        target: Everyone, the treated or the untreated.
        contrast: How the arms are compared.

    Examples:
        >>> from causalsim.datasets.generators import nonlinear_confounding
        >>> from causalsim.estimand.query import Query
        >>> data = nonlinear_confounding(1000, seed=1)
        >>> task = Task.of(data.frame, Query("y", do="a"), data.adjustment)
        >>> biased = Regression().fit(task, seed=1)  # the truth is curved in x1 and x2
        >>> data.ate in biased.interval()
        False

    References:
        M. Hernán, J. Robins (2020), Causal Inference: What If, chapters 13 and 15.
        W. Lin (2013), Agnostic notes on regression adjustments, Annals of Applied Statistics 7.
    """

    interactions: tuple[str, ...] | None = None
    target: Target = EVERYONE
    contrast: Contrast = DIFFERENCE

    def __post_init__(self) -> None:
        """Check the settings."""
        check_aim(self.target, self.contrast)
        if not isinstance(self.target, Everyone | Treated | Untreated):
            raise EstimationError.bad_setting(
                "target", self.target, "Everyone(), Treated() or Untreated() for a regression"
            )

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "regression"

    def fit(self, task: Task, seed: int | Seed) -> Effect:
        """Regress and standardise; nothing is random here.

        Args:
            task: The data in their roles.
            seed: Written into the recipe.

        Raises:
            DataError: A name in ``interactions`` that is no covariate.
            ReadingError: An arm with as many coefficients as rows, or without any of the people
                whose mean in it is asked for.
        """
        fitted = LeastSquares.of(task, self._products(task))
        check_rows(fitted, task)
        taken = arms_taken(task)
        weights = task.share
        # The targets of a regression are groups of rows: everyone, or those of one arm.
        none = np.zeros_like(taken)
        member = self.target.tilt(none, task) + (self.target.slope(none, task) * taken).sum(axis=1)
        member = member * weights
        values, influence = np.empty(taken.shape[1]), np.empty(taken.shape)
        for code in range(taken.shape[1]):
            there = np.zeros_like(taken)
            there[:, code] = 1.0
            set_to = fitted.columns(there, task.design.matrix)
            predicted = set_to @ fitted.slopes
            values[code] = np.average(predicted, weights=member)
            gradient = np.average(set_to, axis=0, weights=member)
            if task.contrast[code] and fitted.beyond(gradient):
                raise ReadingError.nobody_there(
                    task.treatment, task.levels[code], _absent(task, code, member)
                )
            influence[:, code] = member / member.mean() * (predicted - values[code])
            influence[:, code] += fitted.score @ gradient
        lost = fitted.repeated
        return assembled(
            task,
            [ArmMeans(values, influence)],
            self.target,
            self.contrast,
            self,
            seed,
            learners=f"least squares on {len(fitted.slopes)} columns",
            notes=(*_repeated(lost), *crowded(fitted, task), *_extrapolated(task)),
        )

    def predicted(self, task: Task, frame: Any, rows: Any, level: float | None) -> Any:  # noqa: ANN401
        """The difference between two arms as the regression tells it for each of some rows.

        Without products it is the same for everyone.

        Args:
            task: What the effect was estimated from.
            frame: The frame that it was read from, for the coding of its categories.
            rows: People with the covariates.
            level: Pointwise coverage; None for predictions alone.

        Returns:
            A frame like ``rows`` with columns ``effect``, ``low`` and ``high``.

        Raises:
            EstimationError: One arm alone, or a ratio.
            DataError: A covariate that is missing or incomplete.
        """
        if not isinstance(self.contrast, Difference):
            raise EstimationError.bad_setting("contrast", self.contrast, "Difference() for rows")
        low, high = task.pair
        fitted = LeastSquares.of(task, self._products(task))
        matrix = coding(frame, task.covariates).matrix(rows)
        arms = np.eye(len(task.levels))
        with_high, with_low = (
            fitted.columns(np.tile(arms[code], (len(matrix), 1)), matrix) for code in (high, low)
        )
        gains = with_high - with_low
        if (strange := fitted.beyond(gains)).any():
            raise ReadingError.no_such_people(task.treatment, int(strange.sum()), len(strange))
        found = gains @ fitted.slopes
        if level is None:
            return frames.build(rows, {"effect": found})
        spread = variance(fitted.score, task.clusters)
        error = np.sqrt(np.einsum("ij,jk,ik->i", gains, spread, gains, optimize=True))
        return pointwise(rows, found, error, level)

    def _products(self, task: Task) -> NDArray[np.bool_]:
        """Which columns of the design are multiplied with the treatment."""
        if self.interactions is None:
            return np.ones(len(task.design.columns), dtype=bool)
        for name in self.interactions:
            if name not in task.covariates:
                raise DataError.unknown_column(name, task.covariates)
        return np.array([source in self.interactions for source in task.design.sources], dtype=bool)


def _repeated(lost: int) -> tuple[str, ...]:
    """What must be said of columns that add nothing."""
    if not lost:
        return ()
    what, verb = ("columns", "repeat") if lost > 1 else ("column", "repeats")
    return (f"{lost} {what} of the regression {verb} others",)


def _extrapolated(task: Task) -> tuple[str, ...]:
    """What must be said where a line is laid from one arm to the other."""
    told = apart(task)
    if not told:
        return ()
    return (
        f"the arms share no value of {told[0]!r}: one is compared with what the line through the "
        "other says far from its rows, which is right only if that line is",
    )


def _absent(task: Task, code: int, member: Matrix) -> list[str]:
    """The covariates that never vary in an arm and do among those whom the mean is of."""
    there, wanted = task.design.matrix[task.arm == code], task.design.matrix[member > 0.0]
    still = (np.ptp(there, axis=0) == 0.0) & (np.ptp(wanted, axis=0) > 0.0)
    return [name for name, one in zip(task.design.columns, still, strict=True) if one]
