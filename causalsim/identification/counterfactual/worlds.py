"""Events in several worlds, brought to a form that data can speak about.

The steps are those of ctfID: nested values are summed over (unnesting), actions that do not matter
are dropped (exclusion), the ancestors of every event join it in its own world, and each variable is
then written with the values of its own parents alone, where equal ones become one (consistency).
Values are slots: a fixed level, a free variable of the question, or a symbol that is summed over.

References:
    Correa, Lee and Bareinboim, "Nested counterfactual identification from arbitrary surrogate
    experiments" (2021), theorems 1 and 2, definitions 2.1 to 3.3.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from causalsim.estimand.events import Counterfactual
from causalsim.estimand.expression import Bound, Free, Slot, Value
from causalsim.estimand.query import Setting
from causalsim.graph.graph import Graph

World = tuple[tuple[str, Slot], ...]
Action = Setting | Counterfactual


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable in a world from which everything without effect on it is left out."""

    name: str
    world: World

    def __str__(self) -> str:
        """``Y(X=1)``."""
        held = ", ".join(f"{name}={shown(slot)}" for name, slot in self.world)
        return f"{self.name}({held})" if held else self.name


@dataclass(frozen=True, slots=True)
class Response:
    """A variable under its own parents' values, at a value: one head of a ctf-factor."""

    name: str
    parents: World
    value: Slot

    def __str__(self) -> str:
        """``Y(X=1, M=m)=y``."""
        return f"{Variable(self.name, self.parents)}={shown(self.value)}"


class Contradiction(Exception):
    """One variable in one world at two levels: the events have probability zero."""

    def __init__(self, variable: Variable, one: Slot, other: Slot) -> None:
        self.variable, self.one, self.other = variable, one, other
        super().__init__(f"{variable} cannot be both {shown(one)} and {shown(other)}")


class Unsettled(Exception):
    """One variable in one world, at a level and left free: neither equal nor contradictory."""


@dataclass(slots=True)
class Worlds:
    """Every counterfactual variable met so far, each with the slot that holds its value.

    Attributes:
        graph: The causal graph, without latent nodes.
        values: The slot of each variable's value.
        same: Which slot a symbol was found to equal.
    """

    graph: Graph
    values: dict[Variable, Slot] = field(default_factory=dict)
    same: dict[Slot, Slot] = field(default_factory=dict)
    count: int = 0

    def symbol(self, name: str) -> Bound:
        """A new value to sum over."""
        self.count += 1
        return Bound(name, self.count)

    def state(self, name: str, actions: tuple[Action, ...], slot: Slot) -> None:
        """Add the event that a variable has a value in the world of some actions.

        Raises:
            Contradiction: it has another value already.
        """
        found = self.unnested(name, actions)
        if isinstance(found, Variable):
            self.put(found, slot)
        else:
            # Effectiveness: a variable that is set has the value that it is set to.
            self.equate(Variable(name, ((name, found),)), found, slot)

    def unnested(self, name: str, actions: tuple[Action, ...]) -> Variable | Slot:
        """A variable in a world of plain values; nested values become symbols (theorem 1)."""
        by_name = {action.variable: action for action in actions}
        if name in by_name:
            return self.level_of(by_name[name])
        needed = self.relevant(name, by_name)
        return Variable(name, tuple((other, self.level_of(by_name[other])) for other in needed))

    def level_of(self, action: Action) -> Slot:
        """The slot of what a variable is set to; an action without a level is left free."""
        if isinstance(action, Setting):
            name, held = action.variable, action.value
            return Free(name) if held is None else Value(name, held)
        found = self.unnested(action.variable, action.do)
        if not isinstance(found, Variable):
            return found
        if found not in self.values:
            self.values[found] = self.symbol(found.name)
        return self.values[found]

    def relevant(self, name: str, actions: Iterable[str]) -> list[str]:
        """The actions with a directed path to a variable that meets no other (exclusion)."""
        core, stop = self.graph.core, set(self.graph.indices(actions))
        start = self.graph.indices(name)[0]
        met: set[int] = set()
        seen, stack = {start}, [start]
        while stack:
            for parent in core.parents[stack.pop()]:
                if parent in stop:
                    met.add(parent)
                elif parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return list(self.graph.names(sorted(met)))

    def put(self, variable: Variable, slot: Slot) -> None:
        """A variable has a value."""
        if variable in self.values:
            self.equate(variable, self.values[variable], slot)
        else:
            self.values[variable] = slot

    def equate(self, variable: Variable, one: Slot, other: Slot) -> Slot:
        """Two slots hold one value: the symbol gives way to what is known.

        Raises:
            Contradiction: they are two levels.
            Unsettled: one is a level and the other free.
        """
        first, second = self.resolved(one), self.resolved(other)
        if first == second:
            return first
        if isinstance(second, Bound):
            self.same[second] = first
            return first
        if isinstance(first, Bound):
            self.same[first] = second
            return second
        if isinstance(first, Free) or isinstance(second, Free):
            raise Unsettled
        raise Contradiction(variable, first, second)

    def resolved(self, slot: Slot) -> Slot:
        """What a slot was found to equal."""
        while slot in self.same:
            slot = self.same[slot]
        return slot

    def parents(self, variable: Variable) -> list[tuple[str, Slot | Variable]]:
        """Each parent: the slot it is set to, or the variable it is in the same world."""
        world = dict(variable.world)
        found: list[tuple[str, Slot | Variable]] = []
        for name in self.graph.parents(variable.name):
            if name in world:
                found.append((name, world[name]))
            else:
                kept = self.relevant(name, world)
                found.append((name, Variable(name, tuple((k, world[k]) for k in kept))))
        return found

    def close(self) -> None:
        """Add the ancestors of every variable, each in the world of what it precedes."""
        stack = list(self.values)
        while stack:
            for name, found in self.parents(stack.pop()):
                if isinstance(found, Variable) and found not in self.values:
                    self.values[found] = self.symbol(name)
                    stack.append(found)

    def responses(self) -> list[Response]:
        """Every variable under its parents' values, equal ones merged (theorem 2, consistency).

        Raises:
            Contradiction: two of them are one variable, at two levels.
        """
        self.close()
        place = {name: at for at, name in enumerate(self.graph.order())}
        merged: dict[tuple[str, World], tuple[Variable, Slot]] = {}
        # Causes come first, so that by the time a variable is met its parents' values are final.
        for variable in sorted(self.values, key=lambda found: place[found.name]):
            parents = tuple(
                (name, self.resolved(self.values[found] if isinstance(found, Variable) else found))
                for name, found in self.parents(variable)
            )
            key = (variable.name, parents)
            slot = self.values[variable]
            if key in merged:
                slot = self.equate(variable, merged[key][1], slot)
            merged[key] = (variable, self.resolved(slot))
        return [
            Response(name, parents, self.resolved(slot))
            for (name, parents), (_, slot) in merged.items()
        ]


def shown(slot: Slot) -> str:
    """A slot as text: a level, or the variable's name in lower case for a symbol."""
    if isinstance(slot, Value):
        return str(slot.level)
    name = slot.variable.lower()
    return name if name != slot.variable else f"{name}*"
