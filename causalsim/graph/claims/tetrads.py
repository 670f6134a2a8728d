"""What linear models forbid beyond vanishing correlations: vanishing tetrads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from causalsim.graph.graph import Graph, Names, causal_graph

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tetrad:
    """The claim σ(a, c) σ(b, d) = σ(a, d) σ(b, c) for two pairs (a, b) and (c, d).

    Attributes:
        one: The pair (a, b).
        other: The pair (c, d).
        choke: A node that every trek between the pairs passes, on one and the same side; None
            when no trek joins the pairs at all.
        trivial: Whether both products are zero, because of covariances that vanish.
    """

    one: Pair
    other: Pair
    choke: str | None
    trivial: bool

    def __str__(self) -> str:
        """The equation."""
        (a, b), (c, d) = self.one, self.other
        return f"σ({a}, {c}) σ({b}, {d}) = σ({a}, {d}) σ({b}, {c})"


def vanishing_tetrads(graph: Graph, among: Names = ()) -> Iterator[Tetrad]:
    """Every tetrad that vanishes in all linear models of a graph, one after the other.

    The determinant of the covariances of (a, b) with (c, d) is zero in every linear model exactly
    when one node, on one side, t-separates them: each trek from the one pair to the other passes
    it. That is found for each four variables by two augmentations of a flow, in time
    O(nodes + edges) each. Take some with ``itertools.islice``: n variables have about n⁴ / 8.

    Args:
        graph: The causal graph; latent nodes and ``<->`` are what makes tetrads interesting.
        among: The measured variables to look at; all observed ones by default.

    Returns:
        The tetrads, for each four variables at most three.

    Raises:
        GraphError: an unknown node.

    >>> factor = Graph("f -> {a b c d}", latent="f")
    >>> for tetrad in vanishing_tetrads(factor):
    ...     print(tetrad)
    σ(a, c) σ(b, d) = σ(a, d) σ(b, c)
    σ(a, b) σ(c, d) = σ(a, d) σ(c, b)
    σ(a, b) σ(d, c) = σ(a, c) σ(d, b)

    References:
        Spearman, "General intelligence, objectively determined and measured" (1904); Sullivant,
        Talaska and Draisma, "Trek separation for Gaussian graphical models" (2010), theorem 2.8
        and corollary 2.16; Spirtes, Glymour and Scheines, "Causation, prediction, and search"
        (2000), theorem 6.10.
    """
    graph = causal_graph(graph)
    names = graph.names(graph.indices(among))
    wanted = sorted(graph.indices(names or graph.observed))
    treks = _Treks(graph)
    joined = {node: treks.reached(node) for node in wanted}
    for a, b, c, d in combinations(wanted, 4):
        for one, other in (((a, b), (c, d)), ((a, c), (b, d)), ((a, d), (b, c))):
            flow, choke = treks.bottleneck(one, other)
            if flow > 1:
                continue
            (i, k), (j, m) = one, other
            trivial = not (joined[i][j] and joined[k][m]) and not (joined[i][m] and joined[k][j])
            yield Tetrad(
                (graph.nodes[i], graph.nodes[k]),
                (graph.nodes[j], graph.nodes[m]),
                None if choke is None else graph.nodes[choke],
                trivial,
            )


class _Treks:
    """The network of treks: up the arrows on the left, across at the top, down on the right.

    Place 2 n + s is node n on side s (0 left, 1 right). Each place carries one unit of flow, so
    it is split in an entry 2 p and an exit 2 p + 1.
    """

    __slots__ = ("_next",)

    def __init__(self, graph: Graph) -> None:
        core = graph.core
        self._next: list[list[int]] = [[] for _ in range(2 * core.size)]
        for node in range(core.size):
            # A trek turns at a node (its own noise) or over a hidden cause of two.
            across = [2 * other + 1 for other in (node, *core.siblings[node])]
            self._next[2 * node] = [*(2 * parent for parent in core.parents[node]), *across]
            self._next[2 * node + 1] = [2 * child + 1 for child in core.children[node]]

    def reached(self, node: int) -> bytearray:
        """One byte a node: whether a trek joins it to the given one."""
        seen = bytearray(len(self._next))
        seen[2 * node] = 1
        waiting = [2 * node]
        while waiting:
            for place in self._next[waiting.pop()]:
                if not seen[place]:
                    seen[place] = 1
                    waiting.append(place)
        return seen[1::2]

    def bottleneck(self, one: Iterable[int], other: Iterable[int]) -> tuple[int, int | None]:
        """How many treks can run side by side, at most two, and a node where a single one must.

        Two augmentations of a flow with one unit a place (Ford and Fulkerson 1956).
        """
        sources, sinks = [2 * node for node in one], {2 * node + 1 for node in other}
        path, _ = self._augment(sources, sinks, [], {})
        if path is None:
            return 0, None
        forward = {path[place]: path[place + 1] for place in range(len(path) - 1)}
        second, cut = self._augment(sources, sinks, path, forward)
        return (2, None) if second is not None else (1, None if cut is None else cut // 2)

    def _augment(
        self, sources: list[int], sinks: set[int], used: list[int], forward: dict[int, int]
    ) -> tuple[list[int] | None, int | None]:
        """A path that adds to a flow along ``used``; or None and the last place on it in reach.

        A place on the used path may be entered from outside only to go back along the path, and
        left to the outside again from any place that was gone back to.
        """
        back = {after: before for before, after in forward.items()}
        on_path = set(used)
        # State 2 p: arrived at the entry of p; 2 p + 1: at its exit.
        came: dict[int, int] = {}
        waiting: list[int] = []
        for source in sources:
            state = 2 * source
            if source not in on_path or source != used[0]:
                came[state] = -1
                waiting.append(state)
        while waiting:
            state = waiting.pop()
            place, at_exit = divmod(state, 2)
            if at_exit:
                if place in sinks and place not in used[-1:]:
                    return self._traced(came, state), None
                steps = [2 * after for after in self._next[place] if forward.get(place) != after]
                if place in on_path:
                    steps.append(2 * place)  # undo the passage through this place
            elif place in on_path:
                steps = [2 * back[place] + 1] if place in back else []
            else:
                steps = [2 * place + 1]
            for step in steps:
                if step not in came:
                    came[step] = state
                    waiting.append(step)
        cut = next((place for place in used if 2 * place + 1 not in came), None)
        return None, cut

    @staticmethod
    def _traced(came: dict[int, int], state: int) -> list[int]:
        """The places of a path, from its source."""
        states = []
        while state != -1:
            states.append(state)
            state = came[state]
        return [found // 2 for found in states[::-1] if found % 2]
