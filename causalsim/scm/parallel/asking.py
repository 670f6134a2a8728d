"""A question about worlds: what is done in each, on which units, and what was seen in which."""

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from causalsim import frames
from causalsim.errors.model import ModelError
from causalsim.errors.worlds import WorldError
from causalsim.graph.graph import Graph
from causalsim.scm.compiling.threads import threads_for
from causalsim.scm.domain import DTYPE
from causalsim.scm.engines.choosing import require_engine
from causalsim.scm.engines.elimination import Elimination
from causalsim.scm.engines.engine import Engine
from causalsim.scm.imagining.abduction import Diagnostics
from causalsim.scm.imagining.closed_form import ClosedForm
from causalsim.scm.imagining.counterfactual import Imagined
from causalsim.scm.imagining.row_parts import differ_by_unit, imagine_in_parts
from causalsim.scm.intervention import act
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.mechanisms.imposed import Imposed
from causalsim.scm.noise import draw
from causalsim.scm.parallel.nodes import Parallel, side_by_side
from causalsim.scm.parallel.result import Worlds
from causalsim.scm.parallel.running import produce_all, produced, scheduled
from causalsim.scm.result import Counterfactual
from causalsim.scm.worlds import causal_order, require_lengths
from causalsim.seeds import Seed

#: The world in which nothing is done; it has no name that a user could type.
ACTUAL = ""
#: Numbers at once in a step of many units, and the fewest units for which a step pays.
_CACHED = 131_072
_FEWEST = 1_024

Mechanisms = Mapping[str, Mechanism]


class Model(Protocol):
    """What a question needs to know of a structural causal model."""

    @property
    def graph(self) -> Graph:
        """What causes what."""
        ...

    @property
    def mechanisms(self) -> Mechanisms:
        """The mechanism of each node, in causal order."""
        ...

    @property
    def like(self) -> Any:  # noqa: ANN401
        """A frame of the kind that samples take."""
        ...


def ask_worlds(
    model: Model,
    worlds: Mapping[str, Mapping[Any, object]],
    evidence: Any,  # noqa: ANN401
    *,
    units: int | None,
    draws: int,
    by: Engine | None,
    seed: Seed,
    only: tuple[str, ...] | None = None,
) -> Worlds:
    """The answer to `SCM.worlds`; ``only`` these variables, where not all are wanted."""
    require_count("draws", draws)
    require_engine(by)
    if not isinstance(worlds, Mapping) or not worlds:
        raise WorldError.none(worlds)
    made = {world: acted(model, done) for world, done in worlds.items()}
    if (evidence is None) == (units is None):
        raise WorldError.units_and_evidence()
    if units is None:
        stream = seed.child("counterfactual")
        return worlds_of_rows(
            made, model.mechanisms, evidence, draws=draws, by=by, seed=stream, only=only
        )
    require_count("units", units)
    stream = seed.child("sample")
    observed = tuple(model.graph.observed) if only is None else only
    return worlds_of_units(
        made,
        model.mechanisms,
        observed,
        units=units,
        draws=draws,
        seed=stream,
        like=frame_like(model.like),
    )


def acted(model: Model, actions: Mapping[Any, object]) -> Mechanisms:
    """The mechanisms of the world in which these variables are acted upon, in causal order."""
    if not actions:
        return model.mechanisms
    hidden = frozenset(model.mechanisms).difference(model.graph.observed)
    replaced = act(model.mechanisms, actions, hidden)
    return {node: replaced[node] for node in causal_order(replaced)}


def frame_like(like: Any) -> Any:  # noqa: ANN401
    """A frame of the kind that samples take."""
    if like is not None:
        return like
    from pandas import DataFrame

    return DataFrame()


def worlds_of_rows(
    worlds: Mapping[str, Mechanisms],
    natural: Mechanisms,
    evidence: Any,  # noqa: ANN401
    *,
    draws: int,
    by: Engine | None,
    seed: Seed,
    only: tuple[str, ...] | None = None,
) -> Worlds:
    """What the rows of a frame would be in every world.

    Args:
        worlds: The mechanisms of each world.
        natural: The mechanisms where nothing is done.
        evidence: A frame, seen in the actual world; or for some worlds the frame seen there.
        draws: How often noises that stay uncertain are drawn.
        by: The engine for what is hidden.
        seed: Root of the draws.
        only: The variables that are wanted; None for all that differ from what was observed.
    """
    seen = evidence if isinstance(evidence, Mapping) else {ACTUAL: evidence}
    every = {ACTUAL: natural, **worlds}
    if not seen:
        raise WorldError.units_and_evidence()
    for world in seen:
        if world not in every:
            raise WorldError.unknown(world, worlds)
    heights = {world: frames.height(frame) for world, frame in seen.items()}
    if len(set(heights.values())) > 1:
        raise WorldError.uneven(heights.items())
    first = next(iter(seen))
    every = {first: every[first], **worlds}
    for mechanisms in every.values():
        require_lengths(mechanisms, heights[first])
    spots = None if only is None else [(world, name) for world in worlds for name in only]
    found = imagine_in_parts(every, seen, draws=draws, by=by, seed=seed, spots=spots)
    # An engine that was asked for is the one that answers.
    exact = every if by is None or isinstance(by, Elimination) else {}
    return with_frames(found, worlds, natural, seen, exact)


