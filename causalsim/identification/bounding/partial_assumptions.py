"""What weak assumptions alone say of a mean outcome: Manski's bounds.

Nothing is assumed of the graph. Of units that did not take the treatment t only this is known, that
their outcome would have been between the smallest and the largest value there is. Each assumption
narrows it.

References:
    Manski, "Nonparametric bounds on treatment effects" (1990); Manski, "Monotone treatment
    response" (1997), propositions 1 and 2; Manski and Pepper, "Monotone instrumental variables"
    (2000), propositions 1 and 2 and corollary 2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalsim.errors.identification import BoundsError
from causalsim.estimand.evaluation import Table
from causalsim.identification.bounding.bounded import Bounds

Array = NDArray[np.float64]
Data = Table | Mapping[str, ArrayLike]


@final
@dataclass(frozen=True, slots=True)
class MonotoneResponse:
    """More treatment never lowers the outcome, in any unit (MTR)."""

    def __str__(self) -> str:
        """The assumption as a clause."""
        return "more treatment never lowers the outcome of any unit"


@final
@dataclass(frozen=True, slots=True)
class MonotoneSelection:
    """Units that took more would on average do at least as well under any treatment (MTS)."""

    def __str__(self) -> str:
        """The assumption as a clause."""
        return "units that took more treatment have no lower mean outcomes under any treatment"


@final
@dataclass(frozen=True, slots=True)
class MeanIndependence:
    """The mean of each potential outcome is the same at every level of an instrument."""

    instrument: str

    def __str__(self) -> str:
        """The assumption as a clause."""
        return f"mean potential outcomes do not depend on {self.instrument}"


@final
@dataclass(frozen=True, slots=True)
class MonotoneInstrument:
    """The mean of each potential outcome does not fall as a variable rises (MIV)."""

    instrument: str

    def __str__(self) -> str:
        """The assumption as a clause."""
        return f"mean potential outcomes do not fall as {self.instrument} rises"


Assumption = MonotoneResponse | MonotoneSelection | MeanIndependence | MonotoneInstrument


def bound_mean(
    data: Data,
    outcome: str,
    treatment: str,
    level: float,
    support: tuple[float, float],
    assumptions: Iterable[Assumption] = (),
) -> Bounds:
    """The interval of E[Y(t)], the mean outcome if all had taken the treatment t.

    Without assumptions: E[Y | t] P(t) + a P(not t) up to E[Y | t] P(t) + b P(not t), with Y in
    [a, b]. The sample is taken for the population: sampling error is not in the interval, and
    the intersections of instruments are then too narrow in small samples.

    Args:
        data: A joint table with numbers as levels, or arrays of numbers, one a variable.
        outcome: Y.
        treatment: T; its levels are ordered as numbers.
        level: t.
        support: The smallest and the largest value that Y can take.
        assumptions: What may be assumed; they are combined.

    Raises:
        BoundsError: outcomes outside the support, a level that the data lack.

    >>> import numpy as np
    >>> table = Table.of(["x", "y"], np.array([[0.3, 0.2], [0.1, 0.4]]))
    >>> print(bound_mean(table, "y", "x", 1, (0, 1)))
    between 0.4 and 0.9
    >>> print(bound_mean(table, "y", "x", 1, (0, 1), [MonotoneResponse(), MonotoneSelection()]))
    between 0.6 and 0.8
    """
    rows = _Rows.read(data, outcome, treatment, support, tuple(assumptions))
    low, high = rows.mean(level)
    return _checked(low, high, rows, f"of the mean of {outcome} if all had {treatment}={level}")


def bound_mean_effect(
    data: Data,
    outcome: str,
    treatment: str,
    levels: tuple[float, float],
    support: tuple[float, float],
    assumptions: Iterable[Assumption] = (),
) -> Bounds:
    """The interval of E[Y(t1)] - E[Y(t0)].

    Args:
        data: A joint table with numbers as levels, or arrays of numbers, one a variable.
        outcome: Y.
        treatment: T.
        levels: (t1, t0).
        support: The smallest and the largest value that Y can take.
        assumptions: What may be assumed; they are combined.

    Raises:
        BoundsError: outcomes outside the support, a level that the data lack.

    >>> import numpy as np
    >>> table = Table.of(["x", "y"], np.array([[0.3, 0.2], [0.1, 0.4]]))
    >>> print(bound_mean_effect(table, "y", "x", (1, 0), (0, 1)))
    between -0.3 and 0.7
    """
    rows = _Rows.read(data, outcome, treatment, support, tuple(assumptions))
    first, second = rows.mean(levels[0]), rows.mean(levels[1])
    low, high = first[0] - second[1], first[1] - second[0]
    if any(isinstance(assumed, MonotoneResponse) for assumed in rows.assumptions):
        low = max(low, 0.0) if levels[0] >= levels[1] else low
        high = min(high, 0.0) if levels[0] <= levels[1] else high
    # With an instrument, that both means obey one response function may narrow it further.
    loose = bool(rows.instruments) and any(
        isinstance(assumed, MonotoneResponse) for assumed in rows.assumptions
    )
    what = f"of the mean effect of {treatment} on {outcome}"
    return _checked(low, high, rows, what, sharp=not loose)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Units with weights: treatment, outcome and the columns of instruments."""

    treatment: Array
    outcome: Array
    weight: Array
    instruments: tuple[tuple[Assumption, Array], ...]
    support: tuple[float, float]
    assumptions: tuple[Assumption, ...]

    @classmethod
    def read(
        cls,
        data: Data,
        outcome: str,
        treatment: str,
        support: tuple[float, float],
        assumptions: tuple[Assumption, ...],
    ) -> "_Rows":
        """Columns of a table's cells or of a frame's rows."""
        wanted = [a for a in assumptions if isinstance(a, MeanIndependence | MonotoneInstrument)]
        if len(wanted) > 1:
            raise BoundsError.unsupported("more than one instrument")
        names = (treatment, outcome, *(assumed.instrument for assumed in wanted))
        columns, weight = _columns(data, names)
        low, high = support
        y = columns[1]
        if not low < high or not np.isfinite([low, high]).all():
            raise BoundsError.not_ours(support, "A support (smallest, largest)")
        if y.min() < low or y.max() > high:
            raise BoundsError.outside_support(outcome, low, high)
        found = tuple(zip(wanted, columns[2:], strict=True))
        return cls(columns[0], y, weight, found, (low, high), assumptions)

    def mean(self, level: float) -> tuple[float, float]:
        """The interval of E[Y(level)]."""
        if not (self.treatment == level).any():
            levels = np.unique(self.treatment).tolist()
            raise BoundsError.unknown_level("the treatment", level, levels)
        everyone = np.ones(len(self.weight), dtype=bool)
        if not self.instruments:
            return self.within(level, everyone)
        assumed, column = self.instruments[0]
        strata = [column == value for value in np.unique(column)]
        share = np.array([self.weight[rows].sum() for rows in strata])
        low, high = np.array([self.within(level, rows) for rows in strata]).T
        if isinstance(assumed, MeanIndependence):
            return float(low.max()), float(high.min())
        # Proposition 1 of 2000: the best of the strata below, and of those above.
        rising = np.maximum.accumulate(low)
        falling = np.minimum.accumulate(high[::-1])[::-1]
        return float(share @ rising), float(share @ falling)

    def within(self, level: float, rows: NDArray[np.bool_]) -> tuple[float, float]:
        """The interval within a stratum of the instrument."""
        low, high = map(float, self.support)
        t, y = self.treatment[rows], self.outcome[rows]
        w = self.weight[rows] / self.weight[rows].sum()
        response = any(isinstance(a, MonotoneResponse) for a in self.assumptions)
        selection = any(isinstance(a, MonotoneSelection) for a in self.assumptions)
        at = t == level
        least, most = np.full(len(t), low), np.full(len(t), high)
        least[at] = most[at] = y[at]
        if response:
            least[t < level], most[t > level] = y[t < level], y[t > level]
        if selection and at.any():
            same = float(w[at] @ y[at] / w[at].sum())
            least[t > level], most[t < level] = same, same
        return float(w @ least), float(w @ most)


