"""What can be wrong with a graph, its notation, or a question put to its nodes."""

from collections.abc import Iterable, Sequence
from typing import Self

from causalsim.errors.base import CausalsimError, did_you_mean, listed


class GraphError(CausalsimError):
    """A graph that is no graph, or a question about nodes that cannot be asked."""

    @classmethod
    def cycle(cls, nodes: Sequence[str]) -> Self:
        """The arrows lead from a node back to itself."""
        shown = [*nodes, nodes[0]]
        if len(shown) > 12:
            shown = [*shown[:11], "…", shown[-1]]
        return cls(
            f"The arrows form a cycle: {' -> '.join(shown)}.",
            "remove or turn one of these arrows; for a feedback give the node one name per time, "
            f"such as {nodes[0]}_1 and {nodes[0]}_2.",
        )

    @classmethod
    def self_loop(cls, node: str) -> Self:
        """An edge that ends where it begins."""
        return cls(
            f"The node {node!r} has an edge to itself.",
            f"remove it, or give the node one name per time, such as {node}_1 -> {node}_2.",
        )

    @classmethod
    def duplicate_edge(cls, edge: str) -> Self:
        """The same edge written twice."""
        return cls(f"The edge {edge} is written twice.", "write each edge once.")

    @classmethod
    def unknown_node(cls, name: object, nodes: Iterable[str]) -> Self:
        """A name that the graph does not have."""
        return cls(
            f"The graph has no node {name!r}.",
            did_you_mean(str(name), nodes, "the nodes are"),
        )

    @classmethod
    def bad_name(cls, name: object) -> Self:
        """A node that is not named by a non-empty string."""
        return cls(
            f"A node's name must be a string that is not empty; found {name!r}.",
            "name every node by a string, such as 'age'.",
        )

    @classmethod
    def bad_source(cls, found: object) -> Self:
        """A graph made from something that does not list its edges in order."""
        return cls(
            f"A graph is made from text or from a list of edges; found {type(found).__name__}.",
            'type Graph("a -> b; b <-> c") or Graph([("a", "b")]); from_networkx, '
            "from_adjacency_frame and others in causalsim.graph.notation read other kinds of "
            "graph.",
        )

    @classmethod
    def no_graph(cls, found: object) -> Self:
        """Something else where a causal graph is needed."""
        kind = type(found).__name__
        if isinstance(found, str):
            hint = f"type Graph({found[:40]!r}) to make one of a text."
        elif kind in ("CPDAG", "MPDAG", "MAG", "PAG"):
            hint = (
                "causalsim.graph.equivalence asks a class; its members(...) or mag_member(...) "
                "give single graphs."
            )
        else:
            hint = 'type Graph("a -> b; b <-> c"); causalsim.graph.notation reads other kinds.'
        return cls(f"This is a question to a causal graph, a Graph; found {kind}.", hint)

    @classmethod
    def bad_edge(cls, found: object) -> Self:
        """An item of the list of edges that is no edge."""
        return cls(
            f"An edge is a pair of names or text with an arrow; found {found!r}.",
            'type ("a", "b") for a -> b, or "a <-> b".',
        )

    @classmethod
    def unreadable(cls, what: str, line: int, column: int, source: str) -> Self:
        """Text that cannot be read, with the place where reading stopped."""
        shown = source if len(source) <= 60 else f"{source[: max(0, 57)]}…"
        return cls(
            f"Line {line}, column {column}: {what}\n    {shown}",
            'write arrows as "a -> b", "a <-> b" or "a <- b", one statement a line or '
            "separated by ';'; put names with spaces in double quotes.",
        )

    @classmethod
    def overlap(cls, names: Iterable[str], first: str, second: str) -> Self:
        """A node named in two roles that exclude each other."""
        return cls(
            f"{listed(names)} stands both in {first} and in {second}.",
            f"name each variable in one of the two; take it out of {first} or out of {second}.",
        )

    @classmethod
    def empty_set(cls, role: str) -> Self:
        """A role that needs at least one node and got none."""
        return cls(f"No node was given as {role}.", f"name at least one node as {role}.")

    @classmethod
    def edge_of_a_class(cls, one: str, other: str, mark_one: str, mark_other: str) -> Self:
        """An undirected or circle-marked edge where a causal graph is wanted."""
        head = {"-": "", ">": "<", "o": "o"}[mark_one]
        tail = {"-": "", ">": ">", "o": "o"}[mark_other]
        return cls(
            f"A causal graph has arrows '->' and '<->' only; found "
            f"{one} {head}-{'' if head or tail else '-'}{tail} {other}.",
            "direct the edge; undirected and circle edges belong to equivalence classes, "
            "such as a CPDAG or a PAG.",
        )

    @classmethod
    def bad_position(cls, node: str, text: str) -> Self:
        """A position that is not two numbers."""
        return cls(
            f"The position of {node!r} is {text!r}.", 'write two numbers, such as [pos="1.5,2"].'
        )
