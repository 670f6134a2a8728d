"""lavaan's model syntax: ``y ~ x + z``, ``x ~~ y``, ``u =~ a + b``.

References:
    Rosseel, "lavaan: an R package for structural equation modeling" (2012).
"""

import re

from causalsim.errors.notation import NotationError
from causalsim.graph.graph import Graph, causal_graph
from causalsim.graph.notation.arrows import ARROW, MANY_EDGES, TAIL, ParsedEdge, Sketch
from causalsim.graph.notation.sketches import graph_of
from causalsim.graph.notation.tokens import END, Token, Tokens

_HINT = "write y ~ x + z for x -> y <- z, x ~~ y for x <-> y, u =~ a + b for a latent u."
_TOKENS = re.compile(
    r"""(?P<skip>[ \t\r\f\v\u00a0\ufeff]++|[\#!][^\n]*+)
    |(?P<line>[\n;]\s*+)
    |(?P<edge>=~|<~|~\*~|~~|~)
    |(?P<other>:=|==|[<>|])
    |(?P<number>(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?+)
    |(?P<word>[^\W\d][\w.]*+|\.[\w.]*+)
    |(?P<string>"[^"\n]*+"|'[^'\n]*+')
    |(?P<mark>[+*()\-/^,:?%=&])
    |(?P<bad>[\s\S])""",
    re.VERBOSE,
)
_NAME = re.compile(r"(?:[^\W\d_]|\.(?!\d))[\w.]*+")


def from_lavaan(text: str) -> Graph:
    """The causal graph of a lavaan model.

    ``y ~ x`` is an arrow, ``x ~~ y`` a bidirected edge, ``u =~ a`` an arrow from the latent
    ``u``, ``u <~ a`` an arrow to the composite ``u``. Modifiers (``0.5*x``, ``start(1)*x``) are
    passed over, but ``0*x`` says that there is no such edge. Variances, intercepts, thresholds
    and constraints say nothing about arrows. Covariances that lavaan adds by itself (among
    exogenous variables) are not added.

    Raises:
        NotationError: the text cannot be read (line and column); groups, levels, products.
        GraphError: the edges make no causal graph.

    >>> graph = from_lavaan('''
    ...     u =~ a + b          # measured by a and b
    ...     y ~ x + 0.3*u
    ...     x ~~ y
    ... ''')
    >>> graph.directed
    (('u', 'a'), ('u', 'b'), ('x', 'y'), ('u', 'y'))
    >>> graph.bidirected, graph.latent
    ((('x', 'y'),), ('u',))
    """
    tokens = Tokens(text, _TOKENS, "lavaan", _HINT)
    sketch = Sketch()
    spare = MANY_EDGES
    while tokens.next.kind != END:
        if tokens.next.kind == "line":
            tokens.take()
            continue
        left = _terms(tokens)
        operator = tokens.next
        if operator.text == "<" and tokens.second.text == "-":
            why = "'<-' is R's assignment, no arrow; give what stands between the quotes"
            raise tokens.error(why, operator)
        if operator.kind == "other" or operator.text == "~*~":
            _skip_line(tokens)
            continue
        if operator.kind != "edge":
            raise tokens.error(f"expected '~', '~~' or '=~', found {tokens.shown()}")
        tokens.take()
        right = _terms(tokens)
        if tokens.next.kind not in ("line", END):
            raise tokens.error(f"expected '+' or the end of the line, found {tokens.shown()}")
        spare -= len(left) * len(right)
        if spare < 0:
            raise tokens.error(f"formulae write more than {MANY_EDGES:,} edges", operator)
        _add(sketch, left, operator, right)
    return graph_of(sketch)


