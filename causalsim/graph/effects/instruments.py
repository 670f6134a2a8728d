"""Which variables are instruments for an effect, and what each must be conditioned on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from causalsim.errors import GraphError
from causalsim.errors.adjustment import AdjustmentError
from causalsim.graph.core import Core, marks
from causalsim.graph.effects.proper import Effect, candidates, effect, members, refuse_hidden
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.parting import minimal_near_x, parting
from causalsim.graph.separation.paths import Path, witness
from causalsim.graph.walk import CONNECTED, walk


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument with what it must be conditioned on.

    Attributes:
        node: The instrument, z.
        given: The conditioning set W, in the graph's order.
    """

    node: str
    given: tuple[str, ...]

    def __str__(self) -> str:
        """The instrument, and after a bar what is held."""
        return f"{self.node} | {', '.join(self.given)}" if self.given else self.node


@dataclass(frozen=True, slots=True)
class InstrumentVerdict:
    """Whether a node is an instrument given a set and, if not, what spoils it.

    Attributes:
        valid: Whether cov(z, y | w) / cov(z, x | w) is the effect in every linear model.
        why: The reason, in words.
        path: A path from the instrument to the outcome that does not run through the treatment's
            effect and stays open; None when none does.
    """

    valid: bool
    why: str
    path: Path | None = None

    def __bool__(self) -> bool:
        """Whether it is an instrument."""
        return self.valid

    def __str__(self) -> str:
        """The reason."""
        return self.why


def is_instrument(graph: Graph, x: str, y: str, z: str, given: Names = ()) -> bool:
    """Whether z is a conditional instrument for the total effect of x on y given W.

    (1) Neither z nor a member of W lies on or below a causal path from x to y; (2) z and x are
    connected given W; (3) W separates z from y once the first arrows of the causal paths from x to
    y are cut. Then the effect is cov(z, y | w) / cov(z, x | w) in every linear model of the graph
    in which the denominator is not zero. Time O(nodes + edges).

    Args:
        graph: The causal graph.
        x: The treatment.
        y: The outcome.
        z: The instrument.
        given: What is conditioned on, W.

    Raises:
        GraphError: an unknown node; roles that overlap; a latent x, y or z.

    >>> is_instrument(Graph("z -> x -> y; x <-> y"), "x", "y", "z")
    True

    References:
        Pearl, "Causality" (2009), definition 7.4.1; Brito and Pearl, "Generalized instrumental
        variables" (2002); Henckel, Buttenschön and Maathuis, "Graphical tools for selecting
        conditional instrumental sets" (2024), theorem 3.1, for total effects.
    """
    question, held = _checked(graph, x, y, z, given)
    (node,) = graph.indices(z)
    if any(question.forbidden[other] for other in (node, *held)):
        return False
    if any(graph.nodes[other] in graph.latent for other in held):
        return False
    fixed = marks(len(graph), held)
    cut = _without_effect(question)
    return not _meet(cut, node, question.y[0], fixed) and _meet(
        graph.core, node, question.x[0], fixed
    )


def explain_instrument(
    graph: Graph, x: str, y: str, z: str, given: Names = ()
) -> InstrumentVerdict:
    """Whether z is a conditional instrument given W and, if not, what spoils it.

    The same criterion as `is_instrument`; a spoiling path is a shortest one.

    Args:
        graph: The causal graph.
        x: The treatment.
        y: The outcome.
        z: The instrument.
        given: What is conditioned on, W.

    Raises:
        GraphError: an unknown node; roles that overlap; a latent x, y or z.

    >>> print(explain_instrument(Graph("c -> z -> x -> y <- c; x <-> y"), "x", "y", "z"))
    z <- c -> y is open: c, a common cause, is not held.

    References:
        Henckel, Buttenschön and Maathuis (2024), theorem 3.1.
    """
    question, held = _checked(graph, x, y, z, given)
    names = graph.names(held)
    hidden = [name for name in names if name in graph.latent]
    if hidden:
        return InstrumentVerdict(False, f"{', '.join(hidden)} is latent and cannot be measured.")
    spoilers = [name for name in (z, *names) if question.forbidden[graph.indices(name)[0]]]
    if spoilers:
        why = f"{', '.join(spoilers)} lies on or below a causal path from {x} to {y}."
        return InstrumentVerdict(False, why)
    shown = f" given {', '.join(names)}" if names else ""
    fixed = marks(len(graph), held)
    (node,) = graph.indices(z)
    if not _meet(graph.core, node, question.x[0], fixed):
        return InstrumentVerdict(False, f"{z} is independent of {x}{shown}: it is too weak to use.")
    causal = set(graph.names(members(question.causal)))
    arrows = [pair for pair in graph.directed if not (pair[0] == x and pair[1] in causal)]
    rest = Graph(arrows, nodes=graph.nodes, bidirected=graph.bidirected)
    path = witness(rest, [node], question.y, held)
    if path is not None:
        return InstrumentVerdict(False, path.why, path)
    why = f"{z} is connected to {x}{shown}, and to {y} only through the effect of {x}."
    return InstrumentVerdict(True, why)


