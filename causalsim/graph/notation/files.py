"""Graphs in files: the suffix says the notation."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from causalsim.errors.notation import NotationError
from causalsim.graph.graph import Graph, causal_graph
from causalsim.graph.notation.arrows import quote
from causalsim.graph.notation.dagitty import from_dagitty, to_dagitty
from causalsim.graph.notation.dot import from_dot, to_dot
from causalsim.graph.notation.gml import from_gml, to_gml
from causalsim.graph.notation.lavaan import from_lavaan, to_lavaan
from causalsim.graph.notation.mermaid import from_mermaid, to_mermaid
from causalsim.graph.notation.sketches import number, roles


class _Notation(NamedTuple):
    """How one notation is read and written."""

    read: Callable[[str], Graph]
    write: Callable[[Graph], str]


def read(path: str | Path) -> Graph:
    """The graph in a file, whose suffix says the notation.

    .dag and .txt hold arrows (or DAGitty's ``dag { … }``); .dagitty, .dot, .gv, .mmd, .mermaid,
    .gml and .lavaan hold the notation of that name.

    Raises:
        NotationError: the suffix is unknown, or the text cannot be read (line and column).
        GraphError: the text is no causal graph.
        OSError: the file cannot be read.
    """
    notation = _of(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotationError.not_utf8(str(path), error.start) from None
    return notation.read(text)


def write(graph: Graph, path: str | Path) -> None:
    """Write a graph to a file, in the notation of the suffix (see `read`).

    Raises:
        NotationError: the suffix is unknown, or the notation cannot hold a name.
        OSError: the file cannot be written.
    """
    graph = causal_graph(graph)
    text = _of(path).write(graph)
    Path(path).write_bytes(f"{text}\n".encode())


def from_arrows(text: str) -> Graph:
    """The graph in our own arrows; a text that begins with ``dag {`` is read as DAGitty's.

    >>> from_arrows("a -> b; u [latent]; u -> b").latent
    ('u',)
    """
    if not isinstance(text, str):
        raise NotationError.not_text("arrow", text)
    return from_dagitty(text) if _DAGITTY.match(text) else Graph(text)


def to_arrows(graph: Graph) -> str:
    """A graph in our own arrows, with latent nodes, roles and positions.

    Unlike ``str(graph)`` this keeps the order of nodes and everything that a drawing needs.

    >>> print(to_arrows(Graph("x -> y", exposures="x", positions=[("x", (0, 1))])))
    x [exposure, pos="0,1"]
    y
    x -> y
    """
    graph = causal_graph(graph)
    marked, placed = roles(graph), dict(graph.positions)
    lines = []
    for node in graph.nodes:
        said = list(marked.get(node, ()))
        if node in placed:
            x, y = placed[node]
            said.append(f'pos="{number(x)},{number(y)}"')
        lines.append(quote(node) + (f" [{', '.join(said)}]" if said else ""))
    lines += [f"{quote(a)} -> {quote(b)}" for a, b in graph.directed]
    lines += [f"{quote(a)} <-> {quote(b)}" for a, b in graph.bidirected]
    return "\n".join(lines)


_DAGITTY = re.compile(r"\s*+(?:dag|mag|pdag|pag)\s*+(?:[\w.]++|\"[^\"]*+\")?+\s*+\{", re.IGNORECASE)
_ARROWS = _Notation(from_arrows, to_arrows)
_DOT = _Notation(from_dot, to_dot)
_MERMAID = _Notation(from_mermaid, to_mermaid)
_NOTATIONS = {
    ".dag": _ARROWS,
    ".txt": _ARROWS,
    ".dagitty": _Notation(from_dagitty, to_dagitty),
    ".dot": _DOT,
    ".gv": _DOT,
    ".mmd": _MERMAID,
    ".mermaid": _MERMAID,
    ".gml": _Notation(from_gml, to_gml),
    ".lavaan": _Notation(from_lavaan, to_lavaan),
}


def _of(path: str | Path) -> _Notation:
    """The notation that a file's suffix names."""
    if not isinstance(path, str | Path):
        raise NotationError.no_path(path)
    suffix = Path(path).suffix.lower()
    if suffix not in _NOTATIONS:
        raise NotationError.unknown_suffix(suffix, _NOTATIONS)
    return _NOTATIONS[suffix]
