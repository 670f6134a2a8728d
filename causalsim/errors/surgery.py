"""What can go wrong when a graph is cut, split or copied."""

from typing import Self

from causalsim.errors.graph import GraphError


class SurgeryError(GraphError):
    """A graph that cannot be made from another one."""

    @classmethod
    def label_taken(cls, label: str, one: str, other: str) -> Self:
        """Two different variables that would bear one name."""
        return cls(
            f"Both {one!r} and {other!r} would be named {label!r} in the new graph.",
            "rename one of them, or say the values: {'x': 1} instead of 'x'.",
        )

    @classmethod
    def not_a_world(cls, found: object) -> Self:
        """An action that is neither values by node nor nodes."""
        return cls(
            f"An action is values by node, or names of nodes; found {type(found).__name__}.",
            "write {'x': 1}, or 'x', or {} for the world as it is.",
        )
