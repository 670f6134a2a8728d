"""Laws of formulae: evaluation, simplification, canonical form and storage agree on random ones."""

import json
from itertools import product as combinations
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from causalsim.estimand.canonical import canonical, equivalent, renumbered, size
from causalsim.estimand.evaluation import Table, evaluate
from causalsim.estimand.expression import Expression, Free, Product, free_variables, parts
from causalsim.estimand.simplification import simplify
from causalsim.estimand.storage import from_dict, to_dict
from causalsim.graph.graph import Graph
from causalsim.identification.c_factors import Hedge, identify_effect
from causalsim.identification.verification import DiscreteModel
from tests.oracles.formulae import brute_force, random_formula, random_joint

seeds = st.integers(0, 10**9)
CASES = settings(max_examples=120, deadline=None)


def same(first: Expression, second: Expression, joint: Table) -> None:
    """Equal on a joint; a variable that only one of them mentions may not matter."""
    one, other = evaluate(first, joint), evaluate(second, joint)
    axes = tuple(dict.fromkeys((*one.axes, *other.axes)))
    spread = []
    for table in (one, other):
        kept = [axis for axis in axes if axis in table.axes]
        shape = [
            len(table.levels[table.axes.index(axis)]) if axis in table.axes else 1 for axis in axes
        ]
        spread.append(table.at(kept).reshape(shape))
    np.testing.assert_allclose(*np.broadcast_arrays(*spread), rtol=1e-8, atol=1e-10)


@CASES
@given(seeds)
def test_evaluation_is_the_sum_over_whole_worlds(seed: int) -> None:
    formula, joint = random_formula(seed), random_joint(seed)
    found = evaluate(formula, joint)
    assert set(found.axes) == set(free_variables(formula))
    for levels in combinations(*(range(count) for count in found.values.shape)):
        slots = {Free(name): level for name, level in zip(found.axes, levels, strict=True)}
        assert found.values[levels] == pytest.approx(brute_force(formula, joint, slots), rel=1e-9)


@CASES
@given(seeds)
@example(479001600)  # a sum that a simpler product brings to the front, over what others sum too
def test_simplified_equals_unsimplified_and_is_never_longer(seed: int) -> None:
    formula, joint = random_formula(seed, depth=4), random_joint(seed)
    shorter = simplify(formula)
    assert size(shorter) <= size(formula)
    same(formula, shorter, joint)


@CASES
@given(seeds)
def test_canonical_form_has_the_same_value_and_is_a_fixed_point(seed: int) -> None:
    formula, joint = random_formula(seed), random_joint(seed)
    same(formula, canonical(formula), joint)
    assert canonical(canonical(formula)) == canonical(formula)


@CASES
@given(seeds)
def test_storage_gives_the_formula_back(seed: int) -> None:
    formula = random_formula(seed, depth=4)
    assert from_dict(json.loads(json.dumps(to_dict(formula)))) == formula


@CASES
@given(seeds, st.randoms(use_true_random=False))
@example(1701747, Random(1))  # P(c | d) and P(c, d) hold the same names
def test_order_of_factors_does_not_matter_for_equivalence(seed: int, random: Random) -> None:
    formula = renumbered(random_formula(seed))

    def shuffled(part: Expression) -> Expression:
        if isinstance(part, Product):
            factors = [shuffled(factor) for factor in part.factors]
            random.shuffle(factors)
            return Product(tuple(factors))
        return part

    assert equivalent(formula, shuffled(formula))


def random_graph(rng: np.random.Generator, size: int) -> Graph:
    names = [f"v{i}" for i in range(size)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    arrows = [pair for pair in pairs if rng.random() < 0.45]
    shared = [pair for pair in pairs if rng.random() < 0.25]
    return Graph(arrows, nodes=names, bidirected=shared)


@CASES
@given(seeds)
def test_simplified_with_the_graph_equals_the_effect(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, 5)
    y, x = rng.choice(graph.nodes, size=2, replace=False)
    formula = identify_effect(graph, [str(y)], [str(x)])
    if isinstance(formula, Hedge):
        return
    shorter = simplify(formula, graph)
    assert size(shorter) <= size(formula)
    assert len(parts(shorter)) <= 4 * len(parts(formula))
    same(formula, shorter, DiscreteModel.draw(graph, seed % 1000).joint())
