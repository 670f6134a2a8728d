"""An answer and a frame become roles and arrays, checked once.

Whatever is wrong with the data for this question is said here, so that no estimator has to look
again and none can meet a missing value or a treatment that never varies.
"""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.estimand.query import Query
from causalsim.estimation.design import Design, design

Level = bool | int | float | str


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """The data in their roles, ready for any estimator.

    Attributes:
        query: The question.
        covariates: The adjustment set ``X``, as columns of the frame.
        outcome: ``Y``, one number a row, in its own unit.
        arm: ``A`` as 0, 1, …, the place of each row's value among ``levels``.
        levels: The values of the treatment, from low to high.
        contrast: The coefficient of each arm's mean in the effect: (-1, 1) is high minus low.
        design: ``X`` as numbers.
        weights: Sampling weights with mean one, or None when every row counts alike.
        clusters: The cluster of each row as 0, 1, …, or None when rows are independent.
        units: The outcome's unit, such as ``kg``; may be empty.
        columns: The columns that gave ``weights`` and ``clusters``, or None.
    """

    query: Query
    covariates: tuple[str, ...]
    outcome: NDArray[np.float64]
    arm: NDArray[np.int_]
    levels: tuple[Level, ...]
    contrast: tuple[float, ...]
    design: Design
    weights: NDArray[np.float64] | None = None
    clusters: NDArray[np.int_] | None = None
    units: str = ""
    columns: tuple[str | None, str | None] = (None, None)

    @classmethod
    def of(
        cls,
        frame: Any,  # noqa: ANN401
        query: Query,
        covariates: tuple[str, ...],
        units: str | None = None,
        weights: str | None = None,
        clusters: str | None = None,
    ) -> "Task":
        """Read a query's variables and its adjustment set from a frame.

        Args:
            frame: A pandas or polars frame; it is not changed.
            query: One outcome, one treatment; a treatment left free asks for high minus low, a
                treatment held at a value asks for the mean outcome at that value; an outcome held
                at a value asks for its probability.
            covariates: The adjustment set.
            units: The outcome's unit; None looks for ``frame.attrs["units"][outcome]``.
            weights: The column of sampling weights, all above zero.
            clusters: The column that tells which rows belong together.

        Returns:
            The task.

        Raises:
            DataError: A column is missing, misspelt, incomplete, infinite or not numeric, or the
                frame has no rows.
            EstimationError: The treatment has one value or more than two, the query has several
                treatments or outcomes, or conditions on something.
        """
        _check_query(query)
        outcome_name, treatment = query.outcome[0], query.treatments[0]
        extra = tuple(name for name in (weights, clusters) if name is not None)
        roles = tuple(dict.fromkeys((outcome_name, treatment, *covariates, *extra)))
        frames.require(frame, roles)
        _check_complete(frame, roles)
        levels, arm = _arms(frame, treatment)
        return cls(
            query=query,
            covariates=tuple(covariates),
            outcome=_outcome(frame, query),
            arm=arm,
            levels=levels,
            contrast=_contrast(query, levels),
            design=design(frame, tuple(covariates)),
            weights=None if weights is None else _sampling_weights(frame, weights),
            clusters=None if clusters is None else _clusters(frame, clusters),
            units=_units(frame, outcome_name) if units is None else units,
            columns=(weights, clusters),
        )

    @property
    def outcome_name(self) -> str:
        """The name of the outcome ``Y``."""
        return self.query.outcome[0]

    @property
    def treatment(self) -> str:
        """The name of the treatment ``A``."""
        return self.query.treatments[0]

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.outcome)

    @property
    def high(self) -> Level:
        """The level that the effect is of."""
        return self.levels[int(np.argmax(self.contrast))]

    @property
    def low(self) -> Level | None:
        """The level that the high one is compared with; None when a single mean is asked for."""
        return self.levels[int(np.argmin(self.contrast))] if min(self.contrast) < 0 else None

    @property
    def pair(self) -> tuple[int, int]:
        """The places of the low and the high level that are compared.

        Raises:
            EstimationError: The query asks for the mean of one arm.
        """
        if self.low is None:
            raise EstimationError.one_arm_target(self.treatment)
        return self.levels.index(self.low), self.levels.index(self.high)

    @property
    def digest(self) -> str:
        """A mark of the outcomes, a dash and one of the arms, to recognise the same rows."""
        marks = [
            blake2b(np.ascontiguousarray(part, dtype=kind).tobytes(), digest_size=6).hexdigest()
            for part, kind in ((self.outcome, np.float64), (self.arm, np.int64))
        ]
        return "-".join(marks)

    def indicator(self, code: int) -> NDArray[np.float64]:
        """1 for the rows of an arm, 0 for the others."""
        return np.asarray(self.arm == code, dtype=np.float64)

    def with_treatment(self, arm: NDArray[np.int_]) -> "Task":
        """This task with other treatments, such as shuffled ones."""
        return replace(self, arm=arm)

    def with_covariate(self, name: str, values: NDArray[np.float64]) -> "Task":
        """This task with one more numeric covariate."""
        return replace(
            self,
            covariates=(*self.covariates, name),
            design=self.design.with_column(name, values),
        )


