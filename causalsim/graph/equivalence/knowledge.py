"""What background knowledge adds to a class of DAGs: required, forbidden and tiered arrows."""

from collections.abc import Iterable, Iterator, Sequence

from causalsim.errors.equivalence import EquivalenceError
from causalsim.errors.graph import GraphError
from causalsim.graph.equivalence.classes import CPDAG, MPDAG
from causalsim.graph.equivalence.meek import Orientation
from causalsim.graph.equivalence.validity import reason
from causalsim.graph.graph import Graph

Arrows = str | Iterable[tuple[str, str]]


def orient(
    graph: CPDAG | MPDAG,
    known: Arrows = (),
    *,
    forbidden: Arrows = (),
    tiers: Sequence[str | Iterable[str]] = (),
) -> MPDAG:
    """The members of a class that agree with background knowledge, as an MPDAG.

    Every edge is directed whose direction follows from the knowledge, and no other (Meek's four
    rules are sound and complete). Data cannot contradict the knowledge; the class can, when all
    its members have the opposite arrow.

    Args:
        graph: A class of DAGs.
        known: Arrows that are known, as text ``"a -> b; c -> d"`` or pairs (cause, effect).
        forbidden: Arrows that are ruled out; pairs without an edge are passed over.
        tiers: Groups of nodes from early to late: no arrow leads to an earlier group. Nodes in
            no group are free.

    Raises:
        EquivalenceError: no member agrees; a known arrow between nodes without an edge.
        GraphError: an unknown node, unreadable text.

    >>> orient(CPDAG("a -- b; b -- c; c -- d"), "b -> c")
    MPDAG('a -- b; b -> c; c -> d')
    >>> orient(CPDAG("age -- dose; dose -- cure"), tiers=("age", "dose", "cure"))
    MPDAG('age -> dose; dose -> cure')

    References:
        Meek, "Causal inference and causal explanation with background knowledge" (UAI 1995),
        theorem 4.
    """
    if not isinstance(graph, CPDAG | MPDAG):
        raise EquivalenceError.wrong_kind(graph, "a CPDAG or an MPDAG")
    state = Orientation([dict(around) for around in graph.ends])
    for tail, head in _pairs(graph, known):
        if head not in state.ends[tail]:
            raise EquivalenceError.not_adjacent(graph.nodes[tail], graph.nodes[head])
        _require(graph, state, tail, head)
    barred = [*_pairs(graph, forbidden), *_against_tiers(graph, tiers)]
    for tail, head in barred:
        if head in state.ends[tail]:
            _require(graph, state, head, tail)
    ends = [dict(around) for around in state.ends]
    return MPDAG.trusted(graph.nodes, ends)


def _require(graph: CPDAG | MPDAG, state: Orientation, tail: int, head: int) -> None:
    """Direct one edge as the knowledge says, or tell why no member has it so.

    While the marks are closed, every undirected edge has both directions among the members, so
    knowledge taken arrow by arrow is contradicted only by an arrow that stands already.
    """
    if state.arrow(head, tail):
        names = graph.nodes
        why = reason(names, state, head, tail)
        if why:
            told = f"follows from the other knowledge by {why}"
        elif (head, tail) in state.why:
            told = "is required by the other knowledge"
        else:
            told = "stands in every one"
        raise EquivalenceError.contradiction(names[tail], names[head], told)
    state.direct(tail, head)


def _pairs(graph: CPDAG | MPDAG, arrows: Arrows) -> Iterator[tuple[int, int]]:
    """Arrows as pairs of integers, in the order given."""
    if isinstance(arrows, str):
        arrows = _arrows_of(arrows)
    try:
        listed: list[object] = list(arrows)
    except TypeError:
        raise GraphError.bad_edge(arrows) from None
    for item in listed:
        if isinstance(item, str):
            yield from _pairs(graph, item)
        elif isinstance(item, tuple | list) and len(item) == 2:
            tail, head = (graph.indices((name,))[0] for name in item)
            if tail == head:
                raise GraphError.self_loop(graph.nodes[tail])
            yield tail, head
        else:
            raise GraphError.bad_edge(item)


def _arrows_of(text: str) -> tuple[tuple[str, str], ...]:
    """The arrows that a text writes."""
    found = Graph(text)
    if found.bidirected or found.latent:
        raise GraphError.bad_edge(text)
    return found.directed


def _against_tiers(
    graph: CPDAG | MPDAG, tiers: Sequence[str | Iterable[str]]
) -> Iterator[tuple[int, int]]:
    """The arrows that would lead from a later tier to an earlier one."""
    tier: dict[int, int] = {}
    for number, names in enumerate(tiers):
        for node in graph.indices(names):
            if node in tier:
                raise EquivalenceError.tier_twice(graph.nodes[node])
            tier[node] = number
    for late in tier:
        for early in graph.ends[late]:
            if early in tier and tier[early] < tier[late]:
                yield late, early
