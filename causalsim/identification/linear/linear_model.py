"""Linear equations with correlated errors: a graph, its coefficients, and the covariance they make.

x = Λᵀ x + ε with covariance Ω of the errors gives Σ = (I - Λ)⁻ᵀ Ω (I - Λ)⁻¹.

References:
    Wright, "Correlation and causation" (1921); Drton, "Algebraic problems in structural equation
    modeling" (2018), section 2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalsim.errors.identification import LinearError
from causalsim.graph.graph import Graph, Pair

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False, init=False)
class Covariance:
    """A covariance matrix with named rows.

    Attributes:
        variables: The variable of each row.
        values: The matrix.
    """

    variables: tuple[str, ...]
    values: Array

    def __init__(self, variables: Iterable[str], values: ArrayLike) -> None:
        """Name the rows of a matrix.

        Raises:
            LinearError: a matrix that is not square, symmetric and positive definite.

        >>> Covariance(["x", "y"], [[1.0, 0.5], [0.5, 2.0]]).of("y", "x")
        0.5
        """
        names = tuple(variables)
        try:
            matrix = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise LinearError.bad_covariance("holds something that is no number") from None
        if matrix.shape != (len(names), len(names)) or not names:
            raise LinearError.bad_covariance(f"has shape {matrix.shape} for {len(names)} names")
        if not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T):
            raise LinearError.bad_covariance("is not symmetric, or not finite")
        if len(set(names)) < len(names):
            raise LinearError.bad_covariance("names a variable twice")
        if np.linalg.eigvalsh(matrix)[0] <= 0:
            raise LinearError.bad_covariance("is not positive definite")
        object.__setattr__(self, "variables", names)
        object.__setattr__(self, "values", matrix)

    def of(self, one: str, other: str) -> float:
        """The covariance of two variables.

        Raises:
            LinearError: a variable that the matrix lacks.
        """
        return float(self.values[self._place(one), self._place(other)])

    def among(self, variables: Iterable[str]) -> Array:
        """The matrix of some variables, in the order given.

        Raises:
            LinearError: a variable that the matrix lacks.
        """
        places = [self._place(name) for name in variables]
        found: Array = self.values[np.ix_(places, places)]
        return found

    def slope(self, effect: str, cause: str, given: Iterable[str] = ()) -> float:
        """The coefficient of ``cause`` in the regression of ``effect`` on it and ``given``.

        Raises:
            LinearError: a variable that the matrix lacks.

        >>> Covariance(["x", "y"], [[2.0, 1.0], [1.0, 3.0]]).slope("y", "x")
        0.5
        """
        names = (cause, *given, effect)
        matrix = self.among(names)
        return float(np.linalg.solve(matrix[:-1, :-1], matrix[:-1, -1])[0])

    def partial(self, one: str, other: str, given: Iterable[str] = ()) -> float:
        """The covariance of two variables after linear regression of both on others.

        Raises:
            LinearError: a variable that the matrix lacks.
        """
        held = tuple(given)
        matrix = self.among((one, other, *held))
        if not held:
            return float(matrix[0, 1])
        explained = matrix[0, 2:] @ np.linalg.solve(matrix[2:, 2:], matrix[2:, 1])
        return float(matrix[0, 1] - explained)

    def _place(self, name: str) -> int:
        """The row of a variable."""
        if name not in self.variables:
            raise LinearError.unknown_variable(name, self.variables)
        return self.variables.index(name)


@final
@dataclass(frozen=True, slots=True)
class LinearModel:
    """A graph with a coefficient for each arrow and a covariance for each ``<->``.

    Attributes:
        graph: The causal graph.
        coefficients: One number an arrow, in the order of ``graph.directed``.
        shared: One error covariance a ``<->``, in the order of ``graph.bidirected``.
        variances: One error variance a node.
    """

    graph: Graph
    coefficients: tuple[float, ...]
    shared: tuple[float, ...]
    variances: tuple[float, ...]

    @classmethod
    def draw(cls, graph: Graph, seed: int) -> "LinearModel":
        """A model with standard normal coefficients and a diagonally dominant error covariance.

        >>> LinearModel.draw(Graph("x -> y"), seed=1).covariance().variables
        ('x', 'y')
        """
        rng = np.random.default_rng(seed)
        shared = rng.normal(size=len(graph.bidirected))
        load = dict.fromkeys(graph.nodes, 0.0)
        for pair, value in zip(graph.bidirected, shared, strict=True):
            for node in pair:
                load[node] += abs(float(value))
        variances = tuple(load[n] + 0.5 + float(rng.exponential()) for n in graph.nodes)
        drawn = tuple(float(value) for value in rng.normal(size=len(graph.directed)))
        return cls(graph, drawn, tuple(float(value) for value in shared), variances)

    def coefficient(self, cause: str, effect: str) -> float:
        """The coefficient of an arrow; zero where there is none."""
        return self.of_arrows().get((cause, effect), 0.0)

    def of_arrows(self) -> Mapping[Pair, float]:
        """The coefficient of every arrow."""
        return dict(zip(self.graph.directed, self.coefficients, strict=True))

    def effects(self) -> Array:
        """(I - Λ)⁻¹: the total effect of each variable (row) on each (column)."""
        count = len(self.graph)
        weights: Array = np.zeros((count, count))
        for (cause, effect), value in self.of_arrows().items():
            weights[self.graph.indices(cause)[0], self.graph.indices(effect)[0]] = value
        return np.asarray(np.linalg.inv(np.eye(count) - weights), dtype=np.float64)

    def covariance(self) -> Covariance:
        """Σ of the observed variables.

        Raises:
            LinearError: the errors' covariance is not positive definite.
        """
        whole = Covariance(self.graph.nodes, self._whole())
        return Covariance(self.graph.observed, whole.among(self.graph.observed))

    def symbols(self) -> dict[str, float]:
        """The numbers behind the symbols of `causalsim.identification.linear.treks`."""
        found = {f"λ({a},{b})": value for (a, b), value in self.of_arrows().items()}
        for (a, b), value in zip(self.graph.bidirected, self.shared, strict=True):
            found[f"ω({a},{b})"] = value
        for node, value in zip(self.graph.nodes, self.variances, strict=True):
            found[f"ω({node})"] = value
        for node, value in zip(self.graph.nodes, np.diag(self._whole()), strict=True):
            found[f"σ({node})"] = float(value)
        return found

    def _whole(self) -> Array:
        """Σ of all nodes."""
        errors: Array = np.diag(np.array(self.variances))
        for (one, other), value in zip(self.graph.bidirected, self.shared, strict=True):
            i, j = self.graph.indices(one)[0], self.graph.indices(other)[0]
            errors[i, j] = errors[j, i] = value
        effects = self.effects()
        whole: Array = effects.T @ errors @ effects
        return whole
