"""What can be wrong with the wish for a picture."""

from typing import Self

from causalsim.errors.graph import GraphError


class DrawingError(GraphError):
    """A picture that cannot be drawn as it was asked for."""

    @classmethod
    def no_highlight(cls, found: object) -> Self:
        """Something else where the roles are told."""
        return cls(
            f"The roles to show are a Highlight; found {type(found).__name__}.",
            'type Highlight.asked(graph, "x", "y", adjusted="z").',
        )

    @classmethod
    def no_axes(cls, found: object) -> Self:
        """Something else to draw on."""
        return cls(
            f"A graph is drawn on matplotlib axes; found {found!r}.",
            "type fig, ax = matplotlib.pyplot.subplots() and ax=ax, or leave ax out.",
        )

    @classmethod
    def no_direction(cls, found: object) -> Self:
        """Something else where the direction is told."""
        return cls(
            f"The direction is a Direction; found {found!r}.",
            "type direction=Direction.DOWN or Direction.RIGHT.",
        )

    @classmethod
    def no_names(cls, role: str, found: object) -> Self:
        """Something else where nodes are named."""
        return cls(
            f"The nodes shown as {role} are named one by one; found {found!r}.",
            f'type {role}="age" or {role}=["age", "sex"].',
        )

    @classmethod
    def no_edge(cls, found: object) -> Self:
        """Something else where an edge is told."""
        return cls(
            f"A biasing edge is a pair of names or an Edge; found {found!r}.",
            'type biasing=[("age", "dose")], or Highlight.asked(...), which finds them.',
        )