def instruments(graph: Graph, x: str, y: str, may: Names | None = None) -> Iterator[Instrument]:
    """Every node that is an instrument given some of its own and y's ancestors, one after another.

    For each node a minimal set near y is tried, which leaves the node connected to x
    whenever any set of ancestors does. A node that is an instrument only given nodes that are not
    ancestors of it or of y is not listed, since to find those is NP-hard; but whenever such a one
    exists, some other node is listed. Time O(nodes + edges) for each node, lazily.

    Args:
        graph: The causal graph.
        x: The treatment.
        y: The outcome.
        may: Nodes that may be instruments or be conditioned on; every observed one by default.

    Returns:
        The instruments in the graph's order, each with a conditioning set, empty where possible.

    Raises:
        GraphError: an unknown node; x is y; a latent x or y.

    >>> [str(found) for found in instruments(Graph("c -> z -> x -> y <- c; x <-> y"), "x", "y")]
    ['z | c']

    References:
        van der Zander, Textor and Liśkiewicz, "Efficiently finding conditional instruments for
        causal inference" (2015), theorems 3 to 5 and algorithm 1.
    """
    question, _ = _checked(graph, x, y, None, ())
    _, allowed = candidates(graph, question.x, question.y, (), may)
    return _listed(question, allowed)


def _listed(question: Effect, allowed: bytearray) -> Iterator[Instrument]:
    """The instruments among the allowed nodes."""
    graph, cut = question.graph, _without_effect(question)
    permitted = bytearray(allowed)
    for node in members(question.forbidden):
        permitted[node] = 0
    for node in members(permitted):
        given = _conditioning(question, cut, node, permitted)
        if given is not None:
            yield Instrument(graph.nodes[node], graph.names(given))


def _conditioning(question: Effect, cut: Core, node: int, permitted: bytearray) -> list[int] | None:
    """A set given which a node is an instrument: a minimal one near y, or None."""
    others = bytearray(permitted)
    others[node] = 0
    task = parting(cut, question.y, [node], [], others)
    if task is None:
        return None
    found = minimal_near_x(task)
    meets = _meet(question.graph.core, node, question.x[0], marks(cut.size, found))
    return found if meets else None


def _meet(core: Core, one: int, other: int, fixed: bytearray) -> bool:
    """Whether two nodes are connected given the fixed ones."""
    return other in walk(core, CONNECTED, [one], fixed, until=marks(core.size, [other]))


def _without_effect(question: Effect) -> Core:
    """The graph without the arrows by which x affects y; other adjacency lists are shared."""
    core, node = question.graph.core, question.x[0]
    parents, children = list(core.parents), list(core.children)
    children[node] = [child for child in core.children[node] if not question.causal[child]]
    for child in core.children[node]:
        if question.causal[child]:
            parents[child] = [parent for parent in core.parents[child] if parent != node]
    return replace(core, parents=parents, children=children)


def _checked(graph: Graph, x: str, y: str, z: str | None, given: Names) -> tuple[Effect, list[int]]:
    """The question, with one node a role and no node in two."""
    for role, name in (("x", x), ("y", y), ("z", z)):
        if name is not None and not isinstance(name, str):
            raise AdjustmentError.one_node(role, name)
    question = effect(graph, x, y)
    held, node = graph.indices(given), [] if z is None else graph.indices(z)
    refuse_hidden(graph, node, "z")
    roles = {"x": question.x, "y": question.y, "z": node, "given": held}
    for one, other in (("x", "z"), ("y", "z"), ("x", "given"), ("y", "given"), ("z", "given")):
        both = set(roles[one]) & set(roles[other])
        if both:
            raise GraphError.overlap(graph.names(sorted(both)), one, other)
    return question, sorted(held)
