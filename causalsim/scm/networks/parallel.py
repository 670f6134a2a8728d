"""Several worlds as one network, in which what is the same in two worlds stands once."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from causalsim.errors.contraction import ContractionError
from causalsim.errors.model import ModelError
from causalsim.scm.domain import Domain, Levels
from causalsim.scm.intervention import natural
from causalsim.scm.mechanism import Coupling, Mechanism
from causalsim.scm.mechanisms.imposed import Drawn, Held
from causalsim.scm.noise import is_noiseless

UNIFORM = (Coupling.THRESHOLD, Coupling.INVERSE_CDF)


class Place(NamedTuple):
    """A variable in a world.

    >>> print(Place("treated", "y"), Place("", "y"))
    y in 'treated' y
    """

    world: str
    variable: str

    def __str__(self) -> str:
        """In a few words."""
        return f"{self.variable} in {self.world!r}" if self.world else self.variable


World = Mapping[str, Mechanism | Place]
Worlds = Mapping[str, World]


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """A variable in a world, or in all the worlds in which it is the same.

    Args:
        place: Where it was met first.
        mechanism: What produces it there.
        parents: For each variable that the mechanism reads the number of the copy that it is.
        levels: Its values; only one where it is held and not asked about.
        held: Whether it is one value for certain.
        noise: What tells its noise from others; None without noise.
    """

    place: Place
    mechanism: Mechanism
    parents: Mapping[str, int]
    levels: Levels
    held: bool
    noise: Hashable

    @property
    def points(self) -> Tensor:
        """The values of its levels inside the model."""
        if self.held:
            assert isinstance(self.mechanism, Held)
            return self.mechanism.value.reshape(1)
        return self.levels.points


@dataclass(frozen=True, slots=True, eq=False)
class Parallel:
    """The network of several worlds, as far as a question needs it.

    Args:
        copies: Causes before effects.
        numbers: For each place that was asked for its copy.
    """

    copies: tuple[Copy, ...]
    numbers: Mapping[Place, int]

    def groups(self) -> dict[Hashable, list[int]]:
        """For each noise the copies that it enters."""
        found: dict[Hashable, list[int]] = {}
        for number, copy in enumerate(self.copies):
            if copy.noise is not None:
                found.setdefault(copy.noise, []).append(number)
        return found


def parallel_network(worlds: Worlds, wanted: Iterable[Place]) -> Parallel:
    """The ancestors of what is wanted in all worlds; equal variables are one.

    Two variables of two worlds are the same when one mechanism produces both from the same
    parents. So only what lies downstream of a difference between the worlds stands twice.

    Args:
        worlds: For each world its mechanisms, or in place of one the `Place` whose value the
            variable takes.
        wanted: The places that are asked about or known.

    Raises:
        ModelError: An unknown world or variable, or values that wait for each other.
        ContractionError: A variable without levels, or held at one value a unit.
    """
    asked = list(wanted)
    merged: dict[Hashable, int] = {}
    numbers: dict[Place, int] = {}
    copies: list[Copy] = []
    waiting: list[Place] = asked[::-1]
    opened: set[Place] = set()
    while waiting:
        place = waiting[-1]
        if place in numbers:
            waiting.pop()
            continue
        found = _looked_up(worlds, place)
        needs = [found] if isinstance(found, Place) else _reads(place, found)
        missing = [need for need in needs if need not in numbers]
        if missing:
            # What is opened and still waits for something that is opened closes a circle.
            if place in opened or any(need in opened for need in missing):
                raise ModelError.cycle(str(need) for need in missing)
            opened.add(place)
            waiting.extend(missing[::-1])
            continue
        waiting.pop()
        opened.discard(place)
        if isinstance(found, Place):
            numbers[place] = numbers[found]
            continue
        parents = {need.variable: numbers[need] for need in needs}
        key = _identity(place, found, parents)
        if key not in merged:
            merged[key] = len(copies)
            copies.append(_copy(place, found, parents))
        numbers[place] = merged[key]
    shown = {numbers[place] for place in asked}
    made = tuple(
        _whole(copy) if number in shown and copy.held else copy
        for number, copy in enumerate(copies)
    )
    return Parallel(made, numbers)


def finite_levels(node: str, domain: Domain, mechanism: Mechanism) -> Levels:
    """The values of a variable with finitely many of them.

    Raises:
        ContractionError: It has not.
    """
    if isinstance(domain, Levels):
        return domain
    if mechanism.coupling is Coupling.INVERSION and mechanism.noise.has_enumerate_support:
        every = mechanism.noise.enumerate_support(expand=False).flatten()
        return Levels(tuple(sorted(float(value) for value in every)))
    raise ContractionError.not_discrete(node, f"is {domain}")


def _looked_up(worlds: Worlds, place: Place) -> Mechanism | Place:
    """What stands at a place."""
    if place.world not in worlds:
        raise ContractionError.unknown_world(place.world, worlds)
    world = worlds[place.world]
    if place.variable not in world:
        raise ModelError.unknown_node(place.variable, world)
    return world[place.variable]


def _reads(place: Place, mechanism: Mechanism) -> list[Place]:
    """The places that a mechanism reads in its own world."""
    return [Place(place.world, parent) for parent in mechanism.parents]


def _identity(place: Place, mechanism: Mechanism, parents: Mapping[str, int]) -> Hashable:
    """What two variables have in common exactly when they always have the same value."""
    if isinstance(mechanism, Held) and not mechanism.value.dim():
        return ("held", place.variable, float(mechanism.value))
    return (id(mechanism), tuple(parents.items()))


def _copy(place: Place, mechanism: Mechanism, parents: Mapping[str, int]) -> Copy:
    """A copy, with its levels and its noise."""
    held = isinstance(mechanism, Held)
    if isinstance(mechanism, Held):
        if mechanism.value.dim():
            raise ContractionError.not_discrete(str(place), "is held at one value a unit")
        levels = Levels((float(mechanism.value),))
    else:
        levels = finite_levels(str(place), mechanism.domain, mechanism)
    return Copy(place, mechanism, parents, levels, held, _noise_of(place, mechanism))


def _whole(copy: Copy) -> Copy:
    """A held variable with all its levels, so that it can be asked about."""
    domain = copy.mechanism.domain
    levels = domain if isinstance(domain, Levels) else copy.levels
    return Copy(copy.place, copy.mechanism, copy.parents, levels, False, copy.noise)


def _noise_of(place: Place, mechanism: Mechanism) -> Hashable:
    """What the noise of this variable is shared with: itself under other parents or actions."""
    if is_noiseless(mechanism.noise):
        return None
    base = natural(mechanism)
    if isinstance(mechanism, Drawn):
        return (place.variable, id(mechanism))
    if base.coupling in UNIFORM:
        return (place.variable, "uniform")
    if base.coupling is Coupling.GUMBEL:
        return (place.variable, "gumbel", *base.noise.event_shape)
    return (place.variable, id(base))
