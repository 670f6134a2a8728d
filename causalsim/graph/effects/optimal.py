"""Which adjustment set gives the most precise estimate, among all or among the small and cheap."""

from dataclasses import dataclass

from causalsim.graph.core import marks
from causalsim.graph.effects.hidden_optimum import Optimum, hidden_optimum
from causalsim.graph.effects.proper import Effect, candidates, effect, members
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.costs import Costs, whole_costs
from causalsim.graph.separation.parting import Parting, adjusting, minimal_near_y, nearest_to_y
from causalsim.graph.separation.separators import cheapest
from causalsim.graph.walk import CONNECTED, walk


@dataclass(frozen=True, slots=True)
class Optimality:
    """A precise adjustment set, and whether it is the most precise in every model.

    Attributes:
        adjustment: The set; None when no valid set exists.
        everywhere: Whether no valid set has a smaller asymptotic variance in any model.
        rivals: Where another set may do better in some models, the nodes on which that turns.
        why: The reason, in words.
    """

    adjustment: tuple[str, ...] | None
    everywhere: bool
    rivals: tuple[str, ...]
    why: str

    def __bool__(self) -> bool:
        """Whether the set is the most precise in every model."""
        return self.everywhere

    def __str__(self) -> str:
        """The reason."""
        return self.why


def optimal_adjustment_set(graph: Graph, x: Names, y: Names) -> tuple[str, ...] | None:
    """The valid adjustment set whose estimate has the least asymptotic variance in every model.

    In a graph without hidden variables where X affects every outcome it is
    O(X, Y) = pa(cn(X, Y)) without X and the forbidden nodes, where cn are the nodes on proper
    causal paths from X to Y. Hidden variables make further nodes worth adjusting for, and may leave
    no set that is the best in every model; see `explain_optimality`. Time O(nodes + edges), and
    again for each node that may do better.

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.

    Returns:
        The set in the graph's order; None when no valid set exists, or when none is the best in
        every model, or none was found to be in 500 steps a node (`explain_optimality` then has the
        best among the ancestors of X and Y).

    Raises:
        GraphError: an unknown node; X and Y overlap; an empty or latent X or Y.

    >>> optimal_adjustment_set(Graph("u -> x -> y <- v; u -> v"), "x", "y")
    ('v',)
    >>> optimal_adjustment_set(Graph("c -> x -> y <- c; y <-> w"), "x", "y")
    ('c', 'w')

    References:
        Henckel, Perković and Maathuis, "Graphical criteria for efficient total effect estimation
        via adjustment in causal linear models" (2022), definition 3.12 and theorem 3.13; Rotnitzky
        and Smucler, "Efficient adjustment sets for population average causal treatment effect
        estimation in graphical models" (2020); Runge, "Necessary and sufficient graphical
        conditions for optimal adjustment sets in causal graphical models with hidden variables"
        (2021), theorem 3.
    """
    question = effect(graph, x, y)
    task, allowed = _task(question, (), None)
    if task is None:
        return None
    best = nearest_to_y(task)
    beyond = _beyond(question, best, allowed)
    if beyond and _is_single(question):
        found = hidden_optimum(graph, *graph.names([*question.x, *question.y]))
        if not found.everywhere:
            return None
        return found.adjustment if _gained(question, found, beyond) else graph.names(best)
    if any(_usable(question, node, allowed) for node in beyond):
        return None
    return graph.names(best)


