"""One coefficient or one total effect of a linear model: by regression, instrument or half-treks.

References:
    Pearl, "Causality" (2009), theorems 5.3.1 (single door), 5.3.2 (back door) and section 5.3.1
    (conditional instruments); Brito and Pearl, "Generalized instrumental variables" (2002).
"""

from dataclasses import dataclass
from typing import final

from causalsim.errors.identification import LinearError
from causalsim.graph.effects.adjustment import minimal_adjustment_set
from causalsim.graph.effects.instruments import instruments
from causalsim.graph.graph import Graph, Names
from causalsim.graph.separation.criterion import separated
from causalsim.graph.separation.separators import minimal_separator
from causalsim.identification.fusing.one_source import projected
from causalsim.identification.linear.half_trek import HalfTreks, Verdict, half_treks
from causalsim.identification.linear.linear_model import Covariance


@final
@dataclass(frozen=True, slots=True)
class Regression:
    """The coefficient of the cause in the regression of the effect on it and on ``given``."""

    cause: str
    effect: str
    given: tuple[str, ...]
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """The formula."""
        held = f" · {', '.join(self.given)}" if self.given else ""
        return f"β({self.effect}, {self.cause}{held})"

    def evaluate(self, covariance: Covariance) -> float:
        """The number at a covariance matrix.

        Raises:
            LinearError: a variable that the matrix lacks.
        """
        return covariance.slope(self.effect, self.cause, self.given)


@final
@dataclass(frozen=True, slots=True)
class InstrumentRatio:
    """σ(instrument, effect · given) / σ(instrument, cause · given)."""

    cause: str
    effect: str
    instrument: str
    given: tuple[str, ...]
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """The formula."""
        held = f" · {', '.join(self.given)}" if self.given else ""
        z = self.instrument
        return f"σ({z}, {self.effect}{held}) / σ({z}, {self.cause}{held})"

    def evaluate(self, covariance: Covariance) -> float:
        """The number at a covariance matrix.

        Raises:
            LinearError: a variable that the matrix lacks, or an instrument without strength.
        """
        below = covariance.partial(self.instrument, self.cause, self.given)
        if below == 0:
            raise LinearError.degenerate(self.effect)
        return covariance.partial(self.instrument, self.effect, self.given) / below


@final
@dataclass(frozen=True, slots=True)
class ByHalfTreks:
    """A sum of products of coefficients along directed paths, each solved by half-treks."""

    cause: str
    effect: str
    solution: HalfTreks
    direct: bool
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """The formula: the arrows' coefficients, and the equations that they solve."""
        steps = [s for s in self.solution.steps if s.node == self.effect or not self.direct]
        what = f"λ({self.cause},{self.effect})" if self.direct else "products along directed paths"
        return f"{what} where {'; '.join(map(str, steps))}"

    def evaluate(self, covariance: Covariance) -> float:
        """The number at a covariance matrix.

        Raises:
            LinearError: a variable that the matrix lacks, or equations that are singular here.
        """
        found = self.solution.coefficients(covariance)
        if self.direct:
            return found[self.cause, self.effect]
        graph = self.solution.graph
        reach = {self.cause: 1.0}
        on_the_way = set(graph.descendants(self.cause)) & set(graph.ancestors(self.effect))
        for node in graph.order():
            if node in on_the_way and node != self.cause:
                reach[node] = sum(
                    reach[parent] * found[parent, node]
                    for parent in graph.parents(node)
                    if parent in reach
                )
        return reach[self.effect]


@final
@dataclass(frozen=True, slots=True)
class UnidentifiedCoefficient:
    """No formula was found.

    Attributes:
        proven: Whether infinitely many models of the effect's district make the same covariances
            (some coefficient into it is then not identified, though perhaps another one is).
    """

    cause: str
    effect: str
    proven: bool
    why: str
    identified: bool = False

    def __str__(self) -> str:
        """One line."""
        return f"not found: {self.why}"


@final
@dataclass(frozen=True, slots=True)
class NoLinearEffect:
    """No directed path leads from the cause to the effect."""

    cause: str
    effect: str
    why: str
    identified: bool = True

    def __str__(self) -> str:
        """The formula."""
        return "0"

    def evaluate(self, covariance: Covariance) -> float:
        """Zero, whatever the covariance matrix."""
        return 0.0


