"""Other couplings of the same tables: laws of response functions, drawn or given, as models.

Written for the brute force of `discrete_worlds`: a law over the answers at some configurations is
completed to all configurations by independent answers, which keeps every table.
"""

from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from tests.oracles.discrete_worlds import Node

Array = NDArray[np.float64]


def tables(
    rng: np.random.Generator, count: int, levels: int = 2, most_parents: int = 2
) -> list[tuple[str, tuple[str, ...], Array]]:
    """Names, parents and rows of probabilities (C, K) of a random network."""
    made: list[tuple[str, tuple[str, ...], Array]] = []
    for number in range(count):
        size = int(rng.integers(2, levels + 1))
        room = min(number, most_parents)
        least = min(room, 1)
        chosen = sorted(rng.permutation(number)[: int(rng.integers(least, room + 1))])
        parents = tuple(made[i][0] for i in chosen)
        cells = int(np.prod([made[i][2].shape[1] for i in chosen], dtype=int))
        made.append((f"v{number}", parents, rng.dirichlet(np.ones(size), cells)))
    return made


def some_law(rng: np.random.Generator, rows: Array) -> tuple[Array, NDArray[np.int64]]:
    """A random coupling of the rows: a mixture of greedy ones, each in its own order of levels.

    One uniform number against cumulative probabilities, the levels of each row shuffled: every
    mixture of such couplings has the given rows.
    """
    chances: list[float] = []
    answers: list[tuple[int, ...]] = []
    weights = rng.dirichlet(np.ones(3) * 0.7)
    for weight in weights:
        orders = [rng.permutation(rows.shape[1]) for _ in rows]
        ends = [
            np.concatenate([[0.0], np.cumsum(row[order])])
            for row, order in zip(rows, orders, strict=True)
        ]
        cuts = sorted({0.0, 1.0, *(float(e) for end in ends for e in end if 0 < e < 1)})
        for low, high in pairwise(cuts):
            middle = (low + high) / 2
            chances.append(float(weight) * (high - low))
            answers.append(
                tuple(
                    int(order[min(np.searchsorted(end, middle) - 1, len(order) - 1)])
                    for order, end in zip(orders, ends, strict=True)
                )
            )
    return np.array(chances), np.array(answers, dtype=np.int64)


def completed(
    rows: Array, needed: list[int], chances: Array, answers: NDArray[np.int64]
) -> tuple[Array, NDArray[np.int64]]:
    """A law of the answers at some configurations, with independent answers at the others."""
    others = [c for c in range(len(rows)) if c not in needed]
    kept = chances > 1e-15
    found_chances: list[float] = []
    found: list[list[int]] = []
    for chance, answer in zip(chances[kept], answers[kept], strict=True):
        for rest in product(*(range(rows.shape[1]) for _ in others)):
            full = [0] * len(rows)
            for c, level in zip(needed, answer, strict=True):
                full[c] = int(level)
            weight = float(chance)
            for c, level in zip(others, rest, strict=True):
                full[c] = level
                weight *= float(rows[c, level])
            found_chances.append(weight)
            found.append(full)
    return np.array(found_chances), np.array(found, dtype=np.int64)


def node(name: str, parents: tuple[str, ...], rows: Array, law: tuple[Array, NDArray]) -> Node:
    """A node of the oracle with this coupling."""
    return Node(name, parents, rows.shape[1], law[0], law[1])
