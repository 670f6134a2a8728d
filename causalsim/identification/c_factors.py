"""The general identification algorithm, by c-factors: P(y | do(x)) from a graph, or a hedge.

A district S of a graph has the c-factor Q[S] = P(s | do(everything else)), which the observational
distribution determines. The effect of X on Y is a sum of the c-factors of the districts of the
ancestors of Y once X is removed. Each of those lies inside an observed district, from which it is
reached by dropping non-ancestors and shrinking to a district, in turn, until it is reached or
nothing more can be dropped: the two sets where this stalls form a hedge, and no formula exists.

References:
    Tian and Pearl, "A general identification condition for causal effects" (2002), lemmas 3 and 4;
    Huang and Valtorta, "Pearl's calculus of intervention is complete" (2006); Shpitser and Pearl,
    "Identification of joint interventional distributions" (2006), theorem 4 (hedges).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from causalsim.estimand.expression import (
    Expression,
    P,
    Ratio,
    probability,
    product,
    total,
)
from causalsim.graph.core import Core
from causalsim.graph.graph import Graph
from causalsim.graph.walk import ANCESTORS, walk


@dataclass(frozen=True, slots=True)
class Hedge:
    """Why an effect is not identified: two nested sets, joined by ``<->``, with the same roots.

    Attributes:
        inner: The district that must be reached, without the treatment (F' of the paper).
        outer: The district in which the search for it stalls, with the treatment (F).
    """

    inner: tuple[str, ...]
    outer: tuple[str, ...]


def identify_effect(
    graph: Graph, outcome: Iterable[str], treatments: Iterable[str]
) -> Expression | Hedge:
    """P(outcome | do(treatments)) as a formula in P, or the hedge that forbids one.

    Args:
        graph: A graph without latent nodes; hidden causes are ``<->``.
        outcome: Names of Y.
        treatments: Names of X; those that are no ancestors of Y drop out.

    >>> print(identify_effect(Graph("x -> m -> y; x <-> y"), ["y"], ["x"]))
    Σ_m P(m | x) Σ_x′ P(y | x′, m) P(x′)
    >>> identify_effect(Graph("x -> y; x <-> y"), ["y"], ["x"])
    Hedge(inner=('y',), outer=('x', 'y'))
    """
    core = graph.core
    y, x = graph.indices(outcome), set(graph.indices(treatments))
    above = set(walk(core, ANCESTORS, y).nodes())
    wanted = ancestors(core, y, above - x)
    search = _Search.of(graph, above)
    factors: list[_Factor] = []
    for district in districts(core, wanted):
        kernel = search.reach(district)
        if isinstance(kernel, Hedge):
            return kernel
        factors.extend(kernel.factors.values())
    return search.marginal(factors, wanted.difference(y))


@dataclass(frozen=True, slots=True)
class _Factor:
    """The conditional distribution of one node, with the nodes that it mentions."""

    node: int
    expression: Expression
    mentions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Kernel:
    """A c-factor Q[T], as one conditional distribution for each node of T.

    The factor of a node is normalised over that node, given those before it in the order; so a
    node that no other factor mentions is summed out by leaving its factor away.
    """

    factors: dict[int, _Factor]

    def without(self, dropped: set[int]) -> "Kernel":
        """Sum out nodes that no other factor mentions, as many as there are."""
        factors = dict(self.factors)
        pending = dropped & set(factors)
        while pending:
            mentioned = {n for f in factors.values() for n in f.mentions if n != f.node}
            # A factor mentions its own node; only other factors hold it back.
            free = pending - mentioned
            if not free:
                break
            for node in free:
                del factors[node]
            pending -= free
        return Kernel(factors)

    def restricted(self, nodes: set[int]) -> "Kernel":
        """The factors of a district of T (Tian and Pearl, lemma 4)."""
        return Kernel({n: f for n, f in self.factors.items() if n in nodes})


@dataclass(frozen=True, slots=True)
class _Search:
    """The ancestors of the outcome, in causal order: the part of the graph that matters."""

    graph: Graph
    members: set[int]
    place: dict[int, int]

    @classmethod
    def of(cls, graph: Graph, members: set[int]) -> "_Search":
        """The search within an ancestral set."""
        order = graph.core.order()
        assert order is not None  # a causal graph has no cycle
        rank = {node: at for at, node in enumerate(order) if node in members}
        return cls(graph, members, rank)

    def reach(self, target: set[int]) -> "Kernel | Hedge":
        """Q[target] from Q[T]: the procedure Identify (Tian and Pearl 2002, section 4.3)."""
        core = self.graph.core
        kernel = self.whole(connected(core, min(target), self.members))
        while True:
            inside = set(kernel.factors)
            closed = ancestors(core, target, inside)
            if closed == target:
                return self.shrunk(kernel, target)
            if closed == inside:
                return Hedge(self.graph.names(sorted(target)), self.graph.names(sorted(inside)))
            district = connected(core, min(target), closed)
            kernel = self.shrunk(kernel, closed).restricted(district)

    def whole(self, district: set[int]) -> Kernel:
        """Q[S] of a district: the product of P(v | Markov pillow of v) (lemma 1)."""
        found: dict[int, _Factor] = {}
        for node in self.sorted(district):
            pillow = self.pillow(node, district)
            names = self.graph.names(self.sorted(pillow))
            term = probability(self.graph.nodes[node], names)
            found[node] = _Factor(node, term, frozenset(pillow | {node}))
        return Kernel(found)

    def pillow(self, node: int, district: set[int]) -> set[int]:
        """The Markov pillow: what screens a node off from everything before it in the order."""
        core, place = self.graph.core, self.place
        before = {other for other in district if place[other] <= place[node]}
        linked = connected(core, node, before)
        return (linked | {parent for other in linked for parent in core.parents[other]}) - {node}

    def shrunk(self, kernel: Kernel, keep: set[int]) -> Kernel:
        """Q[A] for an ancestral set A of T, as factors: lemma 3, then lemma 4."""
        kept = kernel.without(set(kernel.factors) - keep)
        dropped = set(kept.factors) - keep
        if not dropped:
            return kept
        joint = self.marginal(kept.factors.values(), dropped)
        everything = frozenset().union(*(f.mentions for f in kept.factors.values())) - dropped
        names, inside = self.graph.nodes, self.sorted(keep)
        found: dict[int, _Factor] = {}
        for at, node in enumerate(inside):
            later = inside[at + 1 :]
            up_to = total([names[n] for n in later], joint)
            # The first factor is normalised over its node already: it divides by one.
            term = Ratio(up_to, total(names[node], up_to)) if at else up_to
            found[node] = _Factor(node, term, everything.difference(later))
        return Kernel(found)

    def marginal(self, factors: Iterable[_Factor], over: set[int]) -> Expression:
        """The sum of a product; what the sum does not touch stands before it."""

        def as_books_write(factor: _Factor) -> tuple[bool, int]:
            return not isinstance(factor.expression, P), -self.place[factor.node]

        written = sorted(factors, key=as_books_write)
        apart = [f.expression for f in written if over.isdisjoint(f.mentions)]
        inside = [f.expression for f in written if not over.isdisjoint(f.mentions)]
        names = self.graph.names(self.sorted(over))
        return product([*apart, total(names, product(inside))] if inside else apart)

    def sorted(self, nodes: Iterable[int]) -> list[int]:
        """Nodes in causal order."""
        return sorted(nodes, key=self.place.__getitem__)


def ancestors(core: Core, nodes: Iterable[int], within: set[int]) -> set[int]:
    """The ancestors of nodes by paths inside a set, the nodes included."""
    found = set(nodes)
    stack = list(found)
    while stack:
        for parent in core.parents[stack.pop()]:
            if parent in within and parent not in found:
                found.add(parent)
                stack.append(parent)
    return found


def connected(core: Core, node: int, within: set[int]) -> set[int]:
    """The district of a node in the subgraph on a set."""
    found, stack = {node}, [node]
    while stack:
        for other in core.siblings[stack.pop()]:
            if other in within and other not in found:
                found.add(other)
                stack.append(other)
    return found


def districts(core: Core, within: set[int]) -> list[set[int]]:
    """The districts of the subgraph on a set, in order of their first node."""
    found: list[set[int]] = []
    seen: set[int] = set()
    for node in sorted(within):
        if node not in seen:
            found.append(connected(core, node, within))
            seen |= found[-1]
    return found
