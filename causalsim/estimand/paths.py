"""Effects along chosen paths only, spelt out as nested counterfactuals of a graph."""

import itertools
from collections.abc import Iterable, Sequence

from causalsim.errors import QueryError
from causalsim.estimand.events import Counterfactual, Expectation, Question, combination
from causalsim.estimand.query import Level
from causalsim.graph.graph import Graph


def path_specific_effect(
    graph: Graph,
    outcome: str,
    treatment: str,
    along: str | Iterable[str | Sequence[str]],
    to: Level = 1,
    baseline: Level = 0,
) -> Question:
    """The effect that flows along some directed paths and no others.

    Along the chosen paths every variable responds to ``treatment=to``; along all others it sees
    ``treatment=baseline``. Where a variable must do both (a recanting witness) the question is
    still well posed, but no experiment answers it, and identification will say so.

    Args:
        graph: The causal graph.
        outcome: Y.
        treatment: X.
        along: The paths, each as ``"X -> M -> Y"`` or as a sequence of names.
        to: The level whose effect is asked for.
        baseline: The level that it is compared with.

    Returns:
        E[Y with the paths active] - E[Y(X=baseline)].

    Raises:
        QueryError: no such path.

    >>> graph = Graph("X -> M -> Y; X -> Y")
    >>> print(path_specific_effect(graph, "Y", "X", along="X -> Y"))
    E[Y(M(X=0), X=1)] - E[Y(X=0)]

    References:
        Pearl, "Direct and indirect effects" (2001), section 3.4; Avin, Shpitser and Pearl,
        "Identifiability of path-specific effects" (2005).
    """
    graph.indices((outcome, treatment))
    paths = {
        _path(graph, treatment, outcome, path)
        for path in ((along,) if isinstance(along, str) else along)
    }
    if not paths:
        raise QueryError.no_path("nothing", treatment, outcome)
    active = _Unfolding(graph, treatment, frozenset(paths), to, baseline)
    one = active.value((outcome,))
    other = Counterfactual(outcome, {treatment: baseline})
    return combination([(1, Expectation(one)), (-1, Expectation(other))])


class _Unfolding:
    """Which value each variable takes on its way along each path to the outcome."""

    def __init__(
        self,
        graph: Graph,
        treatment: str,
        paths: frozenset[tuple[str, ...]],
        to: Level,
        baseline: Level,
    ) -> None:
        self.graph, self.treatment, self.paths = graph, treatment, paths
        self.worlds = {True: to, False: baseline}
        self.moved = frozenset(graph.descendants(treatment))
        self.ends = {path[place:] for path in paths for place in range(len(path))}

    def value(self, tail: tuple[str, ...]) -> Counterfactual:
        """The first variable of ``tail``, as it is felt along that way to the outcome."""
        variable = tail[0]
        if tail not in self.ends:
            return self.under(variable, active=False)
        actions: dict[str, Level | Counterfactual] = {}
        for parent in self.graph.parents(variable):
            if parent == self.treatment:
                actions[parent] = self.worlds[(parent, *tail) in self.paths]
            elif parent in self.moved:
                actions[parent] = self.value((parent, *tail))
        # Where all parents live in one world, so does the variable.
        for active in (True, False):
            if all(found == self.in_world(name, active) for name, found in actions.items()):
                return self.under(variable, active)
        return Counterfactual(variable, actions)

    def in_world(self, name: str, active: bool) -> Level | Counterfactual:
        """What a parent is in one of the two worlds."""
        return self.worlds[active] if name == self.treatment else self.under(name, active)

    def under(self, variable: str, active: bool) -> Counterfactual:
        """V(X=to) or V(X=baseline)."""
        return Counterfactual(variable, {self.treatment: self.worlds[active]})


def _path(graph: Graph, treatment: str, outcome: str, path: str | Sequence[str]) -> tuple[str, ...]:
    """A path as names, each the cause of the next."""
    parts = path.split("->") if isinstance(path, str) else list(path)
    names = tuple(part.strip().strip('"') for part in parts)
    known = set(graph.directed)
    pairs = itertools.pairwise(names)
    if (
        len(names) < 2
        or (names[0], names[-1]) != (treatment, outcome)
        or not known.issuperset(pairs)
    ):
        raise QueryError.no_path(" -> ".join(names), treatment, outcome)
    return names
