"""What hidden causes forbid beyond independence: Verma constraints."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from causalsim.graph.bitsets import bits
from causalsim.graph.claims.ancestral_districts import AncestralDistricts, earlier
from causalsim.graph.claims.kernels import Conditional, Kernel, divided, product, summed
from causalsim.graph.core import Core
from causalsim.graph.graph import Graph, causal_graph
from causalsim.graph.surgery import latent_projection


@dataclass(frozen=True, slots=True)
class VermaConstraint:
    """The claim that a formula of the observed distribution does not depend on some variables.

    Attributes:
        formula: The formula; it is P(kernel | do(everything else)).
        kernel: The variables whose distribution the formula is.
        given: The variables on which it may depend: the parents of ``kernel``.
        free_of: The variables that the formula mentions and yet does not depend on.
    """

    formula: Kernel
    kernel: tuple[str, ...]
    given: tuple[str, ...]
    free_of: tuple[str, ...]

    def __str__(self) -> str:
        """The claim in words."""
        return f"{self.formula} does not depend on {', '.join(self.free_of)}"


def verma_constraints(graph: Graph) -> Iterator[VermaConstraint]:
    """The claims of a graph with hidden causes that are not independencies.

    A hidden cause can forbid what no conditional independence says: in a -> b -> c -> d with
    b <-> d, the formula Σ_b P(b | a) P(d | a, b, c) does not depend on a, since it is
    P(d | do(c)). One claim for each set of nodes with a node last in the causal order, whose
    joint intervention distribution Q[·] is found by summing and dividing (Tian's c-factors) and
    is not one of P itself. Claims that are conditional independencies are left out
    (`basis_independencies` has them). There can be exponentially many when districts are large;
    take some with ``itertools.islice``.

    Args:
        graph: The causal graph; latent nodes are projected away first.

    Returns:
        The claims in causal order; none in a DAG without hidden causes.

    >>> for claim in verma_constraints(Graph("a -> b -> c -> d; b <-> d")):
    ...     print(claim)
    Σ_{b} P(b | a) P(d | a, b, c) does not depend on a

    References:
        Verma and Pearl (1990); Tian and Pearl, "On the testable implications of causal models
        with hidden variables" (2002), section 4; Richardson, Evans, Robins and Shpitser, "Nested
        Markov properties for acyclic directed mixed graphs" (2023).
    """
    graph = causal_graph(graph)
    seen = latent_projection(graph)
    order = seen.core.order() or []
    before = earlier(order)
    districts = AncestralDistricts(seen.core, before)
    for node in order:
        # (A1) of Tian and Pearl: the c-component of the node among the nodes up to it.
        whole = _component(seen.core, node, before[node])
        if whole & ~(1 << node):
            yield from _Search(seen, order, districts, node).constraints(whole)


class _State(NamedTuple):
    """A set of nodes with the kernel Q[·] of it."""

    members: int
    kernel: Kernel


class _Search:
    """Tian and Pearl's step (A2), over and over, for one node that stays last."""

    __slots__ = ("_districts", "_graph", "_node", "_order", "_rank")

    def __init__(
        self, graph: Graph, order: list[int], districts: AncestralDistricts, node: int
    ) -> None:
        self._graph = graph
        self._order = order
        self._rank = {member: place for place, member in enumerate(order)}
        self._districts = districts
        self._node = node

    def constraints(self, whole: int) -> Iterator[VermaConstraint]:
        """All that follows from the c-component that the node is in."""
        waiting = [_State(whole, self._product(whole))]
        found = {whole}
        for state in waiting:
            inner = _induced(self._graph.core, state.members)
            local = AncestralDistricts(inner, {self._node: state.members})
            for district in local.of(self._node):
                if district in found:
                    continue
                found.add(district)
                kept = local.around(self._node, district)
                kernel = self._within(state, kept, district)
                waiting.append(_State(district, kernel))
                claim = self._claim(state, kept, district, kernel)
                if claim is not None:
                    yield claim

    def _claim(
        self, state: _State, kept: int, district: int, kernel: Kernel
    ) -> VermaConstraint | None:
        """What the kernel of a district is free of, unless independencies say so."""
        if self._districts.closed(district, self._node) == district:
            return None  # a c-factor of the distribution of an ancestral set
        known = self._with_parents(state.members) & ~(state.members & ~kept)
        allowed = self._with_parents(district)
        if not known & ~allowed:
            return None
        names = self._names(allowed)
        free = kernel.arguments.difference(names)
        if not free:
            return None
        return VermaConstraint(
            kernel,
            self._names(district),
            self._names(allowed & ~district),
            tuple(node for node in self._graph.nodes if node in free),
        )

    def _product(self, members: int) -> Kernel:
        """Q of a c-component: each member given its Markov pillow."""
        parts: list[Kernel] = []
        passed = 0
        for node in self._order:
            passed |= 1 << node
            if members >> node & 1:
                district = _component(self._graph.core, node, passed)
                pillow = self._with_parents(district) & ~(1 << node)
                parts.append(Conditional(self._graph.nodes[node], self._names(pillow)))
        return product(parts)

    def _within(self, state: _State, kept: int, district: int) -> Kernel:
        """Q of a district of an ancestral part of a set: sum the rest out, then divide."""
        dropped = state.members & ~kept
        if kept == district:
            return self._summed(state.kernel, dropped)
        above: list[Kernel] = []
        below: list[Kernel] = []
        # Each member's factor is Q of the nodes up to it over Q of those before it.
        ranked = sorted(bits(kept), key=self._rank.__getitem__)
        for place, node in enumerate(ranked):
            if not district >> node & 1:
                continue
            later = sum(1 << other for other in ranked[place + 1 :])
            upper = self._summed(state.kernel, dropped | later)
            if above and place and district >> ranked[place - 1] & 1:
                above.pop()  # the factor before ends in what this one is divided by
            else:
                below.append(self._summed(state.kernel, dropped | later | 1 << node))
            above.append(upper)
        if ranked and district >> ranked[0] & 1:
            below.pop(0)  # everything summed out is one
        return divided(above, below)

    def _summed(self, kernel: Kernel, over: int) -> Kernel:
        """A kernel with some variables summed out."""
        return summed(kernel, self._names(over))

    def _with_parents(self, members: int) -> int:
        """Nodes and their parents."""
        found = members
        for node in bits(members):
            for parent in self._graph.core.parents[node]:
                found |= 1 << parent
        return found

    def _names(self, members: int) -> tuple[str, ...]:
        """The names of a set."""
        return self._graph.names(bits(members))


def _component(core: Core, node: int, within: int) -> int:
    """The c-component of a node among some nodes."""
    found, waiting = 1 << node, [node]
    while waiting:
        for sibling in core.siblings[waiting.pop()]:
            if within >> sibling & 1 and not found >> sibling & 1:
                found |= 1 << sibling
                waiting.append(sibling)
    return found


def _induced(core: Core, members: int) -> Core:
    """The graph among some nodes; the others stay without edges."""
    inside = list(bits(members))
    return Core.build(
        core.size,
        ((p, node) for node in inside for p in core.parents[node] if members >> p & 1),
        (
            (node, other)
            for node in inside
            for other in core.siblings[node]
            if node < other and members >> other & 1
        ),
    )
