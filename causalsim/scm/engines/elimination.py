"""Exact contraction over hidden levels, one variable at a time, and draws on the way back.

The probability of the evidence is a sum over all combinations of hidden levels of a product of
tables, one a variable. Summing one hidden variable out joins only the tables that it stands in, so
that the work grows with the largest table on the way, not with the number of combinations. Drawn in
the reverse order, each variable needs no more than the table from which it was summed out.

References:
    Dechter, "Bucket elimination: a unifying framework for reasoning" (1999); Lauritzen and
    Spiegelhalter, "Local computations with probabilities on graphical structures" (1988).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Generator, Tensor

from causalsim.errors.model import ModelError
from causalsim.scm.domain import DTYPE, Levels
from causalsim.scm.engines.block import Block, filled, require_possible
from causalsim.scm.engines.engine import Inference, Inferred
from causalsim.scm.engines.guesses.own_noise import own_noises, shuffled
from causalsim.scm.engines.problem.density import log_density, without_points
from causalsim.seeds import Seed

#: Numbers held at once: units are taken in parts so that the largest table x units stays below.
_AT_ONCE = 2_000_000
#: The greatest number below one: one itself lies beyond the last level.
_BELOW_ONE = 1.0 - 2.0**-53


@dataclass(frozen=True, slots=True)
class Elimination:
    """Exact contraction of the evidence's tables over hidden variables that all have levels.

    The same posterior as `Enumeration`, ``P(h | x) ∝ Π_v P(v | pa(v))``, without a list of all
    combinations: dozens of hidden variables, where each is tied to a few others. Rows with the same
    levels are worked out once. Applies where everything hidden has levels; fails where many hidden
    variables are tied to one another, so that a table on the way is too large.

    Args:
        most: How many numbers the largest table may have, for one unit.

    Examples:
        >>> Elimination()
        Elimination(most=100000)

    References:
        Dechter, "Bucket elimination: a unifying framework for reasoning" (1999).
    """

    most: int = 100_000

    def __post_init__(self) -> None:
        """Check what was given."""
        if isinstance(self.most, bool) or not isinstance(self.most, int) or self.most < 1:
            raise ModelError.bad_size("most", self.most)

    def accepts(self, block: Block) -> str | None:
        """Why the hidden levels cannot be summed out; None if they can."""
        for node in block.hidden:
            if not isinstance(block.mechanisms[node].domain, Levels):
                return f"{node!r} is {block.mechanisms[node].domain}, not one of a few levels"
        _, largest = _order(block)
        if largest > self.most:
            return f"a table over hidden levels has {largest} numbers, more than {self.most}"
        return None

    def infer(self, block: Block, *, draws: int, seed: Seed) -> Inferred:
        """Draws from the exact posterior.

        Raises:
            ModelError: Evidence of probability zero.
        """
        order, largest = _order(block)
        step = max(1, _AT_ONCE // max(largest, draws))
        stream = seed.child("elimination", *block.nodes)
        found = [_eliminated(part, order, draws, stream) for part in block.parts(step)]
        words = (
            f"exact contraction over ({', '.join(block.hidden)}) behind ({', '.join(block.seen)}), "
            f"tables of up to {largest} numbers"
        )
        noises = {
            node: torch.cat([drawn[node] for drawn, _ in found], dim=1) for node in found[0][0]
        }
        logs = torch.cat([log for _, log in found])
        return Inferred(noises, Inference(block.nodes, words, exact=True, log_evidence=logs))


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Log probabilities over the levels of hidden variables, for many patterns of evidence.

    Args:
        axes: The hidden variables.
        logs: Of shape (levels of each axis, patterns); patterns of size one where all are alike.
    """

    axes: tuple[str, ...]
    logs: Tensor

    def spread(self, axes: Sequence[str]) -> Tensor:
        """The same with these axes, in this order; of size one where it lacks one."""
        places = [self.axes.index(name) for name in axes if name in self.axes]
        moved = self.logs.permute(*places, len(self.axes))
        sizes = iter(moved.shape[:-1])
        shape = [next(sizes) if name in self.axes else 1 for name in axes]
        return moved.reshape(*shape, moved.shape[-1])


def _eliminated(
    block: Block, order: tuple[str, ...], draws: int, seed: Seed
) -> tuple[dict[str, Tensor], Tensor]:
    """Noises of some units, and the log probability of their evidence."""
    patterns, place = _patterns(block)
    buckets, logs = _summed(patterns, order)
    logs = logs.expand(patterns.units)[place]
    require_possible(block, block.seen, logs > -torch.inf)
    stream = seed.child(str(block.first))
    codes = _drawn(buckets, place, (draws, block.units), stream.child("levels").torch())
    levels = {node: _points(block, node)[found] for node, found in codes.items()}
    noises = own_noises(block, filled(block, {}, levels), block.nodes, (draws, block.units), stream)
    return shuffled(noises, stream), without_points(logs)


def _points(block: Block, node: str) -> Tensor:
    """The values of a hidden variable's levels."""
    domain = block.mechanisms[node].domain
    assert isinstance(domain, Levels)
    return domain.points


def _scope(block: Block, node: str) -> tuple[str, ...]:
    """The hidden variables that the table of a variable stands on."""
    around = dict.fromkeys((node, *block.mechanisms[node].parents))
    return tuple(name for name in around if name in block.nodes and name not in block.values)


