"""Random well-formed formulae, and their values by brute force, written from the definitions."""

from itertools import product as combinations

import numpy as np

from causalsim.estimand.evaluation import Table
from causalsim.estimand.expression import (
    Add,
    Const,
    Expression,
    Free,
    Number,
    P,
    Product,
    Ratio,
    Sum,
    Value,
    add,
    free_variables,
    product,
    scaled,
    total,
)

NAMES = ("a", "b", "c", "d")


def random_joint(seed: int, names: tuple[str, ...] = NAMES, sizes: tuple[int, ...] = ()) -> Table:
    """A strictly positive joint distribution; the first variable has three levels."""
    shape = sizes or (3, *(2 for _ in names[1:]))
    values = np.random.default_rng(seed).dirichlet(np.ones(int(np.prod(shape)))).reshape(shape)
    return Table.of(names, (values + 0.01) / (1 + 0.01 * values.size))


def random_formula(seed: int, depth: int = 3) -> Expression:
    """A formula over four variables, with sums, ratios, products, differences and values."""
    return _formula(np.random.default_rng(seed), depth)


def _formula(rng: np.random.Generator, depth: int) -> Expression:
    kind = rng.integers(0, 8) if depth else 0
    if kind <= 1:
        return _term(rng)
    if kind <= 3:
        return product(_formula(rng, depth - 1) for _ in range(rng.integers(2, 4)))
    if kind <= 5:
        body = _formula(rng, depth - 1)
        free = list(free_variables(body))
        rng.shuffle(free)
        return total(free[: rng.integers(1, 3)], body) if free else body
    if kind == 6:
        return Ratio(_formula(rng, depth - 1), _formula(rng, depth - 1))
    weights = rng.choice([-1.0, 1.0, 2.0], size=2)
    return add(scaled(float(weight), _formula(rng, depth - 1)) for weight in weights)


def _term(rng: np.random.Generator) -> Expression:
    names = list(NAMES)
    rng.shuffle(names)
    heads, given = names[: rng.integers(1, 3)], names[2 : 2 + rng.integers(0, 3)]
    slots = [Value(n, int(rng.integers(0, 2))) if rng.random() < 0.15 else Free(n) for n in heads]
    return P(tuple(slots), tuple(Free(name) for name in given))


def brute_force(expression: Expression, joint: Table, values: dict[object, int]) -> float:
    """The value of a formula when every slot stands at a level, by summing over whole worlds."""
    match expression:
        case P(heads, given, _, _):
            return _mass(joint, (*heads, *given), values) / _mass(joint, given, values)
        case Sum(over, body):
            sizes = [range(len(joint.levels[joint.axes.index(s.variable)])) for s in over]
            return sum(
                brute_force(body, joint, {**values, **dict(zip(over, levels, strict=True))})
                for levels in combinations(*sizes)
            )
        case Product(factors):
            return float(np.prod([brute_force(f, joint, values) for f in factors]))
        case Ratio(above, below):
            return brute_force(above, joint, values) / brute_force(below, joint, values)
        case Add(terms):
            return sum(brute_force(term, joint, values) for term in terms)
        case Const(value):
            return value
        case Number(slot):
            return float(slot.level if isinstance(slot, Value) else values[slot])


def _mass(joint: Table, slots: tuple[object, ...], values: dict[object, int]) -> float:
    index: list[object] = [slice(None)] * len(joint.axes)
    for slot in slots:
        level = slot.level if isinstance(slot, Value) else values[slot]
        index[joint.axes.index(slot.variable)] = level
    return float(joint.values[tuple(index)].sum())
