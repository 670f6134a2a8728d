"""GML, the graph modelling language: ``graph [ directed 1 node [ id 0 label "x" ] … ]``.

References:
    Himsolt, "GML: a portable graph file format" (University of Passau, 1997).
"""

import re
from typing import NamedTuple, TypeGuard

from causalsim.graph.graph import Graph, causal_graph
from causalsim.graph.notation.arrows import ARROW, TAIL, ParsedEdge, Sketch
from causalsim.graph.notation.entities import escaped, unescaped
from causalsim.graph.notation.sketches import ROLES, graph_of, number, roles
from causalsim.graph.notation.tokens import END, Token, Tokens

_HINT = (
    'write graph [ directed 1 node [ id 0 label "x" ] node [ id 1 label "y" ] '
    "edge [ source 0 target 1 ] ]."
)
_TOKENS = re.compile(
    r"""(?P<skip>[\s,\ufeff]++|\#[^\n]*+)
    |(?P<number>[+-]?(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?+)
    |(?P<key>[^\W\d]\w*+)
    |(?P<string>"[^"]*+")
    |(?P<mark>[\[\]])
    |(?P<bad>[\s\S])""",
    re.VERBOSE,
)
_DEEPEST = 100
_NO = {"0", "no", "false", ""}


class _Entry(NamedTuple):
    """A key, where it stands, and its value: text or entries in turn."""

    key: str
    token: Token
    value: "str | list[_Entry]"


def from_gml(text: str) -> Graph:
    """The causal graph in a GML text.

    Nodes are named by their ``label``, else by their ``id``. A node is latent by ``latent 1`` or
    ``observed "no"``; an edge is bidirected by ``bidirected 1`` or by arrows at both ends
    (``dir "both"``, ``graphics [ arrow "both" ]``). ``graphics [ x … y … ]`` are positions.

    Raises:
        NotationError: the text cannot be read (line and column), or the graph is undirected.
        GraphError: the edges make no causal graph.

    >>> from_gml('graph [directed 1 node [id 1 label "x"] node [id 2] edge [source 1 target 2]]')
    Graph('x -> 2')
    """
    tokens = Tokens(text, _TOKENS, "GML", _HINT)
    entries = _entries(tokens, 0)
    graphs = [entry for entry in entries if entry.key == "graph" and _is_list(entry.value)]
    if len(graphs) != 1:
        place = graphs[1].token if graphs else tokens.next
        raise tokens.error(f"expected one graph [ … ], found {len(graphs)}", place)
    entry = graphs[0]
    assert _is_list(entry.value)
    flags = _flat(entry.value)
    if "directed" in flags and flags["directed"] in _NO:
        raise tokens.error(
            "a causal graph has directed edges; this one says 'directed 0'", entry.token
        )
    names, sketch = _nodes(tokens, entry.value)
    for found in entry.value:
        if found.key == "edge":
            sketch.edges.append(_edge(tokens, found, names))
    return graph_of(sketch)


def to_gml(graph: Graph) -> str:
    """A graph in GML, with latent nodes, roles and positions; any name can be written.

    networkx reads the text; it takes ``<->`` for an arrow with ``bidirected=1``.

    >>> print(to_gml(Graph("x <-> y", latent="x")))
    graph [
      directed 1
      multigraph 1
      node [ id 0 label "x" latent 1 ]
      node [ id 1 label "y" ]
      edge [ source 0 target 1 bidirected 1 ]
    ]
    """
    graph = causal_graph(graph)
    marked, placed = roles(graph), dict(graph.positions)
    ids = {node: place for place, node in enumerate(graph.nodes)}
    lines = ["graph [", "  directed 1"]
    if graph.bidirected:
        lines.append("  multigraph 1")
    for node in graph.nodes:
        said = [f'id {ids[node]} label "{escaped(node, "&")}"']
        said += [f"{role} 1" for role in marked.get(node, ())]
        if node in placed:
            x, y = placed[node]
            said.append(f"graphics [ x {number(x)} y {number(y)} ]")
        lines.append(f"  node [ {' '.join(said)} ]")
    lines += [f"  edge [ source {ids[a]} target {ids[b]} ]" for a, b in graph.directed]
    lines += [
        f"  edge [ source {ids[a]} target {ids[b]} bidirected 1 ]" for a, b in graph.bidirected
    ]
    return "\n".join([*lines, "]"])


