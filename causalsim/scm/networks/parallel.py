"""Several worlds as one network over levels, as far as a question needs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor

from causalsim.errors.contraction import ContractionError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Domain, Levels
from causalsim.scm.mechanism import Coupling, Mechanism
from causalsim.scm.mechanisms.borrowed import Rerouted
from causalsim.scm.mechanisms.imposed import Held
from causalsim.scm.mechanisms.switched import Replaced, Switched
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.parallel.nodes import Node, side_by_side


class Place(NamedTuple):
    """A variable in a world; the actual world is ``""``.

    >>> print(Place("treated", "y"), Place("", "y"))
    y in 'treated' y
    """

    world: str
    variable: str

    def __str__(self) -> str:
        """In a few words."""
        return f"{self.variable} in {self.world!r}" if self.world else self.variable


Worlds = Mapping[str, Mapping[str, Mechanism]]


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """A variable in a world, or in all the worlds in which it is the same.

    Args:
        name: Of the node, ``y`` or ``y@treated``.
        variable: The variable.
        mechanism: What produces it, new names of what it reads taken off.
        parents: For each variable that the mechanism reads the number of the copy that it is.
        levels: Its values; only one where it is held and not asked about.
        held: Whether it is one value for certain.
        noise: The name of its noise; empty without noise.
        chances: The probabilities of its levels, where it was cut into them.
    """

    name: str
    variable: str
    mechanism: Mechanism
    parents: Mapping[str, int]
    levels: Levels
    held: bool
    noise: str
    chances: tuple[float, ...] = ()

    @property
    def points(self) -> Tensor:
        """The values of its levels inside the model."""
        if self.held:
            assert isinstance(self.mechanism, Held)
            return self.mechanism.value.reshape(1)
        return self.levels.points


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """What a question of several worlds rests on.

    Args:
        copies: Causes before effects.
        numbers: For each place that was asked for its copy.
        pinned: For copies that are known the number of their level: what reads them needs no more.
    """

    copies: tuple[Copy, ...]
    numbers: Mapping[Place, int]
    pinned: Mapping[int, int] = field(default_factory=dict)

    def free(self, number: int) -> bool:
        """Whether what reads a copy must know its value at several levels."""
        return number not in self.pinned and not self.copies[number].held

    def points(self, number: int) -> Tensor:
        """The values of a copy that may occur."""
        found = self.copies[number].points
        if number in self.pinned:
            return found[self.pinned[number]].reshape(1)
        return found

    def groups(self) -> dict[str, list[int]]:
        """For each noise the copies that it enters."""
        found: dict[str, list[int]] = {}
        for number, copy in enumerate(self.copies):
            if copy.noise:
                found.setdefault(copy.noise, []).append(number)
        return found


def parallel_network(worlds: Worlds, wanted: Iterable[Place]) -> Network:
    """The ancestors of what is wanted in all worlds; what is the same in two worlds stands once.

    Args:
        worlds: For each world its mechanisms, in causal order.
        wanted: The places that are asked about or known.

    Raises:
        ModelError: An unknown world or variable, or values that wait for each other.
        ContractionError: A variable without levels, or held at one value a unit.
    """
    asked = [Place(*place) for place in wanted]
    for world, variable in asked:
        if world not in worlds:
            raise ContractionError.unknown_world(world, worlds)
        if variable not in worlds[world]:
            raise ModelError.unknown_node(variable, worlds[world])
    parallel = side_by_side(worlds)
    names = {place: parallel.places[place.world][place.variable] for place in asked}
    needed = parallel.ancestors(names.values())
    nodes = [node for name, node in parallel.nodes.items() if name in needed]
    numbers = {node.name: number for number, node in enumerate(nodes)}
    shown = set(names.values())
    lots = _lots(nodes)
    copies = tuple(
        _copy(node, numbers, node.name in shown, lots.get(node.name, [])) for node in nodes
    )
    return Network(copies, {place: numbers[name] for place, name in names.items()})


def finite_levels(name: str, domain: Domain, mechanism: Mechanism) -> Levels:
    """The values of a variable with finitely many of them.

    Raises:
        ContractionError: It has not.
    """
    if isinstance(domain, Levels):
        return domain
    if mechanism.coupling is Coupling.INVERSION and mechanism.noise.has_enumerate_support:
        every = mechanism.noise.enumerate_support(expand=False).flatten()
        return Levels(tuple(sorted(float(value) for value in every)))
    what = "is a continuous noise that several equations read" if is_shared(mechanism) else ""
    raise ContractionError.not_discrete(name, what or f"is {domain}")


def _copy(node: Node, numbers: Mapping[str, int], shown: bool, chances: list[float]) -> Copy:
    """A node as a copy, with its levels."""
    mechanism, parents = node.mechanism, dict(node.parents)
    # What only renames, or stands in for the natural mechanism, is taken off.
    while isinstance(mechanism, Rerouted | Replaced):
        if isinstance(mechanism, Rerouted):
            names = mechanism.names
            parents = {n: parents[names.get(n, n)] for n in mechanism.inner.parents}
        mechanism = mechanism.inner
    known = {name: numbers[parent] for name, parent in parents.items()}
    held = isinstance(mechanism, Held)
    if isinstance(mechanism, Held):
        if mechanism.value.dim():
            raise ContractionError.not_discrete(node.name, "is held at one value a unit")
        levels = Levels((float(mechanism.value),))
        if shown:
            held = False
            levels = mechanism.domain if isinstance(mechanism.domain, Levels) else levels
    elif chances:
        levels, shares = _between(chances)
        return Copy(node.name, node.variable, mechanism, known, levels, False, node.noise, shares)
    else:
        levels = finite_levels(node.name, mechanism.domain, mechanism)
    return Copy(node.name, node.variable, mechanism, known, levels, held, node.noise)


def _lots(nodes: Iterable[Node]) -> dict[str, list[float]]:
    """For each uniform noise that decides whether an action takes the chances it is held against.

    Such a noise is continuous, but only on which side of the chances it falls is ever looked at.
    """
    chances: dict[str, list[float]] = {}
    others: set[str] = set()
    for node in nodes:
        lot = ""
        if isinstance(node.mechanism, Switched):
            if node.mechanism.chance.dim():
                raise ContractionError.not_discrete(node.name, "is acted on by chances a unit")
            lot = node.parents[node.mechanism.lot]
            chances.setdefault(lot, []).append(float(node.mechanism.chance))
        others.update(parent for parent in node.parents.values() if parent != lot)
    return {lot: found for lot, found in chances.items() if lot not in others}


def _between(chances: Iterable[float]) -> tuple[Levels, tuple[float, ...]]:
    """The intervals between chances: their middles as levels, and their widths."""
    cuts = sorted({0.0, 1.0, *(min(max(chance, 0.0), 1.0) for chance in chances)})
    pairs = list(pairwise(cuts))
    return Levels(tuple((a + b) / 2 for a, b in pairs)), tuple(b - a for a, b in pairs)
