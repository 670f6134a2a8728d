"""DAGitty's language: ``dag { x [exposure,pos="0,1"]  x -> y  x <-> y }``.

References:
    Textor, van der Zander, Gilthorpe, Liśkiewicz and Ellison, "Robust causal inference using
    directed acyclic graphs: the R package 'dagitty'" (2016).
"""

import re

from causalsim.errors.notation import NotationError
from causalsim.graph.graph import Graph, causal_graph
from causalsim.graph.notation.arrows import ARROW, CIRCLE, TAIL, ParsedEdge, Sketch
from causalsim.graph.notation.dot_syntax import Document, DocumentReader
from causalsim.graph.notation.sketches import graph_of, number, roles
from causalsim.graph.notation.tokens import Tokens

_HINT = "write dag { x [exposure]  y [outcome]  x -> y  x <-> y }, odd names in double quotes."
_TOKENS = re.compile(
    r"""(?P<skip>[\s;\ufeff]++|//[^\n]*+|\#[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)
    |(?P<edge>@->|<-@|<->|->|<-|@-@|@--|--@|--)
    |(?P<word>-?[\w.]++)
    |(?P<string>"(?:[^"\\]|\\"?)*+")
    |(?P<mark>[{}\[\],=+])
    |(?P<bad>[\s\S])""",
    re.VERBOSE,
)
_KINDS = ("dag", "digraph", "graph", "mag", "pdag", "pag")
_SIGNS = {
    "->": (TAIL, ARROW),
    "<-": (ARROW, TAIL),
    "<->": (ARROW, ARROW),
    "--": (TAIL, TAIL),
    "@->": (CIRCLE, ARROW),
    "<-@": (ARROW, CIRCLE),
    "@-@": (CIRCLE, CIRCLE),
    "@--": (CIRCLE, TAIL),
    "--@": (TAIL, CIRCLE),
}
_ROLES = {
    **dict.fromkeys(("latent", "unobserved", "l", "u"), "latent"),
    **dict.fromkeys(("exposure", "source", "e"), "exposure"),
    **dict.fromkeys(("outcome", "target", "o"), "outcome"),
    **dict.fromkeys(("adjusted", "adjustednode", "a"), "adjusted"),
}
_SELECTED = ("selected", "selectednode", "s")
_BARE = re.compile(r"[0-9A-Za-z_.]+")
_RESERVED = {*_KINDS, "strict", "node", "edge", "subgraph", "bb"}


def from_dagitty(text: str) -> Graph:
    """The causal graph in a DAGitty text: nodes, edges, latent nodes, roles and positions.

    The words around the braces may be missing. Edge labels, ``bb`` and other options are skipped.

    Raises:
        NotationError: the text cannot be read (line and column), or is a ``mag``, ``pdag`` or
            ``pag``, whose edges are not causes: `parse_dagitty` reads those.
        GraphError: the edges make no causal graph.

    >>> from_dagitty('dag { u [latent]  x [exposure,pos="0,1"]  x <- u -> y  x -> y }').latent
    ('u',)
    """
    kind, sketch = parse_dagitty(text)
    if kind not in ("dag", "digraph"):
        raise NotationError(
            f"A causal graph was wanted; the text is a {kind}, an equivalence class of graphs.",
            "its edges are read by parse_dagitty(text); write dag { … } for a causal graph.",
        )
    return graph_of(sketch)


def parse_dagitty(text: str) -> tuple[str, Sketch]:
    """The kind of graph in lower case (dag, mag, pdag, pag, …), and what the text says of it.

    The sketch holds the edges with their marks, from which the classes of
    `causalsim.graph.equivalence` are made: ``PAG(sketch.edges, nodes=sketch.nodes)``.

    Raises:
        NotationError: at the line and column where reading stopped; a selection node.

    >>> kind, sketch = parse_dagitty("pag { a @-> b }")
    >>> kind, sketch.edges[0].mark_one
    ('pag', 'o')
    """
    tokens = Tokens(text, _TOKENS, "DAGitty", _HINT)
    reader = DocumentReader(tokens, _KINDS, _unquote, keywords=False, headless=True)
    document = reader.read()
    kind = document.kind.text.lower() if document.kind.text.lower() in _KINDS else "dag"
    sketch = Sketch(nodes=dict.fromkeys(document.nodes))
    for one, other, sign, attributes in document.links:
        marks = _SIGNS[sign.text]
        if attributes.get("dir", "forward") != "forward":
            what = f"DAGitty does not know dir={attributes['dir']} at an edge; Graphviz does"
            raise tokens.error(what, sign, "write a <-> b, or read the text by from_dot.")
        if kind in ("dag", "digraph") and (CIRCLE in marks or marks == (TAIL, TAIL)):
            raise tokens.error(
                f"a {kind} has the edges '->', '<-' and '<->' only, not {sign.text!r}", sign
            )
        sketch.edges.append(ParsedEdge(one, other, *marks))
    _read_roles(document, sketch)
    return kind, sketch


def to_dagitty(graph: Graph) -> str:
    """A graph in DAGitty's language, with latent nodes, roles and positions.

    Raises:
        NotationError: a name with a control character, or with a backslash before a quote.

    >>> print(to_dagitty(Graph("x -> y; x <-> y", exposures="x")))
    dag {
    x [exposure]
    y
    x -> y
    x <-> y
    }
    """
    graph = causal_graph(graph)
    marked, placed = roles(graph), dict(graph.positions)
    lines = ["dag {"]
    for node in graph.nodes:
        said = list(marked.get(node, ()))
        if node in placed:
            x, y = placed[node]
            said.append(f'pos="{number(x)},{number(y)}"')
        lines.append(_written(node) + (f" [{','.join(said)}]" if said else ""))
    lines += [f"{_written(a)} -> {_written(b)}" for a, b in graph.directed]
    lines += [f"{_written(a)} <-> {_written(b)}" for a, b in graph.bidirected]
    return "\n".join([*lines, "}"])


def _read_roles(document: Document, sketch: Sketch) -> None:
    """Attributes of nodes as the roles and positions that a sketch knows."""
    for node, attributes in document.nodes.items():
        for key, value in attributes.items():
            if key in _SELECTED:
                raise NotationError(
                    f"The node {node!r} is a selection node, which a causal graph does not hold.",
                    f"drop the mark; condition on {node!r} in the question instead.",
                )
            if key in _ROLES:
                sketch.attributes.setdefault(node, {})[_ROLES[key]] = ""
            elif key == "pos":
                sketch.attributes.setdefault(node, {})["pos"] = value


def _unquote(text: str) -> str:
    """What a quoted string says: quotes are escaped, and a line may be broken by a backslash."""
    return re.sub(r'\\("|[\r\n]++)', lambda m: '"' if m[1] == '"' else "", text[1:-1])


def _written(name: str) -> str:
    """A name, quoted where it must be."""
    if _BARE.fullmatch(name) and name.lower() not in _RESERVED:
        return name
    if any(sign < " " or sign == "\x7f" for sign in name):
        raise NotationError.unwritable("DAGitty", name, "it has a control character")
    if name.endswith("\\"):
        raise NotationError.unwritable("DAGitty", name, "a backslash would stand before a quote")
    return '"' + name.replace('"', '\\"') + '"'
