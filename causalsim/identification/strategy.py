"""Can the data answer it: the ways are tried in a fixed order, simplest first."""

from dataclasses import replace

from causalsim.errors import QueryError
from causalsim.estimand.events import Question
from causalsim.estimand.query import Query
from causalsim.graph.effects.adjustment import minimal_adjustment_set
from causalsim.graph.effects.optimal import optimal_adjustment_set
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer
from causalsim.identification.asking import check_query
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available
from causalsim.identification.fusing.combining import combine
from causalsim.identification.verification import verified
from causalsim.identification.ways import (
    by_adjustment,
    by_c_factors,
    by_conditioning,
    by_front_door,
    by_no_effect,
)


def identify(
    graph: Graph,
    query: Question,
    *,
    available: Available | None = None,
    verify: bool = False,
) -> Answer:
    """Answer a causal question from the graph alone, or say what forbids an answer.

    A `Query` about one world is tried in turn: no effect (rule 3 of do-calculus), an adjustment set
    (the optimal one where it exists), the front door, and the complete algorithm for any other
    formula. Complete for P(y | do(x)) and for P(y | do(x), z) in graphs with hidden causes:
    `Unidentified` means that no formula exists, not that none was found. A question about several
    worlds goes to counterfactual identification; one with other data at hand than observations of
    everything, to their combination.

    Args:
        graph: The causal graph; it may have ``<->`` and latent nodes.
        query: The question; its treatments, outcomes and conditions must be observed nodes.
        available: What data exist: experiments, other populations; left out, observations of every
            observed node.
        verify: Whether to check the formula against random discrete models of the graph before it
            is returned; ``.why`` then ends with what came of it.

    Returns:
        `NoEffect`, `Adjustment`, `FrontDoor`, `Formula` or `Unidentified`; for several worlds
        `CounterfactualFormula` or `CounterfactualUnidentified`; from several data sets `Combined`
        or `Insufficient`. All have ``.identified``, ``.formula`` and ``.why``.

    Raises:
        QueryError: a variable that the graph lacks, or that is latent.
        VerificationError: ``verify`` found the formula wrong, which is a defect of the package.

    >>> graph = Graph("smoking -> tar -> cancer; smoking <-> cancer")
    >>> answer = identify(graph, Query("cancer", do="smoking"))
    >>> print(answer)
    identified through the front door {tar}
    >>> print(answer.formula)
    Σ_tar P(tar | smoking) Σ_smoking′ P(cancer | smoking′, tar) P(smoking′)
    >>> refusal = identify(Graph("x -> y; x <-> y"), Query("y", do="x"))
    >>> print(refusal)
    not identified: x, y form a hedge
    >>> refusal.help
    ('measuring the common cause of x and y',)

    >>> from causalsim.estimand.parsing import parse_query
    >>> print(identify(Graph("z -> x -> y; z -> y"), parse_query("P(y(x=0)=1 | x=1)")).formula)
    [Σ_z P(x=1, z) P(y=1 | z, x=0)] / [P(x=1)]

    References:
        Shpitser and Pearl, "Identification of joint interventional distributions in recursive
        semi-Markovian causal models" (2006) and "Identification of conditional interventional
        distributions" (2006).
    """
    if not isinstance(graph, Graph):
        raise QueryError.not_a_graph(graph)
    if not isinstance(query, Question):
        raise QueryError.not_a_query(query)
    if not isinstance(query, Query):
        answer: Answer = identify_counterfactual(graph, query, available)
    elif available is not None:
        answer = combine(graph, query, available)
    else:
        check_query(graph, query)
        answer = _answer(graph, query)
    return _verified(answer, available) if verify and answer.identified else answer


def _answer(graph: Graph, query: Query) -> Answer:
    """The first way that leads to an answer."""
    if query.given:
        return by_conditioning(graph, query)
    return (
        by_no_effect(graph, query)
        or _adjusted(graph, query)
        or by_front_door(graph, query)
        or by_c_factors(graph, query)
    )


def _verified(answer: Answer, available: Available | None) -> Answer:
    """The answer, with what came of checking its formula."""
    assert answer.formula is not None  # what is identified has one
    told = verified(answer.graph, answer.query, answer.formula, available)
    return replace(answer, why=f"{answer.why} {told}")


def _adjusted(graph: Graph, query: Query) -> Answer | None:
    """By the optimal adjustment set where there is one, else by a minimal one."""
    x, y = query.treatments, query.outcome
    best = optimal_adjustment_set(graph, x, y)
    found = best if best is not None else minimal_adjustment_set(graph, x, y)
    return None if found is None else by_adjustment(graph, query, found, best is not None)
