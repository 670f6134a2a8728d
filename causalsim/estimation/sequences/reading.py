"""A question about several treatments and a frame become stages, regimes and arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim import frames
from causalsim.errors.data import DataError
from causalsim.errors.estimation import EstimationError
from causalsim.errors.reading import ReadingError
from causalsim.errors.sequences import SequenceError
from causalsim.estimand.events import Question
from causalsim.estimand.query import Query, Setting
from causalsim.estimation.reading.design import Design, design
from causalsim.estimation.reading.roles import Level, Roles
from causalsim.estimation.reading.task import (
    check_varies,
    read_clusters,
    read_weights,
    row_mark,
    unit_of,
)
from causalsim.estimation.sequences.asking import comparison, plain_question, stages_of
from causalsim.estimation.sequences.regimes import Regime, RegimeContrast, Rule

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Whole = NDArray[np.int_]
_MOST_LEVELS = 20
_ENOUGH = 5


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """One treatment, and what is learnt before it.

    Attributes:
        treatment: Its name.
        levels: Its values, low to high.
        taken: The place of each row's value among the levels; -1 where it is missing.
        learnt: What is learnt since the treatment before, as numbers.
        before: All that is learnt so far and an indicator of each earlier treatment.
        complete: The rows of which all that is known that the stage needs.
    """

    treatment: str
    levels: tuple[Level, ...]
    taken: Whole
    learnt: Design
    before: Matrix
    complete: Mask

    def action(self, codes: Whole) -> Matrix:
        """An indicator of each level but the first."""
        return np.asarray(codes[:, None] == np.arange(1, len(self.levels)), dtype=np.float64)

    def history(self, codes: Whole) -> Matrix:
        """What is known before the treatment, and the treatment itself."""
        return np.column_stack([self.before, self.action(codes)])


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One regime, row by row.

    Attributes:
        regime: The regime.
        wanted: The place of the level it gives each row, stages by rows.
        followed: Whether a row did as wanted at every stage before this one, one entry more than
            there are stages; the first is true everywhere.
    """

    regime: Regime
    wanted: Whole
    followed: Mask


