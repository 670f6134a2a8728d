"""Random linear Gaussian models of a graph: exact covariances, effects, and precisions."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from causalsim import Graph

Matrix = NDArray[np.float64]


class LinearModel:
    """V = B V + e with correlated noise where ``<->`` joins; latent nodes are nodes like others."""

    def __init__(self, graph: Graph, rng: np.random.Generator, spread: float = 0.0) -> None:
        def scale(count: int) -> Matrix:
            return np.exp(spread * rng.standard_normal(count))

        self.graph = graph
        self.index = {name: number for number, name in enumerate(graph.nodes)}
        size = len(graph)
        self.coefficients = np.zeros((size, size))
        for cause, effect in graph.directed:
            sign = rng.choice([-1.0, 1.0])
            self.coefficients[self.index[effect], self.index[cause]] = sign * rng.uniform(0.4, 1.6)
        self.coefficients *= scale(size * size).reshape(size, size)
        noise = np.diag(rng.uniform(0.3, 2.0, size) * scale(size))
        for one, other in graph.bidirected:
            a, b = self.index[one], self.index[other]
            # A hidden common cause with a loading on each keeps the matrix positive definite.
            loading = np.zeros(size)
            loading[[a, b]] = rng.choice([-1.0, 1.0], 2) * rng.uniform(0.4, 1.4, 2) * scale(2)
            noise += np.outer(loading, loading)
        solved = np.linalg.inv(np.eye(size) - self.coefficients)
        self.covariance: Matrix = solved @ noise @ solved.T

    def rows(self, names: Iterable[str]) -> list[int]:
        return [self.index[name] for name in names]

    def partial(self, names: Iterable[str], given: Iterable[str]) -> Matrix:
        """The covariance of some variables given others."""
        a, z = self.rows(names), self.rows(given)
        s = self.covariance
        return s[np.ix_(a, a)] - s[np.ix_(a, z)] @ np.linalg.solve(s[np.ix_(z, z)], s[np.ix_(z, a)])

    def effects(self, x: Iterable[str], y: Iterable[str]) -> Matrix:
        """The joint total effect of X on Y (rows X), by deleting the arrows into X."""
        coefficients = self.coefficients.copy()
        coefficients[self.rows(x)] = 0
        solved = np.linalg.inv(np.eye(len(self.index)) - coefficients)
        return solved[np.ix_(self.rows(y), self.rows(x))].T

    def regression(self, x: Iterable[str], y: Iterable[str], z: Iterable[str]) -> Matrix:
        """The coefficients of X in the regression of Y on X and Z (rows X)."""
        x, y = list(x), list(y)
        joint = self.partial([*x, *y], z)
        return np.linalg.solve(joint[: len(x), : len(x)], joint[: len(x), len(x) :])

    def variances(self, x: Iterable[str], y: Iterable[str], z: Iterable[str]) -> Matrix:
        """Asymptotic variances of the coefficients: σ²(y | x, z) times the inverse of Σ(x|z)."""
        x, y, z = list(x), list(y), list(z)
        rest = np.diag(self.partial(y, [*x, *z]))
        return np.outer(np.diag(np.linalg.inv(self.partial(x, z))), rest)

    def instrument_variance(self, x: str, y: str, z: Iterable[str], given: Iterable[str]) -> float:
        """The variance of two-stage least squares: σ²(y - τx|w) / (σ²(x|w) - σ²(x|z,w))."""
        z, given = list(z), list(given)
        effect = self.effects([x], [y])[0, 0]
        both = self.partial([x, y], given)
        rest = both[1, 1] - 2 * effect * both[0, 1] + effect**2 * both[0, 0]
        return float(rest / (both[0, 0] - self.partial([x], [*z, *given])[0, 0]))
