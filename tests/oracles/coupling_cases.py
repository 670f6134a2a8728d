"""Random questions of random tables, and their answers under any coupling, by brute force."""

import numpy as np
import torch
from numpy.typing import NDArray

from causalsim import Graph
from causalsim.scm import SCM, GumbelMax, Levels, Threshold
from causalsim.scm.coupling.asked import Asked, asked
from causalsim.scm.coupling.extremes import End, Objective
from causalsim.scm.mechanisms.borrowed import Borrowed
from causalsim.scm.mechanisms.imposed import Held
from causalsim.scm.mechanisms.parts.chances import Table
from tests.oracles.discrete_couplings import completed, node
from tests.oracles.discrete_worlds import Act, Case, configurations, joint, threshold_states

Array = NDArray[np.float64]
Made = list[tuple[str, tuple[str, ...], Array]]
Law = tuple[Array, NDArray[np.int64]]


def model_of(made: Made, family: type[Threshold] | type[GumbelMax] = Threshold) -> SCM:
    """The tables as a model of the package."""
    levels = {name: Levels(tuple(range(rows.shape[1]))) for name, _, rows in made}
    mechanisms = {}
    for name, parents, rows in made:
        shape = [len(levels[parent].levels) for parent in parents]
        table = Table(
            parents, tuple(levels[p] for p in parents), torch.tensor(rows.reshape(*shape, -1))
        )
        mechanisms[name] = family(table, levels[name])
    arrows = [(parent, name) for name, parents, _ in made for parent in parents]
    return SCM(Graph(arrows, nodes=list(levels)), mechanisms)


def random_text(rng: np.random.Generator, made: Made) -> str:
    """A question of the last variable under an earlier one, in one or two worlds."""
    size = {name: rows.shape[1] for name, _, rows in made}
    names = list(size)
    y, x, m = names[-1], names[int(rng.integers(max(1, len(names) - 1)))], names[len(names) // 2]

    def level(name: str) -> int:
        return int(rng.integers(size[name]))

    known = rng.permutation(names)[: int(rng.integers(1, 3))]
    given = " | " + ", ".join(f"{name}={level(name)}" for name in known)
    forms = [
        f"P({y}({x}=0)={level(y)}{given})",
        f"P({y}({x}=0)={level(y)}, {y}({x}=1)={level(y)})",
        f"E[{y}({x}=1) - {y}({x}=0){given}]",
        f"P({y}({x}=0)={level(y)}, {y}({x}=1)={level(y)}{given})",
        f"P({y}={level(y)} | {y}({x}=0)={level(y)})",
    ]
    if m not in (x, y):
        forms.append(f"P({y}({x}=1, {m}({x}=0))={level(y)}{given})")
    return forms[int(rng.integers(len(forms)))]


def answer_of(made: Made, laws: dict[str, Law], question: str) -> float | None:
    """The answer under these couplings, by brute force; None where the evidence is impossible."""
    found = asked(model_of(made), question)
    nodes = [node(name, parents, rows, laws[name]) for name, parents, rows in made]
    worlds = {world: _acts(found, world) for world in found.worlds}
    some = [("actual", made[0][0])]
    known = {(p.world, p.variable): int(v) for p, v in found.evidence.items()}
    whole = float(joint(Case(nodes, worlds, some, known)).sum())
    if whole <= 1e-14:
        return None
    total = 0.0
    for term in found.terms:
        events = dict(known)
        agree = [
            events.setdefault((p.world, p.variable), int(v)) == int(v)
            for p, v in term.events.items()
        ]
        if not all(agree):
            continue
        if term.mean is None:
            total += term.weight * float(joint(Case(nodes, worlds, some, events)).sum())
        else:
            place = (term.mean.world, term.mean.variable)
            chances = joint(Case(nodes, worlds, [place], events))
            total += term.weight * float(chances @ np.arange(len(chances)))
    return total / whole


def attaining(made: Made, objective: Objective, end: End) -> dict[str, Law]:
    """The couplings that are said to attain an end, as laws over all configurations."""
    size = {name: rows.shape[1] for name, _, rows in made}
    laws = {name: threshold_states(rows) for name, _, rows in made}
    for group, law in zip(objective.groups, end.laws, strict=True):
        name, parents, rows = next(one for one in made if one[0] == group.variable)
        common = [parent for parent in parents if parent not in group.parents]
        full = configurations([size[parent] for parent in parents])
        states: list[tuple[float, dict[tuple[int, ...], int]]] = [(1.0, {})]
        for stratum, chances in zip(
            configurations([size[parent] for parent in common]), law, strict=True
        ):
            # The answers in two strata never meet: independent ones will do.
            grown = []
            for weight, answers in states:
                for r in np.flatnonzero(chances > 1e-14):
                    extended = dict(answers)
                    for c, values in enumerate(group.configurations):
                        at = dict(zip(common, stratum, strict=True))
                        at.update({p: int(v) for p, v in zip(group.parents, values, strict=True)})
                        extended[tuple(at[p] for p in parents)] = int(group.functions[r, c])
                    grown.append((weight * float(chances[r]), extended))
            states = grown
        needed = [full.index(configuration) for configuration in states[0][1]]
        weights = np.array([weight for weight, _ in states])
        table = np.array([[answers[full[c]] for c in needed] for _, answers in states])
        laws[name] = completed(rows, needed, weights, table)
    return laws


def _acts(found: Asked, world: str) -> dict[str, Act]:
    """What a world does, in the oracle's terms."""
    acts = {}
    for name, mechanism in found.worlds[world].items():
        if isinstance(mechanism, Held):
            acts[name] = Act(answers=np.array([[int(mechanism.value)]]))
        elif isinstance(mechanism, Borrowed):
            acts[name] = Act(world=mechanism.world)
    return acts
