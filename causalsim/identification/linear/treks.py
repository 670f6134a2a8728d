"""Which paths carry a covariance: Wright's rule, with one monomial a trek.

A trek between v and w goes up arrows from v to its top, and down arrows from the top to w; the top
is a node or a ``<->``. It has no collider. The covariance is the sum over treks of the product of
the coefficients on both sides and of the top's error (co)variance; or, over *simple* treks, whose
sides meet at the top only, with the top's whole variance instead, which for standardised variables
is one.

References:
    Wright, "The method of path coefficients" (1934); Sullivant, Talaska and Draisma, "Trek
    separation for Gaussian graphical models" (2010), proposition 2.2 and definition 2.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from causalsim.errors.identification import LinearError
from causalsim.graph.graph import Graph

_LIMIT = 100_000


@final
@dataclass(frozen=True, slots=True)
class Trek:
    """A path without colliders.

    Attributes:
        left: From the top down to the first variable.
        right: From the top down to the second; the tops of both are joined by ``<->`` when they
            differ, and are the same node when they do not.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def simple(self) -> bool:
        """Whether the sides meet at the top only."""
        if self.left[0] == self.right[0]:
            return set(self.left[1:]).isdisjoint(self.right[1:])
        return set(self.left).isdisjoint(self.right)

    def monomial(self, whole: bool = False) -> tuple[str, ...]:
        """The symbols that it multiplies; with the top's ``whole`` variance for simple treks."""
        top = self.left[0], self.right[0]
        head = f"ω({top[0]},{top[1]})"
        if top[0] == top[1]:
            head = f"σ({top[0]})" if whole else f"ω({top[0]})"
        arrows = [pair for side in (self.left, self.right) for pair in pairwise(side)]
        return (head, *(f"λ({a},{b})" for a, b in arrows))

    def __str__(self) -> str:
        """The path with its arrows."""
        up = " <- ".join(reversed(self.left))
        if self.left[0] == self.right[0]:
            return " -> ".join((up, *self.right[1:]))
        return " -> ".join((f"{up} <-> {self.right[0]}", *self.right[1:]))


@final
@dataclass(frozen=True, slots=True)
class Polynomial:
    """A sum of products of symbols.

    Attributes:
        terms: Each product's symbols, sorted, with how often it stands.
    """

    terms: tuple[tuple[tuple[str, ...], int], ...]

    def evaluate(self, values: Mapping[str, float]) -> float:
        """The number at given symbols.

        Raises:
            LinearError: a symbol without a value.
        """
        result = 0.0
        for symbols, count in self.terms:
            part = float(count)
            for symbol in symbols:
                if symbol not in values:
                    raise LinearError.missing_parameter(symbol)
                part *= values[symbol]
            result += part
        return result

    def __str__(self) -> str:
        """The sum on one line."""
        texts = []
        for symbols, count in self.terms:
            powers = [
                symbol if symbols.count(symbol) == 1 else f"{symbol}^{symbols.count(symbol)}"
                for symbol in dict.fromkeys(symbols)
            ]
            texts.append(" ".join([str(count)] * (count != 1) + powers))
        return " + ".join(texts) or "0"


def treks(graph: Graph, one: str, other: str, simple: bool = False) -> Iterator[Trek]:
    """Every trek between two variables, short sides first; there may be exponentially many.

    Args:
        graph: The causal graph; latent nodes count as variables.
        one: Where the left side ends.
        other: Where the right side ends.
        simple: Whether only treks are wanted whose sides meet at the top only.

    Raises:
        GraphError: an unknown node.

    >>> for trek in treks(Graph("z -> x -> y; z -> y; x <-> y"), "x", "y"):
    ...     print(trek)
    x <-> y
    x -> y
    x <- z -> y
    x <- z -> x -> y
    """
    graph.indices([one, other])
    rights = list(_downward(graph, other))
    for left in _downward(graph, one):
        for right in rights:
            top = left[0], right[0]
            if top[0] == top[1] or top[1] in graph.siblings(top[0]):
                trek = Trek(left, right)
                if not simple or trek.simple:
                    yield trek


def covariance_polynomial(
    graph: Graph, one: str, other: str, simple: bool = False, limit: int = _LIMIT
) -> Polynomial:
    """The covariance of two variables as a polynomial in the model's parameters.

    λ(a,b) is the coefficient of a -> b, ω(a) the error variance of a, ω(a,b) the error covariance
    of a <-> b and, when only ``simple`` treks are summed, σ(a) the variance of a.

    Args:
        graph: The causal graph.
        one: A variable.
        other: A variable.
        simple: Whether to write Wright's rule, by simple treks; the variables must then differ.
        limit: More treks than this are refused.

    Raises:
        GraphError: an unknown node.
        LinearError: too many treks.

    >>> graph = Graph("z -> x -> y; x <-> y")
    >>> print(covariance_polynomial(graph, "z", "y"))
    ω(z) λ(z,x) λ(x,y)
    >>> print(covariance_polynomial(graph, "x", "y", simple=True))
    ω(x,y) + σ(x) λ(x,y)
    """
    found: dict[tuple[str, ...], int] = {}
    place = {f"λ({a},{b})": number for number, (a, b) in enumerate(graph.directed)}
    shared = {frozenset(pair): f"ω({pair[0]},{pair[1]})" for pair in graph.bidirected}
    for number, trek in enumerate(treks(graph, one, other, simple)):
        if number >= limit:
            raise LinearError.too_many_treks(limit)
        head, *rest = trek.monomial(whole=simple)
        # The error covariance of a pair has one name, whichever way a trek passes it.
        head = shared.get(frozenset((trek.left[0], trek.right[0])), head)
        key = (head, *sorted(rest, key=place.__getitem__))
        found[key] = found.get(key, 0) + 1
    return Polynomial(tuple(found.items()))


def _downward(graph: Graph, node: str) -> Iterator[tuple[str, ...]]:
    """Every directed path that ends at a node, shortest first."""
    current: list[tuple[str, ...]] = [(node,)]
    while current:
        yield from current
        current = [(parent, *path) for path in current for parent in graph.parents(path[0])]
