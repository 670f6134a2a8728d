"""Random models for questions about several worlds: every kind of unit, and how it responds.

A unit is a state of all noises; in every world it answers by the same functions. The probability of
events in any number of worlds is the chance of the units in which all of them hold.

References:
    Balke and Pearl, "Counterfactual probabilities: computational methods, bounds and applications"
    (1994); Pearl, "Causality" (2009), definition 7.1.4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import nan, prod

import numpy as np
from numpy.typing import NDArray

from causalsim.estimand.evaluation import Table
from causalsim.estimand.events import (
    Combination,
    Counterfactual,
    Event,
    Expectation,
    Probability,
    Question,
    Quotient,
)
from causalsim.estimand.query import Query, Setting
from causalsim.graph.graph import Graph
from causalsim.identification.bounding.response_functions import Monotone
from causalsim.identification.verification.discrete_model import Array, Levels
from causalsim.identification.verification.naming import filled, mentions

Integers = NDArray[np.int64]
#: How many levels the cause behind each ``<->`` has.
_SHARED = 2
#: How many random responses a node has, beside one for each level that it takes whatever happens:
#: as many as keep the units few, so that its distribution differs with everything it listens to.
_FEWEST, _MOST, _FEW_UNITS = 2, 7, 2**16
#: Where there are more ways to respond than this, two random ones are hardly ever the same.
_MANY_WAYS = 10**6


@dataclass(frozen=True, slots=True, eq=False)
class ResponseModel:
    """A random structural model of a graph whose units can be listed.

    Every node has a noise of its own and shares one with each node that ``<->`` joins it to. The
    first states of a node's own noise force each of its levels, so that no combination of observed
    values is impossible; in the others it responds at random, and differently to every combination
    of what it listens to, as far as there are ways. Arrays have one axis a noise.

    Attributes:
        graph: The causal graph.
        levels: The levels of every node.
        functions: For each node its level by its parents' levels, its shared noises and its own.
        chances: The distribution of every noise: the nodes' own, then one for each ``<->``.
    """

    graph: Graph
    levels: Levels
    functions: Mapping[str, Integers]
    chances: tuple[Array, ...]

    @classmethod
    def draw(
        cls, graph: Graph, seed: int, levels: Levels, monotone: Sequence[Monotone] = ()
    ) -> "ResponseModel":
        """A model of random responses, monotone ones where that is assumed.

        Args:
            graph: The causal graph.
            seed: Of the random numbers.
            levels: The levels of every node, from least to most where that matters.
            monotone: What never pushes another the other way, in any unit.

        >>> model = ResponseModel.draw(Graph("x -> y; x <-> y"), 1, {"x": (0, 1), "y": (0, 1)})
        >>> bool(np.isclose(model.joint().values.sum(), 1.0))
        True
        """
        rng = np.random.default_rng(seed)
        sizes = _sizes(graph, levels)
        functions: dict[str, Integers] = {}
        for node, size in zip(graph.nodes, sizes, strict=False):
            shape = [len(levels[parent]) for parent in graph.parents(node)]
            shape += [_SHARED] * len(_shared(graph, node))
            count = len(levels[node])
            functions[node] = _responses(rng, shape, count, size - count)
        for each in monotone:
            _impose(graph, functions, each)
        return cls(graph, levels, functions, tuple(rng.dirichlet(np.full(k, 2.0)) for k in sizes))

    @staticmethod
    def count(graph: Graph, levels: Levels) -> int:
        """How many kinds of units a model of the graph has."""
        return prod(_sizes(graph, levels))

    def differing(self, nodes: Iterable[str], seed: int) -> "ResponseModel":
        """Another population: some nodes have noises and functions of their own."""
        fresh = ResponseModel.draw(self.graph, seed, self.levels)
        changed = set(nodes)
        functions = {
            node: (fresh if node in changed else self).functions[node] for node in self.graph.nodes
        }
        places = set(self.graph.indices(changed))
        chances = tuple(
            (fresh if place in places else self).chances[place]
            for place in range(len(self.chances))
        )
        return replace(self, functions=functions, chances=chances)

    def joint(self) -> Table:
        """The observational joint of the observed nodes."""
        return self.intervened(())

    def intervened(self, treatments: Iterable[str]) -> Table:
        """P(observed | do(treatments)); the axes of the treatments index what they are set to."""
        done, names = tuple(treatments), self.graph.observed
        shape = tuple(len(self.levels[name]) for name in names)
        chance = self._chance(range(len(self.chances)))
        found = np.zeros(prod(shape))
        for levels in product(*(self.levels[name] for name in done)):
            world = dict(zip(done, map(Setting, done, levels), strict=True))
            values = self._world(world)
            code = np.ravel_multi_index(
                tuple(np.broadcast_to(values[name], chance.shape) for name in names), shape
            )
            found += np.bincount(code.ravel(), chance.ravel(), minlength=len(found))
        return Table.of(names, found.reshape(shape), self.levels)

    def answer(self, question: Question) -> Table:
        """The truth for every level of what the question leaves free; NaN where it is undefined.

        It is undefined where what the question takes as known has probability zero.
        """
        free = tuple(dict.fromkeys(m.variable for m in mentions(question) if m.free))
        shape = [len(self.levels[name]) for name in free]
        found = np.zeros(shape)
        for place in np.ndindex(*shape):
            held = {n: self.levels[n][at] for n, at in zip(free, place, strict=True)}
            found[place] = self._truth(filled(question, held))
        return Table.of(free, found, self.levels)

    def _truth(self, question: Question) -> float:
        """The answer to a question that leaves nothing free."""
        match question:
            case Query(events, do, given):
                worlds = [
                    [Event(Counterfactual(s.variable, do), s.value) for s in role]
                    for role in (events, given)
                ]
                return self._truth(Probability(*worlds))
            case Probability(events, given):
                known = self._happens(given)
                return _ratio(self._mass(known & self._happens(events)), self._mass(known))
            case Expectation(of, given):
                known = self._happens(given)
                numbers = np.array([float(level) for level in self.levels[of.variable]])
                total = self._mass(known * numbers[self._value(of)])
                return _ratio(total, self._mass(known))
            case Combination(terms):
                return sum(weight * self._truth(part) for weight, part in terms)
            case Quotient(numerator, denominator):
                return _ratio(self._truth(numerator), self._truth(denominator))

    def _happens(self, events: Iterable[Event]) -> NDArray[np.bool_]:
        """The units in which all events hold."""
        found = np.ones((1,) * len(self.chances), dtype=bool)
        for event in events:
            levels = self.levels[event.variable]
            place = levels.index(event.value) if event.value is not None else -1
            found = found & (self._value(event.of) == place)
        return found

    def _value(self, of: Counterfactual) -> Integers:
        """The place of a counterfactual variable's level, in every unit."""
        return self._world({action.variable: action for action in of.do})[of.variable]

    def _world(self, actions: Mapping[str, Setting | Counterfactual]) -> dict[str, Integers]:
        """The places of all levels in one world, in every unit."""
        found: dict[str, Integers] = {}
        for node in self.graph.order():
            if node in actions:
                found[node] = self._set_to(actions[node])
                continue
            seen = [found[parent] for parent in self.graph.parents(node)]
            noises = [*_shared(self.graph, node), self.graph.nodes.index(node)]
            found[node] = self.functions[node][(*seen, *map(self._states, noises))]
        return found

    def _set_to(self, action: Setting | Counterfactual) -> Integers:
        """What a variable is set to: a level, or what it is in another world."""
        if isinstance(action, Counterfactual):
            return self._value(action)
        assert action.value is not None
        place = self.levels[action.variable].index(action.value)
        return np.full((1,) * len(self.chances), place, dtype=np.int64)

    def _states(self, noise: int) -> Integers:
        """The states of one noise, along its axis."""
        return np.arange(len(self.chances[noise])).reshape(self._shape(noise))

    def _shape(self, noise: int) -> tuple[int, ...]:
        """The shape of what varies with one noise alone."""
        return tuple(-1 if axis == noise else 1 for axis in range(len(self.chances)))

    def _mass(self, held: NDArray[np.bool_] | Array) -> float:
        """The chance of units, or the sum of a number over them."""
        varying = [axis for axis, size in enumerate(held.shape) if size > 1]
        return float((held * self._chance(varying)).sum())

    def _chance(self, noises: Iterable[int]) -> Array:
        """The joint chance of some noises."""
        found: Array = np.ones((1,) * len(self.chances))
        for noise in noises:
            found = found * self.chances[noise].reshape(self._shape(noise))
        return found


