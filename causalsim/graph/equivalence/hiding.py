"""What a graph with hidden and selected variables implies for those measured: its MAG and PAG."""

from collections.abc import Iterator

from causalsim.errors.equivalence import EquivalenceError
from causalsim.errors.graph import GraphError
from causalsim.graph.core import Core, marks
from causalsim.graph.equivalence.ancestral import ancestor_bits
from causalsim.graph.equivalence.classes import MAG, PAG
from causalsim.graph.equivalence.marked import Ends
from causalsim.graph.equivalence.rules import invariant_marks, member_of_pag
from causalsim.graph.graph import Graph, Names
from causalsim.graph.notation.arrows import ARROW, TAIL
from causalsim.graph.walk import CONNECTED, walk


def mag_of(graph: Graph, *, selected: Names = ()) -> MAG:
    """The MAG of a graph whose latent nodes are hidden, over the nodes that are measured.

    Two measured nodes are joined when no set of measured nodes separates them, with the selected
    nodes conditioned on. The mark at a is a tail when a is an ancestor of b or of a selected
    node, an arrow otherwise. An arrow ``a -> b`` of a MAG does not say that a and b share no
    hidden cause; see `visible_edges`.

    Args:
        graph: The graph; its ``latent`` nodes are hidden and its ``<->`` are hidden causes.
        selected: Nodes by which the sample was selected, that is conditioned on throughout.

    Raises:
        EquivalenceError: no causal graph.
        GraphError: an unknown node, or one both selected and latent.

    >>> print(mag_of(Graph("a -> b <- u -> c <- d; u [latent]")))
    a -> b
    b <-> c
    d -> c

    References:
        Richardson and Spirtes, "Ancestral graph Markov models" (2002), section 4.2.1 and
        theorem 4.2.
    """
    if not isinstance(graph, Graph):
        raise EquivalenceError.wrong_kind(graph, "a Graph")
    conditioned, hidden = graph.indices(selected), graph.indices(graph.latent)
    both = set(conditioned) & set(hidden)
    if both:
        raise GraphError.overlap(graph.names(sorted(both)), "selected", "latent")
    gone = marks(len(graph), [*conditioned, *hidden])
    kept = [node for node in range(len(graph)) if not gone[node]]
    place = {node: number for number, node in enumerate(kept)}
    core = graph.core
    above = ancestor_bits(core.parents, core.order() or [])
    below_selected = 0
    for node in conditioned:
        below_selected |= above[node]
    ends: Ends = [{} for _ in kept]
    for one, other in _joined(graph, kept, conditioned, hidden, above, below_selected):
        tail = (above[other] | below_selected) >> one & 1
        far_tail = (above[one] | below_selected) >> other & 1
        ends[place[other]][place[one]] = TAIL if tail else ARROW
        ends[place[one]][place[other]] = TAIL if far_tail else ARROW
    return MAG.trusted(graph.names(kept), [dict(sorted(around.items())) for around in ends])


def pag_of(graph: Graph | MAG, *, selected: Names = ()) -> PAG:
    """The PAG of a MAG, or of a graph with hidden nodes: the marks that data could ever tell.

    A mark stands when every Markov-equivalent MAG has it; every other mark is a circle. Time is
    polynomial; the rules are Zhang's, which find all such marks.

    Args:
        graph: A MAG, or a graph whose ``latent`` nodes and ``<->`` are hidden causes.
        selected: Nodes by which the sample was selected; for a graph only.

    Raises:
        EquivalenceError: neither a graph nor a MAG.
        GraphError: an unknown node, or one both selected and latent.

    >>> print(pag_of(Graph("a -> c <- b; c -> d")))
    a o-> c
    b o-> c
    c -> d

    References:
        Zhang (2008), theorems 1 to 4.
    """
    mag = graph if isinstance(graph, MAG) else mag_of(graph, selected=selected)
    if mag is graph:
        mag.indices(selected)
        if selected:
            raise EquivalenceError.wrong_kind(graph, "a Graph when selected= is given")
    return PAG.trusted(mag.nodes, invariant_marks(mag.ends))


def mag_member(pag: PAG) -> MAG:
    """One MAG of the class of a PAG, with as few arrows as possible.

    Args:
        pag: The class.

    Raises:
        EquivalenceError: not a PAG.

    >>> print(mag_member(PAG("a o-> c <-o b; c -> d")))
    a -> c
    b -> c
    c -> d

    References:
        Zhang (2008), theorem 2.
    """
    if not isinstance(pag, PAG):
        raise EquivalenceError.wrong_kind(pag, "a PAG")
    return MAG.trusted(pag.nodes, member_of_pag(pag.ends))


def _joined(
    graph: Graph,
    kept: list[int],
    conditioned: list[int],
    hidden: list[int],
    above: list[int],
    below_selected: int,
) -> Iterator[tuple[int, int]]:
    """The pairs of measured nodes that no set of measured nodes separates."""
    core = graph.core
    size = core.size
    concealed = marks(size, hidden)
    kept_bits = sum(1 << node for node in kept)
    held = sum(1 << node for node in conditioned)
    for one in kept:
        direct = {*core.parents[one], *core.children[one], *core.siblings[one]}
        for other in _candidates(core, one, concealed):
            if other <= one or not kept_bits >> other & 1:
                continue
            if other in direct:
                yield one, other
                continue
            # Theorem 4.2: the ancestors separate the two unless nothing does.
            given = (above[one] | above[other] | below_selected) & kept_bits | held
            given &= ~(1 << one | 1 << other)
            if other in walk(core, CONNECTED, [one], _bytes(given, size)):
                yield one, other


def _candidates(core: Core, start: int, concealed: bytearray) -> list[int]:
    """Nodes at the ends of paths whose inner nodes are hidden or colliders (all inducing paths).

    A collider must be an ancestor of an end, or of a selected node; the first is looked up later.
    """
    tail, head = bytearray(core.size), bytearray(core.size)
    states = [(node, tail) for node in core.parents[start]]
    states += [(node, head) for node in (*core.children[start], *core.siblings[start])]
    for node, seen in states:
        seen[node] = 1
    while states:
        node, arrived = states.pop()
        moves = []
        if concealed[node] or arrived is head:
            moves.append((core.parents[node], tail))
            moves.append((core.siblings[node], head))
        if concealed[node]:
            moves.append((core.children[node], head))
        for around, seen in moves:
            for other in around:
                if not seen[other] and other != start:
                    seen[other] = 1
                    states.append((other, seen))
    return [node for node in range(core.size) if tail[node] or head[node]]


def _bytes(bits: int, size: int) -> bytearray:
    """A set as one byte a node."""
    found = bytearray(size)
    while bits:
        low = bits & -bits
        found[low.bit_length() - 1] = 1
        bits ^= low
    return found