def _entries(tokens: Tokens, depth: int) -> list[_Entry]:
    """Keys and values up to a closing bracket or the end."""
    if depth > _DEEPEST:
        raise tokens.error(f"lists stand more than {_DEEPEST} deep in each other")
    found: list[_Entry] = []
    while tokens.next.kind == "key":
        token = tokens.take()
        value: str | list[_Entry]
        if tokens.accept("["):
            value = _entries(tokens, depth + 1)
            tokens.expect("]", f"at the end of {token.text}")
        else:
            given = tokens.of(("number", "string"), f"a number, a string or '[' after {token.text}")
            value = given.text
            if given.kind == "string":
                value = unescaped(given.text[1:-1], "&")
        found.append(_Entry(token.text.lower(), token, value))
    if tokens.next.kind != END and (depth == 0 or tokens.next.text != "]"):
        raise tokens.error(f"expected a key, found {tokens.shown()}")
    return found


def _is_list(value: str | list[_Entry]) -> TypeGuard[list[_Entry]]:
    """Whether a value is a list of entries."""
    return isinstance(value, list)


def _flat(entries: list[_Entry]) -> dict[str, str]:
    """The entries that are text; keys within ``graphics`` as ``graphics.key``."""
    found: dict[str, str] = {}
    for entry in entries:
        if not _is_list(entry.value):
            found[entry.key] = str(entry.value)
        elif entry.key == "graphics":
            found.update({f"graphics.{key}": text for key, text in _flat(entry.value).items()})
    return found


def _nodes(tokens: Tokens, entries: list[_Entry]) -> tuple[dict[str, str], Sketch]:
    """The name of each id, and a sketch of the nodes."""
    names: dict[str, str] = {}
    sketch = Sketch()
    for entry in entries:
        if entry.key != "node":
            continue
        said = _flat(entry.value) if _is_list(entry.value) else {}
        if "id" not in said and "label" not in said:
            raise tokens.error("a node needs an id", entry.token)
        key = said.get("id", said.get("label", ""))
        name = said.get("label", key)
        if key in names or name in sketch.nodes:
            raise tokens.error(
                f"the node {key if key in names else name!r} stands twice", entry.token
            )
        names[key] = name
        sketch.nodes[name] = None
        found = {role: "" for role in ROLES if said.get(role, "0").lower() not in _NO}
        if said.get("observed", "1").lower() in _NO:
            found["latent"] = ""
        if "graphics.x" in said and "graphics.y" in said:
            found["pos"] = f"{said['graphics.x']},{said['graphics.y']}"
        if found:
            sketch.attributes[name] = found
    return names, sketch


def _edge(tokens: Tokens, entry: _Entry, names: dict[str, str]) -> ParsedEdge:
    """An edge between nodes that the text names anywhere."""
    said = _flat(entry.value) if _is_list(entry.value) else {}
    ends: list[str] = []
    for key in ("source", "target"):
        if key not in said:
            raise tokens.error(f"an edge needs a {key}", entry.token)
        if said[key] not in names:
            raise tokens.error(f"the {key} {said[key]!r} of an edge is no node's id", entry.token)
        ends.append(names[said[key]])
    both = said.get("bidirected", "0").lower() not in _NO
    both = both or "both" in (said.get("dir", ""), said.get("graphics.arrow", ""))
    return ParsedEdge(ends[0], ends[1], ARROW if both else TAIL, ARROW)
