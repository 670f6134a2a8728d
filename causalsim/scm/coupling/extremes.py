"""The least and the largest value of a product of unknown laws of response functions.

A question is linear in the law of each variable's response functions, with the laws of the others
held. With one such variable this is a linear program. A variable with two levels at two
configurations has one free number, whose two ends are tried. Beyond that the program is not
linear: dropping the independence of the laws makes it linear and bounds it from outside, while
improving one law at a time reaches values from inside; where both meet, the bound is sharp.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csc_array, hstack, vstack

from causalsim.errors.coupling import CouplingError
from causalsim.scm.coupling.responses import Responses

Array = NDArray[np.float64]
#: More combinations of ends are not tried; larger programs are not solved.
MOST_CORNERS = 2_048
MOST_UNKNOWNS = 60_000
_STARTS = 4
_ROUNDS = 30
_SAME = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """Numbers over the axes of strata and response functions of all variables.

    Args:
        axes: The axes.
        weight: The coefficient of each combination in P(asked, evidence).
        whole: The same in P(evidence); one number where no coupling matters to it.
        groups: The variables.
    """

    axes: tuple[int, ...]
    weight: Array
    whole: Array | float
    groups: tuple[Responses, ...]


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """One end of an interval.

    Args:
        value: The end.
        laws: For each variable a law that attains ``reached``, of shape (strata, R).
        reached: The value that these laws attain.
    """

    value: float
    laws: tuple[Array, ...]
    reached: float

    @property
    def attained(self) -> bool:
        """Whether some coupling has exactly this value."""
        return abs(self.value - self.reached) <= _SAME


def extreme(objective: Objective, sign: int) -> End | None:
    """The least (``sign`` 1) or largest (-1) value over all laws; None where it is too large.

    Raises:
        CouplingError: The evidence is impossible under every coupling.
    """
    groups = objective.groups
    if not groups:
        value = float(objective.weight.sum()) / _number(objective.whole)
        return End(value, (), value)
    rest = [place for place, group in enumerate(groups) if not group.simple]
    if not rest:
        rest = [max(range(len(groups)), key=lambda place: len(groups[place].rows))]
    tried = [place for place in range(len(groups)) if place not in rest]
    corners = prod(2.0 ** len(groups[place].rows) for place in tried)
    if len(rest) == 1 and corners <= MOST_CORNERS:
        return _by_corners(objective, tried, rest[0], sign)
    reached = _from_inside(objective, sign)
    outside = _from_outside(objective, sign)
    if outside is None:
        return None
    return End(outside, reached.laws, reached.reached)


def _by_corners(objective: Objective, tried: Sequence[int], last: int, sign: int) -> End:
    """Every combination of the ends of the simple variables, and the best law of the last one."""
    groups = objective.groups
    best: End | None = None
    for chosen in product(*(_corners(groups[place]) for place in tried)):
        laws: list[Array] = [np.zeros(0)] * len(groups)
        for place, law in zip(tried, chosen, strict=True):
            laws[place] = law
        found = _improved(objective, laws, last, sign)
        if found is not None and (best is None or sign * found.value < sign * best.value):
            best = found
    if best is None:
        raise CouplingError.impossible_evidence()
    return best


def _corners(group: Responses) -> list[Array]:
    """The ends of the laws of a variable with two levels at two configurations.

    P(1 at both) lies between ``max(0, a + b - 1)`` and ``min(a, b)``.
    """
    ends = []
    for rows in group.rows:
        one, other = float(rows[0, 1]), float(rows[1, 1])
        both = {max(0.0, one + other - 1.0), min(one, other)}
        ends.append([_law(one, other, found) for found in sorted(both)])
    return [np.stack(chosen) for chosen in product(*ends)]


def _law(one: float, other: float, both: float) -> Array:
    """The law of the four response functions 00, 01, 10, 11."""
    found = np.array([1 - one - other + both, other - both, one - both, both])
    return np.asarray(np.maximum(found, 0.0))


def _improved(objective: Objective, laws: Sequence[Array], place: int, sign: int) -> End | None:
    """The best law of one variable, the others held."""
    group = objective.groups[place]
    weight = _reduced(objective, objective.weight, laws, place)
    whole = objective.whole
    if isinstance(whole, float):
        best = [_best(w, group, rows, sign) for w, rows in zip(weight, group.rows, strict=True)]
        law = np.stack(best)
        value = float((weight * law).sum()) / whole
    else:
        reduced = _reduced(objective, whole, laws, place)
        fractional = _best_share(weight, reduced, group, sign)
        if fractional is None:
            return None
        law, value = fractional
    made = list(laws)
    made[place] = law
    return End(value, tuple(made), value)


def _reduced(objective: Objective, values: Array, laws: Sequence[Array], place: int) -> Array:
    """The coefficients of one variable's law, of shape (strata, R), the other laws held."""
    operands: list[object] = [values, list(objective.axes)]
    for other, group in enumerate(objective.groups):
        if other != place:
            law = laws[other].reshape(*group.sizes, -1)
            operands += [law, [*group.strata, group.axis]]
    group = objective.groups[place]
    out = [*group.strata, group.axis]
    labels = {axis: number for number, axis in enumerate(objective.axes)}
    operands = [
        [labels[axis] for axis in one] if isinstance(one, list) else one for one in operands
    ]
    found = np.einsum(*operands, [labels[axis] for axis in out], optimize="greedy")  # type: ignore[call-overload]
    return np.asarray(found).reshape(len(group.rows), -1)


