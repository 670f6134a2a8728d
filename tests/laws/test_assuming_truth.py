"""Under an assumption the formula is the truth in every model that satisfies it; bounds contain it.

Without the assumption the same question stays unidentified, and in models that break the assumption
the formula misses.
"""

from typing import Any

import numpy as np
import pytest

from causalsim import Graph, identify
from causalsim.estimand import Table, contrasts, evaluate, parse_query
from causalsim.estimand.evaluation import SourceTable
from causalsim.estimand.events import Combination, Question
from causalsim.estimand.query import Query
from causalsim.identification import Available
from causalsim.identification.assuming import Bounded, Levels, Linear, LinearEffect, Monotone
from causalsim.identification.assuming.assumptions import Premises
from causalsim.identification.assuming.interval import by_bounds
from causalsim.identification.bounding.conjunctions import spelt_out
from causalsim.identification.counterfactual.answer import CounterfactualFormula
from causalsim.identification.linear.linear_model import LinearModel
from tests.oracles.counterfactual_questions import random_question
from tests.oracles.response_models import ResponseModel
from tests.oracles.responses import ResponseModel as SizedModel
from tests.oracles.responses import attained
from tests.oracles.sources import random_admg


def along(model: LinearModel, cause: str, effect: str, around: tuple[str, ...] = ()) -> float:
    """The sum over directed paths that meet none of the nodes ``around``."""
    reach = dict.fromkeys(model.graph.nodes, 0.0)
    reach[cause] = 1.0
    for node in model.graph.order():
        if node != cause and node not in around:
            reach[node] = sum(
                reach[p] * model.coefficient(p, node) for p in model.graph.parents(node)
            )
    return reach[effect]


def asked_of_lines(x: str, y: str, m: str, w: str) -> list[tuple[Question, Any]]:
    """Questions with their answers in a linear model."""
    return [
        (Query(y, do=x), lambda model: along(model, x, y)),
        (contrasts.average_effect(y, x, 3, 1), lambda model: 2 * along(model, x, y)),
        (contrasts.effect_on_treated(y, x), lambda model: along(model, x, y)),
        (contrasts.conditional_effect(y, x, {w: 1}), lambda model: along(model, x, y)),
        (
            contrasts.controlled_direct_effect(y, x, {m: 2}),
            lambda model: along(model, x, y, (m,)),
        ),
        (contrasts.natural_direct_effect(y, x, m), lambda model: along(model, x, y, (m,))),
        (
            contrasts.natural_indirect_effect(y, x, m),
            lambda model: along(model, x, y) - along(model, x, y, (m,)),
        ),
    ]


@pytest.mark.parametrize("block", range(5))
def test_linear_formulae_are_exact_in_linear_models(block: int) -> None:
    kinds = set()
    for number in range(12):
        rng = np.random.default_rng([number, block, 41])
        graph = random_admg(rng, 5, 0.5, 0.25)
        model = LinearModel.draw(graph, number)
        w, x, m, y = (f"v{i}" for i in sorted(rng.choice(5, 4, replace=False).tolist()))
        for place, (question, truth) in enumerate(asked_of_lines(x, y, m, w)):
            plain = identify(graph, question)
            answer = identify(graph, question, assuming=Linear())
            if isinstance(answer, LinearEffect):
                assert not plain.identified
                kinds.add(place)
                value = answer.evaluate(model.covariance())
                assert value == pytest.approx(truth(model), abs=1e-6), (graph, str(question))
            else:
                assert type(answer) is type(plain)
    assert len(kinds) >= 4


@pytest.mark.parametrize("place", range(7))
def test_every_kind_of_question_is_met_in_an_instruments_graph(place: int) -> None:
    graph = Graph("w -> z -> x -> m -> y; x -> y; x <-> y; x <-> m; q -> m")
    question, truth = asked_of_lines("x", "y", "m", "w")[place]
    assert not identify(graph, question).identified
    answer = identify(graph, question, assuming=Linear())
    assert isinstance(answer, LinearEffect)
    for seed in range(5):
        model = LinearModel.draw(graph, seed)
        assert answer.evaluate(model.covariance()) == pytest.approx(truth(model), abs=1e-7)


def monotone(
    graph: Graph, seed: int, cause: str, effect: str, rising: bool = True
) -> ResponseModel:
    """A random model in which one variable never falls, or never rises, with another."""
    model = ResponseModel(graph, seed)
    axis = graph.parents(effect).index(cause)
    table = np.sort(model.tables[effect], axis=axis)
    model.tables[effect] = table if rising else np.flip(table, axis=axis)
    return model


COMPLIERS = [
    "E[y(x=1) - y(x=0) | x(z=1)=1, x(z=0)=0]",
    "P(y(x=1)=1 | x(z=1)=1, x(z=0)=0)",
    "P(y(x=0)=0 | x(z=0)=0, x(z=1)=1)",
    "P(y(x=0)=1 | x(z=1)=1, x(z=0)=0) - P(y(x=1)=1 | x(z=1)=1, x(z=0)=0)",
    "2 * P(y(x=1)=1 | x(z=1)=1, x(z=0)=0) - P(y(x=0)=1 | x(z=1)=1, x(z=0)=0)",
]


