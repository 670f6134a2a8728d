"""What can be wrong with a question about separators, adjustment, front doors or instruments."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.graph import GraphError


class AdjustmentError(GraphError):
    """A question about sets of nodes to hold or to adjust for that cannot be asked."""

    @classmethod
    def hidden(cls, names: Iterable[str], role: str) -> Self:
        """A latent node in a role that must be measured."""
        found = list(names)
        return cls(
            f"{listed(found)} stands in {role} but is latent, so that no data can show it.",
            f"take it out of {role}, or of the graph's latent nodes if it is measured after all.",
        )

    @classmethod
    def not_allowed(cls, names: Iterable[str]) -> Self:
        """A node that must be contained and may not be."""
        return cls(
            f"{listed(names)} stands in must but not in may.",
            "add it to may, or leave may out, which allows every observed node.",
        )

    @classmethod
    def bad_cost(cls, name: str, cost: object) -> Self:
        """A cost that no sum of costs can use."""
        return cls(
            f"The cost of {name!r} is {cost!r}.",
            "give a positive finite number; to forbid a node leave it out of may.",
        )

    @classmethod
    def no_costs(cls, found: object) -> Self:
        """Costs that are not told by node."""
        return cls(
            f"Costs are told node by node; found {type(found).__name__}.",
            'type costs={"age": 1, "biopsy": 50}; a node that is not named costs 1.',
        )

    @classmethod
    def adjacent(cls, one: str, other: str, edge: str) -> Self:
        """A separator of two nodes that an edge joins."""
        return cls(
            f"{one} and {other} are adjacent ({one} {edge} {other}): nothing separates them.",
            "ask about nodes without an edge between them; to adjust for confounders of an effect "
            "type minimal_adjustment_set(graph, x, y).",
        )

    @classmethod
    def one_node(cls, role: str, found: object) -> Self:
        """Several nodes, or something else, in a role that takes one."""
        return cls(
            f"One node's name is wanted as {role}; found {found!r}.",
            f"name a single node as {role}, such as {role}='age'.",
        )

    @classmethod
    def no_pair(cls, found: object) -> Self:
        """Something that does not name two nodes."""
        return cls(f"Two different nodes are wanted; found {found!r}.", 'type found["a", "b"].')
