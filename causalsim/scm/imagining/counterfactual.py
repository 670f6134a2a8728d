"""What would have been: abduction, action and prediction for every row, in many worlds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.engines.engine import Engine, Inference
from causalsim.scm.imagining.abduction import (
    Diagnostics,
    diagnose,
    infer,
    noise_columns,
    read_evidence,
    recover,
    require_evidence,
)
from causalsim.scm.imagining.evidence import Evidence, Spot, read_values, seen_nodes
from causalsim.scm.imagining.planning import Plan, plan, settled
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.noise import draw, is_noiseless
from causalsim.scm.parallel.joint import Joint, joint_model
from causalsim.scm.parallel.nodes import Node, Parallel, side_by_side
from causalsim.scm.parallel.running import Schedule, produced, scheduled
from causalsim.scm.worlds import require_lengths, run
from causalsim.scm.writing.structure import is_passed
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Imagined:
    """The values of every world, and how they were found.

    Args:
        parallel: The worlds side by side; the first is one that was observed.
        values: For each world the variables that were asked for and not observed in it, each of
            shape (draws or 1, units).
        diagnostics: How the noise was recovered.
        apart: Whether each tensor has memory of its own, which nothing else shares.
    """

    parallel: Parallel
    values: Mapping[str, Mapping[str, Tensor]]
    diagnostics: Diagnostics
    apart: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A question about rows with all done that does not depend on their values.

    Args:
        parallel: The worlds side by side.
        seen: For each node that is observed where it is.
        asked: For each world the nodes that are wanted and not observed in it.
        joint: All that evidence speaks of, as one model.
        copies: The nodes to be produced anew.
        found: How the noises are recovered.
        strict: Whether evidence that is not needed must be possible too.
        schedule: In which batches the copies are produced.
        shown: The nodes that are wanted.
    """

    parallel: Parallel
    seen: Mapping[str, list[Spot]]
    asked: Mapping[str, Mapping[str, str]]
    joint: Joint
    copies: tuple[Node, ...]
    found: Plan
    strict: bool
    schedule: Schedule
    shown: frozenset[str]

    @property
    def exact(self) -> bool:
        """Whether nothing is drawn: each noise follows from a value and its parents'."""
        plan, known = self.found, self.joint.mechanisms
        sources = {self.joint.sources.get(node.noise, "") for node in self.copies if node.noise}
        return (
            not plan.blocks
            and not plan.free
            and sources <= {*plan.inverted}
            and all(known[name].coupling.exact for name in plan.inverted)
        )

    @property
    def used(self) -> list[str]:
        """The nodes whose noise is recovered because it is needed."""
        needed = {self.joint.sources.get(node.noise, "") for node in self.copies}
        return [name for name in self.found.inverted if not self.strict or name in needed]


def prepared(
    worlds: Mapping[str, Mapping[str, Mechanism]],
    columns: Mapping[str, tuple[str, ...]],
    *,
    spots: Iterable[Spot] | None = None,
    strict: bool = False,
) -> Prepared:
    """What `imagine` needs to know of worlds and columns, for any rows.

    Args:
        worlds: The mechanisms of each world, in causal order; the first has evidence.
        columns: The columns of the frames that were seen, by world.
        spots: What is wanted; None for all that differs from the first world.
        strict: Whether evidence that is not needed must be possible too.
    """
    parallel = side_by_side(worlds)
    seen = seen_nodes(parallel, columns)
    asked = _asked(parallel, seen, spots)
    shown = {name for places in asked.values() for name in places.values()}
    joint = joint_model(parallel, seen)
    wanted = parallel.ancestors(shown).difference(joint.mechanisms)
    copies = tuple(node for name, node in parallel.nodes.items() if name in wanted)
    found = _planned(joint, seen, shown, copies, strict)
    schedule = scheduled(parallel, wanted)
    return Prepared(parallel, seen, asked, joint, copies, found, strict, schedule, frozenset(shown))


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
    seen = Evidence(evidence)
    units = seen.units
    for mechanisms in worlds.values():
        require_lengths(mechanisms, units)
    ready = prepared(worlds, seen.columns, spots=spots, strict=strict)
    return imagine_rows_of(ready, seen, slice(0, units), draws=draws, by=by, seed=seed)


def imagine_rows_of(
    ready: Prepared, evidence: Evidence, rows: slice, *, draws: int, by: Engine | None, seed: Seed
) -> Imagined:
    """Some rows of the evidence as they would have been in the other worlds.

    Args:
        ready: The question.
        evidence: What was seen.
        rows: A run of rows; no mechanism has one value a unit, unless these are all.
        draws: How often noises that the evidence leaves uncertain are drawn.
        by: The engine for what is hidden.
        seed: Root of all draws.
    """
    parallel, joint, found = ready.parallel, ready.joint, ready.found
    units = rows.stop - rows.start
    with threads_for(units * draws * max(len(ready.copies), 1)):
        values = read_values(parallel, evidence, ready.seen, found.read, rows)
        values.update(run(joint.mechanisms, {}, values, found.settled))
        noises, engines = _abducted(joint, values, found, by, (draws, units), seed)
        values.update(run(joint.mechanisms, noises, values, found.hidden))
        told = {name: noises[node] for name, node in joint.sources.items() if node in noises}
        unheard = _unheard(ready.copies, told, (draws, units), seed)
        values.update(produced(parallel, ready.schedule, told | unheard, values, ready.shown))
    free = [*found.free, *(name for name in unheard if name in parallel.mechanisms[parallel.base])]
    diagnostics = diagnose(joint.mechanisms, ready.used, engines, free, draws)
    return Imagined(
        parallel,
        {
            world: {variable: _filled(values[name], units) for variable, name in places.items()}
            for world, places in ready.asked.items()
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


def _filled(value: Tensor, units: int) -> Tensor:
    """A value of shape (draws or 1, units)."""
    shape = (value.shape[0] if value.dim() == 2 else 1, units)
    return value.expand(shape)
