"""Random questions about several worlds, and what a verdict and a formula are checked against."""

import numpy as np

from causalsim.errors import QueryError
from causalsim.estimand.evaluation import SourceTable, evaluate
from causalsim.estimand.events import Counterfactual, Event, Expectation, Probability, Question
from causalsim.graph.graph import Graph
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available
from tests.oracles.response_models import ResponseModel


def random_counterfactual(
    rng: np.random.Generator, nodes: tuple[str, ...], depth: int, levels: int = 2
) -> Counterfactual:
    """A variable in a world of up to two actions, some of them nested."""
    actions: dict[str, int | Counterfactual] = {}
    for name in rng.permutation(nodes)[: rng.integers(0, 3)].tolist():
        if depth and rng.random() < 0.3:
            inner = random_counterfactual(rng, nodes, depth - 1, levels)
            actions[name] = Counterfactual(name, inner.do)
        else:
            actions[name] = int(rng.integers(levels))
    return Counterfactual(str(rng.choice(nodes)), actions)


def random_question(
    rng: np.random.Generator, nodes: tuple[str, ...], levels: int = 2, most: int = 3
) -> Probability | Expectation:
    """Up to ``most`` events, half of the time given up to two others."""

    def event(depth: int) -> Event:
        of = random_counterfactual(rng, nodes, depth, levels)
        return Event(of, int(rng.integers(levels)))

    events = [event(2) for _ in range(rng.integers(1, most + 1))]
    given = [event(1) for _ in range(rng.integers(0, 3))] if most > 1 and rng.random() < 0.5 else []
    if rng.random() < 0.2:
        return Expectation(events[0].of, given)
    return Probability(events, given)


def verdict_and_error(
    graph: Graph,
    question: Question,
    seed: int,
    experiments: tuple[tuple[str, ...], ...] = (),
    levels: int = 2,
    told: bool = False,
) -> tuple[str, float]:
    """What identification says, and by how much its formula misses the truth in a random model.

    The verdicts are "formula", "zero", "refused", "contradictory" and, where the conditions have
    probability zero because there are only two levels, "undefined". ``told`` says whether
    identification knows how many levels there are.
    """
    model = ResponseModel(graph, seed, levels)
    known = dict.fromkeys(graph.nodes, range(levels)) if told else None
    try:
        answer = identify_counterfactual(graph, question, Available(experiments=experiments), known)
    except QueryError:
        return "contradictory", float(model.possible(question))
    if not answer.identified:
        return "refused", 0.0
    if not model.possible(question):
        return "undefined", 0.0
    trials = [SourceTable(names, "", model.experiment(names)) for names in experiments]
    values = evaluate(answer.formula, [model.joint(), *trials]).values
    verdict = "zero" if str(answer.formula) == "0" else "formula"
    return verdict, float(np.abs(values - model.truth(question)).max())


def refusal_is_proved(
    graph: Graph,
    question: Probability,
    seed: int,
    experiments: tuple[tuple[str, ...], ...] = (),
    levels: int = 2,
) -> bool:
    """Whether two models exist that agree on all that is seen and not on the answer."""
    for attempt in range(3):
        model = ResponseModel(graph, 10 * seed + attempt, levels, shared=3, rich=True)
        if not model.determines(question, experiments):
            return True
    return False