@dataclass(frozen=True, slots=True, eq=False)
class SequenceTask:
    """Treatments in sequence, ready for any estimator of them.

    Attributes:
        question: The question.
        periods: The treatments in time order.
        outcome: ``Y``, one number a row; NaN where it is not known.
        outcome_name: Its name.
        comparison: The regimes that are compared.
        courses: These regimes, row by row.
        weights: Sampling weights with mean one, or None.
        clusters: The cluster of each row, or None.
        units: The outcome's unit.
        roles: How the frame was read.
        notes: What a careful reader must know.
    """

    question: Question
    periods: tuple[Period, ...]
    outcome: Matrix
    outcome_name: str
    comparison: RegimeContrast
    courses: tuple[Course, ...]
    weights: Matrix | None
    clusters: Whole | None
    units: str
    roles: Roles
    notes: tuple[str, ...]

    @property
    def pair(self) -> None:
        """No two levels of one treatment are compared."""
        return

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.outcome)

    @property
    def share(self) -> Matrix:
        """The weight of each row, with mean one."""
        return np.ones(self.height) if self.weights is None else self.weights

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest outcome."""
        return float(np.nanmin(self.outcome)), float(np.nanmax(self.outcome))

    @property
    def digest(self) -> str:
        """A mark of the outcomes, a dash and one of the treatments."""
        taken = row_mark([period.taken for period in self.periods])
        return f"{row_mark([np.nan_to_num(self.outcome)])}-{taken}"


def read_sequence(
    answer: Any,  # noqa: ANN401
    frame: Any,  # noqa: ANN401
    roles: Roles,
    regime: Regime | None = None,
    against: Regime | None = None,
) -> SequenceTask:
    """The data of a question about several treatments.

    Args:
        answer: What ``identify`` answered.
        frame: A pandas or polars frame, one row a unit, one column a variable and time.
        roles: Units, weights, clusters; ``arms`` are the low and the high level of every
            treatment that the question leaves free.
        regime: What is done instead of what the question says, such as following a rule.
        against: What it is compared with.

    Raises:
        SequenceError: No sequential back-door sets, a regime nobody follows, values that are
            missing where they are needed.
        DataError: A column is missing, misspelt or not numeric.
    """
    query = plain_question(answer)
    stages = stages_of(answer, regime, against)
    if query is None or stages is None:
        names = query.treatments if query is not None else [str(answer.query)]
        raise SequenceError.no_stages(names)
    names = tuple(stage.treatment for stage in stages)
    learnt = tuple(name for stage in stages for name in stage.learnt)
    frames.require(frame, dict.fromkeys((*query.outcome, *names, *learnt, *roles.columns)))
    for name in roles.columns:
        absent = int(frames.missing(frame, name).sum())
        if absent:
            raise DataError.missing_values({name: absent}, frames.height(frame))
    codes = {name: _coded(frame, name) for name in names}
    outcome, compared = _compared(answer, names, codes, roles, regime, against)
    courses = tuple(_course(frame, one, names, codes) for one in compared.regimes)
    periods, notes = _periods(frame, stages, codes, courses)
    found = _outcome(frame, outcome, courses)
    _check_outcome(found, outcome.variable, codes)
    return SequenceTask(
        question=answer.query,
        periods=periods,
        outcome=found,
        outcome_name=outcome.variable,
        comparison=compared,
        courses=courses,
        weights=None if roles.weights is None else read_weights(frame, roles.weights),
        clusters=None if roles.clusters is None else read_clusters(frame, roles.clusters),
        units=unit_of(frame, outcome.variable) if roles.units is None else roles.units,
        roles=roles,
        notes=notes,
    )


Codes = dict[str, tuple[tuple[Level, ...], Whole]]


def _compared(
    answer: Any,  # noqa: ANN401
    names: tuple[str, ...],
    codes: Codes,
    roles: Roles,
    regime: Regime | None,
    against: Regime | None,
) -> tuple[Setting, RegimeContrast]:
    """The outcome and the regimes, those given or those of the question."""
    if regime is not None:
        for one in (regime, against):
            if one is not None and set(one.treatments) != set(names):
                raise SequenceError.other_treatments(one.treatments, names)
        query = plain_question(answer)
        assert query is not None
        pair = (regime,) if against is None else (regime, against)
        return query.events[0], RegimeContrast(pair, (1.0, -1.0)[: len(pair)])
    lowest: dict[str, Level] = {}
    highest: dict[str, Level] = {}
    for name in names:
        levels = codes[name][0]
        lowest[name], highest[name] = roles.arms or (levels[0], levels[-1])
    outcome, compared = comparison(answer.query, answer.graph, lowest, highest)
    question = answer.query
    free = isinstance(question, Query) and all(one.value is None for one in question.do)
    for name in names if free and roles.arms is None else ():
        if len(codes[name][0]) > 2:
            raise EstimationError.which_arms(name, codes[name][0])
    return outcome, compared


def _course(
    frame: Any,  # noqa: ANN401
    regime: Regime,
    names: tuple[str, ...],
    codes: Codes,
) -> Course:
    """What a regime wants of each row, and how far each row followed it."""
    height = frames.height(frame)
    wanted = np.empty((len(names), height), dtype=np.int_)
    followed = np.ones((len(names) + 1, height), dtype=bool)
    for k, name in enumerate(names):
        levels, taken = codes[name]
        step = regime.step(name)
        if isinstance(step, Rule):
            frames.require(frame, step.reads)
            wanted[k] = _decided(frame, name, step, levels, followed[k])
        else:
            wanted[k] = _place(name, step, levels)
        lost = int((followed[k] & (taken < 0)).sum())
        if lost:
            raise SequenceError.unknown_treatment(name, lost)
        followed[k + 1] = followed[k] & (taken == wanted[k])
    return Course(regime, wanted, followed)


def _decided(
    frame: Any,  # noqa: ANN401
    name: str,
    rule: Rule,
    levels: tuple[Level, ...],
    asked: Mask,
) -> Whole:
    """The place of the level that a rule gives each row; the first where nobody asks."""
    known = {read: frames.values(frame, read) for read in rule.reads}
    try:
        said = np.asarray(rule.decide(known))
    except Exception as error:
        raise SequenceError.failed_rule(name, error) from error
    if said.shape != asked.shape:
        raise SequenceError.unread_rule(name, said)
    result = np.zeros(len(asked), dtype=np.int_)
    for level in np.unique(said[asked]).tolist():
        result[said == level] = _place(name, _plain(level), levels)
    return result


def _place(name: str, level: Level, levels: tuple[Level, ...]) -> int:
    """The place of a level that somebody has."""
    if level not in levels:
        raise SequenceError.unknown_decision(name, level, levels)
    return levels.index(level)


def _periods(
    frame: Any,  # noqa: ANN401
    stages: Any,  # noqa: ANN401
    codes: Codes,
    courses: tuple[Course, ...],
) -> tuple[tuple[Period, ...], tuple[str, ...]]:
    """Each treatment with what is known before it."""
    before = np.empty((frames.height(frame), 0))
    complete = np.ones(len(before), dtype=bool)
    made: list[Period] = []
    notes: list[str] = []
    for k, stage in enumerate(stages):
        following = np.logical_or.reduce([course.followed[k] for course in courses])
        learnt, holes = _learnt(frame, stage.learnt, following)
        notes.extend(learnt.notes())
        before = np.column_stack([before, learnt.matrix])
        complete = complete & ~holes
        levels, taken = codes[stage.treatment]
        complete = complete & (taken >= 0)
        period = Period(stage.treatment, levels, taken, learnt, before, complete | following)
        made.append(period)
        before = np.column_stack([before, period.action(taken)])
    return tuple(made), tuple(notes)


def _learnt(
    frame: Any,  # noqa: ANN401
    names: tuple[str, ...],
    following: Mask,
) -> tuple[Design, Mask]:
    """Covariates as numbers, and where some are missing in rows that left every regime.

    Cells missing only in such rows are nobody's business: they get no indicator.
    """
    holes = np.zeros(len(following), dtype=bool)
    for name in names:
        holes |= frames.missing(frame, name) & ~following
    made = design(frame, names)
    told = [name for name, _ in made.filled if (frames.missing(frame, name) & following).any()]
    kept = [
        place
        for place, (column, source) in enumerate(zip(made.columns, made.sources, strict=True))
        if source in told or not column.endswith("=(missing)")
    ]
    counts = tuple((name, int((frames.missing(frame, name) & following).sum())) for name in told)
    return (
        Design(
            np.ascontiguousarray(made.matrix[:, kept]),
            tuple(made.columns[place] for place in kept),
            tuple(made.sources[place] for place in kept),
            counts,
        ),
        holes,
    )


def _outcome(
    frame: Any,  # noqa: ANN401
    outcome: Setting,
    courses: tuple[Course, ...],
) -> Matrix:
    """The outcome's numbers, NaN where they are missing and nobody needs them."""
    absent = frames.missing(frame, outcome.variable)
    needed = np.logical_or.reduce([course.followed[-1] for course in courses])
    lost = int((absent & needed).sum())
    if lost:
        raise SequenceError.unknown_outcome(outcome.variable, lost)
    if outcome.value is None:
        return frames.known(frame, outcome.variable)
    raw = frames.values(frame, outcome.variable)
    chosen = np.array([cell == outcome.value for cell in raw.tolist()], dtype=np.float64)
    if not chosen.any():
        seen = sorted({str(cell) for cell in raw[~absent].tolist()})
        raise EstimationError.unknown_level(outcome.variable, outcome.value, seen)
    return np.where(absent, np.nan, chosen)


