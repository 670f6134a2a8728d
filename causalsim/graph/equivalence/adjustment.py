"""Which variables to adjust for when only a class of graphs is known: CPDAG, MPDAG, MAG, PAG."""

from collections.abc import Iterator
from dataclasses import dataclass

from causalsim.errors.equivalence import EquivalenceError
from causalsim.errors.graph import GraphError
from causalsim.graph.core import marks
from causalsim.graph.effects import adjustment, optimal
from causalsim.graph.effects.proper import candidates
from causalsim.graph.equivalence.amenability import ClassEffect, class_effect
from causalsim.graph.equivalence.classes import MAG, PAG
from causalsim.graph.equivalence.marked import MarkedEdge, Names
from causalsim.graph.equivalence.possible import Class
from causalsim.graph.separation.paths import Path, witness


@dataclass(frozen=True, slots=True)
class ClassVerdict:
    """Whether a set is valid for adjustment in every member of a class, and if not, what spoils it.

    Attributes:
        valid: Whether adjustment is right in every model of every member.
        why: The reason, in words.
        edge: The first edge of a path that is causal in some members and not in others (or, in a
            MAG or PAG, that may hide a common cause); then no set at all is valid.
        forbidden: Members of the set that may lie on or below a proper causal path.
        path: A path that is not causal and stays open, as it is directed in one member.
    """

    valid: bool
    why: str
    edge: MarkedEdge | None = None
    forbidden: tuple[str, ...] = ()
    path: Path | None = None

    def __bool__(self) -> bool:
        """Whether the set is valid."""
        return self.valid

    def __str__(self) -> str:
        """The reason."""
        return self.why


def is_adjustment_set(graph: Class, x: Names, y: Names, z: Names = ()) -> bool:
    """Whether adjustment for Z gives the effect of X on Y in every member of the class.

    The generalized adjustment criterion, which is complete: the class is amenable (each proper
    possibly causal path from X to Y starts with an arrow out of X that is causal, and visible,
    in every member), no member of Z may lie on or below such a path, and Z blocks every other
    proper path. Time is linear for a CPDAG, MAG or PAG.

    Args:
        graph: The class.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        z: What is adjusted for, Z.

    Raises:
        EquivalenceError: not a class, or a MAG or PAG with selection (``--``, ``-o``).
        GraphError: an unknown node; X, Y and Z overlap; an empty X or Y.

    >>> from causalsim.graph.equivalence import CPDAG
    >>> cpdag = CPDAG("w -> x; u -> x; u -> y; x -> y; v -> y")
    >>> is_adjustment_set(cpdag, "x", "y", "u"), is_adjustment_set(cpdag, "x", "y")
    (True, False)

    References:
        Perković, Textor, Kalisch and Maathuis, "Complete graphical characterization and
        construction of adjustment sets in Markov equivalence classes of ancestral graphs" (JMLR
        2018), theorem 5; Perković, Kalisch and Maathuis (UAI 2017), theorem 4.4, for MPDAGs.
    """
    question = class_effect(graph, x, y)
    held = _adjusted(question, z)
    if question.unclear or any(question.forbidden[node] for node in held):
        return False
    return question.in_member.blocked(marks(len(graph), held))


