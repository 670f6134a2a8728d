"""The values of worlds that stand side by side, worlds being a batch dimension where that pays.

Copies of one variable that differ only in what they read are produced in one go: their parents'
values are stacked in a new first dimension, and the noise, which they share, has size one there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causalsim.scm.mechanism import Values
from causalsim.scm.mechanisms.imposed import Imposed
from causalsim.scm.noise import NOTHING
from causalsim.scm.parallel.nodes import Node, Parallel


def produce_all(
    parallel: Parallel,
    noises: Values,
    known: Values,
    wanted: Collection[str],
    shown: Collection[str] | None = None,
) -> dict[str, Tensor]:
    """The values of the nodes in ``wanted``, from their noises and the values known already.

    Args:
        parallel: The worlds.
        noises: By the name of the noise; shape (units,) or (draws, units).
        known: The values of other nodes, by node.
        wanted: What to produce; all that it reads is wanted or known.
        shown: Which of them to return; None for all.

    Returns:
        For each of these nodes a tensor that broadcasts to (draws, units).
    """
    return produced(parallel, scheduled(parallel, wanted), noises, known, shown)


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """What is produced in one go, and where each node then stands.

    Args:
        batches: The nodes, causes first.
        spots: For each node the number of its batch and its place there.
    """

    batches: tuple[tuple[str, ...], ...]
    spots: Mapping[str, tuple[int, int]]


def scheduled(parallel: Parallel, wanted: Collection[str]) -> Schedule:
    """The batches of these nodes; one schedule serves any rows."""
    found = tuple(map(tuple, batches(parallel, wanted)))
    spots = {
        name: (at, place) for at, batch in enumerate(found) for place, name in enumerate(batch)
    }
    return Schedule(found, spots)


def produced(
    parallel: Parallel,
    schedule: Schedule,
    noises: Values,
    known: Values,
    shown: Collection[str] | None = None,
) -> dict[str, Tensor]:
    """The values of the nodes of a schedule, as `produce_all`."""
    made: list[Tensor] = []

    def value(name: str) -> Tensor:
        if name not in schedule.spots:
            return known[name]
        at, place = schedule.spots[name]
        return made[at][place] if len(schedule.batches[at]) > 1 else made[at]

    def stacked(names: tuple[str, ...]) -> Tensor:
        """One parent's values in each world of a batch; of size one where they are the same."""
        if all(name == names[0] for name in names):
            return value(names[0])
        at, _ = schedule.spots.get(names[0], (-1, 0))
        if at >= 0 and schedule.batches[at] == names:
            return made[at]
        return _stacked([value(name) for name in names])

    for batch in schedule.batches:
        nodes = [parallel.nodes[name] for name in batch]
        reads = nodes[0].parents
        seen = {name: stacked(tuple(node.parents[name] for node in nodes)) for name in reads}
        made.append(nodes[0].mechanism.produce(seen, noises.get(nodes[0].noise, NOTHING)))
    wanted = schedule.spots if shown is None else shown
    return {
        name: value(name) for name in parallel.nodes if name in wanted and name in schedule.spots
    }


def batches(parallel: Parallel, wanted: Collection[str]) -> list[list[str]]:
    """The wanted nodes, causes first, those together that share equation and noise."""
    names = [name for name in parallel.nodes if name in wanted]
    order = _variables(parallel.nodes[name] for name in names)
    if order is None:
        return [[name] for name in names]
    groups: dict[str, list[list[str]]] = {variable: [] for variable in order}
    for name in names:
        node = parallel.nodes[name]
        places = groups[node.variable]
        alone = not node.parents or isinstance(node.mechanism, Imposed)
        for batch in () if alone else places:
            if parallel.nodes[batch[0]].mechanism is node.mechanism:
                batch.append(name)
                break
        else:
            places.append([name])
    return [batch for variable in order for batch in groups[variable]]


def _variables(nodes: Iterable[Node]) -> list[str] | None:
    """An order of the variables that suits every world, or None if there is none."""
    reads: dict[str, set[str]] = {}
    owner: dict[str, str] = {}
    for node in nodes:
        owner[node.name] = node.variable
        found = reads.setdefault(node.variable, set())
        # Nodes come in causal order, so that what is not seen yet is not produced here.
        found.update(owner[parent] for parent in node.parents.values() if parent in owner)
    # A variable that reads itself in another world is one batch only if nothing waits within.
    if any(variable in found for variable, found in reads.items()):
        return None
    order: list[str] = []
    waiting = dict(reads)
    done: set[str] = set()
    while waiting:
        ready = [variable for variable, found in waiting.items() if found <= done]
        if not ready:
            return None
        order += ready
        done.update(ready)
        for variable in ready:
            del waiting[variable]
    return order


def _stacked(values: Sequence[Tensor]) -> Tensor:
    """The values of several worlds, in a new first dimension."""
    shaped = [_plain(value) for value in values]
    if any(one.shape != shaped[0].shape for one in shaped):
        shape = np.broadcast_shapes(*(one.shape for one in shaped))
        return torch.stack([one.expand(shape) for one in shaped])
    return torch.stack(shaped)


def _plain(value: Tensor) -> Tensor:
    """A value with a dimension for draws and one for units."""
    return value.reshape((1,) * (2 - value.dim()) + tuple(value.shape))
