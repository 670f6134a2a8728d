"""An answer and a frame become roles and arrays where the treatment is a number: a dose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimand.query import Query
from causalsim.estimation.reading.codes import integer_codes
from causalsim.estimation.reading.design import Design, design
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.reading.task import (
    check_complete,
    check_query,
    check_varies,
    few_clusters,
    heavy_weights,
    read_clusters,
    read_outcome,
    read_weights,
    row_mark,
    unit_of,
)

Matrix = NDArray[np.float64]
_NOTHING = 1e-12
_FEW = 3
_ALL = 0.99  # what is left is then no more than the regressions' own errors
_NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class DoseTask:
    """The data in their roles, the treatment being a number.

    Attributes:
        query: The question.
        covariates: The adjustment set.
        outcome: ``Y``.
        dose: ``D``, one number a row.
        design: The covariates as numbers.
        weights: Sampling weights with mean one, or None.
        clusters: The cluster of each row, or None.
        units: The outcome's unit.
        roles: How the frame was read.
        notes: What a careful reader must know about the data.
    """

    query: Query
    covariates: tuple[str, ...]
    outcome: Matrix
    dose: Matrix
    design: Design
    weights: Matrix | None
    clusters: NDArray[np.int_] | None
    units: str
    roles: Roles
    notes: tuple[str, ...]

    @classmethod
    def of(cls, frame: Any, query: Query, covariates: tuple[str, ...], roles: Roles) -> "DoseTask":  # noqa: ANN401
        """Read a query's variables and its adjustment set from a frame.

        Raises:
            DataError: A column is missing, misspelt or not numeric; outcome or dose incomplete.
            EstimationError: A dose or an outcome that never varies, an outcome that is the dose in
                other units, or a question that holds the dose at a value.
        """
        check_query(query)
        outcome, treatment = query.outcome[0], query.treatments[0]
        frames.require(frame, dict.fromkeys((outcome, treatment, *covariates, *roles.columns)))
        check_complete(frame, dict.fromkeys((outcome, treatment, *roles.columns)))
        if query.do[0].value is not None:
            raise EstimationError.dose_at_value(treatment, query.do[0].value)
        dose = frames.numeric(frame, treatment)
        if (dose == dose[0]).all():
            raise EstimationError.one_level(treatment, float(dose[0]), len(dose))
        read = read_outcome(frame, query)
        check_outcome(read, dose, outcome, treatment)
        made = design(frame, covariates)
        clusters = None if roles.clusters is None else read_clusters(frame, roles.clusters)
        weights = None if roles.weights is None else read_weights(frame, roles.weights)
        return cls(
            query=query,
            covariates=covariates,
            outcome=read,
            dose=dose,
            design=made,
            weights=weights,
            clusters=clusters,
            units=unit_of(frame, outcome) if roles.units is None else roles.units,
            roles=roles,
            notes=(
                *made.notes(),
                *integer_codes(frame, covariates, read),
                *few_clusters(clusters),
                *heavy_weights(weights),
            ),
        )

    @property
    def share(self) -> Matrix:
        """A weight a row, with mean one."""
        return np.ones(self.height) if self.weights is None else self.weights

    @property
    def high(self) -> Level:
        """One unit more."""
        return f"{self.query.treatments[0]} + 1"

    @property
    def low(self) -> Level:
        """What it is compared with."""
        return self.query.treatments[0]

    @property
    def digest(self) -> str:
        """A mark of the outcomes, a dash and one of the doses."""
        return f"{row_mark([self.outcome])}-{row_mark([self.dose])}"

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.outcome)

    def explained(self, guess: Matrix) -> float:
        """The share of the dose's variance that a prediction of it takes off."""
        mean = np.average(self.dose, weights=self.share)
        whole = float(np.average((self.dose - mean) ** 2, weights=self.share))
        left = float(np.average((self.dose - guess) ** 2, weights=self.share))
        return 1.0 - left / whole if whole > 0.0 else 1.0

    def with_covariate(self, name: str, values: Matrix) -> "DoseTask":
        """This task with one more numeric covariate."""
        made = self.design.with_column(name, values)
        return replace(self, covariates=(*self.covariates, name), design=made)


def check_left(name: str, explained: float) -> None:
    """A dose of which the covariates leave something.

    Raises:
        EstimationError: They leave nothing.
    """
    if explained >= _ALL:
        raise EstimationError.no_variation(name)


def little_left(name: str, explained: Sequence[float]) -> tuple[str, ...]:
    """What must be said where the covariates leave little of a dose to learn from.

    Args:
        name: The dose.
        explained: The share of its variance that they explain out of fold, one a division.
    """
    share = float(np.mean(explained))
    if share <= _NEARLY_ALL:
        return ()
    return (
        f"the covariates explain {100 * share:.0f} % of {name}: the estimate rests on the little "
        "that is left of it, and on regressions that are right to that little",
    )


def check_outcome(outcome: Matrix, dose: Matrix, name: str, treatment: str) -> None:
    """An outcome that varies, and is more than the dose in other units.

    Raises:
        EstimationError: The same in every row.
        ReadingError: On a straight line in the dose.
    """
    check_varies(outcome, name)
    apart, moved = dose - dose.mean(), outcome - outcome.mean()
    if len(outcome) <= _FEW or not apart.any():
        return
    left = moved - apart * float(apart @ moved) / float(apart @ apart)
    if float(np.abs(left).max()) <= _NOTHING * float(np.ptp(outcome)):
        raise ReadingError.same_dose(name, treatment)
