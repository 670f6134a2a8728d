"""Which mediators open the front door: sets that carry the whole effect and are not confounded."""

from collections.abc import Iterator
from dataclasses import dataclass

from causalsim.graph.core import marks
from causalsim.graph.effects.mediation import Mediation, intercepts
from causalsim.graph.effects.proper import candidates, members, refuse_hidden
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.criterion import disjoint
from causalsim.graph.separation.paths import Path, directed_path, witness
from causalsim.graph.walk import BACK_DOOR, walk


@dataclass(frozen=True, slots=True)
class FrontDoorVerdict:
    """Whether a set meets the front-door criterion and, if not, what spoils it.

    Attributes:
        valid: Whether the front-door formula holds in every model of the graph.
        why: The reason, in words.
        path: The path that spoils it, if one does.
    """

    valid: bool
    why: str
    path: Path | None = None

    def __bool__(self) -> bool:
        """Whether the set is valid."""
        return self.valid

    def __str__(self) -> str:
        """The reason."""
        return self.why


def explain_front_door(graph: Graph, x: Names, y: Names, z: Names) -> FrontDoorVerdict:
    """Whether Z meets the front-door criterion for the effect of X on Y and, if not, why.

    (1) Z is on every directed path from X to Y; (2) no back-door path from X to Z is open; (3) X
    blocks every back-door path from Z to Y. Then
    P(y | do(x)) = Σ_z P(z | x) Σ_x′ P(y | x′, z) P(x′). Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        z: The mediators, Z; they may be empty where X does not affect Y.

    Raises:
        GraphError: an unknown node; X, Y and Z overlap; an empty or latent X or Y.

    >>> graph = Graph("smoking -> tar -> cancer; smoking <-> cancer")
    >>> bool(explain_front_door(graph, "smoking", "cancer", "tar"))
    True
    >>> print(explain_front_door(Graph("x -> m -> y; x <-> y; x -> y"), "x", "y", "m"))
    The directed path x -> y does not pass through {m}.

    References:
        Pearl, "Causal diagrams for empirical research" (1995), theorem 2; Jeong, Tian and
        Bareinboim, "Finding and listing front-door adjustment sets" (2022), for sets.
    """
    starts, ends, through = disjoint(graph, x, y, z)
    _refuse_latent_ends(graph, starts, ends)
    shown = f"{{{', '.join(graph.names(sorted(through)))}}}"
    hidden = [node for node in graph.names(through) if node in graph.latent]
    if hidden:
        return FrontDoorVerdict(False, f"{', '.join(hidden)} is latent and cannot be measured.")
    bypass = directed_path(graph, starts, ends, through)
    if bypass is not None:
        why = f"The directed path {bypass} does not pass through {shown}."
        return FrontDoorVerdict(False, why, bypass)
    back_only = bytearray(b"\1" * len(graph))
    into = witness(graph, starts, through, (), back_only)
    if into is not None:
        why = f"The back-door path {into} into {into.nodes[-1]} is open."
        return FrontDoorVerdict(False, why, into)
    out = witness(graph, through, ends, starts, back_only)
    if out is not None:
        given = ", ".join(graph.names(starts))
        why = f"The back-door path {out} from {out.nodes[0]} is open given {given}."
        return FrontDoorVerdict(False, why, out)
    why = (
        f"{shown} lies on every directed path from {', '.join(graph.names(starts))} to "
        f"{', '.join(graph.names(ends))}; no back door into {shown} is open, and "
        f"{', '.join(graph.names(starts))} blocks every back door out of {shown}."
    )
    return FrontDoorVerdict(True, why)