LinearAnswer = Regression | InstrumentRatio | ByHalfTreks | NoLinearEffect | UnidentifiedCoefficient


def single_door(graph: Graph, cause: str, effect: str) -> tuple[str, ...] | None:
    """A smallest set that makes a regression coefficient equal to an arrow's, or None.

    The set holds no descendant of the effect and separates the two once the arrow is removed.

    Args:
        graph: The causal graph.
        cause: The tail of the arrow.
        effect: The head.

    Raises:
        LinearError: no such arrow, or a latent end.

    >>> single_door(Graph("z -> x -> y; z -> y"), "x", "y")
    ('z',)
    >>> single_door(Graph("x -> y; x <-> y"), "x", "y") is None
    True
    """
    _check_arrow(graph, cause, effect)
    cut = _without(graph, cause, effect)
    if effect in cut.siblings(cause):
        return None
    below = set(graph.descendants(effect))
    may = [node for node in graph.observed if node not in below and node != cause]
    return minimal_separator(cut, cause, effect, may=may)


def is_conditional_instrument(
    graph: Graph, cause: str, effect: str, instrument: str, given: Names = ()
) -> bool:
    """Whether σ(z, y · w) / σ(z, x · w) is the coefficient of x -> y.

    W holds no descendant of y, separates z from y once the arrow is removed, and does not separate
    z from x.

    Args:
        graph: The causal graph.
        cause: x.
        effect: y.
        instrument: z.
        given: W.

    Raises:
        LinearError: no such arrow, or a latent end.
        GraphError: an unknown node; roles that overlap.

    >>> graph = Graph("w -> z -> x -> y; w -> y; x <-> y")
    >>> is_conditional_instrument(graph, "x", "y", "z", "w")
    True
    >>> is_conditional_instrument(graph, "x", "y", "z")
    False
    """
    _check_arrow(graph, cause, effect)
    held = (given,) if isinstance(given, str) else tuple(given)
    if set(held) & set(graph.descendants(effect)) or instrument in graph.descendants(effect):
        return False
    cut = _without(graph, cause, effect)
    return separated(cut, instrument, effect, held) and not separated(cut, instrument, cause, held)


def identify_coefficient(graph: Graph, cause: str, effect: str) -> LinearAnswer:
    """The coefficient of an arrow in a linear model: the simplest formula, or why there is none.

    Tried in turn: a regression (single door), an instrument with the ancestors' separator, and the
    half-trek criterion.

    Args:
        graph: The causal graph.
        cause: The tail of the arrow.
        effect: The head.

    Raises:
        LinearError: no such arrow, or a latent end.

    >>> print(identify_coefficient(Graph("z -> x -> y; x <-> y"), "x", "y"))
    σ(z, y) / σ(z, x)
    """
    given = single_door(graph, cause, effect)
    if given is not None:
        held = f", {', '.join(given)} held," if given else ""
        why = f"Without the arrow {cause} and {effect} are separated{held} (single door)."
        return Regression(cause, effect, given, why)
    found = _instrument(graph, cause, effect)
    if found is not None:
        return found
    if _hidden_way(graph, cause, effect):
        why = f"the arrow cannot be told apart from paths through latent variables to {effect}."
        return UnidentifiedCoefficient(cause, effect, True, why)
    solution = half_treks(graph)
    if (cause, effect) in solution.identified:
        why = "The half-trek criterion solves for it (Foygel, Draisma and Drton 2012)."
        return ByHalfTreks(cause, effect, solution, True, why)
    return _unidentified(graph, cause, effect, solution, [effect])


