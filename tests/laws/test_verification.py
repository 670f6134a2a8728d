"""Verification and oracles written apart from it agree: which of many spoilt formulae are wrong."""

from collections import Counter

import numpy as np

from causalsim.errors import QueryError
from causalsim.errors.verification import VerificationError
from causalsim.estimand.evaluation import SourceTable, evaluate
from causalsim.estimand.events import Question
from causalsim.estimand.expression import (
    Add,
    Expression,
    P,
    Product,
    Ratio,
    Sum,
    Value,
    parts,
)
from causalsim.graph.graph import Graph
from causalsim.identification.counterfactual.identify_counterfactual import identify_counterfactual
from causalsim.identification.fusing.available import Available
from causalsim.identification.fusing.combining import combine
from causalsim.identification.verification import verified
from tests.oracles.counterfactual_questions import random_question
from tests.oracles.graphs import random_graph
from tests.oracles.response_models import ResponseModel
from tests.oracles.sources import Populations, random_admg, random_available, random_query


def spoilt(rng: np.random.Generator, formula: Expression) -> Expression:
    """The formula with a condition dropped or a value changed in one of its terms."""
    terms = [part for part in parts(formula) if isinstance(part, P)]
    rng.shuffle(terms)
    for term in terms:
        if term.given and rng.random() < 0.5:
            less = list(term.given)
            less.pop(int(rng.integers(len(less))))
            return replaced(formula, term, P(term.heads, tuple(less), term.do, term.domain))
        changed = tuple(
            Value(slot.variable, 1 - slot.level) if isinstance(slot, Value) else slot
            for slot in term.heads
        )
        if changed != term.heads:
            return replaced(formula, term, P(changed, term.given, term.do, term.domain))
    return formula


def replaced(whole: Expression, old: Expression, new: Expression) -> Expression:
    """The formula with one of its parts replaced wherever it stands."""
    if whole is old:
        return new
    match whole:
        case Sum(over, body):
            return Sum(over, replaced(body, old, new))
        case Product(factors):
            return Product(tuple(replaced(factor, old, new) for factor in factors))
        case Ratio(numerator, denominator):
            return Ratio(replaced(numerator, old, new), replaced(denominator, old, new))
        case Add(terms):
            return Add(tuple(replaced(term, old, new) for term in terms))
    return whole


def caught(
    graph: Graph, question: Question, formula: Expression, available: Available | None
) -> bool:
    try:
        told = verified(graph, question, formula, available)
    except VerificationError:
        return True
    assert told.startswith("Verified"), told
    return False


def test_spoilt_formulae_about_several_worlds() -> None:
    counts: Counter[str] = Counter()
    for seed in range(400):
        rng = np.random.default_rng([seed, 31])
        graph = random_graph(rng, int(rng.integers(2, 5)), 2.5, float(rng.choice([0, 0.8])))
        question = random_question(rng, graph.nodes)
        trials = tuple((name,) for name in graph.nodes) if seed % 3 == 0 else ()
        available = Available(experiments=trials)
        try:
            answer = identify_counterfactual(graph, question, available)
        except QueryError:
            continue
        models = [ResponseModel(graph, 2 * seed + k) for k in range(2)]
        if not answer.identified or not all(model.possible(question) for model in models):
            continue
        assert not caught(graph, question, answer.formula, available)
        formula = spoilt(rng, answer.formula)
        worst = 0.0
        for model in models:
            tables = [SourceTable(names, "", model.experiment(names)) for names in trials]
            found = evaluate(formula, [model.joint(), *tables]).values
            worst = max(worst, float(np.abs(found - model.truth(question)).max()))
        found_out = caught(graph, question, formula, available)
        assert found_out or worst < 1e-9, (graph, str(question), str(formula))
        counts["wrong" if found_out else "as good"] += 1
        counts["seen by both"] += found_out and worst > 1e-9
    assert counts["wrong"] > 80
    assert counts["seen by both"] > 0.8 * counts["wrong"]
    assert counts["as good"] > 20


def test_spoilt_formulae_in_several_data_sets() -> None:
    counts: Counter[str] = Counter()
    for seed in range(200):
        rng = np.random.default_rng([seed, 32])
        graph = random_admg(rng, int(rng.integers(3, 6)), 0.5, 0.35)
        query = random_query(rng, graph, int(rng.integers(0, 2)))
        available = random_available(rng, graph, bool(seed % 2), bool(seed % 4 == 3))
        answer = combine(graph, query, available)
        if not answer.identified:
            continue
        assert not caught(graph, query, answer.formula, available)
        formula = spoilt(rng, answer.formula)
        models = [Populations.draw(graph, available, 100 * seed + k) for k in range(2)]
        worst = max(model.error(query, formula) for model in models)
        found_out = caught(graph, query, formula, available)
        assert found_out == (worst > 1e-9), (graph, query, available, str(formula))
        counts["wrong" if found_out else "as good"] += 1
    assert counts["wrong"] > 30
    assert counts["as good"] > 10
