"""Which engine recovers which noise: the cheapest exact one, decided by what is observed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from causalsim.scm.mechanism import Mechanism
from causalsim.scm.noise import is_noiseless


@dataclass(frozen=True, slots=True)
class Plan:
    """How the noises that other worlds need are recovered; all in causal order.

    Args:
        settled: Without a column, but determined by what has one: to be produced first.
        inverted: Observed with all parents observed: each noise by itself.
        blocks: Hidden or with hidden parents, and tied to evidence: jointly, block by block.
        free: Hidden, with nothing observed downstream: from the prior.
        hidden: Hidden, and read by another world: to be produced as it was.
        read: The columns that all this rests on.
    """

    settled: tuple[str, ...]
    inverted: tuple[str, ...]
    blocks: tuple[tuple[str, ...], ...]
    free: tuple[str, ...]
    hidden: tuple[str, ...]
    read: tuple[str, ...]

    @property
    def uncertain(self) -> tuple[str, ...]:
        """The variables whose noise is inferred from others or not informed at all."""
        return (*(node for block in self.blocks for node in block), *self.free)


def plan(
    factual: Mapping[str, Mechanism],
    columns: Collection[str],
    *,
    noises: Collection[str],
    values: Collection[str],
    checked: Collection[str],
) -> Plan:
    """What to do, for evidence in one world.

    Args:
        factual: The mechanisms of the world that was observed, in causal order.
        columns: What is observed.
        noises: The variables whose noise other worlds need.
        values: The variables whose value in this world other worlds need.
        checked: The variables whose evidence must be possible even if their noise is not needed.
    """
    follows = settled(factual, columns)
    given = {*columns, *follows}
    hidden = _hidden_values(factual, values, given)
    wanted = {*noises, *hidden}
    tied = _tied(factual, given)
    free = [node for node in factual if node in wanted and node not in given | tied]
    blocks = _blocks(factual, [node for node in factual if node in wanted & tied], tied, given)
    # What is not needed is looked at one by one, and never drags in the inference of a block.
    wanted.update(name for name in checked if name in columns)
    inverted = [node for node in factual if node in wanted and node in columns and node not in tied]
    used = {*values}
    for node in (*inverted, *(name for block in blocks for name in block), *hidden):
        used.update((node, *factual[node].parents))
    for node in reversed(follows):
        used.update(factual[node].parents if node in used else ())
    return Plan(
        tuple(node for node in follows if node in used),
        tuple(inverted),
        blocks,
        tuple(free),
        tuple(node for node in factual if node in hidden),
        tuple(node for node in factual if node in used and node in columns),
    )


def settled(factual: Mapping[str, Mechanism], columns: Collection[str]) -> tuple[str, ...]:
    """What has no column but follows from those that do, by equations without noise."""
    found: dict[str, None] = {}
    for node, mechanism in factual.items():
        known = all(parent in columns or parent in found for parent in mechanism.parents)
        if node not in columns and known and is_noiseless(mechanism.noise):
            found[node] = None
    return tuple(found)


def _hidden_values(
    factual: Mapping[str, Mechanism], values: Collection[str], given: Collection[str]
) -> set[str]:
    """The unknown variables among those whose value is needed, and what they listen to."""
    waiting = [name for name in values if name not in given]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in given and node not in found:
            found.add(node)
            waiting.extend(factual[node].parents)
    return found


def _tied(factual: Mapping[str, Mechanism], columns: Collection[str]) -> set[str]:
    """Hidden variables with something observed downstream; observed ones with hidden parents."""
    above: set[str] = set()
    for node in reversed(list(factual)):
        if node in columns or node in above:
            above.update(factual[node].parents)
    hidden = {node for node in factual if node not in columns}
    return {
        node
        for node in factual
        if (node in hidden and node in above)
        or (node not in hidden and not hidden.isdisjoint(factual[node].parents))
    }


def _blocks(
    factual: Mapping[str, Mechanism],
    seeds: Iterable[str],
    tied: set[str],
    columns: Collection[str],
) -> tuple[tuple[str, ...], ...]:
    """The parts of what is tied that hang together by hidden variables and hold a seed."""
    neighbours: dict[str, set[str]] = {node: set() for node in tied}
    for node in tied:
        for parent in factual[node].parents:
            if parent in tied and parent not in columns:
                neighbours[node].add(parent)
                neighbours[parent].add(node)
    blocks: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for seed in seeds:
        if seed in seen:
            continue
        found, waiting = {seed}, [seed]
        while waiting:
            fresh = neighbours[waiting.pop()] - found
            found |= fresh
            waiting.extend(fresh)
        seen |= found
        blocks.append(tuple(node for node in factual if node in found))
    return tuple(blocks)
