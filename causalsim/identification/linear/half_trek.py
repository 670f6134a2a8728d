"""Do the covariances determine the coefficients: the half-trek criterion.

A half-trek from y to p is a directed path y -> … -> p, or such a path behind one ``<->``. The
coefficients of the arrows into v solve linear equations when there are as many variables Y as v has
parents, none of them v or a sibling of v, with half-treks to the parents that share no node on
either side, and every y that v's own half-treks reach has been solved before.

References:
    Foygel, Draisma and Drton, "Half-trek criterion for generic identifiability of linear
    structural equation models" (2012), theorems 1 to 3 and 7, section 6 (maximum flow), section 8
    (decomposition); Tian, "Identifying direct causal effects in linear models" (2005).
"""

from dataclasses import dataclass
from enum import Enum
from typing import final

import numpy as np
from numpy.typing import NDArray

from causalsim.errors.identification import LinearError
from causalsim.graph.graph import Graph, Pair
from causalsim.identification.fusing.one_source import projected
from causalsim.identification.linear.linear_model import Covariance
from causalsim.identification.linear.unit_flow import UnitFlow

Array = NDArray[np.float64]


class Verdict(Enum):
    """What the criterion says of a whole graph."""

    IDENTIFIED = "every coefficient is a rational function of the covariances"
    INFINITE_TO_ONE = "infinitely many models make the same covariances"
    INCONCLUSIVE = "the half-trek criterion does not decide"


@final
@dataclass(frozen=True, slots=True)
class HalfTrekStep:
    """How the arrows into one node are solved for.

    Attributes:
        node: v.
        parents: Its parents, whose coefficients are the unknowns.
        helpers: Y, one equation each.
        corrected: Those of Y from which their own causes, solved before, are subtracted first.
        district: The district of v.
    """

    node: str
    parents: tuple[str, ...]
    helpers: tuple[str, ...]
    corrected: tuple[str, ...]
    district: tuple[str, ...]

    def __str__(self) -> str:
        """The equations, one a helper."""
        lines = []
        for helper in self.helpers:
            name = f"ε({helper})" if helper in self.corrected else helper
            right = " + ".join(f"λ({p},{self.node}) σ({name},{p})" for p in self.parents)
            lines.append(f"σ({name},{self.node}) = {right}")
        return "; ".join(lines)


@final
@dataclass(frozen=True, slots=True)
class HalfTreks:
    """Which coefficients the criterion identifies, and how.

    Attributes:
        graph: The graph without its latent nodes.
        steps: One for each node that is solved, in an order in which they can be.
        unsolved: Nodes with parents for which no set Y was found.
        infinite: Those of them in a district (or graph) that is infinite-to-one.
        verdict: What it means for the graph.
        decomposed: Whether each district was looked at by itself.
    """

    graph: Graph
    steps: tuple[HalfTrekStep, ...]
    unsolved: tuple[str, ...]
    infinite: tuple[str, ...]
    verdict: Verdict
    decomposed: bool

    def __str__(self) -> str:
        """One line."""
        return self.verdict.value

    @property
    def identified(self) -> tuple[Pair, ...]:
        """The arrows whose coefficients are identified."""
        return tuple((parent, step.node) for step in self.steps for parent in step.parents)

    def coefficients(self, covariance: Covariance) -> dict[Pair, float]:
        """The identified coefficients from a covariance matrix.

        Raises:
            LinearError: a variable that the matrix lacks, or equations that are singular here.

        >>> from causalsim.identification.linear.linear_model import LinearModel
        >>> model = LinearModel.draw(Graph("z -> x -> y; x <-> y"), seed=3)
        >>> found = half_treks(model.graph).coefficients(model.covariance())
        >>> bool(abs(found["x", "y"] - model.coefficient("x", "y")) < 1e-9)
        True
        """
        found: dict[Pair, float] = {}
        known: dict[tuple[str, ...], Covariance] = {}
        for step in self.steps:
            if step.district not in known:
                known[step.district] = (
                    _of_district(self.graph, step.district, covariance)
                    if self.decomposed
                    else covariance
                )
            values = _solved(self.graph, step, known[step.district], found)
            for parent, value in zip(step.parents, values, strict=True):
                found[parent, step.node] = float(value)
        return found

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {
            "kind": "half-treks",
            "graph": str(self.graph),
            "verdict": self.verdict.name.lower(),
            "identified": [list(pair) for pair in self.identified],
            "unsolved": list(self.unsolved),
            "equations": [str(step) for step in self.steps],
        }