def is_front_door_set(graph: Graph, x: Names, y: Names, z: Names) -> bool:
    """Whether Z meets the front-door criterion for the effect of X on Y.

    Time O(nodes + edges). See `explain_front_door` for the criterion and for what spoils a set.

    Raises:
        GraphError: an unknown node; X, Y and Z overlap; an empty or latent X or Y.

    >>> is_front_door_set(Graph("x -> m -> y; x <-> y; a -> m; a -> y"), "x", "y", ["a", "m"])
    True

    References:
        Jeong, Tian and Bareinboim (2022), definition 1.
    """
    starts, ends, through = disjoint(graph, x, y, z)
    _refuse_latent_ends(graph, starts, ends)
    core, goal = graph.core, marks(len(graph), ends)
    if any(graph.nodes[node] in graph.latent for node in through):
        return False
    if not intercepts(core, starts, ends, marks(core.size, through)):
        return False
    into = walk(core, BACK_DOOR, starts, until=marks(core.size, through))
    if any(node in into for node in through):
        return False
    out = walk(core, BACK_DOOR, through, marks(core.size, starts), until=goal)
    return not any(node in out for node in ends)


def maximal_front_door_set(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """The largest front-door set, which contains every other.

    Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that the set must contain.
        may: Nodes that the set may contain; every observed one by default.

    Returns:
        The set in the graph's order; None when no front-door set exists.

    Raises:
        GraphError: an unknown node; X, Y and ``must`` overlap; a latent node in X, Y or ``must``;
            a node of ``must`` that is not in ``may``.

    >>> maximal_front_door_set(Graph("x -> m -> y; x <-> y; a -> m; a -> y"), "x", "y")
    ('m', 'a')

    References:
        Wienöbst, van der Zander and Liśkiewicz, "Linear-time algorithms for front-door adjustment
        in causal graphs" (2024), algorithm 1.
    """
    task = _task(graph, x, y, must, may)
    found = task.largest(task.allowed, task.needed)
    return None if found is None else graph.names(members(found))


def minimal_front_door_set(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """A front-door set of which no members outside ``must`` can be left out.

    Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that the set must contain.
        may: Nodes that the set may contain; every observed one by default.

    Returns:
        The set in the graph's order, empty where X does not affect Y; None when no front-door set
        exists.

    Raises:
        GraphError: an unknown node; X, Y and ``must`` overlap; a latent node in X, Y or ``must``;
            a node of ``must`` that is not in ``may``.

    >>> minimal_front_door_set(Graph("x -> a -> b -> y; x <-> y"), "x", "y")
    ('b',)

    References:
        Wienöbst, van der Zander and Liśkiewicz (2024), section 5.
    """
    task = _task(graph, x, y, must, may)
    found = task.largest(task.allowed, task.needed)
    return None if found is None else graph.names(members(task.smallest(found)))


def front_door_sets(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> Iterator[tuple[str, ...]]:
    """Every front-door set, one after the other, each once, minimal or not.

    Lazy: there can be exponentially many; the time between two is O(n (n + m)) for n nodes and m
    edges. Take some with ``itertools.islice``.

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that every set must contain.
        may: Nodes that a set may contain; every observed one by default.

    Returns:
        The sets, each in the graph's order; none when no front-door set exists.

    Raises:
        GraphError: an unknown node; X, Y and ``must`` overlap; a latent node in X, Y or ``must``;
            a node of ``must`` that is not in ``may``.

    >>> list(front_door_sets(Graph("x -> a -> b -> y; x <-> y"), "x", "y"))
    [('b',), ('a',), ('a', 'b')]

    References:
        Wienöbst, van der Zander and Liśkiewicz (2024), section 4; Jeong, Tian and Bareinboim
        (2022), algorithm LISTFDSETS.
    """
    task = _task(graph, x, y, must, may)
    return (graph.names(members(found)) for found in task.every())


def _task(graph: Graph, x: Names, y: Names, must: Names, may: Names | None) -> Mediation:
    """The question, checked; what a back-door path from X reaches is not allowed (condition 2)."""
    starts, ends, _ = disjoint(graph, x, y)
    _refuse_latent_ends(graph, starts, ends)
    needed, allowed = candidates(graph, starts, ends, must, may)
    confounded = walk(graph.core, BACK_DOOR, starts)
    for node in confounded.nodes():
        allowed[node] = 0
    return Mediation(graph.core, starts, ends, needed, allowed)


def _refuse_latent_ends(graph: Graph, x: list[int], y: list[int]) -> None:
    """The treatment and the outcome must be measured."""
    refuse_hidden(graph, x, "x")
    refuse_hidden(graph, y, "y")
