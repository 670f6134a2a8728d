"""Random questions of random discrete models, in the oracle's terms and in the package's."""

import inspect
from collections.abc import Mapping

import numpy as np
import pyro.distributions as dist
import torch

from causalsim import Graph
from causalsim.scm import SCM, GumbelMax, Levels, Policy, Threshold
from causalsim.scm.intervention import Edge, Imperfect
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.borrowed import Borrowed
from causalsim.scm.mechanisms.parts.chances import Table
from causalsim.scm.mechanisms.written.equation import Equation, Exogenous, Shape
from causalsim.scm.noise import NO_NOISE
from tests.oracles.discrete_worlds import (
    Act,
    Case,
    Node,
    count_of,
    gumbel_states,
    threshold_states,
)

MOST = 200_000
World = dict[str, Mechanism]


def random_case(
    rng: np.random.Generator, most_nodes: int = 6, most_worlds: int = 3
) -> tuple[Case, SCM, dict[str, World]]:
    """A model, worlds, targets and evidence; small enough for the oracle."""
    while True:
        # Many nodes, arrows and facts: else worlds seldom share a noise that matters.
        nodes, mechanisms = _model(rng, most_nodes + 1 - int(rng.geometric(0.4)))
        graph = Graph(
            [(parent, node.name) for node in nodes for parent in node.parents],
            nodes=[node.name for node in nodes],
            bidirected=_shared_pairs(nodes),
        )
        acts, worlds = _worlds(
            rng, nodes, SCM(graph, mechanisms), int(rng.integers(1, most_worlds + 1))
        )
        case = Case(nodes, acts, [])
        if count_of(case) > MOST:
            continue
        places = [(world, node.name) for world in acts for node in nodes]
        order = rng.permutation(len(places))
        asked = int(rng.integers(1, 4))
        case.targets = [places[i] for i in order[:asked]]
        # At times what is asked about is known, or asked twice.
        start = asked if rng.random() < 0.85 else max(0, asked - 1)
        known = order[start : start + int(rng.integers(0, 5))]
        levels = {node.name: node.levels for node in nodes}
        case.evidence = {places[i]: int(rng.integers(levels[places[i][1]])) for i in known}
        return case, SCM(graph, mechanisms), worlds


def _model(rng: np.random.Generator, count: int) -> tuple[list[Node], dict[str, Mechanism]]:
    """Nodes with thresholds, Gumbel noises, equations with finite noise, and shared noises."""
    count = max(count, 1)
    nodes: list[Node] = []
    mechanisms: dict[str, Mechanism] = {}
    shared = rng.random() < 0.3 and count > 1
    hidden = rng.dirichlet(np.ones(2))
    if shared:
        mechanisms["W"] = Exogenous(dist.Categorical(torch.tensor(hidden)), shared=True)
    for number in range(count):
        name, size = f"v{number}", int(rng.integers(2, 4))
        room = min(number, 2)
        chosen = sorted(rng.permutation(number)[: min(room, int(rng.choice([0, 1, 1, 2])))])
        parents = [nodes[i] for i in chosen]
        sizes = [parent.levels for parent in parents]
        cells = int(np.prod(sizes, dtype=int))
        kind = rng.choice(["threshold"] * 3 + ["gumbel"] * 3 + ["equation", "certain", "shared"])
        if kind == "certain" and not parents:
            kind = "threshold"
        if kind == "shared" and not shared:
            kind = "gumbel"
        names = tuple(parent.name for parent in parents)
        domains = tuple(Levels(tuple(range(parent.levels))) for parent in parents)
        domain = Levels(tuple(range(size)))
        if kind in ("threshold", "gumbel"):
            rows = _rows(rng, cells, size)
            states = threshold_states if kind == "threshold" else gumbel_states
            chances, answers = states(rows)
            table = Table(names, domains, torch.tensor(rows.reshape(*sizes, size)))
            family = Threshold if kind == "threshold" else GumbelMax
            mechanisms[name] = family(table, domain)
            nodes.append(Node(name, names, size, chances, answers))
            continue
        chances = np.ones(1) if kind == "certain" else hidden
        if kind == "equation":
            chances = rng.dirichlet(np.ones(int(rng.integers(2, 4))))
        answers = rng.integers(size, size=(len(chances), cells))
        noise = "W" if kind == "shared" else ""
        nodes.append(Node(name, names, size, chances, answers, noise))
        mechanisms[name] = _equation(nodes[-1], sizes, domain, kind)
    return nodes, mechanisms


