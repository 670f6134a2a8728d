"""The DOT language of Graphviz: ``digraph { u [observed=no]; x -> y; x -> y [dir=both] }``.

References:
    Gansner, Koutsofios and North, "Drawing graphs with dot" (2015); the DOT language,
    graphviz.org/doc/info/lang.html.
"""

import re

from causalsim.errors.notation import NotationError
from causalsim.graph.graph import Graph, causal_graph
from causalsim.graph.notation.arrows import ARROW, CIRCLE, TAIL, ParsedEdge, Sketch
from causalsim.graph.notation.dot_syntax import Attributes, DocumentReader, Link
from causalsim.graph.notation.sketches import ROLES, graph_of, number, position, roles
from causalsim.graph.notation.tokens import Tokens

_HINT = 'write digraph { a -> b; a -> c [dir=both]; "odd name" -> c; u [observed=no] }.'
# A backslash and an n outside quotes is a line break that some program wrote out.
_TOKENS = re.compile(
    r"""(?P<skip>(?:[\s\ufeff]|\\[nrt])++|//[^\n]*+|\#[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)
    |(?P<edge><->|->|<-|--)
    |(?P<word>-?(?:\.\d++|\d++(?:\.\d*+)?)(?!\w)|\w++)
    |(?P<string>"(?:[^"\\]|\\[\s\S])*+")
    |(?P<mark>[{}\[\],;:=+<>])
    |(?P<bad>[\s\S])""",
    re.VERBOSE,
)
_BARE = re.compile(r"[A-Za-z_][0-9A-Za-z_]*")
_KEYWORDS = {"node", "edge", "graph", "digraph", "subgraph", "strict"}
_YES = {"true", "yes", "1", "on"}
_NO = {"false", "no", "0", "off"}
#: Names of nodes that other programs leave behind where a line broke.
_PHANTOMS = {"\n", "\r\n", "\r", "\\n", "\\r\\n", "\\r"}


def from_dot(text: str) -> Graph:
    """The causal graph in a DOT text.

    ``dir=both`` (also as a default, ``edge [dir=both]``) and ``<->`` are bidirected; ``dir=back``
    turns an edge; ``arrowhead`` and ``arrowtail`` are heeded. A node is latent by
    ``observed=no`` or ``latent=true``, and an exposure, outcome or adjusted by ``exposure=true``
    and so on. Names are the ids, never the labels. ``pos`` is read with y upwards, as Graphviz
    draws. A node that is only a written-out line break is dropped.

    Raises:
        NotationError: the text cannot be read (line and column), an undirected ``graph``, an
            HTML-like label.
        GraphError: the edges make no causal graph.

    >>> graph = from_dot('digraph { u [observed=no]; u -> {x y}; x -> y; x -> z [dir=both] }')
    >>> graph.latent, graph.directed, graph.bidirected
    (('u',), (('u', 'x'), ('u', 'y'), ('x', 'y')), (('x', 'z'),))
    """
    tokens = Tokens(text, _TOKENS, "DOT", _HINT)
    reader = DocumentReader(tokens, ("digraph", "graph"), _unquote, keywords=True, headless=False)
    document = reader.read()
    if document.kind.text.lower() == "graph":
        raise tokens.error("a causal graph is a 'digraph', not a 'graph'", document.kind)
    sketch = Sketch()
    seen: set[tuple[str, str, str, str]] = set()
    touched: set[str] = set()
    for link in document.links:
        if link.sign.text == "--":
            raise tokens.error("a digraph has edges '->', not '--'", link.sign)
        edge = _edge(link)
        touched.update(edge[:2])
        if not document.strict or edge not in seen:  # `strict` merges repeated edges
            seen.add(edge)
            sketch.edges.append(edge)
    for node, attributes in document.nodes.items():
        if attributes or node in touched or node not in _PHANTOMS:
            sketch.nodes[node] = None
            said = _said(node, attributes)
            if said:
                sketch.attributes[node] = said
    return graph_of(sketch)


def to_dot(graph: Graph) -> str:
    """A graph in DOT, with latent nodes, roles and positions; ``<->`` is a dashed ``dir=both``.

    Raises:
        NotationError: a name with a backslash before a quote, which DOT has no way to write.

    >>> print(to_dot(Graph("x -> y; x <-> y", exposures="x")))
    digraph {
      x [exposure=true];
      y;
      x -> y;
      x -> y [dir=both, style=dashed];
    }
    """
    graph = causal_graph(graph)
    marked, placed = roles(graph), dict(graph.positions)
    lines = ["digraph {"]
    for node in graph.nodes:
        said = [f"{role}=true" for role in marked.get(node, ()) if role != "latent"]
        if "latent" in marked.get(node, ()):
            said += ["observed=no", "style=dashed"]
        if node in placed:
            x, y = placed[node]
            said.append(f'pos="{number(x)},{number(-y)}!"')
        if node in _PHANTOMS:
            said.append("shape=ellipse")  # so that it is not taken for a line break
        lines.append(f"  {_written(node)} [{', '.join(said)}];" if said else f"  {_written(node)};")
    lines += [f"  {_written(a)} -> {_written(b)};" for a, b in graph.directed]
    lines += [
        f"  {_written(a)} -> {_written(b)} [dir=both, style=dashed];" for a, b in graph.bidirected
    ]
    return "\n".join([*lines, "}"])


def _edge(link: Link) -> ParsedEdge:
    """An edge with the marks that its sign and attributes give it."""
    one, other, sign, attributes = link
    toward = {"<-": "back", "<->": "both"}.get(sign.text, "forward")
    toward = attributes.get("dir", toward).lower()
    at_tail = _mark(attributes.get("arrowtail", "normal"))
    at_head = _mark(attributes.get("arrowhead", "normal"))
    if toward not in ("both", "back"):
        at_tail = TAIL
    if toward not in ("both", "forward"):
        at_head = TAIL
    return ParsedEdge(one, other, at_tail, at_head)


def _mark(shape: str) -> str:
    """The mark that an arrow shape draws."""
    if shape.lower() == "none":
        return TAIL
    return CIRCLE if shape.lower() in ("odot", "dot") else ARROW


def _said(node: str, attributes: Attributes) -> dict[str, str]:
    """The roles and the position in a node's attributes."""
    found = {role: "" for role in ROLES if attributes.get(role, "").lower() in _YES}
    if attributes.get("observed", "").lower() in _NO:
        found["latent"] = ""
    if "pos" in attributes:
        parts = attributes["pos"].rstrip("!").split(",")
        x, y = position(node, ",".join(parts[:2]))  # a third number is a height
        found["pos"] = f"{number(x)},{number(-y)}"
    return found


def _unquote(text: str) -> str:
    """What a quoted string says: only a quote and a line break can be escaped."""

    def said(match: re.Match[str]) -> str:
        return {'"': '"', "\n": ""}.get(match[1], match[0])

    return re.sub(r"\\([\s\S])", said, text[1:-1])


def _written(name: str) -> str:
    """A name, quoted where it must be."""
    if _BARE.fullmatch(name) and name.lower() not in _KEYWORDS:
        return name
    run = 0
    for sign in (*name, '"'):
        if sign in '"\n' and run % 2:
            why = "a backslash stands before a quote or a line break"
            raise NotationError.unwritable("DOT", name, why)
        run = run + 1 if sign == "\\" else 0
    return '"' + name.replace('"', '\\"') + '"'
