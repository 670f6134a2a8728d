"""Mermaid flowcharts, which code hosts and notebooks draw: ``a["blood pressure"] --> b``.

References:
    Mermaid, flowchart syntax, mermaid.js.org/syntax/flowchart.html.
"""

import re

from causalsim.graph.graph import Graph, causal_graph
from causalsim.graph.notation.arrows import ARROW, CIRCLE, MANY_EDGES, TAIL, ParsedEdge, Sketch
from causalsim.graph.notation.entities import escaped, unescaped
from causalsim.graph.notation.scanner import Scanner
from causalsim.graph.notation.sketches import ROLES, graph_of, roles

_HINT = 'write "flowchart LR", then a line for each edge: a --> b, or a <--> c["odd name"].'
_SPACE = re.compile(r"(?:[ \t\r\f\v\ufeff]|%%[^\n]*+)*+")
_BREAKS = re.compile(r"(?:[\s;\ufeff]|%%[^\n]*+)*+")
_FRONT = re.compile(r"\s*+---[ \t]*+\r?\n(?:(?!---)[^\n]*+\n)*+---[ \t]*+(?=\r?\n)")
_HEADER = re.compile(r"(?:graph|flowchart)(?:-elk)?\b(?:[ \t]++(?:TB|TD|BT|RL|LR|[<>^v])(?!\w))?+")
_SKIPPED = re.compile(r"(?:direction|classDef|style|linkStyle|click|accTitle|accDescr)\b[^\n;]*+")
_SUBGRAPH = re.compile(r"subgraph\b[ \t]*+(\w(?:[\w.]|-(?![-.>=]))*+)?+[^\n;]*+")
_END = re.compile(r"end(?=[ \t]*+(?:[\r\n;]|\Z|%%))")
_CLASS = re.compile(r"class[ \t]++([\w.,\- \t]*?[\w.\-])[ \t]++([\w\-]++)(?=[ \t]*+(?:[\r\n;]|\Z))")
_ID = re.compile(r"(?!end\b(?![\w.-]))\w(?:[\w.]|-(?![-.>=]))*+")
_QUOTED = re.compile(r'[ \t]*+"([^"]*+)"[ \t]*+')
_BARE = re.compile(r'[^\n"\[\](){}]*+')
_DATA = re.compile(r"@\{([^{}]*+)\}")
_DATA_LABEL = re.compile(r'\blabel\s*+:\s*+"([^"\n]*+)"')
_ROLE = re.compile(r":::([\w-]++)")
# a --> b, a ---|text| b, a <-.-> b; then the same with the text inside: a -- text --> b.
_LINK = re.compile(
    r"(?:\w++@)?+([<xo])?(?:-{2,}+([>xo])|={2,}+([>xo])|-\.++-([>xo])?|-{3,}+|={3,}+)"
    r"(?:[ \t]*+\|[^|\n]*+\|)?+"
)
_TEXT_LINK = re.compile(
    r"(?:\w++@)?+([<xo])?(?:--[^\n]*?(?:-{2,}+([>xo])|-{3,}+)|==[^\n]*?(?:={2,}+([>xo])|={3,}+)"
    r"|-\.[^\n]*?\.++-([>xo])?)"
)
_HIDDEN = re.compile(r"~{3,}+")
_CLOSING = {
    "(((": (")))",),
    "([": ("])",),
    "((": ("))",),
    "[[": ("]]",),
    "[(": (")]",),
    "{{": ("}}",),
    "[/": ("/]", "\\]"),
    "[\\": ("\\]", "/]"),
    "[": ("]",),
    "(": (")",),
    "{": ("}",),
    ">": ("]",),
}
_MARKS = {None: TAIL, "<": ARROW, ">": ARROW, "o": CIRCLE}
_PLAIN = re.compile(r"[A-Za-z_][0-9A-Za-z_]*")
_RESERVED = {
    *("end", "graph", "flowchart", "subgraph", "class", "classdef", "click", "style", "linkstyle"),
    *("direction", "default", "href", "call", "interpolate", "acctitle", "accdescr"),
}


