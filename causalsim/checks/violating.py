"""Which kinds of people one arm lacks: positivity violations, located."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalsim.checks.covariates import Described, described
from causalsim.estimation.reading.task import Task

_CHANCE = 1e-3
_CHANCE_OF_A_LEAF = 1e-6
_DEPTH = 3
_ENOUGH, _FEWER = 50_000, 5_000
_MOST = 12
#: The columns, one array each.
Values = list[NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Violation:
    """A kind of person whom one arm lacks.

    Attributes:
        sentence: Who they are, in English.
        rows: How many of them the other arm has.
        covered: Which rows they are.
    """

    sentence: str
    rows: int
    covered: NDArray[np.bool_] = field(repr=False, compare=False)

    def __str__(self) -> str:
        """The sentence."""
        return self.sentence


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a split.

    Attributes:
        column: The place of the column.
        below: Whether it is the side up to the bound, rather than the one beyond it.
        bound: Where the column is split.
    """

    column: int
    below: bool
    bound: float


def violations(task: Task, frame: Any) -> tuple[Violation, ...]:  # noqa: ANN401
    """The kinds of people whom one of the two arms lacks, most rows first.

    First values of single covariates beyond those of an arm; told are those that would lie beyond
    all of the arm's rows by chance in under one of a thousand samples if the arms were alike,
    ``(n_other / n)^rows``. Then combinations of up to three covariates, as the leaves of a
    decision tree (and of one for each two of up to twelve covariates) that hold one arm only
    though chance would have left them so in under one of a million (leaves are chosen, single
    covariates are not). A combination whose rows are mostly in
    a violation already told is left out.

    Args:
        task: The data in their roles, two arms compared.
        frame: The frame that it was read from.
    """
    pair, columns = task.pair, described(task, frame)
    found: list[Violation] = []
    for name in dict.fromkeys(column.covariate for column in columns):
        own = [column for column in columns if column.covariate == name]
        found += _apart([one for column in own for one in _beyond(task, column, pair)])
    found.sort(key=lambda one: -one.rows)
    for leaf in sorted(_leaves(task, columns, pair), key=lambda one: -one.rows):
        known = np.any([one.covered for one in found], axis=0) if found else np.zeros(1, dtype=bool)
        if (leaf.covered & ~known).sum() > 0.5 * leaf.rows:
            found.append(leaf)
    return tuple(sorted(found, key=lambda one: -one.rows))


def _apart(found: list[Violation]) -> list[Violation]:
    """Violations without those that another one of the same covariate holds."""
    return [
        one
        for place, one in enumerate(found)
        if not any(
            (one.covered <= other.covered).all() and (one.rows < other.rows or place > earlier)
            for earlier, other in enumerate(found)
            if earlier != place
        )
    ]


def _beyond(task: Task, column: Described, pair: tuple[int, int]) -> Iterator[Violation]:
    """Values of a column that only one of two arms has."""
    x = column.values
    for lacking, having in (pair, pair[::-1]):
        inside, others = x[task.arm == lacking], task.arm == having
        share = others.sum() / (others.sum() + len(inside))
        for beyond, words in (
            (x > inside.max(), f"above {inside.max():g}"),
            (x < inside.min(), f"below {inside.min():g}"),
        ):
            covered = beyond & others
            count = int(covered.sum())
            if count and share**count < _CHANCE:
                who = column.equal(float(x[covered][0])) if column.two_values else None
                who = who or f"{column.label} {words}"
                yield _violation(task, (lacking, having), who, covered)


def _leaves(
    task: Task, columns: tuple[Described, ...], pair: tuple[int, int]
) -> Iterator[Violation]:
    """Combinations of covariates that only one of two arms has."""
    low, high = pair
    rows = np.flatnonzero((task.arm == low) | (task.arm == high))
    if not columns:
        return
    # Views where everybody is in one of the two arms: large tables are not copied.
    everybody = len(rows) == task.height
    values = [column.values if everybody else column.values[rows] for column in columns]
    arm = task.arm[rows] == high
    every = tuple(range(len(columns)))
    # Two covariates by themselves are looked at too: stronger ones hide them from a short tree.
    for places in (every, *(combinations(every, 2) if 2 < len(every) <= _MOST else ())):
        for sides, absent in _found(values, arm, places):
            lacking, having = (high, low) if absent is arm else (low, high)
            covered = np.zeros(task.height, dtype=bool)
            covered[rows[_within(sides, values)]] = True
            who = " and ".join(_side(side, values, columns) for side in sides)
            yield _violation(task, (lacking, having), who, covered)


