"""What can be wrong with an equivalence class of graphs, or with a question put to one."""

from collections.abc import Iterable, Sequence
from typing import Self

from causalsim.errors.base import listed
from causalsim.errors.graph import GraphError


def _a(kind: str) -> str:
    """A kind of class with its article, which is spoken."""
    return f"{'An' if kind == 'MPDAG' else 'A'} {kind}"


class EquivalenceError(GraphError):
    """Edges that form no such class, or a question that the class cannot be asked."""

    @classmethod
    def bad_mark(cls, kind: str, edge: str, allowed: Sequence[str]) -> Self:
        """An edge that this kind of class never has."""
        return cls(
            f"{_a(kind)} has the edges {', '.join(allowed)}; found {edge}.",
            "arrows and '--' make a CPDAG or MPDAG, '<->' a MAG, circles a PAG.",
        )

    @classmethod
    def no_edge(cls, found: object) -> Self:
        """An item of the list of edges that is no edge."""
        return cls(
            f"An edge of a class is text, a pair or an edge with its marks; found {found!r}.",
            'type "a -> b", "a -- b", "a o-> b", or ("a", "b") for a -> b.',
        )

    @classmethod
    def no_source(cls, kind: str, found: object) -> Self:
        """A class made from something that lists no edges."""
        return cls(
            f"{_a(kind)} is made from text or from edges; found {type(found).__name__}.",
            f'type {kind}("a -> b; b -- c"), or make it from a graph: cpdag_of(graph), '
            "mag_of(graph), pag_of(graph).",
        )

    @classmethod
    def two_edges(cls, one: str, other: str) -> Self:
        """Two edges between the same nodes."""
        return cls(
            f"The nodes {one} and {other} are joined by two edges.",
            "an equivalence class has at most one edge between two nodes; write one.",
        )

    @classmethod
    def attribute(cls, kind: str, node: str, key: str) -> Self:
        """A role given to a node of a class."""
        return cls(
            f"The node {node!r} in the {kind} bears the attribute [{key}].",
            "an equivalence class has nodes and edges only; give roles to a Graph, and hide "
            "latent nodes by mag_of(graph) or pag_of(graph).",
        )

    @classmethod
    def not_chordal(cls, kind: str, cycle: Sequence[str]) -> Self:
        """A ring of undirected edges without a chord."""
        return cls(
            f"No graph is a member of this {kind}: the undirected edges around "
            f"{listed(cycle)} form a ring without a chord, and each way to direct it makes a "
            "cycle or a new collider.",
            "add the missing edge, or direct two of its edges into a collider.",
        )

    @classmethod
    def no_member(cls, kind: str, nodes: Sequence[str]) -> Self:
        """Edges that cannot be directed at all."""
        return cls(
            f"No graph is a member of this {kind}: the undirected edges among "
            f"{listed(nodes)} cannot be directed without a cycle or a new collider.",
            "check the direction of the arrows between these nodes.",
        )

    @classmethod
    def not_compelled(cls, tail: str, head: str) -> Self:
        """An arrow that not every Markov-equivalent graph has."""
        return cls(
            f"This is no CPDAG: the arrow {tail} -> {head} can be turned without changing what "
            "the class implies.",
            f"write {tail} -- {head}; if the direction is known from elsewhere, type "
            f'orient(cpdag, "{tail} -> {head}"), which gives an MPDAG.',
        )

    @classmethod
    def compelled(cls, kind: str, tail: str, head: str, why: str = "") -> Self:
        """An undirected edge that has the same direction in every member."""
        reason = f" ({why})" if why else ""
        hint = f"write {tail} -> {head}"
        if kind == "MPDAG":
            hint += ", or type MPDAG.completed(...), which directs all that follows"
        return cls(
            f"This is no {kind}: {tail} -- {head} is {tail} -> {head} in every member{reason}.",
            f"{hint}.",
        )

    @classmethod
    def contradiction(cls, tail: str, head: str, why: str) -> Self:
        """Knowledge that no member of the class agrees with."""
        return cls(
            f"No member of the class has {tail} -> {head}: {head} -> {tail} {why}.",
            f"take {tail} -> {head} out of the knowledge, or question the class.",
        )

    @classmethod
    def not_adjacent(cls, one: str, other: str) -> Self:
        """Knowledge of the direction of an edge that is not there."""
        return cls(
            f"The class has no edge between {one} and {other}, so it has no direction.",
            "direct edges that are there; forbidden= may name pairs without an edge.",
        )

    @classmethod
    def tier_twice(cls, node: str) -> Self:
        """A node that stands in two tiers."""
        return cls(f"The node {node!r} stands in two tiers.", "name each node in one tier.")

    @classmethod
    def almost_cycle(cls, one: str, other: str) -> Self:
        """A hidden cause between a node and its own descendant."""
        return cls(
            f"This is not ancestral: {one} <-> {other}, and arrows lead from {one} to {other}.",
            f"in a MAG an ancestor gets a tail: write {one} -> {other}.",
        )

    @classmethod
    def arrow_at_undirected(cls, node: str, other: str) -> Self:
        """An undirected edge at a node that an arrow points to."""
        return cls(
            f"This is not ancestral: {node} -- {other}, and an arrow points to {node}.",
            f"an undirected edge means selection below both ends; write {other} -> {node} or "
            f"drop the arrow into {node}.",
        )

    @classmethod
    def not_maximal(cls, one: str, other: str, edge: str) -> Self:
        """Two nodes without an edge that no set separates."""
        return cls(
            f"This is not maximal: {one} and {other} have no edge, and no set separates them.",
            f"add {edge}.",
        )

    @classmethod
    def no_pag(cls, detail: str) -> Self:
        """Marks that no class of MAGs has."""
        return cls(
            f"This is the PAG of no MAG: {detail}.",
            "type pag_of(mag) or pag_of(graph), which finds the marks that all members share.",
        )

    @classmethod
    def hidden(cls, nodes: Iterable[str], edges: Iterable[str]) -> Self:
        """A CPDAG asked of a graph with hidden causes."""
        found = [*nodes, *edges]
        return cls(
            f"A CPDAG describes graphs without hidden causes; this one has {listed(found)}.",
            "type pag_of(graph), or mag_of(graph) for one member.",
        )

    @classmethod
    def wrong_kind(cls, found: object, wanted: str) -> Self:
        """A question put to another kind of graph."""
        return cls(
            f"This question is for {wanted}; found {type(found).__name__}.",
            "make a class first: cpdag_of(graph), orient(cpdag, ...), mag_of(graph), "
            "pag_of(graph).",
        )

    @classmethod
    def bad_count(cls, name: str, found: object) -> Self:
        """A number of members that is no number."""
        return cls(
            f"{name} must be a whole number that is not negative; found {found!r}.",
            f"type {name}=100.",
        )

    @classmethod
    def too_many(cls, limit: int) -> Self:
        """An MPDAG whose members were not counted within the limit."""
        return cls(
            f"Counting the members of this MPDAG needs more than {limit} steps; with background "
            "knowledge the problem is #P-hard.",
            "raise limit=, or count the members of its CPDAG.",
        )

    @classmethod
    def other_nodes(cls, missing: Iterable[str]) -> Self:
        """Two graphs to compare that do not have the same nodes."""
        return cls(
            f"The two graphs do not have the same nodes: {listed(missing)} stands in one only.",
            "compare graphs over the same observed nodes; mark what is hidden as latent.",
        )

    @classmethod
    def selection(cls, edges: Iterable[str]) -> Self:
        """Adjustment in a class that speaks of selected samples."""
        return cls(
            f"Adjustment is not defined under selection; found {listed(edges)}.",
            "an edge '--' or '-o' in a MAG or PAG means that the sample was selected.",
        )

    @classmethod
    def no_optimum(cls, kind: str) -> Self:
        """An efficient adjustment set asked where hidden causes leave none."""
        return cls(
            f"{_a(kind)} allows hidden causes, so no one adjustment set is the most efficient.",
            "type minimal_adjustment_set(...), or ask on a CPDAG or MPDAG.",
        )
