"""Our own notation: ``a -> b <-> c``, one statement a line or separated by semicolons.

Names are words (letters, digits, ``_``, ``.``) or stand in double quotes; ``{a b} -> c`` writes
several edges at once; ``#`` starts a comment; ``u [latent]`` gives a node attributes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from causalsim.errors import GraphError

Pair = tuple[str, str]

#: The marks an edge can bear at its end.
TAIL, ARROW, CIRCLE = "-", ">", "o"


class ParsedEdge(NamedTuple):
    """An edge as it was written, with the mark at each of its ends."""

    one: str
    other: str
    mark_one: str
    mark_other: str


@dataclass(slots=True)
class Sketch:
    """What a text says before anything is checked: nodes in order, edges, attributes."""

    nodes: dict[str, None] = field(default_factory=dict)
    edges: list[ParsedEdge] = field(default_factory=list)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)


#: Edges that groups such as ``{a b} -> {c d}`` may add to one text: a short text can ask for
#: more than a machine can hold.
MANY_EDGES = 1_000_000

# Quantifiers are possessive (``*+``) so that no input makes a pattern try its blanks twice over.
_SPACE = re.compile(r"[ \t\r\f\v\u00a0\ufeff]*+(?:#[^\n]*+)?")
_NAME = re.compile(r"\w[\w.]*+")
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\[^\n])*+)"')
_ARROWS = re.compile(r"(<|o(?=-))?(-{1,2})(>|o(?=[\s{\"]))?|([→←↔])")
_ATTRIBUTE = re.compile(
    r'[ \t]*+(\w++)[ \t]*+(?:=[ \t]*+(?:"([^"\n]*+)"|([^\s,\]"]++)))?+[ \t]*+([,\]])'
)
_UNICODE = {"→": (TAIL, ARROW), "←": (ARROW, TAIL), "↔": (ARROW, ARROW)}
# One edge between bare names on a line of its own: nearly every statement of a large text.
_PLAIN = re.compile(
    r"[\s;]*+(\w[\w.]*+)[ \t]*+(<?->|<-|[→←↔])[ \t]*+(\w[\w.]*+)[ \t\r]*+(?:[;\n]|\Z)"
)
_SIGNS = {"->": (TAIL, ARROW), "<-": (ARROW, TAIL), "<->": (ARROW, ARROW), **_UNICODE}


def causal_edges(edges: Iterable[ParsedEdge]) -> tuple[list[Pair], list[Pair]]:
    """Arrows as (cause, effect), and bidirected pairs; any other edge is an error."""
    arrows: list[Pair] = []
    shared: list[Pair] = []
    for one, other, mark_one, mark_other in edges:
        match mark_one, mark_other:
            case "-", ">":
                arrows.append((one, other))
            case ">", "-":
                arrows.append((other, one))
            case ">", ">":
                shared.append((one, other))
            case _:
                raise GraphError.edge_of_a_class(one, other, mark_one, mark_other)
    return arrows, shared


def parse_arrows(text: str) -> Sketch:
    """Read the arrow notation into a sketch; time linear in the text.

    Raises:
        GraphError: at the line and column where reading stopped.

    >>> [edge[:2] for edge in parse_arrows("a -> b <- {c d}").edges]
    [('a', 'b'), ('b', 'c'), ('b', 'd')]
    """
    sketch = Sketch()
    scanner = _Scanner(text)
    _plain_edges(scanner, sketch)
    while not scanner.finished():
        _statement(scanner, sketch)
        _plain_edges(scanner, sketch)
    return sketch


def quote(name: str) -> str:
    """A name as the notation writes it: bare when it can be.

    >>> quote("blood pressure")
    '"blood pressure"'
    """
    if _NAME.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


class _Scanner:
    """A place in a text, which moves forward only, and how many edges groups may still add."""

    __slots__ = ("at", "spare", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.spare = MANY_EDGES

    def finished(self) -> bool:
        """Skip what separates statements; whether nothing is left."""
        while self.at < len(self.text):
            self.skip()
            if self.at < len(self.text) and self.text[self.at] in "\n;":
                self.at += 1
            else:
                break
        return self.at >= len(self.text)

    def skip(self) -> None:
        """Skip blanks and a comment within a line."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern matches here, after blanks."""
        self.skip()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def peek(self) -> str:
        """The next character after blanks, or nothing."""
        self.skip()
        return self.text[self.at : self.at + 1]

    def error(self, what: str) -> GraphError:
        """An error that points here."""
        start = self.text.rfind("\n", 0, self.at) + 1
        end = self.text.find("\n", self.at)
        source = self.text[start : len(self.text) if end < 0 else min(end, start + 200)]
        line = self.text.count("\n", 0, self.at) + 1
        return GraphError.unreadable(what, line, self.at - start + 1, source.strip())