def total_effect(graph: Graph, cause: str, effect: str) -> LinearAnswer:
    """The total effect of one variable on another in a linear model.

    Tried in turn: adjustment by regression (back door, in its complete form), a conditional
    instrument, and the sum over directed paths of products of coefficients that the half-trek
    criterion identifies.

    Args:
        graph: The causal graph.
        cause: X.
        effect: Y, another variable.

    Raises:
        LinearError: an unknown or latent variable.

    >>> print(total_effect(Graph("z -> x -> m -> y; z -> y"), "x", "y"))
    β(y, x · z)
    """
    for name in (cause, effect):
        _check_node(graph, name)
    if effect not in graph.descendants(cause):
        return NoLinearEffect(cause, effect, f"No directed path leads from {cause} to {effect}.")
    given = minimal_adjustment_set(graph, cause, effect)
    if given is not None:
        verb = "blocks" if len(given) == 1 else "block"
        why = (
            f"{', '.join(given)} {verb} every path that is not causal (adjustment)."
            if given
            else "No path but the causal ones is open, so that nothing need be held."
        )
        return Regression(cause, effect, given, why)
    by = next(instruments(graph, cause, effect), None)
    if by is not None:
        held = f" given {', '.join(by.given)}" if by.given else ""
        why = f"{by.node} reaches {effect} through {cause} only{held} (conditional instrument)."
        return InstrumentRatio(cause, effect, by.node, by.given, why)
    solution = half_treks(graph)
    small = solution.graph
    between = set(small.descendants(cause)) & set(small.ancestors(effect))
    needed = [(a, b) for a, b in small.directed if a in between and b in between]
    lacking = [b for a, b in needed if (a, b) not in solution.identified]
    if lacking:
        return _unidentified(graph, cause, effect, solution, lacking)
    why = (
        "Every coefficient on the way is solved for by half-treks (Foygel, Draisma and Drton 2012)."
    )
    return ByHalfTreks(cause, effect, solution, False, why)


def _instrument(graph: Graph, cause: str, effect: str) -> InstrumentRatio | None:
    """The first observed node that is an instrument given a minimal separator."""
    cut = _without(graph, cause, effect)
    below = set(graph.descendants(effect))
    for z in graph.observed:
        if z in below or z == cause:
            continue
        may = [node for node in graph.observed if node not in below and node not in (z, cause)]
        if effect in (*cut.siblings(z), *cut.children(z), *cut.parents(z)):
            continue
        given = minimal_separator(cut, z, effect, may=may)
        if given is not None and not separated(cut, z, cause, given):
            held = f" given {', '.join(given)}" if given else ""
            why = f"{z} moves {cause} and reaches {effect} through it only{held} (instrument)."
            return InstrumentRatio(cause, effect, z, given, why)
    return None


def _hidden_way(graph: Graph, cause: str, effect: str) -> bool:
    """Whether a directed path leads from cause to effect through latent nodes only."""
    seen: set[str] = set()
    stack = [child for child in graph.children(cause) if child in graph.latent]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if effect in graph.children(node):
                return True
            stack.extend(child for child in graph.children(node) if child in graph.latent)
    return False


def _unidentified(
    graph: Graph, cause: str, effect: str, solution: HalfTreks, lacking: list[str]
) -> UnidentifiedCoefficient:
    """Why the half-trek criterion did not solve for some nodes."""
    small = projected(graph, graph.observed)
    districts = {small.district(node) for node in lacking}
    proven = solution.verdict is Verdict.INFINITE_TO_ONE and any(
        node in district for node in solution.infinite for district in districts
    )
    names = ", ".join(dict.fromkeys(lacking))
    why = (
        f"infinitely many sets of coefficients into the district of {names} make the same "
        "covariances (half-trek criterion)."
        if proven
        else f"the half-trek criterion does not decide the coefficients into {names}."
    )
    return UnidentifiedCoefficient(cause, effect, proven, why)


def _without(graph: Graph, cause: str, effect: str) -> Graph:
    """The graph without one arrow."""
    directed = [pair for pair in graph.directed if pair != (cause, effect)]
    return Graph(directed, nodes=graph.nodes, bidirected=graph.bidirected, latent=graph.latent)


def _check_arrow(graph: Graph, cause: str, effect: str) -> None:
    """Both ends are observed and joined by an arrow."""
    _check_node(graph, cause)
    _check_node(graph, effect)
    if cause not in graph.parents(effect):
        raise LinearError.no_arrow(cause, effect)


def _check_node(graph: Graph, name: str) -> None:
    """A node that can be measured."""
    if name not in graph:
        raise LinearError.unknown_variable(name, graph.nodes)
    if name in graph.latent:
        raise LinearError.latent(name)