@pytest.mark.parametrize("text", COMPLIERS)
@pytest.mark.parametrize(
    "source",
    [
        "z -> x -> y; x <-> y",
        "w -> z -> x -> y; w -> y; x <-> y",
        "z -> x -> y; x <-> y; w -> x; w -> y",
    ],
)
def test_effects_among_compliers_are_exact(source: str, text: str) -> None:
    graph, question = Graph(source), parse_query(text)
    assert not identify(graph, question).identified
    answer = identify(graph, question, assuming=Monotone("z", "x"))
    assert isinstance(answer, CounterfactualFormula)
    met = missed = 0
    for seed in range(8):
        model, defied = monotone(graph, seed, "z", "x"), ResponseModel(graph, seed)
        if not model.possible(question) or not defied.possible(question):
            continue
        met += 1
        value = float(evaluate(answer.formula, model.joint()).values)
        assert value == pytest.approx(model.truth(question), abs=1e-9)
        found = float(evaluate(answer.formula, defied.joint()).values)
        missed += abs(found - defied.truth(question)) > 1e-3
    assert met > 2
    assert missed


def test_compliers_given_a_covariate_and_with_a_falling_instrument() -> None:
    graph = Graph("w -> z -> x -> y; w -> y; x <-> y")
    stated = Monotone("z", "x", increasing=False)
    question = parse_query("E[y(x=1) - y(x=0) | x(z=0)=1, x(z=1)=0, w=1]")
    answer = identify(graph, question, assuming=stated)
    assert isinstance(answer, CounterfactualFormula)
    met = 0
    for seed in range(8):
        model = monotone(graph, seed, "z", "x", rising=False)
        if not model.possible(question):
            continue
        met += 1
        value = float(evaluate(answer.formula, model.joint()).values)
        assert value == pytest.approx(model.truth(question), abs=1e-9)
    assert met > 2


CAUSATION = [
    ("P(y(x=0)=0 | x=1, y=1)", True),
    ("P(y(x=1)=1 | x=0, y=0)", True),
    ("P(y(x=1)=1, y(x=0)=0)", True),
    ("P(y(x=1)=0, y(x=0)=1)", False),
    ("P(y(x=1)=0 | y=1, x=0)", False),
    ("P(y(x=0)=1 | x=1, y=0)", False),
]


@pytest.mark.parametrize("text, rising", CAUSATION)
@pytest.mark.parametrize("source", ["x -> y", "z -> x -> y; z -> y", "x -> y <- z; x <-> z"])
def test_probabilities_of_causation_are_exact(source: str, text: str, rising: bool) -> None:
    graph, question = Graph(source), parse_query(text)
    assert not identify(graph, question).identified
    answer = identify(graph, question, assuming=Monotone("x", "y", rising))
    opposite = identify(graph, question, assuming=Monotone("x", "y", not rising))
    for seed in range(4):
        model = monotone(graph, seed, "x", "y", rising)
        value = float(evaluate(answer.formula, model.joint()).values)
        assert value == pytest.approx(model.truth(question), abs=1e-9)
        never = monotone(graph, seed, "x", "y", not rising)
        assert never.truth(question) == 0.0
        assert float(evaluate(opposite.formula, never.joint()).values) == 0.0


@pytest.mark.parametrize("block", range(4))
def test_intervals_contain_the_truth(block: int) -> None:
    sharp = wide = 0
    for number in range(60):
        rng = np.random.default_rng([number, block, 91])
        graph = random_admg(rng, int(rng.integers(2, 5)), 0.7, 0.8)
        question = random_question(rng, graph.nodes)
        model = ResponseModel(graph, number)
        if not model.possible(question):
            continue
        answer = identify(graph, question, assuming=Levels.binary(*graph.nodes))
        if not isinstance(answer, Bounded):
            continue
        found = answer.evaluate(model.joint(), limit=20_000)
        sharp, wide = sharp + found.sharp, wide + (not found.sharp)
        assert model.truth(question) in found, (graph, str(question))
        assert found.width <= 1 + 1e-9
    assert sharp
    assert wide


SPELT: dict[str, tuple[str, Question]] = {
    "ATT": ("x -> y; x <-> y", contrasts.effect_on_treated("y", "x")),
    "NDE": ("x -> m -> y; x -> y; m <-> y", contrasts.natural_direct_effect("y", "x", "m")),
    "NIE": ("x -> m -> y; x -> y; m <-> y", contrasts.natural_indirect_effect("y", "x", "m")),
    "CDE": (
        "x -> m -> y; x -> y; m <-> y",
        contrasts.controlled_direct_effect("y", "x", {"m": 1}),
    ),
    "ATE with an instrument": ("z -> x -> y; x <-> y", contrasts.average_effect("y", "x")),
    "CATE": ("c -> x -> y; c -> y; x <-> y", contrasts.conditional_effect("y", "x", {"c": 1})),
    "PNS": ("x -> y", contrasts.probability_of_necessity_and_sufficiency("y", "x")),
}