def explain_optimality(graph: Graph, x: Names, y: Names) -> Optimality:
    """The most precise adjustment set, or why it depends on the model which set is.

    The first candidate is the set nearest to Y: the observed ancestors of X and Y that Y reaches
    when all allowed ones are held. Where it and X leave Y independent of every node that a valid
    set may contain, it has the least asymptotic variance in every model, among linear and among
    nonparametric estimators alike. Where nothing is hidden and X affects every outcome this is
    always so, and it is the O-set of Henckel and others.

    Where hidden variables leave more to know about Y, the O-set of Runge extends it for one
    treatment that affects one outcome: by nodes that tell about Y and nothing about X. His
    condition says whether it is the best in every linear model. It is necessary and sufficient: if
    it fails, another set is better in some models, and the nearest set is the best of the sets of
    ancestors of X and Y only. For sets of treatments or outcomes, and where X does not affect Y,
    only the first, sufficient condition is known. Time O(nodes + edges) for each node that Y still
    depends on.

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.

    Raises:
        GraphError: an unknown node; X and Y overlap; an empty or latent X or Y.

    >>> print(explain_optimality(Graph("x -> y; y <-> w"), "x", "y"))
    Beyond the ancestors of x and y, w tells more about y and nothing about x, so that no other \
valid set is more precise in any model.
    >>> print(explain_optimality(Graph("x -> d -> w; x -> y; y <-> w"), "x", "y"))
    w can be adjusted for and tells more about y than {} does, but also about x: which set is the \
more precise depends on the model. Among sets of ancestors of x and y {} is the best.

    References:
        Henckel, Perković and Maathuis (2022), theorem 3.1; Smucler, Sapienza and Rotnitzky,
        "Efficient adjustment sets in causal graphical models with hidden variables" (2022),
        theorem 2; Runge (2021), theorems 2 and 3.
    """
    question = effect(graph, x, y)
    task, allowed = _task(question, (), None)
    if task is None:
        return Optimality(None, False, (), "No set of observed nodes is valid for adjustment.")
    best = nearest_to_y(task)
    names, beyond = graph.names(best), _beyond(question, best, allowed)
    causes, ends = ", ".join(graph.names(question.x)), ", ".join(graph.names(question.y))
    if beyond and _is_single(question):
        found = hidden_optimum(graph, causes, ends)
        return _judged(found, names, _gained(question, found, beyond), causes, ends)
    rivals = graph.names(node for node in beyond if _usable(question, node, allowed))
    if not rivals:
        why = (
            f"Given {_shown(names)} and {causes}, {ends} depends on no other member of any valid "
            "set, so that no other valid set is more precise in any model."
        )
        return Optimality(names, True, (), why)
    why = (
        f"Beyond the ancestors {', '.join(rivals)} {_tell(rivals)} more about {ends} than "
        f"{_shown(names)} and {causes} do: whether it adds precision depends on the model. Among "
        f"sets of ancestors of {causes} and {ends} {_shown(names)} is the best."
    )
    return Optimality(names, False, rivals, why)


def _is_single(question: Effect) -> bool:
    """Whether one treatment affects one outcome, for which Runge's condition is complete."""
    return len(question.x) == len(question.y) == 1 and bool(question.causal[question.y[0]])


def _gained(question: Effect, found: Optimum, beyond: list[int]) -> tuple[str, ...]:
    """What the O-set has of the nodes on which Y depends beyond the nearest set."""
    chosen = set(found.adjustment or ())
    return tuple(name for name in question.graph.names(beyond) if name in chosen)


def _judged(
    found: Optimum, near: tuple[str, ...], gained: tuple[str, ...], x: str, y: str
) -> Optimality:
    """The verdict where hidden variables leave more to know about Y than the nearest set tells."""
    if not found.everywhere:
        why = _why_open(found, near, x, y)
        return Optimality(near, False, (*found.rivals, *found.risky, *found.undecided), why)
    if not gained:
        why = (
            f"What else {y} depends on can be adjusted for only without its link to {y}, so that "
            f"no other valid set than {_shown(near)} is more precise in any model."
        )
        return Optimality(near, True, (), why)
    why = (
        f"Beyond the ancestors of {x} and {y}, {', '.join(gained)} {_tell(gained)} more about "
        f"{y} and nothing about {x}, so that no other valid set is more precise in any model."
    )
    return Optimality(found.adjustment, True, (), why)


def _why_open(found: Optimum, near: tuple[str, ...], x: str, y: str) -> str:
    """Why no set is the best in every model of a graph with hidden variables."""
    best, reasons = found.adjustment or (), list[str]()
    if found.rivals:
        reasons.append(
            f"{', '.join(found.rivals)} can be adjusted for and {_tell(found.rivals)} more about "
            f"{y} than {_shown(best)} does, but also about {x}"
        )
    if found.risky:
        reasons.append(
            f"{_shown(best)} tells more about {y} than {_shown(near)} does, but with "
            f"{', '.join(found.risky)} also about {x}"
        )
    if not reasons:
        return (
            f"Whether {', '.join(found.undecided)} can be adjusted for and adds precision was not "
            "decided: too many ways by hidden causes would have to be tried. Among sets of "
            f"ancestors of {x} and {y} {_shown(near)} is the best."
        )
    return (
        f"{'; '.join(reasons)}: which set is the more precise depends on the model. Among sets of "
        f"ancestors of {x} and {y} {_shown(near)} is the best."
    )


