"""Are two sets independent in every member of a class: separation in CPDAG, MPDAG, MAG and PAG."""

from causalsim.errors.graph import GraphError
from causalsim.graph.core import marks
from causalsim.graph.equivalence.classes import MAG
from causalsim.graph.equivalence.marked import Names
from causalsim.graph.equivalence.membership import member_ends
from causalsim.graph.equivalence.possible import Class, check_class
from causalsim.graph.walk import CONNECTED, walk


def separated_in_class(graph: Class, x: Names, y: Names, given: Names = ()) -> bool:
    """Whether every path between ``x`` and ``y`` is blocked by ``given``, in every member.

    All members of a class imply the same independencies, so one member decides; it agrees with
    asking whether the class has an open path of definite status. Time is linear for a CPDAG, MAG
    or PAG.

    Args:
        graph: The class.
        x: One node or several.
        y: One node or several.
        given: What is conditioned on.

    Raises:
        EquivalenceError: not a class.
        GraphError: an unknown node, an empty ``x`` or ``y``, sets that overlap.

    >>> from causalsim.graph.equivalence import CPDAG, PAG
    >>> separated_in_class(CPDAG("a -- b; b -- c"), "a", "c", given="b")
    True
    >>> separated_in_class(PAG("a o-> c <-o b"), "a", "b", given="c")
    False

    References:
        Richardson and Spirtes, "Ancestral graph Markov models" (2002), section 3.4; Zhang,
        "Causal reasoning with ancestral graphs" (JMLR 2008), for paths of definite status.
    """
    check_class(graph)
    roles = ("x", "y", "given")
    sets = (graph.indices(x, "x"), graph.indices(y, "y"), graph.indices(given))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        both = set(sets[one]) & set(sets[other])
        if both:
            raise GraphError.overlap(graph.names(sorted(both)), roles[one], roles[other])
    starts, ends, held = sets
    core = MAG.trusted(graph.nodes, member_ends(graph)).core()
    reached = walk(core, CONNECTED, starts, marks(len(graph), held))
    return not any(end in reached for end in ends)
