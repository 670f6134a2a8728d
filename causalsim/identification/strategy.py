"""Can the data answer it: the ways are tried in a fixed order, simplest first."""

from dataclasses import replace

from causalsim.errors import QueryError
from causalsim.errors.identification import AvailabilityError
from causalsim.estimand.events import Question
from causalsim.estimand.expression import Expression
from causalsim.estimand.parsing import parse_query
from causalsim.estimand.query import Query
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer
from causalsim.identification.asking import check_query
from causalsim.identification.assuming.assumptions import (
    Assumptions,
    Premises,
    refuse_other_levels,
)
from causalsim.identification.contrasting import by_plain_questions
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available
from causalsim.identification.fusing.combining import combine
from causalsim.identification.fusing.incomplete import recover
from causalsim.identification.verification import verified
from causalsim.identification.ways import (
    by_best_adjustment,
    by_c_factors,
    by_conditioning,
    by_front_door,
    by_no_effect,
)


def identify(
    graph: Graph,
    query: Question | str,
    *,
    available: Available | None = None,
    assuming: Assumptions = (),
    verify: bool = False,
) -> Answer:
    """Answer a causal question from the graph alone, or say what forbids an answer.

    A `Query` about one world is tried in turn: no effect (rule 3 of do-calculus), an adjustment set
    (the optimal one where it exists), the front door, and the complete algorithm for any other
    formula. Complete for P(y | do(x)) and for P(y | do(x), z) in graphs with hidden causes:
    `Unidentified` means that no formula exists, not that none was found. A contrast of such
    questions is answered by their answers; any other question about several worlds goes to
    counterfactual identification; one with other data at hand than observations of everything, to
    their combination; one with units or values missing, to recovery.

    What is assumed is looked at last, when nothing is identified without it; the answer then names
    it in ``.why`` and in ``.assumptions``.

    Args:
        graph: The causal graph; it may have ``<->`` and latent nodes.
        query: The question, or its text (`causalsim.estimand.parse_query`); its treatments,
            outcomes and conditions must be observed nodes.
        available: What data exist: experiments, other populations, selected units, missing values;
            left out, observations of every observed node.
        assuming: What may be taken for granted beside the graph: ``Linear()``,
            ``Monotone("z", "x")``, ``Levels({"x": [0, 1]})``, or several of them; see
            `causalsim.identification.assuming`.
        verify: Whether to check the formula against random discrete models of the graph before it
            is returned; ``.why`` then ends with what came of it.

    Returns:
        `NoEffect`, `Adjustment`, `FrontDoor`, `Formula` or `Unidentified`; for a contrast
        `Contrasted`; for several worlds `CounterfactualFormula` or `CounterfactualUnidentified`;
        from several data sets `Combined` or `Insufficient`, from incomplete ones `Recovered` or
        `Unrecovered`; under assumptions `LinearEffect`, `Bounded` or `AmongCompliers` too. All have
        ``.identified``, ``.formula``, ``.why`` and ``.help``.

    Raises:
        QueryError: a variable that the graph lacks, or that is latent; text that is no question.
        AssumptionError: an assumption that means nothing for this graph; a level in the question
            that is not among those declared.
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
    >>> from causalsim.identification.assuming import Linear
    >>> instrument = Graph("z -> x -> y; x <-> y")
    >>> print(identify(instrument, Query("y", do="x"), assuming=Linear()))
    identified if everything is linear: effect of one unit = σ(z, y) / σ(z, x)

    >>> print(identify(Graph("z -> x -> y; z -> y"), "P(y(x=0)=1 | x=1)").formula)
    [Σ_z P(x=1, z) P(y=1 | z, x=0)] / [P(x=1)]

    References:
        Shpitser and Pearl, "Identification of joint interventional distributions in recursive
        semi-Markovian causal models" (2006) and "Identification of conditional interventional
        distributions" (2006).
    """
    if not isinstance(graph, Graph):
        raise QueryError.not_a_graph(graph)
    if isinstance(query, str):
        query = parse_query(query)
    if not isinstance(query, Question):
        raise QueryError.not_a_query(query)
    if not isinstance(available, Available | None):
        raise AvailabilityError.not_available(available)
    premises = Premises.of(graph, assuming)
    refuse_other_levels(query, premises.levels)
    answer = _unassuming(graph, query, available)
    if premises.stated and not answer.identified:
        answer = _assuming(answer, available, premises)
    return _verified(answer, available) if verify and answer.identified else answer


def _unassuming(graph: Graph, query: Question, available: Available | None) -> Answer:
    """The answer that rests on the graph and the data alone."""
    if available is not None and available.incomplete:
        return recover(graph, query, available)
    if isinstance(query, Query):
        return _answer(graph, query, available)
    return by_plain_questions(
        graph, query, lambda plain: _answer(graph, plain, available)
    ) or identify_counterfactual(graph, query, available)


def _answer(graph: Graph, query: Query, available: Available | None) -> Answer:
    """The first way that leads to an answer about one world."""
    if available is not None:
        return combine(graph, query, available)
    check_query(graph, query)
    if query.given:
        unmoved = by_no_effect(graph, query) if query.do else None
        return unmoved or by_conditioning(graph, query)
    return (
        by_no_effect(graph, query)
        or by_best_adjustment(graph, query)
        or by_front_door(graph, query)
        or by_c_factors(graph, query)
    )


def _assuming(refusal: Answer, available: Available | None, premises: Premises) -> Answer:
    """What follows from the assumptions, or the refusal, which then says that nothing was found."""
    # Linear programs are imported only when they may be needed.
    from causalsim.identification.assuming.consequences import answer_assuming

    said = " and that ".join(map(str, premises.stated))
    if available is not None and available.incomplete:
        told = f"That {said} is not used beside data with selected units or missing values."
        return replace(refusal, why=f"{refusal.why} {told}")
    found = answer_assuming(refusal.graph, refusal.query, available, premises)
    if found is not None:
        return found
    told = f"No way was found to answer it by assuming that {said}."
    return replace(refusal, why=f"{refusal.why} {told}")


def _verified(answer: Answer, available: Available | None) -> Answer:
    """The answer, with what came of checking its formula."""
    from causalsim.identification.assuming.linear_check import verified_linear
    from causalsim.identification.assuming.linearity import LinearEffect

    premises = Premises(answer.assumptions)
    if isinstance(answer, LinearEffect):
        told = verified_linear(answer)
    else:
        assert isinstance(answer.formula, Expression)  # every other identified answer has one
        told = verified(
            answer.graph,
            answer.query,
            answer.formula,
            available,
            levels=premises.levels,
            monotone=premises.monotone,
        )
    return replace(answer, why=f"{answer.why} {told}")
