"""A family of mechanisms before it has seen data: what `fit` turns into a mechanism."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from causalsim.scm.domain import Domain
from causalsim.scm.mechanism import Mechanism, Values


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a recipe learns from: one variable, its parents, and their values.

    Args:
        node: The variable to produce.
        parents: The variables it may read, in the graph's order.
        values: The columns of the node and its parents, each of shape (rows,).
        domains: The domain of each of them.
    """

    node: str
    parents: tuple[str, ...]
    values: Values
    domains: Mapping[str, Domain]

    @property
    def target(self) -> Tensor:
        """The values to produce."""
        return self.values[self.node]

    @property
    def domain(self) -> Domain:
        """The domain of the values to produce."""
        return self.domains[self.node]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.target)

    def take(self, index: Tensor) -> "Rows":
        """Some of the rows."""
        values = {name: column[index] for name, column in self.values.items()}
        return Rows(self.node, self.parents, values, self.domains)


@runtime_checkable
class Recipe(Protocol):
    """A family of mechanisms; frozen, reusable, never fitted itself."""

    def refuses(self, rows: Rows) -> str:
        """Why this family cannot produce this variable; empty if it can."""
        ...

    def fit(self, rows: Rows) -> Mechanism:
        """The member of the family that these rows suggest."""
        ...

    def __str__(self) -> str:
        """The family in a few words."""
        ...