def _check_query(query: Query) -> None:
    """One outcome, one treatment, nothing conditioned on."""
    if len(query.outcome) != 1:
        raise EstimationError.several("outcome", query.outcome)
    if len(query.treatments) != 1:
        raise EstimationError.several("treatment", query.treatments)
    if query.conditions:
        raise EstimationError.conditional(query.conditions)


def _check_complete(frame: Any, roles: tuple[str, ...]) -> None:  # noqa: ANN401
    """No missing cells in any column that has a role."""
    counts = {name: int(frames.missing(frame, name).sum()) for name in roles}
    holes = {name: count for name, count in counts.items() if count}
    if holes:
        raise DataError.missing_values(holes, frames.height(frame))


def _outcome(frame: Any, query: Query) -> NDArray[np.float64]:  # noqa: ANN401
    """The outcome's numbers, or whether it has the value that the query asks about."""
    event = query.events[0]
    if event.value is None:
        return frames.numeric(frame, event.variable)
    raw = frames.values(frame, event.variable)
    chosen = np.array([cell == event.value for cell in raw.tolist()], dtype=np.float64)
    if not chosen.any():
        raise EstimationError.unknown_level(event.variable, event.value, np.unique(raw).tolist())
    return chosen


def _arms(frame: Any, name: str) -> tuple[tuple[Level, ...], NDArray[np.int_]]:  # noqa: ANN401
    """The treatment's two values, low to high, and the place of each row's value."""
    if frames.categorical(frame, name):
        raw = frames.values(frame, name).astype(str)
    else:
        raw = frames.values(frame, name)
        numbers = frames.numeric(frame, name)
        raw = numbers if raw.dtype.kind not in "biu" else raw
    found, arm = np.unique(raw, return_inverse=True)
    levels = tuple(_plain(level) for level in found)
    if len(levels) == 1:
        raise EstimationError.one_level(name, levels[0], len(raw))
    if len(levels) > 2:
        raise EstimationError.many_levels(name, levels)
    return levels, arm.astype(np.int_).reshape(-1)


def _contrast(query: Query, levels: tuple[Level, ...]) -> tuple[float, ...]:
    """High minus low, or one arm alone when the query holds the treatment at a value."""
    wanted = query.do[0].value
    if wanted is None:
        return (-1.0, *(0.0 for _ in levels[2:]), 1.0)
    if wanted not in levels:
        raise EstimationError.unknown_level(query.treatments[0], wanted, levels)
    return tuple(float(level == wanted) for level in levels)


def _sampling_weights(frame: Any, name: str) -> NDArray[np.float64]:  # noqa: ANN401
    """Positive weights, scaled to mean one."""
    found = frames.numeric(frame, name)
    bad = int((found <= 0.0).sum())
    if bad:
        raise DataError.not_positive(name, bad, len(found))
    return np.asarray(found / found.mean(), dtype=np.float64)


def _clusters(frame: Any, name: str) -> NDArray[np.int_]:  # noqa: ANN401
    """The cluster of each row, counted from 0."""
    raw = frames.values(frame, name)
    labels = raw.astype(str) if raw.dtype.kind == "O" else raw
    found, codes = np.unique(labels, return_inverse=True)
    if len(found) < 2:
        raise EstimationError.one_cluster(name)
    return codes.astype(np.int_).reshape(-1)


def _units(frame: Any, outcome: str) -> str:  # noqa: ANN401
    """The unit that the frame itself tells, if it does."""
    told = getattr(frame, "attrs", {}).get("units", {})
    return str(told.get(outcome, "")) if isinstance(told, dict) else ""


def _plain(level: Any) -> Level:  # noqa: ANN401
    """A numpy scalar as the plain value it prints as; 1.0 becomes 1."""
    plain: Level = level.item() if isinstance(level, np.generic) else level
    if isinstance(plain, float) and plain.is_integer():
        return int(plain)
    return plain
