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
from dataclasses import dataclass, field

from causalsim.estimand.expression import (
    Expression,
    Ratio,
    free_variables,
    probability,
    product,
    total,
)
from causalsim.graph.core import Core, marks
from causalsim.graph.graph import Graph


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
    above = ancestors(core, y, set(range(len(graph))))
    wanted = ancestors(core, y, above - x)
    order = core.order()
    assert order is not None
    search = _Search(graph, above, [node for node in order if node in above])
    factors: list[Expression] = []
    for district in districts(core, wanted):
        whole = next(found for found in search.districts if not found.isdisjoint(district))
        kernel = search.reach(district, Kernel.of_district(search, whole))
        if isinstance(kernel, Hedge):
            return kernel
        factors.append(kernel.expression(search.order))
    return _marginal(factors, [node for node in search.order if node in wanted - set(y)], graph)


@dataclass(frozen=True, slots=True)
class Kernel:
    """A c-factor Q[T], as one conditional distribution for each node of T.

    The factor of a node is normalised over that node, given those before it in the order; so a
    node that no other factor mentions is summed out by leaving its factor away.
    """

    factors: dict[int, Expression]
    graph: Graph

    @classmethod
    def of_district(cls, search: "_Search", district: set[int]) -> "Kernel":
        """Q[S] of a district: the product of P(v | Markov pillow of v)."""
        found: dict[int, Expression] = {}
        for node in search.order:
            if node in district:
                pillow = search.pillow(node, district)
                found[node] = probability(search.graph.nodes[node], search.graph.names(pillow))
        return cls(found, search.graph)

    def expression(self, order: list[int]) -> Expression:
        """The factors multiplied, effects before causes, as a book writes them."""
        return product(self.factors[node] for node in reversed(order) if node in self.factors)

    def shrunk(self, keep: set[int], order: list[int]) -> "Kernel":
        """Q[A] for an ancestral set A of T, then its factors: lemma 3, then lemma 4."""
        kept = self.without(set(self.factors) - keep)
        if set(kept.factors) <= keep:
            return kept
        nodes = self.graph.nodes
        inside = [node for node in order if node in keep]
        joint = total(
            [nodes[n] for n in order if n in kept.factors and n not in keep],
            kept.expression(order),
        )
        found: dict[int, Expression] = {}
        for place, node in enumerate(inside):
            later = [nodes[n] for n in inside[place + 1 :]]
            up_to = total(later, joint)
            # The first factor is normalised over its node already: it divides by one.
            found[node] = Ratio(up_to, total(nodes[node], up_to)) if place else up_to
        return Kernel(found, self.graph)

    def without(self, dropped: set[int]) -> "Kernel":
        """Sum out nodes that no other factor mentions, as many as there are."""
        factors = dict(self.factors)
        mentions = {
            node: set(self.graph.indices(free_variables(factor)))
            for node, factor in factors.items()
        }
        pending = True
        while pending:
            pending = False
            for node in [n for n in factors if n in dropped]:
                if not any(node in mentions[other] for other in factors if other != node):
                    del factors[node]
                    pending = True
        return Kernel(factors, self.graph)

    def restricted(self, nodes: set[int]) -> "Kernel":
        """The factors of a district of T (Tian and Pearl, lemma 4)."""
        return Kernel({n: f for n, f in self.factors.items() if n in nodes}, self.graph)


@dataclass(frozen=True, slots=True)
class _Search:
    """The part of the graph that matters, with its order and districts."""

    graph: Graph
    members: set[int]
    order: list[int]
    districts: list[set[int]] = field(init=False)
    place: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """Find the districts of the ancestors of the outcome."""
        object.__setattr__(self, "districts", districts(self.graph.core, self.members))
        object.__setattr__(self, "place", {node: at for at, node in enumerate(self.order)})

    def pillow(self, node: int, district: set[int]) -> list[int]:
        """The Markov pillow: what screens a node off from everything before it in the order."""
        core, place = self.graph.core, self.place
        before = {other for other in district if place[other] <= place[node]}
        linked = connected(core, node, before)
        found = linked | {parent for other in linked for parent in core.parents[other]}
        return sorted(found - {node}, key=place.__getitem__)

    def reach(self, target: set[int], kernel: Kernel) -> "Kernel | Hedge":
        """Q[target] from Q[T]: the procedure Identify (Tian and Pearl 2002, section 4.3)."""
        core = self.graph.core
        while True:
            inside = set(kernel.factors)
            closed = ancestors(core, target, inside)
            if closed == target:
                return kernel.shrunk(target, self.order)
            if closed == inside:
                return Hedge(self.graph.names(sorted(target)), self.graph.names(sorted(inside)))
            kernel = kernel.shrunk(closed, self.order)
            kernel = kernel.restricted(connected(core, min(target), closed))


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
    seen = marks(core.size, ())
    for node in sorted(within):
        if not seen[node]:
            found.append(connected(core, node, within))
            for other in found[-1]:
                seen[other] = 1
    return found


def _marginal(factors: list[Expression], over: list[int], graph: Graph) -> Expression:
    """The sum of a product over nodes, each pushed in to the factors that mention it."""
    for node in reversed(over):
        name = graph.nodes[node]
        apart = [factor for factor in factors if name not in free_variables(factor)]
        inside = [factor for factor in factors if name in free_variables(factor)]
        factors = [*apart, total(name, product(inside))]
    return product(factors)
