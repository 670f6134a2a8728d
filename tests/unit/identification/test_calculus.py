"""The rules of do-calculus: textbook cases, and truth in exact random models."""

import json

import numpy as np
import pytest

from causalsim.errors import GraphError
from causalsim.estimand.evaluation import Table
from causalsim.graph.graph import Graph
from causalsim.identification.calculus import rule_1, rule_2, rule_3
from causalsim.identification.verification.discrete_model import Array, DiscreteModel
from tests.oracles.graphs import random_graph

BACK_DOOR = Graph("z -> x -> y; z -> y")
FRONT_DOOR = Graph("x -> m -> y; x <-> y")


@pytest.mark.parametrize(
    "rule, graph, y, x, z, w, holds",
    [
        # Pearl (2009), section 3.4.3: the derivations of the smoking example.
        (rule_2, FRONT_DOOR, "m", (), "x", (), True),
        (rule_3, FRONT_DOOR, "x", (), "m", (), True),
        (rule_2, FRONT_DOOR, "y", (), "m", "x", True),
        (rule_2, FRONT_DOOR, "y", (), "m", (), False),
        (rule_2, FRONT_DOOR, "y", "x", "m", (), True),
        (rule_3, FRONT_DOOR, "y", "m", "x", (), True),
        (rule_3, FRONT_DOOR, "y", (), "x", (), False),
        (rule_2, BACK_DOOR, "y", (), "x", "z", True),
        (rule_2, BACK_DOOR, "y", (), "x", (), False),
        (rule_1, Graph("z -> x -> y"), "y", (), "z", "x", True),
        (rule_1, BACK_DOOR, "y", "x", "z", (), False),
        # An action on an ancestor of what is conditioned on may not be dropped by cutting it off.
        (rule_3, Graph("y -> w <- z"), "y", (), "z", "w", False),
        (rule_3, Graph("y -> w <- z"), "y", (), "z", (), True),
        (rule_3, Graph("z -> w; z <-> y"), "y", (), "z", (), True),
        (rule_3, Graph("z -> w; z <-> y"), "y", (), "z", "w", False),
    ],
)
def test_textbook_cases(
    rule: object, graph: Graph, y: str, x: object, z: object, w: object, holds: bool
) -> None:
    verdict = rule(graph, y, x, z, w)
    assert verdict.holds is holds
    assert bool(verdict) is holds
    assert ("not supported" in str(verdict)) is not holds
    json.dumps(verdict.to_dict())


def test_a_verdict_prints_the_equation_and_the_reason() -> None:
    assert str(rule_2(BACK_DOOR, "y", (), "x", "z")) == (
        "P(y | do(x), z) = P(y | x, z) by rule 2: y and x are separated by z, once the arrows "
        "out of x are cut."
    )


def law(model: DiscreteModel, heads: list[str], given: list[str], do: list[str]) -> Array:
    """P(heads | given, do(do)) with axes in the order heads, given, do."""
    table: Table = model.intervened(tuple(do))
    names = [*heads, *given, *do]
    rest = tuple(i for i, name in enumerate(table.axes) if name not in names)
    values = table.values.sum(axis=rest)
    kept = [name for name in table.axes if name in names]
    values = values.transpose([kept.index(name) for name in names])
    if given:
        values = values / values.sum(axis=tuple(range(len(heads))), keepdims=True)
    return values


def test_what_a_rule_allows_is_true_in_random_models() -> None:
    counts = {rule: [0, 0, 0] for rule in (1, 2, 3)}
    for seed in range(400):
        rng = np.random.default_rng(seed)
        graph = random_graph(rng, int(rng.integers(3, 6)), 1.8, 0.6)
        names = rng.permutation(graph.nodes).tolist()
        y, z, rest = names[:1], names[1:2], names[2:]
        split = int(rng.integers(0, len(rest) + 1))
        x, w = rest[:split][:2], rest[split:][:1]
        number = 1 + seed % 3
        verdict = (rule_1, rule_2, rule_3)[number - 1](graph, y, x, z, w)
        model = DiscreteModel.draw(graph, seed)
        sides = []
        for term in (verdict.left, verdict.right):
            heads, given, do = (
                [slot.variable for slot in role] for role in (term.heads, term.given, term.do)
            )
            values = law(model, heads, given, do)
            order = [*heads, *given, *do]
            wanted = [*y, *x, *z, *w]
            present = [name for name in wanted if name in order]
            values = values.transpose([order.index(name) for name in present])
            index = tuple(slice(None) if name in present else np.newaxis for name in wanted)
            sides.append(np.broadcast_to(values[index], [2] * len(wanted)))
        error = float(np.abs(sides[0] - sides[1]).max())
        if verdict.holds:
            assert error < 1e-10, (graph, str(verdict))
        counts[number][0 if verdict.holds else 1 if error > 1e-9 else 2] += 1
    for held, broken, accidental in counts.values():
        assert held > 15
        assert broken > 15
        assert accidental <= 0.1 * broken


@pytest.mark.parametrize("rule", [rule_1, rule_2, rule_3])
@pytest.mark.parametrize(
    "y, x, z, w",
    [
        ("y", "y", "z", ()),
        ("y", "x", "x", ()),
        ("y", "x", "z", "x"),
        ((), "x", "z", ()),
        ("y", "x", (), ()),
        ("y", "x", "q", ()),
        ("y", (), "z", "z"),
    ],
)
def test_bad_roles(rule: object, y: object, x: object, z: object, w: object) -> None:
    with pytest.raises(GraphError):
        rule(BACK_DOOR, y, x, z, w)


def test_a_node_in_two_roles_is_told_by_the_names_of_the_arguments() -> None:
    graph = Graph("x -> z -> y")
    with pytest.raises(GraphError, match="z stands both in do and in action"):
        rule_3(graph, "y", do="z", action="z")
    with pytest.raises(GraphError, match="x stands both in observed and in given"):
        rule_1(graph, "y", do="z", observed="x", given="x")
