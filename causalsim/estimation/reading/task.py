"""An answer and a frame become roles and arrays, checked once.

Whatever is wrong with the data for this question is said here, so that no estimator has to look
again and none can meet a missing value or a treatment that never varies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.estimand.query import Query
from causalsim.estimation.reading.codes import integer_codes
from causalsim.estimation.reading.design import Design, design
from causalsim.estimation.reading.propensities import read_propensity, unlike_design
from causalsim.estimation.reading.roles import PLAIN, Level, Roles

_MOST_ARMS = 20
_ENOUGH = 5
_NOTHING = 1e-12
_FEW_CLUSTERS = 10
_ONE_ROW, _FEW_ROWS = 0.5, 30
_PLAIN_PAIRS = (("no", "yes"), ("false", "true"), ("f", "t"), ("n", "y"), ("0", "1"))


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
        roles: What it was read by.
        notes: What a careful reader must know about the data.
        known: The known probability of the higher of two levels, or None when it is to be learnt.
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
    roles: Roles = PLAIN
    notes: tuple[str, ...] = ()
    known: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        frame: Any,  # noqa: ANN401
        query: Query,
        covariates: tuple[str, ...],
        roles: Roles = PLAIN,
        alone: bool = True,
    ) -> "Task":
        """Read a query's variables and its adjustment set from a frame.

        A covariate may have missing cells: they are filled with its median (strings with a
        category of their own) and an indicator of being missing joins the covariates, so that
        people are compared with others of whom as much is known.

        Args:
            frame: A pandas or polars frame; it is not changed.
            query: One outcome, one treatment; a treatment left free asks for high minus low, a
                treatment held at a value asks for the mean outcome at that value; an outcome held
                at a value asks for its probability.
            covariates: The adjustment set.
            roles: Units, columns of weights and clusters, and the arms that are compared.
            alone: Whether the outcome is all there is; False where another column belongs to it,
                as whether the event was seen does to its time, so that it need not vary.

        Returns:
            The task.

        Raises:
            DataError: A column is missing, misspelt, infinite or not numeric, the outcome or the
                treatment is incomplete, or the frame has no rows.
            EstimationError: The treatment has one value, or so many that they are no arms, or
                more than two and no two were chosen; the outcome has one value, or is the
                treatment; the query has several treatments or outcomes, or conditions on something.
        """
        check_query(query)
        outcome_name, treatment = query.outcome[0], query.treatments[0]
        frames.require(frame, dict.fromkeys((outcome_name, treatment, *covariates, *roles.columns)))
        check_complete(frame, dict.fromkeys((outcome_name, treatment, *roles.columns)))
        levels, arm = _arms(frame, treatment)
        made = design(frame, tuple(covariates))
        outcome = read_outcome(frame, query)
        if alone:
            _check_outcome(outcome, arm, outcome_name, treatment)
        clusters = None if roles.clusters is None else read_clusters(frame, roles.clusters)
        weights = None if roles.weights is None else read_weights(frame, roles.weights)
        known = read_propensity(frame, roles, treatment, levels)
        return cls(
            query=query,
            covariates=tuple(covariates),
            outcome=outcome,
            arm=arm,
            levels=levels,
            contrast=_contrast(query, levels, roles.arms),
            design=made,
            weights=weights,
            clusters=clusters,
            units=unit_of(frame, outcome_name) if roles.units is None else roles.units,
            roles=roles,
            notes=(
                *made.notes(),
                *integer_codes(frame, tuple(covariates), outcome),
                *_alphabet(frame, query, levels, roles),
                *few_clusters(clusters),
                *heavy_weights(weights),
                *unlike_design(known, arm, clusters, roles, f"{treatment} = {levels[-1]}"),
            ),
            known=known,
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
    def share(self) -> NDArray[np.float64]:
        """A weight a row, with mean one."""
        return np.ones(self.height) if self.weights is None else self.weights

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
        arms = [self.arm] if self.known is None else [self.arm, self.known]
        return f"{row_mark([self.outcome])}-{row_mark(arms)}"

    def indicator(self, code: int) -> NDArray[np.float64]:
        """1 for the rows of an arm, 0 for the others."""
        return np.asarray(self.arm == code, dtype=np.float64)

    def rows(self, chosen: NDArray[np.int_]) -> "Task":
        """This task on some of its rows."""
        clusters = None
        if self.clusters is not None:
            clusters = np.unique(self.clusters[chosen], return_inverse=True)[1].reshape(-1)
        weights = None if self.weights is None else self.weights[chosen]
        return replace(
            self,
            outcome=self.outcome[chosen],
            arm=self.arm[chosen],
            design=self.design.rows(chosen),
            weights=None if weights is None else weights / weights.mean(),
            clusters=clusters,
            known=None if self.known is None else self.known[chosen],
        )

    def with_treatment(self, arm: NDArray[np.int_]) -> "Task":
        """This task with other treatments, such as shuffled ones, whose chances nobody knows."""
        return replace(self, arm=arm, known=None, roles=replace(self.roles, propensity=None))

    def with_covariate(self, name: str, values: NDArray[np.float64]) -> "Task":
        """This task with one more numeric covariate."""
        return replace(
            self,
            covariates=(*self.covariates, name),
            design=self.design.with_column(name, values),
        )


def check_query(query: Query) -> None:
    """One outcome, one treatment, nothing conditioned on."""
    if len(query.outcome) != 1:
        raise EstimationError.several("outcome", query.outcome)
    if len(query.treatments) != 1:
        raise EstimationError.several("treatment", query.treatments)
    if query.conditions:
        raise EstimationError.conditional(query.conditions)


def check_complete(frame: Any, names: Iterable[str]) -> None:  # noqa: ANN401
    """No missing cells in these columns."""
    counts = {name: int(frames.missing(frame, name).sum()) for name in names}
    holes = {name: count for name, count in counts.items() if count}
    if holes:
        raise DataError.missing_values(holes, frames.height(frame))


def read_outcome(frame: Any, query: Query) -> NDArray[np.float64]:  # noqa: ANN401
    """The outcome's numbers, or whether it has the value that the query asks about."""
    event = query.events[0]
    if event.value is None:
        return frames.numeric(frame, event.variable)
    raw = frames.values(frame, event.variable)
    chosen = np.array([cell == event.value for cell in raw.tolist()], dtype=np.float64)
    if not chosen.any():
        raise EstimationError.unknown_level(event.variable, event.value, np.unique(raw).tolist())
    return chosen


