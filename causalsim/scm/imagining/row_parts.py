"""Rows in parts: by which of their cells are missing, and few enough at once.

A cell without a value is hidden for that row only. Rows that lack the same cells are imagined
together, with those columns left out; what such rows need is planned anew, so that each row gets
the cheapest engine that its own evidence allows. Long frames are taken a piece at a time, so that
memory holds the noise of one piece, whatever the number of rows.

References:
    Rubin, "Inference and missing data" (1976): leaving missing cells out of the likelihood is right
    where whether a cell is missing tells nothing about its value beyond what was observed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.errors.base import listed
from causalsim.errors.data import DataError
from causalsim.errors.inference import InferenceError
from causalsim.errors.model import ModelError
from causalsim.scm.engines.engine import Engine, Inference
from causalsim.scm.imagining.abduction import Diagnostics, read_evidence
from causalsim.scm.imagining.counterfactual import (
    Imagined,
    Prepared,
    imagine,
    imagine_rows_of,
    prepared,
)
from causalsim.scm.imagining.evidence import Evidence, Spot
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.worlds import require_lengths
from causalsim.seeds import Seed

Worlds = Mapping[str, Mapping[str, Mechanism]]
Rows = NDArray[np.int64]
#: Rows at once: about as many as keep the working numbers of a wide model in the cache.
_AT_ONCE = 65_536
_CACHED = 32_768


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows that are imagined together.

    Args:
        rows: Their numbers.
        absent: The columns that they lack, as world and variable.
    """

    rows: Rows
    absent: tuple[Spot, ...]

    @property
    def label(self) -> str:
        """Which cells are missing, in words."""
        names = listed(dict.fromkeys(variable for _, variable in self.absent))
        return f"without {names}" if self.absent else "complete"


def imagine_in_parts(
    worlds: Worlds,
    evidence: Mapping[str, Any],
    *,
    draws: int,
    by: Engine | None,
    seed: Seed,
    spots: Iterable[Spot] | None = None,
) -> Imagined:
    """`imagine`, for any number of rows, with cells that may be missing.

    Args:
        worlds: The mechanisms of each world; the first has evidence.
        evidence: For some of the worlds a frame; the same units in all of them.
        draws: How often noises that the evidence leaves uncertain are drawn.
        by: The engine for what is hidden; None for the cheapest exact one.
        seed: Root of all draws.
        spots: What is wanted; None for all that differs from the first world.

    Raises:
        ModelError: As `imagine`; the rows are numbered as in the frame.
    """
    seen = Evidence(evidence)
    units = seen.units
    wanted = None if spots is None else list(spots)
    for mechanisms in worlds.values():
        require_lengths(mechanisms, units)
    ready = None if differ_by_unit(worlds) else prepared(worlds, seen.columns, spots=wanted)
    question = _Question(worlds, seen, wanted, ready, draws, by)
    # What is drawn is drawn for as many rows at once whatever their number is.
    step = _CACHED if ready is not None and ready.exact else _AT_ONCE
    gathered = _Gathered(worlds, evidence, units)
    for start in range(0, units, step):
        piece = Part(np.arange(start, min(start + step, units)), ())
        stream = seed if units <= step else seed.child("piece", str(start))
        try:
            found = question.answered(piece, stream)
        except DataError as error:
            for part in question.patterns(piece, error):
                gathered.add(part, question.answered(part, stream.child(part.label)))
            continue
        if len(piece.rows) == units:
            return found
        gathered.add(piece, found)
    return gathered.whole()


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """What is asked of the rows, part by part.

    Args:
        worlds: The mechanisms of each world.
        evidence: What was seen.
        spots: What is wanted.
        ready: The question made ready, unless rows need mechanisms of their own.
        draws: How often noises that stay uncertain are drawn.
        by: The engine for what is hidden.
    """

    worlds: Worlds
    evidence: Evidence
    spots: Sequence[Spot] | None
    ready: Prepared | None
    draws: int
    by: Engine | None

    def answered(self, part: Part, seed: Seed) -> Imagined:
        """Some rows in the other worlds.

        Raises:
            ModelError: As `imagine`; the rows are numbered as in the frame.
            DataError: Cells are missing.
        """
        try:
            return self._imagined(part, seed)
        except ModelError as error:
            raise _renumbered(error, part.rows) from error

    def patterns(self, piece: Part, error: DataError) -> list[Part]:
        """The rows of a piece by which of their cells are missing.

        Looking for missing cells first would cost as much as reading all of them.

        Raises:
            DataError: The same, where no cell is.
        """
        found = parts_of(self.worlds, _evidence_of(self.evidence.frames, piece.rows, ()))
        if all(not part.absent for part in found):
            raise error from None
        return [Part(piece.rows[part.rows], part.absent) for part in found]

    def _imagined(self, part: Part, seed: Seed) -> Imagined:
        """The rows of a part."""
        place = _place(part.rows)
        draws, by = self.draws, self.by
        if self.ready is not None and not part.absent and isinstance(place, slice):
            return imagine_rows_of(self.ready, self.evidence, place, draws=draws, by=by, seed=seed)
        worlds, evidence = self.worlds, self.evidence.frames
        if len(part.rows) < self.evidence.units or part.absent:
            worlds = _worlds_of(worlds, part.rows)
            evidence = _evidence_of(evidence, part.rows, part.absent)
        return imagine(worlds, evidence, draws=draws, by=by, seed=seed, spots=self.spots)


