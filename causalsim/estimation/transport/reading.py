"""By which covariates an effect is carried from a study to the population that is asked about.

Covariates ``Z`` that treatment does not move carry the effect over,
``P(y | do(a)) = Σ_z P(z) P^study(y | do(a), z)``, when they separate the outcome from every
mechanism in which the populations differ, once the treatment is set (s-admissibility); in a study
that is no experiment they must also be an adjustment set there.

References:
    J. Pearl, E. Bareinboim (2014), External validity: from do-calculus to transportability across
    populations, Statistical Science 29, theorem 2.
    J. Correa, J. Tian, E. Bareinboim (2018), Generalized adjustment under confounding and
    selection biases, AAAI, theorem 1.
"""

from dataclasses import dataclass
from typing import Any

from causalsim.errors.transport import TransportError
from causalsim.estimand.query import Query
from causalsim.graph.effects.adjustment import is_adjustment_set
from causalsim.graph.graph import Graph
from causalsim.graph.separation.criterion import separated
from causalsim.graph.surgery import without_arrows
from causalsim.identification.contrasting import Contrasted
from causalsim.identification.fusing.combining import Combined
from causalsim.identification.fusing.recovery import Recovered

_MARK = "(where)"


@dataclass(frozen=True, slots=True)
class Carried:
    """What carries an effect over.

    Attributes:
        query: The plain question.
        covariates: ``Z``, known in both populations.
        randomised: Whether the study set the treatment.
    """

    query: Query
    covariates: tuple[str, ...]
    randomised: bool


def carried(answer: Any) -> Carried:  # noqa: ANN401
    """The covariates that carry the effect of an answer over.

    Args:
        answer: What ``identify(..., available=...)`` answered.

    Raises:
        TransportError: The answer is of another kind, or the criterion fails.

    >>> from causalsim.identification.fusing.available import Available, Domain
    >>> from causalsim.identification.strategy import identify
    >>> trial = Domain("trial", differs="age", observational=False, experiments=["dose"])
    >>> graph = Graph("age -> {dose cure}; dose -> cure")
    >>> known = Available("age", domains=trial)
    >>> found = carried(identify(graph, Query("cure", do="dose"), available=known))
    >>> found.covariates, found.randomised
    (('age',), True)
    """
    if isinstance(answer, Contrasted):
        if len(answer.parts) != 1:
            raise TransportError.not_carried("it is made of several questions")
        return carried(answer.parts[0])
    if isinstance(answer, Recovered):
        return _from_selected(answer)
    if not isinstance(answer, Combined):
        raise TransportError.not_carried("the answer rests on one population alone")
    return _from_study(answer)


def _from_study(answer: Combined) -> Carried:
    """Carried from another population."""
    query = _plain(answer.query)
    (treatment,), (outcome,) = query.treatments, query.outcome
    sources = [source for part, source in answer.parts if outcome in part]
    if len(sources) != 1 or not sources[0].domain:
        raise TransportError.not_carried("the outcome is not taken from another population")
    (source,) = sources
    if source.do not in ((), (treatment,)):
        raise TransportError.not_carried(f"the study also sets {', '.join(source.do)}")
    ours = answer.available.populations[0]
    known = ours.observational
    named = [name for part, origin in answer.parts for name in part if not origin.domain]
    usable = answer.graph.observed if known is None else known
    covariates = _eligible(answer.graph, treatment, outcome, usable, source.measured)
    marked = Graph(
        [*answer.graph.directed, *((_MARK, name) for name in source.differs)],
        bidirected=answer.graph.bidirected,
        nodes=(*answer.graph.nodes, _MARK),
        latent=answer.graph.latent,
    )
    randomised = source.do == (treatment,)
    for chosen in (tuple(n for n in covariates if n in named), covariates):
        if _carries(marked, treatment, outcome, chosen, randomised):
            return Carried(query, chosen, randomised)
    raise TransportError.not_carried(
        "no covariates that are known in both populations and that treatment leaves alone account "
        "for what differs between them"
    )


def _from_selected(answer: Recovered) -> Carried:
    """Carried from the units that were selected to everyone."""
    query = _plain(answer.query)
    (treatment,), (outcome,) = query.treatments, query.outcome
    available = answer.available
    mark = None if available is None else available.selected
    if available is None or mark is None:
        raise TransportError.not_carried("no node marks the units that were selected")
    known = available.populations[0].observational or ()
    graph = answer.graph
    chosen = _eligible(graph, treatment, outcome, known, graph.observed)
    chosen = tuple(name for name in chosen if name != mark)
    valid = is_adjustment_set(graph, treatment, outcome, chosen)
    if not valid or not separated(graph, outcome, mark, (treatment, *chosen)):
        raise TransportError.not_carried(
            "what is known of everyone does not both remove confounding and explain selection"
        )
    return Carried(query, chosen, False)


def _plain(query: Any) -> Query:  # noqa: ANN401
    """A question about one treatment and one outcome."""
    if not isinstance(query, Query) or query.conditions:
        raise TransportError.not_carried("the question is conditional")
    if len(query.outcome) != 1 or len(query.treatments) != 1:
        raise TransportError.not_carried("the question is not about one treatment and one outcome")
    return query


def _eligible(
    graph: Graph,
    treatment: str,
    outcome: str,
    ours: tuple[str, ...],
    theirs: tuple[str, ...],
) -> tuple[str, ...]:
    """What both populations know and treatment leaves as it was."""
    moved = set(graph.descendants(treatment)) | {outcome}
    return tuple(
        name for name in graph.observed if name in ours and name in theirs and name not in moved
    )


def _carries(
    marked: Graph, treatment: str, outcome: str, chosen: tuple[str, ...], randomised: bool
) -> bool:
    """Whether covariates are s-admissible, and remove confounding where that is needed."""
    acted = without_arrows(marked, into=treatment)
    if not separated(acted, outcome, _MARK, (treatment, *chosen)):
        return False
    return randomised or is_adjustment_set(marked, treatment, outcome, chosen)
