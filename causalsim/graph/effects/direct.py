"""What to adjust for when only the direct effect is wanted: controlled, and in linear models."""

from dataclasses import replace

from causalsim.graph.core import Core, marks
from causalsim.graph.effects.adjustment import minimal_adjustment_set
from causalsim.graph.effects.proper import candidates, refuse_hidden
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.criterion import disjoint
from causalsim.graph.separation.parting import minimal_near_x, parting
from causalsim.graph.walk import CONNECTED, DESCENDANTS, walk


def controlled_direct_adjustment_set(
    graph: Graph,
    x: Names,
    y: Names,
    mediators: Names,
    must: Names = (),
    may: Names | None = None,
) -> tuple[str, ...] | None:
    """A minimal set Z for the effect of X on Y while the mediators M are held by intervention.

    The controlled direct effect contrasts P(y | do(x), do(m)) over x; X and M are treated together,
    so that Σ_z P(y | x, m, z) P(z) is that distribution. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        mediators: What is held at chosen values, M.
        must: Nodes that the set must contain.
        may: Nodes that the set may contain; every observed one by default.

    Returns:
        The set in the graph's order, maybe empty; None when no valid set exists.

    Raises:
        GraphError: an unknown node; roles that overlap; an empty X, Y or M; a latent node.

    >>> graph = Graph("x -> m -> y <- x; m <- c -> y")
    >>> controlled_direct_adjustment_set(graph, "x", "y", "m")
    ('c',)

    References:
        Pearl, "Direct and indirect effects" (2001), section 2.1; van der Zander, Liśkiewicz and
        Textor (2019) for sets of treatments.
    """
    held, treated, _ = disjoint(graph, mediators, x, y)
    return minimal_adjustment_set(graph, graph.names([*treated, *held]), y, must, may)


def is_direct_effect_set(graph: Graph, x: str, y: str, z: Names = ()) -> bool:
    """Whether regression on x and Z gives the coefficient of the arrow x -> y in linear models.

    The single-door criterion: no member of Z is a descendant of y, and Z separates x from y once
    the arrow x -> y is cut. In models that are not linear the same set gives the direct effect
    only under further assumptions; see `controlled_direct_adjustment_set`. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The cause.
        y: The effect.
        z: What is adjusted for, Z; mediators are welcome.

    Raises:
        GraphError: an unknown node; roles that overlap; a latent x or y.

    >>> graph = Graph("x -> m -> y <- x")
    >>> is_direct_effect_set(graph, "x", "y", "m"), is_direct_effect_set(graph, "x", "y")
    (True, False)

    References:
        Pearl, "Causality" (2009), theorem 5.3.1.
    """
    (cause,), (effect,), held = disjoint(graph, [x], [y], z)
    _refuse_latent(graph, cause, effect)
    below = walk(graph.core, DESCENDANTS, [effect]).head
    hidden = set(graph.latent).intersection(graph.names(held))
    if hidden or any(below[node] for node in held):
        return False
    fixed = marks(len(graph), held)
    return effect not in walk(_without_arrow(graph.core, cause, effect), CONNECTED, [cause], fixed)


def minimal_direct_effect_set(
    graph: Graph, x: str, y: str, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """A minimal set given which regression gives the coefficient of the arrow x -> y.

    By the single-door criterion; see `is_direct_effect_set`. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The cause.
        y: The effect.
        must: Nodes that the set must contain.
        may: Nodes that the set may contain; every observed one by default.

    Returns:
        The set in the graph's order, maybe empty; None when no such set exists.

    Raises:
        GraphError: an unknown node; roles that overlap; a latent node in x, y or ``must``; a node
            of ``must`` that is not in ``may``.

    >>> minimal_direct_effect_set(Graph("c -> x -> m -> y <- x; c -> y"), "x", "y")
    ('c', 'm')

    References:
        Pearl (2009), theorem 5.3.1; van der Zander and Liśkiewicz (2020), algorithm FINDMINSEP.
    """
    (cause,), (effect,), _ = disjoint(graph, [x], [y])
    _refuse_latent(graph, cause, effect)
    needed, allowed = candidates(graph, [cause], [effect], must, may)
    for node, below in enumerate(walk(graph.core, DESCENDANTS, [effect]).head):
        if below:
            allowed[node] = 0
    if not all(allowed[node] for node in needed):
        return None
    cut = _without_arrow(graph.core, cause, effect)
    task = parting(cut, [cause], [effect], needed, allowed)
    return None if task is None else graph.names(minimal_near_x(task))


def _refuse_latent(graph: Graph, cause: int, effect: int) -> None:
    """Both ends of the arrow must be measured."""
    refuse_hidden(graph, [cause], "x")
    refuse_hidden(graph, [effect], "y")


def _without_arrow(core: Core, cause: int, effect: int) -> Core:
    """The graph without one arrow; other adjacency lists are shared."""
    parents, children = list(core.parents), list(core.children)
    children[cause] = [child for child in core.children[cause] if child != effect]
    parents[effect] = [parent for parent in core.parents[effect] if parent != cause]
    return replace(core, parents=parents, children=children)
