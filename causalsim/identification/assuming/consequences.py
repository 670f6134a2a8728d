"""What follows from what the caller assumes: the ways, in the order in which they are tried.

A point comes before an interval, and an interval for what was asked before an answer to another
question.
"""

from dataclasses import replace

from causalsim.estimand.events import Question
from causalsim.graph.graph import Graph
from causalsim.identification.answer import Answer
from causalsim.identification.assuming.assumptions import Premises
from causalsim.identification.assuming.causation import by_monotone_treatment
from causalsim.identification.assuming.compliers import among_compliers, by_monotone_instrument
from causalsim.identification.assuming.interval import by_bounds
from causalsim.identification.assuming.linearity import by_linearity
from causalsim.identification.contrasting import is_plain
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available


def answer_assuming(
    graph: Graph, question: Question, available: Available | None, premises: Premises
) -> Answer | None:
    """The first answer that follows from the assumptions, or None.

    Tried in turn: levels (what a unit is not then says what it is), a treatment or an instrument
    that is monotone, linearity, the interval for declared levels, the effect among compliers.

    Args:
        graph: The causal graph.
        question: What is asked, and is not identified without assumptions.
        available: What data exist.
        premises: What is assumed.

    >>> from causalsim.estimand.query import Query
    >>> from causalsim.identification.assuming.assumptions import Linear
    >>> graph, premises = Graph("z -> x -> y; x <-> y"), Premises((Linear(),))
    >>> print(answer_assuming(graph, Query("y", do="x"), None, premises))
    identified if everything is linear: effect of one unit = σ(z, y) / σ(z, x)
    """
    return (
        _by_levels(graph, question, available, premises)
        or by_monotone_treatment(graph, question, available, premises)
        or by_monotone_instrument(graph, question, available, premises)
        or _by_linearity(graph, question, available, premises)
        or by_bounds(graph, question, available, premises)
        or among_compliers(graph, question, available, premises)
    )


def _by_levels(
    graph: Graph, question: Question, available: Available | None, premises: Premises
) -> Answer | None:
    """A formula that holds because some variables have no other levels than those declared."""
    # Levels tell what a unit is from what it is not: of one world the graph has told all already.
    if not premises.discrete or (available is None and is_plain(graph, question)):
        return None
    answer = identify_counterfactual(graph, question, available, premises.levels)
    if not answer.identified:
        return None
    said = f"Assumed: {' and '.join(map(str, premises.discrete))}."
    return replace(answer, why=f"{said} {answer.why}", assumptions=premises.discrete)


def _by_linearity(
    graph: Graph, question: Question, available: Available | None, premises: Premises
) -> Answer | None:
    """A coefficient, where everything is observed."""
    observed = available is None or available.populations[0].observational is None
    if not premises.linear or not observed:
        return None
    return by_linearity(graph, question, premises.linear[0])
