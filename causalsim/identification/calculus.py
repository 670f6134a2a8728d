"""The three rules of do-calculus, each as a statement that a graph supports or does not.

References:
    Pearl, "Causal diagrams for empirical research" (1995), theorem 3; Pearl, "Causality" (2009),
    theorem 3.4.1.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import final

from causalsim.errors import GraphError
from causalsim.estimand.expression import P, probability
from causalsim.graph.graph import Graph, Names, causal_graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.surgery import without_arrows


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rule lets one distribution stand for another.

    Attributes:
        holds: Whether it does.
        rule: Which rule, 1 to 3.
        left: The distribution before.
        right: The distribution after.
        why: The separation that decides it, in words.
    """

    holds: bool
    rule: int
    left: P
    right: P
    why: str

    def __bool__(self) -> bool:
        """Whether the rule applies."""
        return self.holds

    def __str__(self) -> str:
        """The rule as an equation, or as one that is not supported."""
        sign = "=" if self.holds else "≠ (not supported by the graph)"
        return f"{self.left} {sign} {self.right} by rule {self.rule}: {self.why}"

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "holds": self.holds,
            "rule": self.rule,
            "left": str(self.left),
            "right": str(self.right),
            "why": self.why,
        }


def rule_1(graph: Graph, outcome: Names, do: Names, observed: Names, given: Names = ()) -> Verdict:
    """Insertion and deletion of observations: P(y | do(x), z, w) = P(y | do(x), w).

    It holds when Y and Z are separated by X and W once the arrows into X are cut.

    Args:
        graph: The causal graph.
        outcome: Y.
        do: X, what is done.
        observed: Z, the observations to delete.
        given: W, what is conditioned on besides.

    Raises:
        GraphError: an unknown node, a node in two roles, no outcome, nothing observed.

    >>> print(rule_1(Graph("x -> y; z -> x"), "y", do="x", observed="z"))
    P(y | do(x), z) = P(y | do(x)) by rule 1: y and z are separated by x, once the arrows into x \
are cut.
    """
    y, x, z, w = _roles(graph, outcome, do, ("observed", observed), given)
    cut = without_arrows(graph, into=x)
    holds = separated(cut, y, z, (*x, *w))
    left, right = probability(y, (*z, *w), x), probability(y, w, x)
    return Verdict(holds, 1, left, right, _why(holds, y, z, (*x, *w), [("into", x)]))


def rule_2(graph: Graph, outcome: Names, do: Names, action: Names, given: Names = ()) -> Verdict:
    """Exchange of actions and observations: P(y | do(x), do(z), w) = P(y | do(x), z, w).

    It holds when Y and Z are separated by X and W once the arrows into X and out of Z are cut: no
    back door into Z is left open.

    Args:
        graph: The causal graph.
        outcome: Y.
        do: X, what is done besides.
        action: Z, the actions to read as observations.
        given: W, what is conditioned on.

    Raises:
        GraphError: an unknown node, a node in two roles, no outcome, no action.

    >>> rule_2(Graph("z -> x -> y; z -> y"), "y", do=(), action="x", given="z").holds
    True
    >>> print(rule_2(Graph("z -> x -> y; z -> y"), "y", do=(), action="x").why)
    y and x are not separated by nothing, once the arrows out of x are cut.
    """
    y, x, z, w = _roles(graph, outcome, do, ("action", action), given)
    cut = without_arrows(graph, into=x, out_of=z)
    holds = separated(cut, y, z, (*x, *w))
    left, right = probability(y, w, (*x, *z)), probability(y, (*z, *w), x)
    return Verdict(holds, 2, left, right, _why(holds, y, z, (*x, *w), [("into", x), ("out of", z)]))


def rule_3(graph: Graph, outcome: Names, do: Names, action: Names, given: Names = ()) -> Verdict:
    """Insertion and deletion of actions: P(y | do(x), do(z), w) = P(y | do(x), w).

    It holds when Y and Z are separated by X and W once the arrows into X are cut, and into those
    of Z that are no ancestors of W in what is left.

    Args:
        graph: The causal graph.
        outcome: Y.
        do: X, what is done besides.
        action: Z, the actions to delete.
        given: W, what is conditioned on.

    Raises:
        GraphError: an unknown node, a node in two roles, no outcome, no action.

    >>> rule_3(Graph("x -> y; y -> z"), "y", do=(), action="z").holds
    True
    """
    y, x, z, w = _roles(graph, outcome, do, ("action", action), given)
    first = without_arrows(graph, into=x)
    above = set(first.ancestors(w)) if w else set()
    cut_into = tuple(name for name in z if name not in above)
    cut = without_arrows(first, into=cut_into)
    holds = separated(cut, y, z, (*x, *w))
    left, right = probability(y, w, (*x, *z)), probability(y, w, x)
    return Verdict(holds, 3, left, right, _why(holds, y, z, (*x, *w), [("into", (*x, *cut_into))]))


def _roles(
    graph: Graph,
    outcome: Names,
    do: Names,
    other: tuple[str, Names],
    given: Names,
) -> tuple[tuple[str, ...], ...]:
    """The four disjoint sets of names, the first and third not empty."""
    graph = causal_graph(graph)
    role, told = other
    roles = ("outcome", "do", role, "given")
    found = [graph.indices(outcome, "outcome"), graph.indices(do), graph.indices(told, role)]
    found.append(graph.indices(given))
    for one, another in combinations(range(4), 2):
        both = sorted(set(found[one]) & set(found[another]))
        if both:
            raise GraphError.overlap(graph.names(both), roles[one], roles[another])
    return tuple(graph.names(indices) for indices in found)


def _why(
    holds: bool,
    y: tuple[str, ...],
    z: tuple[str, ...],
    by: tuple[str, ...],
    cuts: list[tuple[str, tuple[str, ...]]],
) -> str:
    """The separation in words."""
    verb = "are" if holds else "are not"
    cut = " and ".join(f"{way} {', '.join(names)}" for way, names in cuts if names)
    after = f", once the arrows {cut} are cut" if cut else ""
    held = ", ".join(by) if by else "nothing"
    return f"{', '.join(y)} and {', '.join(z)} {verb} separated by {held}{after}."
