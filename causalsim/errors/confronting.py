"""What can be wrong when a graph is confronted with data."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import CausalsimError, listed


class ConfrontingError(CausalsimError):
    """A graph and a frame that cannot be held against each other."""

    @classmethod
    def nothing_measured(cls, nodes: Iterable[str], columns: Iterable[str]) -> Self:
        """Fewer than two nodes are columns."""
        return cls(
            "Fewer than two observed nodes of the graph are columns of the frame; the nodes are "
            f"{listed(nodes)}, the columns {listed(columns)}.",
            "rename the columns, or the nodes, so that they agree.",
        )

    @classmethod
    def few_rows(cls, found: int, height: int, least: int) -> Self:
        """Too few complete rows."""
        return cls(
            f"Only {found} of {height} rows have a value for every node; at least {least} are "
            "needed.",
            "leave out the columns with most missing cells: frame.drop(columns=...).",
        )

    @classmethod
    def constant(cls, name: str) -> Self:
        """A column that does not vary."""
        return cls(
            f"The column {name!r} has one value only, so nothing can depend on it.",
            f"leave it out: frame.drop(columns={name!r}).",
        )

    @classmethod
    def not_discrete(cls, given: Iterable[str], alone: int, height: int) -> Self:
        """Strata of single rows."""
        return cls(
            f"Rows can be shuffled only among rows with equal {listed(given)}, but {alone} of "
            f"{height} rows have no equal.",
            "pass by=GeneralisedCovariance(), which takes continuous columns.",
        )

    @classmethod
    def not_a_test(cls, found: object) -> Self:
        """Something else where a test of independence belongs."""
        return cls(
            f"A test of conditional independence is expected as by=; found {found!r}.",
            "pass by=GeneralisedCovariance() or by=StratifiedPermutation().",
        )

    @classmethod
    def claims_nothing(cls) -> Self:
        """A graph that implies no independence among what was measured."""
        return cls(
            "The graph claims no independence among the measured variables, so that no data can "
            "contradict it.",
            "nothing needs to be done; measure more of its nodes to make it testable.",
        )

    @classmethod
    def bad_setting(cls, name: str, found: object, needed: str) -> Self:
        """A setting that makes no sense."""
        return cls(f"{name} must be {needed}; found {found!r}.", f"pass {name}={needed}.")