@pytest.mark.parametrize("name", SPELT)
@pytest.mark.parametrize("seed", range(3))
def test_both_ends_are_attained(name: str, seed: int) -> None:
    source, question = SPELT[name]
    graph = Graph(source)
    levels = Levels.binary(*graph.nodes)
    answer = identify(graph, question, assuming=levels)
    assert isinstance(answer, Bounded)
    sizes = dict.fromkeys(graph.nodes, 2)
    joint = SizedModel.draw(graph, seed, sizes, types=14).joint()
    found = answer.evaluate(joint)
    assert found.sharp
    spelt = spelt_out(graph, question, Premises((levels,)).levels)
    assert spelt is not None
    for extreme, end in zip(found.extremes, (found.lower, found.upper), strict=True):
        model = attained(graph, extreme, joint)
        assert np.abs(model.joint().values - joint.values).max() < 1e-8
        value = sum(
            part.weight * model.probability(worlds(part.events), dict(spelt.given))
            for part in spelt.parts
        )
        assert value == pytest.approx(end, abs=1e-7)


def worlds(events: tuple[Query, ...]) -> list[Any]:
    """Events as the oracle takes them."""
    return [
        ({s.variable: s.value for s in q.events}, {s.variable: s.value for s in q.do})
        for q in events
    ]


@pytest.mark.parametrize("seed", range(8))
def test_intervals_collapse_where_the_question_is_identified(seed: int) -> None:
    graph = Graph("x -> m -> y; x -> y; c -> x; c -> y")
    levels = Levels.binary(*graph.nodes)
    model = ResponseModel(graph, seed)
    for question in (
        contrasts.average_effect("y", "x"),
        contrasts.natural_direct_effect("y", "x", "m"),
        contrasts.effect_on_treated("y", "x"),
    ):
        answer = by_bounds(graph, question, None, Premises((levels,)))
        assert isinstance(answer, Bounded)
        found = answer.evaluate(model.joint())
        assert model.truth(question) in found
        if isinstance(question, Combination) and question == contrasts.average_effect("y", "x"):
            assert found.width < 1e-9


CLASSICAL: dict[str, tuple[str, Question]] = {
    f"{kind} in {name}": (source, question)
    for name, source in (("a bow", "x -> y; x <-> y"), ("no confounding", "x -> y"))
    for kind, question in (
        ("PN", contrasts.probability_of_necessity("y", "x")),
        ("PS", contrasts.probability_of_sufficiency("y", "x")),
        ("PNS", contrasts.probability_of_necessity_and_sufficiency("y", "x")),
        ("the other PNS", parse_query("P(y(x=1)=0, y(x=0)=1)")),
    )
} | {
    f"{text} with an instrument": ("z -> x -> y; x <-> y", parse_query(text))
    for text in (
        "P(y=1 | do(x=1))",
        "P(y=0 | do(x=1))",
        "P(y=1 | do(x=0))",
        "P(y=0 | do(x=0))",
        "E[y(x=1) - y(x=0)]",
    )
}


@pytest.mark.parametrize("name", CLASSICAL)
def test_formulae_equal_the_program(name: str) -> None:
    source, question = CLASSICAL[name]
    graph = Graph(source)
    answer = identify(graph, question, assuming=Levels.binary(*graph.nodes))
    assert isinstance(answer, Bounded)
    assert answer.formula is not None
    for seed in range(6):
        joint = SizedModel.draw(graph, seed, dict.fromkeys(graph.nodes, 2), types=12).joint()
        one, other = answer.formula.evaluate(joint), answer.evaluate(joint)
        assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper), abs=1e-8)


@pytest.mark.parametrize("text", [text for text, _ in CAUSATION])
def test_formulae_with_an_experiment_equal_the_program(text: str) -> None:
    graph, question = Graph("x -> y; x <-> y"), parse_query(text)
    answer = identify(
        graph, question, available=Available(experiments="x"), assuming=Levels.binary("x", "y")
    )
    assert isinstance(answer, Bounded)
    assert answer.formula is not None
    for seed in range(6):
        model = ResponseModel(graph, seed, rich=True)
        trial = model.experiment(["x"])
        known = {
            Query({"y": 1}, do={"x": x}): float(evaluated(trial, x)) for x in (0, 1)
        }  # fmt: skip
        one = answer.formula.evaluate([model.joint(), SourceTable(("x",), "", trial)])
        other = answer.evaluate(model.joint(), known=known)
        assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper), abs=1e-8)
        assert model.truth(question) in one


def evaluated(trial: Table, level: int) -> float:
    """P(y=1 | do(x=level)) of an experiment's table."""
    values = trial.at(["x", "y"])[level]
    return float(values[1] / values.sum())