def differ_by_unit(worlds: Worlds) -> bool:
    """Whether something is given one value a unit, so that rows need mechanisms of their own."""
    # Worlds share most of their mechanisms.
    every = {id(found): found for here in worlds.values() for found in here.values()}
    return any(_of_units(found, slice(0, 1)) is not found for found in every.values())


def _renumbered(error: ModelError, rows: Rows) -> ModelError:
    """The same error, with the row's number in the whole frame."""

    def number(found: re.Match[str]) -> str:
        return f"first in row {rows[int(found[1])]}"

    return type(error)(re.sub(r"first in row (\d+)", number, error.message), error.hint)


def parts_of(worlds: Worlds, evidence: Mapping[str, Any]) -> list[Part]:
    """The rows by which of their cells are missing; complete rows first, then as they come.

    Columns that are no variables of their world are not looked at.
    """
    spots: list[Spot] = []
    masks: list[NDArray[np.bool_]] = []
    for world, frame in evidence.items():
        for name in frames.names(frame):
            if name in worlds[world] and bool((mask := frames.missing(frame, name)).any()):
                spots.append((world, name))
                masks.append(mask)
    units = frames.height(next(iter(evidence.values())))
    if not spots:
        return [Part(np.arange(units), ())]
    table = np.stack(masks, axis=1)
    patterns, first, which = np.unique(table, axis=0, return_index=True, return_inverse=True)
    which = which.reshape(-1)
    order = sorted(range(len(patterns)), key=lambda at: (bool(patterns[at].any()), first[at]))
    return [
        Part(
            np.flatnonzero(which == at),
            tuple(spot for spot, gone in zip(spots, patterns[at], strict=True) if gone),
        )
        for at in order
    ]


def _evidence_of(
    evidence: Mapping[str, Any], rows: Rows, absent: tuple[Spot, ...]
) -> dict[str, Any]:
    """The rows of each frame without the columns that they lack.

    Raises:
        InferenceError: A frame has nothing left.
    """
    found: dict[str, Any] = {}
    for world, frame in evidence.items():
        gone = [name for where, name in absent if where == world]
        opened = nw.from_native(frame, eager_only=True)
        place = _place(rows)
        part = opened[place] if isinstance(place, slice) else opened[rows.tolist()]
        kept = part.drop(gone)
        if not kept.columns:
            raise InferenceError.nothing_seen(world, len(rows), 0)
        found[world] = kept.to_native()
    return found


def _place(rows: Rows) -> slice | Tensor:
    """Where rows are: a run of them is a slice, which copies nothing."""
    if rows[-1] - rows[0] == len(rows) - 1:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return torch.from_numpy(rows)


def _worlds_of(worlds: Worlds, rows: Rows) -> dict[str, dict[str, Mechanism]]:
    """The worlds for some of the units: what is given one a unit is given to these."""
    index = _place(rows)
    # One mechanism stays one: worlds are told apart by which they share.
    known: dict[int, Mechanism] = {}
    return {
        world: {
            node: known.setdefault(id(mechanism), _of_units(mechanism, index))
            for node, mechanism in mechanisms.items()
        }
        for world, mechanisms in worlds.items()
    }


def _of_units(mechanism: Mechanism, index: slice | Tensor) -> Mechanism:
    """A mechanism for some of the units."""
    changed: dict[str, Any] = {}
    for name in _parts(mechanism):
        held = getattr(mechanism, name)
        frozen = is_dataclass(held)
        if name in ("value", "amount", "chance") and isinstance(held, Tensor) and held.dim():
            changed[name] = held[index]
        elif name != "natural" and frozen and hasattr(held, "abduct"):
            inner = _of_units(held, index)
            if inner is not held:
                changed[name] = inner
    made: Any = mechanism
    return replace(made, **changed) if changed else mechanism


