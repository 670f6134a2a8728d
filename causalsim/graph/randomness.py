"""Random graphs by seed, in time linear in their size."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.randomness import RandomGraphError
from causalsim.graph.graph import Graph, Pair
from causalsim.seeds import Seed, seeded

Codes = NDArray[np.int64]


def random_dag(size: int, degree: float = 4.0, *, seed: int | Seed) -> Graph:
    """An Erdős-Rényi DAG: every pair of nodes has an arrow with the same chance.

    A causal order is drawn first, uniformly, and arrows follow it; the chance is
    degree / (size - 1). This is not uniform over DAGs.

    Args:
        size: How many nodes; they are named v0, v1, …
        degree: How many neighbours a node has on average, at most ``size - 1``.
        seed: The same seed gives the same graph.

    Raises:
        RandomGraphError: a negative size, or a degree that ``size`` nodes cannot have.

    >>> random_dag(4, 2.0, seed=1) == random_dag(4, 2.0, seed=1)
    True

    References:
        Erdős and Rényi, "On random graphs I" (1959); Kalisch and Bühlmann, "Estimating
        high-dimensional directed acyclic graphs with the PC-algorithm" (2007), section 4.1.
    """
    return random_admg(size, degree, 0.0, seed=seed)


def random_admg(size: int, degree: float = 4.0, shared: float = 1.0, *, seed: int | Seed) -> Graph:
    """A random DAG, and beside it ``<->`` edges between pairs drawn alike.

    Args:
        size: How many nodes; they are named v0, v1, …
        degree: How many arrows touch a node on average, at most ``size - 1``.
        shared: How many ``<->`` touch a node on average, at most ``size - 1``.
        seed: The same seed gives the same graph.

    Raises:
        RandomGraphError: a negative size, or a degree that ``size`` nodes cannot have.

    >>> graph = random_admg(5, 2.0, 1.0, seed=3)
    >>> len(graph)
    5
    """
    names = _names(size)
    root = seeded(seed, "random graph")
    arrows = _pairs(size, degree, "degree", root.child("arrows").numpy())
    order = root.child("order").numpy().permutation(size)
    both = _pairs(size, shared, "shared", root.child("shared").numpy())
    return Graph(
        _named(names, order[arrows[0]], order[arrows[1]]),
        nodes=names,
        bidirected=_named(names, both[0], both[1]),
    )


def scale_free_dag(size: int, attached: int = 2, *, seed: int | Seed) -> Graph:
    """A DAG with a few causes of very much: each new node is caused by well-connected older ones.

    Nodes come one by one; each takes ``attached`` different causes among the older nodes, with
    chances proportional to their degrees (at first to one), so degrees follow a power law with
    exponent 3. v0, v1, … is not the order in which they come.

    Args:
        size: How many nodes.
        attached: How many causes a new node takes; fewer while there are fewer.
        seed: The same seed gives the same graph.

    Raises:
        RandomGraphError: a negative size, or less than one cause.

    >>> graph = scale_free_dag(50, 2, seed=1)
    >>> len(graph.directed)
    97

    References:
        Barabási and Albert, "Emergence of scaling in random networks" (1999).
    """
    names = _names(size)
    _refuse_fraction("attached", attached)
    if attached < 1:
        raise RandomGraphError.too_few("attached", attached, 1)
    root = seeded(seed, "scale-free graph")
    order: list[int] = root.child("order").numpy().permutation(size).tolist()
    draws = root.child("draws").numpy().random(max(size, 1) * min(attached, size) * 2).tolist()
    refill = root.child("more").numpy()
    ends: list[int] = []  # every node as often as its degree, and once more at the start
    arrows: list[Pair] = []
    for node in range(size):
        wanted = min(attached, node)
        causes: dict[int, None] = dict.fromkeys(range(node)) if wanted == node else {}
        while len(causes) < wanted:
            if not draws:
                draws = refill.random(4096).tolist()
            causes[ends[int(draws.pop() * len(ends))]] = None
        for cause in causes:
            ends.append(cause)
            arrows.append((names[order[cause]], names[order[node]]))
        ends.extend([node] * max(len(causes), 1))
    return Graph(arrows, nodes=names)


def _names(size: int) -> list[str]:
    """The names v0, v1 and so on."""
    _refuse_fraction("size", size)
    if size < 0:
        raise RandomGraphError.too_few("size", size, 0)
    return [f"v{place}" for place in range(size)]


def _refuse_fraction(role: str, found: object) -> None:
    """A count is a whole number."""
    if isinstance(found, bool) or not isinstance(found, int | np.integer):
        raise RandomGraphError.no_number(role, found, "a whole number")


def _named(names: Sequence[str], tails: Codes, heads: Codes) -> list[Pair]:
    """Pairs of names from two arrays of places."""
    found = [names[place] for place in tails.tolist()]
    return list(zip(found, [names[place] for place in heads.tolist()], strict=True))


def _pairs(size: int, degree: float, role: str, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Different pairs i < j, each with the same chance, so many that each node has ``degree``."""
    if isinstance(degree, bool) or not isinstance(degree, int | float):
        raise RandomGraphError.no_number(role, degree, "a number")
    if not 0 <= degree <= max(size - 1, 0):
        raise RandomGraphError.impossible_degree(role, degree, size)
    possible = size * (size - 1) // 2
    if degree == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    wanted = int(rng.binomial(possible, degree / (size - 1)))
    # Numbers of pairs are drawn until enough are different; of a crowd, the absent ones are drawn.
    absent = wanted > possible // 2
    found = _different(possible, possible - wanted if absent else wanted, rng)
    if absent:
        kept = np.ones(possible, dtype=bool)
        kept[found] = False
        found = np.flatnonzero(kept)
    # The pair (i, j) has the number j (j - 1) / 2 + i; the root is put right where it rounds.
    j = ((1 + np.sqrt(8.0 * found + 1)) / 2).astype(np.int64)
    j -= j * (j - 1) // 2 > found
    j += (j + 1) * j // 2 <= found
    return found - j * (j - 1) // 2, j


def _different(possible: int, wanted: int, rng: np.random.Generator) -> Codes:
    """``wanted`` different numbers below ``possible``, in rising order."""
    found = np.zeros(0, np.int64)
    while len(found) < wanted:
        more = rng.integers(0, possible, wanted - len(found), dtype=np.int64)
        found = np.sort(np.concatenate([found, more]))
        first = np.ones(len(found), dtype=bool)
        np.not_equal(found[1:], found[:-1], out=first[1:])
        found = found[first]
    return found