def _shown(names: tuple[str, ...]) -> str:
    """A set as it is written."""
    return f"{{{', '.join(names)}}}"


def _tell(names: tuple[str, ...]) -> str:
    """The verb, for one or several."""
    return "tells" if len(names) == 1 else "tell"


def optimal_minimal_adjustment_set(
    graph: Graph, x: Names, y: Names, must: Names = (), may: Names | None = None
) -> tuple[str, ...] | None:
    """The minimal adjustment set with the least asymptotic variance of all minimal ones.

    It exists in every graph, hidden variables or not: the minimal set nearest to Y. Time
    O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that the set must contain.
        may: Nodes that the set may contain; every observed one by default.

    Returns:
        The set in the graph's order, maybe empty; None when no valid set exists.

    Raises:
        GraphError: an unknown node; X, Y and ``must`` overlap; a latent node in X, Y or ``must``;
            a node of ``must`` that is not in ``may``.

    >>> optimal_minimal_adjustment_set(Graph("v <- u -> x -> y <- v; w -> y"), "x", "y")
    ('v',)

    References:
        Smucler, Sapienza and Rotnitzky (2022), theorem 3.
    """
    task, _ = _task(effect(graph, x, y), must, may)
    return None if task is None else graph.names(minimal_near_y(task))


def minimum_adjustment_set(
    graph: Graph,
    x: Names,
    y: Names,
    must: Names = (),
    may: Names | None = None,
    costs: Costs | None = None,
) -> tuple[str, ...] | None:
    """The smallest or cheapest adjustment set, the most precise one where several are.

    A minimum vertex cut by maximum flow; of all cheapest cuts the nearest to Y has the least
    asymptotic variance.

    Args:
        graph: The causal graph.
        x: The treatment or treatments, X.
        y: The outcome or outcomes, Y.
        must: Nodes that the set must contain.
        may: Nodes that the set may contain; every observed one by default.
        costs: What measuring a node costs, positive; 1 for the nodes not named.

    Returns:
        The set in the graph's order, maybe empty; None when no valid set exists.

    Raises:
        GraphError: an unknown node; X, Y and ``must`` overlap; a latent node in X, Y or ``must``;
            a node of ``must`` that is not in ``may``; a cost that is not positive.

    >>> graph = Graph("x <- u -> a -> y <- b <- u; x -> y")
    >>> minimum_adjustment_set(graph, "x", "y")
    ('u',)
    >>> minimum_adjustment_set(graph, "x", "y", costs={"u": 5})
    ('a', 'b')

    References:
        Smucler and Rotnitzky, "A note on efficient minimum cost adjustment sets in causal
        graphical models" (2022), theorem 1; van der Zander, Liśkiewicz and Textor (2019),
        section 4.3, for the size.
    """
    task, _ = _task(effect(graph, x, y), must, may)
    whole = whole_costs(graph, costs, members(task.most) if task else [])
    return None if task is None else graph.names(cheapest(task, whole))


def _task(question: Effect, must: Names, may: Names | None) -> tuple[Parting | None, bytearray]:
    """The task to adjust, and what the caller allows."""
    needed, allowed = candidates(question.graph, question.x, question.y, must, may)
    return adjusting(question, needed, allowed), allowed


def _beyond(question: Effect, best: list[int], allowed: bytearray) -> list[int]:
    """The allowed nodes on which Y still depends when the set and X are held."""
    fixed = marks(len(question.graph), [*best, *question.x])
    reached = walk(question.graph.core, CONNECTED, question.y, fixed)
    return [
        node
        for node in members(allowed)
        if node in reached and not fixed[node] and not question.forbidden[node]
    ]


def _usable(question: Effect, node: int, allowed: bytearray) -> bool:
    """Whether some valid set contains the node."""
    return adjusting(question, [node], allowed) is not None