def half_treks(graph: Graph, decompose: bool = True) -> HalfTreks:
    """Which coefficients of a linear model are identified, by the half-trek criterion.

    Identified means generically: for all models but a set of measure zero. Time polynomial: one
    maximum flow a node and round.

    Args:
        graph: The causal graph; latent nodes are projected out, so that coefficients are those of
            the projection.
        decompose: Whether to look at each district by itself, which decides more.

    >>> print(half_treks(Graph("z -> x -> y; x <-> y")))
    every coefficient is a rational function of the covariances
    >>> print(half_treks(Graph("x -> y; x <-> y")))
    infinitely many models make the same covariances
    """
    whole = projected(graph, graph.observed)
    steps: list[HalfTrekStep] = []
    unsolved: list[str] = []
    endless: list[str] = []
    districts = whole.districts() if decompose else (whole.nodes,)
    order = whole.order()
    # A district's own coefficients need no other's, so that any order of districts will do.
    for district in sorted(districts, key=lambda part: min(order.index(n) for n in part)):
        part = _component(whole, district) if decompose else whole
        solved, left = _search(part, district)
        steps.extend(solved)
        unsolved.extend(left)
        if left and _is_infinite(part):
            endless.extend(left)
    verdict = Verdict.INCONCLUSIVE if unsolved else Verdict.IDENTIFIED
    if endless:
        verdict = Verdict.INFINITE_TO_ONE
    return HalfTreks(whole, tuple(steps), tuple(unsolved), tuple(endless), verdict, decompose)


def _component(graph: Graph, district: tuple[str, ...]) -> Graph:
    """The district with its parents, which are made exogenous (section 8)."""
    directed = [(a, b) for a, b in graph.directed if b in district]
    shared = [(a, b) for a, b in graph.bidirected if a in district]
    kept = {name for pair in directed for name in pair} | set(district)
    return Graph(directed, nodes=[n for n in graph.nodes if n in kept], bidirected=shared)


def _search(graph: Graph, district: tuple[str, ...]) -> tuple[list[HalfTrekStep], list[str]]:
    """The steps, in the order in which nodes are solved (the algorithm of section 6)."""
    reach = {node: _reached(graph, node) for node in graph.nodes}
    solved = {node for node in graph.nodes if not graph.parents(node)}
    waiting = [node for node in graph.order() if node not in solved]
    steps: list[HalfTrekStep] = []
    pending = True
    while pending:
        pending = False
        for node in list(waiting):
            barred = {node, *graph.siblings(node)}
            allowed = [
                y for y in graph.nodes
                if y not in barred and (y in solved or y not in reach[node])
            ]  # fmt: skip
            helpers = _system(graph, allowed, graph.parents(node))
            if helpers is not None:
                corrected = tuple(y for y in helpers if y in reach[node])
                steps.append(HalfTrekStep(node, graph.parents(node), helpers, corrected, district))
                solved.add(node)
                waiting.remove(node)
                pending = True
    return steps, waiting


def _reached(graph: Graph, node: str) -> set[str]:
    """htr(v): what half-treks from a node reach, not by the empty one."""
    return set(graph.descendants([*graph.siblings(node), *graph.children(node)]))


def _system(graph: Graph, allowed: list[str], parents: tuple[str, ...]) -> tuple[str, ...] | None:
    """Sources of half-treks to all the parents without sided intersection, or None."""
    flow = UnitFlow()
    _half_trek_edges(flow, graph, allowed, 0)
    for y in allowed:
        flow.join("source", ("left", y, 0))
    for parent in parents:
        flow.join(("right out", parent, 0), "sink")
    if flow.run("source", "sink") < len(parents):
        return None
    return tuple(y for y in allowed if flow.used("source", ("left", y, 0)))