def _order(block: Block) -> tuple[tuple[str, ...], int]:
    """The hidden variables in the order in which they are summed out, and the largest table.

    The one that joins the smallest table goes first (Kjærulff 1990).
    """
    sizes = {node: len(_points(block, node)) for node in block.hidden}
    scopes = [frozenset(found) for node in block.nodes if (found := _scope(block, node))]
    largest, order = 1, []
    waiting = list(block.hidden)
    while waiting:
        joined = {
            node: frozenset().union(*(scope for scope in scopes if node in scope))
            for node in waiting
        }
        spans = {node: prod(sizes[name] for name in joined[node]) for node in waiting}
        node = min(waiting, key=lambda name: spans[name])
        largest = max(largest, spans[node])
        scopes = [scope for scope in scopes if node not in scope] + [joined[node] - {node}]
        waiting.remove(node)
        order.append(node)
    return tuple(order), largest


def _patterns(block: Block) -> tuple[Block, Tensor]:
    """The different rows of evidence, and which of them each unit has.

    Numbers that may take any value are taken to differ from unit to unit.
    """
    every = torch.arange(block.units)
    if not block.values:
        return block, every
    if any(not isinstance(block.mechanisms[n].domain, Levels) for n in block.values):
        return block, every
    rows = torch.stack([value.expand(block.units) for value in block.values.values()])
    different, place = torch.unique(rows, dim=1, return_inverse=True)
    values = dict(zip(block.values, different, strict=True))
    return Block(block.nodes, block.mechanisms, values, block.first), place


def _tables(block: Block) -> list[_Table]:
    """Each variable's log probability at all levels of the hidden ones around it."""
    found = []
    for node in block.nodes:
        axes = _scope(block, node)
        points = [_points(block, name) for name in axes]
        known = dict(block.values)
        if axes:
            grid = torch.cartesian_prod(*points).reshape(-1, len(axes))
            known |= {name: grid[:, at : at + 1] for at, name in enumerate(axes)}
        logs = log_density(block.mechanisms[node], known, known[node])
        shape = (prod(map(len, points)), logs.shape[-1] if logs.dim() else 1)
        sizes = [len(one) for one in points]
        found.append(_Table(axes, logs.expand(shape).reshape(*sizes, shape[1])))
    return found


def _summed(block: Block, order: tuple[str, ...]) -> tuple[list[_Table], Tensor]:
    """The table from which each hidden variable was summed out, and the log of the whole sum."""
    tables = _tables(block)
    buckets: list[_Table] = []
    for node in order:
        members = [table for table in tables if node in table.axes]
        rest = dict.fromkeys(name for table in members for name in table.axes if name != node)
        axes = (node, *rest)
        joined = members[0].spread(axes)
        for table in members[1:]:
            joined = joined + table.spread(axes)
        tables = [table for table in tables if node not in table.axes]
        tables.append(_Table(axes[1:], torch.logsumexp(joined, dim=0)))
        buckets.append(_Table(axes, joined))
    total = torch.zeros(1, dtype=DTYPE)
    for table in tables:
        total = total + table.logs
    return buckets, total


def _drawn(
    buckets: Sequence[_Table], place: Tensor, shape: tuple[int, int], generator: Generator
) -> dict[str, Tensor]:
    """The level of each hidden variable in each draw, the variable that was summed out last first.

    All variables of a draw come from one number between 0 and 1: the part of it that the level of
    one variable leaves open chooses the next. A unit's numbers are spread evenly, so that its
    combinations of levels come as often as they are likely, up to rounding (systematic resampling).
    """
    draws, units = shape
    offset = torch.rand((1, units), generator=generator, dtype=DTYPE)
    number = (torch.arange(draws, dtype=DTYPE).unsqueeze(1) + offset) / draws
    width = torch.ones(shape, dtype=DTYPE)
    codes: dict[str, Tensor] = {}
    for table in reversed(buckets):
        pattern = place if table.logs.shape[-1] > 1 else torch.zeros_like(place)
        chosen = tuple(codes[name] for name in table.axes[1:])
        index: tuple[slice | Tensor, ...] = (slice(None), *chosen, pattern)
        logs = table.logs[index].movedim(0, -1)
        chances = torch.softmax(logs, dim=-1).expand(*shape, -1)
        edges = chances.cumsum(dim=-1)
        edges = (edges / edges[..., -1:]).contiguous()
        last = chances.shape[-1] - 1
        code = torch.searchsorted(edges, number.unsqueeze(-1), right=True).clamp(max=last)
        chance = chances.gather(-1, code).squeeze(-1)
        low = edges.gather(-1, (code - 1).clamp(min=0)).squeeze(-1) * (code.squeeze(-1) > 0)
        number = ((number - low) / chance).clamp(0.0, _BELOW_ONE)
        width = width * chance
        # Once a draw is alone in its part, evenness has done its work, and digits run out.
        alone = width < 1.0 / draws
        fresh = torch.rand(shape, generator=generator, dtype=DTYPE)
        number, width = torch.where(alone, fresh, number), torch.where(alone, 1.0, width)
        codes[table.axes[0]] = code.squeeze(-1)
    return codes