def explain_adjustment(graph: Class, x: Names, y: Names, z: Names = ()) -> ClassVerdict:
    """Whether a set is valid for adjustment and, if not, which edge, node or path spoils it.

    The same criterion as `is_adjustment_set`, in its three parts.

    Args:
        graph: The class.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        z: What is adjusted for, Z.

    Raises:
        EquivalenceError: not a class, or a MAG or PAG with selection (``--``, ``-o``).
        GraphError: an unknown node; X, Y and Z overlap; an empty X or Y.

    >>> from causalsim.graph.equivalence import CPDAG
    >>> print(explain_adjustment(CPDAG("x -- y"), "x", "y"))
    No set is valid: the path x -- y is causal in some members of the class and not in others.
    >>> print(explain_adjustment(CPDAG("a -> x; b -> x; x -> m; m -> y"), "x", "y", "m"))
    m lies on the path x -> m -> y, which may be causal.

    References:
        Perković, Textor, Kalisch and Maathuis (JMLR 2018), theorem 5.
    """
    question = class_effect(graph, x, y)
    held = _adjusted(question, z)
    if question.unclear:
        shown, edge = question.shown(question.unclear), question.edge(*question.unclear[:2])
        if edge.mark_one == "-" and edge.mark_other == ">":
            why = f"{edge} on the path {shown} may hide a common cause: it is not visible"
        else:
            why = f"the path {shown} is causal in some members of the class and not in others"
        return ClassVerdict(False, f"No set is valid: {why}.", edge=edge)
    spoilers = [node for node in held if question.forbidden[node]]
    if spoilers:
        why = " ".join(question.why_forbidden(node) for node in spoilers)
        return ClassVerdict(False, why, forbidden=graph.names(spoilers))
    member = question.in_member
    path = witness(member.graph, member.x, member.y, held, member.causal)
    if path is not None:
        return ClassVerdict(False, f"In one member of the class, {path.why}", path=path)
    shown = f"{{{', '.join(graph.names(held))}}}" if held else "the empty set"
    why = (
        f"in every member, every proper path that is not causal is blocked by {shown}, and no "
        "causal one is."
    )
    return ClassVerdict(True, why[0].upper() + why[1:])


