"""Which rows are predicted together: folds balanced over the arms, whole clusters kept whole."""

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.estimation import EstimationError

_DEALS = 20


def dealt(
    kinds: NDArray[np.int_],
    clusters: NDArray[np.int_] | None,
    folds: int,
    rng: np.random.Generator,
) -> NDArray[np.int_]:
    """A fold for each row: kinds dealt out evenly, and clusters kept whole where there are any.

    Args:
        kinds: What is to be about as frequent in every fold, such as the arm of each row.
        clusters: The cluster of each row, or None.
        folds: The number of folds; with 1 nothing is divided.
        rng: The source of chance.

    >>> dealt(np.array([0, 1, 0, 1]), None, 1, np.random.default_rng(1)).tolist()
    [0, 0, 0, 0]
    """
    if clusters is None or folds == 1:
        return stratified(kinds, folds, rng)
    return grouped(kinds, clusters, folds, rng)


def check_clusters(clusters: NDArray[np.int_] | None, folds: int, by: str = "") -> None:
    """At least one cluster for every fold, where there are clusters.

    Args:
        clusters: The cluster of each row, or None.
        folds: The number of folds.
        by: The estimator's class, for the hint; empty when it is not known.

    Raises:
        EstimationError: Fewer.
    """
    if clusters is not None and clusters.max() + 1 < folds:
        raise EstimationError.few_clusters(int(clusters.max()) + 1, folds, by)


def stratified(arms: NDArray[np.int_], folds: int, rng: np.random.Generator) -> NDArray[np.int_]:
    """A fold for each row, at random, with every arm dealt out evenly.

    Args:
        arms: The arm of each row, as 0, 1, …
        folds: The number of folds.
        rng: The source of chance.

    Returns:
        The fold of each row; within an arm the sizes of the folds differ by at most one.

    >>> made = stratified(np.array([0, 0, 0, 0, 1, 1]), 2, np.random.default_rng(1))
    >>> [int(((made == fold) & (np.arange(6) < 4)).sum()) for fold in (0, 1)]
    [2, 2]
    """
    result = np.empty(len(arms), dtype=np.int_)
    start = 0
    for arm in np.unique(arms):
        rows = rng.permutation(np.flatnonzero(arms == arm))
        result[rows] = (np.arange(len(rows)) + start) % folds
        start += len(rows)  # the next arm goes on where this one ended, so that totals balance
    return result


def grouped(
    arms: NDArray[np.int_],
    clusters: NDArray[np.int_],
    folds: int,
    rng: np.random.Generator,
) -> NDArray[np.int_]:
    """A fold for each row such that no cluster is torn and arms are about balanced.

    Clusters are ordered by the mean of their arm (ties at random) and dealt out in blocks of
    ``folds``, each block in random order; again where chance puts all rows of an arm into one
    fold, for nothing would be left to learn that arm from.

    Args:
        arms: The arm of each row, as 0, 1, …
        clusters: The cluster of each row, as 0, 1, …, each occurring.
        folds: The number of folds, at most the number of clusters.
        rng: The source of chance.

    Returns:
        The fold of each row. An arm that occurs in one cluster only is in one fold.

    >>> made = grouped(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2, np.random.default_rng(1))
    >>> bool(made[0] == made[1]), bool(made[1] != made[2])
    (True, True)
    """
    sizes = np.bincount(clusters)
    share = np.bincount(clusters, weights=arms) / sizes
    of_cluster = np.empty(len(sizes), dtype=np.int_)
    for _ in range(_DEALS):
        order = np.lexsort((rng.random(len(sizes)), share))
        for start in range(0, len(order), folds):
            block = order[start : start + folds]
            of_cluster[block] = rng.permutation(folds)[: len(block)]
        if not one_fold_arms(arms, of_cluster[clusters]).size:
            break
    return of_cluster[clusters]


def one_fold_arms(arms: NDArray[np.int_], folds: NDArray[np.int_]) -> NDArray[np.int_]:
    """The arms all of whose rows are in one fold.

    >>> one_fold_arms(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])).tolist()
    [1]
    """
    met = np.unique(np.column_stack([arms, folds]), axis=0)
    found, counts = np.unique(met[:, 0], return_counts=True)
    return found[counts < 2]
