"""Which estimator answers when none is named: the first of the ladder that can use the answer."""

from typing import Any

from causalsim.estimation.estimator import Estimator
from causalsim.estimation.estimators.covariances import Covariances
from causalsim.estimation.estimators.doubly_robust import AIPW
from causalsim.estimation.estimators.plugin import Plugin
from causalsim.estimation.instruments.late import LATE
from causalsim.estimation.mediators.front_door import DoublyRobustFrontDoor
from causalsim.estimation.mediators.joint import JointActions
from causalsim.estimation.mediators.natural import NaturalEffects
from causalsim.estimation.sequences.doubly_robust import LTMLE

LADDER: tuple[Estimator, ...] = (
    LTMLE(),  # several treatments; it leaves one to the next
    AIPW(),
    Covariances(),
    LATE(),
    DoublyRobustFrontDoor(),
    NaturalEffects(),
    JointActions(),
    Plugin(),
)


def default_for(*answers: Any) -> Estimator:  # noqa: ANN401
    """The first estimator of the ladder that can use one of these forms of an answer.

    Each step serves the kinds of answers that the steps before it cannot, and is the soundest of
    those that can; the last takes any formula.

    Args:
        answers: The answer, and what it comes down to.

    Returns:
        The estimator; AIPW when none can, whose refusal then says what is missing.

    >>> from causalsim.estimand.query import Query
    >>> from causalsim.graph.graph import Graph
    >>> from causalsim.identification.strategy import identify
    >>> default_for(identify(Graph("z -> x -> y; z -> y"), Query("y", do="x"))).name
    'AIPW'
    """
    for estimator in LADDER:
        if any(estimator.accepts(answer) for answer in answers):
            return estimator
    return AIPW()
