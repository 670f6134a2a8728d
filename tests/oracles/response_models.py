"""Exact probabilities of counterfactual events in random discrete models, from the definitions.

Every node answers by a table to its parents, to the hidden causes that it shares, and to a noise of
its own. All states of all hidden variables are listed with their probabilities; an event holds or
not in each of them. The tables make every combination of observed values possible, so that no
conditional probability is undefined.
"""

from collections.abc import Iterable
from itertools import product

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

States = NDArray[np.int64]


class ResponseModel:
    """A random model of a graph without latent nodes, all variables on 0 .. levels-1."""

    def __init__(
        self, graph: Graph, seed: int, levels: int = 2, shared: int = 2, rich: bool = False
    ) -> None:
        rng = np.random.default_rng(seed)
        self.graph, self.levels = graph, levels
        # The first states of a noise force each level in turn, which makes every level possible.
        # A rich model has more responses than the data have numbers to tell them apart.
        free = [(levels - 1) * levels ** len(graph.parents(node)) for node in graph.nodes]
        own = [levels + (min(most + 10, 18) if rich else 2) for most in free]
        sizes = own + [shared] * len(graph.bidirected)
        grid = np.indices(sizes).reshape(len(sizes), -1).T
        self.grid, self.weights = grid, [rng.dirichlet(np.full(size, 2.0)) for size in sizes]
        self.chance = np.ones(len(grid))
        for column, weight in enumerate(self.weights):
            self.chance *= weight[grid[:, column]]
        self.noise = {node: grid[:, place] for place, node in enumerate(graph.nodes)}
        links = {pair: grid[:, len(graph) + k] for k, pair in enumerate(graph.bidirected)}
        self.hidden = {n: [links[p] for p in graph.bidirected if n in p] for n in graph.nodes}
        self.tables = {}
        for place, node in enumerate(graph.nodes):
            shape = [levels] * len(graph.parents(node)) + [shared] * len(self.hidden[node])
            table = rng.integers(0, levels, (*shape, own[place]))
            table[..., :levels] = np.arange(levels)
            self.tables[node] = table

    def value(self, of: Counterfactual) -> States:
        """What a counterfactual variable is in every hidden state."""
        actions = {a.variable: self.action(a) for a in of.do}
        values: dict[str, States] = {}
        for node in self.graph.order():
            if node in actions:
                values[node] = actions[node]
                continue
            seen = [values[parent] for parent in self.graph.parents(node)]
            values[node] = self.tables[node][(*seen, *self.hidden[node], self.noise[node])]
        return values[of.variable]

    def action(self, action: Setting | Counterfactual) -> States:
        if isinstance(action, Counterfactual):
            return self.value(action)
        return np.full(len(self.chance), action.value)

    def happens(self, events: Iterable[Event]) -> NDArray[np.bool_]:
        """In which hidden states all events hold."""
        result = np.ones(len(self.chance), dtype=bool)
        for event in events:
            result &= self.value(event.of) == event.value
        return result

    def truth(self, question: Question) -> float:
        """The exact answer; every event of the question has a value."""
        match question:
            case Probability(events, given):
                known = self.happens(given)
                both = known & self.happens(events)
                return float(self.chance[both].sum() / self.chance[known].sum())
            case Expectation(of, given):
                known = self.happens(given)
                chance = self.chance[known]
                return float((chance * self.value(of)[known]).sum() / chance.sum())
            case Combination(terms):
                return sum(weight * self.truth(part) for weight, part in terms)
            case Quotient(numerator, denominator):
                return self.truth(numerator) / self.truth(denominator)
            case Query():
                heads, given = (
                    [Event(Counterfactual(s.variable, question.do), s.value) for s in role]
                    for role in (question.events, question.given)
                )
                return self.truth(Probability(heads, given))
        raise TypeError(question)

    def possible(self, question: Question) -> bool:
        """Whether everything that a question takes as known can happen."""
        match question:
            case Combination(terms):
                return all(self.possible(part) for _, part in terms)
            case Quotient(numerator, denominator):
                return self.possible(numerator) and self.truth(denominator) != 0
            case Query():
                return True
        return bool(self.chance[self.happens(question.given)].sum() > 0)

    def joint(self) -> Table:
        """The observational distribution."""
        return self.experiment(())

    def experiment(self, names: Iterable[str]) -> Table:
        """P(everything else | do(names)), for every level of what is set."""
        done, nodes = tuple(names), self.graph.nodes
        table = np.zeros([self.levels] * len(nodes))
        for levels in product(range(self.levels), repeat=len(done)):
            world = [Setting(name, level) for name, level in zip(done, levels, strict=True)]
            index = tuple(self.value(Counterfactual(node, world)) for node in nodes)
            np.add.at(table, index, self.chance)
        return Table.of(nodes, table)

    def gradient(self, held: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How the probability of a set of hidden states moves with each noise distribution.

        One number for each state of each noise but its first, which gives way.
        """
        found = []
        for column, weight in enumerate(self.weights):
            mass = np.bincount(
                self.grid[held, column], weights=self.chance[held], minlength=len(weight)
            )
            slope = mass / weight
            found.append(slope[1:] - slope[0])
        return np.concatenate(found)

    def determines(
        self, question: Probability, experiments: Iterable[tuple[str, ...]] = ()
    ) -> bool:
        """Whether what is seen fixes the answer, to first order, around this model.

        If not, two models nearby agree on every observed probability and differ in the answer: the
        question is not identified. (If so, a richer family might still tell.)
        """
        seen = []
        for names in ((), *experiments):
            for levels in product(range(self.levels), repeat=len(self.graph)):
                actual = dict(zip(self.graph.nodes, levels, strict=True))
                world = {name: actual[name] for name in names}
                events = [Event(n, actual[n], world) for n in self.graph.nodes if n not in names]
                seen.append(self.gradient(self.happens(events)))
        known = self.happens(question.given)
        both = known & self.happens(question.events)
        one, other = self.chance[both].sum(), self.chance[known].sum()
        if other == 0:
            return True
        answer = self.gradient(both) / other - one * self.gradient(known) / other**2
        _, sizes, rows = np.linalg.svd(np.array(seen), full_matrices=False)
        rows = rows[sizes > sizes[0] * 1e-9]
        left = answer - rows.T @ (rows @ answer)
        return bool(np.abs(left).max() < 1e-7 * max(1.0, np.abs(answer).max()))
