"""What would have been: abduction, action and prediction for every row, in many worlds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.errors.base import nearest
from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.scm.abduction import (
    Diagnostics,
    diagnose,
    infer,
    noise_columns,
    read_evidence,
    recover,
    require_evidence,
)
from causalsim.scm.domain import Levels, Real
from causalsim.scm.engines.engine import Engine, Inference
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.noise import draw, is_noiseless
from causalsim.scm.parallel.joint import Joint, joint_model
from causalsim.scm.parallel.nodes import Node, Parallel, side_by_side
from causalsim.scm.parallel.running import produce_all
from causalsim.scm.planning import Plan, plan, settled
from causalsim.scm.structure import is_passed
from causalsim.scm.threads import threads_for
from causalsim.scm.worlds import require_lengths, run
from causalsim.seeds import Seed

Spot = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Imagined:
    """The values of every world, and how they were found.

    Args:
        parallel: The worlds side by side; the first is one that was observed.
        values: For each world the variables that were asked for and not observed in it, each of
            shape (draws or 1, units).
        diagnostics: How the noise was recovered.
    """

    parallel: Parallel
    values: Mapping[str, Mapping[str, Tensor]]
    diagnostics: Diagnostics


def imagine(
    worlds: Mapping[str, Mapping[str, Mechanism]],
    evidence: Mapping[str, Any],
    *,
    draws: int,
    by: Engine | None,
    seed: Seed,
    spots: Iterable[Spot] | None = None,
    strict: bool = False,
) -> Imagined:
    """The rows of frames, each observed in one world, as they would have been in the others.

    Args:
        worlds: The mechanisms of each world, in causal order; the first has evidence.
        evidence: For some of the worlds a frame; the same units in all of them. Variables without
            a column are hidden and are inferred.
        draws: How often noises that the evidence leaves uncertain are drawn.
        by: The engine for what is hidden; None for the cheapest exact one.
        seed: Root of all draws.
        spots: What is wanted, as world and variable; None for all that differs from the first
            world.
        strict: Whether evidence that is not needed must be possible too.
    """
    units = frames.height(next(iter(evidence.values())))
    for mechanisms in worlds.values():
        require_lengths(mechanisms, units)
    parallel = side_by_side(worlds)
    seen = _seen(parallel, evidence)
    asked = _asked(parallel, seen, spots)
    shown = {name for places in asked.values() for name in places.values()}
    joint = joint_model(parallel, seen)
    wanted = parallel.ancestors(shown).difference(joint.mechanisms)
    copies = [node for name, node in parallel.nodes.items() if name in wanted]
    needed = {joint.sources[node.noise] for node in copies if node.noise in joint.sources}
    found = _planned(joint, seen, shown, copies, strict)
    with threads_for(units * draws * max(len(copies), 1)):
        values = _read(parallel, evidence, seen, found.read)
        values.update(run(joint.mechanisms, {}, values, found.settled))
        noises, engines = _abducted(joint, values, found, by, (draws, units), seed)
        values.update(run(joint.mechanisms, noises, values, found.hidden))
        told = {name: noises[node] for name, node in joint.sources.items() if node in noises}
        unheard = _unheard(copies, told, (draws, units), seed)
        values.update(produce_all(parallel, told | unheard, values, wanted))
    free = [*found.free, *(name for name in unheard if name in parallel.mechanisms[parallel.base])]
    used = [name for name in found.inverted if not strict or name in needed]
    diagnostics = diagnose(joint.mechanisms, used, engines, free, draws)
    return Imagined(
        parallel,
        {
            world: {variable: _filled(values[name], units) for variable, name in places.items()}
            for world, places in asked.items()
        },
        _diagnosed(diagnostics, [name for name in unheard if name not in free], draws),
    )


def _planned(
    joint: Joint,
    seen: Collection[str],
    shown: Collection[str],
    copies: Sequence[Node],
    strict: bool,
) -> Plan:
    """How the noises of what is wanted are recovered."""
    known = joint.mechanisms
    # An equation without noise has nothing to recover, but its evidence may contradict it.
    sure = {name for name in seen if is_noiseless(known[name].noise)}
    sources = {joint.sources[node.noise] for node in copies if node.noise in joint.sources}
    read = {parent for node in copies for parent in node.parents.values()}
    return plan(
        known,
        seen,
        noises={name for name in sources if not is_noiseless(known[name].noise)},
        values={name for name in (*read, *shown) if name in known},
        checked=seen if strict else sure,
    )


def _abducted(
    joint: Joint,
    values: Values,
    found: Plan,
    by: Engine | None,
    shape: tuple[int, int],
    seed: Seed,
) -> tuple[dict[str, Tensor], list[Inference]]:
    """The noises that the plan names, and what inferred those of each block."""
    known, draws = joint.mechanisms, shape[0]
    noises = recover(known, values, found.inverted, draws=draws, seed=seed)
    for name in found.free:
        if not is_noiseless(known[name].noise):
            noises[name] = draw(known[name].noise, shape, seed.child("prior", name).torch())
    engines = []
    for block in found.blocks:
        drawn, engine = infer(known, values, block, by, draws=draws, seed=seed)
        noises.update(drawn)
        engines.append(engine)
    return noises, engines


def noise_behind(
    mechanisms: Mapping[str, Mechanism],
    frame: Any,  # noqa: ANN401
    nodes: Sequence[str],
    seed: Seed,
) -> dict[str, NDArray[np.float64]]:
    """The noise of each of ``nodes`` for each row of a frame that shows all of them, as columns."""
    frames.height(frame)
    columns = frames.names(frame)
    passed = [name for name in settled(mechanisms, columns) if is_passed(mechanisms[name])]
    needed = require_evidence([*columns, *passed], mechanisms, nodes)
    values = read_evidence(frame, mechanisms, [name for name in needed if name in columns])
    values.update(run(mechanisms, {}, values, passed))
    noises = recover(mechanisms, values, nodes, draws=1, seed=seed)
    return noise_columns(mechanisms, noises, nodes)


def _seen(parallel: Parallel, evidence: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """For each node that was observed the worlds and variables in which it was."""
    seen: dict[str, list[tuple[str, str]]] = {}
    for world, frame in evidence.items():
        columns = frames.names(frame)
        _refuse_misspelt(parallel.mechanisms[world], columns)
        place = parallel.places[world]
        for name in columns:
            if name in place:
                seen.setdefault(place[name], []).append((world, name))
    return seen


def _asked(
    parallel: Parallel, seen: Mapping[str, list[Spot]], spots: Iterable[Spot] | None
) -> dict[str, dict[str, str]]:
    """For each world the nodes that are wanted and were not observed in it."""
    wanted: dict[str, Iterable[str]] = {world: parallel.copies(world) for world in parallel.places}
    if spots is not None:
        listed = list(spots)
        wanted = {world: [v for w, v in listed if w == world] for world in parallel.places}
    return {
        world: {
            variable: place[variable]
            for variable in wanted[world]
            if (world, variable) not in seen.get(place[variable], ())
            and not is_passed(parallel.mechanisms[world][variable])
        }
        for world, place in parallel.places.items()
    }


def _read(
    parallel: Parallel,
    evidence: Mapping[str, Any],
    seen: Mapping[str, list[tuple[str, str]]],
    needed: Collection[str],
) -> dict[str, Tensor]:
    """The observed values that are needed, by node."""
    values: dict[str, Tensor] = {}
    for world, frame in evidence.items():
        mechanisms = parallel.mechanisms[world]
        names = {v: name for name in needed for w, v in seen[name] if w == world}
        for variable, column in _columns(frame, mechanisms, names).items():
            name = names[variable]
            if name in values and bool((apart := values[name] != column).any()):
                raise ModelError.impossible(variable, int(apart.sum()), int(apart.nonzero()[0]))
            values[name] = column
    return values


def _columns(
    frame: Any,  # noqa: ANN401
    mechanisms: Mapping[str, Mechanism],
    names: Collection[str],
) -> dict[str, Tensor]:
    """The columns of these variables, in one reading where all hold numbers."""
    domains = {name: mechanisms[name].domain for name in names}
    if any(isinstance(domain, Levels) and domain.named for domain in domains.values()):
        return read_evidence(frame, mechanisms, names)
    block = frames.numbers(frame, names)
    if block is None:
        return read_evidence(frame, mechanisms, names)
    found = {name: torch.from_numpy(column) for name, column in block.items()}
    return {
        name: column if type(domains[name]) is Real else domains[name].encode(name, column)
        for name, column in found.items()
    }


def _diagnosed(told: Diagnostics, fresh: Sequence[str], draws: int) -> Diagnostics:
    """The same, with the draws that actions brought."""
    if not fresh:
        return told
    engine = f"{told.engine}, new draws of ({', '.join(fresh)})"
    drawn = tuple(dict.fromkeys((*told.drawn, *fresh)))
    return replace(told, engine=engine, exact=False, draws=draws, drawn=drawn)


def _unheard(
    copies: Iterable[Node], told: Values, shape: tuple[int, int], seed: Seed
) -> dict[str, Tensor]:
    """The noises that nothing observed listens to: replaced by an action there, or brought here."""
    noises: dict[str, Tensor] = {}
    for node in copies:
        if node.noise and node.noise not in told and node.noise not in noises:
            kind = "prior" if node.noise == node.variable else "fresh"
            stream = seed.child(kind, node.variable).torch()
            noises[node.noise] = draw(node.mechanism.noise, shape, stream)
    return noises


def _refuse_misspelt(mechanisms: Mapping[str, Mechanism], columns: tuple[str, ...]) -> None:
    """A variable without a column is hidden, unless a column looks like its name misspelt."""
    strangers = [name for name in columns if name not in mechanisms]
    for node, mechanism in mechanisms.items():
        if node not in columns and not is_shared(mechanism) and len(node) > 2:
            guess = nearest(node, strangers)
            if guess is not None:
                raise DataError.unknown_column(node, columns)


def _filled(value: Tensor, units: int) -> Tensor:
    """A value of shape (draws or 1, units)."""
    shape = (value.shape[0] if value.dim() == 2 else 1, units)
    return value.expand(shape)
