"""The mechanisms of parallel worlds as tables of numbers, with every noise shared as it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from causalsim.errors.contraction import ContractionError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.mechanism import Coupling, Mechanism, Values
from causalsim.scm.mechanisms.borrowed import Rerouted
from causalsim.scm.mechanisms.discrete.gumbel import GumbelMax
from causalsim.scm.mechanisms.discrete.threshold import Threshold
from causalsim.scm.mechanisms.imposed import Drawn, Imposed
from causalsim.scm.mechanisms.parts.chances import Table
from causalsim.scm.mechanisms.switched import Replaced
from causalsim.scm.networks.noise_cells import Cells, is_scored, level_chances, noise_cells
from causalsim.scm.networks.pair_laws import gumbel_pair, threshold_pair
from causalsim.scm.networks.parallel import Copy, Network
from causalsim.scm.noise import NOTHING

Array = NDArray[np.float64]
#: The largest table of one mechanism, and the largest number of cells of one noise.
MOST_NUMBERS = 30_000_000
MOST_CELLS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """A table whose axes are copies (their numbers) and noises (numbers beyond those).

    Args:
        axes: One number an axis, each once.
        values: The table.
    """

    axes: tuple[int, ...]
    values: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """All configurations of some copies, flat, the last copy fastest.

    Args:
        numbers: The copies, those at one value left out.
        shape: How many levels each has.
        columns: The value of each copy, those at one value too, at each configuration.
    """

    numbers: tuple[int, ...]
    shape: tuple[int, ...]
    columns: Mapping[int, Tensor]

    @property
    def count(self) -> int:
        """How many configurations there are."""
        return prod(self.shape)

    def seen(self, copy: Copy) -> dict[str, Tensor]:
        """The columns that a copy's mechanism reads, by their names."""
        return {name: self.columns[number] for name, number in copy.parents.items()}


def factors_of(network: Network) -> tuple[list[Factor], tuple[tuple[str, Coupling], ...]]:
    """The tables whose product is the joint probability of all copies and noises.

    A variable that stands in one world only needs no noise: its table is its probabilities. One
    that stands in two has a joint law in closed form; beyond that its noise is cut into cells.

    Args:
        network: The parallel worlds.

    Returns:
        The tables; and for each variable whose noise is shared how its value is tied to it.

    Raises:
        ContractionError: A noise that cannot be cut, or a table too large.
    """
    made: list[Factor] = []
    ties: list[tuple[str, Coupling]] = []
    for number, copy in enumerate(network.copies):
        if not copy.noise and not copy.held:
            made.append(certain_table(network, number))
    noise = len(network.copies)
    for members in network.groups().values():
        if len(members) == 1:
            made.append(single_table(network, members[0]))
            continue
        first = network.copies[members[0]]
        ties.append((first.variable, _reader(first.mechanism, {})[0].coupling))
        pair = _pair(network, members) if len(members) == 2 else None
        made += [pair] if pair is not None else _shared(network, members, noise)
        noise += 1
    return made, tuple(ties)


def certain_table(network: Network, number: int) -> Factor:
    """The table of an equation without noise: one at its value, else zero."""
    copy = network.copies[number]
    grid = _grid(network, copy.parents.values())
    size = len(copy.levels.levels)
    _require_small(copy, grid.count * size)
    codes = _codes(copy, grid, NOTHING.expand(1))
    return _oriented(grid, (number,), indicator(codes[0], size))


def single_table(network: Network, number: int) -> Factor:
    """P(x | parents) of a variable whose noise nothing else reads."""
    copy = network.copies[number]
    plain = _plain_table(network, copy)
    if plain is not None:
        axes = tuple(parent for parent in copy.parents.values() if network.free(parent))
        return Factor((*axes, number), plain)
    grid = _grid(network, copy.parents.values())
    size = len(copy.levels.levels)
    _require_small(copy, grid.count * size)
    if copy.chances:
        return Factor((number,), np.array(copy.chances))
    if isinstance(copy.mechanism, Drawn):
        return _oriented(grid, (number,), _drawn_chances(copy))
    reader = _reader(copy.mechanism, grid.seen(copy))
    if copy.mechanism is reader[0] and is_scored(copy.mechanism):
        chances = level_chances(*reader, copy.levels)
        return _oriented(grid, (number,), np.asarray(chances.numpy()))
    cells = noise_cells(copy.variable, [reader], MOST_CELLS)
    _require_small(copy, len(cells.chances) * grid.count)
    table = np.zeros((grid.count, size))
    every = np.arange(grid.count)
    for chance, row in zip(cells.chances.tolist(), _codes(copy, grid, cells.points), strict=True):
        table[every, row] += chance
    return _oriented(grid, (number,), table)