def _check_outcome(
    outcome: NDArray[np.float64], arm: NDArray[np.int_], name: str, treatment: str
) -> None:
    """An outcome that varies, and is more than another name of the arm."""
    check_varies(outcome, name)
    sizes = np.bincount(arm)
    means = np.bincount(arm, weights=outcome) / np.maximum(sizes, 1)
    spread = float(np.abs(outcome - means[arm]).max())
    if sizes.min() >= _ENOUGH and spread <= _NOTHING * float(np.ptp(outcome)):
        raise ReadingError.same_thing(name, treatment)


def check_varies(outcome: NDArray[np.float64], name: str) -> None:
    """More than one outcome.

    Raises:
        EstimationError: The same in every row, so that it says nothing of anything.
    """
    if float(outcome.min()) == float(outcome.max()):
        raise EstimationError.constant_outcome(name, float(outcome[0]))


def _arms(frame: Any, name: str) -> tuple[tuple[Level, ...], NDArray[np.int_]]:  # noqa: ANN401
    """The treatment's values, low to high, and the place of each row's value."""
    if frames.categorical(frame, name):
        raw: NDArray[Any] = frames.labels(frame, name)
    else:
        raw = frames.values(frame, name)
        numbers = frames.numeric(frame, name)
        raw = numbers if raw.dtype.kind not in "biu" else raw
    found, arm = np.unique(raw, return_inverse=True)
    ranks = frames.ranks(frame, name)
    if ranks:  # the frame itself says what is low and what is high
        order = np.argsort([ranks.index(str(level)) for level in found])
        found, arm = found[order], np.argsort(order)[arm.reshape(-1)]
    levels = tuple(_plain(level) for level in found)
    if len(levels) == 1:
        raise EstimationError.one_level(name, levels[0], len(raw))
    if len(levels) > max(2, min(_MOST_ARMS, len(arm) // 2)):
        raise EstimationError.many_levels(name, levels)
    return levels, arm.astype(np.int_).reshape(-1)


def _alphabet(
    frame: Any,  # noqa: ANN401
    query: Query,
    levels: tuple[Level, ...],
    roles: Roles,
) -> tuple[str, ...]:
    """A note on which arm is compared with which, where only their names decided."""
    name = query.treatments[0]
    asked = roles.arms is not None or query.do[0].value is not None
    if asked or not frames.categorical(frame, name) or frames.ranks(frame, name):
        return ()
    if tuple(str(level).lower() for level in levels) in _PLAIN_PAIRS:
        return ()
    low, high = levels[0], levels[-1]
    return (
        f"{name} = {high} is compared with {name} = {low}, by the alphabet; "
        f"arms=({high!r}, {low!r}) turns it",
    )


def _contrast(
    query: Query, levels: tuple[Level, ...], arms: tuple[Level, Level] | None
) -> tuple[float, ...]:
    """High minus low, or one arm alone when the query holds the treatment at a value."""
    wanted = query.do[0].value
    name = query.treatments[0]
    if wanted is not None:
        _known(name, wanted, levels)
        return tuple(float(level == wanted) for level in levels)
    if arms is None and len(levels) > 2:
        raise EstimationError.which_arms(name, levels)
    if arms is not None and (not isinstance(arms, tuple) or len(arms) != 2 or arms[0] == arms[1]):
        raise EstimationError.bad_setting("arms", arms, "two levels of the treatment: (low, high)")
    low, high = arms or (levels[0], levels[-1])
    _known(name, low, levels)
    _known(name, high, levels)
    return tuple(float(level == high) - float(level == low) for level in levels)


def _known(name: str, level: Level, levels: tuple[Level, ...]) -> None:
    """A level that somebody in the data has."""
    if level not in levels:
        raise EstimationError.unknown_level(name, level, levels)


def row_mark(columns: Sequence[NDArray[Any]]) -> str:
    """A mark of some columns, by which the same rows are recognised."""
    mark = blake2b(digest_size=6)
    for column in columns:
        mark.update(np.ascontiguousarray(column, dtype=np.float64).data)
    return mark.hexdigest()


def read_weights(frame: Any, name: str) -> NDArray[np.float64]:  # noqa: ANN401
    """Positive weights, scaled to mean one."""
    found = frames.numeric(frame, name)
    bad = int((found <= 0.0).sum())
    if bad:
        raise DataError.not_positive(name, bad, len(found))
    largest = float(found.max() / found.sum())
    if largest > _ONE_ROW and len(found) > 2:
        raise DataError.one_row_weighs_all(name, largest, len(found))
    return np.asarray(found / found.mean(), dtype=np.float64)


def heavy_weights(weights: NDArray[np.float64] | None) -> tuple[str, ...]:
    """A warning when sampling weights leave few rows that count, or nothing."""
    if weights is None or (count := weights.sum() ** 2 / (weights**2).sum()) >= _FEW_ROWS:
        return ()
    if count >= 0.5 * len(weights):
        return ()
    return (
        f"the sampling weights differ so much that {len(weights)} rows say as much as "
        f"{count:.0f} of equal weight: the interval is probably too short",
    )


def read_clusters(frame: Any, name: str) -> NDArray[np.int_]:  # noqa: ANN401
    """The cluster of each row, counted from 0 in the order of the rows, whatever their names."""
    check_complete(frame, (name,))
    raw = frames.values(frame, name)
    labels = frames.labels(frame, name) if raw.dtype.kind == "O" else raw
    found, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    if len(found) < 2:
        raise EstimationError.one_cluster(name)
    place = np.empty(len(found), dtype=np.int_)
    place[np.argsort(first)] = np.arange(len(found))
    return np.asarray(place[codes.reshape(-1)], dtype=np.int_)


def few_clusters(clusters: NDArray[np.int_] | None) -> tuple[str, ...]:
    """A warning when the cluster-robust standard error cannot be trusted, or nothing."""
    if clusters is None or (count := int(clusters.max()) + 1) >= _FEW_CLUSTERS:
        return ()
    return (f"only {count} clusters: the interval is probably too short",)


def unit_of(frame: Any, outcome: str) -> str:  # noqa: ANN401
    """The unit that the frame itself tells, if it does."""
    told = getattr(frame, "attrs", {}).get("units", {})
    return str(told.get(outcome, "")) if isinstance(told, dict) else ""


def _plain(level: Any) -> Level:  # noqa: ANN401
    """A numpy scalar as the plain value it prints as; 1.0 becomes 1."""
    plain: Level = level.item() if isinstance(level, np.generic) else level
    if isinstance(plain, float) and plain.is_integer():
        return int(plain)
    return plain
