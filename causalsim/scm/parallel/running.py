"""The values of worlds that stand side by side, worlds being a batch dimension where that pays.

Copies of one variable that differ only in what they read are produced in one go: their parents'
values are stacked in a new first dimension, and the noise, which they share, has size one there.
"""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from causalsim.scm.mechanism import Values
from causalsim.scm.mechanisms.imposed import Imposed
from causalsim.scm.noise import NOTHING
from causalsim.scm.parallel.nodes import Node, Parallel


def produce_all(
    parallel: Parallel, noises: Values, known: Values, wanted: Collection[str]
) -> dict[str, Tensor]:
    """The values of the nodes in ``wanted``, from their noises and the values known already.

    Args:
        parallel: The worlds.
        noises: By the name of the noise; shape (units,) or (draws, units).
        known: The values of other nodes, by node.
        wanted: What to produce; all that it reads is wanted or known.

    Returns:
        For each wanted node a tensor that broadcasts to (draws, units).
    """
    values = dict(known)
    stacks: dict[tuple[str, ...], Tensor] = {}
    for batch in batches(parallel, wanted):
        head = parallel.nodes[batch[0]]
        noise = noises.get(head.noise, NOTHING)
        if len(batch) == 1:
            seen = {name: values[parent] for name, parent in head.parents.items()}
            values[head.name] = head.mechanism.produce(seen, noise)
            continue
        rows = [parallel.nodes[name].parents for name in batch]
        seen = {
            name: _stacked(tuple(row[name] for row in rows), values, stacks)
            for name in head.parents
        }
        made = head.mechanism.produce(seen, noise)
        stacks[tuple(batch)] = made
        for place, name in enumerate(batch):
            values[name] = made[place]
    return {name: values[name] for name in parallel.nodes if name in wanted}


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


def _stacked(
    names: tuple[str, ...], values: Values, stacks: Mapping[tuple[str, ...], Tensor]
) -> Tensor:
    """One parent's values in each world of a batch; of size one where they are the same."""
    if names in stacks:
        return stacks[names]
    if all(name == names[0] for name in names):
        return values[names[0]]
    shaped = [_plain(values[name]) for name in names]
    if any(one.shape != shaped[0].shape for one in shaped):
        shape = np.broadcast_shapes(*(one.shape for one in shaped))
        return torch.stack([one.expand(shape) for one in shaped])
    return torch.stack(shaped)


def _plain(value: Tensor) -> Tensor:
    """A value with a dimension for draws and one for units."""
    return value.reshape((1,) * (2 - value.dim()) + tuple(value.shape))