def _columns(data: Data, names: tuple[str, ...]) -> tuple[list[Array], Array]:
    """Columns of numbers, with the weight of each row."""
    present = data.axes if isinstance(data, Table) else tuple(data)
    for name in names:
        if name not in present:
            raise BoundsError.missing_variable(name, present)
    if isinstance(data, Table):
        grid = np.indices(data.values.shape).reshape(len(data.axes), -1)
        weight = data.values.ravel()
        kept = weight > 0
        levels = [_numbers(name, data.levels[data.axes.index(name)]) for name in names]
        places = [grid[data.axes.index(name)][kept] for name in names]
        return [found[at] for found, at in zip(levels, places, strict=True)], weight[kept]
    found = [_numbers(name, data[name]) for name in names]
    if len({len(column) for column in found}) > 1 or not len(found[0]):
        raise BoundsError.bad_column(names[0], "and the others differ in length, or are empty")
    return found, np.full(len(found[0]), 1 / len(found[0]))


def _numbers(name: str, column: ArrayLike) -> Array:
    """A column as finite numbers."""
    try:
        found = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        raise BoundsError.bad_column(name, "holds something that is no number") from None
    if found.ndim != 1 or not np.isfinite(found).all():
        raise BoundsError.bad_column(name, "has missing values or is no list")
    return found


def _checked(low: float, high: float, rows: _Rows, what: str, sharp: bool = True) -> Bounds:
    """The interval, unless the assumptions contradict the data."""
    said = tuple(str(assumed) for assumed in rows.assumptions)
    if low > high + 1e-12:
        raise BoundsError.crossed(low, high, said)
    why = f"Bounds {what} from the range of the outcome" + (
        f" and the assumption that {'; and that '.join(said)} (Manski)." if said else " (Manski)."
    )
    return Bounds(low, max(low, high), sharp, why, said)