def from_mermaid(text: str) -> Graph:
    """The causal graph in a Mermaid flowchart.

    A node is named by its label where it has one (``n1["blood pressure"]``), else by its id.
    ``<-->`` is bidirected, whatever the line (``-.->``, ``==>``). The classes ``latent``,
    ``exposure``, ``outcome`` and ``adjusted`` give roles. Link texts, styles and the frames of
    subgraphs are skipped.

    Raises:
        NotationError: the text cannot be read (line and column), or two nodes have one label.
        GraphError: the edges make no causal graph.

    >>> graph = from_mermaid('flowchart LR; a[age] --> b & c; b <--> c; u:::latent --> a')
    >>> graph.nodes, graph.bidirected, graph.latent
    (('age', 'b', 'c', 'u'), (('b', 'c'),), ('u',))
    """
    return graph_of(_Reader(Scanner(text, "Mermaid", _HINT, _SPACE)).read())


def to_mermaid(graph: Graph) -> str:
    """A graph as a Mermaid flowchart; ``<->`` is dotted, roles are classes, positions are lost.

    >>> print(to_mermaid(Graph('x -> "blood pressure"; u -> x', latent="u")))
    flowchart LR
      x
      n1["blood pressure"]
      u:::latent
      x --> n1
      u --> x
      classDef latent stroke-dasharray: 4 4
    """
    graph = causal_graph(graph)
    marked = roles(graph)
    taken = set(graph.nodes)
    ids: dict[str, str] = {}
    lines = ["flowchart LR"]
    for place, node in enumerate(graph.nodes):
        plain = _PLAIN.fullmatch(node) and node.lower() not in _RESERVED
        name = node if plain else f"n{place}"
        while not plain and name in taken:
            name = f"n{name}"
        taken.add(name)
        ids[node] = name
        label = "" if plain else f'["{escaped(node, "#")}"]'
        first, *more = marked.get(node, ("",))
        lines.append(f"  {name}{label}:::{first}" if first else f"  {name}{label}")
        lines += [f"  class {name} {role}" for role in more]
    lines += [f"  {ids[a]} --> {ids[b]}" for a, b in graph.directed]
    lines += [f"  {ids[a]} <-.-> {ids[b]}" for a, b in graph.bidirected]
    if graph.latent:
        lines.append("  classDef latent stroke-dasharray: 4 4")
    return "\n".join(lines)