def minimal_adjustment_set(
    graph: Class, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """One set that is valid in every member, of which nothing outside ``must`` can be left out.

    Args:
        graph: The class.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that the set must contain.
        may: Nodes that the set may contain; every one by default.

    Returns:
        The set in the class's order, empty when nothing needs adjustment; None when no set is
        valid in every member.

    Raises:
        EquivalenceError: not a class, or a MAG or PAG with selection (``--``, ``-o``).
        GraphError: an unknown node; X, Y and ``must`` overlap; a node of ``must`` not in ``may``.

    >>> from causalsim.graph.equivalence import CPDAG
    >>> minimal_adjustment_set(CPDAG("w -> x; u -> x; u -> y; x -> y; v -> y"), "x", "y")
    ('u',)
    >>> minimal_adjustment_set(CPDAG("x -- y"), "x", "y") is None
    True

    References:
        Perković, Textor, Kalisch and Maathuis (JMLR 2018), section 4.3; van der Zander and
        Liśkiewicz, "Separators and adjustment sets in Markov equivalent DAGs" (AAAI 2016).
    """
    question = class_effect(graph, x, y)
    allowed = _allowed(question, must, may)
    if allowed is None:
        return None
    return adjustment.minimal_adjustment_set(question.in_member.graph, x, y, must, allowed)


def minimal_adjustment_sets(
    graph: Class, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> Iterator[tuple[str, ...]]:
    """Every minimal set that is valid in every member, one after the other, each once.

    Lazy: there can be exponentially many; the time between two is polynomial.

    Args:
        graph: The class.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that every set must contain; minimal then means that no other can be left out.
        may: Nodes that a set may contain; every one by default.

    Returns:
        The sets, each in the class's order; none when no set is valid in every member.

    Raises:
        EquivalenceError: not a class, or a MAG or PAG with selection (``--``, ``-o``).
        GraphError: an unknown node; X, Y and ``must`` overlap; a node of ``must`` not in ``may``.

    >>> from causalsim.graph.equivalence import CPDAG
    >>> cpdag = CPDAG("a -> x; b -> x; x -> y; a -- u; u -> y; b -> y")
    >>> list(minimal_adjustment_sets(cpdag, "x", "y"))
    [('a', 'b'), ('b', 'u')]

    References:
        van der Zander and Liśkiewicz (AAAI 2016); van der Zander, Liśkiewicz and Textor (2019).
    """
    question = class_effect(graph, x, y)
    allowed = _allowed(question, must, may)
    if allowed is None:
        return iter(())
    return adjustment.minimal_adjustment_sets(question.in_member.graph, x, y, must, allowed)


def optimal_adjustment_set(graph: Class, x: Names, y: Names) -> tuple[str, ...] | None:
    """The set, valid in every member, whose estimate has the least asymptotic variance.

    O(X, Y) = pa(cn(X, Y)) without X and the forbidden nodes, which is the same in every member
    of an amenable class in which X may cause every outcome.

    Args:
        graph: A class of DAGs: CPDAG or MPDAG.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.

    Returns:
        The set in the class's order; None when no set is valid in every member, or, where X does
        not cause some outcome, when none is known to be the most precise.

    Raises:
        EquivalenceError: not a class of DAGs; a class with hidden causes has no such set.
        GraphError: an unknown node; X and Y overlap; an empty X or Y.

    >>> from causalsim.graph.equivalence import CPDAG
    >>> optimal_adjustment_set(CPDAG("w -> x; u -> x; u -> y; x -> y; v -> y"), "x", "y")
    ('u', 'v')

    References:
        Henckel, Perković and Maathuis (JRSSB 2022), definition 3.12 and theorem 3.13; Witte,
        Henckel, Maathuis and Didelez, "On efficient adjustment in causal graphs" (JMLR 2020).
    """
    if isinstance(graph, MAG | PAG):
        raise EquivalenceError.no_optimum(type(graph).__name__)
    question = class_effect(graph, x, y)
    if question.unclear:
        return None
    return optimal.optimal_adjustment_set(question.in_member.graph, x, y)


def possible_causal_nodes(graph: Class, x: Names, y: Names) -> tuple[str, ...]:
    """The nodes that lie on a proper causal path from X to Y in some member, X left out.

    In a PAG that is not amenable, where no set is valid, these are all nodes that X may cause and
    that may cause Y, of which some member need not put each on one path.

    Raises:
        EquivalenceError: not a class, or a MAG or PAG with selection (``--``, ``-o``).
        GraphError: an unknown node; X and Y overlap; an empty X or Y.

    >>> from causalsim.graph.equivalence import CPDAG
    >>> possible_causal_nodes(CPDAG("x -- m; m -- y"), "x", "y")
    ('m', 'y')

    References:
        Perković, Textor, Kalisch and Maathuis (JMLR 2018), section 2.
    """
    question = class_effect(graph, x, y)
    return graph.names(node for node in range(len(graph)) if question.causal[node])


def forbidden(graph: Class, x: Names, y: Names) -> tuple[str, ...]:
    """The possibly causal nodes and their possible descendants, which no valid set contains.

    Raises:
        EquivalenceError: not a class, or a MAG or PAG with selection (``--``, ``-o``).
        GraphError: an unknown node; X and Y overlap; an empty X or Y.

    >>> from causalsim.graph.equivalence import CPDAG
    >>> forbidden(CPDAG("a -> x; b -> x; x -> y; y -> d"), "x", "y")
    ('y', 'd')

    References:
        Perković, Textor, Kalisch and Maathuis (JMLR 2018), definition 4.
    """
    question = class_effect(graph, x, y)
    return graph.names(node for node in range(len(graph)) if question.forbidden[node])


def _adjusted(question: ClassEffect, z: Names) -> list[int]:
    """The integers of Z, which may not meet X or Y."""
    graph = question.graph
    held = graph.indices(z)
    for role, nodes in (("x", question.in_member.x), ("y", question.in_member.y)):
        both = set(nodes).intersection(held)
        if both:
            raise GraphError.overlap(graph.names(sorted(both)), role, "z")
    return sorted(held)


def _allowed(question: ClassEffect, must: Names, may: Names | None) -> tuple[str, ...] | None:
    """What a set may contain; None when no set is valid whatever it contains."""
    graph, member = question.graph, question.in_member
    needed, allowed = candidates(member.graph, member.x, member.y, must, may)
    if question.unclear or any(question.forbidden[node] for node in needed):
        return None
    return graph.names(
        node for node in range(len(graph)) if allowed[node] and not question.forbidden[node]
    )