def _half_trek_edges(flow: UnitFlow, graph: Graph, starts: list[str], copy: object) -> None:
    """One copy of the network of half-treks: each node once on the left and once on the right."""
    for node in graph.nodes:
        flow.join(("right", node, copy), ("right out", node, copy))
        for child in graph.children(node):
            flow.join(("right out", node, copy), ("right", child, copy))
    for y in starts:
        for node in (y, *graph.siblings(y)):
            flow.join(("left", y, copy), ("right", node, copy))


def _is_infinite(graph: Graph) -> bool:
    """Whether no choice of sets Y exists even when order is ignored (theorem 2, theorem 7).

    Of two nodes that are no siblings, one may help the other, but not both each other.
    """
    flow = UnitFlow()
    wanted = 0
    for v in graph.nodes:
        barred = {v, *graph.siblings(v)}
        starts = [y for y in graph.nodes if y not in barred]
        _half_trek_edges(flow, graph, starts, v)
        for parent in graph.parents(v):
            flow.join(("right out", parent, v), "sink")
            wanted += 1
        for y in starts:
            pair = ("pair", *sorted((v, y)))
            flow.join("source", pair)
            flow.join(pair, ("left", y, v))
    return flow.run("source", "sink") < wanted


def _of_district(graph: Graph, district: tuple[str, ...], covariance: Covariance) -> Covariance:
    """The covariance of a district and its parents once those are independent of everything."""
    part = _component(graph, district)
    order = [node for node in graph.order() if node in part]
    count = len(order)
    matrix = np.zeros((count, count))
    for place, node in enumerate(order):
        before = order[:place]
        if node not in district:
            matrix[place, place] = 1.0
            continue
        # Given what precedes it, a node depends on its Markov pillow alone.
        pillow = _pillow(part, node, set(before))
        given = [name for name in before if name in pillow]
        weights = np.zeros(place)
        joint = covariance.among((*given, node))
        residual = float(joint[-1, -1])
        if given:
            slopes = np.linalg.solve(joint[:-1, :-1], joint[:-1, -1])
            residual -= float(joint[-1, :-1] @ slopes)
            for name, value in zip(given, slopes, strict=True):
                weights[before.index(name)] = value
        matrix[place, :place] = matrix[:place, place] = matrix[:place, :place] @ weights
        matrix[place, place] = residual + weights @ matrix[:place, :place] @ weights
    return Covariance(order, matrix)


def _pillow(graph: Graph, node: str, before: set[str]) -> set[str]:
    """The node's district among what precedes it, with all parents."""
    linked, stack = {node}, [node]
    while stack:
        for other in graph.siblings(stack.pop()):
            if other in before and other not in linked:
                linked.add(other)
                stack.append(other)
    return (linked | {parent for name in linked for parent in graph.parents(name)}) - {node}


def _solved(
    graph: Graph, step: HalfTrekStep, covariance: Covariance, known: dict[Pair, float]
) -> Array:
    """The coefficients of the arrows into one node (theorem 1)."""
    rows, right = [], []
    for helper in step.helpers:
        weights = {helper: 1.0}
        if helper in step.corrected:
            weights |= {p: -known[p, helper] for p in graph.parents(helper)}
        rows.append([_weighted(covariance, weights, parent) for parent in step.parents])
        right.append(_weighted(covariance, weights, step.node))
    matrix = np.array(rows)
    scale = np.abs(matrix).max(initial=0.0)
    if np.linalg.matrix_rank(matrix, tol=1e-12 * max(scale, 1e-300)) < len(step.parents):
        raise LinearError.degenerate(step.node)
    found: Array = np.linalg.solve(matrix, np.array(right))
    return found


def _weighted(covariance: Covariance, weights: dict[str, float], other: str) -> float:
    """The covariance of a weighted sum with a variable."""
    return sum(weight * covariance.of(name, other) for name, weight in weights.items())