def _sizes(graph: Graph, levels: Levels) -> list[int]:
    """How many states each noise has."""
    shared = [_SHARED] * len(graph.bidirected)
    own: list[int] = []
    for responses in range(_MOST, _FEWEST - 1, -1):
        own = [len(levels[node]) + responses for node in graph.nodes]
        if prod(own + shared) <= _FEW_UNITS:
            break
    return own + shared


def _responses(rng: np.random.Generator, shape: Sequence[int], levels: int, count: int) -> Integers:
    """A node's level for all that it listens to, in each state of its own noise."""
    cells, ways = prod(shape), levels**count
    if ways > _MANY_WAYS:
        free = rng.integers(0, levels, (cells, count))
    else:
        codes = rng.choice(ways, size=cells, replace=cells > ways)
        free = np.stack(np.unravel_index(codes, (levels,) * count), axis=-1)
    forced = np.broadcast_to(np.arange(levels), (cells, levels))
    return np.concatenate([forced, free], axis=1).reshape(*shape, levels + count)


def _shared(graph: Graph, node: str) -> list[int]:
    """The places of the noises that a node shares."""
    return [len(graph) + k for k, pair in enumerate(graph.bidirected) if node in pair]


def _ratio(above: float, below: float) -> float:
    """A quotient that is NaN where it is undefined."""
    return above / below if below else nan


def _impose(graph: Graph, functions: dict[str, Integers], assumed: Monotone) -> None:
    """Sort the responses of every node on the way from a cause to its effect.

    Sorting along one axis leaves what is sorted along another sorted.
    """
    below = set(graph.descendants(assumed.cause))
    way = below & set(graph.ancestors(assumed.effect))
    for node in way - {assumed.cause}:
        for axis, parent in enumerate(graph.parents(node)):
            if parent in way:
                found = np.sort(functions[node], axis=axis)
                lowering = node == assumed.effect and not assumed.increasing
                functions[node] = np.flip(found, axis=axis) if lowering else found
