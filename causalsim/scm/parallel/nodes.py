"""Several worlds as one model: a variable that two worlds share is one node, else one a world.

A world is the mechanisms in causal order after what was done in it. A variable needs a node of its
own only where its mechanism differs from the first world's, or where something that it reads does;
its noise stays the one noise of the unit (the twin network, for any number of worlds).

References:
    Balke and Pearl, "Probabilistic evaluation of counterfactual queries" (1994); Shpitser and
    Pearl, "What counterfactuals can be tested" (2007), section 3 (which nodes merge).
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from causalsim.errors.model import ModelError
from causalsim.errors.worlds import WorldError
from causalsim.scm.mechanism import Mechanism
from causalsim.scm.mechanisms.imposed import Drawn, Held
from causalsim.scm.mechanisms.written.equation import is_shared
from causalsim.scm.noise import is_noiseless
from causalsim.scm.worlds import downstream, is_fresh

Place = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A variable in one world, or in several in which it is the same.

    Args:
        name: ``y`` in the first world, ``y@treated`` where it is another in the world "treated".
        variable: Whose mechanism it is.
        mechanism: In that world.
        parents: For each name that the mechanism reads the node that is meant.
        noise: The name of the noise that it reads; empty without noise.
    """

    name: str
    variable: str
    mechanism: Mechanism
    parents: Mapping[str, str]
    noise: str


@dataclass(frozen=True, slots=True, eq=False)
class Parallel:
    """Worlds side by side.

    Args:
        base: The name of the first world.
        nodes: By name, causes before effects.
        places: For each world the node of each variable.
        mechanisms: For each world its mechanisms.
    """

    base: str
    nodes: Mapping[str, Node]
    places: Mapping[str, Mapping[str, str]]
    mechanisms: Mapping[str, Mapping[str, Mechanism]]

    def copies(self, world: str) -> tuple[str, ...]:
        """The variables that are not in this world what they are in the first."""
        first, here = self.places[self.base], self.places[world]
        return tuple(v for v in here if v in first and here[v] != first[v])

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """These nodes and all that they listen to."""
        found = set(names)
        for name in reversed(list(self.nodes)):
            if name in found:
                found.update(self.nodes[name].parents.values())
        return found


def side_by_side(worlds: Mapping[str, Mapping[str, Mechanism]]) -> Parallel:
    """The worlds as one model; the first keeps the plain names.

    Args:
        worlds: For each name the mechanisms of that world, in its causal order.

    Raises:
        ModelError: A value taken from a world that does not exist, or worlds that wait for
            each other.
    """
    return _Building(worlds).built()


def alike(one: Mechanism, other: Mechanism) -> bool:
    """Whether two mechanisms are surely the same equation."""
    return one is other or _identity(one) == _identity(other)


@dataclass(slots=True)
class _Building:
    """Nodes found so far."""

    worlds: Mapping[str, Mapping[str, Mechanism]]
    nodes: dict[str, Node] = field(default_factory=dict)
    places: dict[str, dict[str, str]] = field(default_factory=dict)
    known: dict[Hashable, str] = field(default_factory=dict)
    fresh: dict[tuple[str, int], str] = field(default_factory=dict)

    def built(self) -> Parallel:
        """Every world in turn, each node after what it reads."""
        base, first = next(iter(self.worlds.items()))
        self.places = {world: {} for world in self.worlds}
        for variable in first:
            self.visit((base, variable))
        for world, mechanisms in self.worlds.items():
            if world == base:
                continue
            changed = [
                variable
                for variable, mechanism in mechanisms.items()
                if variable not in first or not alike(mechanism, first[variable])
            ]
            moved = set(downstream(mechanisms, changed))
            here = self.places[world]
            here.update({v: self.places[base][v] for v in mechanisms if v not in moved})
            for variable in mechanisms:
                if variable in moved:
                    self.visit((world, variable))
            self.places[world] = {variable: here[variable] for variable in mechanisms}
        return Parallel(base, self.nodes, self.places, self.worlds)

    def visit(self, start: Place) -> None:
        """The node of a place, after the nodes of what it reads (depth first)."""
        stack, open_places = [start], dict[Place, None]()
        while stack:
            place = stack[-1]
            world, variable = place
            if variable in self.places[world]:
                stack.pop()
                continue
            reads = self.reads(world, variable)
            waiting = [p for p in reads.values() if p[1] not in self.places[p[0]]]
            if not waiting:
                self.add(place, {name: self.places[w][v] for name, (w, v) in reads.items()})
                open_places.pop(place, None)
                stack.pop()
                continue
            open_places[place] = None
            if again := [p for p in waiting if p in open_places]:
                found = [*open_places][[*open_places].index(again[0]) :]
                raise ModelError.cycle(f"{v}@{w}" if w else v for w, v in found)
            stack.extend(waiting)

    def reads(self, world: str, variable: str) -> dict[str, Place]:
        """For each name that a mechanism reads, the world and the variable that are meant."""
        mechanism = self.worlds[world][variable]
        elsewhere: Mapping[str, Place] = getattr(mechanism, "elsewhere", {})
        found = {}
        for name in mechanism.parents:
            place = elsewhere.get(name, (world, name))
            if place[0] not in self.worlds:
                raise WorldError.unknown(place[0], self.worlds)
            if place[1] not in self.worlds[place[0]]:
                raise ModelError.unknown_node(place[1], self.worlds[place[0]])
            found[name] = place
        return found

    def add(self, place: Place, parents: dict[str, str]) -> None:
        """A new node, unless one with the same equation reads the same nodes already."""
        world, variable = place
        mechanism = self.worlds[world][variable]
        key = (variable, _identity(mechanism), tuple(parents.values()))
        if key not in self.known:
            name = variable if not world or world == next(iter(self.worlds)) else ""
            name = name or f"{variable}@{world}"
            while name in self.nodes:
                name += "'"
            self.known[key] = name
            noise = self.noise(variable, mechanism)
            self.nodes[name] = Node(name, variable, mechanism, parents, noise)
        self.places[world][variable] = self.known[key]

    def noise(self, variable: str, mechanism: Mechanism) -> str:
        """The name of a mechanism's noise: the variable's own, or a fresh one."""
        if is_noiseless(mechanism.noise):
            return ""
        if not is_fresh(mechanism):
            return variable
        key = (variable, id(mechanism.noise))
        if key not in self.fresh:
            number = sum(1 for name, _ in self.fresh if name == variable)
            self.fresh[key] = f"{variable}~{'drawn' if not number else f'drawn {number + 1}'}"
        return self.fresh[key]


def _identity(mechanism: Mechanism) -> Hashable:
    """Equal for mechanisms that are surely the same equation."""
    if isinstance(mechanism, Held) and not mechanism.value.dim():
        return ("held", float(mechanism.value))
    if isinstance(mechanism, Drawn) or is_shared(mechanism):
        return ("drawn", id(mechanism.noise))
    found: Callable[[], Hashable] | None = getattr(mechanism, "identity", None)
    return found() if found is not None else id(mechanism)
