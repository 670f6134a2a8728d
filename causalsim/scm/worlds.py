"""Worlds: the same mechanisms and noises, run in causal order."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from causalsim.errors.model import ModelError
from causalsim.errors.worlds import WorldError
from causalsim.scm.mechanism import Mechanism, Values
from causalsim.scm.noise import NOTHING, draw, is_noiseless
from causalsim.seeds import Seed


def causal_order(mechanisms: Mapping[str, Mechanism]) -> tuple[str, ...]:
    """The variables, causes before effects; else as they were given (Kahn 1962).

    Raises:
        ModelError: Mechanisms that wait for each other, or read what does not exist.
    """
    reads = {node: _reads_here(mechanism) for node, mechanism in mechanisms.items()}
    for node, parents in reads.items():
        for parent in parents:
            if parent not in mechanisms:
                raise ModelError.unknown_node(parent, mechanisms)
            if parent == node:
                raise ModelError.cycle([f"{node} -> {node}"])
    waiting = {node: len(parents) for node, parents in reads.items()}
    children: dict[str, list[str]] = {node: [] for node in mechanisms}
    for node, parents in reads.items():
        for parent in parents:
            children[parent].append(node)
    order = [node for node in mechanisms if not waiting[node]]
    for node in order:
        for child in children[node]:
            waiting[child] -= 1
            if not waiting[child]:
                order.append(child)
    if len(order) < len(mechanisms):
        raise ModelError.cycle([_circle({n: reads[n] for n in reads if waiting[n]})])
    return tuple(order)


def _reads_here(mechanism: Mechanism) -> tuple[str, ...]:
    """What a mechanism reads in its own world."""
    elsewhere = getattr(mechanism, "elsewhere", ())
    return tuple(name for name in mechanism.parents if name not in elsewhere)


def _circle(reads: Mapping[str, tuple[str, ...]]) -> str:
    """One circle among variables that all wait, as arrows."""
    path = [next(iter(reads))]
    while True:
        parent = next(name for name in reads[path[-1]] if name in reads)
        if parent in path:
            found = path[path.index(parent) :]
            return " -> ".join([parent, *reversed(found)])
        path.append(parent)


def downstream(mechanisms: Mapping[str, Mechanism], targets: Iterable[str]) -> tuple[str, ...]:
    """The targets and everything they influence, in the order of ``mechanisms`` (causal)."""
    found = set(targets)
    for node, mechanism in mechanisms.items():
        if not found.isdisjoint(mechanism.parents):
            found.add(node)
    return tuple(node for node in mechanisms if node in found)


def draw_noises(
    mechanisms: Mapping[str, Mechanism], shape: tuple[int, ...], seed: Seed
) -> dict[str, Tensor]:
    """The noise of each mechanism that has one, each from the stream of its variable's name.

    Worlds under the same seed share the noise of every variable that has the same noise
    distribution in both.
    """
    return {
        node: draw(
            mechanism.noise,
            shape,
            seed.child("fresh" if is_fresh(mechanism) else "noise", node).torch(),
        )
        for node, mechanism in mechanisms.items()
        if not is_noiseless(mechanism.noise)
    }


def is_fresh(mechanism: Mechanism) -> bool:
    """Whether a mechanism's noise is one that an action brought, and not the variable's own."""
    return bool(getattr(mechanism, "fresh", False))


def run(
    mechanisms: Mapping[str, Mechanism],
    noises: Values,
    known: Values,
    nodes: Iterable[str],
) -> dict[str, Tensor]:
    """The values of ``nodes``, in causal order, from their noises and the values known already.

    Args:
        mechanisms: In causal order.
        noises: The noise of each of ``nodes`` that has one.
        known: The values of other variables, of shape (units,).
        nodes: The variables to produce, in causal order.

    Returns:
        One tensor a node; it may lack leading dimensions along which it does not vary.
    """
    values = dict(known)
    for node in nodes:
        values[node] = mechanisms[node].produce(values, noises.get(node, NOTHING))
    return {node: values[node] for node in nodes}


def require_lengths(mechanisms: Mapping[str, Mechanism], units: int) -> None:
    """Refuse one value a unit where the number of units is another."""
    for node, mechanism in mechanisms.items():
        for held in (getattr(mechanism, name, None) for name in ("value", "amount", "chance")):
            if isinstance(held, Tensor) and held.dim() and held.shape[0] != units:
                raise ModelError.wrong_length(node, tuple(held.shape), units)


def refuse_elsewhere(mechanisms: Mapping[str, Mechanism]) -> None:
    """Refuse values from other worlds where there are none."""
    for node, mechanism in mechanisms.items():
        if getattr(mechanism, "elsewhere", None):
            raise WorldError.alone(node)
