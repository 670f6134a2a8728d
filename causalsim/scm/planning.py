"""Which engine recovers which noise: the cheapest exact one, decided by what is observed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.imposed import Drawn
from causalsim.scm.noise import is_noiseless


@dataclass(frozen=True, slots=True)
class Plan:
    """How the noises that a counterfactual needs are recovered; all in causal order.

    Args:
        affected: What the action changes, to be produced anew.
        inverted: Observed with all parents observed: each noise by itself.
        blocks: Hidden or with hidden parents, and tied to evidence: jointly, block by block.
        free: Hidden, with nothing observed downstream: from the prior.
        fresh: Drawn anew by the action itself.
        hidden: Hidden, not changed by the action, and needed: to be produced as it was.
        read: The columns that all this rests on.
    """

    affected: tuple[str, ...]
    inverted: tuple[str, ...]
    blocks: tuple[tuple[str, ...], ...]
    free: tuple[str, ...]
    fresh: tuple[str, ...]
    hidden: tuple[str, ...]
    read: tuple[str, ...]

    @property
    def uncertain(self) -> tuple[str, ...]:
        """The variables whose noise is inferred from others or not informed at all."""
        return (*(node for block in self.blocks for node in block), *self.free)


def plan(
    factual: Mapping[str, Mechanism],
    world: Mapping[str, Mechanism],
    affected: tuple[str, ...],
    columns: Collection[str],
) -> Plan:
    """The plan for one action and one frame.

    Args:
        factual: The mechanisms of the observed world, in causal order.
        world: Those of the other world, in causal order.
        affected: What the action changes, in the world's order.
        columns: What is observed.
    """
    fresh = [node for node in affected if isinstance(world[node], Drawn)]
    kept = [n for n in affected if n not in fresh and not is_noiseless(world[n].noise)]
    hidden = _hidden_values(factual, world, affected, columns)
    wanted = [node for node in factual if node in {*kept, *hidden}]
    tied = _tied(factual, columns)
    free = [node for node in wanted if node not in columns and node not in tied]
    blocks = _blocks(factual, [node for node in wanted if node in tied], tied, columns)
    # An equation without noise has nothing to recover, but its evidence may contradict it.
    checked = {n for n in affected if n in columns and is_noiseless(factual[n].noise)}
    wanted = [node for node in factual if node in {*wanted, *checked}]
    inverted = [node for node in wanted if node in columns and node not in tied]
    conditioned = [node for block in blocks for node in block]
    read = {node for node in (*inverted, *conditioned) if node in columns}
    for node in (*inverted, *conditioned, *hidden):
        read.update(parent for parent in factual[node].parents if parent in columns)
    for node in affected:
        read.update(p for p in world[node].parents if p in columns and p not in affected)
    return Plan(
        affected,
        tuple(inverted),
        blocks,
        tuple(free),
        tuple(fresh),
        tuple(node for node in factual if node in hidden),
        tuple(node for node in factual if node in read),
    )


def _hidden_values(
    factual: Mapping[str, Mechanism],
    world: Mapping[str, Mechanism],
    affected: Iterable[str],
    columns: Collection[str],
) -> set[str]:
    """The unobserved variables that the action leaves alone and the affected ones read."""
    changed = set(affected)
    waiting = [p for node in changed for p in world[node].parents if p not in changed]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in columns and node not in found:
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