class _Reader:
    """Reads one flowchart."""

    __slots__ = ("_edges", "_labels", "_places", "_roles", "_scanner", "_spare", "_subgraphs")

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._labels: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._roles: dict[str, dict[str, str]] = {}
        self._edges: list[ParsedEdge] = []
        self._spare = MANY_EDGES
        self._subgraphs: set[str] = set()

    def read(self) -> Sketch:
        """The sketch, with ids replaced by labels."""
        scanner = self._scanner
        scanner.take(_FRONT)
        scanner.take(_BREAKS)
        if scanner.take(_HEADER) is None:
            raise scanner.error("expected 'flowchart' or 'graph' and a direction")
        while True:
            scanner.take(_BREAKS)
            if scanner.finished():
                break
            self._statement()
            if scanner.peek() not in ("", "\n", ";"):
                raise scanner.error(f"expected a link or the end of the line, found {self._here()}")
        names = self._named()
        return Sketch(
            nodes=dict.fromkeys(names.values()),
            edges=[
                edge._replace(one=names[edge.one], other=names[edge.other]) for edge in self._edges
            ],
            attributes={names[node]: found for node, found in self._roles.items()},
        )

    def _here(self) -> str:
        """What stands here, for an error."""
        return repr(self._scanner.peek()) if self._scanner.peek() else "the end of the text"

    def _named(self) -> dict[str, str]:
        """The name of each id: its label, or itself."""
        names: dict[str, str] = {}
        owner: dict[str, str] = {}
        for node, place in self._places.items():
            if node in self._subgraphs:
                raise self._scanner.error(f"{node!r} is a subgraph; link its nodes instead", place)
            name = self._labels.get(node) or node
            if name in owner:
                what = f"the nodes {owner[name]!r} and {node!r} are both named {name!r}"
                raise self._scanner.error(what, place)
            owner[name] = node
            names[node] = name
        return names

    def _statement(self) -> None:
        """A line of style, a class, or nodes joined by links."""
        scanner = self._scanner
        if scanner.take(_SKIPPED) or scanner.take(_END):
            return
        opened = scanner.take(_SUBGRAPH)
        if opened is not None:
            self._subgraphs.add(opened[1] or "")
            return
        given = scanner.take(_CLASS)
        if given is not None:
            for node in given[1].split(","):
                self._places.setdefault(node.strip(), given.start())
                self._role(node.strip(), given[2])
            return
        left = self._group()
        while scanner.peek() not in ("", "\n", ";"):
            place = scanner.at
            if scanner.take(_HIDDEN):
                left = self._group()
                continue
            link = scanner.take(_LINK) or scanner.take(_TEXT_LINK)
            if link is None:
                return
            tail, *heads = link.groups()
            head = next((found for found in heads if found), None)
            right = self._group()
            self._join(left, right, tail, head, place)
            left = right

    def _join(
        self, left: list[str], right: list[str], tail: str | None, head: str | None, place: int
    ) -> None:
        """Every edge between two groups."""
        if "x" in (tail, head):
            raise self._scanner.error("a link that ends in a cross is no edge", place)
        if tail is None and head is None:
            raise self._scanner.error("a link without an arrowhead has no direction", place)
        if len(left) != 1 or len(right) != 1:
            self._spare -= len(left) * len(right)
            if self._spare < 0:
                what = f"links between groups are more than {MANY_EDGES:,}"
                raise self._scanner.error(what, place)
        marks = _MARKS[tail], _MARKS[head]
        self._edges.extend(ParsedEdge(a, b, *marks) for a in left for b in right)

    def _group(self) -> list[str]:
        """A node, or several joined by ``&``."""
        found = [self._node()]
        while self._scanner.peek() == "&":
            self._scanner.at += 1
            found.append(self._node())
        return found

    def _node(self) -> str:
        """An id, with its shape and label and its classes."""
        scanner = self._scanner
        match = scanner.take(_ID)
        if match is None:
            raise scanner.error(f"expected a node's id, found {self._here()}")
        node = match[0]
        self._places.setdefault(node, match.start())
        label = self._label()
        if label is not None:
            self._labels[node] = label
        data = _DATA.match(scanner.text, scanner.at)
        if data is not None:
            scanner.at = data.end()
            named = _DATA_LABEL.search(data[1])
            if named is not None:
                self._labels[node] = unescaped(named[1], "#")
        while (role := _ROLE.match(scanner.text, scanner.at)) is not None:
            scanner.at = role.end()
            self._role(node, role[1])
        return node

    def _label(self) -> str | None:
        """The label in the shape that stands directly here, if one does."""
        scanner = self._scanner
        text, place = scanner.text, scanner.at
        opening = next((sign for sign in _CLOSING if text.startswith(sign, place)), None)
        if opening is None:
            return None
        scanner.at += len(opening)
        quoted = _QUOTED.match(text, scanner.at)
        found = quoted or _BARE.match(text, scanner.at)
        assert found is not None  # the bare pattern matches nothing as well
        scanner.at = found.end()
        # The bare text of [/slanted/] may have run into the slash of its closing.
        for closing in _CLOSING[opening]:
            back = 0 if quoted or closing[0] not in "/\\" else 1
            if text.startswith(closing, scanner.at - back):
                label = found[1] if quoted else found[0][: len(found[0]) - back].strip()
                scanner.at += len(closing) - back
                return unescaped(label, "#")
        raise scanner.error(f"a label opened by {opening!r} is not closed", place)

    def _role(self, node: str, role: str) -> None:
        """A class given to a node, if it is a role."""
        if role in ROLES:
            self._roles.setdefault(node, {})[role] = ""
