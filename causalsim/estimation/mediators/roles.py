"""Who is the mediator and who the covariate: read off an answer, and checked in its graph."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from causalsim.estimand.events import Combination, Counterfactual, Expectation, Question
from causalsim.estimand.expression import Expression
from causalsim.estimand.query import Level, Query, Setting
from causalsim.estimation.reading.cells import variables
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.surgery import without_arrows
from causalsim.identification.answer import Formula, FrontDoor


@dataclass(frozen=True, slots=True)
class Through:
    """One treatment, one outcome, and what stands between and beside them.

    Attributes:
        treatment: ``A``.
        outcome: ``Y``.
        mediators: ``M``, taken together.
        covariates: ``C``, not affected by the treatment.
    """

    treatment: str
    outcome: str
    mediators: tuple[str, ...]
    covariates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NestedMean:
    """A part of a mediation question: ``weight E[Y(A=own, M(A=through))]``.

    Attributes:
        weight: What the mean is multiplied by.
        own: The level of the treatment that the outcome feels itself.
        through: The level that the mediators feel; ``own`` in ``E[Y(A=own)]``.
    """

    weight: float
    own: Level
    through: Level


def front_door_roles(answer: Any) -> Through | None:  # noqa: ANN401
    """The roles of a front door, with covariates where the answer needs them.

    A `FrontDoor` answer names its mediators. Any other formula is taken where its variables meet
    the criterion with covariates: ``M`` intercepts every directed path, ``C`` blocks every back
    door from ``A`` to ``M``, and ``A`` with ``C`` every back door from ``M`` to ``Y``, so that
    ``P(y | do(a)) = Σ_{m,c} P(m | a, c) P(c) Σ_a' P(y | a', m, c) P(a' | c)``.

    Returns:
        The roles; None where there is no such door.

    >>> from causalsim.identification.strategy import identify
    >>> graph = Graph("a -> m -> y; a <-> y; c -> {a m y}")
    >>> front_door_roles(identify(graph, Query("y", do="a")))
    Through(treatment='a', outcome='y', mediators=('m',), covariates=('c',))

    References:
        I. Fulcher, I. Shpitser, S. Marealle, E. Tchetgen Tchetgen (2020), Robust inference on
        population indirect causal effects: the generalized front door criterion, JRSS B 82.
    """
    query = getattr(answer, "query", None)
    if not isinstance(query, Query) or len(query.treatments) != 1 or len(query.outcome) != 1:
        return None
    if query.given:
        return None
    a, y = query.treatments[0], query.outcome[0]
    if isinstance(answer, FrontDoor):
        return Through(a, y, answer.mediators, ())
    if not isinstance(answer, Formula):
        return None
    below = set(answer.graph.descendants(a))
    within = set(variables(answer.formula)) - {a, y}
    named = [name for name in answer.graph.nodes if name in within]
    mediators = tuple(name for name in named if name in below)
    covariates = tuple(name for name in named if name not in below)
    found = Through(a, y, mediators, covariates)
    return found if opens_front_door(answer.graph, found) else None


def opens_front_door(graph: Graph, through: Through) -> bool:
    """Whether the mediators carry the whole effect and the covariates free them of confounding.

    The four separations are those of rules 2 and 3 of do-calculus from which the formula follows.
    """
    a, y, m, c = through.treatment, through.outcome, through.mediators, through.covariates
    if not m or not _observed(graph, through) or _affected(graph, c, a):
        return False
    if y in without_arrows(graph, into=m).descendants(a):
        return False
    return separated(without_arrows(graph, out_of=a), a, m, c) and separated(
        without_arrows(graph, out_of=m), m, y, (a, *c)
    )


def separates_mediators(graph: Graph, through: Through) -> bool:
    """Whether the covariates make natural effects through these mediators estimable.

    ``C`` is not affected by the treatment, blocks every back door from ``A`` to ``M`` and ``Y``,
    and with ``A`` every back door from ``M`` to ``Y``, also those through what the treatment
    moves. Errors of different variables are taken to be independent, across worlds too.
    """
    a, y, m, c = through.treatment, through.outcome, through.mediators, through.covariates
    if not m or not _observed(graph, through) or _affected(graph, c, a):
        return False
    return separated(without_arrows(graph, out_of=a), a, (*m, y), c) and separated(
        without_arrows(graph, out_of=m), m, y, (a, *c)
    )


def natural_roles(answer: Any) -> tuple[Through, tuple[NestedMean, ...]] | None:  # noqa: ANN401
    """The roles of a question about natural effects, and the nested means it is made of.

    Returns:
        The roles and the means; None where the question is another, or where no covariates in
        the answer's formula, nor all that the treatment does not affect, free the mediators.

    >>> from causalsim.estimand.contrasts import natural_direct_effect
    >>> from causalsim.identification.strategy import identify
    >>> graph = Graph("a -> m -> y; a -> y; c -> {a m y}")
    >>> through, means = natural_roles(identify(graph, natural_direct_effect("y", "a", "m")))
    >>> through.covariates, [(mean.weight, mean.own, mean.through) for mean in means]
    (('c',), [(1.0, 1, 0), (-1.0, 0, 0)])
    """
    read = nested_means(getattr(answer, "query", None))
    if read is None or not answer.identified or not isinstance(answer.formula, Expression):
        return None
    a, y, mediators, means = read
    graph: Graph = answer.graph
    taken = {a, y, *mediators}
    below = set(graph.descendants(a))
    named = tuple(
        name for name in variables(answer.formula) if name not in taken and name not in below
    )
    other = tuple(
        name
        for name in graph.nodes
        if name not in taken and name not in below and name not in graph.latent
    )
    for covariates in (named, other):
        through = Through(a, y, mediators, covariates)
        if separates_mediators(graph, through):
            return through, means
    return None


def nested_means(
    question: Question | None,
) -> tuple[str, str, tuple[str, ...], tuple[NestedMean, ...]] | None:
    """Treatment, outcome, mediators and means of a question about natural effects, else None.

    >>> from causalsim.estimand.parsing import parse_query
    >>> nested_means(parse_query("E[Y(X=1, M(X=0))]"))
    ('X', 'Y', ('M',), (NestedMean(weight=1.0, own=1, through=0),))
    """
    terms = question.terms if isinstance(question, Combination) else ((1.0, question),)
    outcomes, treatments, moved = set(), set(), set()
    means = []
    for weight, part in terms:
        if not isinstance(part, Expectation) or part.given:
            return None
        read = _world(part.of)
        if read is None:
            return None
        treatment, own, through, mediators = read
        outcomes.add(part.of.variable)
        treatments.add(treatment)
        if mediators:
            moved.add(mediators)
        means.append(NestedMean(weight, own, through))
    if len(outcomes) != 1 or len(treatments) != 1 or len(moved) != 1:
        return None
    return treatments.pop(), outcomes.pop(), moved.pop(), tuple(means)


def _world(of: Counterfactual) -> tuple[str, Level, Level, tuple[str, ...]] | None:
    """``Y(A=own, M(A=through), …)`` as treatment, own, through and mediators."""
    settings = [action for action in of.do if isinstance(action, Setting)]
    natural = [action for action in of.do if isinstance(action, Counterfactual)]
    if len(settings) != 1 or settings[0].value is None:
        return None
    treatment, own = settings[0].variable, settings[0].value
    felt: set[Level] = set()
    for one in natural:
        world = [action for action in one.do if isinstance(action, Setting)]
        if len(one.do) != 1 or len(world) != 1 or world[0].variable != treatment:
            return None
        if world[0].value is None:
            return None
        felt.add(world[0].value)
    if len(felt) > 1:
        return None
    through = felt.pop() if felt else own
    return treatment, own, through, tuple(one.variable for one in natural)


def _observed(graph: Graph, through: Through) -> bool:
    """Whether every variable in a role is measured."""
    names: Iterable[str] = (
        through.treatment,
        through.outcome,
        *through.mediators,
        *through.covariates,
    )
    return not any(name in graph.latent for name in names)


def _affected(graph: Graph, covariates: tuple[str, ...], treatment: str) -> bool:
    """Whether the treatment moves some covariate."""
    below = set(graph.descendants(treatment))
    return any(name in below for name in covariates)