def _best(weight: Array, group: Responses, rows: Array, sign: int) -> Array:
    """The best law within one stratum."""
    if group.simple:
        one, other = float(rows[0, 1]), float(rows[1, 1])
        ends = (max(0.0, one + other - 1.0), min(one, other))
        laws = [_law(one, other, both) for both in ends]
        return min(laws, key=lambda law: sign * float(weight @ law))
    left, right = _constraints(group, rows)
    return _solved(sign * weight, left, right)


def _best_share(
    weight: Array, whole: Array, group: Responses, sign: int
) -> tuple[Array, float] | None:
    """The best law where P(evidence) depends on it too (Charnes and Cooper 1962)."""
    parts = [_constraints(group, rows) for rows in group.rows]
    count = len(parts)
    left = [
        hstack(
            [
                parts[s][0] if s == t else csc_array((len(parts[s][1]), weight.shape[1]))
                for t in range(count)
            ]
            + [csc_array(-parts[s][1][:, None])]
        )
        for s in range(count)
    ]
    last = csc_array(np.append(whole.ravel(), 0.0)[None])
    matrix = csc_array(vstack([*left, last]))
    right = np.append(np.zeros(matrix.shape[0] - 1), 1.0)
    cost = sign * np.append(weight.ravel(), 0.0)
    found = linprog(cost, A_eq=matrix, b_eq=right, bounds=(0, None), method="highs")
    if found.x is None or found.status != 0 or found.x[-1] <= 0:
        return None
    law = np.maximum(found.x[:-1] / found.x[-1], 0.0).reshape(weight.shape)
    return law, float((weight * law).sum() / (whole * law).sum())


def _constraints(group: Responses, rows: Array) -> tuple[csc_array, Array]:
    """How often each configuration is answered by each level; one row sums everything."""
    count, size = rows.shape
    lines = [
        (group.functions[:, c] == k).astype(np.float64)
        for c in range(count)
        for k in range(size - 1)
    ]
    right = [float(rows[c, k]) for c in range(count) for k in range(size - 1)]
    return csc_array(np.array([*lines, np.ones(len(group.functions))])), np.array([*right, 1.0])