def _parts(mechanism: object) -> tuple[str, ...]:
    """What a mechanism was made of."""
    return tuple(one.name for one in fields(mechanism)) if is_dataclass(mechanism) else ()


class _Gathered:
    """The parts so far, put where their rows are."""

    def __init__(self, worlds: Worlds, evidence: Mapping[str, Any], units: int) -> None:
        self._worlds, self._evidence, self._units = worlds, evidence, units
        self._values: dict[Spot, Tensor] = {}
        self._told: list[tuple[Part, Diagnostics]] = []
        self._filled: list[tuple[Part, set[Spot]]] = []
        self._first: Imagined | None = None

    def add(self, part: Part, found: Imagined) -> None:
        """Put the values of a part in their rows."""
        self._first = self._first or found
        place = _place(part.rows)
        spots: set[Spot] = set()
        for world, values in found.values.items():
            for variable, value in values.items():
                spots.add((world, variable))
                self._room((world, variable), value)[:, place] = value
        self._told.append((part, found.diagnostics))
        self._filled.append((part, spots))

    def _room(self, spot: Spot, value: Tensor) -> Tensor:
        """The tensor of all rows, with at least as many draws as the part has."""
        room = self._values.get(spot)
        if room is None:
            room = torch.empty((len(value), self._units), dtype=value.dtype)
        elif len(room) < len(value):
            room = room.expand(len(value), self._units).clone()
        self._values[spot] = room
        return room

    def whole(self) -> Imagined:
        """All rows as one answer."""
        assert self._first is not None
        values: dict[str, dict[str, Tensor]] = {world: {} for world in self._first.values}
        for (world, variable), room in self._values.items():
            for part, spots in self._filled:
                if (world, variable) not in spots:
                    # In these rows the variable was observed in this world.
                    seen = _evidence_of(self._evidence, part.rows, part.absent)[world]
                    column = read_evidence(seen, self._worlds[world], [variable])[variable]
                    room[:, _place(part.rows)] = column
            values[world][variable] = room
        told = merged(self._told, self._units)
        return replace(self._first, values=values, diagnostics=told, apart=True)


def merged(told: list[tuple[Part, Diagnostics]], units: int) -> Diagnostics:
    """What the parts say, as one; each pattern of missing cells keeps its own as well."""
    patterns: dict[tuple[Spot, ...], list[tuple[Part, Diagnostics]]] = {}
    for part, one in told:
        patterns.setdefault(part.absent, []).append((part, one))
    by_pattern: list[tuple[str, int, Diagnostics]] = []
    for members in patterns.values():
        label, count = members[0][0].label, sum(len(part.rows) for part, _ in members)
        by_pattern.append((label, count, _joined(members, units)))
    if len(by_pattern) == 1:
        return by_pattern[0][2]
    each = [one for _, _, one in by_pattern]
    engines = [f"{count} rows {label}: {one.engine}" for label, count, one in by_pattern]
    return Diagnostics(
        "; ".join(engines),
        all(one.exact for one in each),
        max(one.draws for one in each),
        tuple(dict.fromkeys(node for one in each for node in one.drawn)),
        tuple(dict.fromkeys(tie for one in each for tie in one.couplings)),
        min((one.ess for one in each if one.ess is not None), default=None),
        tuple(found for one in each for found in one.inferences),
        tuple(by_pattern),
    )


def _joined(members: list[tuple[Part, Diagnostics]], units: int) -> Diagnostics:
    """Pieces of one pattern: the words of the one with the fewest effective draws."""
    worst = min(members, key=lambda one: one[1].ess if one[1].ess is not None else np.inf)[1]
    blocks = zip(*(one.inferences for _, one in members), strict=True)
    inferences = tuple(
        _spread([part.rows for part, _ in members], list(found), units) for found in blocks
    )
    return replace(worst, inferences=inferences)


def _spread(rows: list[Rows], found: list[Inference], units: int) -> Inference:
    """One inference for all units; those that it did not concern have NaN."""

    def gathered(name: str) -> Tensor | None:
        columns = [getattr(one, name) for one in found]
        if any(column is None for column in columns):
            return None
        whole = torch.full((units,), torch.nan, dtype=torch.float64)
        for index, column in zip(rows, columns, strict=True):
            whole[_place(index)] = column
        return whole

    shapes = [one.r_hat for one in found if one.r_hat is not None]
    return replace(
        found[0],
        ess=gathered("ess"),
        k_hat=gathered("k_hat"),
        log_evidence=gathered("log_evidence"),
        r_hat=max(shapes, default=None),
        doubts=tuple(dict.fromkeys(doubt for one in found for doubt in one.doubts)),
    )