def to_lavaan(graph: Graph) -> str:
    """A graph as a lavaan model; roles and positions are lost.

    A latent node without children is written ``u =~ 0*x``, and a lone observed one ``x ~~ x``.

    Raises:
        NotationError: a name that R does not allow, since lavaan has no quotes.

    >>> print(to_lavaan(Graph("x -> y <- z; x <-> y; u -> x", latent="u")))
    u =~ x
    y ~ x + z
    x ~~ y
    """
    graph = causal_graph(graph)
    for node in graph.nodes:
        if not _NAME.fullmatch(node):
            why = "a name is letters, digits, '.' and '_', and begins with a letter"
            raise NotationError.unwritable("lavaan", node, why)
    hidden = set(graph.latent)
    lines = []
    for node in graph.latent:
        shown = " + ".join(graph.children(node))
        if not shown:
            shown = next((f"0*{other}" for other in graph.nodes if other != node), "")
        if not shown:
            raise NotationError.unwritable("lavaan", node, "it is latent and stands alone")
        lines.append(f"{node} =~ {shown}")
    for node in graph.nodes:
        shown = " + ".join(parent for parent in graph.parents(node) if parent not in hidden)
        if shown:
            lines.append(f"{node} ~ {shown}")
    lines += [f"{a} ~~ {b}" for a, b in graph.bidirected]
    said = {name for pair in (*graph.directed, *graph.bidirected) for name in pair} | hidden
    lines += [f"{node} ~~ {node}" for node in graph.nodes if node not in said]
    return "\n".join(lines)


def _terms(tokens: Tokens) -> list[tuple[str, bool]]:
    """Variables joined by ``+``, each with whether it is fixed to zero; intercepts are dropped."""
    found: list[tuple[str, bool]] = []
    while True:
        term = _term(tokens)
        if term is not None:
            found.append(term)
        if tokens.next.kind == "line" and tokens.second.text == "+":
            tokens.take()
        if not tokens.accept("+"):
            return found


def _term(tokens: Tokens) -> tuple[str, bool] | None:
    """Modifiers and a variable, or None for an intercept."""
    zero = False
    while True:
        while tokens.next.kind == "line":  # a formula goes on after '~', '+' and '*'
            tokens.take()
        negative = tokens.accept("-")
        token = tokens.of(("word", "number", "string"), "a variable")
        if token.kind == "word" and tokens.next.text == "(":
            _skip_call(tokens)
        if tokens.accept("*", "?"):
            zero = zero or (token.kind == "number" and float(token.text) == 0)
            continue
        if token.kind == "number":
            return None
        if token.kind != "word" or negative or tokens.last.text == ")":
            raise tokens.error(f"expected a variable, found {token.text!r}", token)
        if tokens.next.text == ":":
            raise tokens.error("groups, levels and products (':') cannot be read as arrows")
        return token.text, zero


def _skip_call(tokens: Tokens) -> None:
    """Pass ``(…)``, which may hold further ones."""
    opening = tokens.next
    depth = 0
    while True:
        token = tokens.take()
        if token.kind == END:
            raise tokens.error("a parenthesis is not closed", opening)
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            return


def _skip_line(tokens: Tokens) -> None:
    """Pass what is left of a line."""
    while tokens.next.kind not in ("line", END):
        tokens.take()


def _add(
    sketch: Sketch, left: list[tuple[str, bool]], operator: Token, right: list[tuple[str, bool]]
) -> None:
    """The nodes and edges of one formula."""
    for name, _ in (*left, *right):
        sketch.nodes[name] = None
    for one, _ in left:
        if operator.text in ("=~", "<~"):
            sketch.attributes.setdefault(one, {})["latent"] = ""
        for other, zero in right:
            if zero or (one == other and operator.text == "~~"):
                continue
            if operator.text == "=~":
                sketch.edges.append(ParsedEdge(one, other, TAIL, ARROW))
            elif operator.text == "~~":
                sketch.edges.append(ParsedEdge(one, other, ARROW, ARROW))
            else:
                sketch.edges.append(ParsedEdge(other, one, TAIL, ARROW))
