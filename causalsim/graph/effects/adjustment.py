"""Which variables to adjust for: whether a set is valid, what spoils it, and a minimal one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from causalsim.errors import GraphError
from causalsim.graph.core import marks
from causalsim.graph.effects.proper import Effect, candidates, effect, members
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.parting import adjusting, minimal_near_x
from causalsim.graph.separation.paths import Path, witness
from causalsim.graph.separation.separators import every_minimal


@dataclass(frozen=True, slots=True)
class AdjustmentVerdict:
    """Whether a set is valid for adjustment and, if not, what spoils it.

    Attributes:
        valid: Whether Σ_z P(y | x, z) P(z) = P(y | do(x)) in every model of the graph.
        why: The reason, in words.
        latent: Members that cannot be measured.
        forbidden: Members on or below a proper causal path.
        path: A path that is not causal and stays open; None when none does.
    """

    valid: bool
    why: str
    latent: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    path: Path | None = None

    def __bool__(self) -> bool:
        """Whether the set is valid."""
        return self.valid

    def __str__(self) -> str:
        """The reason."""
        return self.why


def is_adjustment_set(graph: Graph, x: Names, y: Names, z: Names = ()) -> bool:
    """Whether adjustment for Z gives the effect of X on Y in every model of the graph.

    The complete criterion: Σ_z P(y | x, z) P(z) = P(y | do(x)) in all models if and only if no
    member of Z is on a proper causal path from X to Y or below one, and Z blocks every proper path
    from X to Y that is not causal. Latent nodes may not be in Z. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        z: What is adjusted for, Z.

    Raises:
        GraphError: an unknown node; X, Y and Z overlap; an empty or latent X or Y.

    >>> graph = Graph("u -> x -> m -> y <- u")
    >>> is_adjustment_set(graph, "x", "y", "u"), is_adjustment_set(graph, "x", "y", "m")
    (True, False)

    References:
        Shpitser, VanderWeele and Robins, "On the validity of covariate adjustment for estimating
        causal effects" (2010), theorem 5; van der Zander, Liśkiewicz and Textor, "Constructing
        separators and adjustment sets in ancestral graphs" (2014), theorem 4.6.
    """
    question = effect(graph, x, y)
    held = _adjusted(question, z)
    hidden = set(graph.indices(graph.latent))
    if any(question.forbidden[node] or node in hidden for node in held):
        return False
    return question.blocked(marks(len(graph), held))


def explain_adjustment(graph: Graph, x: Names, y: Names, z: Names = ()) -> AdjustmentVerdict:
    """Whether a set is valid for adjustment and, if not, which node or path spoils it.

    The same criterion as `is_adjustment_set`; a spoiling path is a shortest one.

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        z: What is adjusted for, Z.

    Raises:
        GraphError: an unknown node; X, Y and Z overlap; an empty or latent X or Y.

    >>> graph = Graph("u -> x -> m -> y <- u; m -> d")
    >>> print(explain_adjustment(graph, "x", "y", "d"))
    d is a descendant of m, which lies on the causal path x -> m -> y.
    >>> print(explain_adjustment(graph, "x", "y"))
    x <- u -> y is open: u, a common cause, is not held.

    References:
        Shpitser, VanderWeele and Robins (2010), theorem 5.
    """
    question = effect(graph, x, y)
    held = _adjusted(question, z)
    adjusted = set(graph.names(held))
    latent = tuple(node for node in graph.latent if node in adjusted)
    if latent:
        why = f"{', '.join(latent)} is latent, so that no data can be adjusted for it."
        return AdjustmentVerdict(False, why, latent=latent)
    spoilers = [node for node in held if question.forbidden[node]]
    if spoilers:
        why = " ".join(_why_forbidden(question, node) for node in spoilers)
        return AdjustmentVerdict(False, why, forbidden=graph.names(spoilers))
    path = witness(graph, question.x, question.y, held, question.causal)
    if path is not None:
        return AdjustmentVerdict(False, path.why, path=path)
    shown = f"{{{', '.join(graph.names(held))}}}" if held else "the empty set"
    why = f"every proper path that is not causal is blocked by {shown}, and no causal one is."
    return AdjustmentVerdict(True, why[0].upper() + why[1:])


def minimal_adjustment_set(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """One valid adjustment set of which no member outside ``must`` can be left out.

    Among the minimal sets it is one close to X. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that the set must contain.
        may: Nodes that the set may contain; every observed one by default.

    Returns:
        The set in the graph's order, empty when nothing needs adjustment; None when no valid set
        exists.

    Raises:
        GraphError: an unknown node; X, Y and ``must`` overlap; a latent node in X, Y or ``must``;
            a node of ``must`` that is not in ``may``.

    >>> minimal_adjustment_set(Graph("u -> x -> y <- u; v -> y"), "x", "y")
    ('u',)
    >>> minimal_adjustment_set(Graph("x -> y"), "x", "y")
    ()
    >>> minimal_adjustment_set(Graph("x -> y; x <-> y"), "x", "y") is None
    True

    References:
        van der Zander and Liśkiewicz, "Finding minimal d-separators in linear time and
        applications" (2020), algorithms FINDNEARESTSEP and FINDMINSEP; van der Zander, Liśkiewicz
        and Textor, "Separators and adjustment sets in causal graphs" (2019).
    """
    question = effect(graph, x, y)
    needed, allowed = candidates(graph, question.x, question.y, must, may)
    task = adjusting(question, needed, allowed)
    return None if task is None else graph.names(minimal_near_x(task))


def minimal_adjustment_sets(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> Iterator[tuple[str, ...]]:
    """Every minimal adjustment set, one after the other, each once.

    Lazy: there can be exponentially many; the time between two is polynomial. Take some with
    ``itertools.islice``.

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that every set must contain; minimal then means that no other can be left out.
        may: Nodes that a set may contain; every observed one by default.

    Returns:
        The sets, each in the graph's order; none when no valid set exists.

    Raises:
        GraphError: an unknown node; X, Y and ``must`` overlap; a latent node in X, Y or ``must``;
            a node of ``must`` that is not in ``may``.

    >>> list(minimal_adjustment_sets(Graph("x <- u -> v -> y <- x"), "x", "y"))
    [('u',), ('v',)]

    References:
        van der Zander, Liśkiewicz and Textor (2019), section 4.4; Takata, "Space-optimal,
        backtracking algorithms to list the minimal vertex separators of a graph" (2010).
    """
    question = effect(graph, x, y)
    needed, allowed = candidates(graph, question.x, question.y, must, may)
    task = adjusting(question, needed, allowed)
    return iter(()) if task is None else (graph.names(found) for found in every_minimal(task))


def causal_nodes(graph: Graph, x: Names, y: Names) -> tuple[str, ...]:
    """The nodes on proper causal paths from X to Y, those in X left out: cn(X, Y).

    Raises:
        GraphError: an unknown node; X and Y overlap; an empty or latent X or Y.

    >>> causal_nodes(Graph("x -> m -> y; m -> d"), "x", "y")
    ('m', 'y')

    References:
        Perković, Textor, Kalisch and Maathuis, "Complete graphical characterization and
        construction of adjustment sets" (2018), section 2.
    """
    question = effect(graph, x, y)
    return graph.names(members(question.causal))


def forbidden(graph: Graph, x: Names, y: Names) -> tuple[str, ...]:
    """The causal nodes and their descendants, which no valid adjustment set contains: forb(X, Y).

    Raises:
        GraphError: an unknown node; X and Y overlap; an empty or latent X or Y.

    >>> forbidden(Graph("x -> m -> y; m -> d"), "x", "y")
    ('m', 'y', 'd')

    References:
        Perković, Textor, Kalisch and Maathuis (2018), definition 3.
    """
    question = effect(graph, x, y)
    return graph.names(members(question.forbidden))


def _adjusted(question: Effect, z: Names) -> list[int]:
    """The integers of Z, which may not meet X or Y."""
    graph = question.graph
    held = graph.indices(z)
    for role, nodes in (("x", question.x), ("y", question.y)):
        both = set(nodes).intersection(held)
        if both:
            raise GraphError.overlap(graph.names(sorted(both)), role, "z")
    return sorted(held)


def _why_forbidden(question: Effect, node: int) -> str:
    """Where a forbidden node stands to the causal paths."""
    graph, core = question.graph, question.graph.core
    name = graph.nodes[node]
    rise = _route(core.parents, node, question.causal, range(core.size))
    on_path = rise[-1]
    # Every causal node has a parent that is causal or in X, and a child that is, down to Y.
    starts, ends = marks(core.size, question.x), marks(core.size, question.y)
    up = _route(core.parents, on_path, starts, [*members(question.causal), *question.x])
    down = _route(core.children, on_path, ends, members(question.causal))
    shown = " -> ".join(graph.names([*up[::-1], *down[1:]]))
    if node == on_path:
        return f"{name} lies on the causal path {shown}."
    return (
        f"{name} is a descendant of {graph.nodes[on_path]}, which lies on the causal path {shown}."
    )


def _route(
    adjacency: list[list[int]], start: int, goal: bytearray, within: Iterable[int]
) -> list[int]:
    """A shortest way along an adjacency to a goal that can be reached."""
    inside = marks(len(adjacency), within)
    came = {start: start}
    queue = [start]
    for node in queue:
        if goal[node]:
            way = [node]
            while came[way[-1]] != way[-1]:
                way.append(came[way[-1]])
            return way[::-1]
        for other in adjacency[node]:
            if inside[other] and other not in came:
                came[other] = node
                queue.append(other)
    raise AssertionError("the goal cannot be reached")  # pragma: no cover