def _plain_edges(scanner: _Scanner, sketch: Sketch) -> None:
    """The edges between bare names that stand here one after the other, quickly."""
    text, at = scanner.text, scanner.at
    nodes, edges = sketch.nodes, sketch.edges
    while (found := _PLAIN.match(text, at)) is not None:
        one, sign, other = found.groups()
        nodes[one] = nodes[other] = None
        edges.append(ParsedEdge(one, other, *_SIGNS[sign]))
        at = found.end()
    scanner.at = at


def _statement(scanner: _Scanner, sketch: Sketch) -> None:
    """One statement: groups of nodes joined by arrows, or a node with attributes."""
    left = _group(scanner, sketch)
    if scanner.peek() == "[":
        attributes = _attributes(scanner)
        for name in left:
            sketch.attributes.setdefault(name, {}).update(attributes)
    while scanner.peek() not in ("", "\n", ";"):
        found = scanner.take(_ARROWS)
        if found is None:
            raise scanner.error(f"expected an arrow, found {_shown(scanner)}")
        head, _, tail, sign = found.groups()
        one, other = _UNICODE[sign] if sign else (_mark(head), _mark(tail))
        right = _group(scanner, sketch)
        if len(left) > 1 or len(right) > 1:
            scanner.spare -= len(left) * len(right)
            if scanner.spare < 0:
                raise scanner.error(f"groups in braces write more than {MANY_EDGES:,} edges")
        sketch.edges.extend(ParsedEdge(a, b, one, other) for a in left for b in right)
        left = right


def _mark(text: str | None) -> str:
    """The mark at an edge's end, as written."""
    return {None: TAIL, "<": ARROW, ">": ARROW, "o": CIRCLE}[text]


def _group(scanner: _Scanner, sketch: Sketch) -> list[str]:
    """A node, or several in braces."""
    if scanner.peek() != "{":
        names = [_name(scanner)]
    else:
        scanner.at += 1
        names = list(_braced(scanner))
    sketch.nodes.update(dict.fromkeys(names))
    return names


def _braced(scanner: _Scanner) -> Iterator[str]:
    """The names up to the closing brace."""
    while (following := scanner.peek()) != "}":
        if following == ",":
            scanner.at += 1
        else:
            yield _name(scanner)
    scanner.at += 1


def _name(scanner: _Scanner) -> str:
    """A bare or quoted name."""
    if scanner.peek() == '"':
        quoted = scanner.take(_QUOTED)
        if quoted is None:
            raise scanner.error("a quoted name is not closed")
        name = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], quoted[1])
        if not name:
            raise scanner.error("a name is empty")
        return name
    found = scanner.take(_NAME)
    if found is None:
        raise scanner.error(f"expected a node's name, found {_shown(scanner)}")
    return found[0]


def _attributes(scanner: _Scanner) -> dict[str, str]:
    """What stands in brackets after a node."""
    scanner.at += 1
    found: dict[str, str] = {}
    while True:
        match = scanner.take(_ATTRIBUTE)
        if match is None:
            raise scanner.error('expected an attribute such as [latent] or [pos="1,2"]')
        key, quoted, bare, end = match.groups()
        found[key] = quoted if quoted is not None else bare or ""
        if end == "]":
            return found


def _shown(scanner: _Scanner) -> str:
    """What stands at the scanner, for an error."""
    following = scanner.peek()
    return "the end of the line" if following in ("", "\n", ";") else repr(following)