def _found(
    values: Values, arm: NDArray[np.bool_], places: tuple[int, ...]
) -> Iterator[tuple[list[Side], NDArray[np.bool_]]]:
    """Leaves of a tree over some columns that hold one arm only, and who is absent from them."""
    from sklearn.tree import DecisionTreeClassifier

    start = np.array([values[place].min() for place in places])
    reach = np.array([np.ptp(values[place]) for place in places])
    reach = np.where(reach > 0.0, reach, 1.0)

    def scaled(rows: slice) -> NDArray[np.float64]:
        """Some rows between 0 and 1: trees take values within a ten-millionth for equal."""
        part = np.column_stack([values[place][rows] for place in places])
        return np.asarray((part - start) / reach, dtype=np.float64)

    # Leaves are found on some of the rows and judged on all of them.
    some = slice(None, None, max(1, len(arm) // (_ENOUGH if len(places) > 2 else _FEWER)))
    tree = DecisionTreeClassifier(max_depth=_DEPTH, class_weight="balanced", random_state=0)
    first, seen = tree.fit(scaled(some), arm[some]).apply(scaled(some)), arm[some]
    groups = [(leaf, seen[first == leaf]) for leaf in np.unique(first).tolist()]
    pure = [leaf for leaf, group in groups if group.all() or not group.any()]
    chunks = [slice(at, at + _ENOUGH) for at in range(0, len(arm), _ENOUGH)] if pure else []
    ends = np.concatenate([first[:0], *(tree.apply(scaled(chunk)) for chunk in chunks)])
    present = ~arm
    for leaf in pure:
        inside = ends == leaf
        for absent, others in ((arm, present), (present, arm)):
            if absent[inside].any() or others.mean() ** inside.sum() >= _CHANCE_OF_A_LEAF:
                continue
            sides = [
                Side(
                    places[one.column], one.below, start[one.column] + one.bound * reach[one.column]
                )
                for one in _sides(tree.tree_, leaf)
            ]
            sides = _widened(sides, values, absent)
            if len(sides) > 1:  # values of one covariate are told by themselves
                yield sides, absent


def _sides(tree: Any, leaf: int) -> list[Side]:  # noqa: ANN401
    """The splits that lead to a leaf, the innermost of each kind."""
    found: dict[tuple[int, bool], Side] = {}
    node = leaf
    while node != 0:
        below = node in tree.children_left
        branch = tree.children_left if below else tree.children_right
        node = int(np.flatnonzero(branch == node)[0])
        side = Side(int(tree.feature[node]), below, float(tree.threshold[node]))
        found.setdefault((side.column, below), side)
    return [found[key] for key in sorted(found)]


def _widened(sides: list[Side], values: Values, absent: NDArray[np.bool_]) -> list[Side]:
    """The sides less those without which the arm would lack these people as well."""
    for side in list(sides):
        fewer = [other for other in sides if other is not side]
        if not absent[_within(fewer, values)].any():
            sides = fewer
    return sides


def _within(sides: list[Side], values: Values) -> NDArray[np.bool_]:
    """The rows on all of these sides."""
    kept = np.ones(len(values[0]), dtype=bool)
    for side in sides:
        kept &= (values[side.column] <= side.bound) == side.below
    return kept


def _side(side: Side, rows: Values, columns: tuple[Described, ...]) -> str:
    """A side in words; a column of two values is told by its value."""
    column, values = columns[side.column], np.unique(rows[side.column])
    if len(values) == 2:
        return column.equal(float(values[0 if side.below else 1]))
    if side.below:
        return f"{column.label} up to {values[values <= side.bound].max():g}"
    return f"{column.label} from {values[values > side.bound].min():g}"


def _violation(
    task: Task, pair: tuple[int, int], who: str, covered: NDArray[np.bool_]
) -> Violation:
    """Who is lacking where, as a sentence."""
    lacking, having = pair
    count = int(covered.sum())
    return Violation(
        f"nobody with {task.treatment} = {task.levels[lacking]} has {who} "
        f"({count} with {task.treatment} = {task.levels[having]} do)",
        count,
        covered,
    )
