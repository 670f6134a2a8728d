"""Counterfactuals of small discrete models by brute force: every response function of every node.

Written from the definitions, without the package. A model is a list of nodes, causes first; each
has a finite list of noise states, each with a probability and an answer to every configuration of
the parents. All combinations of noise states are listed and every world is run under each.
"""

from dataclasses import dataclass, field
from itertools import pairwise, product
from math import prod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass
class Node:
    """A variable: noise states with probabilities, and for each an answer to each configuration.

    ``answers[state, configuration]`` with the last parent fastest. ``noise`` names the states: two
    nodes with one name share them (a common cause that nobody measures).
    """

    name: str
    parents: tuple[str, ...]
    levels: int
    chances: Array
    answers: Integers
    noise: str = ""


@dataclass
class Act:
    """What one world does to one variable.

    ``answers[natural level, configuration of reads]`` gives the level; with ``chances`` it is drawn
    anew instead; with ``world`` it is copied from there. With a ``chance`` below one the action
    takes only where the variable's lot, one uniform number for all worlds, is below it. With
    ``sees`` the variable itself is left alone, but takes these parents to be at these levels.
    """

    reads: tuple[str, ...] = ()
    answers: Integers | None = None
    chances: Array | None = None
    world: str | None = None
    chance: float = 1.0
    sees: dict[str, int] = field(default_factory=dict)


@dataclass
class Case:
    """A model, what each world does, and a question of it."""

    nodes: list[Node]
    worlds: dict[str, dict[str, Act]]
    targets: list[tuple[str, str]]
    evidence: dict[tuple[str, str], int] = field(default_factory=dict)


def threshold_states(rows: Array) -> tuple[Array, Integers]:
    """The cells of one uniform noise under rows of probabilities (C, K)."""
    cumulative = [[0.0, *np.cumsum(row)[:-1], 1.0] for row in rows]
    cuts = sorted({cut for row in cumulative for cut in row})
    chances, answers = [], []
    for low, high in pairwise(cuts):
        middle = (low + high) / 2
        chances.append(high - low)
        answers.append([sum(middle >= cut for cut in row[1:-1]) for row in cumulative])
    return np.array(chances), np.array(answers, dtype=np.int64)


def gumbel_states(rows: Array) -> tuple[Array, Integers]:
    """The cells of shared Gumbel noises for two or three levels, as areas.

    Exponential noises divided by their sum are uniform on a segment or a triangle; level k wins
    under p where E_k / p_k is least.
    """
    levels = rows.shape[1]
    corners = [np.eye(levels)[k] for k in range(levels)]
    whole = _size(corners)
    states: list[tuple[list[Array], list[int]]] = [(corners, [])]
    for row in rows:
        following = []
        for shape, won in states:
            for k in range(levels):
                if row[k] == 0:
                    continue
                part = shape
                for i in range(levels):
                    # E_k p_i <= E_i p_k
                    normal = row[k] * np.eye(levels)[i] - row[i] * np.eye(levels)[k]
                    part = _clipped(part, normal)
                if _size(part) > 1e-15 * whole:
                    following.append((part, [*won, k]))
        states = following
    chances = np.array([_size(shape) / whole for shape, _ in states])
    return chances, np.array([won for _, won in states], dtype=np.int64)


def _clipped(shape: list[Array], normal: Array) -> list[Array]:
    """The part of a convex polygon (or segment) on one side of a plane (Sutherland, Hodgman)."""
    found: list[Array] = []
    count = len(shape)
    for number in range(count):
        here, following = shape[number], shape[(number + 1) % count]
        a, b = float(normal @ here), float(normal @ following)
        if a >= 0:
            found.append(here)
        if (a > 0 > b) or (a < 0 < b):
            found.append((b * here - a * following) / (b - a))
    return found


def _size(shape: list[Array]) -> float:
    """Length of a segment or area of a polygon."""
    if len(shape) < 2:
        return 0.0
    if len(shape[0]) == 2:
        return float(max(np.linalg.norm(p - q) for p in shape for q in shape))
    area = np.zeros(3)
    for one, other in pairwise(shape):
        area += np.cross(one - shape[0], other - shape[0]) / 2
    return float(np.linalg.norm(area))