def _check_outcome(found: Matrix, name: str, codes: Codes) -> None:
    """An outcome that varies, and is more than another name of a treatment.

    Raises:
        EstimationError: The same in every row, or one value for each level of a treatment.
    """
    known = np.isfinite(found)
    check_varies(found[known], name)
    for treatment, (levels, taken) in codes.items():
        groups = [found[known & (taken == code)] for code in range(len(levels))]
        groups = [group for group in groups if len(group)]
        if len(groups) > 1 and all(len(one) >= _ENOUGH and np.ptp(one) == 0.0 for one in groups):
            raise ReadingError.same_thing(name, treatment)


def _coded(frame: Any, name: str) -> tuple[tuple[Level, ...], Whole]:  # noqa: ANN401
    """The levels of a treatment, and the place of each row's; -1 where it is missing."""
    absent = frames.missing(frame, name)
    if absent.all():
        raise DataError.all_missing(name, len(absent))
    raw: NDArray[Any] = frames.values(frame, name)
    raw = raw.astype(str) if frames.categorical(frame, name) else raw
    if raw.dtype.kind not in "biuUS":
        raw = frames.known(frame, name)
    found, codes = np.unique(raw[~absent], return_inverse=True)
    levels = tuple(_plain(level) for level in found)
    if len(levels) == 1:
        raise EstimationError.one_level(name, levels[0], len(raw))
    if len(levels) > max(2, min(_MOST_LEVELS, len(raw) // 2)):
        raise EstimationError.many_levels(name, levels)
    taken = np.full(len(raw), -1, dtype=np.int_)
    taken[~absent] = codes.reshape(-1)
    return levels, taken


def _plain(level: Any) -> Level:  # noqa: ANN401
    """A numpy scalar as the plain value it prints as; 1.0 becomes 1."""
    plain: Level = level.item() if isinstance(level, np.generic) else level
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain
