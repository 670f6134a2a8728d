"""What would have been: abduction, action and prediction for every row, in many worlds."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from causalsim import frames
from causalsim.errors.base import nearest
from causalsim.errors.data import DataError
from causalsim.scm.abduction import Diagnostics, diagnose, infer, read_evidence, recover
from causalsim.scm.engines.engine import Engine
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.noise import draw, is_noiseless
from causalsim.scm.parallel.nodes import Node, Parallel, is_fresh, side_by_side
from causalsim.scm.parallel.running import produce_all
from causalsim.scm.planning import plan
from causalsim.scm.threads import threads_for
from causalsim.scm.worlds import require_lengths, run
from causalsim.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Imagined:
    """The values of every world, and how they were found.

    Args:
        parallel: The worlds side by side; the first is the one that was observed.
        values: For each world the variables that differ from the observed world, each of shape
            (draws, units).
        diagnostics: How the noise was recovered.
    """

    parallel: Parallel
    values: Mapping[str, Mapping[str, Tensor]]
    diagnostics: Diagnostics


def imagine(
    worlds: Mapping[str, Mapping[str, Mechanism]],
    frame: Any,  # noqa: ANN401
    *,
    draws: int,
    by: Engine | None,
    seed: Seed,
) -> Imagined:
    """The rows of a frame, observed in the first world, as they would have been in the others.

    Only what differs from the first world is computed; everything else is as it was.

    Args:
        worlds: The mechanisms of each world, in causal order; the first is the observed one.
        frame: One row a unit. Variables without a column are hidden and are inferred.
        draws: How often noises that the evidence leaves uncertain are drawn.
        by: The engine for what is hidden; None for the cheapest exact one.
        seed: Root of all draws.
    """
    units = frames.height(frame)
    for mechanisms in worlds.values():
        require_lengths(mechanisms, units)
    parallel = side_by_side(worlds)
    factual = worlds[parallel.base]
    columns = frames.names(frame)
    _refuse_misspelt(factual, columns)
    copies = [node for name, node in parallel.nodes.items() if name not in factual]
    needed = _needed(factual, copies)
    unknown = dict.fromkeys(
        node.variable
        for node in copies
        if node.noise == node.variable and node.variable not in needed
    )
    found = plan(
        factual,
        columns,
        noises=needed,
        values={p for node in copies for p in node.parents.values() if p in factual},
        checked={node.variable for node in copies},
    )
    with threads_for(units * draws * max(len(copies), 1)):
        values = read_evidence(frame, factual, found.read)
        values.update(run(factual, {}, values, found.settled))
        noises = recover(factual, values, found.inverted, draws=draws, seed=seed)
        noises.update(_uninformed(factual, copies, found.free, (draws, units), seed))
        engines = []
        for block in found.blocks:
            drawn, engine = infer(factual, values, block, by, draws=draws, seed=seed)
            noises.update(drawn)
            engines.append(engine)
        values.update(run(factual, noises, values, found.hidden))
        made = produce_all(parallel, noises, values, {node.name for node in copies})
    return Imagined(
        parallel,
        {world: _of_world(parallel, world, made, units) for world in worlds},
        _diagnosed(
            diagnose(factual, found.inverted, engines, [*found.free, *unknown], draws),
            copies,
            draws,
        ),
    )


def _diagnosed(told: Diagnostics, copies: Iterable[Node], draws: int) -> Diagnostics:
    """The same, with the draws that actions brought."""
    fresh = tuple(dict.fromkeys(n.variable for n in copies if n.noise not in ("", n.variable)))
    if not fresh:
        return told
    engine = f"{told.engine}, new draws of ({', '.join(fresh)})"
    return replace(
        told,
        engine=engine,
        exact=False,
        draws=draws,
        drawn=tuple(dict.fromkeys((*told.drawn, *fresh))),
    )


def _needed(factual: Mapping[str, Mechanism], copies: Iterable[Node]) -> set[str]:
    """The variables whose own noise the copies read and the observed world tells of."""
    return {
        node.variable
        for node in copies
        if node.noise == node.variable and _tells(node.variable, factual)
    }


def _tells(variable: str, factual: Mapping[str, Mechanism]) -> bool:
    """Whether the variable listens to its own noise in the observed world."""
    return not is_noiseless(factual[variable].noise) and not is_fresh(factual[variable])


def _uninformed(
    factual: Mapping[str, Mechanism],
    copies: Iterable[Node],
    free: Collection[str],
    shape: tuple[int, int],
    seed: Seed,
) -> dict[str, Tensor]:
    """The noises about which the evidence says nothing: hidden leaves, and fresh draws."""
    noises: dict[str, Tensor] = {}
    for name in free:
        if not is_noiseless(factual[name].noise):
            noises[name] = draw(factual[name].noise, shape, seed.child("prior", name).torch())
    for node in copies:
        own = node.noise == node.variable
        if node.noise and node.noise not in noises and not (own and _tells(node.variable, factual)):
            stream = seed.child("prior" if own else "fresh", node.variable)
            noises[node.noise] = draw(node.mechanism.noise, shape, stream.torch())
    return noises


def _of_world(parallel: Parallel, world: str, made: Values, units: int) -> dict[str, Tensor]:
    """What differs in one world, each of shape (draws or 1, units)."""
    place = parallel.places[world]
    return {
        variable: _filled(made[place[variable]], units)
        for variable in parallel.copies(world)
        if place[variable] in made
    }


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
