"""The syntax that DOT and dagitty share: statements, edge chains, subgraphs and attributes.

References:
    Gansner, Koutsofios and North, "Drawing graphs with dot" (2015), appendix A; the DOT language,
    graphviz.org/doc/info/lang.html.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from causalsim.graph.notation.arrows import MANY_EDGES
from causalsim.graph.notation.tokens import END, Token, Tokens

Attributes = dict[str, str]

#: How deep subgraphs may stand in each other; a text of braces alone is no graph.
_DEEPEST = 100
_NAMES = ("word", "string")


class Link(NamedTuple):
    """One edge: its two nodes, its sign with its place, and its attributes."""

    one: str
    other: str
    sign: Token
    attributes: Attributes


@dataclass(slots=True)
class Document:
    """A text in this syntax, before anything in it is interpreted."""

    kind: Token
    strict: bool = False
    nodes: dict[str, Attributes] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)


@dataclass(slots=True)
class _Scope:
    """What one pair of braces says: defaults, and the nodes named in it."""

    node_defaults: Attributes
    edge_defaults: Attributes
    named: dict[str, None] = field(default_factory=dict)


class DocumentReader:
    """Reads one document from tokens.

    Args:
        tokens: Tokens of the kinds word, string, edge, mark (braces and the like).
        kinds: The words that open a document, lowered.
        unquote: A quoted string as what it says.
        keywords: Whether ``node``, ``edge``, ``graph`` and ``subgraph`` are reserved, as in DOT.
        headless: Whether statements may stand without ``kind { }`` around them.
    """

    __slots__ = ("_depth", "_headless", "_keywords", "_kinds", "_spare", "_tokens", "_unquote")

    def __init__(
        self,
        tokens: Tokens,
        kinds: tuple[str, ...],
        unquote: Callable[[str], str],
        *,
        keywords: bool,
        headless: bool,
    ) -> None:
        self._tokens = tokens
        self._kinds = kinds
        self._unquote = unquote
        self._keywords = keywords
        self._headless = headless
        self._depth = 0
        self._spare = MANY_EDGES

    def read(self) -> Document:
        """The document.

        Raises:
            NotationError: at the line and column where reading stopped.
        """
        tokens = self._tokens
        strict = self._word() == "strict"
        if strict:
            tokens.take()
        document = Document(tokens.next, strict)
        opened = self._word() in self._kinds and (
            tokens.second.text == "{" or tokens.second.kind in _NAMES
        )
        if opened:
            tokens.take()
            if tokens.next.kind in _NAMES:
                self._name()
            tokens.expect("{", f"after {document.kind.text!r}")
        elif strict or not self._headless:
            raise tokens.error(f"expected {' or '.join(map(repr, self._kinds))}")
        self._statements(document, _Scope({}, {}))
        if opened:
            tokens.expect("}", "at the end of the graph")
        if tokens.next.kind != END:
            raise tokens.error(f"expected the end of the text, found {tokens.shown()}")
        return document

    def _word(self) -> str:
        """The bare word to come in lower case, or nothing."""
        token = self._tokens.next
        return token.text.lower() if token.kind == "word" else ""

    def _statements(self, document: Document, scope: _Scope) -> None:
        """Statements up to a closing brace or the end."""
        tokens = self._tokens
        while tokens.next.kind != END and tokens.next.text != "}":
            if not tokens.accept(";", ","):
                self._statement(document, scope)

    def _statement(self, document: Document, scope: _Scope) -> None:
        """Defaults, an option, a node, a subgraph or a chain of edges."""
        tokens = self._tokens
        if self._keywords and self._word() in ("node", "edge", "graph"):
            word = tokens.take().text.lower()
            found = self._attributes()
            if word != "graph":
                (scope.node_defaults if word == "node" else scope.edge_defaults).update(found)
            return
        if tokens.next.kind in _NAMES and tokens.second.text == "=":
            self._name()
            tokens.take()
            self._name()
            return
        first, single = self._operand(document, scope)
        chain: list[tuple[dict[str, None], Token]] = []
        while tokens.next.kind == "edge":
            sign = tokens.take()
            chain.append((self._operand(document, scope)[0], sign))
        attributes = self._attributes()
        if not chain:
            if single:
                document.nodes[next(iter(first))].update(attributes)
            return
        left = first
        for right, sign in chain:
            self._join(document, left, right, sign, {**scope.edge_defaults, **attributes})
            left = right

    def _join(
        self,
        document: Document,
        left: dict[str, None],
        right: dict[str, None],
        sign: Token,
        attributes: Attributes,
    ) -> None:
        """Every edge between two groups."""
        if len(left) != 1 or len(right) != 1:
            self._spare -= len(left) * len(right)
            if self._spare < 0:
                what = f"edges between subgraphs are more than {MANY_EDGES:,}"
                raise self._tokens.error(what, sign)
        document.links.extend(Link(a, b, sign, attributes) for a in left for b in right)

    def _operand(self, document: Document, scope: _Scope) -> tuple[dict[str, None], bool]:
        """A node or the nodes of a subgraph, and whether it was a node."""
        tokens = self._tokens
        subgraph = self._keywords and self._word() == "subgraph"
        if subgraph:
            tokens.take()
        named = tokens.next.kind in _NAMES
        if tokens.next.text == "{" or (named and (subgraph or tokens.second.text == "{")):
            if named:
                self._name()
            return self._subgraph(document, scope), False
        if subgraph:
            raise tokens.error(f"expected '{{' after 'subgraph', found {tokens.shown()}")
        name = self._name()
        while tokens.accept(":"):  # a port, which says where an edge touches the node's shape
            self._name()
        if name not in document.nodes:
            document.nodes[name] = dict(scope.node_defaults)
        scope.named[name] = None
        return {name: None}, True

    def _subgraph(self, document: Document, outer: _Scope) -> dict[str, None]:
        """The statements in braces; the nodes named in them."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._tokens.error(f"subgraphs stand more than {_DEEPEST} deep in each other")
        self._tokens.expect("{", "before a subgraph")
        scope = _Scope(dict(outer.node_defaults), dict(outer.edge_defaults))
        self._statements(document, scope)
        self._tokens.expect("}", "at the end of a subgraph")
        self._depth -= 1
        outer.named.update(scope.named)
        return scope.named

    def _attributes(self) -> Attributes:
        """What stands in brackets, of which there may be several pairs."""
        tokens = self._tokens
        found: Attributes = {}
        while tokens.accept("["):
            while not tokens.accept("]"):
                if tokens.accept(",", ";"):
                    continue
                key = self._name("an attribute or ']'")
                found[key.lower()] = self._name("a value") if tokens.accept("=") else "true"
        return found

    def _name(self, what: str = "a node's name") -> str:
        """A bare or quoted name; quoted parts may be joined by ``+``."""
        tokens = self._tokens
        if tokens.next.text == "<":
            raise tokens.error(
                "an HTML-like label cannot be read", hint="write a plain or a quoted text."
            )
        token = tokens.of(_NAMES, what)
        if token.kind == "word":
            return token.text
        parts = [self._unquote(token.text)]
        while tokens.next.text == "+" and tokens.second.kind == "string":
            tokens.take()
            parts.append(self._unquote(tokens.take().text))
        name = "".join(parts)
        if not name and what == "a node's name":
            raise tokens.error("a name is empty", token)
        return name