def count_of(case: Case) -> int:
    """How many combinations of noise states there are."""
    sizes = {node.noise or node.name: len(node.chances) for node in case.nodes}
    for name, cuts in _lots(case).items():
        sizes[f"lot {name}"] = len(cuts) - 1
    drawn = [act.chances for acts in case.worlds.values() for act in acts.values()]
    return prod(sizes.values()) * prod(len(chances) for chances in drawn if chances is not None)


def _lots(case: Case) -> dict[str, list[float]]:
    """For each variable that an action may miss the chances at which its lot is cut."""
    cuts: dict[str, set[float]] = {}
    for acts in case.worlds.values():
        for name, act in acts.items():
            if act.chance < 1.0:
                cuts.setdefault(name, {0.0, 1.0}).add(act.chance)
    return {name: sorted(found) for name, found in cuts.items()}


def joint(case: Case) -> Array:
    """P(targets, evidence), an axis a target."""
    noises: dict[str, Array] = {}
    for node in case.nodes:
        noises[node.noise or node.name] = node.chances
    for world, acts in case.worlds.items():
        for name, act in acts.items():
            if act.chances is not None:
                noises[f"draw {world} {name}"] = act.chances
    for name, cuts in _lots(case).items():
        noises[f"lot {name}"] = np.diff(cuts)
    sizes = [len(chances) for chances in noises.values()]
    states = dict(zip(noises, np.indices(sizes).reshape(len(sizes), -1), strict=True))
    weight = np.ones(prod(sizes))
    for name, chances in noises.items():
        weight = weight * chances[states[name]]
    values: dict[tuple[str, str], Integers] = {}
    # Several passes: a world may take a value from a world that stands later.
    for _ in range(len(case.worlds) * len(case.nodes)):
        for world, acts in case.worlds.items():
            for node in case.nodes:
                if (world, node.name) not in values:
                    _run(case, world, node, acts.get(node.name), states, values)
    kept = np.ones(prod(sizes), dtype=bool)
    for place, level in case.evidence.items():
        kept &= values[place] == level
    levels = {node.name: node.levels for node in case.nodes}
    shape = [levels[name] for _, name in case.targets]
    found = np.zeros(shape)
    np.add.at(found, tuple(values[place][kept] for place in case.targets), weight[kept])
    return found


def _run(
    case: Case,
    world: str,
    node: Node,
    act: Act | None,
    states: dict[str, Integers],
    values: dict[tuple[str, str], Integers],
) -> None:
    """The value of a node in a world, if what it reads is known already."""
    levels = {other.name: other.levels for other in case.nodes}

    def configuration(names: tuple[str, ...], sees: dict[str, int]) -> Integers | None:
        place = np.zeros(len(next(iter(states.values()))), dtype=np.int64)
        for name in names:
            if name not in sees and (world, name) not in values:
                return None
            found = sees[name] if name in sees else values[world, name]
            place = place * levels[name] + found
        return place

    if act is not None and act.world is not None:
        if (act.world, node.name) in values:
            values[world, node.name] = values[act.world, node.name]
        return
    if act is not None and act.chances is not None:
        values[world, node.name] = states[f"draw {world} {node.name}"]
        return
    own = configuration(node.parents, act.sees if act is not None else {})
    natural = None if own is None else node.answers[states[node.noise or node.name], own]
    if act is None or act.sees:
        if natural is not None:
            values[world, node.name] = natural
        return
    assert act.answers is not None
    read = configuration(act.reads, {})
    if act.chance < 1.0:
        if natural is not None and read is not None:
            cuts = _lots(case)[node.name]
            takes = np.array(cuts[1:])[states[f"lot {node.name}"]] <= act.chance
            values[world, node.name] = np.where(takes, act.answers[0, read], natural)
    elif len(act.answers) == 1 and read is not None:
        values[world, node.name] = act.answers[0, read]
    elif natural is not None and read is not None:
        values[world, node.name] = act.answers[natural, read]


def configurations(sizes: list[int]) -> list[tuple[int, ...]]:
    """All combinations of levels, the last one fastest."""
    return list(product(*(range(size) for size in sizes)))
