"""Who is nearest to whom, people at the same distance counting alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Matrix = NDArray[np.float64]
Whole = NDArray[np.int_]
_SAME = 1e-9
_MORE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Rows gathered at the places where they are, so that people who are alike are one place.

    Attributes:
        points: The coordinates of each place.
        of_row: The place of each row.
    """

    points: Matrix
    of_row: Whole

    @classmethod
    def of(cls, alike: Matrix, points: Matrix) -> "Places":
        """Gather the rows.

        Args:
            alike: Rows with equal numbers here are one place.
            points: The coordinates of each row.
        """
        if not alike.shape[1]:
            return cls(np.zeros((1, 1)), np.zeros(len(alike), dtype=np.int_))
        _, first, place = np.unique(alike, axis=0, return_index=True, return_inverse=True)
        return cls(points[first], place.reshape(-1).astype(np.int_))

    def totals(self, values: Matrix) -> Matrix:
        """The sum of one value a row at each place."""
        found = np.bincount(self.of_row, weights=values, minlength=len(self.points))
        return np.asarray(found, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The matches of some rows among others.

    Attributes:
        share: Places by places: what each person of a column's place counts for one of a row's.
        distance: For each place of ``wanted`` how far its last match is; NaN at the others.
        wanted: How many of the wanted rows each place has.
        pool: How many of the pool's rows each place has.
        count: How many matches a person of each place has, ties included.
    """

    share: csr_array
    distance: Matrix
    wanted: Whole
    pool: Whole
    count: Whole

    def mean(self, totals: Matrix) -> Matrix:
        """At each place the mean over its matches of what the pool's rows add to at theirs."""
        return np.asarray(self.share @ totals, dtype=np.float64)

    @property
    def uses(self) -> tuple[Matrix, Matrix]:
        """For a pool's row at each place the sum of what it counts, and of the squares of that."""
        turned, counts = self.share.T, self.wanted.astype(np.float64)
        squares = self.share.copy()
        squares.data = squares.data**2
        return np.asarray(turned @ counts), np.asarray(squares.T @ counts)


def matched(places: Places, wanted: NDArray[np.bool_], pool: NDArray[np.bool_], m: int) -> Matches:
    """Give every wanted row the people of a pool who are as near as the ``m``-th nearest is.

    Args:
        places: Where the rows are.
        wanted: The rows that are to be matched.
        pool: The rows that may be matches, at least ``m``; other rows than the wanted.
        m: How many matches a row gets where no two are equally near.
    """
    height = len(places.points)
    here = np.bincount(places.of_row[wanted], minlength=height)
    there = np.bincount(places.of_row[pool], minlength=height)
    return _matched(places, here, there, m)


def twins(places: Places, rows: NDArray[np.bool_], outcome: Matrix) -> tuple[Matrix, Matrix]:
    """The variance of each row's noise, from those nearest to it among rows of its kind.

    ``J / (J + 1) (Y - mean of the J nearest)^2``, whose mean is the variance where the expected
    outcome is the same.

    Args:
        places: Where the rows are.
        rows: The kind, two rows or more.
        outcome: ``Y`` of every row.

    Returns:
        The variance, and how far the nearest is; one a row of the kind.
    """
    place = places.of_row[rows]
    counts = np.bincount(place, minlength=len(places.points))
    alone = np.where(counts == 1, 1, 0)
    totals = places.totals(np.where(rows, outcome, 0.0))
    others = np.maximum(counts - 1, 1)
    mean = (totals[place] - outcome[rows]) / others[place]
    near, distance = others.copy(), np.zeros(len(counts))
    if alone.any():
        found = _matched(places, alone, counts, 1, itself=False)
        mean = np.where(alone[place] == 1, found.mean(totals)[place], mean)
        near = np.where(alone == 1, found.count, near)
        distance = np.where(alone == 1, found.distance, distance)
    gap = (outcome[rows] - mean) ** 2
    return gap * (near / (near + 1.0))[place], distance[place]


def _matched(places: Places, here: Whole, there: Whole, m: int, itself: bool = True) -> Matches:
    """The matches of each place with wanted rows among the places of the pool."""
    asked, offered = np.flatnonzero(here), np.flatnonzero(there)
    height = len(places.points)
    distance, count = np.full(height, np.nan), np.zeros(height, dtype=np.int_)
    rows: list[Whole] = []
    columns: list[Whole] = []
    width = min(len(offered), m + _MORE)
    left = asked
    while len(left):
        place, far = _sorted(places.points, left, offered, width, itself)
        climbed = np.cumsum(np.where(np.isfinite(far), there[place], 0), axis=1)
        last = far[np.arange(len(left)), np.argmax(climbed >= m, axis=1)]
        near = far <= (last * (1.0 + _SAME) + _SAME)[:, None]
        # As far as it was looked everybody ties: look further for these.
        done = ~near[:, -1] if width < len(offered) else np.ones(len(left), dtype=bool)
        kept = near & done[:, None]
        rows.append(np.repeat(left, kept.sum(axis=1)))
        columns.append(place[kept])
        distance[left[done]] = last[done]
        count[left[done]] = (np.where(near, there[place], 0).sum(axis=1))[done]
        left, width = left[~done], min(len(offered), 4 * width)
    row, column = np.concatenate(rows), np.concatenate(columns)
    share = csr_array((1.0 / count[row], (row, column)), shape=(height, height))
    return Matches(share, distance, here, there, count)


def _sorted(
    points: Matrix, asked: Whole, offered: Whole, width: int, itself: bool
) -> tuple[Whole, Matrix]:
    """For each place asked for the nearest of those offered, and how far they are."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=width).fit(points[offered])
    found = offered[search.kneighbors(points[asked], return_distance=False)]
    # The search may round; what ties must not depend on that.
    far = np.stack(
        [np.linalg.norm(points[place] - points[asked], axis=1) for place in found.T], axis=1
    )
    if not itself:
        far = np.where(found == asked[:, None], np.inf, far)
    order = np.argsort(far, axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1), np.take_along_axis(far, order, axis=1)
