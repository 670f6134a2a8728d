"""What can be wrong with a wish for a random graph."""

from typing import Self

from causalsim.errors.graph import GraphError


class RandomGraphError(GraphError):
    """A random graph that cannot be."""

    @classmethod
    def too_few(cls, role: str, found: int, least: int) -> Self:
        """A number below the least possible one."""
        return cls(f"{role} is {found}.", f"pass {role}={least} or more.")

    @classmethod
    def impossible_degree(cls, role: str, degree: float, size: int) -> Self:
        """More edges a node than there are other nodes, or less than none."""
        most = max(size - 1, 0)
        return cls(
            f"{role} is {degree}, but among {size} nodes each has 0 to {most} others.",
            f"pass {role}= between 0 and {most}, or more nodes.",
        )

    @classmethod
    def no_number(cls, role: str, found: object, kind: str) -> Self:
        """Something else where a number is told."""
        return cls(f"{role} is {found!r}.", f"pass {kind}, such as {role}=3.")