def worlds_of_units(
    worlds: Mapping[str, Mechanisms],
    natural: Mechanisms,
    observed: tuple[str, ...],
    *,
    units: int,
    draws: int,
    seed: Seed,
    like: Any,  # noqa: ANN401
) -> Worlds:
    """What new units are in every world.

    Args:
        worlds: The mechanisms of each world.
        natural: The mechanisms where nothing is done.
        observed: The variables that the frames show.
        units: How many.
        draws: How many independent times.
        seed: Root of the draws.
        like: A frame of the kind that the result takes.
    """
    parallel = side_by_side({ACTUAL: natural, **worlds})
    for mechanisms in worlds.values():
        require_lengths(mechanisms, units)
    seen = [parallel.places[world][variable] for world in worlds for variable in observed]
    wanted = parallel.ancestors(seen)
    with threads_for(units * draws * len(wanted)):
        noises = prior_noises(parallel, wanted, (draws, units), seed)
        if differ_by_unit(parallel.mechanisms):
            made = produce_all(parallel, noises, {}, wanted, set(seen))
        else:
            made = _produced_in_pieces(parallel, noises, wanted, set(seen), (draws, units))
    diagnostics = Diagnostics("simulation from the prior", False, draws, (), ())
    results = {}
    for world, mechanisms in worlds.items():
        place = parallel.places[world]
        values = {v: made[place[v]].expand(draws, units) for v in observed}
        domains = {v: mechanisms[v].domain for v in observed}
        done = _done(parallel, world, natural)
        results[world] = Counterfactual(like, values, domains, diagnostics, done)
    return Worlds(results, diagnostics)


def _produced_in_pieces(
    parallel: Parallel, noises: Values, wanted: set[str], shown: set[str], shape: tuple[int, int]
) -> dict[str, Tensor]:
    """The values of new units, so many at once that the numbers in between stay in the cache.

    Args:
        parallel: The worlds, without one value a unit anywhere.
        noises: Of shape (draws, units).
        wanted: What to produce.
        shown: What to return.
        shape: Draws and units.
    """
    draws, units = shape
    schedule = scheduled(parallel, wanted)
    step = max(_FEWEST, _CACHED // (draws * max(map(len, schedule.batches), default=1)))
    if units <= step:
        return produced(parallel, schedule, noises, {}, shown)
    rooms = {name: torch.empty(shape, dtype=DTYPE) for name in shown}
    for start in range(0, units, step):
        rows = slice(start, min(start + step, units))
        some = {name: noise[:, rows] for name, noise in noises.items()}
        for name, value in produced(parallel, schedule, some, {}, shown).items():
            rooms[name][:, rows] = value
    return rooms


def prior_noises(
    parallel: Parallel, wanted: set[str], shape: tuple[int, ...], seed: Seed
) -> dict[str, Tensor]:
    """The noise of every wanted node, from its prior; the streams of `SCM.sample`."""
    noises: dict[str, Tensor] = {}
    for name in wanted:
        node = parallel.nodes[name]
        if node.noise and node.noise not in noises:
            kind = "noise" if node.noise == node.variable else "fresh"
            stream = seed.child(kind, node.variable).torch()
            noises[node.noise] = draw(node.mechanism.noise, shape, stream)
    return noises


def with_frames(
    found: Imagined,
    worlds: Mapping[str, Mechanisms],
    natural: Mechanisms,
    evidence: Mapping[str, Any],
    exact: Mapping[str, Mechanisms] | None = None,
) -> Worlds:
    """Each world's values written into the frame that was observed.

    Args:
        found: The values.
        worlds: The worlds that are shown.
        natural: The mechanisms where nothing is done.
        evidence: The frames that were seen.
        exact: All worlds, where probabilities may be found in closed form.
    """
    base = found.parallel.base
    kept = {world: frames.snapshot(frame) for world, frame in evidence.items()}
    results = {}
    for world, mechanisms in worlds.items():
        values = found.values[world]
        results[world] = Counterfactual(
            kept.get(world, kept[base]),
            values,
            {node: mechanisms[node].domain for node in values},
            found.diagnostics,
            _done(found.parallel, world, natural),
            ClosedForm(exact, world, kept) if exact else None,
            found.apart,
        )
    return Worlds(results, found.diagnostics)


def _done(parallel: Parallel, world: str, other: Mechanisms) -> tuple[str, ...]:
    """What is done in a world and not in the other, as equations."""
    here = parallel.mechanisms[world]
    return tuple(
        mechanism.describe(variable)
        for variable, mechanism in here.items()
        if isinstance(mechanism, Imposed) and mechanism is not other.get(variable)
    )


def require_count(what: str, found: object) -> None:
    """Refuse what is no positive whole number."""
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise ModelError.bad_size(what, found)
