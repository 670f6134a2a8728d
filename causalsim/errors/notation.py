"""What can be wrong with a graph written in somebody's notation, read or to be written."""

from collections.abc import Iterable
from typing import Self

from causalsim.errors.base import listed, nearest
from causalsim.errors.graph import GraphError


class NotationError(GraphError):
    """A text or object that holds no graph, or a graph that a notation cannot hold."""

    @classmethod
    def at(cls, text: str, place: int, what: str, hint: str) -> Self:
        """Text that cannot be read, with the line and column where reading stopped."""
        start = text.rfind("\n", 0, place) + 1
        end = text.find("\n", place)
        source = text[start : len(text) if end < 0 else end].strip()
        shown = source if len(source) <= 60 else f"{source[:57]}…"
        line = text.count("\n", 0, place) + 1
        what = what if len(what) <= 300 else f"{what[:140]}…{what[-140:]}"
        return cls(f"Line {line}, column {place - start + 1}: {what}\n    {shown}", hint)

    @classmethod
    def not_text(cls, notation: str, found: object) -> Self:
        """Something that is no string where a text was wanted."""
        return cls(
            f"{notation} is read from text; found {type(found).__name__}.",
            "pass the text itself; a file is read by Graph.read(path).",
        )

    @classmethod
    def unwritable(cls, notation: str, name: str, why: str) -> Self:
        """A name that a notation has no way to write."""
        return cls(
            f"{notation} cannot write the name {name!r}: {why}.",
            "rename the node, or write the graph as arrows (str(graph)) or GML, "
            "which can hold any name.",
        )

    @classmethod
    def unknown_suffix(cls, suffix: str, known: Iterable[str]) -> Self:
        """A file whose suffix names no notation."""
        found = list(known)
        guess = nearest(suffix, found)
        meant = f"did you mean {guess!r}? " if guess else ""
        return cls(
            f"The suffix {suffix!r} names no notation of graphs.",
            f"{meant}the suffixes are: {listed(found, limit=20)}.",
        )

    @classmethod
    def not_utf8(cls, path: str, place: int) -> Self:
        """A file that is no text in UTF-8."""
        return cls(
            f"The file {path} is no UTF-8 text: byte {place} cannot be read.",
            "save the file as UTF-8, or check that it is the file you meant.",
        )

    @classmethod
    def not_a_network(cls, found: object, missing: str) -> Self:
        """An object that does not answer as a networkx graph does."""
        return cls(
            f"A networkx or pgmpy graph was wanted; {type(found).__name__} has no {missing}.",
            "pass a networkx.DiGraph, a networkx.MultiDiGraph or a pgmpy DAG.",
        )

    @classmethod
    def not_directed(cls, found: object) -> Self:
        """A network without directions."""
        return cls(
            f"A causal graph has directed edges; {type(found).__name__} is undirected.",
            "direct the edges (networkx.DiGraph); an undirected skeleton is no causal graph.",
        )

    @classmethod
    def no_path(cls, found: object) -> Self:
        """Something else where a file is named."""
        return cls(
            f"A file is named by a text or a path; found {type(found).__name__}.",
            'type Graph.read("graph.dot"), or Graph("a -> b") for a graph in a text.',
        )

    @classmethod
    def name_not_text(cls, name: object) -> Self:
        """A node of a network that is no string."""
        return cls(
            f"A node's name must be a string that is not empty; found {name!r}.",
            "rename the nodes first: networkx.relabel_nodes(network, str).",
        )

    @classmethod
    def not_a_hidden_cause(cls, name: str, parents: int, children: int) -> Self:
        """A node marked as a bidirected edge that is not one."""
        return cls(
            f"The node {name!r} is marked bidirected, which stands for an edge a <-> b: a node "
            f"without parents and with two children. It has {parents} and {children}.",
            "drop the mark and keep the node latent.",
        )

    @classmethod
    def not_square(cls, shape: tuple[int, ...]) -> Self:
        """An adjacency matrix that is not square."""
        return cls(
            f"An adjacency matrix has one row and one column a node; found the shape {shape}.",
            "pass a square matrix: entry [i, j] is not zero when i causes j.",
        )

    @classmethod
    def wrong_names(cls, names: int, size: int) -> Self:
        """As many names as there are not nodes."""
        return cls(
            f"There are {names} names for {size} nodes.",
            "pass names= with one name a row of the matrix, in that order.",
        )

    @classmethod
    def bad_entry(cls, row: str, column: str, found: object) -> Self:
        """An entry of a matrix that is no number."""
        return cls(
            f"The entry in row {row}, column {column} is {found!r}.",
            "write 0 where there is no edge, and another number where there is one.",
        )

    @classmethod
    def uneven(cls, one: str, other: str) -> Self:
        """A bidirected matrix that is not symmetric."""
        return cls(
            f"The bidirected matrix says {one} <-> {other} but not {other} <-> {one}.",
            "make it symmetric: bidirected | bidirected.T.",
        )

    @classmethod
    def rows_differ(cls, rows: Iterable[str], columns: Iterable[str]) -> Self:
        """A frame whose rows are named otherwise than its columns."""
        return cls(
            f"The rows are named {listed(rows, 6)}; the columns {listed(columns, 6)}.",
            "give the rows the names of the columns, in the same order.",
        )
