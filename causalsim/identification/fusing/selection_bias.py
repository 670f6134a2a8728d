"""Only some units are in the data: effects from P(v | s=1), perhaps with unbiased data beside.

The selection variable s is a node of the graph with arrows into it alone; s=1 marks the units in
the data. A c-factor whose variables are not above s keeps its meaning among the selected units;
once known it is divided out, and more of the graph may then no longer lie above s.

References:
    Bareinboim, Tian and Pearl, "Recovering from selection bias in causal and statistical
    inference" (2014), theorems 1 and 2; Bareinboim and Tian, "Recovering causal effects from
    selection bias" (2015), algorithm RC; Correa, Tian and Bareinboim, "Identification of causal
    effects in the presence of selection bias" (2019), for unbiased data beside.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from causalsim.errors import QueryError
from causalsim.errors.identification import IncompleteDataError
from causalsim.estimand.expression import (
    Expression,
    Free,
    P,
    Ratio,
    Value,
    free_variables,
    product,
    total,
)
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.identification.asking import exchanged, held
from causalsim.identification.c_factors import (
    Hedge,
    ancestors,
    connected,
    districts,
    identify_effect,
)
from causalsim.identification.fusing.available import Available, Source
from causalsim.identification.fusing.combining import summed
from causalsim.identification.fusing.one_source import Stalled, from_source, projected
from causalsim.identification.fusing.recovery import (
    Recovered,
    Unrecovered,
    recovered,
    unrecovered,
)


def recover_from_selection(
    graph: Graph, query: Query, selection: str, unbiased: Iterable[str] = ()
) -> Recovered | Unrecovered:
    """Answer a question about everyone from data on the selected.

    P(y | x) without an action is recovered as it stands when y and s are separated by x, and
    without unbiased data only then. An effect is taken apart by districts; this is sound, but a
    refusal is a proof only where the result says so.

    Args:
        graph: The graph, with a node for being selected.
        query: A question about everyone.
        selection: The name of that node; its level 1 marks the units in the data.
        unbiased: Variables whose joint distribution is known for everyone, say from a census.

    Raises:
        QueryError: a variable of the query that the graph lacks, or that is latent.
        IncompleteDataError: no such selection node, or one that causes something.

    >>> graph = Graph("z -> x -> y; z -> y; z -> s")
    >>> print(recover_from_selection(graph, Query("y", do="x"), "s", unbiased="z").formula)
    Σ_z P(z) P(y | z, x, s=1)
    >>> print(recover_from_selection(graph, Query("y", do="x"), "s"))
    no formula found: the part of z
    """
    told = (unbiased,) if isinstance(unbiased, str) else tuple(unbiased)
    _check(graph, query, selection)
    if not query.do and query.given:
        found = _conditional(graph, query, selection, told)
        if found is not None:
            return found
    acts, given, moved = exchanged(graph, query)
    small = projected(graph, graph.observed)
    outcome = (*query.outcome, *given)
    hedge = identify_effect(small, outcome, acts)
    if isinstance(hedge, Hedge):
        why = (
            "Even with everyone in the data the effect is not identified: "
            f"{', '.join(hedge.outer)} form a hedge."
        )
        return unrecovered(query, graph, hedge.inner, not query.given, why)
    joint = _joint(small, outcome, acts, selection, told)
    if isinstance(joint, tuple):
        return unrecovered(query, graph, joint, False, _why_not(joint, selection, told))
    formula = Ratio(joint, total(query.outcome, joint)) if given else joint
    return recovered(query, graph, held(query, formula), _why(moved, selection))


def _joint(
    graph: Graph,
    outcome: tuple[str, ...],
    acts: tuple[str, ...],
    selection: str,
    told: tuple[str, ...],
) -> Expression | tuple[str, ...]:
    """P(outcome | do(acts)), district by district; or the variables of the one not found."""
    census = _census(graph, told, selection)
    core = graph.core
    x, y = set(graph.indices(acts)), graph.indices(outcome)
    wanted = ancestors(core, y, set(range(len(graph))) - x)
    parts: list[Expression] = []
    for district in districts(core, wanted):
        names = graph.names(sorted(district))
        part = _part(graph, names, selection, census)
        if part is None:
            return names
        parts.append(part)
    order = graph.order()
    over = sorted(graph.names(sorted(wanted - set(y))), key=order.index)
    return summed(parts, over)


def _conditional(
    graph: Graph, query: Query, selection: str, told: tuple[str, ...]
) -> Recovered | Unrecovered | None:
    """P(y | z) without an action (theorem 1 of 2014)."""
    free = separated(graph, query.outcome, selection, query.conditions)
    if not free and told:
        return None
    if free:
        term = P(
            tuple(Free(name) for name in query.outcome),
            (*(Free(name) for name in query.conditions), Value(selection, 1)),
        )
        why = (
            f"{', '.join(query.conditions)} separate {', '.join(query.outcome)} from {selection}, "
            "so that among units alike in them selection does not matter."
        )
        return recovered(query, graph, held(query, term), why)
    why = (
        f"{', '.join(query.outcome)} and {selection} are dependent given "
        f"{', '.join(query.conditions)}, and nothing is known of the units left out (Bareinboim, "
        "Tian and Pearl 2014, theorem 1)."
    )
    return unrecovered(query, graph, query.outcome, True, why)


def _part(
    graph: Graph, part: tuple[str, ...], selection: str, census: Source | None
) -> Expression | None:
    """One c-factor: from the census, or from the selected units."""
    around = {p for name in part for p in graph.parents(name)} - set(part)
    if census is not None:
        found = from_source(graph, part, tuple(n for n in graph.nodes if n in around), census)
        if not isinstance(found, Stalled):
            return found
    return _Selected.begin(graph, selection).recover(set(graph.indices(part)))


def _census(graph: Graph, told: tuple[str, ...], selection: str) -> Source | None:
    """The unbiased data as a source."""
    if not told:
        return None
    if selection in told:
        raise IncompleteDataError.indicator_in_query([selection])
    return Available(observational=told).sources(graph)[0]


@dataclass(frozen=True, slots=True)
class _Selected:
    """Algorithm RC: what is left of the graph, and its distribution among the selected.

    Attributes:
        members: The nodes left, the selection node among them.
        weight: Proportional to P(members but s, s=1 | do(the others)); None for the data as they
            are, of which every conditional can be read off.
    """

    graph: Graph
    selection: int
    members: set[int]
    weight: Expression | None

    @classmethod
    def begin(cls, graph: Graph, selection: str) -> "_Selected":
        """The data as they are."""
        return cls(graph, graph.indices(selection)[0], set(range(len(graph))), None)

    @property
    def name(self) -> str:
        """The selection node."""
        return self.graph.nodes[self.selection]

    def recover(self, target: set[int]) -> Expression | None:
        """Q[target], or None (lines 1 to 5)."""
        core = self.graph.core
        above = ancestors(core, [self.selection], self.members)
        kept = ancestors(core, target, self.members) | above
        if kept != self.members:  # line 1
            return self._restricted(kept).recover(target)
        # Line 2: the districts in which nothing is above the selection.
        clear = [part for part in districts(core, self.members) if part.isdisjoint(above)]
        if not clear:  # line 3
            return None
        for part in clear:  # line 4
            if target <= part:
                return self._identified(target, part)
        known = product(self._factor(part) for part in clear)  # line 5
        left = self.members - set().union(*clear)
        weight = Ratio(self._whole(), known)
        return _Selected(self.graph, self.selection, left, weight).recover(target)

    def _restricted(self, kept: set[int]) -> "_Selected":
        """What is neither above the target nor above the selection is summed out."""
        weight = self.weight
        if weight is not None:
            weight = total(self.graph.names(self._order(self.members - kept)), weight)
        return _Selected(self.graph, self.selection, kept, weight)

    def _order(self, nodes: set[int]) -> list[int]:
        """Nodes in an order of causes before effects in which what is above the selection leads."""
        order = self.graph.core.order()
        assert order is not None
        above = ancestors(self.graph.core, [self.selection], self.members)
        first = [node for node in order if node in above]
        return [n for n in (*first, *(m for m in order if m not in above)) if n in nodes]

    def _whole(self) -> Expression:
        """The distribution of all that is left."""
        if self.weight is not None:
            return self.weight
        names = self.graph.names(self._order(self.members - {self.selection}))
        return P(tuple(Free(name) for name in names), (Value(self.name, 1),))

    def _factor(self, part: set[int]) -> Expression:
        """Q of a district below the selection."""
        return self._product(self._kernel(part))

    def _kernel(self, part: set[int]) -> dict[int, Expression]:
        """Q of a district, as one conditional distribution a node."""
        order = self._order(self.members)
        return {node: self._given_earlier(node, part, order) for node in order if node in part}

    def _product(self, factors: dict[int, Expression]) -> Expression:
        """Factors multiplied, effects before causes."""
        order = self._order(self.members)
        return product(factors[node] for node in reversed(order) if node in factors)

    def _given_earlier(self, node: int, part: set[int], order: list[int]) -> Expression:
        """P(node | what is before it, s=1)."""
        place = order.index(node)
        if self.weight is None:
            # The Markov pillow: what screens the node off from everything before it.
            earlier = {other for other in part if order.index(other) <= place}
            linked = connected(self.graph.core, node, earlier)
            pillow = linked | {p for other in linked for p in self.graph.core.parents[other]}
            given = [other for other in order[:place] if other in pillow]
            slots = tuple(Free(name) for name in self.graph.names(given))
            return P((Free(self.graph.nodes[node]),), (*slots, Value(self.name, 1)))
        later = self.graph.names([n for n in order[place + 1 :] if n != self.selection])
        up_to = total([name for name in later if name in free_variables(self.weight)], self.weight)
        return Ratio(up_to, total(self.graph.nodes[node], up_to))

    def _identified(self, target: set[int], part: set[int]) -> Expression | None:
        """Q[target] from Q[part] (Identify of Tian and Pearl 2002)."""
        core = self.graph.core
        factors = self._kernel(part)
        while True:
            inside = set(factors)
            closed = ancestors(core, target, inside)
            if closed == inside and closed != target:
                return None
            factors = self._shrunk(factors, closed)
            if closed == target:
                return self._product(factors)
            district = connected(core, min(target), closed)
            factors = {node: factor for node, factor in factors.items() if node in district}

    def _shrunk(self, factors: dict[int, Expression], keep: set[int]) -> dict[int, Expression]:
        """Q[keep] for an ancestral set, as factors (lemmas 3 and 4)."""
        nodes = self.graph.nodes
        kept = dict(factors)
        pending = True
        while pending:
            # A factor that no other mentions sums to one.
            free = [
                node
                for node in kept
                if node not in keep
                and not any(nodes[node] in free_variables(kept[n]) for n in kept if n != node)
            ]
            pending = bool(free)
            for node in free:
                del kept[node]
        order = [node for node in self._order(self.members) if node in kept]
        if set(order) == keep:
            return kept
        joint = total([nodes[n] for n in order if n not in keep], self._product(kept))
        inside = [node for node in order if node in keep]
        found: dict[int, Expression] = {}
        for place, node in enumerate(inside):
            up_to = total([nodes[n] for n in inside[place + 1 :]], joint)
            found[node] = Ratio(up_to, total(nodes[node], up_to)) if place else up_to
        return found


def _why(moved: tuple[str, ...], selection: str) -> str:
    """The argument, in words."""
    first = (
        f"Observing {', '.join(moved)} is here the same as setting it (rule 2 of do-calculus). "
        if moved
        else ""
    )
    return (
        f"{first}The effect splits into districts; each is known for everyone, or lies below "
        f"{selection} once known districts are divided out (Bareinboim and Tian 2015)."
    )


def _why_not(part: tuple[str, ...], selection: str, told: tuple[str, ...]) -> str:
    """The obstacle, in words."""
    beside = f" and {', '.join(told)} known for everyone" if told else ""
    return (
        f"The c-factor of {', '.join(part)} is needed, but it is entangled with what decides "
        f"{selection}: from the selected units{beside} no formula was found. Unbiased data on "
        f"{', '.join(part)} and their causes would help."
    )


def _check(graph: Graph, query: Query, selection: str) -> None:
    """The query is about observed nodes, and selection causes nothing."""
    if not isinstance(graph, Graph):
        raise QueryError.not_a_graph(graph)
    if not isinstance(query, Query):
        raise QueryError.not_a_query(query)
    if selection not in graph:
        raise IncompleteDataError.unknown_indicator(selection, graph.nodes)
    if selection in graph.latent:
        raise IncompleteDataError.latent_indicator(selection)
    if graph.children(selection):
        raise IncompleteDataError.indicator_with_effects(selection, graph.children(selection))
    names = (*query.outcome, *query.treatments, *query.conditions)
    if selection in names:
        raise IncompleteDataError.indicator_in_query([selection])
    for name in names:
        if name not in graph:
            raise QueryError.unknown_variable(name, graph.nodes)
        if name in graph.latent:
            raise QueryError.latent_variable(name, "variable")