def _pair(network: Network, members: Sequence[int]) -> Factor | None:
    """The joint law of one variable in two worlds, where it has a closed form that is small."""
    copies = [network.copies[number] for number in members]
    base = copies[0].mechanism
    plain = all(isinstance(copy.mechanism, Threshold | GumbelMax) for copy in copies)
    same = {(copy.mechanism.coupling, len(copy.levels.levels)) for copy in copies}
    if not (plain and len(same) == 1 and is_scored(base) and isinstance(base.domain, Levels)):
        return None
    grid = _grid(network, [parent for copy in copies for parent in copy.parents.values()])
    size = len(copies[0].levels.levels)
    gumbel = base.coupling is Coupling.GUMBEL
    # Many parents that differ between the worlds: the cells of the noise are fewer numbers.
    cells = size * sum(_count(network, copy.parents.values()) for copy in copies)
    small = grid.count * size**2 <= cells * (cells + 1)
    if grid.count * size**2 > MOST_NUMBERS or not (small or gumbel):
        return None
    one, other = (
        np.asarray(level_chances(copy.mechanism, grid.seen(copy), copy.levels).numpy())
        for copy in copies
    )
    one, other = np.broadcast_arrays(one, other)
    law = gumbel_pair(one, other) if gumbel else threshold_pair(one, other)
    return _oriented(grid, tuple(members), law)


def _shared(network: Network, members: Sequence[int], noise: int) -> list[Factor]:
    """The cells of a noise, and the value that follows from each in each world."""
    copies = [network.copies[number] for number in members]
    grids = [_grid(network, copy.parents.values()) for copy in copies]
    readers = [
        _reader(copy.mechanism, grid.seen(copy)) for copy, grid in zip(copies, grids, strict=True)
    ]
    cells = noise_cells(copies[0].variable, readers, MOST_CELLS)
    found = [Factor((noise,), np.asarray(cells.chances.numpy()))]
    for number, copy, grid in zip(members, copies, grids, strict=True):
        size = len(copy.levels.levels)
        _require_small(copy, len(cells.chances) * grid.count * size)
        codes = _responses(copy, grid, cells)
        _require_its_table(copy, grid, cells, codes)
        table = indicator(codes, size)
        shape = (len(cells.chances), *grid.shape, size)
        found.append(Factor((noise, *grid.numbers, number), table.reshape(shape)))
    return found


def _reader(mechanism: Mechanism, seen: Values) -> tuple[Mechanism, Values]:
    """The mechanism that the noise enters, below what was done to it, and what that one reads."""
    while isinstance(mechanism, Imposed | Rerouted):
        if isinstance(mechanism, Rerouted):
            names = mechanism.names
            seen = {name: seen[names.get(name, name)] for name in mechanism.inner.parents if seen}
            mechanism = mechanism.inner
        elif isinstance(mechanism, Replaced):
            mechanism = mechanism.inner
        else:
            mechanism = mechanism.natural
    return mechanism, {name: seen[name] for name in mechanism.parents if seen}


def _responses(copy: Copy, grid: _Grid, cells: Cells) -> NDArray[np.int64]:
    """The level that follows from each cell at each configuration, of shape (R, C)."""
    mechanism = copy.mechanism
    if not isinstance(mechanism, Threshold | GumbelMax):
        return _codes(copy, grid, cells.points)
    # As `_codes`, without looking the probabilities up again for each cell.
    rows = level_chances(mechanism, grid.seen(copy), copy.levels).expand(grid.count, -1)
    if isinstance(mechanism, GumbelMax):
        sums = rows.log() + cells.points[:, None]
        return np.asarray(sums.argmax(dim=-1).numpy())
    inner = rows.cumsum(dim=-1)[:, :-1].contiguous()
    points = cells.points.expand(grid.count, -1).contiguous()
    return np.asarray(torch.searchsorted(inner, points, right=True).T.numpy())


