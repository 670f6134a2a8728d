"""What was seen in which world, read a few rows at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim import frames
from causalsim.errors.base import nearest
from causalsim.errors.data import DataError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Levels, Real
from causalsim.scm.imagining.abduction import read_evidence
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.parallel.nodes import Parallel

Spot = tuple[str, str]
Seen = Mapping[str, list[Spot]]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Frames that were seen in worlds, row by row the same units.

    Args:
        frames: For some of the worlds a frame.
        views: The columns of numbers looked at so far, by world; not copied. None where the
            columns of a world need a closer look.
    """

    frames: Mapping[str, Any]
    views: dict[tuple[str, tuple[str, ...]], Mapping[str, NDArray[Any]] | None] = field(
        default_factory=dict
    )

    @property
    def units(self) -> int:
        """How many rows there are."""
        return frames.height(next(iter(self.frames.values())))

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The names of the columns of each frame."""
        return {world: frames.names(frame) for world, frame in self.frames.items()}

    def numbers(self, world: str, names: tuple[str, ...], rows: slice) -> dict[str, Tensor] | None:
        """Some rows of columns of finite numbers, as new tensors; None where one is something else.

        Args:
            world: Whose frame it is.
            names: Columns of it.
            rows: Which rows.
        """
        if (world, names) not in self.views:
            self.views[world, names] = frames.views(self.frames[world], names)
        views = self.views[world, names]
        if views is None:
            return None
        found: dict[str, Tensor] = {}
        for name in names:
            part = np.array(views[name][rows], dtype=np.float64)
            # A sum tells in half the time that nothing is missing.
            if not np.isfinite(part.sum()) and not np.isfinite(part).all():
                return None
            found[name] = torch.from_numpy(part)
        return found

    def some(self, rows: slice) -> dict[str, Any]:
        """Some rows of each frame."""
        if rows == slice(0, self.units):
            return dict(self.frames)
        return {world: frames.rows(frame, rows) for world, frame in self.frames.items()}


def seen_nodes(parallel: Parallel, columns: Mapping[str, tuple[str, ...]]) -> dict[str, list[Spot]]:
    """For each node that was observed the worlds and variables in which it was.

    Raises:
        DataError: A variable that lacks a column, while a column looks like its name misspelt.
    """
    seen: dict[str, list[Spot]] = {}
    for world, names in columns.items():
        _refuse_misspelt(parallel.mechanisms[world], names)
        place = parallel.places[world]
        for name in names:
            if name in place:
                seen.setdefault(place[name], []).append((world, name))
    return seen


def read_values(
    parallel: Parallel, evidence: Evidence, seen: Seen, needed: Collection[str], rows: slice
) -> dict[str, Tensor]:
    """The observed values that are needed, by node.

    Raises:
        DataError: Missing cells, or columns of another type than the model's.
        ModelError: Values that a variable does not have, or that differ between two worlds.
    """
    values: dict[str, Tensor] = {}
    for world in evidence.frames:
        mechanisms = parallel.mechanisms[world]
        names = {v: name for name in needed for w, v in seen[name] if w == world}
        for variable, column in _columns(evidence, world, mechanisms, names, rows).items():
            name = names[variable]
            if name in values and bool((apart := values[name] != column).any()):
                raise ModelError.impossible(variable, int(apart.sum()), int(apart.nonzero()[0]))
            values[name] = column
    return values


def _columns(
    evidence: Evidence,
    world: str,
    mechanisms: Mapping[str, Mechanism],
    names: Collection[str],
    rows: slice,
) -> dict[str, Tensor]:
    """The columns of these variables, without a closer look where all hold finite numbers."""
    domains = {name: mechanisms[name].domain for name in names}
    named = any(isinstance(domain, Levels) and domain.named for domain in domains.values())
    found = None if named else evidence.numbers(world, tuple(names), rows)
    if found is None:
        return read_evidence(evidence.some(rows)[world], mechanisms, names)
    return {
        name: column if type(domains[name]) is Real else domains[name].encode(name, column)
        for name, column in found.items()
    }


def _refuse_misspelt(mechanisms: Mapping[str, Mechanism], columns: tuple[str, ...]) -> None:
    """A variable without a column is hidden, unless a column looks like its name misspelt."""
    strangers = [name for name in columns if name not in mechanisms]
    for node, mechanism in mechanisms.items():
        if node not in columns and not is_shared(mechanism) and len(node) > 2:
            guess = nearest(node, strangers)
            if guess is not None:
                raise DataError.unknown_column(node, columns)
