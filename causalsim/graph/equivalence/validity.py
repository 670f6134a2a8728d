"""Is this a class at all: does some graph have exactly these marks?"""

from causalsim.errors.equivalence import EquivalenceError
from causalsim.errors.graph import GraphError
from causalsim.graph.equivalence.ancestral import ancestor_sets, unseparable
from causalsim.graph.equivalence.essential import (
    components,
    directed_core,
    essential_ends,
    extension,
    member_of_cpdag,
    undirected,
)
from causalsim.graph.equivalence.marked import Ends, MarkedEdge
from causalsim.graph.equivalence.meek import REASONS, Orientation
from causalsim.graph.equivalence.rules import invariant_marks, member_of_pag
from causalsim.graph.notation.arrows import ARROW, TAIL

Nodes = tuple[str, ...]


def check_cpdag(nodes: Nodes, ends: Ends) -> None:
    """Whether the marks are those of the CPDAG of a DAG.

    One candidate member is directed in linear time; if the graph is a CPDAG, then the CPDAG of
    that member is the graph itself, and if it is not, no member can show that it is.
    """
    _check_acyclic(nodes, ends)
    core = directed_core(member_of_cpdag(ends))
    if core.order() is not None and essential_ends(core) == ends:
        return
    found, left = extension(ends)
    if found is None:
        raise _no_member("CPDAG", nodes, ends, left)
    truth = essential_ends(directed_core(found))
    for tail, around in enumerate(ends):
        for head, mark in around.items():
            if mark == ARROW and truth[tail][head] == TAIL:
                raise EquivalenceError.not_compelled(nodes[tail], nodes[head])
            if mark == TAIL and truth[tail][head] == ARROW:
                raise EquivalenceError.compelled("CPDAG", nodes[tail], nodes[head])


def check_mpdag(nodes: Nodes, ends: Ends) -> None:
    """Whether the marks are closed under Meek's rules and some DAG agrees with them."""
    state = _closed("MPDAG", nodes, ends)
    for tail, around in enumerate(ends):
        for head, mark in around.items():
            if mark == TAIL and state.ends[tail][head] == ARROW:
                why = reason(nodes, state, tail, head)
                raise EquivalenceError.compelled("MPDAG", nodes[tail], nodes[head], why)


def closed(nodes: Nodes, ends: Ends) -> Ends:
    """The marks with everything directed that follows from the arrows."""
    return _closed("MPDAG", nodes, ends).ends


def reason(nodes: Nodes, state: Orientation, tail: int, head: int) -> str:
    """Why an arrow was directed, in words; nothing for one that was given."""
    rule, by = state.why.get((tail, head), ("", ()))
    if rule not in REASONS:
        return ""
    return f"Meek's {rule}: {REASONS[rule].format(*(nodes[node] for node in by))}"


def _closed(kind: str, nodes: Nodes, ends: Ends) -> Orientation:
    """The closure of a partially directed graph that has a member."""
    _check_acyclic(nodes, ends)
    found, left = extension(ends)
    if found is None:
        raise _no_member(kind, nodes, ends, left)
    state = Orientation(essential_ends(directed_core(found)))
    given = Orientation(ends).all_arrows()
    # The member agrees with every arrow, so none of them can contradict what the rules direct.
    for tail, head in given:
        state.direct(tail, head)
    return state


def _check_acyclic(nodes: Nodes, ends: Ends) -> None:
    """An error that prints a directed cycle, if there is one."""
    core = directed_core(ends)
    if core.order() is None:
        raise GraphError.cycle([nodes[node] for node in core.cycle()])


def _no_member(kind: str, nodes: Nodes, ends: Ends, left: list[int]) -> EquivalenceError:
    """The error for edges that no DAG directs: an undirected ring without a chord, or the rest."""
    kept = set(left)
    plain = [[b for b in around if b in kept] for around in undirected(ends)]
    ring = _ring(ends, [around if a in kept else [] for a, around in enumerate(plain)])
    if ring:
        return EquivalenceError.not_chordal(kind, [nodes[node] for node in ring])
    parts = components([around if a in kept else [] for a, around in enumerate(plain)])
    culprit = parts[0] if parts else left
    return EquivalenceError.no_member(kind, [nodes[node] for node in culprit])


def _ring(ends: Ends, adjacent: list[list[int]]) -> list[int]:
    """Nodes around a ring of undirected edges, of length 4 or more, without any chord."""
    for middle, around in enumerate(adjacent):
        for start in around:
            # A shortest way from start to a neighbour of middle that is not joined to start,
            # through nodes that are not joined to middle, closes such a ring.
            before = {start: start}
            queue = [start]
            for node in queue:
                for other in adjacent[node]:
                    if other in before or other == middle:
                        continue
                    if other in around and other not in ends[start]:
                        path = [other, node]
                        while path[-1] != start:
                            path.append(before[path[-1]])
                        return [middle, *path[::-1]]
                    if other not in ends[middle]:
                        before[other] = node
                        queue.append(other)
    return []


def check_mag(nodes: Nodes, ends: Ends) -> None:
    """Whether the graph is ancestral and maximal (Richardson and Spirtes 2002, section 3)."""
    _check_acyclic(nodes, ends)
    above = ancestor_sets(ends)
    for one, around in enumerate(ends):
        for other, mark in around.items():
            near = ends[other][one]
            if mark == near == ARROW and above[other] >> one & 1:
                raise EquivalenceError.almost_cycle(nodes[one], nodes[other])
            if mark == near == TAIL:
                for third in ends[one]:
                    if ends[third][one] == ARROW:
                        raise EquivalenceError.arrow_at_undirected(nodes[one], nodes[other])
    pair = unseparable(ends, above)
    if pair is not None:
        one, other = pair
        marks = (
            TAIL if above[other] >> one & 1 else ARROW,
            TAIL if above[one] >> other & 1 else ARROW,
        )
        edge = MarkedEdge(nodes[one], nodes[other], *marks)
        raise EquivalenceError.not_maximal(nodes[one], nodes[other], str(edge))


def check_pag(nodes: Nodes, ends: Ends) -> None:
    """Whether the marks are exactly those shared by the members of a class of MAGs."""
    found = member_of_pag(ends)
    try:
        check_mag(nodes, found)
    except GraphError as error:
        detail = f"directing its circles gives a graph that is no MAG. {error.message}"
        raise EquivalenceError.no_pag(detail) from None
    truth = invariant_marks(found)
    for one, around in enumerate(ends):
        for other, mark in around.items():
            if truth[one][other] != mark:
                written = MarkedEdge(nodes[one], nodes[other], ends[other][one], mark)
                should = MarkedEdge(nodes[one], nodes[other], truth[other][one], truth[one][other])
                detail = f"the others' marks would make {written} into {should}"
                raise EquivalenceError.no_pag(detail)