def _require_its_table(copy: Copy, grid: _Grid, cells: Cells, codes: NDArray[np.int64]) -> None:
    """Refuse a mechanism whose values do not follow from its noise as its coupling says."""
    mechanism = copy.mechanism
    if isinstance(mechanism, Threshold | GumbelMax | Imposed) or not is_scored(mechanism):
        return
    expected = level_chances(mechanism, grid.seen(copy), copy.levels).expand(grid.count, -1)
    for level in range(expected.shape[1]):
        found = cells.chances.numpy() @ (codes == level)
        if not np.allclose(found, expected[:, level].numpy(), rtol=0, atol=1e-9):
            raise ContractionError.not_discrete(
                copy.name, f"does not follow from its noise as it says ({mechanism.coupling.value})"
            )


def _codes(copy: Copy, grid: _Grid, noises: Tensor) -> NDArray[np.int64]:
    """The level produced under each noise at each configuration, of shape (R, C)."""
    shape = (len(noises), grid.count)
    flat = {name: column.expand(shape).reshape(-1) for name, column in grid.seen(copy).items()}
    spread = noises.repeat_interleave(grid.count, dim=0)
    value = copy.mechanism.produce(flat, spread).to(DTYPE).expand(len(spread))
    codes = copy.levels.codes(copy.variable, value)
    return np.asarray(codes.reshape(shape).numpy())


def _drawn_chances(copy: Copy) -> Array:
    """The probabilities of the levels of a variable that is drawn afresh."""
    found = copy.mechanism.noise
    points = copy.levels.points
    inside = found.support.check(points)  # type: ignore[union-attr]
    chances = torch.zeros(len(points), dtype=DTYPE)
    chances[inside] = found.log_prob(points[inside]).exp().to(DTYPE)
    if not found.has_enumerate_support or abs(float(chances.sum()) - 1) > 1e-9:
        raise ContractionError.not_discrete(
            copy.name, "is drawn from more values than the levels that it has"
        )
    return np.asarray(chances.unsqueeze(0).numpy())


def _plain_table(network: Network, copy: Copy) -> Array | None:
    """A table as it stands, where its axes are the parents' levels; known parents at theirs."""
    mechanism = copy.mechanism
    if not isinstance(mechanism, Threshold | GumbelMax) or not isinstance(mechanism.chances, Table):
        return None
    table = mechanism.chances
    numbers = tuple(copy.parents.values())
    parents = [network.copies[number] for number in numbers]
    if any(parent.held for parent in parents) or len(set(numbers)) < len(numbers):
        return None
    if any(a.levels.levels != b.levels for a, b in zip(parents, table.domains, strict=True)):
        return None
    at = tuple(network.pinned.get(number, slice(None)) for number in numbers)
    return np.asarray(table.probabilities.numpy()[at])


def _grid(network: Network, numbers: Iterable[int]) -> _Grid:
    """All configurations of some copies."""
    every = tuple(dict.fromkeys(numbers))
    free = tuple(number for number in every if network.free(number))
    points = {number: network.points(number) for number in every}
    shape = tuple(len(points[number]) for number in free)
    inner = count = prod(shape)
    if count > MOST_NUMBERS:
        names = ", ".join(network.copies[number].name for number in free)
        raise ContractionError.too_large(f"A table over ({names})", count, MOST_NUMBERS)
    columns: dict[int, Tensor] = {}
    for number in every:
        if number in free:
            inner //= len(points[number])
            outer = count // (inner * len(points[number]))
            columns[number] = points[number].repeat_interleave(inner).repeat(outer)
        else:
            columns[number] = points[number].expand(count)
    return _Grid(free, shape, columns)


def _count(network: Network, numbers: Iterable[int]) -> int:
    """How many configurations some copies have."""
    free = {number for number in numbers if network.free(number)}
    return prod(len(network.copies[number].levels.levels) for number in free)


def _oriented(grid: _Grid, own: tuple[int, ...], flat: Array) -> Factor:
    """A table whose first axis is all configurations, with an axis for each copy instead."""
    values = np.broadcast_to(flat, (grid.count, *flat.shape[1:]))
    return Factor((*grid.numbers, *own), values.reshape(*grid.shape, *flat.shape[1:]))


def indicator(codes: NDArray[np.int64], size: int) -> Array:
    """One at each code, else zero, in a new last axis."""
    return np.asarray((codes[..., None] == np.arange(size)).astype(np.float64))


def _require_small(copy: Copy, numbers: int) -> None:
    """Refuse a table that would not fit."""
    if numbers > MOST_NUMBERS:
        raise ContractionError.too_large(f"The table of {copy.name}", numbers, MOST_NUMBERS)
