"""The smallest and the largest value that a linear function of hidden responses can take."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csc_array, hstack, identity

from causalsim.errors.identification import BoundsError
from causalsim.identification.bounding.response_functions import Levels, ResponseSpace

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """The program within one combination of levels of the common parents.

    Attributes:
        given: The levels of the common parents.
        rows: For each outside setting and each combination of functions, the cell they fall in.
        seen: The probability of each cell; NaN where the data say nothing.
        weight: The coefficient of each combination in what is bounded.
        known: Further known probabilities: their coefficients and their values.
    """

    given: Levels
    rows: NDArray[np.int64]
    seen: Array
    weight: Array
    known: tuple[tuple[Array, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Extreme:
    """A distribution of response functions that makes the data and attains a bound.

    Attributes:
        members: For each stratum its levels, and each combination of functions with its
            probability: for every variable, its parents and its answer to each combination of
            their levels (the last parent's fastest).
    """

    members: tuple[
        tuple[
            tuple[tuple[str, int], ...],
            tuple[tuple[float, tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...]], ...],
        ],
        ...,
    ]


def optimum(
    space: ResponseSpace, strata: list[Stratum], sign: int, assumptions: tuple[str, ...]
) -> tuple[float, Extreme]:
    """The least (``sign`` 1) or the largest (-1) value, and a model that attains it.

    Raises:
        BoundsError: no distribution of response functions makes the data.
    """
    value = 0.0
    members = []
    for stratum in strata:
        part, chosen = _solve(stratum, sign, assumptions)
        value += part
        types = tuple(
            (weight, tuple((name, *found) for name, found in space.member(number).items()))
            for number, weight in chosen
        )
        members.append((tuple(stratum.given.items()), types))
    return value, Extreme(tuple(members))


def _solve(
    stratum: Stratum, sign: int, assumptions: tuple[str, ...]
) -> tuple[float, list[tuple[int, float]]]:
    """One stratum's program; columns that nothing tells apart are merged first."""
    extra = [coefficients for coefficients, _ in stratum.known]
    keys = np.column_stack([stratum.rows.T, stratum.weight, *extra])
    _, first = np.unique(keys, axis=0, return_index=True)
    rows, weight = stratum.rows[:, first], stratum.weight[first]
    count = len(first)
    column = np.tile(np.arange(count), len(rows))
    cells = coo_array(
        (np.ones(rows.size), (rows.ravel(), column)), shape=(len(stratum.seen), count)
    ).tocsc()
    told = np.isfinite(stratum.seen)
    # The last row: probabilities sum to one, also where the data say nothing.
    matrix = [cells[np.flatnonzero(told)], np.ones((1, count)), *(e[first][None] for e in extra)]
    left = csc_array(_stacked(matrix))
    right = np.concatenate([stratum.seen[told], [1.0], [value for _, value in stratum.known]])
    result = linprog(sign * weight, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
    if result.x is None or result.status != 0:
        raise BoundsError.contradicted(_distance(left, right), assumptions)
    chosen = [(int(first[i]), float(result.x[i])) for i in np.flatnonzero(result.x > 1e-12)]
    return float(weight @ result.x), chosen


def _stacked(parts: list[Array]) -> csc_array:
    """Rows of a sparse matrix on top of each other."""
    from scipy.sparse import vstack

    return vstack([csc_array(part) for part in parts], format="csc")


def _distance(left: csc_array, right: Array) -> float:
    """By how much, in all, the right-hand side must move for the program to have a solution."""
    rows, count = left.shape
    slack = identity(rows, format="csc")
    matrix = hstack([left, slack, -slack], format="csc")
    cost = np.concatenate([np.zeros(count), np.ones(2 * rows)])
    return float(linprog(cost, A_eq=matrix, b_eq=right, bounds=(0, None), method="highs").fun)
