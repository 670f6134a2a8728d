"""How far a guessed graph is from the true one: by its edges, and by the effects it gets wrong."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from operator import and_

from causalsim.errors.distance import DistanceError
from causalsim.graph.bitsets import ancestor_sets, bits, descendant_sets
from causalsim.graph.core import Adjacency, Core, marks
from causalsim.graph.equivalence.marked import MarkedGraph
from causalsim.graph.graph import Graph, Pair, causal_graph

Edges = dict[frozenset[str], frozenset[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class AdjustmentDistance:
    """How many effects a guessed graph gets wrong.

    Attributes:
        mistakes: How many ordered pairs (treatment, outcome) the guess gets wrong.
        pairs: How many pairs there are.
        wrong: Those pairs, in the order of nodes.
    """

    mistakes: int
    pairs: int
    wrong: tuple[Pair, ...]

    @property
    def share(self) -> float:
        """The mistakes as a share of all pairs; 0 when there are none."""
        return self.mistakes / self.pairs if self.pairs else 0.0

    def __str__(self) -> str:
        """Mistakes of all."""
        return f"{self.mistakes} of {self.pairs} effects wrong"


def shd(one: Graph | MarkedGraph, other: Graph | MarkedGraph) -> int:
    """The structural Hamming distance: how many pairs of nodes are joined differently.

    A pair counts once, whether its edge is missing, extra, turned or of another kind. A metric
    between graphs over the same nodes; it says little about effects (`parent_aid` does).

    Args:
        one: A causal graph or an equivalence class.
        other: Another over the same nodes.

    Raises:
        DistanceError: the nodes differ.

    >>> shd(Graph("a -> b -> c"), Graph("a <- b -> c; a -> c"))
    2

    References:
        Tsamardinos, Brown and Aliferis, "The max-min hill-climbing Bayesian network structure
        learning algorithm" (2006), section 7.1.
    """
    for graph in (one, other):
        if not isinstance(graph, MarkedGraph):
            causal_graph(graph)
    _refuse_other_nodes(one.nodes, other.nodes)
    left, right = _joins(one), _joins(other)
    return sum(left.get(pair) != right.get(pair) for pair in left.keys() | right.keys())


def parent_aid(true: Graph, guess: Graph) -> AdjustmentDistance:
    """How many effects are wrong when each treatment's guessed parents are adjusted for.

    For each pair (t, y): the guess says that t does nothing to y when y is a guessed parent of t,
    and adjusts for the guessed parents of t otherwise. It is a mistake when, in the true graph,
    t does affect y, or that set is no valid adjustment set. For DAGs this is the structural
    intervention distance (SID). Not symmetric. Time O(nodes · (nodes + edges)).

    Args:
        true: The true DAG.
        guess: The guessed DAG over the same nodes.

    Raises:
        DistanceError: the nodes differ, or a graph has ``<->`` or latent nodes.

    >>> print(parent_aid(Graph("x -> y"), Graph("y -> x")))
    2 of 2 effects wrong

    References:
        Henckel, Würtzen and Weichwald, "Adjustment identification distance" (2024), definition 4
        and section 4.2; Peters and Bühlmann, "Structural intervention distance" (2015).
    """

    def claims(t: int) -> Iterator[tuple[int, frozenset[int] | None]]:
        parents = frozenset(guessed.parents[t])
        for y in range(guessed.size):
            yield y, None if y in parents else parents

    guessed = _aligned(true, guess)
    return _compared(true, claims)


def ancestor_aid(true: Graph, guess: Graph) -> AdjustmentDistance:
    """How many effects are wrong when each treatment's guessed ancestors are adjusted for.

    For each pair (t, y): the guess says that t does nothing to y when y is no guessed descendant
    of t, and adjusts for the guessed ancestors of t otherwise. See `parent_aid`. Graphs with one
    causal order differ by 0. Time O(nodes · (nodes + edges)).

    Args:
        true: The true DAG.
        guess: The guessed DAG over the same nodes.

    Raises:
        DistanceError: the nodes differ, or a graph has ``<->`` or latent nodes.

    >>> ancestor_aid(Graph("x -> y -> z"), Graph("x -> y -> z; x -> z")).mistakes
    0

    References:
        Henckel, Würtzen and Weichwald (2024), section 3.2.
    """

    def claims(t: int) -> Iterator[tuple[int, frozenset[int] | None]]:
        above = frozenset(bits(over[t] & ~(1 << t)))
        for y in range(guessed.size):
            yield y, above if over[y] >> t & 1 else None

    guessed = _aligned(true, guess)
    over = ancestor_sets(guessed)
    return _compared(true, claims)


def oset_aid(true: Graph, guess: Graph) -> AdjustmentDistance:
    """How many effects are wrong when the set that the guess thinks optimal is adjusted for.

    For each pair (t, y): the guess says that t does nothing to y when y is no guessed descendant
    of t, and adjusts for the guessed O-set, pa(cn) without forb, otherwise. See `parent_aid`.
    Time O(nodes² · (nodes + edges)).

    Args:
        true: The true DAG.
        guess: The guessed DAG over the same nodes.

    Raises:
        DistanceError: the nodes differ, or a graph has ``<->`` or latent nodes.

    >>> oset_aid(Graph("z -> x -> y <- z"), Graph("x -> y; z -> y")).wrong
    (('z', 'x'), ('z', 'y'))

    References:
        Henckel, Würtzen and Weichwald (2024), section 3.2; Henckel, Perković and Maathuis,
        "Graphical criteria for efficient total effect estimation" (2022), definition 12.
    """

    def claims(t: int) -> Iterator[tuple[int, frozenset[int] | None]]:
        for y in range(guessed.size):
            causal = below[t] & over[y] & ~(1 << t)
            if not causal or y == t:
                yield y, None
                continue
            parents = forbidden = 0
            for node in bits(causal):
                forbidden |= below[node]
                for parent in guessed.parents[node]:
                    parents |= 1 << parent
            yield y, frozenset(bits(parents & ~forbidden & ~(1 << t)))

    guessed = _aligned(true, guess)
    over = ancestor_sets(guessed)
    below = descendant_sets(guessed)
    return _compared(true, claims)


def _compared(
    true: Graph, claims: Callable[[int], Iterator[tuple[int, frozenset[int] | None]]]
) -> AdjustmentDistance:
    """Hold what a guess claims against the true graph, for every treatment and outcome."""
    core = true.core
    below = descendant_sets(core)
    wrong: list[Pair] = []
    for t in range(core.size):
        invalid: dict[frozenset[int], bytearray] = {}
        for y, held in claims(t):
            if y == t:
                continue
            if held is None:
                mistaken = bool(below[t] >> y & 1)
            else:
                if held not in invalid:
                    invalid[held] = _not_adjusted(core, t, held)
                mistaken = bool(invalid[held][y])
            if mistaken:
                wrong.append((true.nodes[t], true.nodes[y]))
    return AdjustmentDistance(len(wrong), core.size * (core.size - 1), tuple(wrong))


def _not_adjusted(core: Core, t: int, held: frozenset[int]) -> bytearray:
    """One byte a node y: adjusting for ``held`` does not give the effect of t on y in this DAG.

    A node y is marked when a causal path to it meets a node with a descendant held (such a node
    is forbidden), when y itself is held, or when a walk that is open given ``held`` and not causal
    comes to it. As long as no causal path to y meets such a node, a walk that begins along one
    cannot turn, so every walk that does is evidence of an open path that is not causal.
    """
    above = _closure(core.parents, held)
    below = _closure(core.children, [t])
    below[t] = 0
    bad = _closure(core.children, compress(range(core.size), map(and_, above, below)))
    passed = _closure(core.children, [t], held)
    for node in _walked(core, t, held, [node for node in held if passed[node]]):
        bad[node] = 1
    for node in held:
        bad[node] = 1
    return bad


def _closure(
    adjacency: Adjacency, starts: Iterable[int], held: frozenset[int] = frozenset()
) -> bytearray:
    """One byte a node that steps lead to from the starts, not through held nodes."""
    waiting = list(starts)
    found = marks(len(adjacency), waiting)
    while waiting:
        for other in adjacency[waiting.pop()]:
            if not found[other]:
                found[other] = 1
                if other not in held:
                    waiting.append(other)
    return found


def _walked(core: Core, t: int, held: frozenset[int], turns: list[int]) -> list[int]:
    """The nodes that open walks come to which leave t against an arrow, or turn at a held node."""
    by_tail, by_head = marks(core.size, [t]), marks(core.size, [t])
    tails: list[int] = []
    heads: list[int] = []

    def step(adjacency: list[int], seen: bytearray, stack: list[int]) -> None:
        for other in adjacency:
            if not seen[other]:
                seen[other] = 1
                stack.append(other)

    for node in (t, *turns):
        step(core.parents[node], by_tail, tails)
    while tails or heads:
        arrived_by_tail = bool(tails)
        node = tails.pop() if tails else heads.pop()
        if arrived_by_tail != (node in held):  # a chain or fork not held, or a collider held
            step(core.parents[node], by_tail, tails)
        if node not in held:
            step(core.children[node], by_head, heads)
    return [node for node in range(core.size) if by_tail[node] or by_head[node]]


def _aligned(true: Graph, guess: Graph) -> Core:
    """The guess on the integers of the true graph, both being DAGs over the same nodes."""
    true, guess = causal_graph(true), causal_graph(guess)
    for which, graph in (("true", true), ("guessed", guess)):
        if graph.bidirected or graph.latent:
            hidden = [*graph.latent, *(f"{a} <-> {b}" for a, b in graph.bidirected)]
            raise DistanceError.not_a_dag(which, hidden)
    _refuse_other_nodes(true.nodes, guess.nodes)
    index = {node: place for place, node in enumerate(true.nodes)}
    return Core.build(len(true), ((index[a], index[b]) for a, b in guess.directed))


def _refuse_other_nodes(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Both graphs must be over the same nodes."""
    left, right = set(one), set(other)
    if left != right:
        raise DistanceError.other_nodes(
            [node for node in one if node not in right],
            [node for node in other if node not in left],
        )


def _joins(graph: Graph | MarkedGraph) -> Edges:
    """For each pair that is joined, how: an edge as the marks at its ends."""
    found: dict[frozenset[str], set[tuple[str, ...]]] = {}
    if isinstance(graph, Graph):
        edges = [*((a, b, "-", ">") for a, b in graph.directed)]
        edges += ((a, b, ">", ">") for a, b in graph.bidirected)
    else:
        edges = [(e.one, e.other, e.mark_one, e.mark_other) for e in graph.edges]
    for one, other, mark_one, mark_other in edges:
        ends = sorted(((one, mark_one), (other, mark_other)))
        found.setdefault(frozenset((one, other)), set()).add((*ends[0], *ends[1]))
    return {pair: frozenset(edges) for pair, edges in found.items()}