def _solved(cost: Array, left: csc_array, right: Array) -> Array:
    """The optimum of a linear program over probabilities."""
    found = linprog(cost, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
    if found.x is None or found.status != 0:
        raise CouplingError.unsolved(str(found.message))
    return np.asarray(np.maximum(found.x, 0.0))


def _from_inside(objective: Objective, sign: int) -> End:
    """One law improved at a time, from several starts: a value that couplings do attain."""
    best: End | None = None
    rng = np.random.default_rng(0)
    for _ in range(_STARTS):
        laws = [
            np.stack(
                [_solved(rng.normal(size=len(g.functions)), *_constraints(g, r)) for r in g.rows]
            )
            for g in objective.groups
        ]
        value = np.inf
        for _ in range(_ROUNDS):
            before = value
            for place in range(len(objective.groups)):
                found = _improved(objective, laws, place, sign)
                if found is not None:
                    laws, value = list(found.laws), sign * found.value
                    if best is None or value < sign * best.value:
                        best = found
            if not value < before - 1e-12:
                break
    if best is None:
        raise CouplingError.impossible_evidence()
    return best


def _from_outside(objective: Objective, sign: int) -> float | None:
    """The linear program in which the laws of different variables may depend on each other."""
    groups = objective.groups
    strata = tuple(dict.fromkeys(axis for group in groups for axis in group.strata))
    lengths = dict(zip(objective.axes, objective.weight.shape, strict=True))
    cells = prod(lengths[axis] for axis in strata)
    unknowns = prod(len(group.functions) for group in groups)
    if cells * unknowns > MOST_UNKNOWNS:
        return None
    order = [objective.axes.index(axis) for axis in (*strata, *(g.axis for g in groups))]
    weight = objective.weight.transpose(order).reshape(cells, unknowns)
    parts = [_joint_constraints(objective, strata, at, lengths) for at in range(cells)]
    if isinstance(objective.whole, float):
        value = 0.0
        for line, (left, right) in zip(weight, parts, strict=True):
            value += float(line @ _solved(sign * line, left, right))
        return value / objective.whole
    whole = objective.whole.transpose(order).reshape(cells, unknowns)
    blocks = [
        hstack(
            [left if s == t else csc_array((len(right), unknowns)) for t in range(cells)]
            + [csc_array(-right[:, None])]
        )
        for s, (left, right) in enumerate(parts)
    ]
    matrix = csc_array(vstack([*blocks, csc_array(np.append(whole.ravel(), 0.0)[None])]))
    right = np.append(np.zeros(matrix.shape[0] - 1), 1.0)
    cost = sign * np.append(weight.ravel(), 0.0)
    found = linprog(cost, A_eq=matrix, b_eq=right, bounds=(0, None), method="highs")
    if found.x is None or found.status != 0:
        raise CouplingError.unsolved(str(found.message))
    return float(sign * found.fun)


def _joint_constraints(
    objective: Objective, strata: tuple[int, ...], at: int, lengths: dict[int, int]
) -> tuple[csc_array, Array]:
    """The constraints of every variable, on the joint law of all response functions."""
    sizes = [lengths[axis] for axis in strata]
    place = dict(zip(strata, np.unravel_index(at, sizes), strict=True)) if sizes else {}
    counts = [len(group.functions) for group in objective.groups]
    left, right = [], []
    for number, group in enumerate(objective.groups):
        own = tuple(place[axis] for axis in group.strata)
        stratum = int(np.ravel_multi_index(own, group.sizes)) if own else 0
        matrix, values = _constraints(group, group.rows[stratum])
        before, after = prod(counts[:number]), prod(counts[number + 1 :])
        wide = np.repeat(np.tile(matrix.toarray(), before), after, axis=1)
        left.append(wide)
        right.append(values)
    return csc_array(np.concatenate(left)), np.concatenate(right)


def _number(whole: Array | float) -> float:
    """P(evidence) where there is nothing to vary."""
    return float(np.asarray(whole).sum())
