"""An answer that goes through instruments, and a frame, become roles and arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.instruments import InstrumentError
from causalsim.estimand.events import Question
from causalsim.estimation.reading.codes import integer_codes
from causalsim.estimation.reading.design import Design, design
from causalsim.estimation.reading.doses import check_outcome
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.reading.task import (
    check_complete,
    few_clusters,
    heavy_weights,
    read_clusters,
    read_weights,
    row_mark,
    unit_of,
)
from causalsim.graph.effects.instruments import explain_instrument
from causalsim.identification.assuming.linearity import LinearEffect
from causalsim.identification.linear.linear_effects import InstrumentRatio

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentTask:
    """The data in their roles: outcome, treatment, instruments and covariates.

    Attributes:
        question: The question.
        names: The outcome, the treatment, and the instruments.
        covariates: What the instruments are valid given.
        outcome: ``Y``.
        dose: The treatment ``D``, one number a row.
        instruments: ``Z``, rows by instruments.
        design: The covariates as numbers.
        factor: What the effect of one unit is multiplied by to answer the question.
        weights: Sampling weights with mean one, or None.
        clusters: The cluster of each row, or None.
        units: The outcome's unit.
        roles: How the frame was read.
        notes: What a careful reader must know about the data.
    """

    question: Question
    names: tuple[str, ...]
    covariates: tuple[str, ...]
    outcome: Matrix
    dose: Matrix
    instruments: Matrix
    design: Design
    factor: float
    weights: Matrix | None
    clusters: NDArray[np.int_] | None
    units: str
    roles: Roles
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        answer: LinearEffect,
        frame: Any,  # noqa: ANN401
        roles: Roles,
        wanted: tuple[str, ...] | None,
    ) -> "InstrumentTask":
        """Read what an instrumental-variable answer names.

        Args:
            answer: An answer that rests on one instrument.
            frame: The rows.
            roles: How they are to be read.
            wanted: Other instruments than that of the answer; None takes it.

        Raises:
            InstrumentError: One that the graph does not let stand.
            EstimationError: A column that never varies.
            DataError: A column that is missing, incomplete or not numeric.
        """
        factor, ratio = through_one_instrument(answer)
        if roles.arms is not None:
            raise EstimationError.bad_setting("arms", roles.arms, "None: a slope has no arms")
        nodes = (ratio.instrument,) if wanted is None else wanted
        covariates = tuple(name for name in ratio.given if name not in nodes)
        if wanted is not None:
            _check_valid(answer, ratio, nodes, covariates)
        names = (ratio.effect, ratio.cause, *nodes)
        frames.require(frame, dict.fromkeys((*names, *covariates, *roles.columns)))
        check_complete(frame, dict.fromkeys((*names, *roles.columns)))
        columns = [frames.numeric(frame, name) for name in names]
        for name, column in zip(names, columns, strict=True):
            if (column == column[0]).all():
                raise EstimationError.constant_column(name)
        made = design(frame, covariates)
        check_outcome(columns[0], columns[1], names[0], names[1])
        weights = None if roles.weights is None else read_weights(frame, roles.weights)
        clusters = None if roles.clusters is None else read_clusters(frame, roles.clusters)
        told = (*made.notes(), *few_clusters(clusters), *heavy_weights(weights))
        return cls(
            question=answer.query,
            names=names,
            covariates=covariates,
            outcome=columns[0],
            dose=columns[1],
            instruments=np.column_stack(columns[2:]),
            design=made,
            factor=factor,
            weights=weights,
            clusters=clusters,
            units=unit_of(frame, ratio.effect) if roles.units is None else roles.units,
            roles=roles,
            notes=(*told, *integer_codes(frame, covariates, columns[0])),
        )

    @property
    def pair(self) -> tuple[Level, Level] | None:
        """No two levels are compared."""
        return None

    @property
    def digest(self) -> str:
        """A mark of the outcomes, a dash and one of treatment and instruments."""
        return f"{row_mark([self.outcome])}-{row_mark([self.dose, *self.instruments.T])}"

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.outcome)

    @property
    def share(self) -> Matrix:
        """A weight a row, with mean one."""
        return np.ones(self.height) if self.weights is None else self.weights


def through_one_instrument(answer: LinearEffect) -> tuple[float, InstrumentRatio]:
    """The instrument that a linear answer rests on, and the factor before its ratio.

    Raises:
        EstimationError: It rests on something else.
    """
    terms = answer.formula.terms
    if len(terms) == 1 and isinstance(terms[0][1], InstrumentRatio):
        return float(terms[0][0]), terms[0][1]
    raise EstimationError.no_instrument(str(answer.query))


def checked_names(found: object) -> None:
    """Names of instruments, each once, or None.

    Raises:
        InstrumentError: Something else.
    """
    if found is None:
        return
    names = found if isinstance(found, tuple) else ()
    fine = bool(names) and all(isinstance(name, str) for name in names)
    if not fine or len(set(names)) < len(names):
        raise InstrumentError.no_names(found)


def _check_valid(
    answer: LinearEffect,
    ratio: InstrumentRatio,
    nodes: tuple[str, ...],
    covariates: tuple[str, ...],
) -> None:
    """Each is an instrument given the covariates that all are given."""
    for node in nodes:
        if node not in answer.graph:
            raise DataError.unknown_column(node, answer.graph.observed)
        if node in (ratio.cause, ratio.effect):
            raise InstrumentError.not_valid(node, covariates, "it is the cause or the effect.")
        told = explain_instrument(answer.graph, ratio.cause, ratio.effect, node, covariates)
        if not told:
            raise InstrumentError.not_valid(node, covariates, told.why)