def _rows(rng: np.random.Generator, cells: int, size: int) -> np.ndarray:
    """Rows of probabilities; at times with zeros, equal breakpoints, or rounded numbers."""
    rows = rng.dirichlet(np.full(size, rng.choice([0.3, 1.0, 5.0])), cells)
    if rng.random() < 0.3:
        rows = np.round(rows * 10)
        rows[rows.sum(axis=1) == 0] = 1.0
        rows = rows / rows.sum(axis=1, keepdims=True)
    if rng.random() < 0.2:
        rows[rng.integers(cells)] = np.eye(size)[rng.integers(size)]
    return rows


def _equation(node: Node, sizes: list[int], domain: Levels, kind: str) -> Equation:
    """An equation that looks its answer up."""
    answers = torch.tensor(node.answers.astype(float)).reshape(len(node.chances), *sizes)

    def function(**arguments: torch.Tensor) -> torch.Tensor:
        state = arguments.pop("noise", None)
        state = arguments.pop("W", state)
        place = [torch.zeros(()).long() if state is None else state.long()]
        return answers[(*place, *(arguments[name].long() for name in node.parents))]

    own = kind == "equation"
    noise = dist.Categorical(torch.tensor(node.chances)) if own else NO_NOISE
    parents = (*node.parents, "W") if kind == "shared" else node.parents
    shape = Shape.TANGLED if own else Shape.CONSTANT
    argument = "noise" if own else ""
    return Equation(node.name, function, parents, argument, noise, domain, shape, {})


def _shared_pairs(nodes: list[Node]) -> list[tuple[str, str]]:
    """The pairs that share the hidden noise."""
    found = [node.name for node in nodes if node.noise]
    return [(a, b) for i, a in enumerate(found) for b in found[i + 1 :]]


def _worlds(
    rng: np.random.Generator, nodes: list[Node], model: SCM, count: int
) -> tuple[dict[str, dict[str, Act]], dict[str, World]]:
    """The factual world, and others in which something is set, steered, drawn or copied."""
    acts: dict[str, dict[str, Act]] = {"": {}}
    worlds: dict[str, World] = {"": dict(model.mechanisms)}
    for number in range(1, count):
        name = f"w{number}"
        acts[name], done, copied = {}, {}, {}
        early = max(1, len(nodes) // 2)
        for place in rng.permutation(early)[: int(rng.integers(1, 3))]:
            node = nodes[int(place)]
            act, action = _act(rng, nodes, int(place), list(worlds))
            acts[name][node.name] = act
            if act.world is not None:
                copied[node.name] = Borrowed(model.mechanisms[node.name], node.name, act.world)
            elif act.sees:
                done.update({Edge(name, node.name): level for name, level in act.sees.items()})
            else:
                done[node.name] = action
        mechanisms: Mapping[str, Mechanism] = (
            model.do(done).mechanisms if done else model.mechanisms
        )
        worlds[name] = {**mechanisms, **copied}
    return acts, worlds


def _act(
    rng: np.random.Generator, nodes: list[Node], place: int, worlds: list[str]
) -> tuple[Act, object]:
    """One thing done to one variable, in both terms."""
    node = nodes[place]
    kind = rng.choice(["set", "set", "natural", "policy", "draw", "from", "edge", "imperfect"])
    if kind == "set" or (kind == "policy" and not place) or (kind == "edge" and not node.parents):
        level = int(rng.integers(node.levels))
        return Act(answers=np.array([[level]])), level
    if kind == "imperfect":
        level, chance = int(rng.integers(node.levels)), float(rng.uniform(0.1, 0.9))
        return Act(answers=np.array([[level]]), chance=chance), Imperfect(chance, level)
    if kind == "draw":
        chances = rng.dirichlet(np.ones(node.levels))
        return Act(chances=chances), dist.Categorical(torch.tensor(chances))
    if kind == "from":
        world = worlds[int(rng.integers(len(worlds)))]
        return Act(world=world), None
    if kind == "edge":
        name = node.parents[0]
        level = int(rng.integers(next(n.levels for n in nodes if n.name == name)))
        return Act(sees={name: level}), None
    if kind == "natural":
        answers = rng.integers(node.levels, size=(node.levels, 1))
        return Act(answers=answers), _policy((node.name,), answers[:, 0])
    other = nodes[int(rng.integers(place))]
    answers = rng.integers(node.levels, size=(1, other.levels))
    return Act((other.name,), answers), _policy((other.name,), answers[0])


def _policy(reads: tuple[str, ...], answers: np.ndarray) -> Policy:
    """A policy that looks its answer up in what it reads."""
    table = torch.tensor(answers.astype(float))

    def steer(**named: torch.Tensor) -> torch.Tensor:
        return table[named[reads[0]].long()]

    argument = inspect.Parameter(reads[0], inspect.Parameter.POSITIONAL_OR_KEYWORD)
    steer.__signature__ = inspect.Signature([argument])  # type: ignore[attr-defined]
    return Policy(steer)
